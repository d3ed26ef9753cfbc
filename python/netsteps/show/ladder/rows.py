"""The time axis: at which height each moment stands.

Time runs down, in proportion where there is room. Two things bend it: rows keep a distance that
their labels need, and a time that is much longer than all others is folded and marked. So the order
is always true, a wait is as long as it was, and the axis says what time each row is.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsteps.show.ladder.model import Link, Model, Step

__all__ = ["Fold", "Rows", "rows_of"]

_SAME_SIDE = 20.0  # pixels between two labels of one side
_SIGN = 16.0  # from the sign at the end of a wait to the next step
_ANY_SIDE = 13.0  # and between two rows, whose times stand in one column
_FOLDED = 30.0  # the height of time that is folded
_GAP = 46.0  # and of steps that are left out
_LONGEST = 96.0  # the height of the longest time that is not folded
_BUDGET = 0.7  # how much time in proportion may add to the height of all rows
_JUMP = 8  # a time is folded when it is so many times the next shorter one
_LEAST_FOLDED_NS = 1_000_000


@dataclass(slots=True)
class Fold:
    """A part of the axis that is not in proportion.

    ns: its time; 0 for steps left out. busy: whether many calls that are drawn as one were made in
    it; else nothing began or ended.
    """

    top: float
    bottom: float
    ns: int
    busy: bool = False


@dataclass(slots=True)
class Rows:
    """Where everything stands, in pixels from the top of the axis.

    at: a step's row. begin, end: the ends of its bar. waits: rows that say that a wait begins.
    arrive: where the kernel's handshake came to. times: the row of each label, and its time.
    """

    at: "dict[int, float]" = field(default_factory=dict)
    begin: "dict[int, float]" = field(default_factory=dict)
    end: "dict[int, float]" = field(default_factory=dict)
    waits: "set[int]" = field(default_factory=set)
    arrive: "dict[int, float]" = field(default_factory=dict)
    folds: list[Fold] = field(default_factory=list)
    gap: Fold | None = None
    times: list[tuple[float, int]] = field(default_factory=list)
    height: float = 0.0

    @property
    def breaks(self) -> list[Fold]:
        """All parts that are not in proportion."""
        return [*self.folds, *([self.gap] if self.gap else [])]


@dataclass(slots=True)
class _Anchor:
    ns: int
    order: int
    kind: str  # "at", "wait", "begin", "end" or "arrive"
    step: "Step"
    link: "Link | None" = None


def rows_of(model: "Model") -> Rows:
    """Give every moment of the model its height."""
    anchors = _anchors(model)
    rows = Rows()
    if not anchors:
        return rows
    scale, limit = _scale([after.ns - before.ns for before, after in _neighbours(anchors)])
    runs = [step for step in model.steps if step.count > 1]
    y, last = 0.0, dict.fromkeys(("left", "relay", "right"), -_SAME_SIDE)
    labelled = -_ANY_SIDE
    before = anchors[0].ns
    for anchor in anchors:
        passed = anchor.ns - before
        before = anchor.ns
        side = anchor.step.line.side
        labels = anchor.kind in {"at", "wait"}
        least = y
        if labels:
            least = max(y, labelled + _ANY_SIDE, last[side] + _SAME_SIDE)
        elif anchor.kind in {"arrive", "end"}:
            least = y + 8
        if anchor.kind == "at" and anchor.step is model.gap_before:
            rows.gap = Fold(y + 10, y + 10 + _GAP, 0)
            least = max(least, rows.gap.bottom + 14)
        elif passed > limit:
            busy = any(run.start_ns < anchor.ns and anchor.ns <= (run.end_ns or 0) for run in runs)
            fold = Fold(y + 12, y + 12 + _FOLDED, passed, busy)
            rows.folds.append(fold)
            least = max(least, fold.bottom + 14)
        elif passed:
            least = max(least, y + min(passed * scale, _LONGEST))
        y = least
        if labels:
            labelled = last[side] = y
            rows.times.append((y, anchor.ns))
        elif anchor.kind == "end" and anchor.step.sign:
            last[side] = max(last[side], y + _SIGN - _SAME_SIDE)
        _note(rows, anchor, y)
    rows.height = y
    for link in model.links:
        step = link.target
        if step is not None and step.joined is not None and id(step.joined) in rows.at:
            rows.at[id(step)] = rows.at[id(step.joined)]
    return rows


def _note(rows: Rows, anchor: _Anchor, y: float) -> None:
    key = id(anchor.step)
    match anchor.kind:
        case "at":
            rows.at[key] = y
        case "wait":
            rows.begin[key] = y
            rows.waits.add(key)
        case "begin":
            rows.begin[key] = y
        case "end":
            rows.end[key] = y
        case _:
            rows.arrive[id(anchor.link)] = y


def _neighbours(anchors: list[_Anchor]) -> "Iterator[tuple[_Anchor, _Anchor]]":
    return pairwise(anchors)


def _anchors(model: "Model") -> list[_Anchor]:
    """List the moments that have a height, in order."""
    ats = sorted(step.at_ns for step in model.steps)
    anchors: list[_Anchor] = []
    for step in model.steps:
        anchors.append(_Anchor(step.at_ns, 2 if step.way == "in" else 1, "at", step))
        end = step.end_ns
        if step.count > 1:
            begin = step.start_ns
            if step.way == "in" and begin < step.at_ns:
                anchors.append(_Anchor(begin, 0, "begin", step))
            if end is not None and end > step.at_ns:
                anchors.append(_Anchor(end, 3, "end", step))
            continue
        if step.line.relay is not None and step.sign not in {"refused", "timeout", "failed"}:
            continue  # its calls wait for packets, which says nothing
        if step.start_ns < step.at_ns:
            between = _between(ats, step.start_ns, step.at_ns)
            if step.waited_ns or (between and step.call.startswith("accept")):
                anchors.append(_Anchor(step.start_ns, 0, "wait" if between else "begin", step))
        answered = step.call == "connect" and step.sign in {"refused", "timeout", "failed"}
        if end is not None and end > step.at_ns and (step.waited_ns or answered):
            anchors.append(_Anchor(end, 3, "end", step))
    for link in model.links:
        source = link.source
        if link.kind == "handshake" and source and not source.hidden and source.end_ns:
            arrival = source.end_ns
            partner = link.begin.partner
            accept = partner.accept if partner else None
            if accept is not None:
                arrival = max(min(arrival, accept.at_ns), source.at_ns)
            if link.fate != "lost":
                anchors.append(_Anchor(arrival, 0, "arrive", source, link))
    anchors.sort(key=lambda anchor: (anchor.ns, anchor.order, anchor.step.event.id))
    return anchors


def _between(sorted_ns: list[int], begin: int, end: int) -> bool:
    """Say whether another step is between the two, so that the wait needs a row of its own."""
    from bisect import bisect_left, bisect_right

    return bisect_left(sorted_ns, end) - bisect_right(sorted_ns, begin) > 0


def _scale(passed: list[int]) -> tuple[float, int]:
    """Choose pixels for a nanosecond, and the time from which on it is folded."""
    times = sorted(ns for ns in passed if ns > 0)
    if not times:
        return 0.0, 1
    limit = times[-1]
    best = float(_JUMP)
    # Folded are the few that are much longer than the others, not the many.
    for shorter, longer in pairwise(times[len(times) // 2 :]):
        if longer >= _LEAST_FOLDED_NS and longer / shorter >= best:
            best, limit = longer / shorter, shorter
    scale = _LONGEST / limit
    room = max(240.0, len(passed) * _ANY_SIDE * _BUDGET)
    for _ in range(24):
        added = sum(max(ns * scale - _ANY_SIDE, 0.0) for ns in times if ns <= limit)
        if added <= room:
            break
        scale *= 0.8
    return scale, limit
