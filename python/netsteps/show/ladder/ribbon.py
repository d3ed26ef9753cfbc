"""The stream of bytes as a ribbon: the cuts of the sender above the cuts of the reader.

Drawn where they differ. What was written in one call can be read in three, and the other way round:
TCP carries bytes and keeps no borders.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from netsteps.show.ladder.colours import link_colour
from netsteps.show.svg import clipped, text_width
from netsteps.show.units import plural, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsteps.show.ladder.layout import Picture
    from netsteps.show.ladder.model import Link, Model, Step
    from netsteps.show.svg import Canvas

__all__ = ["Ribbon", "draw_ribbons", "ribbons_height", "ribbons_of"]

_MOST = 4  # ribbons in one picture
_PIECES = 18  # pieces in one ribbon
_LETTERS = 56  # bytes that are written out, one in each cell
_TITLE = 30.0
_HEIGHT = 100.0
_ROW = 20.0
_LEFT = 12.0
_LEAST = 34.0  # pixels of a piece
_LEGIBLE = 70.0  # and of one whose call can be named

Cut = tuple[int, int, "Step"]


@dataclass(slots=True)
class Ribbon:
    """A part of a stream that the two ends cut in different places."""

    link: "Link"  # one of its links: who sent, who read
    sent: list[Cut]
    read: list[Cut]

    @property
    def first(self) -> int:
        """The position of its first byte."""
        return self.sent[0][0]

    @property
    def behind(self) -> int:
        """The position behind its last byte."""
        return max(self.sent[-1][1], self.read[-1][1])

    @property
    def cuts(self) -> list[int]:
        """All positions where one of the two ends cut."""
        return sorted({at for first, behind, _ in self.sent + self.read for at in (first, behind)})


def ribbons_of(model: "Model") -> list[Ribbon]:
    """Find the parts of streams whose cuts differ."""
    streams: dict[tuple[int, int], list[Link]] = {}
    for link in model.links:
        if link.kind == "data" and link.source and link.target and link.count == 1:
            streams.setdefault((id(link.begin), id(link.end)), []).append(link)
    found = [ribbon for links in streams.values() for ribbon in _ribbons(links)]
    return sorted(found, key=lambda ribbon: (ribbon.sent[0][2].at_ns, ribbon.first))


def _ribbons(links: "list[Link]") -> "Iterator[Ribbon]":
    """Follow one direction; a place where both ends cut ends a ribbon."""
    links.sort(key=lambda link: link.first)
    group: list[Link] = []
    for link, after in [*pairwise(links), (links[-1], None)]:
        group.append(link)
        same = after is not None and (link.source is after.source or link.target is after.target)
        if same:
            continue
        if len(group) > 1:
            yield Ribbon(group[0], _cuts(group, "source"), _cuts(group, "target"))
        group = []


def _cuts(links: "list[Link]", end: str) -> list[Cut]:
    cuts: dict[int, Cut] = {}
    for link in links:
        step: Step = getattr(link, end)
        first, _, _ = cuts.get(id(step), (link.first, 0, step))
        cuts[id(step)] = (first, link.first + link.size, step)
    return list(cuts.values())


def ribbons_height(picture: "Picture") -> float:
    """Give the height of all ribbons, in pixels."""
    count = len(ribbons_of(picture.model))
    if not count:
        return 0
    return _TITLE + min(count, _MOST) * _HEIGHT + (18 if count > _MOST else 0)


def draw_ribbons(canvas: "Canvas", picture: "Picture", top: float) -> None:
    """Draw the ribbons, one below the other."""
    ribbons = ribbons_of(picture.model)
    if not ribbons:
        return
    title = "One stream, cut in two ways: above by the calls that sent, below by those that read"
    canvas.text(
        _LEFT, top + 18, clipped(title, 13, picture.width - 24, bold=True), size=13, bold=True
    )
    top += _TITLE
    for ribbon in ribbons[:_MOST]:
        _Drawer(canvas, picture, ribbon, top).draw()
        top += _HEIGHT
    if len(ribbons) > _MOST:
        more = f"and {len(ribbons) - _MOST} more places where the cuts differ"
        canvas.text(_LEFT, top + 12, more, size=11, fill=canvas.theme.faint)


def ends_of(ribbon: Ribbon) -> tuple[str, str]:
    """Say who sent and who read."""
    names = {"left": "server", "right": "client", "relay": "relay"}
    return names[ribbon.link.begin.side], names[ribbon.link.end.side]


def letters(ribbon: Ribbon) -> "list[str] | None":
    """Give its bytes, one text for each; None when they are too many or were not all kept."""
    if ribbon.behind - ribbon.first > _LETTERS:
        return None
    written: list[str] = []
    for first, behind, step in ribbon.sent:
        skip = first - (step.offset if step.offset is not None else first)
        data = bytes(step.event.preview)[skip : skip + behind - first]
        if len(data) < behind - first:
            return None
        written += [chr(byte) if 33 <= byte < 127 else "␣" if byte == 32 else "·" for byte in data]
    # A hole in what was recorded: the places would be wrong.
    return written if len(written) == ribbon.behind - ribbon.first else None


class _Drawer:
    """One ribbon, being drawn."""

    def __init__(self, canvas: "Canvas", picture: "Picture", ribbon: Ribbon, top: float) -> None:
        self.canvas, self.picture, self.ribbon, self.top = canvas, picture, ribbon, top
        self.colour = link_colour(picture, canvas.theme, ribbon.link)
        self.left = _LEFT + 96
        self.room = picture.width - self.left - 16
        cuts = ribbon.cuts
        self.shown = cuts[: _PIECES + 1]
        self.letters = letters(ribbon) if len(cuts) == len(self.shown) else None
        self.x = self._places()

    def _places(self) -> dict[int, float]:
        """Give each cut its place: in proportion, but no piece too small to be seen."""
        total = max(self.shown[-1] - self.shown[0], 1)
        pieces = [behind - first for first, behind in pairwise(self.shown)]
        if self.letters is not None:
            cell = min(max(16.0, _LEGIBLE / min(pieces)), 40.0, self.room / total)
            widths = [size * cell for size in pieces]
        else:
            spare = max(self.room - _LEAST * len(pieces) - 30, 0.0)
            widths = [_LEAST + spare * size / total for size in pieces]
        x, places = self.left, {self.shown[0]: self.left}
        for cut, width in zip(self.shown[1:], widths, strict=True):
            x += width
            places[cut] = x
        return places

    def draw(self) -> None:
        theme, top = self.canvas.theme, self.top
        who, other = ends_of(self.ribbon)
        tag = self.picture.several and (self.ribbon.link.source or self.ribbon.link.target)
        if tag:
            self.canvas.text(_LEFT, top + 27, str(tag.tag), size=12, fill=self.colour, bold=True)
        x = _LEFT + (text_width(str(tag.tag), 12) + 8 if tag else 0)
        self.canvas.text(x, top + 27, f"{who} sent", size=11, fill=theme.ink)
        strip = 18.0 if self.letters is not None else 8.0
        self.canvas.text(x, top + 13 + _ROW + strip + 14, f"{other} read", size=11, fill=theme.ink)
        self._boxes(self.ribbon.sent, top + 13)
        self._numbers(
            {at for first, behind, _ in self.ribbon.sent for at in (first, behind)}, top + 9
        )
        middle = top + 13 + _ROW
        self._strip(middle, strip)
        self._boxes(self.ribbon.read, middle + strip)
        read = {at for first, behind, _ in self.ribbon.read for at in (first, behind)}
        self._numbers(read, middle + strip + _ROW + 11)
        if len(self.ribbon.cuts) > len(self.shown):
            more = f"and {plural(len(self.ribbon.cuts) - len(self.shown), 'more cut')}"
            self.canvas.text(self.left, middle + strip + _ROW + 25, more, size=11, fill=theme.faint)

    def _boxes(self, cuts: list[Cut], y: float) -> None:
        covered = -1
        for first, behind, step in cuts:
            if first not in self.x or first < covered:
                continue  # not shown, or told twice by a broken recording
            covered = behind
            end = self.x.get(behind, max(self.x.values()) + 20)
            left = self.x[first]
            self.canvas.rect(
                left + 0.8,
                y,
                end - left - 1.6,
                _ROW,
                rx=3,
                fill=self.colour,
                fill_opacity="0.15",
                stroke=self.colour,
                stroke_width=1.3,
            )
            size = size_text(behind - first)
            room = end - left - 6
            for text in (f"{step.name} {size}", size, str(behind - first)):
                if text_width(text, 11) <= room:
                    self.canvas.text((left + end) / 2, y + 14, text, size=11, anchor="middle")
                    break

    def _strip(self, y: float, height: float) -> None:
        """Draw the bytes themselves."""
        theme = self.canvas.theme
        first, last = self.x[self.shown[0]], self.x[self.shown[-1]]
        self.canvas.rect(first, y, last - first, height, fill=theme.panel)
        if self.letters is None:
            return
        cell = (last - first) / max(len(self.letters), 1)
        for number, letter in enumerate(self.letters):
            self.canvas.text(
                first + (number + 0.5) * cell,
                y + 13,
                letter,
                size=min(12, cell * 1.1),
                anchor="middle",
                mono=True,
                fill=theme.faint if letter in "␣·" else theme.ink,
            )

    def _numbers(self, cuts: set[int], y: float) -> None:
        """Write the position at each cut, where there is room."""
        end = 0.0
        for at in sorted(cuts & self.x.keys()):
            text = f"{at:,}"
            half = text_width(text, 9) / 2
            x = self.x[at]
            if x - half < end:
                continue
            self.canvas.text(x, y, text, size=9, anchor="middle", fill=self.canvas.theme.faint)
            end = x + half + 3
