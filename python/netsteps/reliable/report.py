"""What a sender and a receiver tell of a transfer: counts, and the moments that are drawn."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from netsteps.show.tables import html_table, text_table
from netsteps.show.units import rate_text, time_text

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing

__all__ = ["Moment", "ReceiveReport", "SendRecord", "SendReport"]

T = TypeVar("T")

# Of each kind, so that the report of a sender that works for days stays small: about 10 MB.
MOST_MOMENTS = 50_000


class Moment(NamedTuple):
    """What happened to a segment: at (seconds since the first was sent), its number, and what.

    what: "sent", "acknowledged", or why it was sent again: "lost" (three that were sent later have
    been acknowledged) or "time" (it has waited for the timeout).
    """

    at: float
    number: int
    what: Literal["sent", "lost", "time", "acknowledged"]


class _Shown(ABC):
    """Shows itself as a table of two columns."""

    @abstractmethod
    def rows(self) -> list[tuple[str, object]]:
        """Give what it counts, in words."""

    def __repr__(self) -> str:
        return text_table(["what", "how much"], [(name, str(value)) for name, value in self.rows()])

    def _repr_html_(self) -> str:
        return html_table(["what", "how much"], self.rows())


@dataclass(frozen=True, slots=True, repr=False)
class SendReport(_Shown):
    """What a ReliableUdpSender has done. Times in seconds, sizes in bytes.

    window: segments. messages: those that arrived whole. sent: segments, each counted once.
    resent: transmissions beside these; resent_lost of them because three later ones had been
    acknowledged, resent_time because the timeout had passed. acknowledged: segments; bytes: what
    they carried. acks: acknowledgements that came. ignored: datagrams that came and were broken,
    forged or of another connection. unreachable: how often the peer's machine said that nobody is
    there (ICMP). seconds: spent in sending, from first to last.
    samples: each measured round trip (at, seconds). timeouts: each RTO (at, seconds) from then on.
    moments: what happened to which segment; of these lists the first 50,000 are kept, and left_out
    counts the others.
    """

    window: int
    messages: int
    sent: int
    resent_lost: int
    resent_time: int
    acknowledged: int
    bytes: int
    acks: int
    ignored: int
    unreachable: int
    seconds: float
    samples: tuple[tuple[float, float], ...]
    timeouts: tuple[tuple[float, float], ...]
    moments: tuple[Moment, ...]
    left_out: int

    @property
    def resent(self) -> int:
        """Transmissions beside the first of each segment."""
        return self.resent_lost + self.resent_time

    @property
    def throughput(self) -> float:
        """Acknowledged bytes in a second."""
        return self.bytes / self.seconds if self.seconds > 0 else 0.0

    @property
    def rtt(self) -> float | None:
        """The mean of the measured round trips, or None without one."""
        if not self.samples:
            return None
        return sum(rtt for _, rtt in self.samples) / len(self.samples)

    def drawing(self, *, theme: str = "light") -> "Drawing":
        """Draw the numbers of the segments over time, with what was sent again, and the RTO below.

        theme: "light" or "dark". Raises ValueError for another one.
        """
        from netsteps.show.transfer.sequence import sequence

        return sequence(self, theme=theme)

    def rows(self) -> list[tuple[str, object]]:
        """Give what it counts, in words."""
        method = "stop-and-wait" if self.window == 1 else f"sliding window of {self.window}"
        rtt = "-" if self.rtt is None else time_text(round(self.rtt * 1e9))
        rto = time_text(round(self.timeouts[-1][1] * 1e9)) if self.timeouts else "-"
        ns = round(self.seconds * 1e9)
        return [
            ("method", method),
            ("messages", f"{self.messages:,}"),
            ("bytes acknowledged", f"{self.bytes:,}"),
            ("segments", f"{self.sent:,}"),
            ("sent again, lost", f"{self.resent_lost:,}"),
            ("sent again, timeout", f"{self.resent_time:,}"),
            ("acknowledged", f"{self.acknowledged:,}"),
            ("acknowledgements", f"{self.acks:,}"),
            ("ignored", f"{self.ignored:,}"),
            ("round trip, mean", rtt),
            ("timeout (RTO) now", rto),
            ("time", time_text(ns)),
            ("throughput", rate_text(self.bytes, ns) if ns else "-"),
        ]


@dataclass(slots=True, repr=False)
class ReceiveReport(_Shown):
    """What a ReliableUdpReceiver has seen.

    received: datagrams, the sum of the next five. segments: those that were new and were kept.
    duplicated: those that had come before. held_back: those that there was no room for. ignored:
    datagrams that are no segments, or begin nothing. refused: those of messages that are too large.
    early: how many of the segments came before one with a lower number. acks: acknowledgements
    made. unsent: answers that the system would not send. messages, bytes: whole ones.
    """

    received: int = 0
    segments: int = 0
    duplicated: int = 0
    held_back: int = 0
    ignored: int = 0
    refused: int = 0
    early: int = 0
    acks: int = 0
    unsent: int = 0
    messages: int = 0
    bytes: int = 0

    def rows(self) -> list[tuple[str, object]]:
        """Give what it counts, in words."""
        return [
            (one.name.replace("_", " "), f"{getattr(self, one.name):,}") for one in fields(self)
        ]


@dataclass(slots=True)
class SendRecord:
    """Where a sender writes down what it does; report() is what users see."""

    window: int
    messages: int = 0
    seconds: float = 0.0
    unreachable: int = 0
    _began: float | None = None
    _counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("sent", "lost", "time", "acknowledged", "bytes", "acks", "ignored"), 0
        )
    )
    _samples: list[tuple[float, float]] = field(default_factory=list)
    _timeouts: list[tuple[float, float]] = field(default_factory=list)
    _moments: list[Moment] = field(default_factory=list)
    _left_out: int = 0

    def sent(self, now: float, number: int) -> None:
        """Count a segment that is sent for the first time."""
        self._moment(now, number, "sent")

    def again(self, now: float, number: int, why: Literal["lost", "time"]) -> None:
        """Count a segment that is sent again."""
        self._moment(now, number, why)

    def acknowledged(self, now: float, number: int, size: int) -> None:
        """Count a segment that has arrived."""
        self._counts["bytes"] += size
        self._moment(now, number, "acknowledged")

    def acks(self) -> None:
        """Count an acknowledgement."""
        self._counts["acks"] += 1

    def ignored(self) -> None:
        """Count a datagram that is none."""
        self._counts["ignored"] += 1

    def sample(self, now: float, rtt: float) -> None:
        """Keep a measured round trip."""
        self._keep(self._samples, (self._since(now), rtt))

    def rto(self, now: float, rto: float) -> None:
        """Keep the timeout from now on, where it is another one."""
        if not self._timeouts or self._timeouts[-1][1] != rto:
            self._keep(self._timeouts, (self._since(now), rto))

    def report(self) -> SendReport:
        """Give what was done so far."""
        counts = self._counts
        return SendReport(
            window=self.window,
            messages=self.messages,
            sent=counts["sent"],
            resent_lost=counts["lost"],
            resent_time=counts["time"],
            acknowledged=counts["acknowledged"],
            bytes=counts["bytes"],
            acks=counts["acks"],
            ignored=counts["ignored"],
            unreachable=self.unreachable,
            seconds=self.seconds,
            samples=tuple(self._samples),
            timeouts=tuple(self._timeouts),
            moments=tuple(self._moments),
            left_out=self._left_out,
        )

    def _moment(
        self, now: float, number: int, what: Literal["sent", "lost", "time", "acknowledged"]
    ) -> None:
        self._counts[what] += 1
        self._keep(self._moments, Moment(self._since(now), number, what))

    def _since(self, now: float) -> float:
        if self._began is None:
            self._began = now
        return now - self._began

    def _keep(self, kept: "list[T]", one: "T") -> None:
        if len(kept) < MOST_MOMENTS:
            kept.append(one)
        else:
            self._left_out += 1
