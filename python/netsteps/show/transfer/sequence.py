"""The numbers of segments over time, what was sent again, and how long an answer was waited for.

Each segment is a line from when it was sent to when its acknowledgement came; below, on the same
axis of time, the measured round trips and the timeout that was made of them.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from netsteps.show import series as _series
from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, number, text_width
from netsteps.show.theme import theme_of
from netsteps.show.units import rate_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsteps.show.theme import Theme

__all__ = ["sequence"]

_WIDTH = 900
_LEFT, _RIGHT = 86, 24
_TOP, _PLOT, _GAP, _LOWER = 66, 330, 34, 120
_LEGEND = 22
_MOST_LINES = 400  # with more segments the lines of single ones are no longer seen
_CHARS, _ROWS = 64, 18  # the drawing in characters

_WORDS = {
    "sent": "sent",
    "lost": "again: three later ones acknowledged",
    "time": "again: the timeout passed",
    "acknowledged": "acknowledged",
}
_SIGNS = {"sent": ".", "acknowledged": "", "lost": "r", "time": "T"}


class Moment(Protocol):
    """What happened to a segment (netsteps.reliable.Moment)."""

    @property
    def at(self) -> float: ...
    @property
    def number(self) -> int: ...
    @property
    def what(self) -> str: ...


class Report(Protocol):
    """What is drawn of a report (netsteps.reliable.SendReport)."""

    @property
    def window(self) -> int: ...
    @property
    def sent(self) -> int: ...
    @property
    def resent_lost(self) -> int: ...
    @property
    def resent_time(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def samples(self) -> "Sequence[tuple[float, float]]": ...
    @property
    def timeouts(self) -> "Sequence[tuple[float, float]]": ...
    @property
    def moments(self) -> "Sequence[Moment]": ...
    @property
    def left_out(self) -> int: ...


class _Plan(NamedTuple):
    """What is drawn, and how far its axes go."""

    report: Report
    moments: "Sequence[Moment]"
    end: float  # seconds
    most: int  # the highest number
    slowest: float  # seconds: the longest round trip or timeout


def sequence(report: Report, *, theme: str = "light") -> Drawing:
    """Draw the numbers of a sender's segments over time. theme: "light" or "dark"."""
    moments = report.moments
    times = [report.samples, report.timeouts]
    plan = _Plan(
        report,
        moments,
        max([one.at for one in moments[-1:]] + [at for kept in times for at, _ in kept[-1:]] + [0]),
        max((one.number for one in moments), default=0),
        max((value for kept in times for _, value in kept), default=0.0),
    )
    alt = _in_words(report)
    return Drawing(
        lambda name: _drawn(plan, alt, theme_of(name)),
        _in_characters(plan),
        alt,
        theme=theme,
    )


def _in_words(report: Report) -> str:
    method = "stop-and-wait" if report.window == 1 else f"sliding window of {report.window}"
    again = report.resent_lost + report.resent_time
    said = f"{method}: {_count(report.sent, 'segment')}, {again:,} sent again"
    if report.seconds:
        ns = round(report.seconds * 1e9)
        said += f", {time_text(ns)}, {rate_text(report.bytes, ns)}"
    return said


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


# The picture


def _drawn(plan: _Plan, alt: str, theme: "Theme") -> str:
    floor = _TOP + _PLOT
    bottom = floor + _GAP + _LOWER
    canvas = Canvas(_WIDTH, bottom + 48 + 2 * _LEGEND + (18 if plan.report.left_out else 0), theme)
    right = _WIDTH - _RIGHT
    canvas.text(_LEFT, 24, alt, size=13, bold=True)
    span = max(plan.end, 1e-6) * 1.02

    def across(at: float) -> float:
        return _LEFT + at / span * (right - _LEFT)

    ticks = _series.ticks(span * 1e9, 8)
    for tick in ticks:
        x = across(tick / 1e9)
        canvas.line(x, _TOP, x, floor, stroke=theme.grid)
        canvas.line(x, floor + _GAP, x, bottom, stroke=theme.grid)
    _numbers(canvas, plan, across, floor)
    _waits(canvas, plan, across, bottom)
    for tick, label in zip(ticks, _series.time_labels(ticks), strict=True):
        x = across(tick / 1e9)
        canvas.line(x, bottom, x, bottom + 5)
        canvas.text(x, bottom + 19, label, size=11, anchor="end" if x > right - 30 else "middle")
    canvas.line(_LEFT, bottom, right, bottom)
    canvas.text(_LEFT - 10, bottom + 19, "time", size=11, anchor="end", fill=theme.faint)
    _legend(canvas, plan, bottom + 44)
    if plan.report.left_out:
        words = f"not drawn: {plan.report.left_out:,} later moments"
        canvas.text(_LEFT, canvas.height - 8, words, size=11, fill=theme.faint)
    return canvas.render("Segments over time", alt)


def _numbers(canvas: Canvas, plan: _Plan, across: "_series.Place", floor: float) -> None:
    theme = canvas.theme
    canvas.text(_LEFT, _TOP - 12, "number of the segment", size=11, fill=theme.faint)
    canvas.rect(_LEFT, _TOP, _WIDTH - _RIGHT - _LEFT, _PLOT, fill="none", stroke=theme.grid)

    def up(value: float) -> float:
        return floor - 8 - value / max(plan.most, 1) * (_PLOT - 16)

    for tick in _series.ticks(max(plan.most, 1), 6, whole=True):
        canvas.line(_LEFT - 4, up(tick), _LEFT, up(tick), stroke=theme.faint)
        canvas.text(_LEFT - 8, up(tick) + 4, f"{tick:,.0f}", size=10.5, anchor="end")
    if plan.most < _MOST_LINES:
        begun: dict[int, float] = {}
        lines = []
        for one in plan.moments:
            begin = begun.setdefault(one.number, one.at)
            if one.what == "acknowledged":
                lines.append(
                    f"M{number(across(begin))} {number(up(one.number))}H{number(across(one.at))}"
                )
        if lines:
            canvas.path("".join(lines), stroke=theme.faint, stroke_width=1, stroke_opacity="0.5")
    for what in _WORDS:
        points = _places(plan.moments, what, across, up)
        if points:
            _mark(canvas, what, points)


def _places(
    moments: "Iterable[Moment]", what: str, across: "_series.Place", up: "_series.Place"
) -> list[tuple[float, float]]:
    """Give where the moments of a kind are, one for each pixel."""
    found = {
        (round(across(one.at)), round(up(one.number))): (across(one.at), up(one.number))
        for one in moments
        if one.what == what
    }
    return list(found.values())


def _mark(canvas: Canvas, what: str, points: "Iterable[tuple[float, float]]") -> None:
    """Draw the sign of a kind at each place: each has a shape and a colour of its own."""
    theme = canvas.theme
    at = [(number(x), number(y)) for x, y in points]
    match what:
        case "sent":
            dots = "".join(f"M{x} {y}h0" for x, y in at)
            canvas.path(dots, stroke=theme.blue, stroke_width=3.4, stroke_linecap="round")
        case "acknowledged":
            bars = "".join(f"M{x} {y}v-2v4" for x, y in at)
            canvas.path(bars, stroke=theme.green, stroke_width=1.6)
        case "lost":
            triangles = "".join(f"M{x} {y}m-4 3h8l-4 -7z" for x, y in at)
            canvas.path(triangles, fill=theme.orange, stroke=theme.paper, stroke_width=0.6)
        case _:
            squares = "".join(f"M{x} {y}m-3.4 -3.4h6.8v6.8h-6.8z" for x, y in at)
            canvas.path(squares, fill=theme.red, stroke=theme.paper, stroke_width=0.6)


def _waits(canvas: Canvas, plan: _Plan, across: "_series.Place", floor: float) -> None:
    """Draw the round trips, and the timeout as steps: it holds until the next."""
    theme = canvas.theme
    report = plan.report
    top = floor - _LOWER
    words = "round trips (RTT), and the timeout (RTO)"
    canvas.text(_LEFT, top - 8, words, size=11, fill=theme.faint)
    canvas.rect(_LEFT, top, _WIDTH - _RIGHT - _LEFT, _LOWER, fill="none", stroke=theme.grid)
    if not plan.slowest:
        return

    def up(value: float) -> float:
        return floor - value / plan.slowest * (_LOWER - 8)

    places = _series.ticks(plan.slowest * 1e9, 3)
    for tick, label in zip(places, _series.time_labels(places), strict=True):
        y = up(tick / 1e9)
        canvas.line(_LEFT - 4, y, _LEFT, y, stroke=theme.faint)
        canvas.text(_LEFT - 8, y + 4, label, size=10.5, anchor="end")
    dots = {(number(across(at)), number(up(rtt))) for at, rtt in report.samples}
    if dots:
        path = "".join(f"M{x} {y}h0" for x, y in sorted(dots))
        canvas.path(path, stroke=theme.sky, stroke_width=3, stroke_linecap="round")
    if report.timeouts:
        # In a pixel the last and the longest are seen.
        scaled = [(across(at), round(rto * 1e9)) for at, rto in report.timeouts]
        (x, rto), *rest = _series.thinned(scaled)
        steps = [f"M{number(x)} {number(up(rto / 1e9))}"]
        steps += [f"H{number(x)}V{number(up(rto / 1e9))}" for x, rto in rest]
        steps.append(f"H{number(across(plan.end))}")
        canvas.path("".join(steps), stroke=theme.purple, stroke_width=1.6)


def _legend(canvas: Canvas, plan: _Plan, y: float) -> None:
    theme = canvas.theme
    found = {one.what for one in plan.moments}
    entries = [(what, words) for what, words in _WORDS.items() if what in found]
    if plan.report.samples:
        entries.append(("rtt", "a measured round trip"))
    if plan.report.timeouts:
        entries.append(("rto", "timeout"))
    x = float(_LEFT)
    for what, words in entries:
        wide = 18 + text_width(words, 11)
        if x + wide > _WIDTH - _RIGHT:
            x, y = float(_LEFT), y + _LEGEND
        match what:
            case "rtt":
                canvas.path(
                    f"M{number(x + 5)} {number(y)}h0",
                    stroke=theme.sky, stroke_width=4, stroke_linecap="round",
                )  # fmt: skip
            case "rto":
                canvas.line(x - 2, y, x + 12, y, stroke=theme.purple, stroke_width=2)
            case _:
                _mark(canvas, what, [(x + 5, y)])
        canvas.text(x + 18, y + 4, words, size=11)
        x += wide + 20


# The text


def _in_characters(plan: _Plan) -> str:
    said = _in_words(plan.report)
    if not plan.moments:
        return said
    grid = [[" "] * _CHARS for _ in range(_ROWS)]
    for what, sign in _SIGNS.items():  # what matters more is written last
        for one in plan.moments:
            if sign and one.what == what:
                column = min(int(one.at / max(plan.end, 1e-9) * _CHARS), _CHARS - 1)
                row = min(int(one.number / max(plan.most, 1) * _ROWS), _ROWS - 1)
                grid[_ROWS - 1 - row][column] = sign
    labels = {0: f"{plan.most:,}", _ROWS - 1: "0"}
    lines = [said, f"{'number':>10}"]
    lines += [
        f"{labels.get(row, ''):>10} |{''.join(signs)}".rstrip() for row, signs in enumerate(grid)
    ]
    lines.append(f"{'':>10} +{'-' * _CHARS}")
    lines.append(f"{'time':>10}  0{time_text(round(plan.end * 1e9)):>{_CHARS - 1}}")
    told = [
        f"{sign} {_WORDS[what]}"
        for what, sign in _SIGNS.items()
        if sign and any(one.what == what for one in plan.moments)
    ]
    lines.append(", ".join(told))
    if plan.report.timeouts:
        least = min(rto for _, rto in plan.report.timeouts)
        most = max(rto for _, rto in plan.report.timeouts)
        lines.append(
            f"timeout (RTO): {time_text(round(least * 1e9))} to {time_text(round(most * 1e9))}"
        )
    if plan.report.left_out:
        lines.append(f"not drawn: {plan.report.left_out:,} later moments")
    return "\n".join(lines)
