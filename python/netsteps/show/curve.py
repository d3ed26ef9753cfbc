"""The buffers over time: a receive buffer that fills, and the sender that stops, as curves.

Each socket has a lane of its own below one time axis; both ends of a connection stand together.
A value holds until the next sample says otherwise, so the lines are steps.
"""

from typing import TYPE_CHECKING

from netsteps.show import series as _series
from netsteps.show.drawing import Drawing
from netsteps.show.series import Lane, lanes_of
from netsteps.show.svg import Canvas, clipped, number, text_width
from netsteps.show.tables import printable
from netsteps.show.theme import theme_of
from netsteps.show.units import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.series import EventLike, Line, SampleLike
    from netsteps.show.theme import Theme

__all__ = ["curve"]

_WIDTH = 900
_LEFT, _RIGHT = 86, 24  # room for the sizes, and to the right of the last moment
_HEAD, _PLOT, _STRIP, _GAP = 26, 96, 20, 22  # of each lane: its name, its curves, its steps
_AXIS, _LEGEND = 44, 22
_CHARS, _ROWS = 64, 5  # a curve in characters

# How each kind of line is drawn: colour, dashes, width. The dashes tell them apart without colour.
_STYLES = {
    "unread": ("blue", None, 2.0),
    "memory": ("blue", None, 2.0),
    "unacknowledged": ("orange", "7 3", 2.0),
    "queue": ("purple", None, 2.0),
    "capacity": ("faint", "2 3", 1.2),
}


def curve(
    samples: "Iterable[SampleLike]", events: "Iterable[EventLike]" = (), *, theme: str = "light"
) -> Drawing:
    """Draw what the kernel held for the sockets over time.

    samples: what the sampler of a trace read. events: what the sockets did in that time; they name
    the sockets, and show the steps below the curves, those that waited as bars. theme: "light" or
    "dark". Sockets whose buffers were always empty, and more than eight others, are counted and
    left out.
    """
    lanes, left_out = lanes_of(samples, events)
    begin = min((lane.begin for lane in lanes), default=0)
    end = max((lane.end for lane in lanes), default=0)
    end = max(end, begin + 1000)
    alt = _in_words(lanes, left_out)
    text = _in_characters(lanes, begin, end, left_out)
    return Drawing(
        lambda name: _drawn(lanes, begin, end, left_out, alt=alt, theme=theme_of(name)), text, alt,
        theme=theme,
    )  # fmt: skip


def _in_words(lanes: "list[Lane]", left_out: str) -> str:
    if not lanes:
        return f"no buffer held anything. {left_out}".strip()
    said = [
        f"{lane.name}: at most {lane.told(line.most)} {line.name}"
        for lane in lanes
        for line in lane.lines
        if line.kind != "capacity"
    ]
    return "; ".join([*said, left_out] if left_out else said)


# The picture


def _drawn(
    lanes: "list[Lane]", begin: int, end: int, left_out: str, *, alt: str, theme: "Theme"
) -> str:
    tall = _HEAD + _PLOT + _STRIP + _GAP
    rows = _legend_rows(lanes)
    height = (
        14 + tall * max(len(lanes), 1) + _AXIS - 12 + _LEGEND * len(rows) + (18 if left_out else 0)
    )
    canvas = Canvas(_WIDTH, height, theme)
    right = _WIDTH - _RIGHT

    def across(time: float) -> float:
        return _LEFT + (time - begin) / (end - begin) * (right - _LEFT)

    bottom = 14 + tall * max(len(lanes), 1) - _GAP + 6
    ticks = _series.ticks(end - begin, 8) if lanes else []
    for tick in ticks:
        x = across(begin + tick)
        canvas.line(x, 14 + _HEAD, x, bottom, stroke=theme.grid, stroke_width=1)
    for place, lane in enumerate(lanes):
        _lane(canvas, lane, 14 + tall * place, across, (begin, end))
    if not lanes:
        canvas.text(_WIDTH / 2, 90, "no buffer held anything", anchor="middle", fill=theme.faint)
    else:
        canvas.text(_LEFT - 10, bottom + 19, "time", size=11, anchor="end", fill=theme.faint)
        canvas.line(_LEFT, bottom, right, bottom)
    for tick, label in zip(ticks, _series.time_labels(ticks), strict=True):
        x = across(begin + tick)
        canvas.line(x, bottom, x, bottom + 5)
        anchor = "end" if x > right - 30 else "middle"
        canvas.text(x, bottom + 19, label, size=11, anchor=anchor)
    for row, entries in enumerate(rows):
        for kind, words, x in entries:
            _legend(canvas, kind, words, x, bottom + 40 + _LEGEND * row)
    if left_out:
        canvas.text(_LEFT, height - 8, left_out, size=11, fill=theme.faint)
    return canvas.render("The buffers over time", alt)


def _lane(
    canvas: Canvas, lane: "Lane", top: float, across: "_series.Place", span: tuple[int, int]
) -> None:
    theme = canvas.theme
    right = _WIDTH - _RIGHT
    name = clipped(lane.name, 12, right - _LEFT - 330, bold=True)
    canvas.text(_LEFT, top + 15, name, size=12, bold=True, title=lane.name)
    note = clipped(lane.note, 11, 320)
    canvas.text(right, top + 15, note, size=11, anchor="end", fill=theme.faint, title=lane.note)
    floor = top + _HEAD + _PLOT
    canvas.rect(_LEFT, top + _HEAD, right - _LEFT, _PLOT, fill="none", stroke=theme.grid)

    def up(value: float) -> float:
        return floor - min(value / lane.scale, 1) * (_PLOT - 6)

    for begin, end, what in lane.waits:
        x1, x2 = across(begin), max(across(end), across(begin) + 1.5)
        colour = theme.orange if _series.goes_out(what) else theme.faint
        if _series.goes_out(what):
            canvas.rect(
                x1, top + _HEAD, x2 - x1, _PLOT, fill=colour, fill_opacity="0.13", title=what
            )
        canvas.rect(x1, floor + 5, x2 - x1, 13, fill=theme.panel, stroke=colour, title=what)
        if text_width(what, 10) + 6 <= x2 - x1:
            canvas.text((x1 + x2) / 2, floor + 15, what, size=10, anchor="middle", title=what)
    for begin, end in lane.closed:
        x1, x2 = across(begin), max(across(end), across(begin) + 1.5)
        canvas.rect(x1, floor - 4, x2 - x1, 4, fill=theme.red, title="the peer has no room")
    for tick in _series.ticks(lane.scale, 4, whole=lane.unit != "bytes"):
        canvas.line(_LEFT - 4, up(tick), _LEFT, up(tick), stroke=theme.faint)
        canvas.text(_LEFT - 8, up(tick) + 4, lane.told(tick, short=True), size=10.5, anchor="end")
    for line in lane.lines:
        colour, dashes, width = _STYLES[line.kind]
        stroke = getattr(theme, colour)
        path = _path(line, across, up, span[1])
        if line.kind in {"unread", "memory", "queue"}:
            first, last = across(line.points[0][0]), across(line.end)
            area = f"{path}L{number(last)} {number(floor)}L{number(first)} {number(floor)}Z"
            canvas.path(area, fill=stroke, fill_opacity="0.12")
        canvas.path(path, stroke=stroke, stroke_width=width, stroke_dasharray=dashes)
    _signs(canvas, lane, across, floor)


def _path(line: "Line", across: "_series.Place", up: "_series.Place", end: int) -> str:
    """Join the samples by steps; of many in one pixel the first, the extremes and the last stay."""
    points = _series.thinned([(across(time), value) for time, value in line.points])
    x, value = points[0]
    at = up(value)
    path = [f"M{number(x)} {number(at)}"]
    for x, value in points[1:]:
        now = up(value)
        path.append(f"H{number(x)}")
        if number(now) != number(at):
            path.append(f"V{number(now)}")
        at = now
    path.append(f"H{number(across(min(line.end, end)))}")
    return "".join(path)


def _signs(canvas: Canvas, lane: "Lane", across: "_series.Place", floor: float) -> None:
    """Mark the moments: steps as strokes below the curves, what went wrong as letters on them."""
    theme = canvas.theme
    last: dict[str, float] = {}
    for time, what in lane.steps:
        x = across(time)
        if x - last.get(what, -9.0) < 2:
            continue
        last[what] = x
        out = what in _series.OUT
        canvas.line(x, floor + 5, x, floor + 18, stroke=theme.orange if out else theme.blue)
    for sign, moments, title in (
        ("R", lane.retransmissions, "sent again"),
        ("x", lane.drops, "dropped: no room"),
    ):
        shown = -99.0
        for time, count in moments:
            x = min(across(time), _WIDTH - _RIGHT - 8)
            if x - shown < 14:
                continue
            shown = x
            _ring(canvas, sign, x, floor - 14, f"{count:,} {title}")


def _legend_rows(lanes: "list[Lane]") -> list[list[tuple[str, str, float]]]:
    """Give what the signs mean, (kind, words, place), in rows that fit into the picture."""
    found = {line.kind: line.name for lane in lanes for line in lane.lines}
    if any(lane.unit == "bytes" for lane in lanes) and "capacity" in found:
        found["capacity"] = "capacity (of memory)"
    if any(lane.closed for lane in lanes):
        found["closed"] = "the peer has no room"
    if any(_series.goes_out(what) for lane in lanes for _, _, what in lane.waits):
        found["wait"] = "a write that waits"
    if any(lane.retransmissions for lane in lanes):
        found["R"] = "segments sent again"
    if any(lane.drops for lane in lanes):
        found["x"] = "datagrams dropped"
    rows: list[list[tuple[str, str, float]]] = [[]]
    x = float(_LEFT)
    for kind, words in found.items():
        wide = 32 + text_width(words, 11)
        if rows[-1] and x + wide > _WIDTH - _RIGHT:
            rows.append([])
            x = float(_LEFT)
        rows[-1].append((kind, words, x))
        x += wide + 18
    return rows


def _legend(canvas: Canvas, kind: str, words: str, x: float, y: float) -> None:
    theme = canvas.theme
    match kind:
        case "closed":
            canvas.rect(x, y - 2, 26, 4, fill=theme.red)
        case "wait":
            canvas.rect(
                x, y - 6, 26, 12, fill=theme.orange, fill_opacity="0.13", stroke=theme.orange
            )
        case "R" | "x":
            _ring(canvas, kind, x + 18, y, None)
        case _:
            colour, dashes, width = _STYLES[kind]
            canvas.line(
                x, y, x + 26, y, stroke=getattr(theme, colour), stroke_width=width,
                stroke_dasharray=dashes,
            )  # fmt: skip
    canvas.text(x + 32, y + 4, words, size=11)


def _ring(canvas: Canvas, sign: str, x: float, y: float, title: str | None) -> None:
    red = canvas.theme.red
    canvas.add("circle", cx=x, cy=y, r=7, fill=canvas.theme.paper, stroke=red)
    canvas.text(x, y + 3.5, sign, size=10, anchor="middle", fill=red, bold=True, title=title)


# The text


def _in_characters(lanes: "list[Lane]", begin: int, end: int, left_out: str) -> str:
    if not lanes:
        return _in_words(lanes, left_out)
    parts: list[str] = []
    strips = [_series.strip(lane, begin, end, _CHARS) for lane in lanes]
    for lane, signs in zip(lanes, strips, strict=True):
        parts.append(printable(f"{lane.name} ({lane.note})" if lane.note else lane.name))
        for line in lane.lines:
            if line.kind != "capacity":
                parts += _chart(lane, line, begin, end)
        for moments, words in (
            (lane.retransmissions, "sent again (segments)"),
            (lane.drops, "dropped (datagrams)"),
        ):
            if moments:
                parts.append(f"{'':>10}  {sum(count for _, count in moments):,} {words}")
        if signs.strip():
            parts.append(f"{'steps':>10}  {signs.rstrip()}")
    parts.append(f"{'time':>10}  0{time_text(end - begin):>{_CHARS - 1}}")
    told = {
        "w": "w a write that waits",
        "r": "r another step that waits",
        "|": "| a step",
    }
    used = [words for sign, words in told.items() if any(sign in signs for signs in strips)]
    return "\n".join([*parts, *([", ".join(used)] if used else []), *filter(None, [left_out])])


def _chart(lane: "Lane", line: "Line", begin: int, end: int) -> list[str]:
    """Draw one line as columns of signs, each as high as the most of its time."""
    columns = _series.columns(line, begin, end, _CHARS)
    rows = [f"{'':>10}  {line.name}"]
    for row in range(_ROWS, 0, -1):
        # Something is never drawn as nothing.
        least = (row - 1) / _ROWS * lane.scale
        signs = "".join(" " if value is None or value <= least else "#" for value in columns)
        label = lane.told(lane.scale, short=True) if row == _ROWS else ""
        rows.append(f"{label:>10} |{signs}".rstrip())
    rows.append(f"{'0':>10} +{'-' * _CHARS}")
    return rows
