"""The segment: what goes over the wire, one to a UDP datagram, in network byte order.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-------------------------------+---------------+---------------+
    |      magic 0x4E52 ("NR")      |   version 1   |     kind      |
    +-------------------------------+---------------+---------------+
    |                                                               |
    +                          connection                           +
    |                                                               |
    +---------------------------------------------------------------+
    |                            number                             |
    +---------------------------------------------------------------+
    |                             count                             |
    +---------------------------------------------------------------+
    |                           checksum                            |
    +---------------------------------------------------------------+
    |                            payload                            |

connection: 64 random bits, drawn by the sender. Who did not see them cannot forge a segment.
checksum: CRC-32 over the whole segment, with zero in its place. UDP's own sum of 16 bits is made
    anew by everything that passes a datagram on; this one holds from end to end.

| kind | number | count | payload |
| --- | --- | --- | --- |
| 1 DATA | of this segment; the first of a connection is 0 | how many segments of its message follow: 0 ends it | bytes of the message |
| 2 ACK | the lowest that is missing: all before it have come (cumulative) | the window: so many from there on may be sent | which of those behind it have come (selective): bit k is number + 1 + k |
| 3 REFUSED | the first of the message that is refused | 0 | the most bytes that the receiver takes, in 8 bytes |

All segments of a message but its last carry equally many bytes. What was acknowledged is kept.
"""  # noqa: E501 - a table

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsteps.show.drawing import Drawing

__all__ = [
    "FIELDS",
    "HEADER",
    "LARGEST_NUMBER",
    "LARGEST_PAYLOAD",
    "LARGEST_WINDOW",
    "SIZE",
    "BadSegment",
    "Kind",
    "Segment",
    "bitmap",
    "decode",
    "encode",
]

_LAYOUT = struct.Struct("!HBBQIII")
HEADER = _LAYOUT.size  # 24 bytes
MAGIC = 0x4E52
VERSION = 1
LARGEST_NUMBER = 2**32 - 1
LARGEST_WINDOW = 1024  # segments; an ACK's bits for them are 128 bytes
SIZE = 1200  # bytes of a message in a segment: with all headers they pass every link whole
LARGEST_PAYLOAD = 65_507 - HEADER  # bytes: what one datagram carries over IPv4

# The header as data, for drawings: name, bits, meaning.
FIELDS = (
    ("magic", 16, '"NR": the datagram is one of this protocol'),
    ("version", 8, ""),
    ("kind", 8, "1 DATA, 2 ACK, 3 REFUSED"),
    ("connection", 64, "drawn at random by the sender: a forger would have to guess it"),
    ("number", 32, "DATA: of this segment; ACK: the lowest that is missing"),
    ("count", 32, "DATA: how many of the message follow; ACK: the window"),
    ("checksum", 32, "CRC-32 of the segment, from end to end"),
)


class Kind(IntEnum):
    """What a segment is for."""

    DATA = 1
    ACK = 2
    REFUSED = 3


class BadSegment(ValueError):
    """Bytes that are no segment; the text says why."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; the module's table says what its fields mean for each kind."""

    kind: Kind
    connection: int
    number: int
    count: int = 0
    payload: bytes = b""

    def drawing(self, *, theme: str = "light") -> "Drawing":
        """Draw the segment in a UDP datagram, as every packet is drawn, with example addresses.

        theme: "light" or "dark". Raises ValueError for another one.
        """
        from netsteps.reliable.drawing import draw

        return draw(self, theme=theme)

    def selective(self) -> "Iterator[int]":
        """Give the numbers behind the cumulative one that an ACK says have come, in order."""
        bits = int.from_bytes(self.payload, "little")
        while bits:
            lowest = bits & -bits
            yield self.number + lowest.bit_length()
            bits ^= lowest


def bitmap(number: int, come: "Iterable[int]") -> bytes:
    """Write which numbers behind a cumulative one have come: the payload of an ACK."""
    bits = 0
    for other in come:
        bits |= 1 << (other - number - 1)
    return bits.to_bytes(-(-bits.bit_length() // 8), "little")


def encode(segment: Segment) -> bytes:
    """Write a segment as the bytes of one datagram."""
    fields = (
        MAGIC, VERSION, segment.kind, segment.connection, segment.number, segment.count
    )  # fmt: skip
    checksum = zlib.crc32(segment.payload, zlib.crc32(_LAYOUT.pack(*fields, 0)))
    return _LAYOUT.pack(*fields, checksum) + segment.payload


def decode(datagram: bytes) -> Segment:
    """Read a segment from the bytes of one datagram. Raises BadSegment, and nothing else."""
    if len(datagram) < HEADER:
        raise BadSegment(f"{len(datagram)} bytes are shorter than the header of {HEADER}")
    magic, version, kind, connection, number, count, checksum = _LAYOUT.unpack_from(datagram)
    if magic != MAGIC:
        raise BadSegment(f"it begins with 0x{magic:04x}, not with 0x{MAGIC:04x}")
    if version != VERSION:
        raise BadSegment(f"it is of version {version}, not {VERSION}")
    payload = datagram[HEADER:]
    if zlib.crc32(payload, zlib.crc32(bytes(4), zlib.crc32(datagram[: HEADER - 4]))) != checksum:
        raise BadSegment("its checksum is wrong: it was changed on the way")
    match kind:
        case Kind.ACK if len(payload) * 8 > LARGEST_WINDOW:
            raise BadSegment(f"an ACK for more than {LARGEST_WINDOW} segments")
        case Kind.REFUSED if len(payload) != 8:
            raise BadSegment("a REFUSED without its 8 bytes")
        case Kind.DATA | Kind.ACK | Kind.REFUSED:
            return Segment(Kind(kind), connection, number, count, payload)
    raise BadSegment(f"there is no kind {kind}")
