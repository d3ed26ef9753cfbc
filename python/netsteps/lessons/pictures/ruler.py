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
    low = {port: text for port, text in marks.items() if port < _LOW}
    high = {port: text for port, text in marks.items() if port >= _LOW}
    rows = (_levels(low, _LOW), _levels(high, 65536))
    above = [max([0, *levels.values()]) * 18 + 40 for levels in rows]
    first = 60.0 + above[0]
    second = first + 96 + above[1]
    canvas = Canvas(_LEFT * 2 + _ROOM, second + 76, colours)
    canvas.text(_LEFT, 26, title, size=17, bold=True)
    hues = (colours.orange, colours.blue, colours.green)
    _axis(canvas, first, _LOW, [(0, 1023, hues[0])])
    _axis(
        canvas, second, 65536, [(a, b, hue) for (a, b, *_), hue in zip(_RANGES, hues, strict=True)]
    )
    _marks(canvas, first, low, rows[0], _LOW)
    _marks(canvas, second, high, rows[1], 65536)
    for port in (0, 1023):
        _number(canvas, first, port, _LOW)
    canvas.text(_LEFT + _ROOM / 2, first + 38, _words(0), size=12, anchor="middle", fill=hues[0])
    # The first range as a wedge that opens from the long ruler to the short one.
    wedge = _LEFT + _ROOM * _LOW / 65536
    canvas.path(
        f"M{_LEFT} {first + 46} H{_LEFT + _ROOM} L{wedge} {second} H{_LEFT} Z",
        fill=hues[0],
        fill_opacity=0.08,
    )
    for port in (1024, 49152, 65535):
        _number(canvas, second, port, 65536)
    for index in (1, 2):
        begin, end, *_ = _RANGES[index]
        x = _LEFT + _ROOM * (begin + end) / 2 / 65536
        name_, words = _RANGES[index][2:]
        canvas.text(x, second + 40, name_, size=12, anchor="middle", bold=True, fill=hues[index])
        canvas.text(x, second + 56, words, size=11, anchor="middle", fill=hues[index])
    return canvas.render(title, alt)


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


def _marks(
    canvas: Canvas, y: float, marks: "dict[int, str]", levels: "dict[int, int]", whole: int
) -> None:
    for port in marks:
        x = _LEFT + _ROOM * port / whole
        canvas.line(x, y - 11 - 18 * levels[port], x, y + 14, stroke=canvas.theme.faint)
    for port, text in marks.items():  # last, so that no line runs through the words
        begin, wide = _place(port, text, whole)
        top = y - 14 - 18 * levels[port]
        canvas.rect(begin - 1, top - 10, wide + 2, 13, fill=canvas.theme.paper)
        canvas.text(begin, top, _label(port, text), size=11)
