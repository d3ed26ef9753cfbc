"""A message on its way down the layers of one computer, and up those of the other."""

from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from netsteps import Packet
    from netsteps.show.theme import Theme

__all__ = ["stacks"]

_NAMES = {
    7: "Application",
    6: "Presentation",
    5: "Session",
    4: "Transport",
    3: "Network",
    2: "Data link",
    1: "Physical",
}
_TOP, _ROW, _BAR = 96.0, 54.0, 24.0
_LEFT, _MIDDLE, _WIDE = 20.0, 60.0, 400.0


class _Piece(NamedTuple):
    osi: int
    name: str
    size: int


def stacks(packet: "Packet", *, theme: str = "light") -> Drawing:
    """Draw what each layer hands to the next: down at the sender, up at the receiver.

    packet: any Packet; one with ethernet= shows layer 2 too. theme: "light" or "dark". Raises
    ValueError for another theme. Source: lecture 2 (the seven layers), ISO/IEC 7498-1.
    """
    pieces = [_Piece(layer.osi, layer.name, layer.end - layer.start) for layer in packet.layers]
    first = "".join(f"{byte:08b}" for byte in packet.data[:3])
    title = f"{len(packet.payload):,} bytes of message become {len(packet):,} bytes on the wire"
    steps = ", ".join(f"layer {number}: {_size(pieces, number)} bytes" for number in (7, 4, 3, 2))
    alt = f"{title}. Down at the sender and up at the receiver: {steps}"
    return Drawing(
        lambda name: _picture(pieces, first, title, alt, name),
        _text(pieces, first, title),
        alt,
        theme=theme_of(theme).name,
    )


def _held(pieces: "list[_Piece]", number: int) -> "list[_Piece]":
    """Give what stands in the hands of a layer: its own header, and what is inside of it."""
    return [piece for piece in pieces if piece.osi >= number]


def _size(pieces: "list[_Piece]", number: int) -> int:
    return sum(piece.size for piece in _held(pieces, number))


def _text(pieces: "list[_Piece]", first: str, title: str) -> str:
    lines = [title, "        SENDER, downwards                        RECEIVER, upwards"]
    for number, name in _NAMES.items():
        bar = "".join(f"[{piece.name} {piece.size}]" for piece in _held(pieces, number))
        if number == 1:
            bar = f"{first}..."
        elif not any(piece.osi == number for piece in pieces):
            bar = f"{bar}  (no header)"
        lines.append(f"{number} {name:<13} v  {bar}")
        lines.append(f"  {'':<13} ^  {bar}  {_size(pieces, number)} bytes")
    return "\n".join(lines)


def _picture(pieces: "list[_Piece]", first: str, title: str, alt: str, name: str) -> str:
    colours = theme_of(name)
    width = 2 * (_LEFT + _WIDE) + _MIDDLE
    canvas = Canvas(width, _TOP + 7 * _ROW + 34, colours)
    canvas.text(_LEFT, 26, title, size=17, bold=True)
    right = _LEFT + _WIDE + _MIDDLE
    for x, head, below in (
        (_LEFT, "sender: down", "each layer puts its header in front"),
        (right, "receiver: up", "each layer reads its header and takes it off"),
    ):
        canvas.text(x, 56, head, size=14, bold=True)
        canvas.text(x, 74, below, fill=colours.faint)
    for number, words in _NAMES.items():
        y = _TOP + (7 - number) * _ROW
        added = [piece for piece in pieces if piece.osi == number]
        for x in (_LEFT, right):
            _row(canvas, x, y, number, words, modelled=not added and number != 1)
            if number == 1:
                canvas.text(x + 128, y + 27, f"{first}...", size=11, mono=True)
            else:
                _bar(canvas, x + 128, y + 11, _held(pieces, number))
    _arrows(canvas, right)
    return canvas.render(title, alt)


def _row(canvas: Canvas, x: float, y: float, number: int, words: str, *, modelled: bool) -> None:
    colours = canvas.theme
    canvas.rect(
        x,
        y,
        _WIDE,
        _ROW - 8,
        rx=6,
        fill="none" if modelled else colours.panel,
        stroke=colours.grid if modelled else colours.faint,
        stroke_dasharray="5 4" if modelled else None,
    )
    faint = colours.faint if modelled else None
    canvas.text(x + 10, y + 30, str(number), size=18, bold=True, fill=faint)
    canvas.text(x + 28, y + 22 if modelled else y + 28, words, size=13, fill=faint)
    if modelled:
        canvas.text(x + 28, y + 36, "adds no header", size=10, fill=colours.faint)


def _bar(canvas: Canvas, x: float, y: float, pieces: "list[_Piece]") -> None:
    """Draw what a layer holds, what is sent first at the left; the widths are not to scale."""
    inside = sum(piece.osi == 7 for piece in pieces)
    for piece in pieces:
        message = piece.osi == 7
        wide = 84.0 / max(inside, 1) if message else 58.0
        colour = _colour(canvas.theme, piece.osi)
        canvas.rect(x, y, wide, _BAR, fill=colour, stroke=canvas.theme.paper)
        words = "message" if message and piece.name == "Payload" else piece.name.split()[0]
        canvas.text(
            x + wide / 2,
            y + 11,
            words,
            size=10,
            anchor="middle",
            bold=True,
            fill=canvas.theme.paper,
        )
        canvas.text(
            x + wide / 2,
            y + 21,
            f"{piece.size:,} B",
            size=9,
            anchor="middle",
            fill=canvas.theme.paper,
        )
        x += wide


def _colour(theme: "Theme", osi: int) -> str:
    return {2: theme.purple, 3: theme.blue, 4: theme.orange}.get(osi, theme.green)


def _arrows(canvas: Canvas, right: float) -> None:
    """Draw the way: down beside the sender, along the wire, and up beside the receiver."""
    colours = canvas.theme
    down, up = _LEFT + _WIDE + 16, right - 16
    top, low = _TOP + 4, _TOP + 7 * _ROW + 8
    canvas.path(
        f"M{down} {top} L{down} {low} L{up} {low} L{up} {top}", stroke=colours.ink, stroke_width=3
    )
    canvas.path(
        f"M{up - 7} {top + 11} L{up} {top} L{up + 7} {top + 11}", stroke=colours.ink, stroke_width=3
    )
    canvas.path(
        f"M{down - 7} {low - 21} L{down} {low - 10} L{down + 7} {low - 21}",
        stroke=colours.ink,
        stroke_width=3,
    )
    canvas.text(
        (down + up) / 2,
        low + 18,
        "wire, fibre or radio",
        size=11,
        anchor="middle",
        fill=colours.faint,
    )
