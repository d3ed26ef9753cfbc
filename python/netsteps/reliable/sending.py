"""The sending half, without a socket and without a clock: bytes and times in, bytes and times out.

    sending.begin(pieces, count)        a message, in pieces
    sending.due(now)                    the datagrams to send now
    sending.next_at                     when to ask again though nothing came, or None
    sending.arrived(datagram, now)      what came back

With a window of one segment this is stop-and-wait: each one waits for its acknowledgement. With a
larger one it is a sliding window with selective repeat: what was lost is sent again, and only that.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.reliable.wire import (
    LARGEST_NUMBER,
    LARGEST_WINDOW,
    BadSegment,
    Kind,
    Segment,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsteps.reliable.report import SendRecord
    from netsteps.reliable.timer import RetransmissionTimer

__all__ = ["LATER", "Sending"]

# A segment counts as lost when so many that were sent after it have been acknowledged: TCP's three
# duplicate acknowledgements (RFC 5681 3.2). Fewer would take every change of order for a loss.
LATER = 3


@dataclass(slots=True)
class _InFlight:
    """A segment that was sent and is not acknowledged."""

    number: int
    datagram: bytes
    size: int  # of its piece of the message
    sent_at: float
    turn: int  # the how manieth transmission of all its last one was
    times: int = 1  # how often it was sent
    later: int = 0  # how many that were sent after it have been acknowledged


class Sending:
    """The sending half of one connection.

    connection: its number, 64 random bits. timer: kept by the caller, for it knows the path and not
    the connection. window: the most segments on their way. record: what is told to the report.
    """

    def __init__(
        self, connection: int, *, timer: "RetransmissionTimer", window: int, record: "SendRecord"
    ) -> None:
        self.connection = connection
        self.timer = timer
        self.window = window
        self.record = record
        self.refused: int | None = None  # the receiver takes no message of more bytes than this
        self.heard_at: float | None = None  # when the receiver last answered
        self.acknowledged_bytes = 0  # of this message
        self._pieces: Iterator[bytes] = iter(())
        self._left = 0  # pieces of the message that were not sent yet
        self._next = 0  # the number of the next new segment
        self._first = 0  # the number of the message's first segment
        self._base = 0  # the lowest number that the receiver misses
        self._granted = LARGEST_WINDOW  # by the receiver
        self._turn = 0
        # In the order of their last transmission, the oldest first: the timer looks at that one.
        self._in_flight: dict[int, _InFlight] = {}

    def begin(self, pieces: "Iterator[bytes]", count: int) -> None:
        """Take a message: its pieces, read when the window reaches them, and how many they are."""
        self._pieces = pieces
        self._left = count
        self._first = self._next
        self.acknowledged_bytes = 0

    @property
    def finished(self) -> bool:
        """Whether all of the message is acknowledged."""
        return not self._left and not self._in_flight

    @property
    def closed(self) -> bool:
        """Whether the receiver has closed its window."""
        return not self._granted

    @property
    def exhausted(self) -> bool:
        """Whether no number is left for one more message: it needs a new connection."""
        return self._next > LARGEST_NUMBER // 2

    @property
    def next_at(self) -> float | None:
        """When the oldest segment in flight has waited for the RTO, or None without one."""
        for oldest in self._in_flight.values():
            return oldest.sent_at + self.timer.rto
        return None

    @property
    def waits_for(self) -> tuple[int, int] | None:
        """The oldest segment in flight: its number, and how often it was sent."""
        for oldest in self._in_flight.values():
            return oldest.number, oldest.times
        return None

    def due(self, now: float) -> list[bytes]:
        """Give the datagrams to send now: those whose time is over, those lost, and new ones."""
        again = [one for one in self._in_flight.values() if one.later >= LATER]
        for one in again:
            self.record.again(now, one.number, "lost")
        overdue = []
        for one in self._in_flight.values():
            # The least time between two transmissions of a segment is one RTO (RFC 6298 5).
            if one.sent_at + self.timer.rto > now:
                break
            if one.later < LATER:
                overdue.append(one)
        for one in overdue:
            self.record.again(now, one.number, "time")
        if overdue:
            self.timer.back_off()  # once for all of them: it is one event
            self.record.rto(now, self.timer.rto)
        for one in (*again, *overdue):
            self._in_flight.pop(one.number)
            self._turn += 1
            one.sent_at, one.turn, one.times, one.later = now, self._turn, one.times + 1, 0
            self._in_flight[one.number] = one  # now the youngest
        return [one.datagram for one in (*again, *overdue)] + self._new(now)

    def _new(self, now: float) -> list[bytes]:
        """Give the segments that the window has room for: of both windows, ours and the peer's.

        One may always be on its way, so that a window that the receiver has closed is asked about.
        """
        end = self._base + max(min(self.window, self._granted), 1)
        datagrams = []
        while self._left and self._next < end:
            piece = next(self._pieces)
            self._left -= 1
            datagram = encode(
                Segment(Kind.DATA, self.connection, self._next, self._left, bytes(piece))
            )
            self._turn += 1
            self._in_flight[self._next] = _InFlight(
                self._next, datagram, len(piece), now, self._turn
            )
            self.record.sent(now, self._next)
            self._next += 1
            datagrams.append(datagram)
        return datagrams

    def arrived(self, datagram: bytes, now: float) -> None:
        """Take what came back. What is broken, forged, old or of another connection is counted."""
        try:
            segment = decode(datagram)
        except BadSegment:
            self.record.ignored()
            return
        if segment.connection != self.connection:
            self.record.ignored()
        elif segment.kind is Kind.REFUSED and segment.number == self._first and not self.finished:
            self.refused = int.from_bytes(segment.payload, "big")
        elif segment.kind is Kind.ACK:
            self._acknowledged(segment, now)
        else:
            self.record.ignored()

    def _acknowledged(self, ack: Segment, now: float) -> None:
        come = list(ack.selective())
        if max([ack.number - 1, *come]) >= self._next:
            self.record.ignored()  # it acknowledges what was never sent
            return
        self.record.acks()
        self.heard_at = now
        if ack.number >= self._base:  # an older one, overtaken on the way, tells of an older window
            self._base, self._granted = ack.number, ack.count
        numbers = [number for number in self._in_flight if number < ack.number]
        numbers += [number for number in come if number in self._in_flight]
        new = [self._in_flight.pop(number) for number in numbers]
        if not new:
            return
        for one in new:
            self.acknowledged_bytes += one.size
            self.record.acknowledged(now, one.number, one.size)
        self._measure(new, now)
        # What was sent again may be acknowledged for its first copy; then a segment is taken for
        # lost too early now and then, which costs one datagram and nothing else.
        for one in self._in_flight.values():
            one.later += sum(other.turn > one.turn for other in new)

    def _measure(self, new: list[_InFlight], now: float) -> None:
        """Measure the round trip of the youngest, for it is what made the receiver answer."""
        once = [one for one in new if one.times == 1]  # Karn's rule
        if once:
            rtt = now - max(once, key=lambda one: one.turn).sent_at
            self.timer.sample(rtt)
            self.record.sample(now, rtt)
            self.record.rto(now, self.timer.rto)
