"""How fast one message travels in several ways through one path: bytes over time, and rates.

Times and rates lie far apart, so both axes are logarithmic: each line of the grid is ten times the
one before it. What was computed and not observed is dashed, and says so.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.series import thinned
from netsteps.show.svg import Canvas, clipped, number, text_width
from netsteps.show.tables import html_table, printable, text_table
from netsteps.show.theme import theme_of
from netsteps.show.units import size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from netsteps.show.theme import Theme

__all__ = ["Course", "throughput"]

_WIDTH = 900
_LEFT, _RIGHT = 86, 24
_TOP, _PLOT = 76, 210
_BAR, _BAR_GAP = 18, 44  # each bar, with its words above it
_LETTER = 14  # pixels from one letter to the next
_MOST_LABELS = 8  # of an axis
_CHARS = 48  # of the longest bar in characters

# Colour, dashes: each way has its own of both.
_STYLES = (
    ("red", None),
    ("blue", None),
    ("green", None),
    ("purple", None),
    ("orange", None),
)
_COMPUTED = "6 4"


@dataclass(frozen=True)
class Course:
    """One way to send the message: its name, and how far it was when.

    points: (seconds since the beginning, bytes that had arrived), the last one is the end. note:
    what must be known to compare it. computed: it was computed, and not observed.
    """

    name: str
    points: "Sequence[tuple[float, int]]"
    note: str = ""
    computed: bool = False

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return self.points[-1][0] if self.points else 0.0

    @property
    def rate(self) -> float:
        """Bytes in a second."""
        return self.points[-1][1] / self.seconds if self.seconds > 0 else 0.0


def throughput(courses: "Sequence[Course]", path: str = "", *, theme: str = "light") -> Drawing:
    """Draw several ways to send one message. path: what it went through, in words."""
    courses = [course for course in courses if course.rate > 0]
    alt = "; ".join(
        f"{course.name}: {_rate(course)}{', computed' if course.computed else ''}"
        for course in courses
    )
    columns = ["way", "time", "throughput", "what it is"]
    rows = [(one.name, _time(one.seconds), _rate(one), _kind(one)) for one in courses]
    return Drawing(
        lambda name: _drawn(courses, path, alt, theme_of(name)),
        _in_characters(courses, path),
        alt or "nothing was sent",
        details=html_table(columns, rows, path),
        theme=theme,
    )


def _rate(course: Course) -> str:
    return f"{size_text(round(course.rate))}/s"


def _time(seconds: float) -> str:
    return time_text(round(seconds * 1e9))


def _kind(course: Course) -> str:
    kind = "computed, not observed" if course.computed else "observed"
    return f"{kind}; {course.note}" if course.note else kind


# The picture


def _scale(least: float, most: float, left: float, right: float) -> "Callable[[float], float]":
    """Give where a value lies on a logarithmic axis."""
    first, last = log10(least), log10(most)
    return lambda value: left + (log10(max(value, least)) - first) / (last - first) * (right - left)


def _decades(least: float, most: float) -> list[float]:
    """Give the powers of ten from the one below to the one above."""
    first, last = floor(log10(least)), ceil(log10(most))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def _labelled(decades: list[float]) -> list[float]:
    """Give those that there is room to name."""
    return decades[:: ceil(len(decades) / _MOST_LABELS)]


def _drawn(courses: "Sequence[Course]", path: str, alt: str, theme: "Theme") -> str:
    bars = _TOP + _PLOT + 92
    canvas = Canvas(_WIDTH, bars + _BAR_GAP * max(len(courses), 1) + 34, theme)
    canvas.text(_LEFT, 24, "One message, several ways", size=13, bold=True)
    words = clipped(path, 11, _WIDTH - _LEFT - _RIGHT)
    canvas.text(_LEFT, 42, words, size=11, fill=theme.faint, title=path)
    if not courses:
        canvas.text(_WIDTH / 2, 120, "nothing was sent", anchor="middle", fill=theme.faint)
        return canvas.render("Throughput", "nothing was sent")
    _curves(canvas, courses)
    _bars(canvas, courses, bars)
    return canvas.render("Throughput", alt)


def _hue(theme: "Theme", place: int) -> str:
    hue: str = getattr(theme, _STYLES[place % len(_STYLES)][0])
    return hue


def _curves(canvas: Canvas, courses: "Sequence[Course]") -> None:
    """Draw the bytes over time; each curve ends where all have arrived."""
    theme = canvas.theme
    bottom, right = _TOP + _PLOT, _WIDTH - _RIGHT
    first = min(point[0] for one in courses for point in one.points if point[0] > 0)
    decades = _decades(first, max(one.seconds for one in courses))
    across = _scale(decades[0], decades[-1], _LEFT, right)
    most = max(one.points[-1][1] for one in courses) or 1
    words = f"how much of {size_text(most)} had come; each line of time is ten times the one before"
    canvas.text(_LEFT, _TOP - 10, words, size=11, fill=theme.faint)
    for decade in decades:
        x = across(decade)
        canvas.line(x, _TOP, x, bottom, stroke=theme.grid)
        canvas.line(x, bottom, x, bottom + 5)
    for decade in _labelled(decades):
        x = across(decade)
        anchor = "end" if x > right - 30 else "middle"
        canvas.text(x, bottom + 19, time_text(round(decade * 1e9)), size=11, anchor=anchor)
    canvas.line(_LEFT, bottom, right, bottom)
    canvas.text(_LEFT - 10, bottom + 36, "time", size=11, anchor="end", fill=theme.faint)

    def up(value: float) -> float:
        return bottom - value / most * (_PLOT - 6)

    for part, label in ((0.0, "0"), (0.5, "half"), (1.0, "all")):
        canvas.text(_LEFT - 8, up(part * most) + 4, label, size=10.5, anchor="end")
    for place, course in enumerate(courses):
        points = thinned([(across(at), size) for at, size in course.points])
        (x, size), *rest = points
        steps = [f"M{number(x)} {number(bottom)}V{number(up(size))}"]
        for x, size in rest:
            steps.append(
                f"L{number(x)} {number(up(size))}" if course.computed
                else f"H{number(x)}V{number(up(size))}"
            )  # fmt: skip
        canvas.path(
            "".join(steps), stroke=_hue(theme, place), stroke_width=2, title=course.name,
            stroke_dasharray=_COMPUTED if course.computed else None,
        )  # fmt: skip
        canvas.add("circle", cx=points[-1][0], cy=up(points[-1][1]), r=4, fill=_hue(theme, place))
    ends = _apart([across(course.seconds) for course in courses], right)
    for place, (course, x) in enumerate(zip(courses, ends, strict=True)):
        canvas.text(
            x, bottom + 36, chr(ord("a") + place), size=11, anchor="middle", bold=True,
            fill=_hue(theme, place), title=f"{course.name} has arrived",
        )  # fmt: skip


def _apart(places: "Sequence[float]", right: float) -> list[float]:
    """Move letters to the right of each other, and of the last ones back into the picture."""
    found = list(places)
    order = sorted(range(len(found)), key=lambda place: found[place])
    for left, place in pairwise(order):
        found[place] = max(found[place], found[left] + _LETTER)
    most = right
    for place in reversed(order):
        found[place] = min(found[place], most)
        most = found[place] - _LETTER
    return found


def _bars(canvas: Canvas, courses: "Sequence[Course]", top: float) -> None:
    """Draw the rates as bars, with their names and what must be known of them above."""
    theme = canvas.theme
    right = _WIDTH - _RIGHT
    rates = [course.rate for course in courses]
    decades = _decades(min(rates) / 2, max(rates))
    along = _scale(decades[0], decades[-1], _LEFT, right - 90)
    floor_ = top + _BAR_GAP * len(courses)
    for decade in decades:
        x = along(decade)
        canvas.line(x, floor_, x, floor_ + 5)
    for decade in _labelled(decades):
        words = f"{size_text(round(decade))}/s"
        canvas.text(along(decade), floor_ + 19, words, size=10.5, anchor="middle")
    canvas.line(_LEFT, floor_, right, floor_)
    words = "throughput; each line is ten times the one before"
    canvas.text(_LEFT, top - 12, words, size=11, fill=theme.faint)
    for place, course in enumerate(courses):
        y = top + _BAR_GAP * place
        hue = _hue(theme, place)
        sign = chr(ord("a") + place)
        canvas.text(_LEFT - 14, y + 29, sign, size=12, anchor="end", bold=True, fill=hue)
        canvas.text(_LEFT, y + 11, course.name, size=12, bold=True)
        room = right - _LEFT - text_width(course.name, 12, bold=True) - 14
        note = clipped(_kind(course), 11, room)
        x = right - room
        canvas.text(x, y + 11, note, size=11, fill=theme.faint, title=_kind(course))
        long = max(along(course.rate) - _LEFT, 2)
        if course.computed:
            canvas.rect(
                _LEFT, y + 16, long, _BAR, fill=hue, fill_opacity="0.15", stroke=hue,
                stroke_width=1.5, stroke_dasharray=_COMPUTED,
            )  # fmt: skip
        else:
            canvas.rect(_LEFT, y + 16, long, _BAR, fill=hue)
        canvas.text(_LEFT + long + 8, y + 29, _rate(course), size=12, bold=True)


# The text


def _in_characters(courses: "Sequence[Course]", path: str) -> str:
    if not courses:
        return "nothing was sent"
    table = text_table(
        ["way", "time", "throughput"],
        [(course.name, _time(course.seconds), _rate(course)) for course in courses],
    )
    rates = [course.rate for course in courses]
    decades = _decades(min(rates) / 2, max(rates))
    along = _scale(decades[0], decades[-1], 0, _CHARS)
    wide = max(len(course.name) for course in courses)
    lines = [printable(path), table] if path else [table]
    lines.append("")
    for course in courses:
        sign = "." if course.computed else "#"
        bar = sign * max(round(along(course.rate)), 1)
        lines.append(f"{printable(course.name):>{wide}} |{bar} {_rate(course)}")
    ends = f"{size_text(round(decades[0]))}/s", f"{size_text(round(decades[-1]))}/s"
    lines.append(f"{'':>{wide}} +{ends[0]}{ends[1]:>{_CHARS - len(ends[0])}}, logarithmic")
    lines += [f"{printable(course.name)}: {printable(_kind(course))}" for course in courses]
    return "\n".join(lines)
