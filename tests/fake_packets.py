"""Packets as plain data, from bytes made by hand: what the pictures of packets are tested with.

The headers are laid out here by their RFCs (791, 768, 9293, 792, 826, 8200, 1035), apart from the
package's own decoder, so that the pictures are the same whatever that one does.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from header_rows import ARP, DNS, ETHERNET, ICMP, IPV4, IPV6, TCP, UDP, Row

if TYPE_CHECKING:
    from collections.abc import Sequence


class Endpoint(NamedTuple):
    ip: str
    port: int
    service: str | None = None
    scope: str = "private"

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


@dataclass(frozen=True)
class Field:
    name: str
    value: object
    text: str
    start: int
    bits: int
    meaning: str = ""
    problem: str | None = None


@dataclass(frozen=True)
class Layer:
    name: str
    osi: int
    start: int
    end: int
    fields: tuple[Field, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Packet:
    data: bytes
    layers: tuple[Layer, ...]
    payload: bytes = b""
    source: Endpoint | None = None
    destination: Endpoint | None = None
    protocol: str = "udp"
    problems: tuple[str, ...] = ()
    summary: str = "a packet"


PROTOCOLS = {1: "1 ICMP", 6: "6 TCP", 17: "17 UDP", 0x800: "IPv4", 0x806: "ARP", 0x86DD: "IPv6"}


def text_of(form: str, raw: bytes, number: int) -> tuple[object, str]:
    match form:
        case "ip":
            address = str(ip_address(raw))
            return address, address
        case "mac":
            return raw.hex(":"), raw.hex(":")
        case "hex" | "hex correct":
            name = PROTOCOLS.get(number, "") if number >= 0x800 else ""
            name = "correct" if form == "hex correct" else name
            return number, f"0x{number:04x} {name}".rstrip()
        case "":
            return number, str(number)
    words = PROTOCOLS.get(number, str(number))
    return number, form.format(number, x4=number * 4, x8=number * 8, protocol=words)


def layer(  # noqa: PLR0917 # as a table of layers reads
    data: bytes, name: str, osi: int, start: int, rows: "Sequence[Row]", more: "Sequence[Row]" = ()
) -> Layer:
    """Lay the rows over the bytes from `start` on; the layer ends where they end."""
    at, fields = start * 8, []
    for row in [*rows, *more]:
        title, bits, form, meaning = (*row, "", "")[:4]
        first, last = at // 8, -(-(at + bits) // 8)
        raw = data[first:last]
        number = int.from_bytes(raw, "big") >> (last * 8 - at - bits) & ((1 << bits) - 1)
        value, text = text_of(form, raw, number)
        fields.append(Field(title, value, text, at, bits, meaning))
        at += bits
    return Layer(name, osi, start, at // 8, tuple(fields))


def payload(data: bytes, start: int, end: int | None = None) -> tuple[Layer, ...]:
    end = len(data) if end is None else end
    return (Layer("Payload", 7, start, end),) if end > start else ()


HOME = "02 00 5e 10 00 02  02 00 5e 10 00 01"
UDP_HEX = f"""{HOME} 08 00
    45 00 00 22 1c 46 40 00 40 11 0a 83 0a 00 00 01 0a 00 00 02
    c3 50 1a 0a 00 0e ca 98 68 65 6c 6c 6f 0a"""
SYN_HEX = """45 00 00 3c 1c 46 40 00 40 06 d8 6d 0a 00 00 01 cb 00 71 07
    c0 de 01 bb 11 22 33 44 00 00 00 00 a0 02 fa f0 75 99 00 00
    02 04 05 b4 04 02 08 0a 00 4c 8a 21 00 00 00 00 01 03 03 07"""
DNS_HEX = f"""{HOME} 86 dd
    60 00 00 00 00 45 11 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 53
    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 35 c3 50 00 45 5a 0d
    1a 2b 81 80 00 01 00 01 00 00 00 00 03 77 77 77 07 65 78 61 6d 70 6c 65 03 6f 72 67 00
    00 1c 00 01 c0 0c 00 1c 00 01 00 00 0e 10 00 10
    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 80"""
PING_HEX = """45 00 00 54 00 01 40 00 40 01 3c a6 7f 00 00 01 7f 00 00 01
    08 00 20 04 00 07 00 01 """ + " ".join(f"{byte:02x}" for byte in range(8, 64))
ARP_HEX = """ff ff ff ff ff ff 02 00 5e 10 00 01 08 06
    00 01 08 00 06 04 00 01 02 00 5e 10 00 01 0a 00 00 01 00 00 00 00 00 00 0a 00 00 02""" + (
    " 00" * 18
)
PIECE_HEX = "45 00 05 dc be ef 20 b9 40 11 81 66 0a 00 00 01 0a 00 00 02" + " 6e 65 74 73" * 370


def udp() -> Packet:
    data = bytes.fromhex(UDP_HEX)
    return Packet(
        data,
        (
            layer(data, "Ethernet II", 2, 0, ETHERNET),
            layer(data, "IPv4", 3, 14, IPV4),
            layer(data, "UDP", 4, 34, UDP),
            *payload(data, 42),
        ),
        data[42:],
        Endpoint("10.0.0.1", 50000),
        Endpoint("10.0.0.2", 6666),
        "udp",
        (),
        "UDP 10.0.0.1:50000 -> 10.0.0.2:6666, 6 bytes",
    )


def syn() -> Packet:
    data = bytes.fromhex(SYN_HEX)
    options: list[Row] = [
        ("Maximum Segment Size", 32, "1460 bytes", "The most data that one segment may have"),
        ("SACK-Permitted", 16, "yes", "Gaps may be acknowledged"),
        ("Timestamps", 80, "TSval 5016097, TSecr 0", "For measuring the round trip"),
        ("No-Operation", 8, "NOP"),
        ("Window Scale", 24, "7 (multiply by 128)"),
    ]
    return Packet(
        data,
        (layer(data, "IPv4", 3, 0, IPV4), layer(data, "TCP", 4, 20, TCP, options)),
        b"",
        Endpoint("10.0.0.1", 49374),
        Endpoint("203.0.113.7", 443, "https", "documentation"),
        "tcp",
        (),
        "TCP 10.0.0.1:49374 -> 203.0.113.7:443 [SYN], 0 bytes",
    )


def record(what: str, form: str) -> "list[Row]":
    return [
        ("NAME", 16, "www.example.org", what),
        ("TYPE", 16, "28 AAAA", what),
        ("CLASS", 16, "1 IN", what),
        ("TTL", 32, "{} s", what),
        ("RDLENGTH", 16, "{} bytes", what),
        ("RDATA", 128, form, what),
    ]


def dns() -> Packet:
    data = bytes.fromhex(DNS_HEX)
    records: list[Row] = [
        ("QNAME", 136, "www.example.org", "question 1 of 1"),
        ("QTYPE", 16, "28 AAAA", "question 1 of 1"),
        ("QCLASS", 16, "1 IN", "question 1 of 1"),
        *record("answer 1 of 1", "ip"),
    ]
    return Packet(
        data,
        (
            layer(data, "Ethernet II", 2, 0, ETHERNET),
            layer(data, "IPv6", 3, 14, IPV6),
            layer(data, "UDP", 4, 54, UDP),
            layer(data, "DNS", 7, 62, DNS, records),
        ),
        data[62:],
        Endpoint("2001:db8::53", 53, "domain", "documentation"),
        Endpoint("2001:db8::1", 50000, None, "documentation"),
        "udp",
        (),
        "DNS 2001:db8::53 -> 2001:db8::1: www.example.org AAAA 2001:db8::80",
    )


def ping() -> Packet:
    data = bytes.fromhex(PING_HEX)
    return Packet(
        data,
        (
            layer(data, "IPv4", 3, 0, IPV4),
            layer(data, "ICMP", 3, 20, ICMP),
            *payload(data, 28),
        ),
        data[28:],
        Endpoint("127.0.0.1", 0, None, "loopback"),
        Endpoint("127.0.0.1", 0, None, "loopback"),
        "icmp",
        (),
        "ICMP 127.0.0.1 -> 127.0.0.1 echo request, 56 bytes",
    )


def arp() -> Packet:
    data = bytes.fromhex(ARP_HEX)
    return Packet(
        data,
        (
            layer(data, "Ethernet II", 2, 0, ETHERNET),
            layer(data, "ARP", 2, 14, ARP),
            Layer("Padding", 2, 42, 60),
        ),
        b"",
        Endpoint("10.0.0.1", 0),
        Endpoint("10.0.0.2", 0),
        "arp",
        (),
        "ARP who has 10.0.0.2? tell 10.0.0.1",
    )


def piece() -> Packet:
    data = bytes.fromhex(PIECE_HEX)
    return Packet(
        data,
        (layer(data, "IPv4", 3, 0, IPV4), *payload(data, 20)),
        data[20:],
        Endpoint("10.0.0.1", 0),
        Endpoint("10.0.0.2", 0),
        "udp",
        (),
        "IPv4 fragment 10.0.0.1 -> 10.0.0.2, bytes 1480 to 2959 of a UDP datagram",
    )


def broken() -> Packet:
    """Give a UDP datagram with a wrong checksum, of which the end is missing."""
    data = bytes.fromhex(UDP_HEX.replace("ca 98", "9d 1f"))[14:-3]
    wrong = "is 0x9d1f, should be 0xca98: some bytes have changed on the way"
    short = "the length says 14 bytes, and 11 are there: 3 bytes are missing at the end"
    ip = layer(data, "IPv4", 3, 0, IPV4)
    full = layer(data, "UDP", 4, 20, UDP)
    fields = (
        *full.fields[:3],
        Field("Checksum", 0x9D1F, "0x9d1f", 208, 16, full.fields[3].meaning[:-7], wrong),
    )
    return Packet(
        data,
        (ip, Layer("UDP", 4, 20, 28, fields, short), *payload(data, 28)),
        data[28:],
        Endpoint("10.0.0.1", 50000),
        Endpoint("10.0.0.2", 6666),
        "udp",
        (f"UDP: Checksum: {wrong}", f"UDP at byte 20: {short}", "the capture kept 31 of 34 bytes"),
        "UDP 10.0.0.1:50000 -> 10.0.0.2:6666, 6 bytes (damaged)",
    )


HOSTILE = b'<script>alert(1)</script>\x1b[2J\x07 & "quotes" ' + "\u202egnp.exe\u2066 ü".encode()


def hostile() -> Packet:
    """Give what a peer could send to those who look at it."""
    data = bytes.fromhex(UDP_HEX)[14:42] + HOSTILE
    evil = HOSTILE.decode()
    fields = (Field(evil, evil, evil, 160, 32, evil, evil), Field(evil, HOSTILE, evil, 192, 32))
    return Packet(
        data,
        (
            layer(data, "IPv4", 3, 0, IPV4),
            Layer(evil, 4, 20, 28, fields, evil),
            *payload(data, 28),
        ),
        HOSTILE,
        Endpoint(evil, 1, evil, evil),
        Endpoint(evil, 2, evil, evil),
        evil,
        (evil,),
        evil,
    )


# All packets with a picture on file, by name.
EXAMPLES = {
    "udp": udp(),
    "syn": syn(),
    "dns": dns(),
    "ping": ping(),
    "arp": arp(),
    "piece": piece(),
    "broken": broken(),
    "hostile": hostile(),
}
