"""What the pictures of a packet read of it: its parts as plain data, and how they are put in words.

A packet comes from outside. Every text is made printable and short before it is measured or drawn,
and a part that points outside of the bytes is taken for what is left of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from netsteps.show.svg import text_width
from netsteps.show.tables import printable

__all__ = [
    "PADDING",
    "Field",
    "Gap",
    "Layer",
    "Packet",
    "Piece",
    "bits_of",
    "covering",
    "field_of",
    "gaps",
    "hex_bytes",
    "layer_of",
    "meaning_of",
    "piece_of",
    "plain",
    "span_text",
    "wrapped",
]

PADDING = "Padding"  # the name of the layer that fills up a short frame
_MORE_FRAGMENTS = ("MF", "M")  # in IPv4 and in IPv6's extension header
_MOST_MARKS = 2  # on one letter, as some scripts need
_LONGEST = 500  # characters of one text that are looked at


class Field(Protocol):
    """One field of a header: its RFC's name, its value, and where its bits are in the packet."""

    @property
    def name(self) -> str:
        """The RFC's term."""

    @property
    def value(self) -> object:
        """What the bits say."""

    @property
    def text(self) -> str:
        """The value for people."""

    @property
    def start(self) -> int:
        """The first bit, counted from the beginning of the packet."""

    @property
    def bits(self) -> int:
        """How many bits."""

    @property
    def meaning(self) -> str:
        """One short sentence, or nothing."""

    @property
    def problem(self) -> str | None:
        """What is wrong with it, or None."""


class Layer(Protocol):
    """One header, or the payload: its name, its number in the OSI model, and its span of bytes."""

    @property
    def name(self) -> str:
        """The protocol, or "Payload" for the message."""

    @property
    def osi(self) -> int:
        """The layer of the OSI model, 1 to 7."""

    @property
    def start(self) -> int:
        """The first byte, counted from the beginning of the packet."""

    @property
    def end(self) -> int:
        """The byte after the last one."""

    @property
    def fields(self) -> Sequence[Field]:
        """The fields, in the order of the wire."""

    @property
    def problem(self) -> str | None:
        """What is wrong with it, or None."""


class Packet(Protocol):
    """A packet: its bytes, its layers in the order of the wire, and what is wrong with it."""

    @property
    def data(self) -> bytes:
        """All bytes."""

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers, in the order of the wire."""

    @property
    def payload(self) -> bytes:
        """The message inside."""

    @property
    def source(self) -> object | None:
        """Whose packet it is: an endpoint, or None."""

    @property
    def destination(self) -> object | None:
        """Where to, and who for: an endpoint, or None."""

    @property
    def protocol(self) -> str:
        """The innermost protocol: "tcp", "udp", "icmp", and so on."""

    @property
    def problems(self) -> Sequence[str]:
        """All that is wrong with it."""

    @property
    def summary(self) -> str:
        """One line."""


class Piece(NamedTuple):
    """Where an IP fragment belongs: bytes start to end of what was cut, and whether more follow.

    number: the how many-eth piece it is, if all are of its size; None where that cannot be told.
    """

    start: int
    end: int
    more: bool
    number: int | None

    @property
    def words(self) -> str:
        """Say it: "piece 2 of a message, bytes 1480-2959"."""
        which = f"piece {self.number}" if self.number else "a piece" if self.more else "last piece"
        return f"{which} of a message, {span_text(self.start, self.end)}"


class Gap(NamedTuple):
    """Bytes of a packet that no layer claims, such as the padding of a short Ethernet frame."""

    start: int
    end: int


def plain(text: object) -> str:
    """Write any text as one printable line of bounded length.

    Marks that are heaped on one letter, and would cover the lines above, are shown as codes.
    """
    raw = text if isinstance(text, bytes | bytearray) else str(text)
    shown = printable(raw[:_LONGEST]) + ("..." if len(raw) > _LONGEST else "")
    return shown if shown.isascii() else _without_heaps(shown)


def _without_heaps(text: str) -> str:
    from unicodedata import category  # here, for a quick `import netsteps`

    shown, marks = [], _MOST_MARKS  # a mark at the beginning has no letter
    for char in text:
        marks = marks + 1 if category(char).startswith("M") else 0
        shown.append(char if marks <= _MOST_MARKS else char.encode("unicode_escape").decode())
    return "".join(shown)


def span_text(start: int, end: int) -> str:
    """Write a span of bytes: "byte 9", "bytes 14-33" (the last one included), "no bytes"."""
    if end <= start:
        return "no bytes"
    return f"byte {start}" if end == start + 1 else f"bytes {start}-{end - 1}"


def hex_bytes(data: bytes, most: int) -> str:
    """Write bytes as hex pairs, with a count of those left out."""
    shown = data[:most].hex(" ")
    return shown if len(data) <= most else f"{shown} ... {len(data) - most:,} more"


def bits_of(data: bytes, field: Field) -> int:
    """Read the bits of a field as a number, whatever was made of them; missing ones are 0."""
    start, bits = max(field.start, 0), max(min(field.bits, 128), 0)
    first, last = start // 8, -(-(start + bits) // 8)
    chunk = data[first:last].ljust(last - first, b"\0")
    return int.from_bytes(chunk, "big") >> (last * 8 - start - bits) & ((1 << bits) - 1)


def covering(data: bytes, field: Field) -> bytes:
    """Give the bytes that hold a field, also those that it shares with its neighbours."""
    start = max(field.start, 0)
    return data[start // 8 : -(-max(start + field.bits, start) // 8)]


def meaning_of(field: Field) -> str:
    """Give what a field means, or ""; of a flag that is not set, what it would mean."""
    meaning = plain(field.meaning) if field.meaning else ""
    if meaning.startswith("not set (") and meaning.endswith(")"):
        return meaning[9:-1]
    return meaning


def layer_of(packet: Packet, *names: str) -> Layer | None:
    """Give the first layer with one of these names, or None."""
    return next((layer for layer in packet.layers if layer.name in names), None)


def field_of(layers: Iterable[Layer], *words: str) -> Field | None:
    """Give the first field whose name has all these words, in small letters, or None."""
    for layer in layers:
        for field in layer.fields:
            name = field.name.casefold()
            if all(word in name for word in words):
                return field
    return None


def piece_of(packet: Packet) -> Piece | None:
    """Tell which piece of a message a packet is, or None for a whole one."""
    ip = layer_of(packet, "IPv6 Fragment") or layer_of(packet, "IPv4")
    if ip is None:
        return None
    offset = field_of([ip], "fragment", "offset")
    flag = next((field for field in ip.fields if field.name in _MORE_FRAGMENTS), None)
    more = flag is not None and bool(bits_of(packet.data, flag))
    start = 8 * bits_of(packet.data, offset) if offset is not None else 0
    if not start and not more:
        return None
    length = sum(
        layer.end - layer.start
        for layer in packet.layers
        if layer.start >= ip.end and layer.end > layer.start and layer.name != PADDING
    )
    # The last piece is shorter than the others, so that it does not tell how many there were.
    number = start // length + 1 if more and length and start % length == 0 else None
    return Piece(start, start + length, more, number)


def gaps(packet: Packet) -> Iterator[Gap]:
    """Find the bytes that no layer claims."""
    end = 0
    for layer in sorted(packet.layers, key=lambda layer: layer.start):
        if layer.start > end:
            yield Gap(end, min(layer.start, len(packet.data)))
        end = max(end, layer.end)
    if end < len(packet.data):
        yield Gap(end, len(packet.data))


def wrapped(text: str, size: float, room: float, most: int = 4, *, bold: bool = False) -> list[str]:
    """Break a text into lines that fit into so many pixels; beyond `most` lines it is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if text_width(joined, size, bold=bold) <= room:
            line = joined
            continue
        if line:
            lines.append(line)
        while text_width(word, size, bold=bold) > room:
            fits = 1
            while fits < len(word) and text_width(word[: fits + 1], size, bold=bold) <= room:
                fits += 1
            lines.append(word[:fits])
            word = word[fits:]  # noqa: PLW2901 # what is left of it
        line = word
    if line:
        lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][:-3]}..."]
    return lines
