"""One connection of a peer: its steps, with limits of time and of bytes, and what became of it."""

import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from netsteps import SocketClosed, SocketError, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsteps import Endpoint, Socket

__all__ = ["Conversation", "Over", "Spent", "Stopped"]

PIECE = 65536  # bytes: the most of one read or send
TRIES = 1000  # to read what the kernel says is there
KEPT = 1 << 18  # bytes of what was received that are kept to be looked at


class Over(Exception):
    """The conversation is over before its behaviour is; the text says why."""


class Stopped(Over):
    """The peer was stopped."""


class Spent(Over):
    """The conversation has come to one of its limits; the text says which."""


class Conversation:
    """One connection of a misbehaving peer, as a test sees it.

    `.client` is the Endpoint of the program under test, or of our client. `.received` is what came
    from the other side (the first 256 KiB), `.received_bytes` and `.sent_bytes` count all of it;
    `.peer_finished` says that the other side has ended its stream. `.ending` is "open" while it
    goes on, and then one of:

    "ended"         the peer has done all that it does
    "cut"           the other side cut the connection; `.error` says how
    "out of time"   the conversation reached its limit of seconds
    "out of bytes"  it reached its limit of bytes
    "stopped"       the peer was stopped
    "failed"        a client could not connect; `.error` says why
    """

    datagrams = False  # whether a read gives one datagram, instead of bytes of a stream

    def __init__(
        self, socket: "Socket", stopping: threading.Event, *, seconds: float, limit: int
    ) -> None:
        self._socket = socket
        self._stopping = stopping
        self._end = monotonic() + seconds
        self._limit = limit
        self._kept = b""  # taken from the kernel, and given back
        self._received = bytearray()
        self._changed = threading.Condition()
        self.client: Endpoint | None = None
        self.received_bytes = 0
        self.sent_bytes = 0
        self.peer_finished = False
        self.ending = "open"
        self.error: OSError | None = None

    def __repr__(self) -> str:
        return (
            f"<Conversation with {self.client}: {self.ending}, {self.received_bytes:,} bytes"
            f" received, {self.sent_bytes:,} sent>"
        )

    @property
    def received(self) -> bytes:
        """What came from the other side: the first 256 KiB of it."""
        return bytes(self._received)

    def wait(self, timeout: float = 5.0) -> str:
        """Wait until it is over, and give its `.ending`. Raises TimeoutError when it goes on."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.ending != "open", timeout):
                raise TimeoutError(f"the conversation goes on after {timeout:g} s: {self!r}")
        return self.ending

    def wait_for(self, count: int, timeout: float = 5.0) -> bytes:
        """Wait until count bytes have come, and give the first count of them.

        Raises TimeoutError after timeout seconds, EOFError when it is over before; both say what
        came.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self.received_bytes >= count or self.ending != "open", timeout
            )
            if self.received_bytes >= count:
                return bytes(self._received[:count])
            over = self.ending != "open"
        message = (
            f"{self.received_bytes:,} of {count:,} bytes came, {self.received[:64]!r}: {self!r}"
        )
        raise EOFError(message) if over else TimeoutError(message)

    # What a behaviour is made of. Each step waits no longer than the conversation may last.

    def left(self) -> float:
        """How many seconds it may still last. Raises Spent when there are none."""
        if self._stopping.is_set():
            raise Stopped("stopped")
        left = self._end - monotonic()
        if left <= 0:
            raise Spent("out of time")
        return left

    def lasts(self, seconds: float) -> None:
        """Let it last so many seconds from now on."""
        self._end = monotonic() + seconds

    def read(self, size: int = PIECE) -> bytes:
        """Read what has come, at most size bytes; b"" at the end of the other side's stream."""
        if self._kept:
            data, self._kept = self._kept[:size], self._kept[size:]
            return data
        if self.received_bytes >= self._limit:
            raise Spent("out of bytes")
        data = self._socket.read(size, timeout=self.left())
        self.peer_finished = not data
        self.came(data)
        return data

    def came(self, data: bytes) -> None:
        """Note what has come, and wake who waits for it."""
        with self._changed:
            self.received_bytes += len(data)
            self._received += data[: KEPT - len(self._received)]
            self._changed.notify_all()

    def unread(self, data: bytes) -> None:
        """Give back what was read too much: the next read begins with it."""
        self._kept = data + self._kept

    def read_waiting(self, limit: int = PIECE) -> bytes:
        """Read what is there without waiting, at most limit bytes; b"" when there is nothing."""
        data = bytearray(self._kept[:limit])
        self._kept = self._kept[limit:]
        for _ in range(TRIES):
            if len(data) >= limit:
                break
            buffers = self._socket.buffers
            unread = buffers.unread if buffers is not None else None
            if unread == 0:  # Linux says so; elsewhere the read does
                break
            try:
                more = self._socket.read(limit - len(data), timeout=0)
            except TimedOut:
                if unread is None:
                    break
                continue
            if not more:
                break
            data += more
        return bytes(data)

    def read_to_end(self) -> None:
        """Read and forget, until the other side ends its stream."""
        while self.read():
            pass

    def send(self, data: bytes) -> None:
        """Send all of data, or as much of it as the limit of bytes permits."""
        rest = memoryview(data)
        while rest:
            if self.sent_bytes >= self._limit:
                raise Spent("out of bytes")
            part = rest[: min(PIECE, self._limit - self.sent_bytes)]
            sent = self._socket.send(part, timeout=self.left())
            self.sent_bytes += sent
            rest = rest[sent:]

    def pause(self, seconds: float) -> None:
        """Do nothing for so many seconds, or until the peer is stopped."""
        left = self.left()
        self._stopping.wait(min(seconds, left))
        self.left()

    def flush(self) -> None:
        """Wait until the kernel has delivered all that was sent (Linux; elsewhere at once)."""
        while (buffers := self._socket.buffers) and buffers.unacknowledged:
            self.pause(0.001)

    def finish(self) -> None:
        """End our half of the connection: the other side reads all that was sent, then its end."""
        self._socket.finish()

    def reset(self) -> None:
        """Cut the connection: the other side gets a reset (RST) after all that was delivered."""
        self._socket.options.linger = 0
        self._socket.close()

    def close(self) -> None:
        """Close the connection as a program does: bytes that nobody has read make it a reset."""
        self._socket.close()

    def run(self, behaviour: "Callable[[Conversation], None]") -> None:
        """Let a behaviour have its way, note what came of it, and give the socket back."""
        ending = "ended"
        try:
            behaviour(self)
        except Over as over:
            ending = str(over)
            with suppress(SocketError):  # unread bytes would make a reset of the end
                self.read_waiting()
        except SocketClosed:
            ending = "stopped" if self._stopping.is_set() else "ended"
        except TimedOut:
            ending = "out of time"
        except OSError as error:
            self.error = error
            ending = "cut" if isinstance(error, ConnectionError) else "failed"
        finally:
            self._socket.close()
            with self._changed:
                self.ending = ending
                self._changed.notify_all()
