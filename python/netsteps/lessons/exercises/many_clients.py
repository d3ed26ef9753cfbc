"""Lesson 4: a server for many clients at the same time."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

from netsteps.lessons.exercise import Attempt, Exercise
from netsteps.lessons.exercises.causes import FOR_EVER
from netsteps.lessons.exercises.echo_server import HINTS as ECHO
from netsteps.lessons.exercises.echo_server import (
    after_a_quick_leave,
    after_reset,
    half_close,
    hello,
    much,
)
from netsteps.lessons.exercises.serving import client_of

if TYPE_CHECKING:
    from netsteps.lessons.subject_server import ServerSubject

__all__ = ["EXERCISE"]

CLIENTS = 20

ONE_BY_ONE = (
    "While one client is connected, another one is not served: it waits in the queue of the"
    " listening socket. Serve each client in a thread of its own (threading.Thread(...).start(),"
    " not run() and not join() at once; in C++ std::thread and detach), or use select or poll."
)
MIXED = (
    "An answer went to another client. The socket of a client belongs to its thread alone: give it"
    " to the function as an argument (in C++ by value, not by reference), not in a global variable"
    " that the next accept overwrites."
)
HELD_UP = (
    "One client does not read its answers, so writing to it has to wait, and meanwhile nobody else"
    " was served. Let each client have a thread of its own; with select or poll, never use a write"
    " that waits: keep what is left, and write it when that socket is writable."
)
HINTS = {**ECHO, "silent": ONE_BY_ONE, "refused": ONE_BY_ONE}


def beside_a_silent_one(server: "ServerSubject") -> None:
    """Stay connected without a word, and let another client be served."""
    with client_of(server, HINTS) as quiet, client_of(server, HINTS) as client:
        client.say(b"I am the second")
        client.hears(b"I am the second", hints={"ended": ONE_BY_ONE, "cut": ONE_BY_ONE})
        quiet.say(b"and I the first")
        quiet.hears(
            b"and I the first",
            hints={"silent": MIXED, "other": MIXED, "ended": MIXED, "cut": MIXED},
        )
        client.say(b"the second again")
        client.hears(
            b"the second again",
            hints={"silent": MIXED, "other": MIXED, "ended": MIXED, "cut": MIXED},
        )


def twenty(server: "ServerSubject") -> None:
    """Connect twenty clients, and let them speak in turns, in pieces."""
    with ExitStack() as stack:
        clients = [stack.enter_context(client_of(server, HINTS)) for _ in range(CLIENTS)]
        for turn in (b"first words of %d", b"second words of %d"):
            for number, client in enumerate(clients):
                client.say(turn % number)
            for number, client in reversed(list(enumerate(clients))):
                client.hears(turn % number, hints={"other": MIXED})
        for client in clients:
            client.finish()
        for client in clients:
            client.hears_end(hints={"more": MIXED})


def beside_one_that_does_not_read(server: "ServerSubject") -> None:
    """Fill the way to a client that does not read, and let another client be served."""
    with client_of(server, HINTS) as stuck:
        stuck.fill()
        with client_of(server, HINTS) as client:
            client.say(b"is anybody there?")
            client.hears(
                b"is anybody there?", hints={"silent": HELD_UP, "ended": HELD_UP, "cut": HELD_UP}
            )
        stuck.reset()


def beside_one_that_is_cut(server: "ServerSubject") -> None:
    """Cut one connection, and let the others go on."""
    lost = (
        "One client cut its connection, and another one lost its own. An error with one client is"
        " caught in its own thread, and closes its own socket alone."
    )
    with client_of(server, HINTS) as one, client_of(server, HINTS) as rude:
        one.say(b"before")
        one.hears(b"before")
        rude.say(b"hello")
        rude.hears(b"hello")
        rude.reset()
        one.say(b"after", hints={"cut": lost})
        one.hears(b"after", hints={"ended": lost, "cut": lost, "silent": lost, "died": lost})


EXERCISE = Exercise(
    name="many-clients",
    lesson=4,
    title="An echo server for many clients at once",
    task="Write an echo server for TCP that serves many clients at the same time: a client that"
    " says"
    " nothing, or does not read its answers, holds up nobody else. It binds 127.0.0.1 and the given"
    " port. What a client sends goes back to this client, byte for byte, as soon as it has come,"
    " until the client ends its stream; then the server closes this connection. A client that"
    " breaks off harms nobody.",
    kind="server",
    transport="tcp",
    attempts=(
        Attempt("a client says hello", hello, FOR_EVER),
        Attempt("100,000 bytes and a half-close: all comes back, and then the end", half_close),
        Attempt("a client that says nothing at first, and another one", beside_a_silent_one),
        Attempt("20 clients at once, that speak in turns", twenty),
        Attempt("a client that does not read, and another one", beside_one_that_does_not_read),
        Attempt("a client that cuts its connection (RST), beside another", beside_one_that_is_cut),
        Attempt("clients that cut the connection, and then a good one", after_reset),
        Attempt("clients that leave before their answer, and then a good one", after_a_quick_leave),
        Attempt("5 MiB to a client that first writes all and then reads", much),
    ),
)
