"""Where the texts of a picture are: so that none is outside of it or on top of another one."""

from typing import NamedTuple
from xml.etree import ElementTree as ET

from netsteps.show.svg import text_width

ABOVE, BELOW = 0.76, 0.22  # of the font size, from the base line
SLACK = 0.6  # pixels: touching is not overlapping


class Box(NamedTuple):
    text: str
    left: float
    top: float
    right: float
    bottom: float


def boxes(svg: str) -> list[Box]:
    """Measure every text of a picture; the width is the most that it can be."""
    found = []
    for element in ET.fromstring(svg).iter():
        if element.tag.rpartition("}")[2] != "text":
            continue
        words = element.text or "".join(child.tail or "" for child in element)
        size = float(element.attrib["font-size"])
        mono = "mono" in element.attrib["font-family"]
        wide = text_width(words, size, mono=mono)
        anchor = element.attrib.get("text-anchor", "start")
        left = float(element.attrib["x"]) - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        base = float(element.attrib["y"])
        found.append(Box(words, left, base - ABOVE * size, left + wide, base + BELOW * size))
    return found


def outside(svg: str) -> list[Box]:
    """Give the texts that reach beyond the picture."""
    root = ET.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    return [
        box
        for box in boxes(svg)
        if box.left < -SLACK
        or box.top < -SLACK
        or box.right > width + SLACK
        or box.bottom > height + SLACK
    ]


def overlapping(svg: str) -> list[tuple[Box, Box]]:
    """Give the pairs of texts of which one lies on the other."""
    found = []
    sorted_boxes = sorted((box for box in boxes(svg) if box.text.strip()), key=lambda box: box.top)
    for number, box in enumerate(sorted_boxes):
        for other in sorted_boxes[number + 1 :]:
            if other.top >= box.bottom - SLACK:
                break
            if other.left < box.right - SLACK and box.left < other.right - SLACK:
                found.append((box, other))
    return found
