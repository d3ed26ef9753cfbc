"""Lesson 3: a client that reads lines, however they are cut."""

from typing import TYPE_CHECKING

from netsteps.lessons.exercise import Attempt, Exercise
from netsteps.lessons.exercises.asking import Host, answer_is, answer_of

if TYPE_CHECKING:
    from netsteps.lessons.subject_client import ClientSubject

__all__ = ["EXERCISE"]

ONE_READ = (
    "One read gives what has come so far, here the first line. Read on until the empty line comes"
    " (read_until(b'\\n') gives one line each time)."
)
FORM = (
    "Return the lines without their line feeds, with a | between two of them: b'|'.join(lines). The"
    " empty line at the end is not one of them."
)
PIECES = (
    "One read is not one line: it may give a part of one. Keep what has come, and take a line from"
    " it only when its line feed is there (in netsteps: read_until(b'\\n'))."
)
GLUED = (
    "One read may give several lines, and the beginning of the next one. Take all whole lines from"
    " what has come, and keep the rest for the next read."
)
LETTERS = (
    "A read may end in the middle of a letter of two bytes. Collect bytes, and decode a line when"
    " it is whole."
)
AS_THEY_ARE = "Take off the line feed alone: spaces belong to the line, and strip() takes them too."
LONG = "A line may be longer than one read: go on reading until the line feed comes."
NOT_THE_END = (
    "The server does not end the stream after the lines, so b'' does not come. The empty line is"
    " the sign: stop at it, close, and return."
)
CUT_OFF = (
    "The server ended in the middle. What came without a line feed is no line: return the whole"
    " ones that came before. And b'' is the end: a loop that goes on reading hangs."
)


def answers(
    subject: "ClientSubject",
    pieces: "tuple[bytes, ...]",
    wanted: str,
    hint: str,
    pause: float = 0.0,
) -> None:
    """Send lines in these pieces, keep the connection open, and see what was returned."""
    with Host(subject) as host, host.client() as talk:
        talk.say(*pieces, pause=pause, may_be_gone=True)
        late = NOT_THE_END if hint == FORM else hint
        if hint == FORM and b"milk" not in answer_of(host.run, late):
            hint = ONE_READ
        answer_is(host.run, wanted.encode(), hint, late=late)
        talk.hears_end(reset_is_fine=True)


def plain(subject: "ClientSubject") -> None:
    """Send each line in a piece of its own."""
    lines = (b"bread\n", b"milk\n", b"apples\n", b"\n")
    answers(subject, lines, "bread|milk|apples", FORM, pause=0.03)


def glued(subject: "ClientSubject") -> None:
    """Send all lines in one piece."""
    answers(subject, (b"bread\nmilk\napples\n\n",), "bread|milk|apples", GLUED)


def byte_by_byte(subject: "ClientSubject") -> None:
    """Send the lines in segments of one byte."""
    data = b"one\ntwo\nthree\n\n"
    answers(subject, tuple(bytes([byte]) for byte in data), "one|two|three", PIECES, pause=0.002)


def odd_cuts(subject: "ClientSubject") -> None:
    """Cut the lines in the middle, and between the two last line feeds."""
    pieces = (b"first li", b"ne\nsecond line\nth", b"ird line\n", b"\n")
    answers(subject, pieces, "first line|second line|third line", GLUED, pause=0.03)


def letters(subject: "ClientSubject") -> None:
    """Cut a letter of two bytes."""
    data = "Käse\nBrötchen\n\n".encode()
    cut = data.index("ö".encode()) + 1
    answers(subject, (data[:2], data[2:cut], data[cut:]), "Käse|Brötchen", LETTERS, pause=0.03)


def spaces(subject: "ClientSubject") -> None:
    """Send lines with spaces at both ends."""
    answers(
        subject, (b"  two before\nand one after \n\n",), "  two before|and one after ", AS_THEY_ARE
    )


def long(subject: "ClientSubject") -> None:
    """Send a line of 50,000 bytes, and a short one."""
    line = "0123456789" * 5_000
    answers(subject, (line.encode() + b"\nshort\n\n",), f"{line}|short", LONG)


def none(subject: "ClientSubject") -> None:
    """Send the empty line alone."""
    answers(subject, (b"\n",), "", FORM)


def cut_off(subject: "ClientSubject") -> None:
    """End the stream in the middle of a line."""
    with Host(subject) as host, host.client() as talk:
        talk.say(b"whole\nalso whole\nhal", may_be_gone=True)
        talk.finish()
        answer_is(host.run, b"whole|also whole", CUT_OFF, late=CUT_OFF)


EXERCISE = Exercise(
    name="line-client",
    lesson=3,
    title="A client that reads lines",
    task="Write a client that connects to the given host and port and reads lines. A line ends with"
    " a line feed (b'\\n'), and is UTF-8. The server says nothing more after an empty line, but"
    " keeps the connection open. The client then closes, and returns the lines before the empty"
    " one, without their line feeds, with a | between two of them, such as bread|milk (a program"
    " prints that). When the server ends early, what came without a line feed is not a line.",
    kind="client",
    attempts=(
        Attempt("three lines, each in a piece of its own", plain),
        Attempt("all lines glued together in one piece", glued),
        Attempt("pieces of one byte", byte_by_byte),
        Attempt("pieces that end in the middle of lines", odd_cuts),
        Attempt("a piece that ends in the middle of a letter (ö)", letters),
        Attempt("spaces at both ends of a line", spaces),
        Attempt("a line of 50,000 bytes", long),
        Attempt("no line but the empty one", none),
        Attempt("a server that ends in the middle of a line", cut_off),
    ),
)
