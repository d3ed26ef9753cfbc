"""The two views of a packet for a terminal, in at most 100 columns, and all fields as a table."""

from typing import TYPE_CHECKING

from netsteps.show import hexdump
from netsteps.show.anatomy import PADDING, covering, hex_bytes, plain, plural, span_text
from netsteps.show.letter import letter_of
from netsteps.show.osi import bands, loose_problems
from netsteps.show.records import folded
from netsteps.show.tables import html_table
from netsteps.show.wire import OSI

if TYPE_CHECKING:
    from netsteps.show.anatomy import Field, Layer, Packet
    from netsteps.show.letter import Letter, Side

__all__ = ["details", "envelope_text", "layers_text"]

_WIDTH = 98
_MOST_FIELDS = 40  # of one layer, in the text
_MOST_ROWS = 400  # of the table
_DUMP_LINES = 24


def _columns(text: str) -> int:
    """Tell how many columns of a terminal a text takes: East Asian letters are two wide."""
    from unicodedata import combining, east_asian_width  # here, for a quick start

    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, width: int) -> str:
    if _columns(text) <= width:
        return text
    text = text[:width]
    while text and _columns(text) > width - 3:
        text = text[:-1]
    return f"{text}..."


def _padded(text: str, width: int) -> str:
    text = _cut(text, width)
    return text + " " * (width - _columns(text))


def envelope_text(packet: "Packet") -> str:
    """Draw the envelope with letters: the sender above, who for and where to, the message below."""
    letter = letter_of(packet)
    inner = _WIDTH - 4
    name, below = letter.stamp
    stamp = _cut(f"[ {name} {below}".rstrip(), 40) + " ]"
    rows = [_ends("sender (return address)", stamp, inner)]
    rows += [f"  {line}" for line in _side_lines(letter.sender)]
    if letter.hops is not None:
        rows[-1] = _ends(rows[-1], f"may pass {plural(letter.hops, 'more station')}", inner)
    rows += ["", *_to_lines(letter), ""]
    lines = [_rule("="), *(_boxed(row, inner) for row in rows), _rule("-")]
    heading = "the message inside (payload)" if letter.inside else "no message inside"
    if not letter.inside:
        heading += ", but its headers say"
    lines.append(_boxed(_ends(heading, letter.about, inner), inner))
    lines += [_boxed(f"  {line}", inner) for line in letter.message]
    lines.append(_rule("="))
    envelope = f"{plural(letter.headers, 'byte')} of envelope (headers)"
    lines.append(f"{envelope} for {plural(letter.inside, 'byte')} of message")
    lines += [_cut(f"(!) {problem}", _WIDTH) for problem in letter.problems]
    return "\n".join([_cut(plain(packet.summary), _WIDTH), *lines])


def _side_lines(side: "Side") -> list[str]:
    port = f"{side.port} ({side.port_note})" if side.port and side.port_note else ""
    note = f"  {side.address_note}" if side.address_note else ""
    return [port or side.port or side.port_note, f"{side.address}{note}"]


def _to_lines(letter: "Letter") -> list[str]:
    port, address = _side_lines(letter.to)
    return [f"{'who is it for?':>24}   {port}", f"{'where to?':>24}   {address}"]


def _rule(char: str) -> str:
    return f"+{char * (_WIDTH - 2)}+"


def _boxed(row: str, inner: int) -> str:
    return f"| {_padded(row, inner)} |"


def _ends(left: str, right: str, width: int) -> str:
    """Put one text at the left end and another one at the right end, if there is room."""
    room = width - _columns(left) - 2
    if room < 8:
        return left
    right = _cut(right, room)
    return left + " " * (room + 2 - _columns(right)) + right


def layers_text(packet: "Packet") -> str:
    """List the seven layers with their fields, and below them the bytes, marked by layer."""
    lines = [_cut(plain(packet.summary), _WIDTH)]
    lines += [_cut(f"(!) {problem}", _WIDTH) for problem in loose_problems(packet)[:8]]
    lines.append("")
    for band in bands(packet):
        title = f"{band.osi} {OSI[band.osi][0]}" if band.osi else "-"
        if band.part is None:
            kind = "only a model, not on the wire: " if band.model else ""
            lines.append(_cut(f"{title:<16}({kind}{band.words})", _WIDTH))
            continue
        size = plural(max(band.part.end - band.part.start, 0), "byte")
        where = f"{span_text(band.part.start, band.part.end)} ({size})"
        lines.append(_cut(f"{title:<16}{band.part.name}, {where}", _WIDTH))
        lines += _layer_lines(band.layer) if band.layer is not None else []
    lines += ["", "The bytes; below each the number of its layer:"]
    marks = _marks(packet)
    lines += hexdump.marked(packet.data, marks.__getitem__, _DUMP_LINES)
    return "\n".join(lines)


def _layer_lines(layer: "Layer") -> list[str]:
    lines = [_cut(f"    (!) {plain(layer.problem)}", _WIDTH)] if layer.problem else []
    if layer.name in {"Payload", PADDING}:
        return lines
    fields = list(layer.fields)
    if len(fields) > _MOST_FIELDS:
        fields = folded(fields)
    for field in fields[:_MOST_FIELDS]:
        lines.append(_cut(_field_line(layer, field), _WIDTH))
        if field.problem:
            lines.append(_cut(f"{'':14}(!) {plain(field.problem)}", _WIDTH))
    if len(fields) > _MOST_FIELDS:
        lines.append(f"    ... and {plural(len(fields) - _MOST_FIELDS, 'field')} more")
    return lines


def _field_line(layer: "Layer", field: "Field") -> str:
    bits = _bits_text(layer, field)
    meaning = plain(field.meaning) if field.meaning else ""
    value = plain(field.text)
    return (
        f"    {bits:>9} {_cut(plain(field.name), 26):<26} {_cut(value, 39):<24} {meaning}".rstrip()
    )


def _bits_text(layer: "Layer", field: "Field") -> str:
    """Write the span of bits, counted from the beginning of the header as the RFCs do."""
    start = field.start - layer.start * 8
    if field.bits <= 0:
        return "-"
    return f"{start}" if field.bits == 1 else f"{start}-{start + field.bits - 1}"


def _marks(packet: "Packet") -> list[str]:
    marks = ["."] * len(packet.data)
    for layer in packet.layers:
        char = str(layer.osi) if 1 <= layer.osi <= 7 else "."
        for place in range(max(layer.start, 0), min(layer.end, len(marks))):
            marks[place] = char
    return marks


def details(packet: "Packet") -> str:
    """Give all fields as an HTML table: layer, field, bits, hex, value, meaning, problem."""
    columns = ["layer", "field", "bits", "hex", "value", "meaning", "problem"]
    rows: list[list[object]] = []
    for layer in packet.layers:
        name = f"{layer.osi} {plain(layer.name)}" if layer.osi else plain(layer.name)
        octets = packet.data[max(layer.start, 0) : max(layer.end, 0)]
        where = f"{span_text(layer.start, layer.end)}"
        size = plural(len(octets), "byte")
        rows.append(
            [name, f"({size})", where, hex_bytes(octets, 8), "", "", plain(layer.problem or "")]
        )
        rows += [
            [
                name,
                plain(field.name),
                _bits_text(layer, field),
                hex_bytes(covering(packet.data, field), 16),
                plain(field.text),
                plain(field.meaning or ""),
                plain(field.problem or ""),
            ]
            for field in layer.fields
        ]
    if not any(row[-1] for row in rows):
        columns = columns[:-1]
        rows = [row[:-1] for row in rows]
    caption = f"All fields of {plain(packet.summary)} (bits: counted from the layer's first one)"
    table = html_table(columns, rows, caption, limit=_MOST_ROWS)
    problems = [[problem] for problem in loose_problems(packet)]
    return table + (html_table(["problem"], problems) if problems else "")
