"""A message in numbered parts, and back again."""

import random
import socket
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import golden
import netsteps as ns
from netsteps.show.pieces import Picture, Piece, draw

HEADER = 16


def numbered(size: int) -> bytes:
    return bytes(n % 251 for n in range(size))


@settings(max_examples=60, deadline=None)
@given(
    message=st.binary(max_size=3000),
    size=st.integers(HEADER + 1, 1500),
    seed=st.integers(0, 2**32),
)
def test_any_message_comes_back_in_any_order(message: bytes, size: int, seed: int) -> None:
    parts = ns.split(message, size)
    assert all(len(part) == len(bytes(part)) <= size for part in parts)
    assert b"".join(part.data for part in parts) == message
    order = random.Random(seed)
    shuffled = [*parts, *order.sample(parts, min(3, len(parts)))]
    order.shuffle(shuffled)
    joined = ns.join(map(bytes, shuffled))
    assert joined.message == message
    assert joined.missing == joined.missing_parts == joined.problems == ()
    assert joined.duplicates == len(shuffled) - len(parts)
    assert len(joined.arrived) == len(shuffled)


def test_the_header_is_as_it_is_described() -> None:
    parts = ns.split(numbered(3000), 1016, message_id=0x01020304)
    assert [part.index for part in parts] == [0, 1, 2]
    assert [part.offset for part in parts] == [0, 1000, 2000]
    assert {part.count for part in parts} == {3}
    for part in parts:
        assert part.header == struct.pack(">cBHIII", b"N", 1, 1000, 0x01020304, part.index, 3000)
        assert bytes(part) == part.header + part.data
    assert repr(parts[1]) == "<Part 1 of 3: 1000 bytes from 1000 on>"
    assert parts[1] == ns.split(numbered(3000), 1016, message_id=0x01020304)[1]
    assert len({*parts, *parts}) == 3


def test_each_message_has_a_number_of_its_own() -> None:
    one, two = ns.split(b"one"), ns.split(b"two")
    assert one[0].header[4:8] != two[0].header[4:8]


def test_bytes_like_messages_are_split_and_strings_are_not() -> None:
    for message in (bytearray(b"hello"), memoryview(b"hello")):
        assert ns.join(ns.split(message)).message == b"hello"
    with pytest.raises(ns.BadPayload):
        ns.split("hello")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [-1, 0, 16, 65_508, 10**12])
def test_a_size_that_cannot_be_meant_names_the_real_limits(size: int) -> None:
    with pytest.raises(ns.BadArgument, match=r"1472 .*1452 over IPv6"):
        ns.split(b"hello", size)


def test_the_largest_part_is_the_largest_datagram() -> None:
    (part, _) = ns.split(bytes(65_507), 65_507)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        assert udp.sendto(bytes(part), udp.getsockname()) == 65_507
        with pytest.raises(OSError, match="too long"):
            udp.sendto(bytes(part) + b"x", udp.getsockname())


def test_holes_are_named_by_bytes_and_by_parts() -> None:
    parts = ns.split(numbered(1000), 116)
    joined = ns.join(parts[index] for index in (9, 1, 2, 6))
    assert joined.message is None
    assert joined.missing == (range(100), range(300, 600), range(700, 900))
    assert joined.missing_parts == (range(1), range(3, 6), range(7, 9))
    assert joined.arrived == (9, 1, 2, 6)
    assert (joined.length, joined.count, joined.chunk) == (1000, 10, 100)
    lost = ns.join([None if part.index in {3, 4} else part for part in parts])
    assert lost.missing == (range(300, 500),)


def test_what_is_foreign_or_contradicts_is_told_and_does_not_harm() -> None:
    parts = ns.split(numbered(300), 116, message_id=7)
    other = bytearray(bytes(parts[1]))
    other[-1] ^= 1
    longer = ns.split(numbered(400), 116, message_id=7)[3]
    foreign = ns.split(b"x", message_id=8)
    joined = ns.join([b"hello", *parts[:2], other, longer, foreign[0], bytes(40), parts[2]])
    assert joined.message == numbered(300)
    told = [problem.split(":")[0].split(", the first")[0] for problem in joined.problems]
    assert told == [
        "datagram 0 is no part",
        "part 1 came again with other bytes",
        "part 3 says 400 bytes in parts of 100",
        "datagram 5 is part of message 8, not of 7",
        "datagram 6 is no part",
    ]
    assert ns.join([]).problems == ("no part came",)


def test_a_hostile_length_is_refused_and_takes_no_memory() -> None:
    part = bytearray(bytes(ns.split(numbered(100), 116)[0]))
    part[12:16] = b"\xff" * 4
    joined = ns.join([part])
    assert joined.message is None
    assert (
        "says that the message has 4294967295 bytes, and the limit is 67108864"
        in (joined.problems[0])
    )
    joined = ns.join([part], limit=2**33)
    assert joined.missing == (range(100, 2**32 - 1),)
    assert "bytes 100 to 4,294,967,294" in repr(joined)


def test_problems_are_bounded() -> None:
    problems = ns.join([b"x"] * 1000).problems
    assert (len(problems), problems[-1]) == (101, "and 901 more problems")


# Drawings


def shuffled() -> Any:
    parts = ns.split(numbered(10_240), message_id=1)
    order = [parts[index] for index in (3, 6, 1, 3, 5, 0, 2)]
    return ns.join([*order, b"hello"])


def test_parts_are_drawn() -> None:
    golden.check("split-parts", ns.split(numbered(10_240)).drawing())


def test_many_parts_are_folded() -> None:
    drawing = ns.split(bytes(1_000_000)).drawing()
    golden.check("split-many", drawing)
    assert "672 more parts" in str(drawing)
    assert len(drawing.svg) < 20_000


def test_joined_parts_are_drawn_with_holes_order_and_duplicates() -> None:
    golden.check("split-joined", shuffled().drawing())


def test_parts_and_joined_show_themselves() -> None:
    for shown in (ns.split(b"hello"), shuffled()):
        bundle = shown._repr_mimebundle_()
        assert bundle["text/plain"] == repr(shown) == str(shown.drawing())
        assert "<img src=" in bundle["text/html"]
    assert "<table>" in ns.split(b"<b>")._repr_mimebundle_()["text/html"]
    assert "<b>" not in ns.split(b"<b>")._repr_mimebundle_()["text/html"]


def test_what_is_drawn_is_escaped() -> None:
    picture = Picture("<a>", "part", 0, "<h>", [Piece(0, 0, 0, 16, "<n>")], problems=["\x1b<p>"])
    drawing = draw(picture)
    assert "<p>" not in drawing.svg
    assert "\x1b" not in drawing.svg + str(drawing)
