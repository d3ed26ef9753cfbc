"""The receiving half, without a socket and without a clock: bytes and times in, bytes out.

    receiving.arrived(datagram, sender, now)    the datagram to send back, or None
    receiving.take()                            the next whole message, or None

Each datagram is acknowledged at once. A segment that came before is acknowledged again: its first
acknowledgement may have been lost.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from netsteps.reliable.report import ReceiveReport
from netsteps.reliable.wire import (
    LARGEST_WINDOW,
    BadSegment,
    Kind,
    Segment,
    bitmap,
    decode,
    encode,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Receiving", "ReliableMessage"]

Sender = TypeVar("Sender")

_REMEMBERED = 4096  # connections: what comes again of their last message is acknowledged again
_OVERHEAD = 256  # bytes that a waiting message costs beside its own: an empty one costs memory too


@dataclass(frozen=True, slots=True, repr=False)
class ReliableMessage(Generic[Sender]):
    """One whole message: its data, its sender, and how many segments it came in.

    bytes(it) is its data, len(it) how many bytes they are.
    """

    data: bytes
    sender: Sender
    segments: int

    def __repr__(self) -> str:
        shown = self.data if len(self) <= 32 else self.data[:32] + b"..."
        return f"ReliableMessage({shown!r}, {len(self):,} bytes, from {self.sender})"

    def __bytes__(self) -> bytes:
        return self.data

    def __len__(self) -> int:
        return len(self.data)

    def save(self, path: "str | Path") -> int:
        """Write it to a file, and return how many bytes it has. Raises OSError as open does."""
        from pathlib import Path

        return Path(path).write_bytes(self.data)


@dataclass(slots=True)
class _Connection:
    """What is known of one connection."""

    heard_at: float
    next: int = 0  # the lowest number that is missing
    first: int = 0  # the number of the first segment of the message under way
    message: bytearray = field(default_factory=bytearray)  # as far as it has come in order
    early: dict[int, Segment] = field(default_factory=dict)  # what has come behind a hole
    early_bytes: int = 0
    refused: bool = False


class Receiving(Generic[Sender]):
    """The receiving half, for the connections of any senders.

    limit: the most bytes of a message, and of all whole messages that wait to be taken. messages:
    the most that may be under way at once; one more begins when another has been silent for idle
    seconds, or was the same sender's. So no more memory is taken than (messages * 2 + 1) * limit,
    whatever comes.
    """

    def __init__(self, *, limit: int = 64 * 2**20, messages: int = 16, idle: float = 60.0) -> None:
        self.limit = limit
        self.messages = messages
        self.idle = idle
        self.report = ReceiveReport()
        # Both in the order in which they were heard, the longest silent one first.
        self._connections: dict[tuple[Sender, int], _Connection] = {}
        self._under_way: dict[tuple[Sender, int], _Connection] = {}
        self._whole: deque[ReliableMessage[Sender]] = deque()
        self._waiting = 0  # bytes of whole messages

    def take(self) -> ReliableMessage[Sender] | None:
        """Give the next whole message, or None while there is none."""
        if not self._whole:
            return None
        message = self._whole.popleft()
        self._waiting -= len(message) + _OVERHEAD
        return message

    def arrived(self, datagram: bytes, sender: Sender, now: float) -> bytes | None:
        """Take a datagram, and give the answer to its sender; None for what is not answered."""
        self.report.received += 1
        try:
            segment = decode(datagram)
        except BadSegment:
            segment = None
        if segment is None or segment.kind is not Kind.DATA:
            self.report.ignored += 1
            return None
        key = sender, segment.connection
        connection = self._connection(key, segment, now)
        if connection is None:
            self.report.ignored += 1
            return None
        if not connection.refused:
            self._accept(connection, segment, key, now)
        self._under_way.pop(key, None)
        if connection.refused:
            self.report.refused += 1
            limit = self.limit.to_bytes(8, "big")
            return encode(Segment(Kind.REFUSED, segment.connection, connection.first, 0, limit))
        if connection.message or connection.early:
            self._under_way[key] = connection
        self.report.acks += 1
        window = LARGEST_WINDOW if self._has_room(key, now) else 0
        come = bitmap(connection.next, connection.early)
        return encode(Segment(Kind.ACK, segment.connection, connection.next, window, come))

    def _connection(
        self, key: tuple[Sender, int], segment: Segment, now: float
    ) -> _Connection | None:
        """Find the connection, or begin it. What begins far behind 0 is left over from an old one.

        A flood of new ones must not end those that are alive: only the silent make room.
        """
        connection = self._connections.pop(key, None)
        if connection is None:
            if segment.number >= LARGEST_WINDOW or not self._room_in(
                self._connections, _REMEMBERED, now
            ):
                return None
            connection = _Connection(now)
        connection.heard_at = now
        self._connections[key] = connection
        return connection

    def _has_room(self, key: tuple[Sender, int], now: float) -> bool:
        """Say whether more of this connection is taken now.

        Nothing is while the messages that nobody has taken fill the room.
        """
        if self._waiting >= self.limit:
            return False
        if key in self._under_way or self._room_in(self._under_way, self.messages, now):
            return True
        # A sender that gave up its message begins a new connection: that makes room for itself.
        own = next((other for other in self._under_way if other[0] == key[0]), None)
        if own is None:
            return False
        del self._under_way[own], self._connections[own]
        return True

    def _room_in(
        self, connections: "dict[tuple[Sender, int], _Connection]", most: int, now: float
    ) -> bool:
        """Make room for one more, if one has been silent for long enough."""
        if len(connections) < most:
            return True
        key, silent = next(iter(connections.items()))
        if now - silent.heard_at < self.idle:
            return False
        self._connections.pop(key, None)
        self._under_way.pop(key, None)
        return True

    def _accept(
        self, connection: _Connection, segment: Segment, key: tuple[Sender, int], now: float
    ) -> None:
        """Keep a segment that is new and that there is room for, and all that follow it."""
        ahead = segment.number - connection.next
        if ahead < 0 or segment.number in connection.early:
            self.report.duplicated += 1
            return
        size = connection.early_bytes + len(segment.payload)
        if ahead >= LARGEST_WINDOW or (ahead and size > self.limit) or not self._has_room(key, now):
            self.report.held_back += 1
            return
        if ahead:
            connection.early[segment.number] = segment
            connection.early_bytes = size
            self.report.early += 1
            self.report.segments += 1
            return
        following: Segment | None = segment
        while following is not None:
            self._append(connection, following, key[0])
            if connection.refused:
                return
            following = connection.early.pop(connection.next, None)
            if following is not None:
                connection.early_bytes -= len(following.payload)
        self.report.segments += 1

    def _append(self, connection: _Connection, segment: Segment, sender: Sender) -> None:
        """Append the segment whose turn it is; with the last one the message is whole."""
        size = len(connection.message) + len(segment.payload)
        # Those that follow carry as much as this one, except for the last.
        if size + max(segment.count - 1, 0) * len(segment.payload) > self.limit:
            connection.refused = True
            connection.message = bytearray()
            connection.early.clear()
            connection.early_bytes = 0
            return
        connection.message += segment.payload
        connection.next += 1
        if segment.count:
            return
        message = ReliableMessage(
            bytes(connection.message), sender, connection.next - connection.first
        )
        self._whole.append(message)
        self._waiting += len(message) + _OVERHEAD
        self.report.messages += 1
        self.report.bytes += len(message)
        connection.first = connection.next
        connection.message = bytearray()
