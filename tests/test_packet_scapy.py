"""Packets, field by field, against scapy, which runs in a process of its own."""

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from packet_comparing import our_own, ours
from packet_samples import samples

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNT = 200
DEBIAN_PYTHON = "/usr/bin/python3"
SCAPY = Path(__file__).parent / "oracles" / "scapy_packets.py"


def has_scapy() -> bool:
    if not Path(DEBIAN_PYTHON).exists():
        return False
    asked = [DEBIAN_PYTHON, "-c", "import scapy"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


needs_scapy = pytest.mark.skipif(
    not has_scapy(), reason="scapy is not installed: tests/packages.sh"
)

# Our layer and field, and scapy's layer (the beginning of its name) and field.
SCAPY_FIELDS = {
    "Ether": ("Ethernet II", {"dst": "Destination", "src": "Source", "type": "EtherType"}),
    "Dot1Q": (
        "802.1Q",
        {"prio": "PCP", "id": "DEI", "dei": "DEI", "vlan": "VID", "type": "EtherType"},
    ),
    "ARP": (
        "ARP",
        {
            "hwtype": "Hardware Type",
            "ptype": "Protocol Type",
            "op": "Opcode",
            "hwsrc": "Sender Hardware Address",
            "psrc": "Sender Protocol Address",
            "hwdst": "Target Hardware Address",
            "pdst": "Target Protocol Address",
        },
    ),
    "IP": (
        "IPv4",
        {
            "version": "Version",
            "ihl": "IHL",
            "len": "Total Length",
            "id": "Identification",
            "frag": "Fragment Offset",
            "ttl": "Time to Live",
            "proto": "Protocol",
            "chksum": "Header Checksum",
            "src": "Source Address",
            "dst": "Destination Address",
        },
    ),
    "IPv6": (
        "IPv6",
        {
            "version": "Version",
            "tc": "Traffic Class",
            "fl": "Flow Label",
            "plen": "Payload Length",
            "nh": "Next Header",
            "hlim": "Hop Limit",
            "src": "Source Address",
            "dst": "Destination Address",
        },
    ),
    "IPv6ExtHdrHopByHop": ("IPv6 Hop-by-Hop Options", {"nh": "Next Header", "len": "Hdr Ext Len"}),
    "IPv6ExtHdrDestOpt": ("IPv6 Destination Options", {"nh": "Next Header", "len": "Hdr Ext Len"}),
    "IPv6ExtHdrRouting": (
        "IPv6 Routing",
        {
            "nh": "Next Header",
            "len": "Hdr Ext Len",
            "type": "Routing Type",
            "segleft": "Segments Left",
        },
    ),
    "IPv6ExtHdrFragment": (
        "IPv6 Fragment",
        {"nh": "Next Header", "offset": "Fragment Offset", "m": "M", "id": "Identification"},
    ),
    "TCP": (
        "TCP",
        {
            "sport": "Source Port",
            "dport": "Destination Port",
            "seq": "Sequence Number",
            "ack": "Acknowledgment Number",
            "dataofs": "Data Offset",
            "window": "Window",
            "chksum": "Checksum",
            "urgptr": "Urgent Pointer",
        },
    ),
    "UDP": (
        "UDP",
        {
            "sport": "Source Port",
            "dport": "Destination Port",
            "len": "Length",
            "chksum": "Checksum",
        },
    ),
    "ICMP": (
        "ICMP",
        {
            "type": "Type",
            "code": "Code",
            "chksum": "Checksum",
            "id": "Identifier",
            "seq": "Sequence Number",
            "gw": "Gateway Internet Address",
            "nexthopmtu": "Next-Hop MTU",
        },
    ),
    "DNS": (
        "DNS",
        {
            "id": "ID",
            "qr": "QR",
            "opcode": "OPCODE",
            "aa": "AA",
            "tc": "TC",
            "rd": "RD",
            "ra": "RA",
            "z": "Z",
            "ad": "AD",
            "cd": "CD",
            "rcode": "RCODE",
            "qdcount": "QDCOUNT",
            "ancount": "ANCOUNT",
            "nscount": "NSCOUNT",
            "arcount": "ARCOUNT",
        },
    ),
}
ICMPV6_FIELDS = {
    "type": "Type",
    "code": "Code",
    "cksum": "Checksum",
    "id": "Identifier",
    "seq": "Sequence Number",
    "tgt": "Target Address",
    "mtu": "MTU",
}
QUOTES = {"IPerror", "IPerror6"}  # what an error message quotes is payload for us


def scapy(*arguments: str, lines: "Iterable[str]" = ()) -> list:
    """Ask scapy, in its own process."""
    done = subprocess.run(
        [DEBIAN_PYTHON, str(SCAPY), *arguments],
        input="".join(f"{line}\n" for line in lines), capture_output=True, text=True,
        timeout=50, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def agrees(packet: ns.Packet, layers: list[tuple[str, int, dict[str, object]]]) -> int:
    """Compare a packet with what scapy reads in it; return how many fields were compared."""
    compared = 0
    found = ours(packet)
    for name, _, fields in layers:
        if name in QUOTES:
            break
        layer, names = SCAPY_FIELDS.get(
            name, ("ICMPv6", ICMPV6_FIELDS) if name.startswith("ICMPv6") else ("", {})
        )
        for theirs, own in names.items():
            # scapy reads an MTU in every message of this type; only code 4 has one.
            if theirs in fields and not (theirs == "nexthopmtu" and fields["code"] != 4):
                assert found[layer, own].value == fields[theirs], (layer, own, packet)
                compared += 1
        if name == "TCP":
            assert packet["TCP"].end - packet["TCP"].start == int(str(fields["dataofs"])) * 4
            flags = sum(
                1 << bit
                for bit, flag in enumerate(("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"))
                if flag in packet.flags
            )
            assert flags == fields["flags"]
        if name == "Raw":
            assert packet.payload.hex() == fields["load"]
    return compared


@needs_scapy
def test_scapy_reads_every_field_as_we_do() -> None:
    made = samples(COUNT, 4)
    told = scapy("read", lines=(f"ethernet {sample.frame.hex()}" for sample in made))
    compared = [
        agrees(ns.Packet.parse(sample.frame, "ethernet"), layers)
        for sample, layers in zip(made, told, strict=True)
    ]
    assert min(compared) >= 10


@needs_scapy
def test_scapy_reads_what_we_build_and_builds_the_same_checksums() -> None:
    built = our_own()
    told = scapy("read", lines=(f"ethernet {bytes(packet).hex()}" for packet in built))
    for packet, layers in zip(built, told, strict=True):
        assert packet.problems == ()
        agrees(packet, layers)


@needs_scapy
def test_we_read_what_scapy_builds() -> None:
    frames = [bytes.fromhex(frame) for frame in scapy("make", "5", str(COUNT))]
    told = scapy("read", lines=(f"ethernet {frame.hex()}" for frame in frames))
    for frame, layers in zip(frames, told, strict=True):
        packet = ns.Packet.parse(frame, "ethernet")
        assert packet.problems == ()
        agrees(packet, layers)
