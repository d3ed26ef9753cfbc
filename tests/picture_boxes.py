"""Where the words of a picture are: for tests that none lies upon another, or outside."""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from netsteps.show.svg import text_width


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float
    text: str

    def meets(self, other: "Box") -> bool:
        return not (
            self.right <= other.left
            or other.right <= self.left
            or self.bottom <= other.top
            or other.bottom <= self.top
        )


def words_of(svg: str) -> tuple[Box, list[Box]]:
    """Give the box of the picture, and those of all its texts: the height of their letters."""
    root = ET.fromstring(svg)
    _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
    boxes = []
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        text = (element.text or "") + "".join(
            (part.text or "") + (part.tail or "")
            for part in element
            if not part.tag.endswith("title")
        )
        for part in element:
            if part.tag.endswith("title"):
                text = (part.tail or "") + text
        size = float(element.attrib["font-size"])
        mono = "monospace" in element.attrib["font-family"]
        bold = element.attrib.get("font-weight") == "bold"
        wide = text_width(text, size, mono=mono, bold=bold)
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = {"middle": x - wide / 2, "end": x - wide}.get(
            element.attrib.get("text-anchor", "start"), x
        )
        boxes.append(Box(left, y - 0.76 * size, left + wide, y + 0.2 * size, text))
    return Box(0, 0, width, height, ""), boxes


def collisions(svg: str) -> list[str]:
    """Name the texts that leave the picture, or lie upon another one."""
    picture, boxes = words_of(svg)
    found = [
        f"outside: {box.text!r}"
        for box in boxes
        if box.left < 0 or box.top < 0 or box.right > picture.right or box.bottom > picture.bottom
    ]
    boxes.sort(key=lambda box: box.top)
    for number, box in enumerate(boxes):
        for other in boxes[number + 1 :]:
            if other.top >= box.bottom:
                break
            if box.meets(other):
                found.append(f"{box.text!r} upon {other.text!r}")
    return found
