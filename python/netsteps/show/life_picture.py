"""The picture of a socket's life.

A state is a card, with the steps that stay in it; an arrow leads to another state. What the peer
does is dashed. The way that was gone is thick and numbered, what is possible now is of a second
colour, missing steps are numbered in open circles, and the rest is faint.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.show.life import alternative, counted, of_peer, title
from netsteps.show.life_layout import CARD, LAYOUTS, ROW, TITLE, Label, card_height
from netsteps.show.svg import Canvas, clipped, number, text_width

if TYPE_CHECKING:
    from netsteps.show.life import Life
    from netsteps.show.life_layout import Layout, Route
    from netsteps.show.theme import Theme

__all__ = ["picture"]

Point = tuple[float, float]

_SIZE = 11.0  # of the font, for steps
_MARGIN = 16.0
_BADGE = 8.0  # the radius of a number's circle
_LEGEND = 34.0
_FAINTNESS = 0.6
# From the least to the most: an arrow with several steps is drawn as the most of them.
_FAINT, _POSSIBLE, _MISSING, _WALKED = range(4)


@dataclass(frozen=True, slots=True)
class _Pen:
    """How a step is drawn: how much it matters, its number if it has one, and what is written."""

    weight: int
    words: str
    number: int | None = None


def picture(life: "Life", theme: "Theme") -> str:
    """Draw it, as scalable vector graphics."""
    layout = LAYOUTS[life.kind]
    words = _heading(life, layout.width - 2 * _MARGIN)
    top = 14.0 + 18 * len(words)
    # The step that a closed socket was asked for makes its card longer.
    height = layout.height + (ROW if life.tried is not None and life.state == "closed" else 0)
    canvas = Canvas(layout.width, top + height + _LEGEND, theme)
    for line, (text, bold) in enumerate(words):
        size = 14 if bold else 12
        canvas.text(_MARGIN, 24 + 18 * line, text, size=size, bold=bold)
    canvas.open(transform=f"translate(0 {number(top)})")
    drawing = _Picture(life, layout, canvas)
    drawing.draw()
    canvas.close()
    drawing.legend(top + height + 16)
    return canvas.render(title(life), alternative(life))


def _heading(life: "Life", room: float) -> list[tuple[str, bool]]:
    """Give the lines above the drawing, and which of them are bold."""
    lines = [(line, True) for line in _wrapped(title(life), 14, room, bold=True)]
    if life.tried is not None:
        lines += [(line, False) for line in _wrapped(f"Why: {life.cause}.", 12, room)]
        lines += [(line, False) for line in _wrapped(f"Try: {life.remedy}.", 12, room)]
    elif life.left_out:
        told = (
            f"{life.left_out:,} lines of its steps were not kept: the numbers are those of the rest"
        )
        lines += [(line, False) for line in _wrapped(told, 12, room)]
    return lines


def _wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines that fit."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, bold=bold) <= room or not lines[-1]:
            lines[-1] = clipped(longer, size, room)
        else:
            lines.append(clipped(word, size, room))
    return lines


class _Picture:
    def __init__(self, life: "Life", layout: "Layout", canvas: Canvas) -> None:
        self.life = life
        self.layout = layout
        self.canvas = canvas
        self.theme = canvas.theme
        self.loops: dict[str, list[str]] = {state: [] for state in layout.places}
        self.arrows: dict[tuple[str, str], list[str]] = {}
        for state, action, after in life.rows:
            if state == after:
                self.loops[state].append(action)
            else:
                self.arrows.setdefault((state, after), []).append(action)
        began = 2  # after the making of the socket
        self.numbers = {
            (step.before, step.after): (n, step.action) for n, step in enumerate(life.walked, began)
        }
        self.visited = {life.first, *(step.after for step in life.walked)}
        if life.tried is not None:
            self.visited = set()

    def draw(self) -> None:
        """Draw everything, the arrows below the states."""
        for words, label in self.layout.ways:
            self._text(label, words, self.theme.faint, bold=True)
        self._start()
        # What matters more lies above.
        arrows = [(self._pens(pair), pair) for pair in self.arrows]
        arrows.sort(key=lambda arrow: max(pen.weight for pen in arrow[0]))
        for pens, pair in arrows:
            if pair[1] != "closed" or any(pen.weight for pen in pens):
                self._arrow(self.layout.routes[pair], pair, pens)
        for state in self.layout.places:
            self._card(state)
        self._note()

    # How each step is drawn

    def _pens(self, pair: tuple[str, str]) -> list[_Pen]:
        return [self._pen(pair[0], action, pair[1]) for action in self.arrows[pair]]

    def _pen(self, state: str, action: str, after: str) -> _Pen:
        life, row = self.life, (state, action, after)
        words = counted(life, state, action, "\N{MULTIPLICATION SIGN}")
        n, walked = self.numbers.get((state, after), (None, None))
        if n is not None and walked in {action, None}:
            return _Pen(_WALKED, words, n)
        if state == after and life.stayed[state, action]:
            return _Pen(_WALKED, words)
        if row in life.way:
            return _Pen(_MISSING, words, life.way.index(row) + 1)
        if row == life.goal:
            return _Pen(_MISSING, words, len(life.way) + 1)
        return _Pen(_POSSIBLE if row in life.possible else _FAINT, words)

    def _colour(self, weight: int) -> str:
        theme = self.theme
        return {
            _FAINT: theme.faint,
            _POSSIBLE: theme.green,
            _MISSING: theme.orange,
            _WALKED: theme.blue,
        }[weight]

    # Arrows

    def _arrow(self, route: "Route", pair: tuple[str, str], pens: list[_Pen]) -> None:
        weight = max(pen.weight for pen in pens)
        points = [self._side(pair[0], *route.begin), *route.by, self._side(pair[1], *route.end)]
        dashed = all(of_peer(action) for action in self.arrows[pair])
        told = "; ".join(f"{pair[0]}: {action}, then {pair[1]}" for action in self.arrows[pair])
        self._line(points, weight, dashes="6 4" if dashed else None, title=told)
        for line, pen in enumerate(pens):
            self._step(route.label, pen, line * 18)

    def _line(
        self, points: list[Point], weight: int, *, dashes: str | None, title: str | None = None
    ) -> None:
        """Draw a line through these points, with a head at its end."""
        colour = self._colour(weight)
        width = (1.0, 2.0, 2.0, 2.6)[weight]
        (x0, y0), (x, y) = points[-2:]
        length = max(abs(x - x0), abs(y - y0), 1.0)
        dx, dy = (x - x0) / length, (y - y0) / length
        size = 6.0 + width
        base = (x - dx * size, y - dy * size)
        shaft = " L".join(f"{number(px)} {number(py)}" for px, py in [*points[:-1], base])
        self.canvas.path(
            f"M{shaft}",
            stroke=colour,
            stroke_width=width,
            stroke_dasharray=dashes,
            stroke_linejoin="round",
            stroke_opacity=None if weight else _FAINTNESS,
            title=title,
        )
        half = size * 0.5
        corners = [
            (x, y),
            (base[0] - dy * half, base[1] + dx * half),
            (base[0] + dy * half, base[1] - dx * half),
        ]
        head = " ".join(f"{number(px)},{number(py)}" for px, py in corners)
        self.canvas.add(
            "polygon", points=head, fill=colour, fill_opacity=None if weight else _FAINTNESS
        )

    def _step(self, label: "Label", pen: _Pen, down: float = 0) -> None:
        """Write a step beside its arrow, its number before it."""
        bold = pen.weight > _FAINT
        width = self._width(pen.words, bold=bold) + (2 * _BADGE + 4 if pen.number else 0)
        x = label.x - {"start": 0, "middle": width / 2, "end": width}[label.anchor]
        y = label.y + down
        if pen.number:
            self._badge(x + _BADGE, y - 4, pen.number, pen.weight)
            x += 2 * _BADGE + 4
        self.canvas.text(x, y, pen.words, size=_SIZE, bold=bold, fill=self._colour(pen.weight))

    @staticmethod
    def _width(words: str, *, bold: bool) -> float:
        return text_width(words, _SIZE, bold=bold)

    def _badge(self, x: float, y: float, n: int, weight: int) -> None:
        """Draw a number in a circle: filled for what was done, open for what is missing."""
        colour, done = self._colour(weight), weight == _WALKED
        fill = colour if done else self.theme.paper
        self.canvas.add("circle", cx=x, cy=y, r=_BADGE, fill=fill, stroke=colour, stroke_width=1.6)
        ink = self.theme.paper if done else colour
        size = 10 if n < 10 else 9
        self.canvas.text(x, y + 3.6, str(n), size=size, anchor="middle", bold=True, fill=ink)

    def _text(self, label: "Label", words: str, fill: str, *, bold: bool = False) -> None:
        self.canvas.text(
            label.x, label.y, words, size=_SIZE, anchor=label.anchor, fill=fill, bold=bold
        )

    def _start(self) -> None:
        """Draw where the life begins: a new socket, or one that accept gave."""
        life, layout = self.life, self.layout
        handed = layout.handed
        if handed and {handed[0], handed[1]} <= layout.places.keys():
            begin, end, route = handed
            born = life.began == "accepted"
            weight = _WALKED if born else _MISSING if life.handed else _FAINT
            points = [self._side(begin, *route.begin), self._side(end, *route.end)]
            self._line(points, weight, dashes="2 4", title="accept gives a new socket")
            words = "accepted" if born else "accept gives a new socket"
            self._step(route.label, _Pen(weight, words, 1 if born else None))
        x, y = layout.start
        walked = life.began == "socket"
        weight = _WALKED if walked else _FAINT
        self.canvas.add("circle", cx=x, cy=y, r=4, fill=self._colour(weight))
        self._line([(x, y), self._side("created", "top", x)], weight, dashes=None)
        self._step(Label(x + 12, y + 10), _Pen(weight, "socket", 1 if walked else None))

    # States

    def _height(self, state: str) -> float:
        crossed = self.life.tried is not None and state == self.life.state
        return card_height(len(self.loops[state]) + crossed)

    def _side(self, state: str, side: str, at: float) -> Point:
        middle, top = self.layout.places[state]
        return {
            "left": (middle - CARD / 2, at),
            "right": (middle + CARD / 2, at),
            "top": (at, top),
            "bottom": (at, top + self._height(state)),
        }[side]

    def _card(self, state: str) -> None:
        life, theme, canvas = self.life, self.theme, self.canvas
        middle, top = self.layout.places[state]
        left = middle - CARD / 2
        now, visited = state == life.state, state in self.visited
        bold = now or visited
        canvas.rect(
            left,
            top,
            CARD,
            self._height(state),
            rx=7,
            fill=theme.panel if bold else theme.paper,
            stroke=theme.blue if bold else theme.faint,
            stroke_width=3 if now else 1.8 if visited else 1,
            stroke_opacity=None if bold else _FAINTNESS,
        )
        ink = theme.ink if bold else theme.faint
        canvas.text(middle, top + 20, state, size=13, anchor="middle", bold=bold, fill=ink)
        for line, action in enumerate(self.loops[state]):
            self._loop(left, top + TITLE + ROW * line, state, action)
        if now:
            canvas.rect(left + CARD - 48, top - 11, 40, 17, rx=8, fill=theme.blue)
            canvas.text(
                left + CARD - 28,
                top + 1.5,
                "now",
                size=_SIZE,
                anchor="middle",
                bold=True,
                fill=theme.paper,
            )
        if now and life.tried is not None:
            self._crossed(left, top + TITLE + ROW * len(self.loops[state]), life.tried)

    def _loop(self, left: float, top: float, state: str, action: str) -> None:
        """Draw a step that leads back to its state: an arrow in a circle, and its name."""
        pen = self._pen(state, action, state)
        colour = self._colour(pen.weight)
        possible = any(row[:2] == (state, action) for row in self.life.possible)
        sign = self.theme.green if possible else colour
        x, y = left + 15, top + 7
        told = f"{state}: {action}, then {state}"
        self.canvas.path(
            f"M{number(x + 4.3)} {number(y - 2.5)} A5 5 0 1 0 {number(x + 2)} {number(y + 4.6)}",
            stroke=sign,
            stroke_width=1.8 if pen.weight else 1,
            stroke_dasharray="3 2" if of_peer(action) else None,
            title=told,
        )
        head = [(x + 6.6, y + 2.2), (x + 0.6, y + 1.6), (x + 3.6, y + 7.6)]
        points = " ".join(f"{number(px)},{number(py)}" for px, py in head)
        self.canvas.add("polygon", points=points, fill=sign)
        x += 11
        if pen.number:
            self._badge(x + _BADGE, y, pen.number, pen.weight)
            x += 2 * _BADGE + 4
        bold = pen.weight > _FAINT
        words = clipped(pen.words, _SIZE, left + CARD - 4 - x, bold=bold)
        self.canvas.text(x, y + 4, words, size=_SIZE, bold=bold, fill=colour, title=pen.words)

    def _crossed(self, left: float, top: float, step: str) -> None:
        """Write the step that was tried, with a cross before it and a line through it."""
        red, y = self.theme.red, top + 7
        for way in (1, -1):
            self.canvas.line(
                left + 11, y - 4 * way, left + 19, y + 4 * way, stroke=red, stroke_width=2.4
            )
        words = clipped(step, _SIZE, CARD - 32, bold=True)
        self.canvas.text(
            left + 26,
            y + 4,
            words,
            size=_SIZE,
            bold=True,
            fill=red,
            title=step,
            text_decoration="line-through",
        )

    def _note(self) -> None:
        """Say from where a close is possible: an arrow from each would cover the rest."""
        states = [before for before, after in self.arrows if after == "closed"]
        every = len(states) == len(self.layout.places) - 1
        words = "close leads here from every state" if every else f"from {', '.join(states)}"
        _, below = self._side("closed", "bottom", 0)
        self._text(Label(self.layout.note, below + 18, "middle"), words, self.theme.faint)

    def legend(self, y: float) -> None:
        """Explain the signs that this picture has."""
        life, theme = self.life, self.theme
        signs: list[tuple[str, int, str | None]] = []
        if life.tried is None:
            signs.append(("the way it went", _WALKED, None))
        if life.way:
            signs.append(("missing before it", _MISSING, None))
        if life.possible:
            signs.append(("possible now", _POSSIBLE, None))
        signs.append(("not now", _FAINT, None))
        if any(of_peer(action) for _, action, _ in life.rows):
            signs.append(("the peer's doing", _FAINT, "6 4"))
        x = _MARGIN
        for words, weight, dashes in signs:
            self._line([(x, y - 4), (x + 34, y - 4)], weight, dashes=dashes)
            self.canvas.text(x + 42, y, words, size=_SIZE, fill=theme.ink)
            x += 42 + text_width(words, _SIZE) + 18
