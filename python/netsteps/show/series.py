"""Samples made ready to be drawn: lanes and lines, axes, and many points in few places."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from netsteps.show.units import size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "OUT",
    "Lane",
    "Line",
    "columns",
    "goes_out",
    "lanes_of",
    "strip",
    "thinned",
    "ticks",
    "time_labels",
]

# Where on an axis something stands: the pixel of a time or of a value.
Place = Callable[[float], float]

_MOST_LANES = 8
OUT = {"write", "write_message", "send", "send_to", "send_file", "send_message", "finish"}


class SampleLike(Protocol):
    """What is drawn of a sample (netsteps.Sample)."""

    @property
    def process(self) -> int: ...
    @property
    def socket(self) -> int: ...
    @property
    def time_ns(self) -> int: ...
    @property
    def unread(self) -> int | None: ...
    @property
    def unacknowledged(self) -> int | None: ...
    @property
    def receive_capacity(self) -> int | None: ...
    @property
    def send_capacity(self) -> int | None: ...
    @property
    def receive_memory(self) -> int | None: ...
    @property
    def drops(self) -> int | None: ...
    @property
    def peer_window(self) -> int | None: ...
    @property
    def retransmissions(self) -> int | None: ...
    @property
    def queue(self) -> int | None: ...
    @property
    def queue_limit(self) -> int | None: ...


class EventLike(Protocol):
    """What is drawn of an event (netsteps.Event)."""

    @property
    def process(self) -> int: ...
    @property
    def socket(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def local(self) -> object: ...
    @property
    def peer(self) -> object: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int | None: ...


@dataclass(slots=True)
class Line:
    """One value of a socket over time: (time in ns, value) where it changes, and its last moment.

    kind: "unread", "memory", "unacknowledged", "queue" or "capacity"; name: in words.
    """

    kind: str
    name: str
    points: list[tuple[int, int]]
    end: int

    @property
    def most(self) -> int:
        """The largest value."""
        return max(value for _, value in self.points)


@dataclass(slots=True)
class Lane:
    """One socket: its lines, and what happened to it. Times in nanoseconds.

    waits: (begin, end, words) of the steps that waited. closed: (begin, end) while the peer had no
    room. steps: (time, step). retransmissions, drops: (time, how many).
    """

    name: str
    note: str
    unit: str
    lines: list[Line]
    begin: int
    end: int
    scale: float = 1.0
    waits: list[tuple[int, int, str]] = field(default_factory=list)
    closed: list[tuple[int, int]] = field(default_factory=list)
    steps: list[tuple[int, str]] = field(default_factory=list)
    retransmissions: list[tuple[int, int]] = field(default_factory=list)
    drops: list[tuple[int, int]] = field(default_factory=list)

    @property
    def most(self) -> int:
        """The most that was held; 0 for a socket that held nothing."""
        return max((line.most for line in self.lines if line.kind != "capacity"), default=0)

    def told(self, value: float, *, short: bool = False) -> str:
        """Write a value of this lane; short: for an axis."""
        if self.unit == "bytes":
            return "0" if short and value == 0 else size_text(round(value))
        return f"{value:,.0f}" if short else f"{value:,.0f} {self.unit}"


Key = tuple[int, int]


def lanes_of(
    samples: "Iterable[SampleLike]", events: "Iterable[EventLike]"
) -> tuple[list[Lane], str]:
    """Give a lane for each socket whose buffers held something, and words for those left out."""
    by_socket: dict[Key, list[SampleLike]] = {}
    for sample in sorted(samples, key=lambda sample: sample.time_ns):
        by_socket.setdefault((sample.process, sample.socket), []).append(sample)
    done: dict[Key, list[EventLike]] = {}
    for event in events:
        done.setdefault((event.process, event.socket), []).append(event)
    ends = {key: _ends(done.get(key, ())) for key in by_socket}
    several = len({process for process, _ in by_socket}) > 1
    lanes = {key: _lane(seen, _name(key, ends[key], several)) for key, seen in by_socket.items()}
    used = {key: lane for key, lane in lanes.items() if lane.most}
    empty = len(lanes) - len(used)
    kept = sorted(used, key=lambda key: -used[key].most)[:_MOST_LANES]
    shown = _paired([key for key in used if key in kept], ends)
    for key in shown:
        _scaled(used[key])
    begin = min((used[key].begin for key in shown), default=0)
    end = max((used[key].end for key in shown), default=0)
    for key in shown:
        _happened(used[key], by_socket[key], done.get(key, ()), (begin, end))
    left_out = []
    if len(used) > len(shown):
        least = max(used[key].most for key in used if key not in kept)
        left_out.append(f"{len(used) - len(shown)} more sockets, of at most {least:,}")
    if empty:
        plural = "sockets whose buffers were" if empty > 1 else "socket whose buffers were"
        left_out.append(f"{empty} {plural} always empty")
    return [used[key] for key in shown], f"not drawn: {', '.join(left_out)}" if left_out else ""


def _ends(events: "Iterable[EventLike]") -> tuple[str, str]:
    local = peer = ""
    for event in events:
        local = str(event.local) if event.local is not None else local
        # The sender of a datagram is not the peer of its receiver.
        if event.peer is not None and (event.kind == "tcp" or event.step == "connect"):
            peer = str(event.peer)
    return local, peer


def _name(key: Key, ends: tuple[str, str], several: bool) -> str:
    process, socket = key
    local, peer = ends
    name = f"socket #{socket}" + (f" of process {process}" if several else "")
    if not local:
        return name
    return f"{name}, {local}" + (f" to {peer}" if peer else "")


def _paired(keys: list[Key], ends: dict[Key, tuple[str, str]]) -> list[Key]:
    """Put both ends of a connection one below the other, the one that was there first on top."""
    order: list[Key] = []
    for key in keys:
        if key in order:
            continue
        order.append(key)
        local, peer = ends[key]
        order += [
            other for other in keys
            if other not in order and local and peer and ends[other] == (peer, local)
        ]  # fmt: skip
    return order


def _lane(samples: "Sequence[SampleLike]", name: str) -> Lane:
    begin, end = samples[0].time_ns, samples[-1].time_ns

    def line(kind: str, words: str, field_: str) -> list[Line]:
        points: list[tuple[int, int]] = []
        for sample in samples:
            value: int | None = getattr(sample, field_)
            if value is not None and (not points or points[-1][1] != value):
                points.append((sample.time_ns, value))
        return [Line(kind, words, points, end)] if points else []

    if samples[0].queue is not None:
        lines = line("queue", "connections that wait to be accepted", "queue")
        lines += line("capacity", "places", "queue_limit")
        return Lane(name, f"places: {lines[-1].most:,}", "connections", lines, begin, end)
    incoming = line("unread", "unread", "unread") or line(
        "memory", "memory taken by datagrams", "receive_memory"
    )
    outgoing = line("unacknowledged", "unacknowledged", "unacknowledged")
    lines, notes = [], []
    for own, capacity, words in (
        (incoming, "receive_capacity", "input buffer"),
        (outgoing, "send_capacity", "output buffer"),
    ):
        if own and own[0].most:
            limit = line("capacity", "capacity", capacity)
            lines += [*own, *limit]
            if limit:
                notes.append(f"{words} {size_text(limit[0].most)}")
    return Lane(name, ", ".join(notes), "bytes", lines, begin, end)


def _scaled(lane: Lane) -> None:
    """Choose what the height stands for; a capacity far above the curve is told in words alone."""
    most = lane.most
    lane.lines = [line for line in lane.lines if line.kind != "capacity" or line.most < 2 * most]
    lane.scale = max(line.most for line in lane.lines)


def _happened(
    lane: Lane,
    samples: "Sequence[SampleLike]",
    events: "Sequence[EventLike]",
    span: tuple[int, int],
) -> None:
    begin, end = span
    for before, after in pairwise(samples):
        if before.peer_window == 0 and before.unacknowledged:
            if lane.closed and lane.closed[-1][1] == before.time_ns:
                lane.closed[-1] = (lane.closed[-1][0], after.time_ns)
            else:
                lane.closed.append((before.time_ns, after.time_ns))
        for name, moments in (("retransmissions", lane.retransmissions), ("drops", lane.drops)):
            more = (getattr(after, name) or 0) - (getattr(before, name) or 0)
            if more > 0 and (name == "retransmissions" or lane.lines[0].kind == "memory"):
                moments.append((after.time_ns, more))
    # Shorter than a hundredth of the picture, a wait is not seen; a step is a stroke.
    least = (end - begin) // 100
    waited: list[tuple[int, int, str, bool]] = []
    for event in sorted(events, key=lambda event: event.start_ns):
        over = event.end_ns is None
        last = end if event.end_ns is None else event.end_ns
        if last < begin or event.start_ns > end:
            continue
        if last - event.start_ns <= least:
            lane.steps.append((event.start_ns, event.step))
        elif waited and waited[-1][2] == event.step and event.start_ns - waited[-1][1] <= least:
            # The next call of one long write, after the kernel took some of it.
            waited[-1] = (waited[-1][0], last, event.step, over)
        else:
            waited.append((event.start_ns, last, event.step, over))
    for first, last, step, over in waited:
        words = f"{step} waits {'still' if over else time_text(last - first)}"
        lane.waits.append((max(first, begin), min(last, end), words))


def goes_out(what: str) -> bool:
    """Say whether these words are about a step that sends."""
    return what.split(maxsplit=1)[0] in OUT


# Axes


def ticks(span: float, most: int, *, whole: bool = False) -> list[float]:
    """Give round places from 0 to the end of a span: steps of 1, 2 or 5, at most so many."""
    step = 1.0 if whole else 1e-9
    sizes = (1, 2, 5)
    turn = 0
    unit = step
    while span / step > most:
        turn += 1
        step = unit * sizes[turn % 3] * 10 ** (turn // 3)
    return [step * place for place in range(int(span / step + 1e-9) + 1)]


def time_labels(places: "Sequence[float]") -> list[str]:
    """Write times, given in nanoseconds from the beginning, all in one unit."""
    if not places:
        return []
    step = places[1] if len(places) > 1 else 1.0
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if step >= size or (unit == "s" and places[-1] >= 2e9):
            return [f"{place / size:g} {unit}" if place else "0" for place in places]
    return [f"{place:g} ns" if place else "0" for place in places]


def thinned(points: "Sequence[tuple[float, int]]") -> list[tuple[float, int]]:
    """Keep what can be seen: of the points in one pixel the first, the extremes and the last."""
    kept: list[tuple[float, int]] = []
    column: list[tuple[float, int]] = []
    for point in [*points, None]:
        if point is not None and (not column or int(point[0]) == int(column[0][0])):
            column.append(point)
            continue
        values = [value for _, value in column]
        marks = {0, len(column) - 1, values.index(min(values)), values.index(max(values))}
        kept += [column[mark] for mark in sorted(marks)]
        column = [] if point is None else [point]
    return kept


# Characters


def columns(line: Line, begin: int, end: int, count: int) -> list[int | None]:
    """Give the most of each of so many equal times; None before the first and after the last."""
    times = [time for time, _ in line.points]
    found: list[int | None] = []
    for place in range(count):
        first = begin + (end - begin) * place // count
        last = begin + (end - begin) * (place + 1) // count
        holds = bisect_right(times, first) - 1
        till = bisect_left(times, last) if place < count - 1 else len(times)
        values = [value for _, value in line.points[max(holds, 0) : till]]
        found.append(max(values) if values and first <= line.end else None)
    return found


def strip(lane: Lane, begin: int, end: int, count: int) -> str:
    """Give the steps of a lane in so many characters: w and r where one waits, | for others."""
    signs = [" "] * count

    def place(time: int) -> int:
        return min(max((time - begin) * count // (end - begin), 0), count - 1)

    for time, _ in lane.steps:
        signs[place(time)] = "|"
    for first, last, what in lane.waits:
        for at in range(place(first), place(last) + 1):
            signs[at] = "w" if goes_out(what) else "r"
    return "".join(signs)
