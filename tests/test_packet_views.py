"""The pictures of packets that the package itself reads and makes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netsteps as ns
import pictures
from fake_packets import ARP_HEX, DNS_HEX, EXAMPLES, PIECE_HEX, PING_HEX, SYN_HEX, UDP_HEX
from netsteps.show import packet as show

FRAMES = {
    "udp": (UDP_HEX, "ethernet"),
    "syn": (SYN_HEX, "ip"),
    "dns": (DNS_HEX, "ethernet"),
    "ping": (PING_HEX, "ip"),
    "arp": (ARP_HEX, "ethernet"),
    "piece": (PIECE_HEX, "ip"),
}
V4: dict[str, Any] = {"source": ("10.0.0.1", 50000), "destination": ("10.0.0.2", 80)}
V6: dict[str, Any] = {"source": "fe80::1", "destination": "ff02::1"}
CARDS = ("02:00:5e:10:00:01", "02:00:5e:10:00:02")


def parsed(name: str) -> ns.Packet:
    digits, first = FRAMES[name]
    return ns.Packet.parse(bytes.fromhex(digits), first=first)  # type: ignore[arg-type]


MADE = {
    "tagged": lambda: ns.Packet(b"hello", **V4, protocol="udp", ethernet=CARDS, vlan=42),
    "segment": lambda: ns.Packet(b"GET / HTTP/1.1\r\n\r\n", **V4, protocol="tcp", flags="PSH ACK"),
    "holes": lambda: ns.Packet(
        **V4, protocol="tcp", flags="ACK", options={"sack": [(100, 200), (300, 400)]}
    ),
    "ping6": lambda: ns.Packet(bytes(48), **V6, protocol="icmp"),
    "unknown": lambda: ns.Packet(
        b"\x16\x00", source="10.0.0.1", destination="224.0.0.1", protocol=2
    ),
    "nothing": lambda: ns.Packet.parse(b"", lax=True),
    "junk": lambda: ns.Packet.parse(b"\x00\xff junk \x1b[0m", lax=True),
    **{name: lambda name=name: parsed(name) for name in FRAMES},
}


def assert_readable(packet: ns.Packet) -> None:
    for drawing in (packet.osi(), packet.envelope(theme="dark")):
        assert pictures.outside(drawing.svg) == []
        assert pictures.overlaps(drawing.svg) == []
        assert max(map(len, drawing.text.split("\n"))) <= 100
        assert "<table" in drawing.details


@pytest.mark.parametrize("name", MADE)
def test_a_real_packet_is_drawn_in_both_views(name: str) -> None:
    assert_readable(MADE[name]())


@pytest.mark.parametrize("name", FRAMES)
def test_the_packets_made_by_hand_are_laid_out_as_the_decoder_does(name: str) -> None:
    packet, by_hand = parsed(name), EXAMPLES[name]
    assert packet.data == by_hand.data
    assert packet.problems == ()
    for found, expected in zip(packet.layers, by_hand.layers, strict=True):
        assert (found.name, found.osi, found.start, found.end) == (
            expected.name,
            expected.osi,
            expected.start,
            expected.end,
        )
        if expected.fields:
            places = [(field.name, field.start, field.bits) for field in expected.fields]
            assert [(field.name, field.start, field.bits) for field in found.fields] == places


def test_a_notebook_gets_the_layers_with_the_picture_and_the_table() -> None:
    packet = parsed("udp")
    shown = packet._repr_mimebundle_()
    assert shown == show.osi(packet)._repr_mimebundle_()
    assert "<img src=" in shown["text/html"]
    assert "<details>" in shown["text/html"]


def test_the_layers_of_a_broken_packet_say_what_is_wrong() -> None:
    packet = ns.Packet.parse(bytes.fromhex(SYN_HEX)[:47], lax=True)
    drawing = packet.osi()
    for words in packet.problems:
        cause = words.split(": ", 1)[1]
        assert cause in drawing.svg
        assert cause in drawing.text


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(FRAMES)), st.lists(st.tuples(st.integers(0, 59), st.integers(0, 255)))
)
def test_damaged_packets_are_drawn(name: str, damage: list[tuple[int, int]]) -> None:
    digits, first = FRAMES[name]
    data = bytearray(bytes.fromhex(digits)[:400])
    for place, value in damage:
        data[place % len(data)] = value
    assert_readable(ns.Packet.parse(data, first=first, lax=True))  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["ip", "ethernet", "sll", "null"]))
def test_any_bytes_are_drawn(data: bytes, first: Any) -> None:
    assert_readable(ns.Packet.parse(data, first=first, lax=True))
