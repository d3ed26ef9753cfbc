"""The layers of a packet, and the fields that every bit of them belongs to."""

import pytest

import netsteps as ns
from packet_samples import samples

MADE = samples(60, seed=7)
OPTIONS = {"Maximum Segment Size", "Window Scale"}


def frame(kind: str) -> ns.Packet:
    sample = next(sample for sample in MADE if sample.kind == kind)
    return ns.Packet.parse(sample.frame, "ethernet")


def names(packet: ns.Packet) -> list[str]:
    return [layer.name for layer in packet.layers]


def test_every_bit_belongs_to_exactly_one_field() -> None:
    for sample in MADE:
        packet = ns.Packet.parse(sample.frame, "ethernet")
        covered = 0
        for layer in packet.layers:
            assert layer.start * 8 == covered
            for field in layer.fields:
                assert field.start == covered, (sample.kind, field)
                assert field.bits > 0
                covered += field.bits
            assert layer.end * 8 == covered, (sample.kind, layer)
        assert covered == len(packet) * 8


def test_the_value_of_a_number_is_its_bits() -> None:
    for sample in MADE:
        packet = ns.Packet.parse(sample.frame, "ethernet")
        whole, bits = int.from_bytes(packet.data, "big"), len(packet) * 8
        numbers = 0
        for layer in packet.layers:
            for field in layer.fields:
                # The number of an option is only a part of it.
                if isinstance(field.value, int) and field.name not in OPTIONS:
                    here = whole >> (bits - field.start - field.bits) & ((1 << field.bits) - 1)
                    assert field.value == here, (sample.kind, field)
                    numbers += 1
        assert numbers >= 6


def test_the_layers_stand_in_the_osi_model() -> None:
    assert [(layer.name, layer.osi) for layer in frame("vlan").layers] == [
        ("Ethernet II", 2),
        ("802.1Q", 2),
        ("IPv4", 3),
        ("TCP", 4),
        ("Payload", 7),
    ]
    assert names(frame("arp")) == ["Ethernet II", "ARP"]
    assert names(frame("short frame")) == ["Ethernet II", "IPv4", "UDP", "Payload", "Padding"]
    assert names(frame("ipv6 options"))[1:5] == [
        "IPv6",
        "IPv6 Hop-by-Hop Options",
        "IPv6 Destination Options",
        "TCP",
    ]
    assert names(frame("dns query"))[-1] == "DNS"
    assert names(frame("icmp error"))[-2:] == ["ICMP", "Payload"]


def test_a_field_says_what_it_means() -> None:
    packet = frame("tcp4")
    kind = packet["Ethernet II"]["EtherType"]
    assert (kind.value, kind.text, kind.meaning) == (0x0800, "0x0800 IPv4", "what is inside")
    assert packet["IPv4"]["IHL"].text == "5 = 20 bytes"
    assert packet["IPv4"]["Protocol"].text == "6 TCP"
    assert packet["TCP"]["Checksum"].meaning.endswith(": right")
    assert repr(packet["IPv4"]) == "Layer('IPv4', 14-34)"
    assert repr(kind) == "Field('EtherType', 0x0800 IPv4)"
    not_there = ns.Packet(destination=("10.0.0.1", 1), dont_fragment=False)["IPv4"]["DF"]
    assert (not_there.text, not_there.meaning) == ("0", "not set (do not fragment)")


def test_a_layer_and_a_field_are_found_by_name() -> None:
    packet = frame("tcp4")
    assert packet["TCP"].start == 34
    with pytest.raises(KeyError, match="UDP"):
        packet["UDP"]
    with pytest.raises(KeyError, match="Length"):
        packet["TCP"]["Length"]


def test_a_later_fragment_has_no_header_of_what_it_carries() -> None:
    fragments = [
        ns.Packet.parse(sample.frame, "ethernet")
        for sample in samples(400, seed=9)
        if sample.kind in {"ipv4 fragment", "ipv6 fragment"}
    ]
    later = [packet for packet in fragments if "UDP" not in names(packet)]
    first = [packet for packet in fragments if "UDP" in names(packet)]
    assert later
    assert first
    for packet in later:
        assert packet.protocol == "udp"
        assert packet.source is not None
        assert packet.source.port == 0
        assert "fragment at" in packet.summary
    for packet in first:
        assert "a fragment" in packet["UDP"]["Checksum"].meaning
        assert packet.problems == ()


def test_neighbor_discovery_is_read_to_its_last_option() -> None:
    target = bytes.fromhex("fe80" + "00" * 13 + "01")
    body = target + bytes.fromhex("0101 020000000001 0501 0000 000005dc")
    packet = ns.Packet(body, source="fe80::2", destination="ff02::1", protocol="icmp", type=135)
    assert packet["ICMPv6"]["Target Address"].value == "fe80::1"
    assert packet["ICMPv6"]["Source Link-Layer Address"].value == "02:00:00:00:00:01"
    assert packet["ICMPv6"]["MTU"].value == 1500
    assert packet.payload == b""
    with pytest.raises(ns.BadPacket, match="option 0 has length 0"):
        ns.Packet.parse(
            bytes(ns.Packet(target + bytes(8), source="::1", destination="::1",
                            protocol="icmp", type=135))
        )  # fmt: skip


def test_a_payload_says_what_it_is() -> None:
    for kind, meaning in [
        ("tcp4", "the message, as the program gave it"),
        ("icmp error", "the beginning of the packet that it is about"),
        ("icmpv6 error", "the beginning of the packet that it is about"),
        ("icmp echo", "what the message carries"),
        ("ipv4 fragment", "a part of what the whole packet carries"),
    ]:
        assert frame(kind)["Payload"]["Data"].meaning == meaning


def test_the_length_of_802_3_is_no_type() -> None:
    data = bytes.fromhex("0180c2000000 020000000001 0003 424203 0000")
    packet = ns.Packet.parse(data, "ethernet")
    assert packet["Ethernet II"]["Length"].value == 3
    assert names(packet) == ["Ethernet II", "Payload", "Padding"]
    assert packet.payload == b"\x42\x42\x03"
    assert packet.protocol == "802.3"


def test_an_unknown_ethertype_is_payload() -> None:
    packet = ns.Packet.parse(bytes.fromhex("020000000001 020000000002 88cc 0102"), "ethernet")
    assert packet.protocol == "lldp"
    assert packet.source is None
    assert packet.payload == b"\1\2"
    assert packet.summary == ("Ethernet II 02:00:00:00:00:02 > 02:00:00:00:00:01 lldp len=2")


def test_what_a_payload_holds_is_shown_escaped() -> None:
    text = ns.Packet(b"GET / HTTP/1.1\r\n", destination=("10.0.0.1", 1))["Payload"]["Data"].text
    assert text == '"GET / HTTP/1.1\\r\\n"'
    assert ns.Packet(b"\x1b[31m", destination=("10.0.0.1", 1))["Payload"]["Data"].text == (
        "1b 5b 33 31 6d"
    )
    long = ns.Packet(bytes(5000), destination=("10.0.0.1", 1))["Payload"]["Data"]
    assert long.text.endswith("… (5000 bytes)")
    assert long.value == bytes(5000)
