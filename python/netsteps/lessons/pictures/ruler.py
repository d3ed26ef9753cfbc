"""The 65,536 ports on a ruler, with their three ranges and the ports of interest."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["port_ruler"]

_RANGES = (
    (0, 1023, "well known", "the services that everybody knows"),
    (1024, 49151, "registered", "programs that asked for a number"),
    (49152, 65535, "dynamic", "for a short time, for anybody"),
)
_LEFT, _ROOM = 20.0, 860.0
_LOW = (
    1024  # the first row shows the ports below this, which one pixel could not show on the second
)
_MOST_LEVELS = 6


def port_ruler(marks: "Mapping[int, str]", *, theme: str = "light") -> Drawing:
    """Draw where ports lie among all ports.

    marks: a text for each port, 0 to 65535. Those below 1024 have a ruler of their own, because
    they are less than 2 % of all. theme: "light" or "dark". Raises ValueError for another theme,
    and for a port that there is not. Source: lecture 2 (ports), RFC 6335.
    """
    for port in marks:
        if not 0 <= port <= 65535:
            message = f"{port} is no port: they go from 0 to 65535"
            raise ValueError(message)
    found = dict(sorted(marks.items()))
    title = "Ports: 16 bits, so 65,536 numbers"
    alt = f"{title}. {', '.join(f'{port} {text}' for port, text in found.items())}"
    return Drawing(
        lambda name: _picture(found, title, alt, name),
        _text(found, title),
        alt,
        theme=theme_of(theme).name,
    )


def _text(marks: "dict[int, str]", title: str) -> str:
    lines = [title]
    for low, high, name, words in _RANGES:
        lines.append(f"{low:>5} to {high:<5}  {name}: {words}")
        lines += [
            f"          {port:>5}  {text}" for port, text in marks.items() if low <= port <= high
        ]
    return "\n".join(lines)


def _picture(marks: "dict[int, str]", title: str, alt: str, name: str) -> str:
    colours = theme_of(name)
    hues = (colours.orange, colours.blue, colours.green)
    low = {port: text for port, text in marks.items() if port < _LOW}
    high = {port: text for port, text in marks.items() if port >= _LOW}
    first = 60.0 + _above(low, _LOW)
    long = _above(high, 65536) + (first + 96 if low else 60)
    canvas = Canvas(_LEFT * 2 + _ROOM, long + 76, colours)
    canvas.text(_LEFT, 26, title, size=17, bold=True)
    if low:
        # The first range as a wedge that opens from the long ruler to the short one.
        wedge = _LEFT + _ROOM * _LOW / 65536
        canvas.path(
            f"M{_LEFT} {first + 46} H{_LEFT + _ROOM} L{wedge} {long} H{_LEFT} Z",
            fill=hues[0],
            fill_opacity=0.08,
        )
        _axis(canvas, first, _LOW, [(0, 1023, hues[0])])
        _marks(canvas, first, low, _LOW)
        for port in (0, 1023):
            _number(canvas, first, port, _LOW)
        middle = _LEFT + _ROOM / 2
        canvas.text(middle, first + 38, _words(0), anchor="middle", fill=hues[0])
    ranges = [(begin, end, hue) for (begin, end, *_), hue in zip(_RANGES, hues, strict=True)]
    _axis(canvas, long, 65536, ranges)
    _marks(canvas, long, high, 65536)
    for port in (1024, 49152, 65535):
        _number(canvas, long, port, 65536)
    for (begin, end, kind, words), hue in zip(_RANGES[1:], hues[1:], strict=True):
        x = _LEFT + _ROOM * (begin + end) / 2 / 65536
        canvas.text(x, long + 40, kind, anchor="middle", bold=True, fill=hue)
        canvas.text(x, long + 56, words, size=11, anchor="middle", fill=hue)
    return canvas.render(title, alt)


def _above(marks: "dict[int, str]", whole: int) -> float:
    """Give the room that the words above a ruler take."""
    return max([0, *_levels(marks, whole).values()]) * 18 + 40


def _words(index: int) -> str:
    _, _, name, words = _RANGES[index]
    return f"{name}: {words}"


def _axis(canvas: Canvas, y: float, whole: int, ranges: "list[tuple[int, int, str]]") -> None:
    for begin, end, hue in ranges:
        x = _LEFT + _ROOM * begin / whole
        canvas.rect(x, y, _ROOM * (end + 1 - begin) / whole, 14, fill=hue)


def _number(canvas: Canvas, y: float, port: int, whole: int) -> None:
    x = _LEFT + _ROOM * port / whole
    anchor = "start" if port == 0 else "end" if port in {1023, 65535} else "middle"
    canvas.text(x, y + 26, str(port), size=10, anchor=anchor, fill=canvas.theme.faint)


def _label(port: int, text: str) -> str:
    return clipped(f"{port} {text}", 11, 260)


def _levels(marks: "dict[int, str]", whole: int) -> dict[int, int]:
    """Give each mark the lowest line on which its words run into no other's."""
    ends = [-100.0] * _MOST_LEVELS
    levels = {}
    for port, text in marks.items():
        x, wide = _place(port, text, whole)
        level = next((n for n, end in enumerate(ends) if end + 8 < x), _MOST_LEVELS - 1)
        ends[level] = x + wide
        levels[port] = level
    return levels


def _place(port: int, text: str, whole: int) -> tuple[float, float]:
    """Give where the words of a mark begin, so that they stay on the paper, and their width."""
    wide = text_width(_label(port, text), 11)
    return min(_LEFT + _ROOM * port / whole, _LEFT + _ROOM - wide), wide


def _marks(canvas: Canvas, y: float, marks: "dict[int, str]", whole: int) -> None:
    levels = _levels(marks, whole)
    for port in marks:
        x = _LEFT + _ROOM * port / whole
        canvas.line(x, y - 11 - 18 * levels[port], x, y + 14, stroke=canvas.theme.faint)
    for port, text in marks.items():  # last, so that no line runs through the words
        begin, wide = _place(port, text, whole)
        top = y - 14 - 18 * levels[port]
        canvas.rect(begin - 1, top - 10, wide + 2, 13, fill=canvas.theme.paper)
        canvas.text(begin, top, _label(port, text), size=11)
