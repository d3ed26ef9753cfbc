"""Broken bytes: the error says where, lax reading keeps what it can, nothing else is raised."""

import pickle
from typing import Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netsteps as ns
from packet_samples import samples

First = Literal["ip", "ethernet", "sll", "sll2", "null", "loop"]
FRAMES = [sample.frame for sample in samples(40, seed=11)]
SEGMENT = bytes(
    ns.Packet(
        b"hello",
        source=("10.0.0.1", 1000),
        destination=("10.0.0.2", 2000),
        protocol="tcp",
        options={"mss": 1460},
    )
)


def changed(at: int, *values: int, data: bytes = SEGMENT) -> bytes:
    return data[:at] + bytes(values) + data[at + len(values) :]


def broken(data: bytes, first: First = "ip") -> ns.BadPacket:
    with pytest.raises(ns.BadPacket) as caught:
        ns.Packet.parse(data, first)
    return caught.value


# Where, what was needed, and what was there


@pytest.mark.parametrize(
    ("data", "first", "where"),
    [
        (b"", "ip", ("IPv4", 0, 20, 0)),
        (b"", "ethernet", ("Ethernet II", 0, 14, 0)),
        (b"\x45" * 19, "ip", ("IPv4", 0, 20, 19)),
        (b"\x60" * 39, "ip", ("IPv6", 0, 40, 39)),
        (b"\x00" * 12 + b"\x08\x00", "ethernet", ("IPv4", 14, 20, 0)),
        (b"\x00" * 12 + b"\x08\x06" + b"\0\1\x08\0\6\4", "ethernet", ("ARP", 14, 8, 6)),
        (b"\x00" * 12 + b"\x81\x00\x00", "ethernet", ("802.1Q", 14, 4, 1)),
        (SEGMENT[:-1], "ip", ("IPv4", 0, 49, 48)),
        (changed(3, 30), "ip", ("TCP", 20, 20, 10)),
        (changed(3, 42), "ip", ("TCP", 20, 24, 22)),
        (bytes(15), "sll", ("Linux SLL", 0, 16, 15)),
        (bytes(19), "sll2", ("Linux SLL2", 0, 20, 19)),
        (bytes(3), "null", ("Loopback", 0, 4, 3)),
    ],
)
def test_the_error_says_which_layer_where_needed_and_had(
    data: bytes, first: First, where: tuple[str, int, int, int]
) -> None:
    error = broken(data, first)
    layer, offset, needed, had = where
    assert (error.layer, error.offset, error.needed, error.had) == where
    for part in (f"byte {offset}", f"needs {needed}", str(had), layer):
        assert part in error.cause
    assert "lax=True" in error.remedy
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (again.layer, again.offset, again.needed, again.had) == where


@pytest.mark.parametrize(
    ("data", "layer", "offset", "said"),
    [
        (changed(0, 0x55), "IPv4", 0, "version 5"),
        (changed(0, 0x44), "IPv4", 0, "IHL is 4"),
        (changed(2, 0, 19), "IPv4", 2, "Total Length is 19"),
        (changed(2, 0, 0), "IPv4", 2, "segmentation offload"),
        (changed(32, 0x40), "TCP", 32, "Data Offset is 4"),
        (changed(41, 0), "TCP", 40, "length 0"),
        (changed(41, 5), "TCP", 40, "needs 5 bytes"),
    ],
)
def test_a_value_that_cannot_be_meant_is_told(
    data: bytes, layer: str, offset: int, said: str
) -> None:
    error = broken(data)
    assert (error.layer, error.offset) == (layer, offset)
    assert said in error.cause


def test_a_udp_length_is_checked() -> None:
    data = bytes(ns.Packet(b"hello", destination=("10.0.0.1", 1)))
    error = broken(data[:24] + b"\x00\x63" + data[26:])
    assert (error.layer, error.needed, error.had) == ("UDP", 99, 13)
    error = broken(data[:24] + b"\x00\x07" + data[26:])
    assert "the Length is 7" in error.cause


def test_an_unknown_first_header_is_no_packet_s_fault() -> None:
    with pytest.raises(ns.BadArgument, match="ethernet"):
        ns.Packet.parse(SEGMENT, "wifi")  # type: ignore[arg-type]
    with pytest.raises(ns.BadPayload):
        ns.Packet.parse("text")  # type: ignore[arg-type]


# Lax


def test_lax_keeps_what_it_could_read() -> None:
    packet = ns.Packet.parse(SEGMENT[:30], lax=True)
    assert packet.source == ("10.0.0.1", 1000)
    assert [layer.name for layer in packet.layers] == ["IPv4", "TCP"]
    assert [field.name for field in packet["TCP"].fields][-2:] == ["Sequence Number", "Unread"]
    assert packet.problems == (
        "IPv4: the IPv4 packet at byte 0 needs 49 bytes, and there are 30",
        "TCP: the TCP header at byte 20 needs 20 bytes, and there are 10",
    )
    assert packet["TCP"].problem == "the TCP header at byte 20 needs 20 bytes, and there are 10"
    assert packet.summary == "IPv4 TCP 10.0.0.1:1000 > 10.0.0.2:2000 header cut (broken)"


def test_lax_of_a_whole_packet_is_the_same() -> None:
    assert ns.Packet.parse(SEGMENT, lax=True) == ns.Packet.parse(SEGMENT)
    assert ns.Packet.parse(SEGMENT, lax=True).problems == ()


def test_lax_reads_options_up_to_the_broken_one() -> None:
    packet = ns.Packet.parse(changed(41, 0), lax=True)
    assert packet["TCP"]["Options"].problem == "option 2 has length 0, and 2 is the least"
    assert "option 2 has length 0" in packet.problems[1]


def test_lax_of_nothing_is_an_empty_packet() -> None:
    packet = ns.Packet.parse(b"", lax=True)
    assert (packet.data, packet.layers, packet.source, packet.protocol) == (
        b"",
        (),
        None,
        "unknown",
    )
    assert len(packet.problems) == 1


# Any bytes


def look(packet: ns.Packet, data: bytes) -> None:
    """Look at all that a packet tells: it lies within the data."""
    assert packet.data == data
    assert packet.payload in data
    covered = 0
    for layer in packet.layers:
        assert layer.start * 8 == covered
        assert 2 <= layer.osi <= 7
        assert all(isinstance(field.text, str) for field in layer.fields)
        for field in layer.fields:
            assert field.start == covered
            covered += field.bits
            assert isinstance(field.value, (int, str, bytes))
    assert covered == len(data) * 8
    assert "\n" not in packet.summary
    assert all(isinstance(problem, str) for problem in packet.problems)
    assert isinstance(packet.protocol, str)
    _ = packet.source, packet.destination, packet.ttl, packet.flags, packet.seq, packet.window


def read(data: bytes, first: First) -> None:
    lax = ns.Packet.parse(data, first, lax=True)
    look(lax, data)
    try:
        strict = ns.Packet.parse(data, first)
    except ns.BadPacket as error:
        offset = error.offset
    else:
        assert strict == lax
        return
    assert 0 <= offset <= len(data)
    assert lax.problems


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(get_args(First)))
def test_any_bytes_are_a_packet_or_a_told_error(data: bytes, first: First) -> None:
    read(data, first)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_packet_is_a_packet_or_a_told_error(data: st.DataObject) -> None:
    frame = bytearray(data.draw(st.sampled_from(FRAMES)))
    for _ in range(data.draw(st.integers(0, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(frame)))
    read(bytes(frame[:length]), "ethernet")


@settings(deadline=None)
@given(st.binary(max_size=120), st.sampled_from([53, 5353]))
def test_any_bytes_on_the_port_of_dns_are_read_or_told(data: bytes, port: int) -> None:
    packet = ns.Packet(data, source=("10.0.0.1", 4000), destination=("10.0.0.2", port))
    look(packet, packet.data)
