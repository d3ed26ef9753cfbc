"""The two views of a packet for a terminal, in at most 100 columns, and all fields as a table."""

from typing import TYPE_CHECKING

from netsteps.show.packet import hexdump
from netsteps.show.packet.anatomy import PADDING, covering, hex_bytes, plain, span_text
from netsteps.show.packet.as_layers import bands, loose_problems
from netsteps.show.packet.letter import letter_of
from netsteps.show.packet.records import folded
from netsteps.show.packet.wire import OSI
from netsteps.show.tables import html_table
from netsteps.show.units import plural

if TYPE_CHECKING:
    from netsteps.show.packet.anatomy import Field, Layer, Packet
    from netsteps.show.packet.letter import Letter, Side

__all__ = ["details", "envelope_text", "layers_text"]

_WIDTH = 98
_MOST_FIELDS = 40  # of one layer, in the text
_MOST_ROWS = 400  # of the table of a layer
_CELL = 72  # characters of a cell of the table
_DUMP_LINES = 24
_MEANING_AT = 58  # the column where the meanings begin


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
    lines = [_cut(f"  (!) {plain(layer.problem)}", _WIDTH)] if layer.problem else []
    if layer.name in {"Payload", PADDING}:
        return lines
    fields = list(layer.fields)
    if len(fields) > _MOST_FIELDS:
        fields = folded(fields)
    for field in fields[:_MOST_FIELDS]:
        lines += [_cut(line, _WIDTH) for line in _field_lines(layer, field)]
        if field.problem:
            lines.append(_cut(f"{'':12}(!) {plain(field.problem)}", _WIDTH))
    if len(fields) > _MOST_FIELDS:
        lines.append(f"{'':12}... and {len(fields) - _MOST_FIELDS} more")
    return lines


def _field_lines(layer: "Layer", field: "Field") -> list[str]:
    """Write a field: bits, name, value, and what it means, which may need more lines."""
    head = f"  {_bits_text(layer, field):>9} {_padded(plain(field.name), 23)} "
    head += f"{_cut(plain(field.text), 56)} "
    head = _padded(head, max(_columns(head), _MEANING_AT))
    words = plain(field.meaning or "")
    room = _WIDTH - _columns(head)
    if room < min(_columns(words), _WIDTH - _MEANING_AT):  # a long value has a line of its own
        return [head.rstrip(), *(" " * _MEANING_AT + line for line in _broken(words))]
    first, *others = _broken(words) or [""]
    return [f"{head}{first}".rstrip(), *(" " * _MEANING_AT + line for line in others)]


def _broken(words: str) -> list[str]:
    """Break a meaning into at most two lines."""
    room = _WIDTH - _MEANING_AT
    if _columns(words) <= room:
        return [words] if words else []
    head = words[:room]
    cut = head.rfind(" ")
    while _columns(head[:cut]) > room and cut > 0:
        cut = head.rfind(" ", 0, cut)
    if cut <= 0:
        return [_cut(words, room)]
    return [words[:cut], _cut(words[cut + 1 :], room)]


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
    """Give all fields as HTML, a table for each layer: name, bits, bytes in hex, value, meaning."""
    tables = [_layer_table(packet, layer) for layer in packet.layers]
    problems = [[problem] for problem in loose_problems(packet)]
    if problems:
        tables.append(html_table(["problem"], problems))
    return "".join(tables) or html_table(["layer"], [["nothing that can be read"]])


def _layer_table(packet: "Packet", layer: "Layer") -> str:
    columns = ["field", "bits", "in the bytes", "value", "meaning", "problem"]
    rows: list[list[object]] = [
        [
            plain(field.name),
            _bits_text(layer, field),
            hex_bytes(covering(packet.data, field), 8),
            plain(field.text),
            plain(field.meaning or ""),
            plain(field.problem or ""),
        ]
        for field in layer.fields
    ]
    if not any(row[-1] for row in rows):
        columns = columns[:-1]
        rows = [row[:-1] for row in rows]
    size = plural(max(layer.end - layer.start, 0), "byte")
    number = f"{layer.osi} " if layer.osi else ""
    caption = f"{number}{plain(layer.name)}: {span_text(layer.start, layer.end)} ({size})"
    if layer.problem:
        caption += f" - {plain(layer.problem)}"
    return html_table(columns, rows, caption, width=_CELL, limit=_MOST_ROWS)
