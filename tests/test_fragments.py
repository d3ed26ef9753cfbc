"""IP packets in fragments, and back again: RFC 791, 815, 8200 and 5722."""

import random
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import golden
import netsteps as ns

V4 = (("10.0.0.1", 50000), ("10.0.0.2", 80))
V6 = (("fd00::1", 50000), ("fd00::2", 80))


def packet(size: int, ends: tuple[object, object] = V4, **more: object) -> ns.Packet:
    return ns.Packet(
        bytes(n % 251 for n in range(size)), source=ends[0], destination=ends[1],
        protocol="udp", dont_fragment=False, **more,
    )  # type: ignore[arg-type] # fmt: skip


@settings(max_examples=50, deadline=None)
@given(
    size=st.integers(0, 9000), mtu=st.integers(100, 2000), six=st.booleans(),
    seed=st.integers(0, 2**32),
)  # fmt: skip
def test_any_packet_comes_back_in_any_order(size: int, mtu: int, six: bool, seed: int) -> None:
    whole = packet(size, V6 if six else V4)
    fragments = ns.fragment(whole, mtu)
    assert all(len(fragment) <= mtu for fragment in fragments)
    assert all(fragment.problems == () for fragment in fragments)
    shuffled = [*fragments, fragments[-1]]
    random.Random(seed).shuffle(shuffled)
    made = ns.reassemble(shuffled)
    assert made.packet == whole
    assert (made.missing, made.problems, made.duplicates) == ((), (), 1)


def test_a_packet_that_fits_is_given_back() -> None:
    assert list(ns.fragment(packet(1472))) == [packet(1472)]
    assert len(ns.fragment(packet(1473))) == 2
    assert ns.reassemble([packet(10)]).packet == packet(10)


def test_fragments_say_where_they_belong() -> None:
    fragments = ns.fragment(packet(4000, identification=0x1234))
    fields = [
        {field.name: field.value for field in fragment["IPv4"].fields} for fragment in fragments
    ]
    assert [f["Fragment Offset"] for f in fields] == [0, 185, 370]
    assert {f["Identification"] for f in fields} == {0x1234}
    made = ns.reassemble(fragments)
    assert [(p.offset, p.size, p.header, p.more) for p in made.pieces] == [
        (0, 1480, 20, True),
        (1480, 1480, 20, True),
        (2960, 1048, 20, False),
    ]
    assert repr(made.pieces[0]) == "<FragmentPiece 1480 bytes from 0 on, taken>"


def test_an_ethernet_header_stays_before_each_fragment() -> None:
    addresses = ("02:00:00:00:00:01", "02:00:00:00:00:02")
    whole = packet(4000, ethernet=addresses)
    fragments = ns.fragment(whole, 1500)
    assert [len(fragment) for fragment in fragments] == [1514, 1514, 14 + 20 + 1048]
    assert {fragment.first for fragment in fragments} == {"ethernet"}
    assert ns.reassemble(reversed(fragments)).packet == whole


def test_dont_fragment_is_kept_to() -> None:
    kept = ns.Packet(bytes(4000), source=V4[0], destination=V4[1], protocol="udp")
    with pytest.raises(ns.DatagramTooLarge, match="Don't Fragment") as told:
        ns.fragment(kept)
    # As the kernel says it.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, pytest.raises(OSError) as real:  # noqa: PT011
        udp.sendto(bytes(70_000), ("127.0.0.1", 9))
    assert told.value.errno == real.value.errno


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mtu": 0}, "mtu=0"),
        ({"mtu": 27}, "no room for data"),
        ({"identification": 65_536}, "16 bits"),
    ],
)
def test_what_cannot_be_meant_is_told(arguments: dict[str, int], words: str) -> None:
    with pytest.raises(ns.BadArgument, match=words):
        ns.fragment(packet(1000), **{"mtu": 500, **arguments})  # type: ignore[arg-type]


def test_what_cannot_be_cut_is_told() -> None:
    arp = ns.Packet(source="10.0.0.1", destination="10.0.0.2", protocol="arp",
                    ethernet=("02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"))  # fmt: skip
    with pytest.raises(ns.BadPacket, match="no IP packet"):
        ns.fragment(arp)
    with pytest.raises(ns.BadPacket, match="already"):
        ns.fragment(ns.fragment(packet(4000, V6), 1280)[0], 1000)
    with pytest.raises(TypeError):
        ns.fragment(b"bytes")  # type: ignore[arg-type]


def raw(offset: int, data: bytes, *, more: bool) -> bytes:
    """Make an IPv4 fragment by its numbers."""
    head = bytearray(bytes(ns.Packet(b"", source=V4[0], destination=V4[1], protocol=99))[:20])
    head[2:4] = (20 + len(data)).to_bytes(2, "big")
    head[4:6] = b"\x12\x34"
    head[6:8] = (offset // 8 | more << 13).to_bytes(2, "big")
    return bytes(head) + data


@pytest.mark.parametrize(
    ("fragments", "words"),
    [
        ([raw(0, bytes(32), more=True), raw(24, bytes(8), more=False)], "teardrop"),
        ([raw(0, bytes(8), more=True), raw(0, b"x" * 8, more=True)], "teardrop"),
        ([raw(65_528, bytes(100), more=False)], "ping of death"),
        ([raw(0, bytes(9), more=True)], "multiple of 8"),
        ([raw(8, bytes(8), more=False), raw(16, bytes(8), more=False)], "data end at 16"),
    ],
)
def test_attacks_are_refused_by_name(fragments: list[bytes], words: str) -> None:
    made = ns.reassemble(fragments)
    assert made.packet is None
    assert any(words in problem for problem in made.problems)
    assert made.pieces[-1].verdict == "refused"
    assert "refused" in repr(made)


def test_holes_and_an_unknown_end_are_named() -> None:
    fragments = ns.fragment(packet(4000))
    made = ns.reassemble([fragments[2], fragments[0]])
    assert (made.packet, made.missing, made.length) == (None, (range(1480, 2960),), 4008)
    made = ns.reassemble(fragments[:2])
    assert (made.missing, made.length) == ((), None)
    assert made.problems == ("the last fragment did not come: nobody knows how long the packet is",)
    assert ns.reassemble([]).problems == ("there is no fragment",)
    assert "no IP packet" in ns.reassemble([b"", b"hello"]).problems[0]


# Drawings


def test_fragments_are_drawn() -> None:
    golden.check("fragments", ns.fragment(packet(4000)).drawing())


def test_reassembled_fragments_are_drawn_with_holes_and_refusals() -> None:
    whole = ns.fragment(packet(9000, identification=1))
    order = [whole[0], whole[3], whole[1], whole[3], whole[6]]
    golden.check("fragments-holes", ns.reassemble(order).drawing())
    attack = [raw(0, bytes(32), more=True), raw(24, bytes(48), more=False)]
    golden.check("fragments-attack", ns.reassemble(attack).drawing())


def test_fragments_show_themselves() -> None:
    for shown in (ns.fragment(packet(4000)), ns.reassemble([])):
        bundle = shown._repr_mimebundle_()
        assert bundle["text/plain"] == repr(shown) == str(shown.drawing())
        assert "<img src=" in bundle["text/html"]
