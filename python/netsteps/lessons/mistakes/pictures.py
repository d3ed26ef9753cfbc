"""Pictures of their own, for mistakes where nothing goes over the wire that a ladder could show."""

import sys
from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import netsteps as ns
    from netsteps.show.theme import Theme

__all__ = ["addresses", "byte_order", "cut", "letters", "ports"]

_WIDTH = 760
_BOX = 44  # pixels: a byte


def letters(text: str) -> Drawing:
    """Draw a text as its letters, and below each the bytes that it becomes (UTF-8)."""
    parts = [(letter, letter.encode()) for letter in text]
    size = sum(len(data) for _, data in parts)
    said = [f"{letter} -> {data.hex(' ')}" for letter, data in parts]
    alt = f"The text {text!r} has {len(text)} letters, which are {size} bytes: {', '.join(said)}"

    def draw(theme: str) -> str:
        colours = theme_of(theme)
        canvas = Canvas(_WIDTH, 172, colours)
        canvas.text(16, 46, "str: letters", bold=True)
        canvas.text(16, 126, "bytes: numbers", bold=True)
        canvas.text(16, 142, "what a socket carries", size=10.5, fill=colours.faint)
        canvas.path("M64 58V104m-5 -6l5 6l5 -6", stroke=colours.ink)
        canvas.text(74, 86, "encode()", mono=True)
        x = 190.0
        for letter, data in parts:
            width = _BOX * len(data)
            middle = x + width / 2
            canvas.rect(middle - 18, 22, 36, 36, rx=18, fill=colours.panel, stroke=colours.orange)
            canvas.text(middle, 46, letter, size=17, anchor="middle")
            for at, byte in enumerate(data):
                left = x + at * _BOX
                canvas.path(f"M{middle:.1f} 60L{left + _BOX / 2:.1f} 102", stroke=colours.grid)
                canvas.rect(left, 104, _BOX - 4, 36, rx=3, fill=colours.panel, stroke=colours.blue)
                canvas.text(left + _BOX / 2 - 2, 127, str(byte), anchor="middle", mono=True)
            x += width + 4
        canvas.text(190, 162, f"{len(text)} letters, {size} bytes", size=11, fill=colours.faint)
        return canvas.render("Letters and bytes", alt)

    return Drawing(draw, f"{len(text)} letters, {size} bytes\n  " + "\n  ".join(said), alt)


def byte_order(number: int) -> Drawing:
    """Draw the four bytes of a number as this computer keeps them, and what each order reads."""
    data = number.to_bytes(4, sys.byteorder)
    wrong = int.from_bytes(data, "big")
    alt = (
        f"{number:,} is kept here as the bytes {data.hex(' ')} ({sys.byteorder} end first); read "
        f"in the network's order, the big end first, they are {wrong:,}"
    )
    text = (
        f"{number:,} as this computer keeps it ({sys.byteorder} end first):  {data.hex(' ')}\n"
        f"the same bytes in the network's order (big end first):   {wrong:,}\n"
        f"{number:,} in the network's order:                              "
        f"{number.to_bytes(4, 'big').hex(' ')}"
    )

    def row(canvas: Canvas, y: float, what: str, values: bytes, colour: str) -> None:
        read = f"= {int.from_bytes(values, 'big'):,}"
        canvas.text(16, y + 23, what, size=12.5)
        for at, byte in enumerate(values):
            x = 270 + at * _BOX
            canvas.rect(
                x, y, _BOX - 4, 36, rx=3, fill=canvas.theme.panel, stroke=colour, stroke_width=1.5
            )
            canvas.text(x + 20, y + 23, f"{byte:02x}", anchor="middle", mono=True, size=14)
        canvas.text(270 + 4 * _BOX + 12, y + 23, read, bold=True, fill=colour, size=13)

    def draw(theme: str) -> str:
        colours = theme_of(theme)
        canvas = Canvas(_WIDTH, 156, colours)
        for at in range(4):
            worth = ("16.8 M", "65,536", "256", "1")[at]
            canvas.text(290 + at * _BOX, 26, worth, size=10, anchor="middle", fill=colours.faint)
        canvas.text(16, 26, "what each place is worth, to the network", size=10.5)
        row(canvas, 38, f"{number:,} as this computer keeps it", data, colours.red)
        row(canvas, 92, f"{number:,} in the network's order", number.to_bytes(4), colours.green)
        canvas.text(
            16, 146, "sent from left to right; the big end comes first", size=10.5,
            fill=colours.faint,
        )  # fmt: skip
        return canvas.render("The order of bytes", alt)

    return Drawing(draw, text, alt)


def cut(data: bytes, kept: int) -> Drawing:
    """Draw the bytes of a datagram: those that were kept, and those that had no room."""
    lost = len(data) - kept
    alt = (
        f"A datagram of {len(data)} bytes, {data!r}, read with room for {kept}: the first {kept} "
        f"are kept, {lost} are lost"
    )
    text = (
        f"|{data[:kept].decode('latin-1')}|{data[kept:].decode('latin-1')}|\n"
        f" {'kept, ' + str(kept) + ' bytes':-^{kept}} {'lost, ' + str(lost):x^{lost}}"
    )

    def draw(theme: str) -> str:
        colours = theme_of(theme)
        canvas = Canvas(_WIDTH, 104, colours)
        side = min(30.0, (_WIDTH - 32) / len(data))
        for at, byte in enumerate(data):
            colour = colours.blue if at < kept else colours.red
            x = 16 + at * side + (6 if at >= kept else 0)
            canvas.rect(x, 28, side - 2, 32, rx=2, fill=colours.panel, stroke=colour)
            canvas.text(x + side / 2 - 1, 49, chr(byte), anchor="middle", mono=True, size=13)
            if at >= kept:
                canvas.line(x, 60, x + side - 2, 28, stroke=colour)
        end = 16 + kept * side
        canvas.text(16, 20, f"one datagram, {len(data)} bytes", size=11.5)
        canvas.text(16, 80, f"kept: room for {kept} bytes", bold=True, fill=colours.blue)
        canvas.text(end + 6, 80, f"lost: {lost} bytes", bold=True, fill=colours.red)
        canvas.text(end + 6, 96, "the next read does not give them", size=10.5)
        return canvas.render("A datagram that was cut", alt)

    return Drawing(draw, text, alt)


_RANGES = (
    (0, 1023, "well known", "kept for services of the system"),
    (1024, 49151, "registered", "yours, if nothing else listens there"),
    (49152, 65535, "dynamic", "for clients (Linux begins at 32768)"),
)


def ports(port: int) -> Drawing:
    """Draw the three ranges of ports, and where a port lies."""
    name = next(name for first, last, name, _ in _RANGES if first <= port <= last)
    alt = f"Port {port} is in the range {name}. The ranges: " + ", ".join(
        f"{first}-{last} {name} ({whose})" for first, last, name, whose in _RANGES
    )
    text = "\n".join(
        f"{'>' if first <= port <= last else ' '} {first:>5}-{last:<5}  {name:<10}  {whose}"
        for first, last, name, whose in _RANGES
    )

    def draw(theme: str) -> str:
        colours = theme_of(theme)
        canvas = Canvas(_WIDTH, 138, colours)
        fills = (colours.red, colours.green, colours.blue)
        x = 16.0
        for (first, last, named, whose), width, colour in zip(
            _RANGES, (228, 244, 244), fills, strict=True
        ):
            canvas.rect(x, 50, width, 34, rx=3, fill=colours.panel, stroke=colour, stroke_width=1.8)
            canvas.text(x + width / 2, 72, f"{first} - {last}", anchor="middle", mono=True)
            canvas.text(x, 102, named, bold=True, fill=colour)
            canvas.text(x, 119, clipped(whose, 10.5, width), size=10.5)
            if first <= port <= last:
                at = x + width * (0.08 + 0.84 * (port - first) / (last - first))
                canvas.path(f"M{at:.1f} 30V49m-4 -6l4 6l4 -6", stroke=colours.ink)
                canvas.text(at, 24, f"port {port}", bold=True, anchor="middle")
            x += width + 6
        return canvas.render("The ranges of ports", alt)

    return Drawing(draw, text, alt)


def addresses(own: "Iterable[ns.Interface]", wanted: str) -> Drawing:
    """Draw this computer with its own addresses, and the router with the one that was wanted."""
    mine = [address.ip for interface in own for address in interface.addresses]
    shown = [address for address in mine if ":" not in address] or mine
    alt = (
        f"This computer's own addresses are {', '.join(mine)}. {wanted}, which bind was given, is "
        "the address that a router shows to the Internet; how the two are joined is assumed, and "
        "not measured"
    )
    text = (
        f"this computer [{', '.join(shown)}]  ---  router [{wanted}]  ---  the Internet\n"
        "(bind takes an address in the first brackets; the router was not asked, it is an example)"
    )

    def draw(theme: str) -> str:
        colours = theme_of(theme)
        canvas = Canvas(_WIDTH, 176, colours)
        _box(canvas, 16, ["this computer", *shown], colours.green, "bind can take these")
        _box(canvas, 296, ["the router", wanted], colours.red, "an example, not measured")
        _box(canvas, 576, ["the Internet", f"sees {wanted}"], colours.faint, "")
        for x, what in ((184, "your network"), (464, "the way out")):
            canvas.line(x, 76, x + 112, 76, stroke_width=1.5)
            canvas.text(x + 56, 68, what, size=11, anchor="middle", fill=colours.faint)
        canvas.path("M380 132V156H100V134", stroke=colours.red, stroke_dasharray="5 3")
        canvas.path("M95 141l5 -7l5 7", stroke=colours.red)
        canvas.text(
            240, 172, f"bind({wanted}) asks for the other machine's", size=11, anchor="middle",
            fill=colours.red,
        )  # fmt: skip
        return canvas.render("Whose address it is", alt)

    return Drawing(draw, text, alt)


def _box(canvas: Canvas, x: float, lines: list[str], colour: str, below: str) -> None:
    """Draw a machine: its name, some of its addresses, and a word below."""
    colours: Theme = canvas.theme
    canvas.rect(x, 22, 168, 108, rx=6, fill=colours.panel, stroke=colour, stroke_width=1.8)
    canvas.text(x + 84, 44, lines[0], bold=True, anchor="middle")
    for at, line in enumerate(lines[1:4]):
        canvas.text(x + 84, 66 + at * 17, clipped(line, 12, 160), anchor="middle", mono=True)
    if below:
        canvas.text(x + 84, 122, below, size=10.5, anchor="middle", fill=colours.faint)
