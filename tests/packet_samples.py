"""Packets of all kinds, made byte by byte from a seed.

Neither our encoder nor any other makes them. Each sample is a frame with an Ethernet header,
and the words for what is in it.
"""

import random
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

IPV4, ARP, VLAN, IPV6 = 0x0800, 0x0806, 0x8100, 0x86DD
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
# Random ports from here on: well-known ones would be read as their protocols.
PORTS = (50_000, 59_999)


class Sample(NamedTuple):
    kind: str
    frame: bytes


def checksum(data: bytes) -> int:
    """Give the Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


class Maker:
    """Makes packets from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kinds: dict[str, Callable[[], bytes]] = {
            "udp4": lambda: self.over4(UDP, self.udp),
            "udp4 without checksum": lambda: self.over4(UDP, self.udp_without_checksum),
            "udp6": lambda: self.over6(UDP, self.udp),
            "tcp4": lambda: self.over4(TCP, self.tcp),
            "tcp6": lambda: self.over6(TCP, self.tcp),
            "icmp echo": lambda: self.over4(ICMP, self.icmp_echo),
            "icmp error": lambda: self.over4(ICMP, self.icmp_error),
            "icmpv6 echo": lambda: self.over6(ICMPV6, self.icmpv6_echo),
            "icmpv6 error": lambda: self.over6(ICMPV6, self.icmpv6_error),
            "icmpv6 neighbor": lambda: self.over6(ICMPV6, self.icmpv6_neighbor),
            "arp": self.arp,
            "ipv4 options": lambda: self.over4(UDP, self.udp, options=True),
            "ipv4 fragment": lambda: self.over4(UDP, self.udp, fragment=True),
            "ipv6 fragment": self.ipv6_fragment,
            "ipv6 options": self.ipv6_options,
            "vlan": lambda: self.over4(TCP, self.tcp, vlan=True),
            "dns query": lambda: self.over4(UDP, self.dns_query),
            "dns answer": lambda: self.over6(UDP, self.dns_answer),
            "short frame": lambda: self.over4(
                UDP, lambda ends: self.udp(ends, b"short"), padding=True
            ),
            "wrong checksum": lambda: self.over4(UDP, self.udp_wrong),
        }

    def sample(self, index: int) -> Sample:
        kind = list(self.kinds)[index % len(self.kinds)]
        return Sample(kind, self.kinds[kind]())

    # Random values

    def number(self, bits: int) -> int:
        return self.random.getrandbits(bits)

    def port(self) -> int:
        return self.random.randint(*PORTS)

    def some(self, most: int = 80) -> bytes:
        return self.random.randbytes(self.random.randint(0, most))

    def card(self) -> bytes:
        return bytes([2, *self.random.randbytes(5)])

    def ip4(self) -> bytes:
        return IPv4Address(f"10.{self.number(8)}.{self.number(8)}.{self.number(8)}").packed

    def ip6(self) -> bytes:
        return IPv6Address("2001:db8::").packed[:4] + self.random.randbytes(12)

    # Link

    def ethernet(self, kind: int, inside: bytes, *, vlan: bool = False) -> bytes:
        tag = struct.pack(">HH", VLAN, self.number(16)) if vlan else b""
        return self.card() + self.card() + tag + struct.pack(">H", kind) + inside

    def arp(self) -> bytes:
        header = struct.pack(">HHBBH", 1, IPV4, 6, 4, self.random.choice((1, 2)))
        body = self.card() + self.ip4() + self.card() + self.ip4()
        return self.ethernet(ARP, header + body)

    # Internet

    def over4(
        self,
        protocol: int,
        carried: "Callable[[bytes], bytes]",
        *,
        options: bool = False,
        fragment: bool = False,
        vlan: bool = False,
        padding: bool = False,
    ) -> bytes:
        source, destination = self.ip4(), self.ip4()
        inside = carried(source + destination)
        flags = self.random.choice((0, 0x4000))
        if fragment:
            # The first fragment has the header of what it carries, a later one has not.
            flags = self.random.choice((0x2000, 0x2000 | self.number(12) + 1, self.number(12) + 1))
        extra = b"\x94\x04\x00\x00" + b"\x07\x07\x04" + self.ip4() + b"\x00" if options else b""
        start = struct.pack(
            ">BBHHHBBH",
            0x45 + len(extra) // 4,
            self.number(8),
            20 + len(extra) + len(inside),
            self.number(16),
            flags,
            self.random.randint(2, 255),
            protocol,
            0,
        )
        header = start + source + destination + extra
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
        packet = header + inside
        if padding:
            packet += bytes(max(46 - len(packet), 0))
        return self.ethernet(IPV4, packet, vlan=vlan)

    def ipv6(self, first: int, inside: bytes, ends: bytes) -> bytes:
        start = struct.pack(
            ">IHBB", 6 << 28 | self.number(28), len(inside), first, self.random.randint(2, 255)
        )
        return self.ethernet(IPV6, start + ends + inside)

    def over6(self, protocol: int, carried: "Callable[[bytes], bytes]") -> bytes:
        ends = self.ip6() + self.ip6()
        return self.ipv6(protocol, carried(ends), ends)

    def ipv6_fragment(self) -> bytes:
        ends = self.ip6() + self.ip6()
        offset = self.random.choice((0, self.number(12) + 1))
        place = offset << 3 | (1 if offset == 0 else self.number(1))
        header = struct.pack(">BBHI", UDP, 0, place, self.number(32))
        return self.ipv6(44, header + self.udp(ends), ends)

    def ipv6_options(self) -> bytes:
        ends = self.ip6() + self.ip6()
        router_alert = bytes((60, 0, 5, 2, 0, 0, 1, 0))
        padding = bytes((TCP, 0, 1, 4, 0, 0, 0, 0))
        return self.ipv6(0, router_alert + padding + self.tcp(ends), ends)

    # Transport: `ends` are both addresses

    def finished(self, ends: bytes, protocol: int, header: bytes, place: int, data: bytes) -> bytes:
        """Put the checksum into its place."""
        message = header + data
        pseudo = ends + struct.pack(">II", len(message), protocol)
        value = checksum(pseudo + message) or 0xFFFF
        return message[:place] + struct.pack(">H", value) + message[place + 2 :]

    def udp(self, ends: bytes, data: bytes | None = None, port: int | None = None) -> bytes:
        data = self.some() if data is None else data
        header = struct.pack(">HHHH", self.port(), port or self.port(), 8 + len(data), 0)
        return self.finished(ends, UDP, header, 6, data)

    def udp_without_checksum(self, ends: bytes) -> bytes:
        datagram = self.udp(ends)
        return datagram[:6] + b"\0\0" + datagram[8:]

    def udp_wrong(self, ends: bytes) -> bytes:
        datagram = self.udp(ends)
        return datagram[:6] + bytes([datagram[6] ^ 0x55]) + datagram[7:]

    def tcp(self, ends: bytes) -> bytes:
        options = [
            b"",
            struct.pack(">BBH", 2, 4, self.number(16)),
            struct.pack(">BBB", 3, 3, self.random.randint(0, 14)) + b"\x01",
            b"\x04\x02\x01\x01",
            b"\x01\x01" + struct.pack(">BBII", 8, 10, self.number(32), self.number(32)),
            b"\x01\x01" + struct.pack(">BBII", 5, 10, self.number(32), self.number(32)),
        ]
        chosen = b"".join(self.random.sample(options, 3))
        header = struct.pack(
            ">HHIIBBHHH",
            self.port(),
            self.port(),
            self.number(32),
            self.number(32),
            (5 + len(chosen) // 4) << 4,
            self.number(8),
            self.number(16),
            0,
            self.number(16),
        )
        return self.finished(ends, TCP, header + chosen, 16, self.some())

    # ICMP

    def icmp(self, kind: int, code: int, rest: bytes, data: bytes) -> bytes:
        message = struct.pack(">BBH", kind, code, 0) + rest + data
        return message[:2] + struct.pack(">H", checksum(message)) + message[4:]

    def icmp_echo(self, ends: bytes) -> bytes:
        del ends
        rest = self.random.randbytes(4)
        return self.icmp(self.random.choice((0, 8)), 0, rest, self.some())

    def icmp_error(self, ends: bytes) -> bytes:
        quoted = self.over4(UDP, self.udp)[14:42]
        del ends
        kind, code = self.random.choice(((3, 1), (3, 3), (3, 4), (5, 1), (11, 0)))
        rest = {4: struct.pack(">HH", 0, 1400)}.get(code, bytes(4)) if kind != 5 else self.ip4()
        return self.icmp(kind, code, rest, quoted)

    def icmpv6(self, ends: bytes, kind: int, code: int, body: bytes) -> bytes:
        return self.finished(ends, ICMPV6, struct.pack(">BBH", kind, code, 0), 2, body)

    def icmpv6_echo(self, ends: bytes) -> bytes:
        body = self.random.randbytes(4) + self.some()
        return self.icmpv6(ends, self.random.choice((128, 129)), 0, body)

    def icmpv6_error(self, ends: bytes) -> bytes:
        quoted = self.over6(UDP, self.udp)[14:62]
        kind, code, rest = self.random.choice(((1, 4, 0), (2, 0, 1400), (3, 0, 0)))
        return self.icmpv6(ends, kind, code, struct.pack(">I", rest) + quoted)

    def icmpv6_neighbor(self, ends: bytes) -> bytes:
        return self.icmpv6(ends, 135, 0, bytes(4) + self.ip6())

    # DNS

    def name(self) -> bytes:
        labels = ["".join(self.random.choices("abcdefgh", k=5)) for _ in range(3)]
        return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"

    def dns_query(self, ends: bytes) -> bytes:
        header = struct.pack(">HHHHHH", self.number(16), 0x0100, 1, 0, 0, 0)
        kind = self.random.choice((1, 28, 15, 16))
        return self.udp(ends, header + self.name() + struct.pack(">HH", kind, 1), 53)

    def dns_answer(self, ends: bytes) -> bytes:
        header = struct.pack(">HHHHHH", self.number(16), 0x8180, 1, 3, 0, 0)
        question = self.name() + struct.pack(">HH", 1, 1)
        alias = b"\x05alias\xc0\x0c"
        at = 12 + len(question) + 12
        answers = [
            b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, self.number(31), len(alias)) + alias,
            struct.pack(">H", 0xC000 | at)
            + struct.pack(">HHIH", 1, 1, self.number(31), 4)
            + self.ip4(),
            struct.pack(">H", 0xC000 | at)
            + struct.pack(">HHIH", 28, 1, self.number(31), 16)
            + self.ip6(),
        ]
        data = header + question + b"".join(answers)
        datagram = struct.pack(">HHHH", 53, self.port(), 8 + len(data), 0)
        return self.finished(ends, UDP, datagram, 6, data)


def samples(count: int = 200, seed: int = 1) -> list[Sample]:
    """Give so many packets, of each kind in turn."""
    maker = Maker(seed)
    return [maker.sample(index) for index in range(count)]


def pcap(frames: "list[bytes]", link_type: int = 1) -> bytes:
    """Give a capture file of these frames, each a millisecond after the one before."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link_type)]
    for index, frame in enumerate(frames):
        parts.append(struct.pack("<IIII", 1_700_000_000, index * 1000, len(frame), len(frame)))
        parts.append(frame)
    return b"".join(parts)
