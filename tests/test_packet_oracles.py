"""Packets, field by field, against two that we did not write: tshark, and scapy in its own process."""

import json
import random
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from packet_samples import pcap, samples
from peers import needs

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNT = 200
DEBIAN_PYTHON = "/usr/bin/python3"
SCAPY = Path(__file__).parent / "oracles" / "scapy_packets.py"

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
    "ip.version", "ip.hdr_len", "ip.frag_offset", "ipv6.fraghdr.offset", "tcp.hdr_len", "tcp.options.timestamp.tsval",
    "tcp.options.timestamp.tsecr", "tcp.options.sack_le", "tcp.options.sack_re", "tcp.len",
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


def ours(packet: ns.Packet) -> dict[tuple[str, str], ns.Field]:
    """Give the fields of a packet; of those with the same name the first."""
    fields: dict[tuple[str, str], ns.Field] = {}
    for layer in packet.layers:
        for field in layer.fields:
            fields.setdefault((layer.name, field.name), field)
    return fields


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
    """Compare what tshark counts in bytes and we as it stands there, and options of several numbers."""
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
        value, echo = (
            told[f"tcp.options.timestamp.{name}"] for name in ("tsval", "tsecr")
        )
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


def our_own() -> list[ns.Packet]:
    """Give packets that we build, each with an Ethernet header."""
    pick = random.Random(3)
    cards = ("02:00:00:00:00:01", "02:00:00:00:00:02")

    def packet(protocol: str, six: bool, **more: object) -> ns.Packet:
        ports = protocol in {"udp", "tcp"}
        a, b = ("2001:db8::1", "2001:db8::2") if six else ("10.0.0.1", "10.0.0.2")
        end = [(ip, pick.randint(50_000, 59_999)) if ports else ip for ip in (a, b)]
        data = b"" if protocol == "arp" else pick.randbytes(pick.randint(1, 90))
        return ns.Packet(
            data, source=end[0], destination=end[1], protocol=protocol,
            ethernet=cards, **more,
        )  # type: ignore[call-overload] # fmt: skip

    built = []
    for _ in range(10):
        for six in (False, True):
            flags = pick.choice(["SYN", "SYN ACK", "FIN ACK", "RST", "PSH ACK"])
            options = {"mss": pick.getrandbits(16), "timestamps": (pick.getrandbits(32), 9)}
            built += [
                packet("udp", six, ttl=pick.randint(1, 255)),
                packet("tcp", six, flags=flags, seq=pick.getrandbits(32), options=options),
                packet("tcp", six, vlan=pick.getrandbits(12), window=pick.getrandbits(16)),
                packet("icmp", six, identifier=pick.getrandbits(16), sequence=7),
            ]
        built.append(packet("arp", False, type=pick.choice([1, 2])))
    return built


# scapy

needs_scapy = pytest.mark.skipif(
    subprocess.run([DEBIAN_PYTHON, "-c", "import scapy"], capture_output=True, check=False).returncode
    != 0
    if Path(DEBIAN_PYTHON).exists()
    else True,
    reason="scapy is not installed: tests/packages.sh",
)

# Our layer and field, and scapy's layer (the beginning of its name) and field.
SCAPY_FIELDS = {
    "Ether": ("Ethernet II", {"dst": "Destination", "src": "Source", "type": "EtherType"}),
    "Dot1Q": ("802.1Q", {"prio": "PCP", "id": "DEI", "dei": "DEI", "vlan": "VID", "type": "EtherType"}),
    "ARP": (
        "ARP",
        {
            "hwtype": "Hardware Type", "ptype": "Protocol Type", "op": "Opcode",
            "hwsrc": "Sender Hardware Address", "psrc": "Sender Protocol Address",
            "hwdst": "Target Hardware Address", "pdst": "Target Protocol Address",
        },
    ),
    "IP": (
        "IPv4",
        {
            "version": "Version", "ihl": "IHL", "len": "Total Length", "id": "Identification",
            "frag": "Fragment Offset", "ttl": "Time to Live", "proto": "Protocol",
            "chksum": "Header Checksum", "src": "Source Address", "dst": "Destination Address",
        },
    ),
    "IPv6": (
        "IPv6",
        {
            "version": "Version", "tc": "Traffic Class", "fl": "Flow Label", "plen": "Payload Length",
            "nh": "Next Header", "hlim": "Hop Limit", "src": "Source Address",
            "dst": "Destination Address",
        },
    ),
    "IPv6ExtHdrHopByHop": ("IPv6 Hop-by-Hop Options", {"nh": "Next Header", "len": "Hdr Ext Len"}),
    "IPv6ExtHdrDestOpt": ("IPv6 Destination Options", {"nh": "Next Header", "len": "Hdr Ext Len"}),
    "IPv6ExtHdrRouting": (
        "IPv6 Routing",
        {"nh": "Next Header", "len": "Hdr Ext Len", "type": "Routing Type", "segleft": "Segments Left"},
    ),
    "IPv6ExtHdrFragment": (
        "IPv6 Fragment",
        {"nh": "Next Header", "offset": "Fragment Offset", "m": "M", "id": "Identification"},
    ),
    "TCP": (
        "TCP",
        {
            "sport": "Source Port", "dport": "Destination Port", "seq": "Sequence Number",
            "ack": "Acknowledgment Number", "dataofs": "Data Offset", "window": "Window",
            "chksum": "Checksum", "urgptr": "Urgent Pointer",
        },
    ),
    "UDP": (
        "UDP",
        {"sport": "Source Port", "dport": "Destination Port", "len": "Length", "chksum": "Checksum"},
    ),
    "ICMP": (
        "ICMP",
        {
            "type": "Type", "code": "Code", "chksum": "Checksum", "id": "Identifier",
            "seq": "Sequence Number", "gw": "Gateway Internet Address", "nexthopmtu": "Next-Hop MTU",
        },
    ),
    "DNS": (
        "DNS",
        {
            "id": "ID", "qr": "QR", "opcode": "OPCODE", "aa": "AA", "tc": "TC", "rd": "RD",
            "ra": "RA", "z": "Z", "ad": "AD", "cd": "CD", "rcode": "RCODE",
            "qdcount": "QDCOUNT", "ancount": "ANCOUNT", "nscount": "NSCOUNT", "arcount": "ARCOUNT",
        },
    ),
}  # fmt: skip
ICMPV6_FIELDS = {
    "type": "Type", "code": "Code", "cksum": "Checksum", "id": "Identifier",
    "seq": "Sequence Number", "tgt": "Target Address", "mtu": "MTU",
}  # fmt: skip
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
