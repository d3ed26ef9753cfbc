"""The field diagram of one header, as RFCs draw it: 32 bits to a row, over the bytes in hex.

Each field is a box as wide as its bits. A field of several whole rows (an IPv6 address) is one box
over as many rows of bytes. What does not fit such a grid, or comes after too many rows, is listed
below it.
"""

from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.packet.anatomy import (
    covering,
    hex_bytes,
    meaning_of,
    plain,
    span_text,
    wrapped,
)
from netsteps.show.packet.grid import ROW
from netsteps.show.packet.wire import sign
from netsteps.show.svg import clipped, text_width
from netsteps.show.units import plural

if TYPE_CHECKING:
    from netsteps.show.packet.anatomy import Field, Layer
    from netsteps.show.packet.grid import Block, Plan, Segment
    from netsteps.show.packet.wire import Style

__all__ = ["BIT", "Pen", "draw", "height", "label_of"]

BIT = 22.0  # pixels of a bit
_RULER, _BOX, _HEX, _GAP = 15.0, 38.0, 16.0, 3.0
_LINE = 20.0  # pixels of a listed field
_NOTE, _NOTE_SIZE = 15.0, 10.5  # pixels of a line of notes, and of its text
_NOTE_ROOM = ROW * BIT - 24
_MOST_HEX_ROWS = 4  # of one box
_MOST_WRONG = 6
_SET = (1, True)  # values of a flag

# How RFCs and their readers shorten names.
_SHORT = {
    "don't fragment": "DF",
    "more fragments": "MF",
    "reserved": "Rsv",
    "version": "Ver",
    "time to live": "TTL",
    "type of service": "TOS",
    "fragment offset": "Offset",
    "differentiated services": "DSCP",
    "authoritative answer": "AA",
    "recursion desired": "RD",
    "recursion available": "RA",
    "truncated": "TC",
    "truncation": "TC",
    "authentic data": "AD",
    "authenticated data": "AD",
    "checking disabled": "CD",
    "response code": "RCODE",
}


class Pen(NamedTuple):
    """What a header is drawn with: the style, the bytes of the packet, and the layer's colour."""

    style: "Style"
    data: bytes
    hue: str


def label_of(name: str, room: float) -> tuple[str, float]:
    """Shorten a name to its room in pixels: the name, what RFCs shorten it to, or its initials.

    Returns the text and its size; the text is another one than the name when it was shortened.
    """
    words = name.replace("-", " ").replace("_", " ").split()
    initials = "".join(word[0] for word in words).upper() if len(words) > 1 else ""
    for text in (name, _SHORT.get(name.casefold(), ""), initials):
        for size in (10.5, 9.5, 8.5, 7.5):
            if text and text_width(text, size) <= room:
                return text, size
    shortest = initials or name
    while shortest and text_width(shortest, 7.5) > room:
        shortest = shortest[:-1]
    return shortest, 7.5


def _value(field: "Field", room: float) -> tuple[str, float]:
    """Choose what of a value fits into its box, in bold letters."""
    text = plain(field.text)
    short = plain(field.value)
    for candidate in (text, text.split(" (")[0], text.split(": ")[0], short, text.split(" ")[0]):
        for size in (13.0, 12.0, 11.0, 10.0):
            if candidate and text_width(candidate, size, bold=True) <= room:
                return candidate, size
    return clipped(text, 10.0, room, bold=True), 10.0


def _notes(layer: "Layer", planned: "Plan") -> list[tuple[bool, str]]:
    """Say what is wrong, and what the boxes had no room for; True marks a problem."""
    notes = []
    wrong = [field for field in layer.fields if field.problem]
    # The layer may repeat what one of its fields says.
    if layer.problem and not any(str(field.problem) in layer.problem for field in wrong):
        notes += [(True, line) for line in _lines(plain(layer.problem))]
    for field in wrong[:_MOST_WRONG]:
        notes += [(True, line) for line in _lines(f"{plain(field.name)}: {plain(field.problem)}")]
    if len(wrong) > _MOST_WRONG:
        notes.append(
            (True, f"and {plural(len(wrong) - _MOST_WRONG, 'problem')} more, in the table")
        )
    return notes + [(False, line) for line in _packed(_legend(planned))]


def _legend(planned: "Plan") -> list[str]:
    """Say what the boxes had no room for, each thing once, in the order of the boxes."""
    entries: list[str] = []
    for block in planned.blocks:
        for field, left, right, named, _ in block.segments:
            if field is not None and named:
                width = (right - left) * BIT
                room = _room(width, field.problem is not None)
                label = label_of(plain(field.name), room)[0] or plain(field.name)
                entries.append(_entry(field, label, width))
                text = plain(field.text)
                if field.bits > 1 and _value(field, room)[0] != text:
                    entries.append(f"{label}: {text}")
    return [entry for entry in dict.fromkeys(entries) if entry]


def _packed(entries: list[str]) -> list[str]:
    """Put as many entries on a line as fit; an entry is broken only when it is longer than one."""
    lines: list[str] = []
    for entry in entries:
        joined = f"{lines[-1]} · {entry}" if lines else entry
        if lines and text_width(joined, _NOTE_SIZE) <= _NOTE_ROOM:
            lines[-1] = joined
        else:
            lines += _lines(entry)
    return lines


def _entry(field: "Field", label: str, width: float) -> str:
    """Say what a box stands for, if it does not say so itself."""
    name, meaning = plain(field.name), meaning_of(field)
    if _label_line(field, _room(width, field.problem is not None))[0] != label:
        return ""  # the meaning stands in the box
    if not meaning:
        return f"{label}: {name}" if label != name else ""
    if field.bits == 1 and not meaning.startswith("must be "):
        label = f"{label}=1"
    return f"{label}: {meaning}"


def _label_line(field: "Field", room: float) -> tuple[str, float]:
    """Give the name for a box, with its meaning behind it where there is room, and the size."""
    name, meaning = plain(field.name), meaning_of(field)
    if meaning and text_width(f"{name}: {meaning}", 10.5) <= room:
        return f"{name}: {meaning}", 10.5
    return label_of(name, room)


def _lines(text: str) -> list[str]:
    return wrapped(text, _NOTE_SIZE, _NOTE_ROOM)


def height(layer: "Layer", planned: "Plan") -> float:
    """Tell how many pixels the diagram is high."""
    total = sum(_BOX + min(block.rows, _MOST_HEX_ROWS) * _HEX + _GAP for block in planned.blocks)
    if planned.blocks:
        total += _RULER
    total += (len(planned.listed) + bool(planned.left_out)) * _LINE
    notes = _notes(layer, planned)
    return total + (len(notes) * _NOTE + 4 if notes else 0)


def draw(pen: Pen, layer: "Layer", planned: "Plan", x: float, y: float) -> float:
    """Draw the diagram with its upper left corner at x, y, and give where it ends below."""
    canvas, theme = pen.style.canvas, pen.style.theme
    if planned.blocks:
        _ruler(pen.style, x, y)
        y += _RULER
    for block in planned.blocks:
        for segment in block.segments:
            _box(pen, segment, x, y)
        y += _BOX
        y = _bytes(pen, block, x, y) + _GAP
    for field in planned.listed:
        _listed(pen, field, x, y)
        y += _LINE
    if planned.left_out:
        text = f"... and {planned.left_out} more, in the table below the picture"
        canvas.text(x + 6, y + 14, text, size=11, fill=theme.faint)
        y += _LINE
    notes = _notes(layer, planned)
    for wrong, text in notes:
        y += _NOTE
        if wrong:
            sign(canvas, x + 9, y - 4, 5.5)
        canvas.text(
            x + (20 if wrong else 2),
            y,
            text,
            size=_NOTE_SIZE,
            fill=theme.red if wrong else theme.faint,
        )
    return y + (4 if notes else 0)


def _ruler(style: "Style", x: float, y: float) -> None:
    canvas, theme = style.canvas, style.theme
    for bit in range(ROW):
        byte = bit % 8 == 0
        canvas.text(
            x + (bit + 0.5) * BIT,
            y + 10,
            str(bit),
            size=8.5,
            anchor="middle",
            fill=theme.ink if byte else theme.faint,
            bold=byte,
        )
        canvas.line(
            x + bit * BIT, y + (5 if byte else 11), x + bit * BIT, y + _RULER, stroke=theme.grid
        )


def _box(pen: Pen, segment: "Segment", x: float, y: float) -> None:
    canvas, theme = pen.style.canvas, pen.style.theme
    field, left, right, named, before = segment
    x, width = x + left * BIT, (right - left) * BIT
    if field is None:
        canvas.rect(x, y, width, _BOX, fill=theme.panel, stroke=theme.grid)
        if width >= 66:
            text = clipped("not named", 10, width - 8)
            canvas.text(x + width / 2, y + 24, text, size=10, fill=theme.faint, anchor="middle")
        return
    wrong = field.problem is not None
    name = plain(field.name)
    lit = field.bits == 1 and field.value in _SET
    canvas.rect(
        x,
        y,
        width,
        _BOX,
        fill=theme.red if wrong else pen.hue,
        fill_opacity=0.4 if lit else 0.14,
        stroke=theme.red if wrong else pen.hue,
        stroke_width=2 if wrong else 1,
        stroke_dasharray=None if named else "3 2",
        title=_hover(field, pen.data),
    )
    room = _room(width, wrong)
    middle = x + width / 2
    if named:
        label, size = _label_line(field, room)
        fill = theme.ink if lit else theme.faint
        canvas.text(middle, y + 13, label, size=size, anchor="middle", fill=fill)
        text, size = _value(field, room)
        canvas.text(
            middle,
            y + 30,
            text,
            size=size,
            anchor="middle",
            bold=True,
            title=_hover(field, pen.data),
        )
    else:
        side = "first" if before else "last"
        text = f"{name}, its {side} {plural(right - left, 'bit')}"
        text = clipped(text, 10, room) if width > 60 else ""
        canvas.text(middle, y + 23, text, size=10, anchor="middle", fill=theme.faint)
    if wrong and named and width > 80:
        sign(canvas, x + width - 10, y + 12)


def _room(width: float, wrong: bool) -> float:
    """Tell how wide the text in a box may be."""
    if wrong and width > 80:
        return (
            width - 34
        )  # for the sign of a problem; on both sides, so that the text stays centred
    return width - (1.5 if width < 30 else 8)


def _bytes(pen: Pen, block: "Block", x: float, y: float) -> float:
    """Write the bytes of a block below its boxes, each below its eight bits."""
    canvas, theme = pen.style.canvas, pen.style.theme
    right = block.segments[-1].right
    first = block.start // 8
    shown = min(block.rows, _MOST_HEX_ROWS)
    for row in range(shown):
        width = ROW * BIT if block.rows > 1 else right * BIT
        canvas.rect(x, y, width, _HEX, fill=theme.panel, stroke=theme.grid, stroke_width=0.6)
        last = block.rows > shown and row == shown - 1
        if last:
            left_out = (block.rows - shown + 1) * 4
            text = f"... {plural(left_out, 'byte')} more"
            canvas.text(x + 6, y + 12, text, size=10, fill=theme.faint)
        else:
            begin = block.segments[0].left // 8 if row == 0 else 0
            for column in range(begin, -(-int(width / BIT) // 8)):
                place = first + row * 4 + column
                if place < len(pen.data):
                    canvas.text(
                        x + (column * 8 + 4) * BIT,
                        y + 12,
                        f"{pen.data[place]:02x}",
                        size=12,
                        anchor="middle",
                        fill=pen.hue,
                        mono=True,
                        bold=True,
                    )
        y += _HEX
    return y


def _listed(pen: Pen, field: "Field", x: float, y: float) -> None:
    """Write a field as a line: name, value, bytes."""
    canvas, theme = pen.style.canvas, pen.style.theme
    wrong = field.problem is not None
    edge = theme.red if wrong else pen.hue
    canvas.rect(
        x, y + 1, ROW * BIT, _LINE - 2, fill=edge, fill_opacity=0.1, stroke=edge,
        stroke_width=2 if wrong else 0.6, title=_hover(field, pen.data),
    )  # fmt: skip
    meaning = f": {plain(field.meaning)}" if field.meaning else ""
    label = clipped(f"{plain(field.name)}{meaning}", 11, 184)
    canvas.text(x + 6, y + 14, label, size=11, fill=theme.faint)
    value = clipped(plain(field.text), 11, 256, bold=True)
    canvas.text(x + 196, y + 14, value, size=11, bold=True)
    if wrong:
        sign(canvas, x + 466, y + 11, 5.5)
    octets = clipped(hex_bytes(covering(pen.data, field), 6), 11, 222, mono=True)
    canvas.text(x + ROW * BIT - 6, y + 14, octets, size=11, fill=pen.hue, mono=True, anchor="end")


def _hover(field: "Field", data: bytes) -> str:
    octets = covering(data, field)
    first = max(field.start, 0) // 8
    parts = [
        f"{plain(field.name)}: {plain(field.text)}",
        plain(field.meaning),
        plain(field.problem) if field.problem else "",
        f"{plural(field.bits, 'bit')} in {span_text(first, first + len(octets))}",
        hex_bytes(octets, 16),
    ]
    return " | ".join(part for part in parts if part)
