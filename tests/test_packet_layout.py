"""Whatever a decoder gives, the pictures of a packet are drawn, and can be read."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

import pictures
from fake_packets import Endpoint, Field, Layer, Packet
from netsteps.show import packet as show

NAMES = ["Ethernet II", "ARP", "IPv4", "IPv6", "IPv6 Fragment", "ICMP", "TCP", "UDP", "DNS"]
FIELDS = ["Checksum", "MF", "Fragment Offset", "Time to Live", "Source Address", "NAME", "A B C D"]
# Also what is wide, stacks on the letter before it, or writes from the right to the left.
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["漢字" * 30, "e\u0301" * 40, "W" * 99, "שלום" * 9, "\U0001f4e8"]
)
PROBLEMS = st.none() | TEXTS


@st.composite
def fields(draw: st.DrawFn) -> Field:
    text = draw(TEXTS)
    return Field(
        name=draw(st.sampled_from(FIELDS) | TEXTS),
        value=draw(st.integers(0, 2**64) | st.binary(max_size=20) | st.just(text)),
        text=text,
        start=draw(st.integers(0, 400) | st.integers(-50, 10**6)),
        bits=draw(st.sampled_from([1, 1, 3, 4, 8, 13, 16, 32, 48, 128]) | st.integers(0, 2000)),
        meaning=draw(TEXTS),
        problem=draw(PROBLEMS),
    )


@st.composite
def laid_out(draw: st.DrawFn, start: int) -> tuple[Field, ...]:
    """Lay fields one behind the other, as a decoder does."""
    found = []
    at = start * 8
    for field in draw(st.lists(fields(), max_size=6)):
        found.append(Field(field.name, field.value, field.text, at, field.bits, field.meaning))
        at += field.bits
    return tuple(found)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    start = draw(st.integers(0, 60))
    return Layer(
        name=draw(st.sampled_from([*NAMES, "Payload", "Padding"]) | TEXTS),
        osi=draw(st.integers(0, 9)),
        start=start,
        end=draw(st.integers(0, 100)),
        fields=draw(laid_out(start) | st.lists(fields(), max_size=6).map(tuple)),
        problem=draw(PROBLEMS),
    )


ENDPOINTS = st.none() | st.builds(Endpoint, TEXTS, st.integers(0, 65535), st.none() | TEXTS, TEXTS)
PACKETS = st.builds(
    Packet,
    data=st.binary(max_size=60),
    layers=st.lists(layers(), max_size=6).map(tuple),
    payload=st.binary(max_size=20),
    source=ENDPOINTS,
    destination=ENDPOINTS,
    protocol=TEXTS,
    problems=st.lists(TEXTS, max_size=6).map(tuple),
    summary=TEXTS,
)


def columns(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in line)
    return len(line) + wide - sum(unicodedata.combining(char) > 0 for char in line)


@settings(max_examples=60, deadline=None)
@given(PACKETS)
def test_any_packet_is_drawn_without_an_overlap(packet: Packet) -> None:
    for drawing in (show.osi(packet), show.envelope(packet, theme="dark")):
        assert pictures.outside(drawing.svg) == []
        assert pictures.overlaps(drawing.svg) == []
        assert all(line.isprintable() for line in drawing.text.split("\n"))
        assert max(map(columns, drawing.text.split("\n"))) <= 100
        assert drawing.details


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_any_message_is_drawn(data: bytes) -> None:
    packet = Packet(data, (Layer("Payload", 7, 0, len(data)),) if data else (), data)
    for drawing in (show.osi(packet), show.envelope(packet)):
        assert pictures.outside(drawing.svg) == []
        assert pictures.overlaps(drawing.svg) == []
