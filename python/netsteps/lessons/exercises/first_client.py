"""Lesson 1: a client that says hello, and reads the answer to its end."""

from typing import TYPE_CHECKING

from netsteps.lessons.exercise import Attempt, Exercise
from netsteps.lessons.exercises.asking import Host, answer_is

if TYPE_CHECKING:
    from netsteps.lessons.subject_client import ClientSubject

__all__ = ["EXERCISE", "FIRST", "WHOLE"]

ZERO = (
    "The client sends exactly the five bytes hello. A string in C has a zero byte at its end: send"
    " strlen(text) bytes, not sizeof text. And no line feed: a protocol says what is sent."
)
WHOLE = (
    "One read gives what has come so far, which need not be all. Read in a loop, and put the pieces"
    " together, until read gives b'' (recv in C: 0), the end of the stream."
)
FIRST = (
    "Return the answer, exactly as it came: the bytes, without a b'…' around them, and no other"
    " text."
)
TOO_SOON = (
    "The client went before the answer was whole. It comes in pieces, and some of them late: read"
    " in a loop until b'', and close then."
)
HINTS = {"other": ZERO, "more": ZERO, "cut": TOO_SOON, "ended": TOO_SOON}


def answers(
    subject: "ClientSubject", *pieces: bytes, pause: float = 0.0, hint: str = WHOLE
) -> None:
    """Hear hello, answer in these pieces, and see that they were returned together."""
    whole = b"".join(pieces)
    with Host(subject, HINTS) as host, host.client() as talk:
        talk.hears(b"hello", hints={"ended": "Write hello first: client.write(b'hello')."})
        talk.hears_nothing_yet(b"hello", "the five bytes hello, and nothing more")
        talk.say(*pieces, pause=pause, may_be_gone=True)
        talk.finish()
        answer_is(host.run, whole, hint)
        talk.hears_end()


def plain(subject: "ClientSubject") -> None:
    """Answer in one piece."""
    answers(subject, b"nice to meet you", hint=FIRST)


def byte_by_byte(subject: "ClientSubject") -> None:
    """Answer in segments of one byte."""
    answers(subject, *(bytes([byte]) for byte in b"piece by piece"), pause=0.002)


def late(subject: "ClientSubject") -> None:
    """Answer in two pieces, the second one late."""
    answers(subject, b"one moment, please, ", b"here I am", pause=0.2)


def long(subject: "ClientSubject") -> None:
    """Answer with 300,000 bytes of text."""
    answers(subject, b"".join(b"%d, " % number for number in range(100_000, 137_500)))


def empty(subject: "ClientSubject") -> None:
    """End without an answer."""
    nothing = (
        "The server ended without a word: read gives b'' at once, and the answer is empty. That is"
        " no error."
    )
    answers(subject, hint=nothing)


EXERCISE = Exercise(
    name="first-client",
    lesson=1,
    title="A client that says hello",
    task="Write a client: it connects to the given host and port, writes the five bytes hello,"
    " reads"
    " everything that the server answers, until the server ends the stream, closes its socket, and"
    " returns the answer (a program prints it, and nothing else).",
    kind="client",
    attempts=(
        Attempt("an answer in one piece", plain),
        Attempt("an answer in pieces of one byte", byte_by_byte),
        Attempt("an answer whose second half comes late", late),
        Attempt("an answer of 300,000 bytes", long),
        Attempt("no answer: the server ends without a word", empty),
    ),
)
