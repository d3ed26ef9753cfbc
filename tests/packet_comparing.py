"""What the comparisons with other readers of packets share: our fields, and what we build."""

import random

import netsteps as ns


def ours(packet: ns.Packet) -> dict[tuple[str, str], ns.Field]:
    """Give the fields of a packet; of those with the same name the first."""
    fields: dict[tuple[str, str], ns.Field] = {}
    for layer in packet.layers:
        for field in layer.fields:
            fields.setdefault((layer.name, field.name), field)
    return fields


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
