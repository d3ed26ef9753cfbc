"""Lesson 4: a server of messages, each with its length in front."""

import struct
from typing import TYPE_CHECKING

from netsteps.lessons.exercise import Attempt, Exercise
from netsteps.lessons.exercises.causes import FOR_EVER
from netsteps.lessons.exercises.serving import (
    client_of,
    gone_before_the_answer,
    resets_and_leaves,
)
from netsteps.lessons.exercises.talk import random_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsteps.lessons.exercises.talk import Talk
    from netsteps.lessons.subject_server import ServerSubject

__all__ = ["EXERCISE"]

LIMIT = 1 << 20  # bytes: the longest message

BYTE_ORDER = (
    "Is the length in network byte order, the highest byte first? In Python struct.pack('!I', n) or"
    " n.to_bytes(4, 'big'), and the same for reading; in C htonl and ntohl."
)
NOT_WHOLE = (
    "One read is not one message. Read in a loop until all four bytes of the length are there, then"
    " until as many bytes as it says (in netsteps: read_exactly)."
)
LOST = (
    "What came together with a message and does not belong to it is the beginning of the next one."
    " Read no more than the message (recv with what is still missing of it), or keep the rest."
)
ONE_MESSAGE = (
    "A connection carries many messages: after an answer, read the next length, until the client's"
    " end."
)
TOO_LONG = (
    "The length comes from outside and may be anything. Check it before you read or take memory:"
    " above 1 MiB (1,048,576) close the connection without an answer."
)
EXACT = (
    "The limit itself, 1,048,576 bytes, is allowed: refuse what is above it (>), not at it (>=)."
)
IN_THE_MIDDLE = (
    "The client ended in the middle of a message: read gave b'' (recv in C: 0) before all bytes"
    " were there. Leave the loop then, without an answer, and close the connection."
)
NEXT = (
    "A client broke off, and the server did not get over it. Catch errors around the service of one"
    " client (in C: look at what recv and send return), close its socket, and accept the next."
)
NO_TEXT = (
    "The body is bytes, and not always text: do not decode it. bytes.upper() changes the letters a"
    " to z alone; in C look at each byte, from 'a' to 'z', and not for a zero byte at the end."
)
HINTS = {
    "silent": BYTE_ORDER + " Or does the server wait for more bytes than the length says?",
    "ended": BYTE_ORDER + " With the bytes the other way round, 5 is read as 83,886,080.",
    "cut": BYTE_ORDER + " With the bytes the other way round, 5 is read as 83,886,080.",
    "open": "At the end of the client's stream the server closes the connection.",
    "died": NEXT,
    "refused": NEXT,
    "more": "One answer for each message: its length in four bytes and its body, and nothing else.",
}


def framed(body: bytes) -> bytes:
    """Put the length in front."""
    return struct.pack("!I", len(body)) + body


def hears_message(
    talk: "Talk", body: bytes, what: str = "", hints: "Mapping[str, str] | None" = None
) -> None:
    """Read one answer, its length first."""
    length = struct.pack("!I", len(body))
    table = {"other": length_hint(body), **(hints or {})}
    talk.hears(length, f"the length {len(body):,} as {length!r}", hints=table)
    if body:
        words = what or f"{body!r}"
        talk.hears(
            body, words, hints={"other": "The body is not right. " + NO_TEXT, **(hints or {})}
        )


def length_hint(body: bytes) -> str:
    """Give the hint for a wrong length of an answer."""
    return (
        f"The answer begins with its length, here {len(body):,}, in four bytes: no text, no body"
        " without it. " + BYTE_ORDER
    )


def one(server: "ServerSubject") -> None:
    """Send one message."""
    with client_of(server, HINTS) as client:
        client.say(framed(b"hello"))
        hears_message(client, b"HELLO")
        client.finish()
        client.hears_end()


def several(server: "ServerSubject") -> None:
    """Send three messages on one connection, each after the answer; the second is empty."""
    empty = (
        "A message of length 0 is a message too: its answer is the length 0. Reading 0 bytes gives"
        " b'', which is not the end here: ask for the end when the length is read."
    )
    hints = {"ended": ONE_MESSAGE, "cut": ONE_MESSAGE, "silent": ONE_MESSAGE}
    with client_of(server, HINTS) as client:
        client.say(framed(b"first"))
        hears_message(client, b"FIRST")
        client.say(framed(b"and another one"), hints=hints)
        hears_message(client, b"AND ANOTHER ONE", hints=hints)
        client.say(framed(b""), hints=hints)
        hears_message(client, b"", hints={"silent": empty, "ended": empty, "cut": empty})
        client.say(framed(b"third"), hints={"cut": empty})
        hears_message(client, b"THIRD", hints={"silent": empty, "ended": empty, "cut": empty})


def byte_by_byte(server: "ServerSubject") -> None:
    """Send a message in segments of one byte."""
    data = framed(b"slowly, but surely")
    hints = {"ended": NOT_WHOLE, "cut": NOT_WHOLE, "silent": NOT_WHOLE, "short": NOT_WHOLE}
    with client_of(server, {**HINTS, "died": NOT_WHOLE}) as client:
        client.say(
            *(data[i : i + 1] for i in range(len(data))), pause=0.002, hints={"cut": NOT_WHOLE}
        )
        hears_message(client, b"SLOWLY, BUT SURELY", hints={**hints, "other": NOT_WHOLE})


def glued(server: "ServerSubject") -> None:
    """Send two messages and the half of a third in one segment, and then the rest."""
    third = framed(b"the third, in two pieces")
    hints = {"ended": LOST, "cut": LOST, "silent": LOST, "short": LOST, "other": LOST}
    with client_of(server, {**HINTS, "died": LOST}) as client:
        client.say(framed(b"one") + framed(b"two") + third[:10])
        hears_message(client, b"ONE", hints=hints)
        hears_message(client, b"TWO", hints=hints)
        client.say(third[10:], hints={"cut": LOST})
        hears_message(client, b"THE THIRD, IN TWO PIECES", hints=hints)


def no_text(server: "ServerSubject") -> None:
    """Send bytes of every value."""
    body = bytes(range(256))
    hints = dict.fromkeys(("ended", "cut", "silent", "short", "other"), NO_TEXT)
    with client_of(server, {**HINTS, "died": NO_TEXT}) as client:
        client.say(framed(body))
        hears_message(client, body.upper(), "the 256 bytes, a to z as A to Z", hints=hints)


def much(server: "ServerSubject") -> None:
    """Send a message of the greatest length, and read when nothing more goes out."""
    body = random_bytes(LIMIT, 4)
    wanted = framed(body.upper())
    with client_of(server, HINTS) as client:
        client.exchanges(
            framed(body),
            wanted,
            "the answer of 4 + 1,048,576 bytes",
            hints={
                "ended": EXACT,
                "cut": EXACT,
                "short": NOT_WHOLE,
                "silent": NOT_WHOLE,
                "other": (
                    "The answer is not whole or not right. Write all of it: sendall, not send. "
                    + NO_TEXT
                ),
            },
        )


def refuses(server: "ServerSubject") -> None:
    """Promise too much, in three ways; see the connection closed, and the next client served."""
    for promised in (LIMIT + 1, 0x7FFFFFFF, 0xFFFFFFFF):
        hints = dict.fromkeys(("open", "more", "died", "silent"), TOO_LONG)
        with client_of(server, {**HINTS, **hints}) as client:
            client.say(struct.pack("!I", promised) + b"hello")
            client.hears_end(reset_is_fine=True)
    survives(server)


def in_the_middle(server: "ServerSubject") -> None:
    """End the stream in the middle of the length, and in the middle of a body."""
    for part in (b"\x00\x00", framed(b"half a message")[:11]):
        hints = dict.fromkeys(("open", "more", "died"), IN_THE_MIDDLE)
        with client_of(server, {**HINTS, **hints}) as client:
            client.say(part)
            client.finish()
            client.hears_end(reset_is_fine=True)
    survives(server)


def cut_off(server: "ServerSubject") -> None:
    """Cut the connection in the middle of a message, and before the answer is read."""
    resets_and_leaves(server, HINTS, framed(b"half a message")[:11], times=3)
    for _ in range(3):
        gone_before_the_answer(server, HINTS, framed(bytes(100_000)) * 3)
    survives(server)


def survives(server: "ServerSubject") -> None:
    """See that the server serves a good client."""
    hints = dict.fromkeys(("silent", "ended", "cut", "died", "refused"), NEXT)
    with client_of(server, {**HINTS, **hints}) as client:
        client.say(framed(b"still there?"))
        hears_message(client, b"STILL THERE?")


EXERCISE = Exercise(
    name="message-server",
    lesson=4,
    title="A server of messages, each with its length in front",
    task="Write a TCP server of messages. It binds 127.0.0.1 and the given port, and accepts"
    " clients"
    " for ever, one after the other or at once. A message is its length in four bytes, in network"
    " byte order, and then as many bytes. Each message is answered by a message with the same body"
    " in capitals (the bytes a to z, as bytes.upper() does; all others stay). A connection carries"
    " any number of messages; a body may be empty, and need not be text. A length above 1 MiB"
    " (1,048,576) is refused: the server closes that connection at once, without an answer. It also"
    " closes when the client's stream ends, and a client that breaks off does not end the server.",
    kind="server",
    transport="tcp",
    attempts=(
        Attempt("one message", one, FOR_EVER),
        Attempt("three messages and an empty one on one connection", several),
        Attempt("a message one byte at a time, its length too", byte_by_byte),
        Attempt("two messages and a half glued together, then the other half", glued),
        Attempt("a body that is no text", no_text),
        Attempt("a message of 1 MiB, which is allowed", much),
        Attempt("a length that is too great: 1 MiB + 1, 2 GiB, 4 GiB", refuses),
        Attempt("the end of the stream in the middle of a message", in_the_middle),
        Attempt("clients that cut the connection (RST), and then a good one", cut_off),
    ),
)
