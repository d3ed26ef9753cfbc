"""A packet as a letter: the message inside, who it is for, where to, and who sent it.

The picture of the first lecture, in a drawing of our own: the port is the name on the envelope,
the IP address the address below it. What a packet does not have, it says.
"""

from typing import TYPE_CHECKING

from netsteps.show.packet.anatomy import plain
from netsteps.show.packet.hexdump import spaced
from netsteps.show.packet.letter import Letter, Side, letter_of
from netsteps.show.packet.wire import Part, Style, bar, parts_of, sign, swatch, title
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.theme import theme_of
from netsteps.show.units import plural

if TYPE_CHECKING:
    from netsteps.show.packet.anatomy import Packet

__all__ = ["picture"]

WIDTH = 900.0
_LEFT, _RIGHT = 60.0, 840.0
_SHEET, _SHEET_WIDTH = 150.0, 600.0
_LINE = 20.0
_BODY = 262.0
_INSIDE = 16.0  # how much of the sheet is behind the front: more than the notch shows


def picture(packet: "Packet", alt: str, theme: str) -> str:
    """Draw the packet as a letter, as SVG."""
    letter = letter_of(packet)
    sheet = 44 + _LINE * max(len(letter.message), 2)
    body = 66 + sheet
    problems = letter.problems[:4]
    total = body + _BODY + 122 + (20 * len(problems) + 10 if problems else 0)
    canvas = Canvas(WIDTH, total, theme_of(theme))
    style = Style(canvas, packet.data, "envelope")
    ink = canvas.theme
    title(canvas, plain(packet.summary), "One packet, as a letter", 20)
    _flap(style, body)
    _sheet(style, letter, 66, sheet)
    _body(style, body)
    _return_address(style, letter, body)
    _stamped(style, letter, body)
    _address(style, letter, body)
    y = body + _BODY + 30
    canvas.text(_LEFT, y, _weights(letter), size=12.5, bold=True)
    wide = _RIGHT - _LEFT
    bar(style, parts_of(packet), letter.size, x=_LEFT, y=y + 12, width=wide)
    y += 94
    for text_ in problems:
        sign(canvas, _LEFT + 8, y - 4)
        shown = clipped(text_, 12, _RIGHT - _LEFT - 24)
        canvas.text(_LEFT + 22, y, shown, size=12, fill=ink.red)
        y += 20
    return canvas.render(plain(packet.summary), alt)


def _weights(letter: Letter) -> str:
    envelope = f"{plural(letter.headers, 'byte')} of envelope (headers)"
    return f"{envelope} for {plural(letter.inside, 'byte')} of message"


def _flap(style: Style, body: float) -> None:
    """Draw the open flap behind the sheet."""
    canvas, theme = style.canvas, style.theme
    canvas.path(
        f"M{_LEFT} {body}L{_LEFT + 70} {body - 62}H{_RIGHT - 70}L{_RIGHT} {body}Z",
        fill=theme.panel,
        stroke=theme.faint,
        stroke_width=1.2,
        stroke_linejoin="round",
    )


def _sheet(style: Style, letter: Letter, y: float, height: float) -> None:
    """Draw the sheet with the message; its lower end is in the envelope."""
    canvas, theme = style.canvas, style.theme
    hue = style.hue(7)
    canvas.rect(
        _SHEET, y, _SHEET_WIDTH, height + _INSIDE, fill=theme.paper, stroke=hue, stroke_width=1.5
    )
    swatch(style, _part(7), x=_SHEET, y=y, height=height + _INSIDE)
    x = _SHEET + 24
    heading = _heading(letter)
    canvas.text(x, y + 22, heading, size=12, fill=hue, bold=True)
    room = _SHEET_WIDTH - 40 - text_width(heading, 12, bold=True) - 12
    canvas.text(
        _SHEET + _SHEET_WIDTH - 14, y + 22, clipped(letter.about, 11.5, room), size=11.5,
        fill=theme.faint, anchor="end",
    )  # fmt: skip
    for line in letter.message:
        y += _LINE
        shown = clipped(line, 13, _SHEET_WIDTH - 38, mono=True)
        spaced(canvas, x, y + 26, shown, 13)


def _part(osi: int) -> Part:
    return Part("", osi, 0, 0, 0, problem=False)


def _heading(letter: Letter) -> str:
    if letter.inside:
        return "the message inside (payload)"
    return "no message inside, but its headers say"


def _body(style: Style, y: float) -> None:
    """Draw the front of the envelope, with a notch where the sheet comes out."""
    canvas, theme = style.canvas, style.theme
    middle = (_LEFT + _RIGHT) / 2
    canvas.path(
        f"M{_LEFT} {y}L{middle - 60} {y}Q{middle} {y + 22} {middle + 60} {y}L{_RIGHT} {y}"
        f"V{y + _BODY}H{_LEFT}Z",
        fill=theme.panel,
        stroke=theme.ink,
        stroke_width=1.6,
        stroke_linejoin="round",
    )


def _return_address(style: Style, letter: Letter, y: float) -> None:
    canvas, theme = style.canvas, style.theme
    x, room = _LEFT + 22, 300.0
    canvas.text(x, y + 28, "sender (return address)", size=11, fill=theme.faint)
    canvas.text(x, y + 47, clipped(_port_line(letter.sender), 13, room), size=13)
    size = _fitting(letter.sender.address, 14, 10, room)
    shown = clipped(letter.sender.address, size, room, mono=True)
    canvas.text(x, y + 66, shown, size=size, mono=True)
    canvas.text(x, y + 82, clipped(letter.sender.address_note, 11, room), size=11, fill=theme.faint)


def _port_line(side: Side) -> str:
    if side.port and side.port_note:
        return f"{side.port} ({side.port_note})"
    return side.port or side.port_note


def _fitting(text: str, largest: float, smallest: float, room: float) -> float:
    size = largest
    while size > smallest and text_width(text, size, mono=True) > room:
        size -= 1
    return size


def _stamped(style: Style, letter: Letter, y: float) -> None:
    """Draw the stamp: the protocol, and how many more stations the packet may pass."""
    canvas, theme = style.canvas, style.theme
    x, wide, high = _RIGHT - 152, 130.0, 78.0
    canvas.rect(
        x, y + 18, wide, high, fill=theme.paper, stroke=theme.ink, stroke_width=2.5,
        stroke_dasharray="1 4", stroke_linecap="round",
    )  # fmt: skip
    canvas.rect(x + 6, y + 24, wide - 12, high - 12, fill="none", stroke=theme.faint)
    name, below = letter.stamp
    size = 22.0 if text_width(name, 22, bold=True) < wide - 24 else 12.0
    middle = x + wide / 2
    shown = clipped(name, size, wide - 24, bold=True)
    canvas.text(middle, y + 58, shown, size=size, bold=True, anchor="middle")
    shown = clipped(below, 11, wide - 24)
    canvas.text(middle, y + 78, shown, size=11, fill=theme.faint, anchor="middle")
    if letter.hops is not None:
        words = f"may pass {plural(letter.hops, 'more station')}"
        canvas.text(_RIGHT - 22, y + 114, words, size=11, fill=theme.faint, anchor="end")


def _address(style: Style, letter: Letter, y: float) -> None:
    """Write who it is for, and where to, large, on two ruled lines."""
    canvas, theme = style.canvas, style.theme
    x, right = _LEFT + 150.0, _RIGHT - 22.0
    rows = (
        (4, "who is it for?", "the port", letter.to.port, letter.to.port_note, y + 164),
        (3, "where to?", "the IP address", letter.to.address, letter.to.address_note, y + 228),
    )
    for osi, question, answer, value, note, base in rows:
        if osi == 3 and note == "a hardware address":
            osi, answer = 2, "the hardware address"  # noqa: PLW2901
        hue = style.hue(osi)
        swatch(style, _part(osi), x=x - 128, y=base - 24, height=34)
        canvas.text(x - 112, base - 11, question, size=12.5, fill=hue, bold=True)
        canvas.text(x - 112, base + 6, answer, size=11, fill=theme.faint)
        left = x + 22
        canvas.line(left, base + 10, right, base + 10, stroke=theme.grid)
        if not value:
            canvas.text(left, base, clipped(note, 15, right - left), size=15, fill=theme.faint)
            continue
        note = clipped(note, 13, 220)  # noqa: PLW2901
        room = right - left - (text_width(note, 13) + 18 if note else 0)
        size = _fitting(value, 24, 12, room)
        shown = clipped(value, size, room, mono=True)
        canvas.text(left, base, shown, size=size, mono=True, bold=True)
        at = left + text_width(shown, size, mono=True) + 16
        canvas.text(at, base, note, size=13, fill=theme.faint)
