"""The segment: its table, its bytes, and everything that is none."""

import re
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsteps.reliable import wire
from netsteps.reliable.wire import BadSegment, Kind, Segment, bitmap, decode, encode

numbers = st.integers(0, wire.LARGEST_NUMBER)
connections = st.integers(0, 2**64 - 1)
segments = st.one_of(
    st.builds(Segment, st.just(Kind.DATA), connections, numbers, numbers, st.binary(max_size=60)),
    st.builds(Segment, st.just(Kind.ACK), connections, numbers, numbers, st.binary(max_size=128)),
    st.builds(
        Segment, st.just(Kind.REFUSED), connections, numbers, numbers,
        st.binary(min_size=8, max_size=8),
    ),
)  # fmt: skip


@given(segments)
def test_what_is_written_is_read(segment: Segment) -> None:
    assert decode(encode(segment)) == segment


def test_the_header_lies_as_its_drawing_says() -> None:
    datagram = encode(Segment(Kind.DATA, 0x0102030405060708, 9, 10, b"payload"))
    assert datagram[:20].hex(" ") == ("4e 52 01 01 01 02 03 04 05 06 07 08 00 00 00 09 00 00 00 0a")
    assert datagram[24:] == b"payload"
    checksum = zlib.crc32(datagram[:20] + bytes(4) + b"payload")
    assert struct.unpack("!I", datagram[20:24]) == (checksum,)


def test_the_table_of_fields_and_the_drawing_agree_with_the_header() -> None:
    assert sum(bits for _, bits, _ in wire.FIELDS) == wire.HEADER * 8
    drawn = re.findall(r"(magic|version|kind|connection|number|count|checksum)\b", wire.__doc__)
    assert list(dict.fromkeys(drawn)) == [name for name, _, _ in wire.FIELDS]


def test_which_have_come_is_written_as_bits_behind_the_cumulative_one() -> None:
    assert bitmap(10, []) == b""
    assert bitmap(10, [11]) == b"\x01"
    assert bitmap(10, [12, 19]) == b"\x02\x01"
    ack = Segment(Kind.ACK, 1, 10, 5, b"\x02\x01")
    assert list(ack.selective()) == [12, 19]


@given(numbers, st.sets(st.integers(1, wire.LARGEST_WINDOW)))
def test_any_set_of_them_comes_back(number: int, ahead: set[int]) -> None:
    come = {number + one for one in ahead}
    payload = bitmap(number, come)
    assert len(payload) <= wire.LARGEST_WINDOW // 8
    assert list(Segment(Kind.ACK, 1, number, 0, payload).selective()) == sorted(come)


def test_one_changed_bit_anywhere_is_seen() -> None:
    datagram = encode(Segment(Kind.DATA, 7, 1, 2, b"some bytes"))
    for bit in range(len(datagram) * 8):
        changed = bytearray(datagram)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSegment):
            decode(bytes(changed))


def test_every_beginning_of_a_segment_is_seen_to_be_short() -> None:
    datagram = encode(Segment(Kind.DATA, 7, 1, 2, b"some bytes"))
    for length in range(len(datagram)):
        with pytest.raises(BadSegment):
            decode(datagram[:length])


@given(st.binary(max_size=200))
def test_other_bytes_are_no_segment(data: bytes) -> None:
    with pytest.raises(BadSegment):
        decode(data)


def sealed(version: int = 1, kind: int = 1, payload: bytes = b"") -> bytes:
    """Give a segment with a good checksum, whatever is in it."""
    head = struct.pack("!HBBQII", wire.MAGIC, version, kind, 7, 0, 0)
    return head + struct.pack("!I", zlib.crc32(head + bytes(4) + payload)) + payload


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        (sealed(version=2), "version 2"),
        (sealed(kind=0), "no kind 0"),
        (sealed(kind=4), "no kind 4"),
        (sealed(kind=2, payload=bytes(129)), "an ACK for more than 1024"),
        (sealed(kind=3), "without its 8 bytes"),
        (sealed(kind=3, payload=bytes(9)), "without its 8 bytes"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "0x4745"),
        (b"", "0 bytes"),
    ],
)
def test_a_well_sealed_segment_of_another_form_is_refused(datagram: bytes, why: str) -> None:
    with pytest.raises(BadSegment, match=why):
        decode(datagram)
