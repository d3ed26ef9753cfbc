"""Pictures are measured as they are drawn: no text is cut off, and none lies on another.

The width of a text is the most that it can be (svg.text_width), so that a picture that passes here
is good with every usual font.
"""

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from netsteps.show.svg import text_width

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


class Box(NamedTuple):
    """A text, and the rectangle that it covers."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0.5 and down > 0.5

    def holds(self, other: "Box") -> bool:
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def check(svg: str) -> None:
    """Fail when a text is outside of the picture, on another text, or on the edge of a box."""
    assert texts(svg), "no text"
    assert not outside(svg), f"outside of the picture: {outside(svg)}"
    assert not overlaps(svg), overlaps(svg)
    assert not straddling(svg), f"on the edge of a box: {straddling(svg)}"


def outside(svg: str) -> list[Box]:
    """Give the texts that reach beyond the picture."""
    _, _, width, height = map(float, NUMBERS.findall(ET.fromstring(svg).attrib["viewBox"]))
    return [
        box
        for box in texts(svg)
        if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height
    ]


def overlaps(svg: str) -> list[tuple[Box, Box]]:
    """Give each two texts that lie on each other."""
    found = []
    boxes = sorted(texts(svg), key=lambda box: box.top)
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            if other.top >= one.bottom:
                break
            if one.overlaps(other):
                found.append((one, other))
    return found


def straddling(svg: str) -> list[Box]:
    """Give each text that lies on the edge of a rectangle, which is not under a later one."""
    rectangles: list[Box] = []
    for element, x, y in elements(ET.fromstring(svg), 0, 0):
        if element.tag.endswith("}rect"):
            left, top, width, height = (
                float(element.get(name, "0")) for name in ("x", "y", "width", "height")
            )
            left, top = left + x, top + y
            rectangles.append(Box("", left, top, left + width, top + height))
    found = []
    for text in texts(svg):
        around = [place for place, rect in enumerate(rectangles) if rect.holds(text)]
        later = rectangles[max(around, default=-1) + 1 :]
        if any(rect.overlaps(text) and not rect.holds(text) for rect in later):
            found.append(text)
    return found


def texts(svg: str) -> list[Box]:
    """Give the box of each text of the picture."""
    return [
        box(element, x, y)
        for element, x, y in elements(ET.fromstring(svg), 0, 0)
        if element.tag.endswith("}text")
    ]


def box(element: "ET.Element", x: float, y: float) -> Box:
    text = (element.text or "") + "".join(
        child.text or "" for child in element if child.tag.endswith("}tspan")
    )
    text += "".join(child.tail or "" for child in element)
    size = float(element.get("font-size", "12"))
    mono = "mono" in element.get("font-family", "")
    bold = element.get("font-weight") == "bold" and not mono
    width = text_width(text, size, mono=mono, bold=bold)
    left = x + float(element.get("x", "0"))
    left -= {"middle": width / 2, "end": width}.get(element.get("text-anchor", "start"), 0)
    base = y + float(element.get("y", "0"))
    # From the top of a capital letter to the lowest of a "g".
    return Box(text, left, base - 0.76 * size, left + width, base + 0.24 * size)


def elements(
    parent: "ET.Element", x: float, y: float
) -> "Iterator[tuple[ET.Element, float, float]]":
    """Give each element, and how far the groups around it move it."""
    for child in parent:
        here = x, y
        transform = child.get("transform", "")
        if transform:
            assert transform.startswith("translate("), f"{transform}: only moves are measured"
            moved = [*map(float, NUMBERS.findall(transform)), 0.0]
            here = x + moved[0], y + moved[1]
        yield child, *here
        yield from elements(child, *here)


def crossed(svg: str) -> list[tuple[str, str]]:
    """Give each text that a straight line runs through, with that line's path.

    Only lines and paths of straight pieces along the axes are looked at.
    """
    found = []
    boxes = texts(svg)
    for element, x, y in elements(ET.fromstring(svg), 0, 0):
        tag = element.tag.rpartition("}")[2]
        if tag == "line":
            d = "M{x1} {y1} L{x2} {y2}".format(**element.attrib)
        elif tag == "path" and not re.search("[^ML0-9. -]", element.attrib["d"]):
            d = element.attrib["d"]
        else:
            continue
        numbers = list(map(float, NUMBERS.findall(d)))
        points = [(px + x, py + y) for px, py in zip(numbers[::2], numbers[1::2], strict=True)]
        for (ax, ay), (bx, by) in pairwise(points):
            piece = Box(d, min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            found += [
                (box.text, d)
                for box in boxes
                if min(piece.right, box.right) >= max(piece.left, box.left)
                and min(piece.bottom, box.bottom) >= max(piece.top, box.top)
            ]
    return found
