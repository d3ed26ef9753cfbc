"""Lesson 3: a server that sends everything back."""

from typing import TYPE_CHECKING

from netsteps.lessons.exercise import Attempt, Exercise, Failed
from netsteps.lessons.exercises.causes import FOR_EVER
from netsteps.lessons.exercises.serving import (
    client_of,
    gone_before_the_answer,
    resets_and_leaves,
)
from netsteps.lessons.exercises.talk import BIG, Talk, random_bytes

if TYPE_CHECKING:
    from netsteps.lessons.subject_server import ServerSubject

__all__ = ["EXERCISE"]

HINTS = {
    "silent": "An echo server sends back what has come, as soon as it has come. Does it wait for"
    " more (for the end, for a line feed, for a full buffer) before it writes?",
    "other": "Send back exactly the bytes that read gave: no text before them, no line feed, no"
    " change of letters. In C: as many bytes as recv returned, not the size of the"
    " buffer and not strlen.",
    "more": "Send back what came and nothing else: no greeting, no line feed, no zero byte. In C:"
    " as many bytes as recv returned, not the size of the buffer.",
    "died": "A server goes on for ever: the loop around accept must not end with a client.",
}
ONE_READ = (
    "One read was answered, and then the connection was closed. Read in a loop until b'' comes:"
    " while data := connection.read(): connection.write(data)"
)
NOT_READ = (
    "The connection was closed, and nothing had been answered. Are the bytes read from the socket"
    " that accept gave? The listening socket carries none: read (in C: recv) fails there. Read in"
    " a loop until b'' comes, and close then."
)
ONE_CLIENT = (
    "The next client was not served. accept belongs into a loop: when a client has ended, close its"
    " socket and accept the next. Close that one, not the listening socket."
)
FORGOTTEN = (
    "The client has ended its stream, and the server never closed the connection, although it goes"
    " on: a forgotten close. After b'' (recv in C: 0) close the socket that accept gave."
)
LOOPING = (
    "read gives b'' (recv in C: 0) at the end of the client's stream, and again each time it is"
    " asked. The loop has to end there; a server that goes on reading hangs, and serves nobody"
    " else."
)
AFTER_RESET = (
    "A client cut its connection, and the server did not get over it. read and write may fail with"
    " one client (in C: return -1): catch that around its service, close its socket, accept the"
    " next."
)


def hello(server: "ServerSubject") -> None:
    """Say hello, hear it, and see the connection end."""
    with client_of(server, HINTS) as client:
        client.say(b"hello", hints={"cut": NOT_READ})
        client.hears(b"hello", hints={"ended": NOT_READ, "cut": NOT_READ})
        client.finish()
        ends(server, client)


def ends(server: "ServerSubject", client: Talk) -> None:
    """See the server close; where it does not, tell a forgotten close from an endless loop."""
    try:
        client.hears_end(hints={"open": LOOPING, "other": HINTS["more"]})
    except Failed as failed:
        if failed.hint == LOOPING and serves(server):
            raise Failed(failed.expected, failed.happened, FORGOTTEN) from None
        raise


def serves(server: "ServerSubject") -> bool:
    """Tell whether the server answers another client."""
    try:
        with client_of(server, HINTS) as client:
            client.say(b"?")
            client.hears(b"?", within=1.0)
    except Failed:
        return False
    return True


def speaks_again(server: "ServerSubject") -> None:
    """Say three things, each after the answer to the one before."""
    with client_of(server, HINTS) as client:
        for words in (b"one", b"and another", b"and a third"):
            client.say(words, hints={"cut": ONE_READ})
            client.hears(words, hints={"ended": ONE_READ, "cut": ONE_READ})


def byte_by_byte(server: "ServerSubject") -> None:
    """Send a message in segments of one byte."""
    message = b"piece by piece"
    with client_of(server, HINTS) as client:
        client.say(
            *(message[i : i + 1] for i in range(len(message))), pause=0.002, hints={"cut": ONE_READ}
        )
        client.hears(message, hints={"ended": ONE_READ, "cut": ONE_READ, "short": ONE_READ})


def glued(server: "ServerSubject") -> None:
    """Send two messages in one segment."""
    with client_of(server, HINTS) as client:
        client.say(b"the first message, and " + b"the second one")
        client.hears(b"the first message, and the second one")


def all_bytes(server: "ServerSubject") -> None:
    """Send every byte that there is."""
    data = bytes(range(256))
    no_text = (
        "Bytes are not always text: work with them as they are, and do not decode, strip or format"
        " them. In C a zero byte ends a string: use the number that recv returned, not strlen,"
        " and send, not printf."
    )
    with client_of(server, {**HINTS, "died": no_text}) as client:
        client.say(data)
        client.hears(
            data,
            "the 256 bytes 0 to 255",
            hints={
                "silent": no_text,
                "short": no_text,
                "ended": no_text,
                "other": no_text,
                "cut": no_text,
            },
        )


def half_close(server: "ServerSubject") -> None:
    """Send 100,000 bytes, end our half at once, and want all of them back, and the end."""
    data = random_bytes(100_000, 1)
    with client_of(server, HINTS) as client:
        client.say(data)
        client.finish()
        client.hears(data, "the same 100,000 bytes")
        ends(server, client)


def next_client(server: "ServerSubject") -> None:
    """Five clients, one after the other; the last but one says nothing."""
    for number in range(1, 6):
        with client_of(server, {**HINTS, "silent": ONE_CLIENT, "refused": ONE_CLIENT}) as client:
            if number != 4:
                words = b"client %d" % number
                client.say(words, hints={"cut": ONE_CLIENT})
                client.hears(words, hints={"ended": ONE_CLIENT, "cut": ONE_CLIENT})
            client.finish()
            ends(server, client)


def after_reset(server: "ServerSubject") -> None:
    """Let clients cut their connections, and be served after them."""
    resets_and_leaves(server, HINTS, b"", times=3)
    with client_of(server, {**HINTS, "died": AFTER_RESET}) as rude:
        rude.say(b"hello")
        rude.hears(b"hello")
        rude.reset()
    survives(server)


def after_a_quick_leave(server: "ServerSubject") -> None:
    """Let clients leave before their answers are written, and be served after them."""
    for _ in range(3):
        gone_before_the_answer(server, HINTS, bytes(200_000))
    # In the middle of an answer, also of a server that is quicker than we are.
    with client_of(server, HINTS) as rude:
        rude.fill()
        rude.reset()
    survives(server)


def survives(server: "ServerSubject") -> None:
    """See that the server serves a good client."""
    with client_of(server, {**HINTS, "refused": AFTER_RESET, "died": AFTER_RESET}) as client:
        client.say(b"still there?", hints={"cut": AFTER_RESET})
        client.hears(
            b"still there?", hints={"silent": AFTER_RESET, "ended": AFTER_RESET, "cut": AFTER_RESET}
        )
        client.finish()
        ends(server, client)


def much(server: "ServerSubject") -> None:
    """Send 5 MiB, and read the answer only when nothing more goes out."""
    part_of_it = (
        "A part of the bytes is missing. send takes as many bytes as fit into the output buffer,"
        " and returns how many that were: use sendall (in netsteps: write), or send the rest again"
        " until all is gone."
    )
    data = random_bytes(BIG, 2)
    with client_of(server, HINTS) as client:
        client.exchanges(
            data, data, f"the same {BIG:,} bytes", hints={"short": part_of_it, "other": part_of_it}
        )


TALKING = (
    Attempt("a client says hello", hello, FOR_EVER),
    Attempt("a client speaks three times, each after the answer", speaks_again),
    Attempt("a message of 14 bytes, one byte at a time", byte_by_byte),
    Attempt("two messages glued together in one piece", glued),
    Attempt("every byte from 0 to 255, which is no text", all_bytes),
    Attempt("100,000 bytes and a half-close: all comes back, and then the end", half_close),
)
ROUGH = (
    Attempt("five clients, one after the other", next_client),
    Attempt("clients that cut the connection (RST), and then a good one", after_reset),
    Attempt("clients that leave before their answer, and then a good one", after_a_quick_leave),
    Attempt("5 MiB to a client that first writes all and then reads", much),
)

EXERCISE = Exercise(
    name="echo-server",
    lesson=3,
    title="A server that sends everything back",
    task="Write an echo server for TCP. It binds 127.0.0.1 and the given port, listens, and accepts"
    " one client after the other, for ever. What a client sends goes back to it, byte for byte, as"
    " soon as it has come, until the client ends its stream; then the server closes this connection"
    " and takes the next client. A client that breaks off must not end the server.",
    kind="server",
    transport="tcp",
    attempts=(*TALKING, *ROUGH),
)
