"""Packets, field by field, against tshark."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from packet_comparing import our_own, ours
from packet_samples import pcap, samples
from peers import needs

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNT = 200

# Our layer and field, and tshark's name of it.
TSHARK = {
    ("Ethernet II", "Destination"): "eth.dst",
    ("Ethernet II", "Source"): "eth.src",
    ("Ethernet II", "EtherType"): "eth.type",
    ("802.1Q", "PCP"): "vlan.priority",
    ("802.1Q", "DEI"): "vlan.dei",
    ("802.1Q", "VID"): "vlan.id",
    ("802.1Q", "EtherType"): "vlan.etype",
    ("ARP", "Hardware Type"): "arp.hw.type",
    ("ARP", "Protocol Type"): "arp.proto.type",
    ("ARP", "Hardware Address Length"): "arp.hw.size",
    ("ARP", "Protocol Address Length"): "arp.proto.size",
    ("ARP", "Opcode"): "arp.opcode",
    ("ARP", "Sender Hardware Address"): "arp.src.hw_mac",
    ("ARP", "Sender Protocol Address"): "arp.src.proto_ipv4",
    ("ARP", "Target Hardware Address"): "arp.dst.hw_mac",
    ("ARP", "Target Protocol Address"): "arp.dst.proto_ipv4",
    ("IPv4", "DSCP"): "ip.dsfield.dscp",
    ("IPv4", "ECN"): "ip.dsfield.ecn",
    ("IPv4", "Total Length"): "ip.len",
    ("IPv4", "Identification"): "ip.id",
    ("IPv4", "Reserved"): "ip.flags.rb",
    ("IPv4", "DF"): "ip.flags.df",
    ("IPv4", "MF"): "ip.flags.mf",
    ("IPv4", "Time to Live"): "ip.ttl",
    ("IPv4", "Protocol"): "ip.proto",
    ("IPv4", "Header Checksum"): "ip.checksum",
    ("IPv4", "Source Address"): "ip.src",
    ("IPv4", "Destination Address"): "ip.dst",
    ("IPv6", "Traffic Class"): "ipv6.tclass",
    ("IPv6", "Flow Label"): "ipv6.flow",
    ("IPv6", "Payload Length"): "ipv6.plen",
    ("IPv6", "Next Header"): "ipv6.nxt",
    ("IPv6", "Hop Limit"): "ipv6.hlim",
    ("IPv6", "Source Address"): "ipv6.src",
    ("IPv6", "Destination Address"): "ipv6.dst",
    ("IPv6 Hop-by-Hop Options", "Next Header"): "ipv6.hopopts.nxt",
    ("IPv6 Hop-by-Hop Options", "Hdr Ext Len"): "ipv6.hopopts.len",
    ("IPv6 Destination Options", "Next Header"): "ipv6.dstopts.nxt",
    ("IPv6 Destination Options", "Hdr Ext Len"): "ipv6.dstopts.len",
    ("IPv6 Fragment", "Next Header"): "ipv6.fraghdr.nxt",
    ("IPv6 Fragment", "M"): "ipv6.fraghdr.more",
    ("IPv6 Fragment", "Identification"): "ipv6.fraghdr.ident",
    ("TCP", "Source Port"): "tcp.srcport",
    ("TCP", "Destination Port"): "tcp.dstport",
    ("TCP", "Sequence Number"): "tcp.seq_raw",
    ("TCP", "Acknowledgment Number"): "tcp.ack_raw",
    ("TCP", "CWR"): "tcp.flags.cwr",
    ("TCP", "ECE"): "tcp.flags.ece",
    ("TCP", "URG"): "tcp.flags.urg",
    ("TCP", "ACK"): "tcp.flags.ack",
    ("TCP", "PSH"): "tcp.flags.push",
    ("TCP", "RST"): "tcp.flags.reset",
    ("TCP", "SYN"): "tcp.flags.syn",
    ("TCP", "FIN"): "tcp.flags.fin",
    ("TCP", "Window"): "tcp.window_size_value",
    ("TCP", "Checksum"): "tcp.checksum",
    ("TCP", "Urgent Pointer"): "tcp.urgent_pointer",
    ("TCP", "Maximum Segment Size"): "tcp.options.mss_val",
    ("TCP", "Window Scale"): "tcp.options.wscale.shift",
    ("UDP", "Source Port"): "udp.srcport",
    ("UDP", "Destination Port"): "udp.dstport",
    ("UDP", "Length"): "udp.length",
    ("UDP", "Checksum"): "udp.checksum",
    ("ICMP", "Type"): "icmp.type",
    ("ICMP", "Code"): "icmp.code",
    ("ICMP", "Checksum"): "icmp.checksum",
    ("ICMP", "Identifier"): "icmp.ident",
    ("ICMP", "Sequence Number"): "icmp.seq",
    ("ICMP", "Next-Hop MTU"): "icmp.mtu",
    ("ICMP", "Gateway Internet Address"): "icmp.redir_gw",
    ("ICMPv6", "Type"): "icmpv6.type",
    ("ICMPv6", "Code"): "icmpv6.code",
    ("ICMPv6", "Checksum"): "icmpv6.checksum",
    ("ICMPv6", "Identifier"): "icmpv6.echo.identifier",
    ("ICMPv6", "Sequence Number"): "icmpv6.echo.sequence_number",
    ("ICMPv6", "MTU"): "icmpv6.mtu",
    ("ICMPv6", "Target Address"): "icmpv6.nd.ns.target_address",
    ("DNS", "ID"): "dns.id",
    ("DNS", "QR"): "dns.flags.response",
    ("DNS", "OPCODE"): "dns.flags.opcode",
    ("DNS", "TC"): "dns.flags.truncated",
    ("DNS", "RD"): "dns.flags.recdesired",
    ("DNS", "QDCOUNT"): "dns.count.queries",
    ("DNS", "ANCOUNT"): "dns.count.answers",
    ("DNS", "NSCOUNT"): "dns.count.auth_rr",
    ("DNS", "ARCOUNT"): "dns.count.add_rr",
    ("DNS", "QNAME"): "dns.qry.name",
    ("DNS", "QTYPE"): "dns.qry.type",
    ("DNS", "QCLASS"): "dns.qry.class",
    ("DNS", "NAME"): "dns.resp.name",
    ("DNS", "TYPE"): "dns.resp.type",
    ("DNS", "TTL"): "dns.resp.ttl",
    ("DNS", "RDLENGTH"): "dns.resp.len",
    ("DNS", "RDATA"): "dns.cname",
}
# What has another unit or another form with tshark; each is made comparable below.
ALSO = (
    "ip.version", "ip.hdr_len", "ip.frag_offset", "ipv6.fraghdr.offset", "tcp.hdr_len",
    "tcp.options.timestamp.tsval", "tcp.options.timestamp.tsecr", "tcp.options.sack_le",
    "tcp.options.sack_re", "tcp.len",
    "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status",
    "icmpv6.checksum.status",
)  # fmt: skip
CARD = "0200000000010000"  # with the two bytes that Linux's headers have more
READ_LITERALLY = (
    "ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
    "tcp.relative_sequence_numbers:FALSE", "ip.check_checksum:TRUE", "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
)  # fmt: skip


def tshark(path: Path) -> list[dict[str, str]]:
    """Give what tshark reads in each packet: field to value, without those that it has not."""
    names = [*TSHARK.values(), *ALSO]
    command = ["tshark", "-r", str(path), "-n", "-T", "fields"]
    command += ["-E", "separator=|", "-E", "occurrence=f"]
    for option in READ_LITERALLY:
        command += ["-o", option]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    rows = [line.split("|") for line in done.stdout.splitlines()]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value != ""} for row in rows
    ]


def number(text: str) -> int | str:
    """Give a number that is written as one."""
    try:
        return int(text, 0)
    except ValueError:
        return text


def same(name: str, told: str, field: ns.Field) -> bool:
    value = number(told)
    if name == "icmp.redir_gw" or isinstance(field.value, str):
        return told == field.value
    return value == field.value


# tshark says by a number whether a checksum is wrong (0), right (1) or not verified (2, 3).
CHECKSUMS = {
    ("IPv4", "Header Checksum"): "ip.checksum.status",
    ("TCP", "Checksum"): "tcp.checksum.status",
    ("UDP", "Checksum"): "udp.checksum.status",
    ("ICMP", "Checksum"): "icmp.checksum.status",
    ("ICMPv6", "Checksum"): "icmpv6.checksum.status",
}


def differences(packet: ns.Packet, told: dict[str, str]) -> "Iterable[str]":
    """Give what tshark and we read differently."""
    fields = ours(packet)
    for key, name in TSHARK.items():
        field = fields.get(key)
        # An error message quotes a packet: tshark reads on in it, and for us it is payload.
        inner = field is None and packet.protocol in {"icmp", "icmpv6"}
        if inner or (field is None and name not in told):
            continue
        if name == "dns.cname" and name not in told:
            continue
        if field is None or name not in told or not same(name, told[name], field):
            yield f"{name}: tshark {told.get(name)}, ours {field}"
    for key, name in CHECKSUMS.items():
        field = fields.get(key)
        if field is None or name not in told:
            continue
        status = {"0": True, "1": False}.get(told[name])
        if status is not None and status != (field.problem is not None):
            yield f"{name}: tshark {told[name]}, ours {field.problem}"
        if status is None and field.problem is not None:
            yield f"{name}: tshark does not verify, ours {field.problem}"
    yield from differences_in_form(packet, fields, told)


def differences_in_form(
    packet: ns.Packet, fields: dict[tuple[str, str], ns.Field], told: dict[str, str]
) -> "Iterable[str]":
    """Compare what tshark counts in bytes, and options of several numbers."""
    for key, name, unit in (
        (("IPv4", "IHL"), "ip.hdr_len", 4),
        (("IPv4", "Fragment Offset"), "ip.frag_offset", 8),
        (("TCP", "Data Offset"), "tcp.hdr_len", 4),
    ):
        if key in fields:
            value = fields[key].value
            assert isinstance(value, int)
            # tshark 4.0 gives the offset as it stands, later ones in bytes.
            if number(told[name]) not in {value * unit, value if unit == 8 else None}:
                yield f"{name}: tshark {told[name]}, ours {value}"
    version = fields.get(("IPv4", "Version")) or fields.get(("IPv6", "Version"))
    if version is not None and version.value != number(told["ip.version"]):
        yield f"version: tshark {told['ip.version']}, ours {version}"
    if ("TCP", "Timestamps") in fields:
        value, echo = (told[f"tcp.options.timestamp.{name}"] for name in ("tsval", "tsecr"))
        if fields["TCP", "Timestamps"].value != f"TSval {value}, TSecr {echo}":
            yield f"timestamps: tshark {value} {echo}"
    if ("TCP", "SACK") in fields:
        left, right = told["tcp.options.sack_le"], told["tcp.options.sack_re"]
        if fields["TCP", "SACK"].value != f"{left}-{right}":
            yield f"SACK: tshark {left} {right}"
    if packet.protocol == "tcp" and int(told["tcp.len"]) != len(packet.payload):
        yield f"length: tshark {told['tcp.len']}, ours {len(packet.payload)}"


@needs("tshark")
@pytest.mark.parametrize("seed", [1, 2])
def test_tshark_reads_every_field_as_we_do(seed: int, tmp_path: Path) -> None:
    made = samples(COUNT, seed)
    path = tmp_path / "samples.pcap"
    path.write_bytes(pcap([sample.frame for sample in made]))
    compared = 0
    for sample, told in zip(made, tshark(path), strict=True):
        packet = ns.Packet.parse(sample.frame, "ethernet")
        assert list(differences(packet, told)) == [], sample
        compared += len(told)
    # About twenty fields for each: the comparison did compare.
    assert compared > COUNT * 15


@needs("tshark")
@pytest.mark.parametrize(
    ("first", "link_type", "header4", "header6"),
    [
        ("ip", 101, "", ""),
        ("null", 0, "02000000", "1e000000"),
        ("null", 0, "00000002", "0000001c"),
        ("loop", 108, "00000002", "00000018"),
        ("sll", 113, f"000000010006{CARD}0800", f"000403040006{CARD}86dd"),
        ("sll2", 276, f"080000000000000100010006{CARD}", f"86dd00000000000103040406{CARD}"),
    ],
)  # fmt: skip
def test_tshark_finds_the_same_behind_other_first_headers(
    first: str, link_type: int, header4: str, header6: str, tmp_path: Path
) -> None:
    ip = [sample.frame[14:] for sample in samples(COUNT) if sample.kind in {"udp4", "tcp6"}]
    frames = [bytes.fromhex(header4 if data[0] >> 4 == 4 else header6) + data for data in ip]
    path = tmp_path / "samples.pcap"
    path.write_bytes(pcap(frames, link_type))
    for frame, told in zip(frames, tshark(path), strict=True):
        packet = ns.Packet.parse(frame, first)  # type: ignore[arg-type]
        assert list(differences(packet, told)) == []
        assert packet.problems == ()


@needs("tshark")
def test_tshark_finds_no_fault_in_what_we_build(tmp_path: Path) -> None:
    built = our_own()
    path = tmp_path / "built.pcap"
    path.write_bytes(pcap([bytes(packet) for packet in built]))
    for packet, told in zip(built, tshark(path), strict=True):
        assert list(differences(packet, told)) == []
        assert not {told.get(name) for name in CHECKSUMS.values()} & {"0"}
