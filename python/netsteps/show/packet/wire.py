"""The layers of a packet in colour: hues, hatches, and the bar of what is sent first and last.

A layer has the same hue and the same hatch in every picture; no meaning hangs on either alone, for
each part carries its number and its name as well.
"""

from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from netsteps.show.packet.anatomy import PADDING, gaps, plain
from netsteps.show.svg import clipped, text_width
from netsteps.show.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps.show.packet.anatomy import Packet
    from netsteps.show.svg import Canvas
    from netsteps.show.theme import Theme

__all__ = ["OSI", "Part", "Style", "bar", "parts_of", "sign", "swatch", "title"]

# Number, name, and what the layer answers: 4 and 3 in the words of the first lecture.
OSI = {
    7: ("Application", "what is said: the message"),
    6: ("Presentation", "how it is written"),
    5: ("Session", "who speaks when"),
    4: ("Transport", "who is it for: the port"),
    3: ("Network", "where to: the IP address"),
    2: ("Data link", "where to next: the card (MAC)"),
    1: ("Physical", "how bits travel"),
}
# For each layer of the model the hues of its first protocol and of the next ones (IPv4 and ICMP).
_HUES = {7: ("green", "yellow"), 4: ("orange", "yellow"), 3: ("blue", "sky"), 2: ("purple", "sky")}
# The hatches, as lines in a square of eight pixels.
_HATCHES = {
    7: "M0 2H8M0 6H8",
    4: "M0 0L8 8M-2 6L2 10M6 -2L10 2",
    3: "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    2: "M2 0V8M6 0V8",
    0: "M2 2h1.5M6 6h1.5",
}
_ANOTHER = "M1 4h2M5 4h2"  # on top of it for the second protocol of a layer
_SMALLEST = 46  # pixels of a part of the bar


class Style:
    """How the layers of one packet are painted.

    canvas: the picture, which gets the hatches. data: the bytes of the packet. kind: of the
    picture; the names of the hatches are made from both, so that two pictures on one page do not
    mix them up.
    """

    def __init__(self, canvas: "Canvas", data: bytes, kind: str) -> None:
        self.canvas = canvas
        self.data = data
        self.theme: Theme = canvas.theme
        self._prefix = f"hatch-{crc32(data + f'{kind} {canvas.theme.name}'.encode()):08x}"
        self._defined: set[str] = set()

    def hue(self, osi: int, nth: int = 0) -> str:
        """Give the colour of the nth protocol of a layer; 0 is for bytes of no layer."""
        hues = _HUES.get(osi, ("faint",))
        return str(getattr(self.theme, hues[min(nth, len(hues) - 1)]))

    def hatch(self, osi: int, nth: int = 0) -> str:
        """Give the fill of a layer's hatch, and define it when it is used first."""
        osi = osi if osi in _HATCHES else 0
        name = f"{self._prefix}-{osi}{nth}"
        if name not in self._defined:
            self._defined.add(name)
            hue = self.hue(osi, nth)
            lines = _HATCHES[osi] + (_ANOTHER if nth else "")
            self.canvas.add(
                "defs",
                f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
                f'<rect width="8" height="8" fill="{self.theme.paper}"/>'
                f'<rect width="8" height="8" fill="{hue}" fill-opacity="0.3"/>'
                f'<path d="{lines}" stroke="{hue}" stroke-width="1.6" fill="none"/>'
                "</pattern>",
            )
        return f"url(#{name})"


class Part(NamedTuple):
    """A part of the packet as the bar shows it: a layer, or bytes of no layer (osi 0).

    nth: the how many-eth protocol of its layer of the model it is, from 0.
    """

    name: str
    osi: int
    nth: int
    start: int
    end: int
    problem: bool


def parts_of(packet: "Packet") -> list[Part]:
    """List the layers and the unclaimed bytes of a packet, in the order of the wire."""
    seen: dict[int, int] = {}
    parts = []
    for layer in packet.layers:
        if layer.name == PADDING:
            parts.append(Part(PADDING, 0, 0, layer.start, layer.end, problem=False))
            continue
        nth = seen.get(layer.osi, 0)
        seen[layer.osi] = nth + 1
        wrong = bool(layer.problem or any(field.problem for field in layer.fields))
        parts.append(Part(plain(layer.name), layer.osi, nth, layer.start, layer.end, wrong))
    for start, end in gaps(packet):
        parts.append(Part("not read", 0, 0, start, end, problem=False))
    return sorted(parts, key=lambda part: part.start)


def bar(
    style: Style, parts: "Sequence[Part]", total: int, *, x: float, y: float, width: float
) -> None:
    """Draw what is sent first on the left and what is sent last on the right, 56 pixels high."""
    canvas, theme = style.canvas, style.theme
    canvas.text(x, y + 9, "sent first", size=10, fill=theme.faint)
    canvas.text(x + width, y + 9, "sent last", size=10, fill=theme.faint, anchor="end")
    middle = f"{plural(total, 'byte')} in the order of the wire (widths not to scale)"
    canvas.text(x + width / 2, y + 9, middle, size=10, fill=theme.faint, anchor="middle")
    shown = list(parts)[: int(width // _SMALLEST)]
    if not shown:
        return
    lengths = [max(part.end - part.start, 0) for part in shown]
    # The square root: a payload of 1460 bytes leaves room for the header of 8 bytes beside it.
    weights = [max(length, 4) ** 0.5 for length in lengths]
    free = width - _SMALLEST * len(shown)
    for part, length, weight in zip(shown, lengths, weights, strict=True):
        wide = _SMALLEST + free * weight / sum(weights)
        hue = style.hue(part.osi, part.nth)
        canvas.rect(x, y + 15, wide, 12, fill=style.hatch(part.osi, part.nth), stroke=hue)
        canvas.rect(x, y + 27, wide, 29, fill=theme.panel, stroke=hue)
        number = f"{part.osi} " if part.osi else ""
        room = wide - (24 if part.problem else 6)
        label = clipped(f"{number}{part.name}", 11, room, bold=True)
        hover = f"{part.name}: {plural(length, 'byte')}"
        canvas.text(x + 4, y + 40, label, size=11, fill=hue, bold=True, title=hover)
        size = plural(length, "byte")
        short = size if text_width(size, 10) <= wide - 6 else f"{length:,} B"
        canvas.text(x + 4, y + 52, clipped(short, 10, wide - 6), size=10, fill=theme.faint)
        if part.problem:
            sign(canvas, x + wide - 9, y + 36)
        x += wide


def swatch(style: Style, part: Part, *, x: float, y: float, height: float) -> None:
    """Draw a piece of a layer's hatch with its border."""
    hue = style.hue(part.osi, part.nth)
    style.canvas.rect(
        x, y, 8, height, fill=style.hatch(part.osi, part.nth), stroke=hue, stroke_width=0.8
    )


def title(canvas: "Canvas", text: str, words: str, x: float) -> None:
    """Write the title of a picture, as large as it fits, and a line below it."""
    room = canvas.width - 2 * x
    size = next((n for n in (17, 16, 15, 14) if text_width(text, n, bold=True) <= room), 13)
    canvas.text(x, 26, clipped(text, size, room, bold=True), size=size, bold=True)
    canvas.text(x, 45, words, size=12, fill=canvas.theme.faint)


def sign(canvas: "Canvas", x: float, y: float, size: float = 7) -> None:
    """Draw the sign of a problem, a triangle with a stroke and a dot in it, around a centre."""
    theme = canvas.theme
    top, low = y - size, y + size * 0.8
    canvas.path(
        f"M{x:.1f} {top:.1f}L{x + size:.1f} {low:.1f}H{x - size:.1f}Z",
        fill=theme.red,
        stroke=theme.red,
        stroke_width=1,
        stroke_linejoin="round",
    )
    canvas.line(x, y - size * 0.4, x, y + size * 0.2, stroke=theme.paper, stroke_width=1.6)
    canvas.line(x, y + size * 0.4, x, y + size * 0.65, stroke=theme.paper, stroke_width=1.6)
