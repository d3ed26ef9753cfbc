"""Lesson 3: from a name to a connection, with every address tried."""

from typing import TYPE_CHECKING

from netsteps.lessons.exercise import Attempt, CannotTry, Exercise, Failed
from netsteps.lessons.exercises.asking import Host, answer_is
from netsteps.lessons.exercises.first_client import FIRST, WHOLE
from netsteps.lessons.exercises.names import (
    bound_everywhere,
    has_ipv6,
    left_open,
    name_with_addresses,
)
from netsteps.lessons.exercises.talk import PATIENCE

if TYPE_CHECKING:
    from netsteps.lessons.subject_client import ClientSubject, Run

__all__ = ["EXERCISE"]

WELCOME = b"welcome"

FAMILY = (
    "The family comes from the address: getaddrinfo (in netsteps: resolve) tells it with each one."
    " Ask for AF_UNSPEC, both families, and make the socket of the family of the address that is"
    " tried, not always AF_INET or always AF_INET6."
)
EVERY = (
    "A name may have several addresses, and one of them refuses here. Go through all that"
    " getaddrinfo gives, in their order, and make a new socket for each: one whose connect has"
    " failed is of no use for the next."
)
CLOSE = (
    "A socket whose connect has failed has to be closed, before the next address is tried; else"
    " each failed try costs a descriptor."
)
PART = (
    "The connection was cut (RST) in the middle: what has come is not the whole answer. Do not"
    " catch this error and return the part; in C recv gives -1 then, and 0 is the end. Tell the"
    " caller (a program ends with an exit code other than 0)."
)
NOBODY = (
    "When no address answers, the caller has to know: raise the error of the last one (a program"
    " ends with an exit code other than 0). Do not return an empty answer, and do not try for ever."
)


def welcomes(host: Host, hint: str) -> None:
    """Say welcome in two pieces, and see that it was returned."""
    with host.client() as talk:
        if left := left_open(host.run.pids()):
            happened = "it was still open" if left == 1 else f"{left} of them were still open"
            raise Failed("the socket of a failed try is closed", happened, CLOSE)
        talk.say(WELCOME[:3], WELCOME[3:], pause=0.02, may_be_gone=True)
        talk.finish()
        answer_is(host.run, WELCOME, hint)
        talk.hears_end()


def ipv4(subject: "ClientSubject") -> None:
    """Give 127.0.0.1 in digits."""
    with Host(subject, never=FAMILY) as host:
        welcomes(host, FIRST)


def pieces(subject: "ClientSubject") -> None:
    """Give 127.0.0.1 again, and an answer in small pieces."""
    with Host(subject, never=FAMILY) as host, host.client() as talk:
        talk.say(*(bytes([byte]) for byte in b"bit by bit"), pause=0.002, may_be_gone=True)
        talk.finish()
        answer_is(host.run, b"bit by bit", WHOLE)


def cut_off(subject: "ClientSubject") -> None:
    """Say a part of welcome, and cut the connection."""
    with Host(subject, never=FAMILY) as host, host.client() as talk:
        talk.say(WELCOME[:3], may_be_gone=True)
        talk.until_read()
        talk.reset()
        fails(host.run, "an error, because the connection was cut", PART)


def fails(run: "Run", expected: str, hint: str) -> None:
    """See that the client ends with an error."""
    try:
        outcome = run.outcome(PATIENCE)
    except Failed as failed:
        raise Failed(expected, failed.happened, hint) from None
    if outcome.error is None:
        raise Failed(expected, outcome.told, hint)


def ipv6(subject: "ClientSubject") -> None:
    """Give ::1 in digits, where this machine has it."""
    if not has_ipv6():
        raise CannotTry("this machine has no IPv6")
    with Host(subject, ip="::1", never=FAMILY) as host:
        welcomes(host, FIRST)


def one_of_two(subject: "ClientSubject") -> None:
    """Give a name with two addresses, and listen at one of them; then at the other."""
    name = name_with_addresses(own=subject.can_have_hosts)
    if name is None:
        raise CannotTry("no name has two addresses, and none can be made")
    for number in range(len(name.addresses)):
        sockets = bound_everywhere(name.addresses)
        try:
            with Host(
                subject, name=name.host, hosts=name.hosts, bound=sockets[number], never=EVERY
            ) as host:
                welcomes(host, FIRST)
        finally:
            for socket in sockets:
                socket.close()


def nobody(subject: "ClientSubject") -> None:
    """Listen nowhere."""
    name = name_with_addresses(own=subject.can_have_hosts)
    addresses = ("127.0.0.1",) if name is None else name.addresses
    sockets = bound_everywhere(addresses)
    try:
        where = sockets[0].local
        assert where is not None  # it is bound
        host = "127.0.0.1" if name is None else name.host
        run = subject.run((host, where.port), hosts=None if name is None else name.hosts)
        fails(run, "an error, because nobody listens", NOBODY)
    finally:
        for socket in sockets:
            socket.close()


EXERCISE = Exercise(
    name="open-connection",
    lesson=3,
    title="From a name to a connection",
    task="Write a client that connects to a host by its name, which may have several addresses,"
    " IPv4"
    " and IPv6: it asks for all of them (getaddrinfo) and tries each, in their order, with a new"
    " socket, until one answers. A socket whose connect has failed is closed at once. When none"
    " answers, the error of the last one is raised (a program ends with an exit code other than 0)."
    " Else the client reads what the server says until the end of the stream, closes, and returns"
    " it (a program prints it). When the connection is cut (RST) before that end, that is an error"
    " too.",
    kind="client",
    attempts=(
        Attempt("an IPv4 address in digits", ipv4),
        Attempt("an answer in pieces of one byte", pieces),
        Attempt("an IPv6 address in digits", ipv6),
        Attempt("a name with two addresses, one of which refuses", one_of_two),
        Attempt("a name behind which nobody listens", nobody),
        Attempt("an answer that is cut off (RST) in the middle", cut_off),
    ),
)
