"""Both ends of an exchange, side by side: what the left one did, and what the right one did.

The rows are in the order of their beginning on the one clock that both ends have. A step that
waits, such as an accept, so stands before the step of the other end that it waits for.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.show.steps import moved, took
from netsteps.show.tables import printable
from netsteps.show.units import size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsteps.show.steps import _Line

__all__ = ["SideRow", "side_by_side", "side_by_side_rows"]

_SIDES = ("left", "right")
_BETWEEN = "  |  "
# An exchange of more rows than _LONG shows its beginning and its end.
_LONG, _FIRST, _LAST = 32, 14, 8


@dataclass(frozen=True, slots=True)
class SideRow:
    """One row, in aligned plain text.

    text: the row. side: "left" or "right" for a step, "title", "rule", or "gap" for rows that are
    left out. failed: whether the step ended with an error.
    """

    text: str
    side: str
    failed: bool = False


def side_by_side(
    left: "Iterable[_Line]",
    right: "Iterable[_Line]",
    titles: tuple[str, str],
    *,
    begin_ns: int | None = None,
) -> str:
    """Lay out the steps of both ends in plain text, without a final newline.

    The arguments are those of `side_by_side_rows`.
    """
    rows = side_by_side_rows(left, right, titles, begin_ns=begin_ns)
    return "\n".join(row.text for row in rows)


def side_by_side_rows(
    left: "Iterable[_Line]",
    right: "Iterable[_Line]",
    titles: tuple[str, str],
    *,
    begin_ns: int | None = None,
) -> list[SideRow]:
    """Lay out the steps of both ends, one row for each, in the order of their beginning.

    left, right: runs of equal steps, as `socket.steps` gives them. titles: who they are. begin_ns:
    the time that counts as 0, in nanoseconds of the monotonic clock; by default the first
    beginning. A row shows when it began (ms), the step, how often, its bytes, and the time from the
    first beginning to the last end. The middle of a long exchange is counted and left out.
    """
    whole = not any(getattr(side, "note", None) for side in (left, right))
    steps = [(line.start_ns, "left", line) for line in left]
    steps += [(line.start_ns, "right", line) for line in right]
    steps.sort(key=lambda step: step[0])  # stable: each side keeps its own order
    if begin_ns is None:
        begin_ns = steps[0][0] if steps else 0
    cells = {side: _cells([line for _, of, line in steps if of == side]) for side in _SIDES}
    widths = {
        side: max([len(printable(title)), *map(len, cells[side])])
        for side, title in zip(_SIDES, titles, strict=True)
    }
    whens = [f"{(start - begin_ns) / 1e6:.3f}" for start, _, _ in steps]
    margin = max([len("ms"), *map(len, whens)])

    def laid_out(when: str, own: str, other: str) -> str:
        return f"{when:>{margin}}  {own:<{widths['left']}}{_BETWEEN}{other}".rstrip()

    rows = [
        SideRow(laid_out("ms", *map(printable, titles)), "title"),
        SideRow(laid_out("-" * margin, *("-" * widths[side] for side in _SIDES)), "rule"),
    ]
    waiting = {side: iter(cells[side]) for side in _SIDES}
    body = []
    for when, (_, side, line) in zip(whens, steps, strict=True):
        own, other = (next(waiting[side]) if of == side else "" for of in _SIDES)
        body.append(SideRow(laid_out(when, own, other), side, line.failed))
    return rows + _shortened(body, " " * margin, whole=whole)


def _cells(lines: "Sequence[_Line]") -> list[str]:
    """Write the steps of one side, each part below that of the row above."""
    parts = []
    for line in lines:
        times = f"x {line.count}" if line.count > 1 else ""
        size = size_text(line.bytes) if str(moved(line)) else ""
        why = f"  {line.note}" if line.failed and line.note else ""
        parts.append((line.step, times, size, str(took(line)), printable(why)))
    widths = [max((len(part[at]) for part in parts), default=0) for at in range(4)]
    a, b, c, d = widths
    return [
        f"{step:<{a}} {times:<{b}}  {size:>{c}}  {time:>{d}}{why}".rstrip()
        for step, times, size, time, why in parts
    ]


def _shortened(rows: list[SideRow], margin: str, *, whole: bool) -> list[SideRow]:
    """Keep the beginning and the end of a long exchange, and count what was between.

    whole: whether the sockets themselves kept every step.
    """
    if len(rows) <= _LONG:
        return rows
    left_out = len(rows) - _FIRST - _LAST
    more = "" if whole else ", and what the sockets did not keep"
    gap = SideRow(f"{margin}  ... {left_out} more rows{more} ...", "gap")
    return [*rows[:_FIRST], gap, *rows[-_LAST:]]
