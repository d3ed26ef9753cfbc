"""Checksums: right, wrong, and not to be verified; a wrong one is a problem and no error."""

import struct

import pytest

import netsteps as ns
from packet_samples import checksum

ENDS = {"source": ("10.0.0.1", 1000), "destination": ("10.0.0.2", 2000)}
ENDS6 = {"source": ("2001:db8::1", 1000), "destination": ("2001:db8::2", 2000)}


def built(protocol: str = "udp", six: bool = False, payload: bytes = b"hello") -> bytes:
    ends = ENDS6 if six else ENDS
    return bytes(ns.Packet(payload, protocol=protocol, **ends))  # type: ignore[arg-type]


def with_checksum(data: bytes, at: int, value: int) -> ns.Packet:
    return ns.Packet.parse(data[:at] + struct.pack(">H", value) + data[at + 2 :])


PLACES = {
    ("udp", False): (26, "UDP"),
    ("tcp", False): (36, "TCP"),
    ("icmp", False): (22, "ICMP"),
    ("udp", True): (46, "UDP"),
    ("tcp", True): (56, "TCP"),
    ("icmp", True): (42, "ICMPv6"),
}


@pytest.mark.parametrize(("protocol", "six"), PLACES)
def test_a_wrong_checksum_says_what_it_is_and_should_be(protocol: str, six: bool) -> None:
    data = built(protocol, six)
    at, layer = PLACES[protocol, six]
    right = int.from_bytes(data[at : at + 2], "big")
    wrong = right ^ 0x1234
    packet = with_checksum(data, at, wrong)
    told = f"is {wrong:#06x}, should be {right:#06x}"
    assert packet[layer]["Checksum"].problem == told
    assert packet[layer].problem == f"Checksum {told}"
    assert packet.problems == (f"{layer} Checksum: {told}",)
    assert ns.Packet.parse(data)[layer]["Checksum"].problem is None


@pytest.mark.parametrize("length", range(5))
def test_odd_and_even_lengths_are_right(length: int) -> None:
    for protocol, six in PLACES:
        assert ns.Packet.parse(built(protocol, six, bytes(range(length)))).problems == ()


def test_a_wrong_header_checksum_of_ipv4() -> None:
    data = built()
    right = int.from_bytes(data[10:12], "big")
    packet = with_checksum(data, 10, right ^ 1)
    assert packet.problems == (
        f"IPv4 Header Checksum: is {right ^ 1:#06x}, should be {right:#06x}",
    )
    assert "network card" in with_checksum(data, 10, 0).problems[0]


def test_udp_over_ipv4_may_do_without() -> None:
    packet = with_checksum(built(), 26, 0)
    assert packet.problems == ()
    assert "its sender made none" in packet["UDP"]["Checksum"].meaning


def test_udp_over_ipv6_may_not() -> None:
    assert "is 0x0000" in with_checksum(built(six=True), 46, 0).problems[0]


def test_a_udp_checksum_of_zero_is_sent_as_ones() -> None:
    # Chosen so that the sum over everything is 0xffff.
    for value in range(0x10000):
        payload = struct.pack(">H", value)
        pseudo = bytes([10, 0, 0, 1, 10, 0, 0, 2]) + struct.pack(">HH", 17, 10)
        if checksum(pseudo + struct.pack(">HHHH", 1000, 2000, 10, 0) + payload) == 0:
            break
    data = built(payload=payload)
    assert data[26:28] == b"\xff\xff"
    assert ns.Packet.parse(data).problems == ()


@pytest.mark.parametrize(("protocol", "six"), [(p, s) for p, s in PLACES if p != "icmp"])
def test_a_checksum_left_for_the_network_card_is_explained(protocol: str, six: bool) -> None:
    data = built(protocol, six)
    at, layer = PLACES[protocol, six]
    start = 40 if six else 20
    ends = data[8:40] if six else data[12:20]
    number = {"udp": 17, "tcp": 6}[protocol]
    pseudo = ends + struct.pack(">II", len(data) - start, number)
    # Linux writes the sum of the pseudo-header without its complement.
    packet = with_checksum(data, at, checksum(pseudo) ^ 0xFFFF)
    (problem,) = packet.problems
    assert problem.startswith(f"{layer} Checksum: is 0x")
    assert "checksum offload" in problem
    assert "no fault on the wire" in problem
    # Of a large segment, that the card cuts up, without the length.
    without = checksum(ends + struct.pack(">II", 0, number)) ^ 0xFFFF
    assert "checksum offload" in with_checksum(data, at, without).problems[0]


def test_of_a_cut_packet_it_is_not_verified() -> None:
    packet = ns.Packet.parse(built("tcp", payload=bytes(100))[:60], lax=True)
    field = packet["TCP"]["Checksum"]
    assert field.problem is None
    assert field.meaning.startswith("not verified")
    assert packet["IPv4"]["Header Checksum"].meaning.endswith(": right")


def test_of_a_packet_on_a_route_it_is_not_verified() -> None:
    data = bytearray(built(six=True))
    routing = bytes([17, 2, 4, 1, 0, 0, 0, 0]) + bytes(16)
    data[4:6] = struct.pack(">H", len(data) - 40 + len(routing))
    data[6] = 43
    packet = ns.Packet.parse(bytes(data[:40]) + routing + bytes(data[40:]))
    assert packet.problems == ()
    assert "last address of its route" in packet["UDP"]["Checksum"].meaning
