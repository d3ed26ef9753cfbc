"""What crossed from one lifeline to the other: arrows, bands of many arrows, and their words."""

from collections import Counter
from math import hypot
from typing import TYPE_CHECKING

from netsteps.show.ladder.colours import colour_of, link_colour
from netsteps.show.ladder.room import Box, Words
from netsteps.show.ladder.signs import arrow_head, fin_head, sign
from netsteps.show.ladder.words import fate_text, link_label, link_title
from netsteps.show.svg import clipped, number, text_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsteps.show.ladder.layout import Picture
    from netsteps.show.ladder.model import Link, Step
    from netsteps.show.svg import Canvas

__all__ = ["draw_links"]

_SIZE = 11.0
_STUB = 60.0  # of an arrow whose other end is in the middle that was left out
# Along an arrow, best first: alone, leaving a common call, coming to one, both.
_PLACES = (
    (0.5, 0.36, 0.64, 0.24, 0.76, 0.15, 0.85),
    (0.7, 0.78, 0.62, 0.54, 0.86, 0.45),
    (0.3, 0.22, 0.38, 0.46, 0.14, 0.55),
    (0.5, 0.42, 0.58, 0.34, 0.66),
)
_DATA = {"data", "datagram"}


def draw_links(canvas: "Canvas", picture: "Picture") -> "Callable[[], None]":
    """Draw all that crossed; the words are drawn by what it gives, above everything else."""
    words = Words()
    for fold in picture.rows.breaks:
        if not fold.busy:
            words.place((0, picture.top + fold.top, picture.width, picture.top + fold.bottom))
    for label in picture.labels:
        if label.anchor == "middle" and label.name:
            half = label.width / 2 + 12
            words.reserve((label.x - half, label.y - 8, label.x + half, label.y + 8))
    if picture.several:
        for line in picture.model.lines:
            x, y = picture.x[id(line)], picture.top + picture.begins[id(line)]
            words.reserve((x - 12, y - 9, x + 12, y + 9))  # its number
    out: Counter[int] = Counter(id(link.source) for link in picture.model.links if link.source)
    into: Counter[int] = Counter(id(link.target) for link in picture.model.links if link.target)
    for link in picture.model.links:
        if link.kind == "passage":
            continue
        if id(link.begin) in picture.x and id(link.end) in picture.x:
            canvas.open()
            # Where arrows meet in one point, their words go to where they are apart.
            fan = out[id(link.source)] > 1, into[id(link.target)] > 1
            _Arrow(canvas, picture, link, words, fan=fan).draw()
            canvas.close()

    def write() -> None:
        for place in words.later:
            place()
        for each in words.written:
            each()

    return write


class _Arrow:
    """One link, being drawn."""

    def __init__(
        self,
        canvas: "Canvas",
        picture: "Picture",
        link: "Link",
        words: Words,
        *,
        fan: tuple[bool, bool],
    ) -> None:
        self.canvas, self.picture, self.link = canvas, picture, link
        self.words = words
        self.places = _PLACES[fan[0] + 2 * fan[1]]
        self.colour = link_colour(picture, canvas.theme, link)
        self.title = link_title(link, picture.model)
        self.begin, self.end = picture.x[id(link.begin)], picture.x[id(link.end)]
        self.way = 1.0 if self.end >= self.begin else -1.0

    def _y(self, step: "Step | None") -> float | None:
        if step is None or id(step) not in self.picture.rows.at:
            return None
        return self.picture.at(step)

    def draw(self) -> None:
        link = self.link
        source, target = self._y(link.source), self._y(link.target)
        if link.kind == "handshake":
            self._handshake(source, target)
        elif source is not None and target is not None:
            if link.count > 1:
                self._band()
            else:
                self._straight(source, target)
        elif source is not None and link.target is not None and link.target.left_out:
            x = self.begin + 5 * self.way
            self._line(x, source, x + _STUB * self.way, source, dash="3 3")
        elif target is not None and link.source is not None and link.source.left_out:
            x = self.end - 5 * self.way
            way = self._line(x - _STUB * self.way, target, x, target, dash="3 3")
            self._head(x, target, way)
        elif source is not None:
            if link.source is not None and link.source.count > 1:
                begin, end = self.picture.bar(link.source)
                source = begin + (end - begin) * 0.75  # within the run, off its edge
            self._departs(source)
        elif target is not None:
            self._arrives(target)

    def _line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        dash: str | None = None,
        wide: float = 1.6,
    ) -> tuple[float, float]:
        """Draw a line, and give its direction."""
        self.canvas.line(
            x1,
            y1,
            x2,
            y2,
            stroke=self.colour,
            stroke_width=wide,
            stroke_dasharray=dash,
            title=self.title,
        )
        length = hypot(x2 - x1, y2 - y1) or 1.0
        return (x2 - x1) / length, (y2 - y1) / length

    def _head(self, x: float, y: float, way: tuple[float, float], *, hollow: bool = False) -> None:
        self.words.reserve((min(x, x - 10 * way[0]), y - 5, max(x, x - 10 * way[0]), y + 5))
        if self.link.kind == "fin":
            fin_head(self.canvas, x, y, way, self.colour)
        else:
            arrow_head(self.canvas, x, y, way, self.colour, hollow=hollow)

    def _straight(self, y1: float, y2: float) -> None:
        """Draw an arrow from call to call."""
        sides = {self.link.begin.side, self.link.end.side}
        if self.begin == self.end or (len(sides) == 1 and "relay" not in sides):
            self._around(y1, y2)
            return
        x1 = self.begin + self._gap() * self.way
        x2 = self.end - (self._gap(come=True) + (3 if self._signed() else 0)) * self.way
        dash = "7 3" if self.link.kind == "fin" else None
        way = self._line(x1, y1, x2, y2, dash=dash)
        self._head(x2, y2, way)
        if self.link.kind == "reset":
            sign(self.canvas, "reset", (x1 + x2) / 2, (y1 + y2) / 2, self.colour)
        self._words(x1, y1, x2, y2)

    def _gap(self, *, come: bool = False) -> float:
        """Keep away from the signs of a lifeline; an edge of a relay's lane has few."""
        end = self.link.end if come else self.link.begin
        return 1.0 if end.relay is not None else 5.0

    def _signed(self) -> bool:
        return self.link.target is not None and self.link.target.sign != ""

    def _around(self, y1: float, y2: float) -> None:
        """Draw an arrow between two lifelines of one side: out into the middle, and back."""
        inward = 1 if self.link.begin.side == "left" else -1
        out = max(self.begin * inward, self.end * inward) * inward + 70 * inward
        x1, x2 = self.begin + 5 * inward, self.end + 6 * inward
        path = f"M{number(x1)} {number(y1)} C{number(out)} {number(y1)} {number(out)} {number(y2)}"
        self.canvas.path(
            f"{path} {number(x2)} {number(y2)}",
            stroke=self.colour,
            stroke_width=1.6,
            title=self.title,
        )
        self._head(x2, y2, (-inward, 0))
        self._words(x1, y1, out + 60 * inward, y2)

    def _band(self) -> None:
        """Draw many arrows as one: from when to when they left, from when to when they came."""
        source, target = self.link.source, self.link.target
        if source is None or target is None:
            return
        a, b = self.picture.bar(source)
        c, d = self.picture.bar(target)
        b, d = max(b, a + 4), max(d, c + 4)
        x1, x2 = self.begin + 5 * self.way, self.end - 5 * self.way
        points = " ".join(
            f"{number(x)},{number(y)}" for x, y in ((x1, a), (x2, c), (x2, d), (x1, b))
        )
        self.canvas.add(
            "polygon", points=points, fill=self.colour, fill_opacity="0.12", title=self.title
        )
        for y1, y2 in ((a, c), (b, d)):
            way = self._line(x1, y1, x2, y2, wide=1.0)
            self._head(x2, y2, way)
        # Both directions of a cycle share one band: their words stand one above the other.
        off = 9 * self.way if len(source.names) > 1 else 0
        self._words(x1, (a + b) / 2 - off, x2, (c + d) / 2 - off)

    def _departs(self, y: float) -> None:
        """Draw what no call was seen to receive."""
        fate = self.link.fate
        span = abs(self.end - self.begin)
        if self.link.kind in {"fin", "reset"}:
            x1 = self.begin + 6 * self.way
            x2 = x1 + 64 * self.way
            way = self._line(x1, y, x2, y, dash="7 3" if self.link.kind == "fin" else None)
            self._head(x2, y, way)
            self._words(x1, y, x2 + 50 * self.way, y, fixed=x2 + 20 * self.way)
            return
        x1 = self.begin + self._gap() * self.way
        if fate == "unseen":
            x2 = self.end - 2 * self.way
            two_thirds = x1 + (x2 - x1) * 0.66
            self._line(x1, y, two_thirds, y)
            way = self._line(two_thirds, y, x2, y, dash="3 3")
            self._head(x2, y, way, hollow=True)
            self._words(x1, y, x2, y)
            return
        text = fate_text(self.link)
        drop = 6 if fate == "lost" else 0
        rest = max(span * (0.38 if fate == "lost" else 0.2), text_width(text, _SIZE) + 48)
        x2 = self.end - min(rest, span * 0.7) * self.way
        way = self._line(x1, y, x2, y + drop)
        self._head(x2, y + drop, way, hollow=fate != "lost")
        sign(self.canvas, fate, x2 + 10 * self.way, y + drop, self.colour)
        self._note(x2 + 20 * self.way, y + drop, text, abs(self.end - x2) - 26)
        self._words(x1, y, x2, y + drop)

    def _arrives(self, y: float) -> None:
        """Draw what came from an end that is not in the trace."""
        x1, x2 = self.begin + 2 * self.way, self.end - self._gap(come=True) * self.way
        third = x1 + (x2 - x1) * 0.34
        self._line(x1, y, third, y, dash="3 3")
        way = self._line(third, y, x2, y, dash="7 3" if self.link.kind == "fin" else None)
        self._head(x2, y, way)
        if self.link.kind == "reset":
            sign(self.canvas, "reset", (x1 + x2) / 2, y, self.colour)
        self._words(x1, y, x2, y)

    def _handshake(self, source: float | None, target: float | None) -> None:
        """Draw the kernel's handshake, which was not observed: thin and broken."""
        link, rows = self.link, self.picture.rows
        if source is None:
            if target is not None:
                # When is not known: before the accept.
                x2, y = self.end - 3 * self.way, target - 12
                way = self._line(self.begin, y, x2, y, dash="2 4", wide=1.2)
                self._head(x2, y, way, hollow=True)
            return
        x1 = self.begin + 5 * self.way
        if link.fate == "lost":
            self._no_connection(x1, source)
            return
        arrived = rows.arrive.get(id(link))
        y2 = source + 8 if arrived is None else self.picture.top + arrived
        x2 = self.end - 3 * self.way
        way = self._line(x1, source, x2, y2, dash="2 4", wide=1.2)
        self._head(x2, y2, way, hollow=True)
        self._queue(x2, y2)

    def _queue(self, x: float, y: float) -> None:
        """Draw how long the connection waited to be accepted."""
        partner = self.link.begin.partner
        until = self._y(partner.accept if partner else None)
        if until is not None and until - y > 10:
            colour = colour_of(self.picture, self.canvas.theme, self.link.begin)
            self.canvas.line(
                x + 6,
                y + 4,
                x + 6,
                until - 4,
                stroke=colour,
                stroke_width=2,
                stroke_dasharray="2 2",
                title="in the accept queue of the listener",
            )

    def _no_connection(self, x1: float, y: float) -> None:
        """Draw a connect that was refused, or not answered."""
        step = self.link.source
        if step is None:
            return
        theme = self.canvas.theme
        end = self.picture.bar(step)[1]
        if step.sign in {"refused", "reset"}:
            x2 = self.end - 3 * self.way
            self._line(x1, y, x2, y + 3, dash="2 4", wide=1.2)
            self.colour = theme.red
            way = self._line(x2, y + 3, x1 + 6 * self.way, max(end, y + 8))
            self._head(x1 + 6 * self.way, max(end, y + 8), way)
            sign(self.canvas, step.sign, self.end, y + 3, self.colour)
            self._note((x1 + x2) / 2, (y + 3 + max(end, y + 8)) / 2, "RST", 60, middle=True)
            return
        x2 = x1 + abs(self.end - x1) * 0.55 * self.way
        way = self._line(x1, y, x2, y, dash="2 4", wide=1.2)
        self._head(x2, y, way, hollow=True)
        self._note(x2 + 8 * self.way, y, "no answer", abs(self.end - x2) - 14)

    # Words

    def _words(
        self, x1: float, y1: float, x2: float, y2: float, fixed: float | None = None
    ) -> None:
        """Write the words of an arrow upon it, where there is room."""
        text = clipped(link_label(self.link), _SIZE, abs(x2 - x1) * 0.8, mono=True)
        if not text:
            return
        self.words.later.append(lambda: self._place(text, (x1, y1, x2, y2), fixed))

    def _place(self, text: str, line: Box, fixed: float | None) -> None:
        x1, y1, x2, y2 = line
        half = text_width(text, _SIZE, mono=True) / 2 + 4
        left, right = self.picture.left.last + 8, self.picture.right.first - 8
        if self.link.begin.relay is not None or self.link.end.relay is not None:
            # Not in the lane, where other words are.
            left, right = max(left, min(x1, x2) + 2), min(right, max(x1, x2) - 2)
        for place in self.places if fixed is None else (0.5,):
            x = x1 + (x2 - x1) * place if fixed is None else fixed
            y = y1 + (y2 - y1) * place
            box = (x - half, y - 7, x + half, y + 7)
            if box[0] < left or box[2] > right:
                continue
            if self.words.place(box):
                self.words.written.append(lambda x=x, y=y: self._write(text, x, y, half))  # type: ignore[misc]
                return

    def _write(self, text: str, x: float, y: float, half: float, *, mono: bool = True) -> None:
        theme = self.canvas.theme
        self.canvas.rect(
            x - half + 2, y - 6, 2 * half - 4, 12, rx=3, fill=theme.paper, fill_opacity="0.9"
        )
        self.canvas.text(
            x,
            y + 3.8,
            text,
            size=_SIZE,
            anchor="middle",
            fill=self.colour,
            mono=mono,
            title=self.title,
        )

    def _note(self, x: float, y: float, text: str, room: float, *, middle: bool = False) -> None:
        """Write what became of it, beside its end."""
        text = clipped(text, _SIZE, room)
        half = text_width(text, _SIZE) / 2 + 3
        centre = x if middle else x + half * self.way
        if text and self.words.place((centre - half, y - 7, centre + half, y + 7)):
            self.colour, kept = (
                self.canvas.theme.red if self.link.fate == "lost" else self.colour,
                self.colour,
            )
            self.words.written.append(
                lambda colour=self.colour: self._write_note(text, centre, y, half, colour)  # type: ignore[misc]
            )
            self.colour = kept

    def _write_note(self, text: str, x: float, y: float, half: float, colour: str) -> None:
        theme = self.canvas.theme
        self.canvas.rect(
            x - half + 2, y - 6, 2 * half - 4, 12, rx=3, fill=theme.paper, fill_opacity="0.9"
        )
        self.canvas.text(x, y + 3.8, text, size=_SIZE, anchor="middle", fill=colour)
