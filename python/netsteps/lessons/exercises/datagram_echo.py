"""Lesson 2: a server that sends every datagram back."""

from time import monotonic
from typing import TYPE_CHECKING, NoReturn

import netsteps as ns
from netsteps.lessons.exercise import Attempt, Exercise, Failed
from netsteps.lessons.exercises.causes import cause_of_death
from netsteps.lessons.exercises.talk import PATIENCE, has_ended, random_bytes
from netsteps.peers.showing import shown

if TYPE_CHECKING:
    from netsteps.lessons.subject_server import ServerSubject

__all__ = ["EXERCISE"]

LETTERS, SIZES = (b"a", b"b", b"c", b"d", b"e"), (3, 1, 40, 7, 2)
GREATEST = 65507  # bytes of a UDP datagram over IPv4: 65,535 less the two headers

TO_THE_SENDER = (
    "An answer goes to where the datagram came from. recvfrom (in netsteps: receive_from) tells the"
    " sender with each datagram: sendto(data, sender). In C, set the length of the address to"
    " sizeof address before each recvfrom. A socket that is connected to one client hears no other."
)
SILENT = (
    "Nothing came back. A UDP server is socket(SOCK_DGRAM), bind, and then recvfrom and sendto in a"
    " loop: no listen, no accept, no connect. " + TO_THE_SENDER
)
LOOP = "After an answer the server waits for the next datagram: recvfrom and sendto in a loop."
EMPTY = (
    "A datagram of 0 bytes is a datagram: nothing was lost, and nothing has ended. With UDP b''"
    " (in C: 0) is no end, because there is no connection that could end. Send it back like any"
    " other."
)
CUT = (
    "The datagram was cut: recvfrom gives as much as its buffer holds, and the rest is gone,"
    " without an error. Ask for 65,535 bytes, which is more than any datagram over IPv4 has."
)
BORDERS = (
    "UDP keeps borders: each datagram is answered by one datagram. Do not collect them, and do not"
    " send one in pieces."
)
SAME = (
    "Send back exactly the bytes that came. In C: as many as recvfrom returned, not the size of the"
    " buffer and not strlen. Do not decode them: bytes need not be text."
)
GONE = (
    "The server did not get over a client that was gone. Its answer met a closed port, and the"
    " system may report that to the server as an error (ICMP: port unreachable). Do not connect"
    " the socket, catch the error, and go on."
)


class Asker:
    """A UDP socket of the checker, connected to the server under test."""

    def __init__(self, server: "ServerSubject") -> None:
        self.server = server
        self.socket = ns.Socket("udp")
        try:
            self.socket.connect(server.endpoint)
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self) -> "Asker":
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def say(self, data: bytes) -> None:
        """Send one datagram."""
        try:
            self.socket.send(data, timeout=PATIENCE)
        except ns.Refused:  # tells of an earlier one; this one did not go
            self.fail(shown(data), "nobody is bound to that port any more", SILENT)

    def hears(self, wanted: bytes, silent: str, other: str) -> None:
        """Wait for the answer. silent, other: the hints for none, and for another one."""
        expected = (
            f"{wanted!r} back" if len(wanted) <= 60 else f"the same {len(wanted):,} bytes back"
        )
        end = monotonic() + PATIENCE
        got, wait = None, 0.1
        while got is None:
            try:
                got = self.socket.read(65535, timeout=wait)
            except ns.TimedOut:
                wait = min(2 * wait, 1.0)  # few looks, for a short ladder
                if monotonic() >= end or self.server.how_it_ended():
                    self.fail(expected, "nothing came", silent)
            except ns.Refused:
                self.fail(expected, "nobody is bound to that port any more", silent)
        if got == wanted:
            return
        happened = f"{shown(got)} came"
        if len(wanted) > 60:
            happened = f"a datagram of {len(got):,} bytes came"
        if len(got) < len(wanted) and wanted.startswith(got):
            other = CUT if len(wanted) > 16 and got else other
        self.fail(expected, happened, other)

    def fail(self, expected: str, happened: str, hint: str) -> NoReturn:
        """Raise Failed; with what the program printed as the reason when it has ended."""
        if has_ended(self.server):
            hint = cause_of_death(self.server) or hint
        raise Failed(expected, happened, hint)


def several(server: "ServerSubject") -> None:
    """Send three, each after the answer."""
    with Asker(server) as asker:
        for words in (b"hello", b"and another", b"and a third"):
            asker.say(words)
            asker.hears(words, SILENT if words == b"hello" else LOOP, SAME)


def borders(server: "ServerSubject") -> None:
    """Send five at once, and want five back."""
    with Asker(server) as asker:
        datagrams = [letter * size for letter, size in zip(LETTERS, SIZES, strict=True)]
        for datagram in datagrams:
            asker.say(datagram)
        for datagram in datagrams:
            asker.hears(datagram, BORDERS, BORDERS)


def empty(server: "ServerSubject") -> None:
    """Send a datagram without a byte, and another one."""
    with Asker(server) as asker:
        asker.say(b"")
        asker.hears(b"", EMPTY, EMPTY)
        asker.say(b"after it")
        asker.hears(b"after it", EMPTY, EMPTY)


def no_text(server: "ServerSubject") -> None:
    """Send every byte that there is."""
    data = bytes(range(256))
    with Asker(server) as asker:
        asker.say(data)
        asker.hears(data, SAME, SAME)


def large(server: "ServerSubject") -> None:
    """Send 2,000 bytes, and then as many as fit into one datagram."""
    for size in (2000, GREATEST):
        data = random_bytes(size, 5)
        with Asker(server) as asker:
            asker.say(data)
            asker.hears(data, CUT, CUT)


def two_clients(server: "ServerSubject") -> None:
    """Let two clients send, each after the other's answer, and then at once."""
    with Asker(server) as one, Asker(server) as two:
        for turn in range(2):
            for asker, name in ((one, b"one %d"), (two, b"two %d")):
                asker.say(name % turn)
                asker.hears(name % turn, TO_THE_SENDER, TO_THE_SENDER)
        one.say(b"one at once")
        two.say(b"two at once")
        for asker, words in ((two, b"two at once"), (one, b"one at once")):
            asker.hears(words, f"{TO_THE_SENDER} {BORDERS}", f"{TO_THE_SENDER} {BORDERS}")


def gone(server: "ServerSubject") -> None:
    """Send and close at once, and let another client be served."""
    for _ in range(5):
        with Asker(server) as rude:
            rude.say(b"never mind")
    with Asker(server) as asker:
        for words in (b"still there?", b"really?"):
            asker.say(words)
            asker.hears(words, GONE, TO_THE_SENDER)


EXERCISE = Exercise(
    name="datagram-echo",
    lesson=2,
    title="A server that sends every datagram back",
    task="Write an echo server for UDP. It binds 127.0.0.1 and the given port, and sends each"
    " datagram back to where it came from, as one datagram with the same bytes, for ever. A"
    " datagram has 0 to 65,507 bytes, and they need not be text.",
    kind="server",
    transport="udp",
    attempts=(
        Attempt("three datagrams, each after the answer", several, LOOP),
        Attempt("two clients, one after the other, and then in turns", two_clients),
        Attempt("five datagrams at once: five answers", borders),
        Attempt("a datagram without a byte", empty),
        Attempt("every byte from 0 to 255, which is no text", no_text),
        Attempt("a datagram of 2,000 bytes, and one of 65,507", large),
        Attempt("clients that are gone when the answer comes, and then a good one", gone),
    ),
)
