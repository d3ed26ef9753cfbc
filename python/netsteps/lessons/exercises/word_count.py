"""Lesson 4: a server that counts the words of a client, and answers at its end."""

from typing import TYPE_CHECKING

from netsteps.lessons.exercise import Attempt, Exercise
from netsteps.lessons.exercises.causes import FOR_EVER
from netsteps.lessons.exercises.serving import client_of, resets_and_leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsteps.lessons.exercises.talk import Talk
    from netsteps.lessons.subject_server import ServerSubject

__all__ = ["EXERCISE"]

QUIET = 0.15  # seconds in which an answer that comes too early would come

TOO_EARLY = (
    "The answer came before the client had ended. One read is not the whole text: read in a loop"
    " until b'' (recv in C: 0), which says that the client has nothing more to say."
)
NO_ANSWER = (
    "The client has ended its half (shutdown, FIN), and waits for the answer. After b'' the other"
    " direction is still open: write the number then, and close."
)
CUT_WORDS = (
    "A piece may end in the middle of a word. Do not count in each piece by itself: put the pieces"
    " together and count at the end, or remember whether the last piece ended inside a word."
)
CUT_LETTERS = (
    "A piece may end in the middle of a letter of two bytes, so do not decode pieces. Put the bytes"
    " together first; bytes.split() needs no decoding at all."
)
SPACES = (
    "Words are what stands between white space: spaces, tabs, line ends, any number of them."
    " bytes.split() without an argument does that; split(b' ') does not. In C: isspace."
)
NUMBER = "Write the number in digits, as text: str(count).encode(). A line feed after it is fine."
NEXT = (
    "A client broke off, and the server did not get over it. Catch ConnectionError around the"
    " service of one client (in C: recv returns -1), close its socket, and accept the next."
)
LOOPING = (
    "After b'' (recv in C: 0) nothing more comes: leave the loop, write the number, and close the"
    " connection. A loop that goes on reading never answers."
)
HINTS = {
    "silent": LOOPING,
    "ended": NO_ANSWER,
    "short": NUMBER,
    "other": NUMBER,
    "more": "One number, and nothing more.",
    "open": "After the number the server closes the connection, and takes the next client.",
    "died": NEXT,
    "refused": NEXT,
}


def counts(talk: "Talk", wanted: int, hints: "Mapping[str, str] | None" = None) -> None:
    """End our half, and read the number and the end."""
    talk.finish()
    digits = b"%d" % wanted
    talk.hears(digits, f"{digits!r}, the number of words", hints=hints)
    rest = talk.hears_rest()
    if rest.strip():
        expected = f"{digits!r}, the number of words, and the end"
        talk.fail("other", expected, f"{digits + rest!r} came", hints)


def simple(server: "ServerSubject") -> None:
    """Send five words."""
    with client_of(server, HINTS) as client:
        client.say(b"how many words are these")
        counts(client, 5)


def not_before_the_end(server: "ServerSubject") -> None:
    """Wait between two pieces, and look for an answer that comes too early."""
    with client_of(server, HINTS) as client:
        client.say(b"one two ")
        client.hears_nothing(
            QUIET,
            "no answer before the client's end",
            hints={"more": TOO_EARLY, "ended": TOO_EARLY},
        )
        client.say(b"three four", hints={"cut": TOO_EARLY})
        counts(client, 4, hints={"other": TOO_EARLY, "ended": TOO_EARLY})


def byte_by_byte(server: "ServerSubject") -> None:
    """Send the text in segments of one byte."""
    text = b"words that come piece by piece"
    with client_of(server, HINTS) as client:
        client.say(*(text[i : i + 1] for i in range(len(text))), pause=0.002)
        counts(client, 6, hints={"other": CUT_WORDS})


def cut_words(server: "ServerSubject") -> None:
    """Cut the text inside of words and between them."""
    with client_of(server, HINTS) as client:
        client.say(b"a wo", b"rd and ano", b"ther", b" ", b"one", pause=0.02)
        counts(client, 5, hints={"other": CUT_WORDS})


def white_space(server: "ServerSubject") -> None:
    """Send white space of all sorts."""
    with client_of(server, HINTS) as client:
        client.say(b"  two\t\twords\r\n\n and\nthree  more \n")
        counts(client, 5, hints={"other": SPACES})


def nothing(server: "ServerSubject") -> None:
    """Send nothing, and then white space alone."""
    for text in (b"", b" \n "):
        with client_of(server, HINTS) as client:
            if text:
                client.say(text)
            counts(client, 0, hints={"other": SPACES, "silent": LOOPING})


def cut_letters(server: "ServerSubject") -> None:
    """Cut the text inside of a letter of two bytes."""
    text = "Grüße über Brücken".encode()
    cut = text.index(b"\xc3") + 1
    with client_of(server, {**HINTS, "died": CUT_LETTERS}) as client:
        client.say(text[:cut], text[cut:], pause=0.02)
        counts(client, 3, hints={"other": CUT_LETTERS, "ended": CUT_LETTERS, "cut": CUT_LETTERS})


def much(server: "ServerSubject") -> None:
    """Send 200,000 words, 1.1 MB."""
    text = b"".join(b"%d " % number for number in range(100_000, 300_000))
    whole = (
        "Not all of a long text was counted. Read until b'', with no limit of one buffer. "
        + CUT_WORDS
    )
    with client_of(server, HINTS) as client:
        client.say(text, hints={"unread": whole, "cut": whole})
        counts(client, 200_000, hints={"other": whole})


def cut_off(server: "ServerSubject") -> None:
    """Cut connections in the middle of a text, and count for the next client."""
    resets_and_leaves(server, HINTS, b"half a te", times=3)
    hints = dict.fromkeys(("silent", "ended", "cut", "died", "refused"), NEXT)
    own = "Begin with 0 for each client: words of the one before were counted."
    with client_of(server, {**HINTS, **hints}) as client:
        client.say(b"still there?")
        counts(client, 2, hints={"other": own})


EXERCISE = Exercise(
    name="word-count",
    lesson=4,
    title="A server that answers at the end",
    task="Write a TCP server that binds 127.0.0.1 and the given port, and counts the words of each"
    " client, for ever, one client after the other or at once. It reads until the client ends its"
    " half of the connection, then writes the number of words in digits, such as b'5', and closes"
    " the connection. Words are separated by any number of spaces, tabs and line ends. A client"
    " that breaks off does not end the server.",
    kind="server",
    transport="tcp",
    attempts=(
        Attempt("five words, and the end", simple, FOR_EVER),
        Attempt("two words, a pause, and two more", not_before_the_end),
        Attempt("six words, one byte at a time", byte_by_byte),
        Attempt("pieces that end in the middle of words", cut_words),
        Attempt("spaces, tabs and line ends in any number", white_space),
        Attempt("no words at all", nothing),
        Attempt("a piece that ends in the middle of a letter (ü)", cut_letters),
        Attempt("200,000 words", much),
        Attempt("clients that cut the connection (RST), and then a good one", cut_off),
    ),
)
