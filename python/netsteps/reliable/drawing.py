"""A segment drawn as every packet is: its header over its bytes, inside of UDP and IP."""

from typing import TYPE_CHECKING, NamedTuple

from netsteps import Packet
from netsteps.reliable.wire import FIELDS, HEADER, Kind, decode, encode
from netsteps.show.packet import osi

if TYPE_CHECKING:
    from netsteps.reliable.wire import Segment
    from netsteps.show.drawing import Drawing
    from netsteps.show.packet.anatomy import Layer

__all__ = ["draw"]


class _Field(NamedTuple):
    name: str
    value: object
    text: str
    start: int
    bits: int
    meaning: str
    problem: str | None = None


class _Layer(NamedTuple):
    name: str
    osi: int
    start: int
    end: int
    fields: tuple[_Field, ...] = ()
    problem: str | None = None


class _Drawn(NamedTuple):
    """What a drawing of a packet reads, with a layer more than Packet knows."""

    data: bytes
    layers: "tuple[Layer, ...]"
    payload: bytes
    source: object
    destination: object
    protocol: str
    problems: tuple[str, ...]
    summary: str


def draw(segment: "Segment", *, theme: str = "light") -> "Drawing":
    """Draw a segment in a UDP datagram. theme: "light" or "dark".

    It lies in the transport layer, as UDP that carries it does: it does what TCP does there.
    Raises ValueError for another theme.
    """
    datagram = encode(segment)
    packet = Packet(
        datagram, source=("10.0.0.1", 50000), destination=("10.0.0.2", 6666), protocol="udp"
    )
    data = bytes(packet)
    start = len(data) - len(datagram)
    layers: list[Layer] = [*packet.layers[:-1], _header(datagram, start)]
    if segment.payload:
        bits = 8 * len(segment.payload)
        told = "which have come behind the number" if segment.kind is Kind.ACK else ""
        field = _Field(
            "Data", segment.payload, repr(segment.payload), 8 * (start + HEADER), bits, told
        )
        layers.append(_Layer("Payload", 7, start + HEADER, len(data), (field,)))
    summary = f"{segment.kind.name} {segment.number}, {len(segment.payload)} bytes"
    return osi(
        _Drawn(
            data, tuple(layers), segment.payload, packet.source, packet.destination,
            "udp", (), summary,
        ),
        theme=theme,
    )  # fmt: skip


def _header(datagram: bytes, start: int) -> _Layer:
    """Lay the table of fields over the bytes of a segment."""
    segment = decode(datagram)
    header = int.from_bytes(datagram[:HEADER], "big")
    fields, at = [], 0
    for name, bits, meaning in FIELDS:
        value = header >> (HEADER * 8 - at - bits) & ((1 << bits) - 1)
        text = f"0x{value:0{bits // 4}x}" if name in {"magic", "connection", "checksum"} else None
        text = f"{value} {segment.kind.name}" if name == "kind" else text
        fields.append(
            _Field(name.capitalize(), value, text or f"{value:,}", start * 8 + at, bits, meaning)
        )
        at += bits
    return _Layer("Segment", 4, start, start + HEADER, tuple(fields))
