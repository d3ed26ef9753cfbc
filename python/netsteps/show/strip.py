"""What went through a relay as a strip: a mark for each packet, as they came and as they went on.

The order of going on is computed from the times and delays of the relay's log, and says so; a
ladder of a trace shows what was observed.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.ladder.signs import verdict_sign
from netsteps.show.svg import Canvas, clipped, number, text_width
from netsteps.show.tables import printable
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netsteps.show.passages import _Passage
    from netsteps.show.theme import Theme

__all__ = ["STOPPED", "strip"]

# What does not go on.
STOPPED = {"lost", "too big", "cut", "reset", "refused", "silent", "failed", "stalled"}
_WAYS = ("to target", "to client")
_WIDTH, _MARGIN, _LEFT = 700.0, 16.0, 96.0
_ROOM = _WIDTH - _LEFT - _MARGIN
_FEW = 40  # packets whose ways are drawn; of more only the marks
_MOST = 1_000  # marks of one direction
_WIDEST, _CELL, _LINE = 26.0, 13.0, 17.0  # pixels: a mark that has a way; one that has none
_FALL = 58.0  # from the row in which they come to the row in which they go on
_HEAD, _KEY = 40.0, 17.0
_ENTRIES = 12
_CHARS = 60  # marks in a line of the text form
_LETTERS = {
    "passed": ".", "late": "+", "reordered": "~", "doubled": "2", "corrupted": "!", "lost": "x",
    "too big": "B", "split": "/", "glued": "&", "stalled": "=", "cut": "|", "reset": "R",
    "refused": "X", "silent": "_", "failed": "F",
}  # fmt: skip


@dataclass(slots=True)
class _Way:
    """One direction: what came, and which of them go on in which order, by their place in it."""

    name: str
    came: "Sequence[_Passage]"
    goes: list[int] = field(default_factory=list)
    held: set[int] = field(default_factory=set)  # those whose place is not in the log

    @property
    def title(self) -> str:
        """What there was, in one line."""
        came = f"{_packets(len(self.came))} came"
        stopped = sum(one.verdict in STOPPED for one in self.came)
        copies = len(self.goes) - (len(self.came) - stopped)
        on = f"{len(self.came) - stopped:,} go on" if stopped else "all go on"
        more = f", {copies:,} of them twice" if copies else ""
        return f"{self.name}: {came}, {on}{more}"

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The verdicts with their rules, and how many of each."""
        counts = Counter((one.verdict, one.rule) for one in self.came)
        order = list(_LETTERS)
        found = sorted(
            counts.items(),
            key=lambda item: (
                order.index(item[0][0]) if item[0][0] in _LETTERS else len(order),
                -item[1],
            ),
        )
        return [
            (verdict, printable(f"{count:,} {verdict}" + (f": {rule}" if rule else "")))
            for (verdict, rule), count in found
        ]


def strip(
    passages: "Iterable[_Passage]",
    *,
    dropped: int = 0,
    theme: str = "light",
    details: "str | Callable[[], str]" = "",
) -> Drawing:
    """Draw what a relay did with each packet, for each direction.

    passages: what Relay.log gives. dropped: how many older ones it let go. theme: "light" or
    "dark". details: a table to unfold below the picture, or what makes it.

    Raises ValueError for a theme of another name.
    """
    listed = list(passages)
    ways = [_way(name, [one for one in listed if one.way == name]) for name in _WAYS]
    ways = [way for way in ways if way.came]
    note = f"{dropped:,} older not kept: Relay(log=)" if dropped else ""
    alt = "; ".join(
        f"{way.title}: {', '.join(text for _, text in way.kinds[:_ENTRIES])}" for way in ways
    )
    return Drawing(
        lambda name: _drawn(ways, note, alt, theme_of(name)),
        _text(ways, note),
        alt or "nothing came",
        details=details,
        theme=theme_of(theme).name,
    )


def _way(name: str, came: "Sequence[_Passage]") -> _Way:
    way = _Way(name, came)
    due = sorted(
        (one.time + one.delay, place)
        for place, one in enumerate(came)
        if one.verdict not in STOPPED
    )
    held: dict[str, list[list[int]]] = {}
    for _, place in due:
        one = came[place]
        waiting = held.setdefault(str(one.client), [])
        copies = 2 if "doubled" in one.verdicts else 1
        if one.behind:
            # It is put behind later ones: when these come the log does not tell.
            way.held.add(place)
            waiting += [[one.behind, place] for _ in range(copies)]
            continue
        for _ in range(copies):
            way.goes.append(place)
            for other in waiting:
                other[0] -= 1
            way.goes += [place for left, place in waiting if left <= 0]
            waiting[:] = [other for other in waiting if other[0] > 0]
    for waiting in held.values():
        way.goes += [place for _, place in waiting]
    return way


def _packets(count: int) -> str:
    return f"{count:,} {'packet' if count == 1 else 'packets'}"


# The picture


def _height(way: _Way) -> float:
    keys = _KEY * (1 + max(row for _, _, _, row in _keys(way)))
    if len(way.came) <= _FEW:
        return _HEAD + _FALL + 34 + keys
    rows = -(-min(len(way.came), _MOST) // _columns())
    return _HEAD + rows * _LINE + keys + 8


def _columns() -> int:
    return int(_ROOM // _CELL)


def _drawn(ways: list[_Way], note: str, alt: str, theme: "Theme") -> str:
    height = sum(map(_height, ways)) + (24 if note or not ways else 8)
    canvas = Canvas(_WIDTH, height, theme)
    top = 0.0
    for way in ways:
        _draw_way(canvas, way, top)
        top += _height(way)
    if note or not ways:
        text = note or "nothing came"
        canvas.text(_MARGIN, top + 14, text, size=11, fill=theme.faint)
    return canvas.render("What a relay did with each packet", alt or "nothing came")


def _draw_way(canvas: Canvas, way: _Way, top: float) -> None:
    theme = canvas.theme
    title = clipped(way.title, 13, _WIDTH - 2 * _MARGIN, bold=True)
    canvas.text(_MARGIN, top + 20, title, size=13, bold=True)
    if len(way.came) <= _FEW:
        _draw_few(canvas, way, top + _HEAD)
        below = top + _HEAD + _FALL + 34
    else:
        rows = _draw_many(canvas, way, top + _HEAD)
        below = top + _HEAD + rows * _LINE + 8
    for verdict, text, x, row in _keys(way):
        y = below + row * _KEY
        verdict_sign(canvas, verdict, x + 6, y)
        canvas.text(x + 18, y + 4, text, size=11, fill=theme.faint)


def _keys(way: _Way) -> list[tuple[str, str, float, int]]:
    """Set what there was in lines: (verdict, words, x, line)."""
    kinds = way.kinds
    if len(kinds) > _ENTRIES:
        more = len(kinds) - _ENTRIES
        kinds = [*kinds[:_ENTRIES], ("passed", f"and {more:,} more kinds")]
    places, x, row = [], _LEFT, 0
    for verdict, words in kinds:
        text = clipped(words, 11, _ROOM - 20)
        wide = 18 + text_width(text, 11) + 18
        if x > _LEFT and x + wide > _WIDTH - _MARGIN:
            x, row = _LEFT, row + 1
        places.append((verdict, text, x, row))
        x += wide
    return places


def _draw_few(canvas: Canvas, way: _Way, top: float) -> None:
    """Draw each with its way from its place in coming to its place in going on."""
    theme = canvas.theme
    colour = theme.blue if way.name == "to target" else theme.orange
    cell = min(_WIDEST, _ROOM / max(len(way.came), len(way.goes)))
    y1, y2 = top + 6, top + 6 + _FALL
    canvas.text(_MARGIN, y1 + 4, "came", size=11, fill=theme.faint)
    canvas.text(_MARGIN, y2 + 4, "go on", size=11, fill=theme.faint)
    canvas.text(_MARGIN, y2 + 16, "(computed)", size=9, fill=theme.faint)

    def x(place: int) -> float:
        return _LEFT + (place + 0.5) * cell

    for at, place in enumerate(way.goes):
        dash = "4 3" if place in way.held else None
        canvas.line(
            x(place), y1 + 8, x(at), y2 - 5, stroke=colour, stroke_width=1.4, stroke_dasharray=dash
        )
    widest = max(text_width(str(one.number), 9) for one in way.came)
    every = int((widest + 4) // cell) + 1
    for place, one in enumerate(way.came):
        verdict_sign(canvas, one.verdict, x(place), y1)
        if place % every == 0:
            _number(canvas, x(place), y1 - 10, one)
    for at, place in enumerate(way.goes):
        canvas.add("circle", cx=x(at), cy=y2, r=3, fill=colour)
        if at % every == 0:
            _number(canvas, x(at), y2 + 15, way.came[place])


def _number(canvas: Canvas, x: float, y: float, one: "_Passage") -> None:
    fill = canvas.theme.faint
    canvas.text(x, y, str(one.number), size=9, anchor="middle", fill=fill)


def _draw_many(canvas: Canvas, way: _Way, top: float) -> int:
    """Draw their marks in lines, in the order in which they came; gives how many lines."""
    theme, columns = canvas.theme, _columns()
    shown = way.came[-_MOST:]
    skipped = len(way.came) - len(shown)
    dots = []
    rows = -(-len(shown) // columns)
    for row in range(rows):
        first = str(shown[row * columns].number)
        text = clipped(f"{first} ...", 10, _LEFT - _MARGIN - 8)
        y = top + row * _LINE
        canvas.text(_LEFT - 8, y + 3.5, text, size=10, anchor="end", fill=theme.faint)
    for place, one in enumerate(shown):
        x = _LEFT + (place % columns + 0.5) * _CELL
        y = top + place // columns * _LINE
        if one.verdict == "passed":
            dots.append(f"M{number(x)} {number(y)} h0.01")
        else:
            verdict_sign(canvas, one.verdict, x, y)
    if dots:
        # One path for all: thousands of circles would make a large picture.
        path = " ".join(dots)
        canvas.path(path, stroke=theme.ink, stroke_width=4, stroke_linecap="round")
    if skipped:
        text = f"the last {len(shown):,} of them"
        right = _WIDTH - _MARGIN
        canvas.text(right, top - 20, text, size=11, anchor="end", fill=theme.faint)
    return rows


# The text form


def _text(ways: list[_Way], note: str) -> str:
    lines: list[str] = []
    for way in ways:
        lines.append(way.title)
        shown = way.came[-_MOST:]
        letters = "".join(_LETTERS.get(one.verdict, "?") for one in shown)
        for first in range(0, len(letters), _CHARS):
            head = f"came {shown[first].number} ..." if len(letters) > _CHARS else "came"
            lines.append(f"  {head:<14} {letters[first : first + _CHARS]}")
        if len(way.came) <= _FEW and way.goes != list(range(len(way.came))):
            on = " ".join(str(way.came[place].number) for place in way.goes)
            lines += _wrapped(f"  {'go on':<14} {on} (computed)", 17, 78)
        for verdict, text in way.kinds[:_ENTRIES]:
            lines.append(f"  {_LETTERS.get(verdict, '?')} {text}")
    if note or not ways:
        lines.append(note or "nothing came")
    return "\n".join(lines)


def _wrapped(text: str, indent: int, columns: int) -> list[str]:
    lines = []
    while len(text) > columns and " " in text[indent:columns]:
        at = text.rindex(" ", indent, columns)
        lines.append(text[:at])
        text = " " * indent + text[at + 1 :]
    return [*lines, text]
