"""A path without sockets and without waiting, for the two halves of reliable delivery.

Time is a number that jumps to the next thing that happens. What becomes of each datagram is a list
of delays, one for each copy that arrives: none is a loss, two are a duplicate, and a longer one
than the next datagram's changes the order.
"""

import heapq
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netsteps.reliable.receiving import Receiving
from netsteps.reliable.report import SendRecord
from netsteps.reliable.sending import Sending
from netsteps.reliable.timer import RetransmissionTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    # What becomes of the n-th datagram of a direction.
    Fate = Callable[[int], Sequence[float]]

DELAY = 0.01
CONNECTION = 0xC0FFEE


def straight(_number: int) -> "Sequence[float]":
    """Lose nothing, and delay everything by as much."""
    return (DELAY,)


def bad(seed: object, *, loss: float = 0.3, reorder: float = 0.2, duplicate: float = 0.1) -> "Fate":
    """Lose, hold back and double at random, the same for the same seed."""
    draws = random.Random(str(seed))

    def fate(_number: int) -> "Sequence[float]":
        if draws.random() < loss:
            return ()
        late = DELAY * (1 + 5 * (draws.random() < reorder) * draws.random())
        return (late, late + DELAY * draws.random()) if draws.random() < duplicate else (late,)

    return fate


def first(lost: "Iterable[bool]") -> "Fate":
    """Lose of the first datagrams those that are said to be, and none of the others."""
    lost = list(lost)
    return lambda number: () if number < len(lost) and lost[number] else (DELAY,)


@dataclass
class Path:
    """A sender and a receiver, and what lies between them."""

    window: int = 4
    there: "Fate" = straight
    back: "Fate" = straight
    damage: "Callable[[bytes, int], bytes]" = lambda datagram, number: datagram
    least: float = 0.05
    limit: int = 64 * 2**20
    now: float = 100.0
    sent: "list[tuple[float, bytes]]" = field(default_factory=list)
    answered: "list[tuple[float, bytes]]" = field(default_factory=list)
    most_in_flight: int = 0

    def __post_init__(self) -> None:
        self.timer = RetransmissionTimer(least=self.least, most=10.0)
        self.record = SendRecord(self.window)
        self.sending = Sending(CONNECTION, timer=self.timer, window=self.window, record=self.record)
        self.receiving: Receiving[str] = Receiving(limit=self.limit)
        self._coming: list[tuple[float, int, bool, bytes]] = []
        self._turn = 0

    def send(self, message: bytes, *, size: int = 10, until: float = 10_000.0) -> None:
        """Send a message until it is acknowledged. Fails when it is not after so many seconds."""
        pieces = [message[at : at + size] for at in range(0, max(len(message), 1), size)]
        self.sending.begin(iter(pieces), len(pieces))
        until += self.now
        while not self.sending.finished and self.sending.refused is None:
            assert self.now < until, f"not acknowledged after {until:g} s"
            for datagram in self.sending.due(self.now):
                self.sent.append((self.now, datagram))
                self._go(datagram, self.there(len(self.sent) - 1), to_receiver=True)
            in_flight = len(self.sending._in_flight)
            self.most_in_flight = max(self.most_in_flight, in_flight)
            self._next_thing()

    def settle(self) -> None:
        """Let everything arrive that is still on its way."""
        while self._coming:
            self._arrives(*heapq.heappop(self._coming))

    def messages(self) -> list[bytes]:
        """Give the messages that have become whole."""
        found = []
        while (message := self.receiving.take()) is not None:
            found.append(message.data)
        return found

    def _go(self, datagram: bytes, delays: "Sequence[float]", *, to_receiver: bool) -> None:
        for delay in delays:
            self._turn += 1
            damaged = self.damage(datagram, self._turn)
            heapq.heappush(self._coming, (self.now + delay, self._turn, to_receiver, damaged))

    def _next_thing(self) -> None:
        timer = self.sending.next_at
        if self._coming and (timer is None or self._coming[0][0] <= timer):
            self._arrives(*heapq.heappop(self._coming))
        elif timer is not None:
            assert timer >= self.now, "the timer runs backwards"
            self.now = timer
        else:
            assert self.sending.finished or self.sending.due(self.now), "nothing will happen"

    def _arrives(self, at: float, _turn: int, to_receiver: bool, datagram: bytes) -> None:
        self.now = at
        if not to_receiver:
            self.sending.arrived(datagram, at)
            return
        answer = self.receiving.arrived(datagram, "sender", at)
        if answer is not None:
            self.answered.append((at, answer))
            self._go(answer, self.back(len(self.answered) - 1), to_receiver=False)
