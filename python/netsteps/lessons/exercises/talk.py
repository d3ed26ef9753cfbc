"""The checker's end of a conversation with a program under test.

Each wait has an end. What goes wrong becomes a Failed with three parts: what was expected, what
happened, and the hint for this kind of failure. The kinds are the keys of a table of hints:

    refused   there is no connection
    died      the program has ended
    silent    nothing came
    short     some bytes came, and no more
    ended     the program ended its stream too early
    cut       the program cut the connection (RST)
    other     other bytes came
    more      bytes came where none were expected
    open      the end of the stream did not come
    unread    the program does not read what is sent to it
"""

import threading
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic, sleep
from typing import NoReturn, Protocol, Self

import netsteps as ns
from netsteps.lessons.exercise import Failed
from netsteps.lessons.exercises.causes import cause_of_death, of_end
from netsteps.peers.showing import BEFORE, first_difference, shown

__all__ = ["BIG", "PATIENCE", "Program", "Talk", "has_ended", "random_bytes", "trouble_of"]

Hints = Mapping[str, str]

PATIENCE = 3.0  # seconds that an answer may take; a right program needs milliseconds
# Bytes: more than a program can write before it has to wait for its reader. A send buffer of Linux
# grows to 4 MiB (net.ipv4.tcp_wmem), and the receive buffer takes some more.
BIG = 5 << 20
GRACE = 0.5  # seconds in which a program that fails comes to its end
WAITING = 32 << 20  # bytes: more than the buffers of both ends take
SETTLED = 0.2  # seconds between two looks at whether bytes still move
STALLED = 0.05  # seconds without progress, after which a writer counts as waiting
MORE = 64  # bytes beyond the expected ones that a failure shows

GENERAL = {
    "refused": "The program does not listen any more. Look at what it printed: an error with one"
    " client must not end the server for all.",
    "died": "A server goes on for ever: it serves a client, and then the next. Look at what it"
    " printed for why it ended.",
    "silent": "Is the answer written at all, and to the socket that accept gave?",
    "short": "The rest never came. send may take less than all of the bytes: use sendall (in"
    " netsteps: write), or repeat send with what is left. And read in a loop: one read"
    " may give less than was sent.",
    "ended": "The connection was closed too early. Read in a loop until b'' comes, and close then.",
    "cut": "The connection was cut (RST). That happens when a program ends, or closes a socket that"
    " holds bytes it has not read: read until b'' before you close.",
    "other": "Send back what is asked for, byte for byte, and nothing else.",
    "more": "Send what is asked for and nothing else: no text for people, no line feed, no zero"
    " byte.",
    "open": "When the client has ended its stream, read gives b'' (recv in C: 0). Leave the loop"
    " then, and close the connection.",
    "unread": "The program does not read what the other side sends, so its buffer is full.",
}


class Program(Protocol):
    """What a Talk wants to know of the program under test."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    @property
    def output(self) -> str:
        """What it has printed."""


def trouble_of(program: Program) -> str:
    """Tell how the program ended, when that is not how it should be; else ""."""
    ask = getattr(program, "how_it_ended", None) or getattr(program, "trouble", None)
    return str(ask()) if ask is not None else ""


class Talk:
    """A connection to the program under test, with hints for what may go wrong.

    As a context manager it is closed at the end.
    """

    def __init__(self, program: Program, socket: ns.Socket, hints: "Hints", who: str) -> None:
        self.program = program
        self.socket = socket
        self.who = who  # the program in words: "the server"
        self._hints = {**GENERAL, **hints}
        socket.options.no_delay = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    # What the checker does

    def say(
        self,
        *pieces: bytes,
        pause: float = 0.0,
        may_be_gone: bool = False,
        hints: "Hints | None" = None,
    ) -> None:
        """Send each piece in a segment of its own, pause seconds apart.

        may_be_gone: that the program has closed is no failure here; its answer will tell.
        """
        for number, piece in enumerate(pieces):
            if number and pause:
                sleep(pause)
            try:
                self.socket.write(piece, timeout=PATIENCE)
            except ns.TimedOut:
                self.fail(
                    "unread",
                    f"{self.who} reads what is sent to it",
                    f"{len(piece):,} bytes did not go out within {PATIENCE:g} s",
                    hints,
                )
            except (ns.Reset, ns.BrokenPipe):
                if may_be_gone:
                    return
                self.fail("cut", f"{self.who} reads {shown(piece)}", "it cut the connection", hints)

    def finish(self) -> None:
        """End the checker's half, and keep the other one open. When it is cut, reading tells."""
        with suppress(ns.Reset, ns.BrokenPipe, ns.NotWritable):
            self.socket.finish()

    def reset(self) -> None:
        """Cut the connection."""
        self.socket.options.linger = 0
        self.socket.close()

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def fill(self) -> None:
        """Send, and read nothing, until the program has to wait with its answers, or is gone."""
        data = memoryview(random_bytes(65536, 3))
        sent = 0
        with suppress(ns.SocketError):
            while sent < WAITING:
                sent += self.socket.send(data, timeout=2 * STALLED)

    def until_read(self) -> None:
        """Wait until the program has read all that was sent, or its time is over."""
        end = monotonic() + PATIENCE
        while monotonic() < end:
            if not self._unread_there():
                return
            sleep(0.02)

    def until_settled(self, over: threading.Event) -> None:
        """Wait until nothing moves: all is read, or the program waits for a reader of its own.

        over: set when all is handed to the system. A program on a busy machine may pause, too: so
        it is not taken for waiting before two looks have seen the same.
        """
        before: tuple[int, int] | None = None
        end = monotonic() + 2 * PATIENCE
        while monotonic() < end:
            over.wait(SETTLED)
            here = self.socket.buffers
            now = ((here and here.unsent) or 0, self._unread_there())
            if over.is_set():
                if not any(now):
                    return
                sleep(SETTLED)
            if now == before:
                return
            before = now

    def _unread_there(self) -> int:
        """Give how many bytes are in the program's input buffer."""
        here, there = self.socket.local, self.socket.peer
        theirs = (one for one in ns.connections() if one.local == there and one.peer == here)
        return sum(one.recv_q or 0 for one in theirs)

    # What the checker waits for

    def hears(
        self,
        wanted: bytes,
        what: str = "",
        *,
        within: float = PATIENCE,
        hints: "Hints | None" = None,
    ) -> None:
        """Read exactly these bytes. what: the words for them, where they are too many to show.

        within: seconds for all of them; between two of them pass PATIENCE seconds at most.
        """
        pause = min(within, PATIENCE)
        expected = what or shown(wanted)
        got = bytearray()
        heard = monotonic()
        end = heard + within
        while len(got) < len(wanted):
            size = min(65536, len(wanted) - len(got))
            try:
                data = self.socket.read(size, timeout=max(0.0, min(pause, end - monotonic())))
            except ns.TimedOut:
                happened = f"{self._so_far(got, wanted)}, and then nothing for {pause:g} s"
                if not got:
                    happened = f"nothing came within {pause:g} s"
                elif monotonic() - heard < pause:
                    happened = f"{self._so_far(got, wanted)} within {within:g} s"
                self.fail("short" if got else "silent", expected, happened, hints)
            except ns.Reset:
                happened = f"{self._so_far(got, wanted)}, then the connection was cut (RST)"
                self.fail("cut", expected, happened, hints)
            if not data:
                happened = f"{self._so_far(got, wanted)}, then {self.who} ended the stream (b'')"
                self.fail("ended", expected, happened, hints)
            if data != wanted[len(got) : len(got) + len(data)]:
                got += data + self._waiting(MORE)
                self.fail("other", expected, self._difference(got, wanted), hints)
            got += data
            heard = monotonic()

    def hears_line(self, what: str, *, limit: int = 4096, hints: "Hints | None" = None) -> bytes:
        """Read up to and with the next line feed. what: what it is expected to be."""
        got = bytearray()
        end = monotonic() + PATIENCE
        while not got.endswith(b"\n"):
            try:
                data = self.socket.read(1, timeout=max(0.0, end - monotonic()))
            except ns.TimedOut:
                happened = f"{shown(bytes(got))}, and then nothing" if got else "nothing came"
                kind = "short" if got else "silent"
                self.fail(kind, what, f"{happened} within {PATIENCE:g} s", hints)
            except ns.Reset:
                self.fail("cut", what, f"{shown(bytes(got))}, then the connection was cut", hints)
            if not data:
                self.fail("ended", what, f"{shown(bytes(got))}, and then the end (b'')", hints)
            got += data
            if len(got) > limit:
                self.fail("other", what, f"{limit:,} bytes without a line feed", hints)
        return bytes(got)

    def hears_rest(
        self, *, limit: int = 4096, within: float = PATIENCE, hints: "Hints | None" = None
    ) -> bytes:
        """Read what comes up to the end of the program's stream, at most limit bytes of it."""
        got = bytearray()
        expected = f"{self.who} ends the connection"
        end = monotonic() + within
        while len(got) < limit:
            try:
                data = self.socket.read(limit - len(got), timeout=max(0.0, end - monotonic()))
            except ns.TimedOut:
                self.fail("open", expected, f"it was still open after {within:g} s", hints)
            except ns.Reset:
                self.fail("cut", expected, "it was cut (RST)", hints)
            if not data:
                break
            got += data
        return bytes(got)

    def hears_end(
        self, *, reset_is_fine: bool = False, within: float = PATIENCE, hints: "Hints | None" = None
    ) -> None:
        """Wait for the end of the program's stream."""
        expected = f"{self.who} ends the connection"
        try:
            data = self.socket.read(MORE, timeout=within)
        except ns.TimedOut:
            self.fail("open", expected, f"it was still open after {within:g} s", hints)
        except ns.Reset:
            if not reset_is_fine:
                self.fail("cut", expected, "it was cut (RST)", hints)
            return
        if data:
            data += self._waiting(MORE)
            self.fail("more", f"nothing more, {expected}", f"{shown(data)} came", hints)

    def hears_nothing_yet(self, before: bytes, expected: str) -> None:
        """See that nothing is there already behind what has come, which is before."""
        try:
            data = self.socket.read(MORE, timeout=0.02)
        except ns.TimedOut:
            return
        except ns.Reset:
            self.fail("cut", expected, "the connection was cut (RST)")
        if data:
            self.fail("more", expected, f"{shown(before + data)} came")

    def hears_nothing(self, seconds: float, why: str, hints: "Hints | None" = None) -> None:
        """See that nothing comes for a while. why: what is expected, in words."""
        try:
            data = self.socket.read(MORE, timeout=seconds)
        except ns.TimedOut:
            return
        except ns.Reset:
            self.fail("cut", why, "the connection was cut (RST)", hints)
        if not data:
            self.fail("ended", why, f"{self.who} ended the stream (b'')", hints)
        self.fail("more", why, f"{shown(data + self._waiting(MORE))} came", hints)

    def exchanges(
        self, data: bytes, wanted: bytes, what: str, hints: "Hints | None" = None
    ) -> None:
        """Send much, and read the answer only when nothing more goes out."""
        over = threading.Event()

        def write() -> None:
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[self.socket.send(rest[:65536], timeout=2 * PATIENCE) :]
            except ns.SocketError:
                pass  # whoever reads sees it too
            finally:
                over.set()

        writer = threading.Thread(target=write, name="netsteps check", daemon=True)
        writer.start()
        try:
            self.until_settled(over)
            self.hears(wanted, what, within=5 * PATIENCE, hints=hints)
        except BaseException:
            self.socket.close()  # wakes the writer
            raise
        finally:
            writer.join(2 * PATIENCE)

    # Failing

    def fail(
        self, kind: str, expected: str, happened: str, hints: "Hints | None" = None
    ) -> NoReturn:
        """Raise Failed with the hint of this kind; with another one when the program has ended."""
        table = {**self._hints, **(hints or {})}
        hint = table[kind]
        if kind not in {"other", "more"} and has_ended(self.program):
            hint = cause_of_death(self.program) or of_end(self.program) or table["died"]
        raise Failed(expected, happened, hint)

    def _waiting(self, limit: int) -> bytes:
        """Give what is there already, to be shown."""
        try:
            return self.socket.read(limit, timeout=0.02)
        except ns.SocketError:
            return b""

    def _so_far(self, got: bytearray, wanted: bytes) -> str:
        if len(wanted) <= MORE:
            return f"{bytes(got)!r} came" if got else "nothing came"
        return f"{len(got):,} of {len(wanted):,} bytes came"

    def _difference(self, got: bytearray, wanted: bytes) -> str:
        if len(wanted) <= MORE:
            return f"{shown(bytes(got))} came"
        place = first_difference(wanted, bytes(got))
        near = bytes(got[max(0, place - BEFORE) : place + BEFORE])
        return f"byte {place:,} was another one, in …{near!r}…"


def has_ended(program: Program) -> bool:
    """Tell whether the program has ended, or does so within a moment."""
    end = monotonic() + GRACE
    while program.alive and not trouble_of(program):
        if monotonic() >= end:
            return False
        sleep(0.02)
    return True


def random_bytes(size: int, seed: int) -> bytes:
    """Give bytes of every value, the same for the same seed."""
    import random

    return random.Random(seed).randbytes(size)
