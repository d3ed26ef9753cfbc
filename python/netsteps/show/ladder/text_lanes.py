"""The lanes of relays in the text form: columns with an edge on each side, and what is in them."""

from bisect import bisect_left
from typing import TYPE_CHECKING

from netsteps.show.ladder.model import leftwards
from netsteps.show.tables import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsteps.show.ladder.layout import Picture
    from netsteps.show.ladder.model import Link, Relay, Step
    from netsteps.show.ladder.rails import Rails

__all__ = ["TextLanes", "short"]

_HALF = 14  # between a side and a relay, where there is room
_LEAST_HALF = 8
_LANE = (22, 28)  # the width of a lane, at least and at most
_NARROW = (16, 21)  # and where there are several
_RAILS = 12  # beside the words, for ways that go down
# The signs of what does not go on; of all else there: a cross.
_STOPS = {"reset": "↯", "refused": "⊖", "stalled": "‖", "silent": "‖"}


def short(text: str, room: int) -> str:
    """Cut a text to so many characters."""
    return text if len(text) <= room else text[: max(room - 3, 0)] + "..."


def told(text: str, room: int) -> str:
    """Say a verdict with its rule; where there is no room for both, the rule, which names it."""
    if len(text) <= room:
        return text
    verdict, colon, rule = text.partition(": ")
    return rule if colon and len(rule) <= room else short(verdict if colon else text, room)


class TextLanes:
    """The lanes of a picture, each with the columns of its two edges, once they are placed."""

    def __init__(self, picture: "Picture", columns: int) -> None:
        self._picture, self._columns = picture, columns
        self._labels = [label for label in picture.labels if label.anchor == "middle"]
        self._words = {
            id(label.step): printable(label.name) for label in self._labels if label.name
        }
        self._widths = [self._width(lane.relay) for lane in picture.lanes]
        self._edges: dict[int, tuple[int, int]] = {}
        self._going = {
            id(link.source)
            for link in picture.model.links
            if link.kind == "passage" and link.target is not None
        }

    def __bool__(self) -> bool:
        return bool(self._widths)

    def _width(self, relay: "Relay") -> int:
        own = [label for label in self._labels if label.step.line.relay is relay]
        words = [len(self._words.get(id(label.step), "")) + _RAILS for label in own]
        least, most = _LANE if len(self._picture.lanes) == 1 else _NARROW
        return min(max([least, *words]), most + max(self._columns - 100, 0) // 4)

    def least(self, half: int = _HALF) -> int:
        """Give how many columns there must be between the sides."""
        half = half if len(self._widths) == 1 else _LEAST_HALF
        return sum(self._widths) + (len(self._widths) + 1) * half

    def narrow(self, columns: int) -> int:
        """Make the lanes narrower by so many columns in all, or fewer; gives how many."""
        gained = 0
        for number, width in enumerate(self._widths):
            less = min(max(width - _LANE[0], 0), columns - gained)
            self._widths[number] -= less
            gained += less
        return gained

    def place(self, middle: int) -> int:
        """Place the lanes in so many columns; gives how many it takes."""
        middle = max(middle, self.least(_LEAST_HALF))
        pause = (middle - sum(self._widths)) // (len(self._widths) + 1)
        at = 0
        for lane, width in zip(self._picture.lanes, self._widths, strict=True):
            at += pause
            self._edges[id(lane.relay)] = (at, at + width - 1)
            at += width
        return middle

    def draw(self, rails: "Rails", ys: "Sequence[float]") -> None:
        """Draw the edges."""
        for lane in self._picture.lanes:
            for column in self._edges[id(lane.relay)]:
                rails.wall(column, bisect_left(ys, lane.top), len(ys))

    def span(self, link: "Link", way: int, middle: int) -> tuple[int, int]:
        """Give the columns where a line begins and ends: a side, or the edge of a lane."""
        start, stop = (0, middle - 1) if way > 0 else (middle - 1, 0)
        begin, end = (self._edges.get(id(line.relay)) for line in (link.begin, link.end))
        if begin is not None:
            start = begin[way > 0]
        if end is not None:
            stop = end[way < 0] - way
        return start, stop

    def passage(self, rails: "Rails", link: "Link", source: int | None, target: int | None) -> None:
        """Draw what goes through a relay, from edge to edge; or what comes in and stays."""
        step = link.source or link.target
        edges = self._edges.get(id(link.begin.relay))
        if step is None or edges is None:
            return
        way = -1 if leftwards(link) else 1
        span = edges if way > 0 else edges[::-1]
        at = link.target or step
        text = self._words.get(id(at.joined or at), "") or self._words.get(id(link.source), "")
        text = "" if link.copy else text  # of a copy the line says it
        if source is not None and target is not None:
            rails.bent(id(link.source), source, target, way, text, span=span, head=False)
        elif source is not None and (link.target is not None or step.count > 1):
            if link.target is None and id(step) in self._going:
                return  # those of the run that go on are drawn there
            words = short(text or "...", abs(span[1] - span[0]) - 5)
            rails.flat(source, way, words, line="─", head="─", span=span)
        elif source is not None:
            words = told(self._words.get(id(step), ""), abs(span[1] - span[0]) - 4)
            head = f"{_STOPS.get(step.verdict, '✕')} {words}"
            rails.flat(source, way, "", line="─", head=head, part=0.1, span=span)
        elif target is not None:
            rails.flat(target, way, text, line="─", head="─", span=span)

    def deeds(self, rails: "Rails", row: "Mapping[int, int]", signs: "Mapping[str, str]") -> None:
        """Write what a relay did to a connection itself, at the edge of the lane."""
        broken = {id(link.source) for link in self._picture.model.links if link.kind == "reset"}
        for label in self._labels:
            step = label.step
            edges = self._edges.get(id(step.line.relay))
            if edges is None or id(step) not in row:
                continue
            way = 1 if step.line.faces == "left" else -1
            if step.sign and not step.verdict:
                sign = "reset" if id(step) in broken else step.sign
                rails.words(row[id(step)], edges[way < 0], signs[sign])
            elif not step.way and step.verdict:
                self._deed(rails, row[id(step)], step, edges)

    def _deed(self, rails: "Rails", row: int, step: "Step", edges: tuple[int, int]) -> None:
        sign = _STOPS.get(step.verdict, "✕")
        words = told(self._words.get(id(step), ""), edges[1] - edges[0] - 4)
        if step.line.faces == "left":
            rails.words(row, edges[0] + 1, f"{sign} {words}".rstrip())
        else:
            text = f"{words} {sign}".lstrip()
            rails.words(row, edges[1] - len(text), text)

    def head(self, start: int, least: int, sides: tuple[str, str]) -> str:
        """Write who stands where: the relays above their lanes, between those of the sides.

        start: the column where the middle begins. least: where the left side's words may begin.
        """
        edges = [start + at for lane in self._picture.lanes for at in self._edges[id(lane.relay)]]
        chars = [" "] * (self._columns + 1)

        def write(at: int, text: str) -> None:
            for offset, char in enumerate(text):
                if 0 <= at + offset < len(chars):
                    chars[at + offset] = char

        one = short(sides[0], max(edges[0] - 1 - least, 0))
        other = short(sides[1], max(self._columns - edges[-1] - 2, 0))
        write(max(min(start, edges[0] - 1) - len(one), 0), one)
        write(max(self._columns - len(other), edges[-1] + 2), other)
        for lane in self._picture.lanes:
            first, last = self._edges[id(lane.relay)]
            words = short(printable(f"relay {lane.relay.local}"), last - first + 1)
            write(start + first + (last - first + 1 - len(words)) // 2, words)
        return "".join(chars)
