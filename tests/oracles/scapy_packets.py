"""Asks scapy about packets: run by the tests in a process of its own (GPL), with Debian's Python.

    python3 scapy_packets.py read < lines    each line: ethernet or ip, and the bytes in base 16
    python3 scapy_packets.py make SEED COUNT

"read" writes a JSON list with one list of layers for each line: name, length of the header, fields.
"make" writes a JSON list of frames that scapy builds, in base 16.
"""

import json
import random
import sys

from scapy.layers import inet6
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import NoPayload, Packet, Raw

FIRST = {"ethernet": Ether, "ip4": IP, "ip6": inet6.IPv6}


def plain(value: object) -> object:
    """Give a value that JSON can tell."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (int, str)) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)


def layers(packet: Packet) -> list[object]:
    """Give the layers of a packet."""
    found = []
    while not isinstance(packet, NoPayload):
        fields = {
            name: plain(int(value) if "Flag" in type(value).__name__ else value)
            for name, value in packet.fields.items()
            if not isinstance(value, Packet)
        }
        found.append([type(packet).__name__, len(packet) - len(packet.payload), fields])
        packet = packet.payload
    return found


def read() -> list[object]:
    """Read the packets of the input."""
    lines = [line.split() for line in sys.stdin]
    return [layers(FIRST[first](bytes.fromhex(data))) for first, data in lines]


def make(seed: int, count: int) -> list[str]:
    """Build packets of all kinds."""
    pick = random.Random(seed)
    bits = pick.getrandbits

    def data() -> Raw:
        return Raw(pick.randbytes(pick.randint(1, 60)))

    def ip4(**more: object) -> Packet:
        return IP(src=f"10.0.0.{bits(8)}", dst=f"10.0.1.{bits(8)}", id=bits(16), **more)

    def ip6() -> Packet:
        return inet6.IPv6(src=f"2001:db8::{bits(16):x}", dst=f"2001:db8:1::{bits(16):x}")

    def port() -> int:
        return 50_000 + bits(12)

    def tcp() -> Packet:
        options = [("MSS", bits(16)), ("Timestamp", (bits(32), bits(32))), ("WScale", 7)]
        return TCP(
            sport=port(), dport=port(), seq=bits(32), ack=bits(32), flags=bits(8),
            window=bits(16), options=options,
        )  # fmt: skip

    def udp() -> Packet:
        return UDP(sport=port(), dport=port())

    def dns() -> Packet:
        record = DNSRR(rrname="example.org", rdata="10.2.3.4", ttl=bits(16))
        question = DNSQR(qname="example.org")
        return UDP(sport=53, dport=port()) / DNS(id=bits(16), qr=1, qd=question, an=record)

    kinds = [
        lambda: ip4() / udp() / data(),
        lambda: ip4(ttl=bits(8), tos=bits(8)) / tcp() / data(),
        lambda: ip6() / udp() / data(),
        lambda: ip6() / tcp() / data(),
        lambda: ip4() / ICMP(id=bits(16), seq=bits(16)) / data(),
        lambda: ip6() / inet6.ICMPv6EchoRequest(id=bits(16), seq=bits(16), data=b"ping"),
        lambda: ip6() / inet6.ICMPv6ND_NS(tgt="2001:db8::1"),
        lambda: ip6() / inet6.IPv6ExtHdrHopByHop(options=[inet6.RouterAlert()]) / udp() / data(),
        lambda: ip6() / inet6.IPv6ExtHdrRouting(addresses=["2001:db8::9"]) / tcp() / data(),
        lambda: ip4(flags="MF", frag=bits(12)) / data(),
        lambda: ip4() / dns(),
        lambda: ARP(op=1 + bits(1), psrc="10.0.0.1", pdst="10.0.0.2", hwsrc="02:00:00:00:00:01"),
        lambda: Dot1Q(vlan=bits(12), prio=bits(3)) / ip4() / tcp() / data(),
    ]
    frames = []
    for index in range(count):
        outer = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
        frames.append(bytes(outer / kinds[index % len(kinds)]()).hex())
    return frames


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["read"]:
            json.dump(read(), sys.stdout)
        case ["make", seed, count]:
            json.dump(make(int(seed), int(count)), sys.stdout)
        case _:
            sys.exit(__doc__)
