"""Packets that we build: what is told is in them, and read again."""

import pickle

import pytest

import netsteps as ns

CARDS = ("02:00:00:00:00:01", "02:00:00:00:00:02")


def tcp(payload: bytes = b"", **more: object) -> ns.Packet:
    given = {"flags": "SYN", "seq": 1, **more}
    return ns.Packet(
        payload,
        source=("192.168.1.7", 50000),
        destination=("93.184.216.34", 80),
        protocol="tcp",
        **given,  # type: ignore[arg-type]
    )


def udp(payload: bytes = b"", source: object = None, **more: object) -> ns.Packet:
    return ns.Packet(
        payload,
        source=source or ("10.0.0.1", 4000),  # type: ignore[arg-type]
        destination=("10.0.0.2", 5000),
        **more,  # type: ignore[arg-type]
    )


def value(packet: ns.Packet, layer: str, field: str) -> object:
    return packet[layer][field].value


def test_a_packet_is_its_payload_source_destination_and_protocol() -> None:
    packet = udp(b"hello")
    assert packet.payload == b"hello"
    assert packet.source == ns.Endpoint("10.0.0.1", 4000)
    assert packet.destination == ("10.0.0.2", 5000)
    assert packet.protocol == "udp"
    assert packet.first == "ip"
    assert packet.problems == ()
    assert len(packet) == packet.wire_length == 20 + 8 + 5


def test_the_bytes_are_those_of_the_rfcs() -> None:
    assert bytes(udp(b"hi")).hex(" ") == (
        "45 00 00 1e 00 00 40 00 40 11 26 cd 0a 00 00 01 0a 00 00 02 0f a0 13 88 00 0a 60 46 68 69"
    )


@pytest.mark.parametrize(
    "packet",
    [
        udp(b"hello"),
        udp(b""),
        udp(b"hello", ethernet=CARDS, vlan=7),
        tcp(b"GET /", flags="PSH ACK", ack=9),
        ns.Packet(b"x", source=("::1", 1), destination=("::1", 2), protocol="tcp"),
        ns.Packet(b"x", source="10.0.0.1", destination="10.0.0.2", protocol="icmp"),
        ns.Packet(b"x", source="::1", destination="::1", protocol="icmp"),
        ns.Packet(b"x", source="10.0.0.1", destination="10.0.0.2", protocol=132),
        ns.Packet(source="10.0.0.1", destination="10.0.0.2", protocol="arp", ethernet=CARDS),
    ],
    ids=str,
)
def test_what_is_built_is_read_again(packet: ns.Packet) -> None:
    again = ns.Packet.parse(bytes(packet), packet.first)  # type: ignore[arg-type]
    assert again == packet
    assert hash(again) == hash(packet)
    assert again.problems == ()
    assert pickle.loads(pickle.dumps(packet)) == packet


def test_equal_is_the_same_bytes_behind_the_same_first_header() -> None:
    assert udp(b"a") != udp(b"b")
    data = bytes(udp(b"a"))
    as_frame = ns.Packet.parse(data, "ethernet", lax=True)
    assert as_frame.data == data
    assert as_frame != udp(b"a")
    assert udp(b"a") != data


def test_the_fields_of_tcp_are_told_by_name() -> None:
    packet = tcp(b"abc", flags="SYN ACK", seq=4294967295, ack=7, window=1000, urgent=3, ttl=9)
    assert packet.flags == ("SYN", "ACK")
    assert (packet.seq, packet.ack, packet.window, packet.ttl) == (4294967295, 7, 1000, 9)
    assert value(packet, "TCP", "Urgent Pointer") == 3
    assert value(packet, "TCP", "SYN") == value(packet, "TCP", "ACK") == 1
    assert value(packet, "TCP", "FIN") == 0
    assert tcp(flags=("FIN", "ACK")).flags == ("FIN", "ACK")
    assert tcp(flags="").flags == udp().flags == ()
    assert udp().seq is None


def test_options_of_tcp_are_told_by_name_and_filled_up() -> None:
    options = {
        "mss": 1460,
        "sack_permitted": True,
        "timestamps": (1, 2),
        "window scale": 7,
        "sack": [(1000, 2000)],
    }
    layer = tcp(options=options)["TCP"]
    named = {field.name: field.value for field in layer.fields}
    assert named["Maximum Segment Size"] == 1460
    assert named["Timestamps"] == "TSval 1, TSecr 2"
    assert named["Window Scale"] == 7
    assert named["SACK"] == "1000-2000"
    assert layer["Window Scale"].text == "7 = times 128"
    assert "SACK-Permitted" in named
    assert (layer.end - layer.start) % 4 == 0
    assert tcp(options={"sack permitted": False}) == tcp()
    assert tcp(options=b"\x02\x04\x05\xb4") == tcp(options={"mss": 1460})


def test_an_echo_request_has_an_identifier_and_a_sequence_number() -> None:
    for ip, kind, layer in (("10.0.0.1", 8, "ICMP"), ("::1", 128, "ICMPv6")):
        packet = ns.Packet(
            b"ping", source=ip, destination=ip, protocol="icmp", identifier=4, sequence=9
        )
        assert value(packet, layer, "Type") == kind
        assert value(packet, layer, "Identifier") == 4
        assert value(packet, layer, "Sequence Number") == 9
        assert packet.payload == b"ping"
        assert packet.source == (ip, 0)


def test_arp_asks_and_answers() -> None:
    ends = {"source": "10.0.0.1", "destination": "10.0.0.2", "protocol": "arp", "ethernet": CARDS}
    asks, answers = ns.Packet(**ends), ns.Packet(**ends, type=2)  # type: ignore[arg-type]
    assert str(asks) == "ARP who has 10.0.0.2? tell 10.0.0.1"
    assert str(answers) == "ARP 10.0.0.1 is at 02:00:00:00:00:01"
    assert value(asks, "ARP", "Target Hardware Address") == "00:00:00:00:00:00"
    assert value(answers, "ARP", "Target Hardware Address") == CARDS[1]


def test_without_a_source_it_comes_from_no_address() -> None:
    assert ns.Packet(destination=("10.0.0.2", 9)).source == ("0.0.0.0", 0)
    assert ns.Packet(destination=("::1", 9)).source == ("::", 0)


def test_ends_are_given_as_anywhere_else() -> None:
    wanted = udp(b"x")
    assert udp(b"x", ns.Endpoint("10.0.0.1", 4000)) == wanted
    assert udp(b"x", "10.0.0.1:4000") == wanted
    assert udp(b"x", ("10.0.0.1", "http")).source == ("10.0.0.1", 80)
    assert udp(bytearray(b"x")) == udp(memoryview(b"x")) == wanted  # type: ignore[arg-type]
    assert udp(b"x", ethernet=CARDS) == udp(b"x", ethernet=(b"\x02\0\0\0\0\1", "02-00-00-00-00-02"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"destination": None}, "the destination is missing"),
        ({"destination": ("::1", 1)}, "of two families"),
        ({"destination": ("example.org", 1)}, "is no IP address"),
        ({"destination": ("10.0.0.1", "nothing")}, "no such service"),
        ({"ttl": 256}, "does not fit into its 8 bits"),
        ({"ttl": -1}, "does not fit"),
        ({"identification": 70000}, "does not fit into its 16 bits"),
        ({"protocol": "sctp"}, "there is no protocol"),
        ({"protocol": 256}, "does not fit"),
        ({"flags": "SYN"}, "flags is a field of TCP"),
        ({"identifier": 1}, "identifier is a field of ICMP"),
        ({"protocol": "tcp", "flags": "SIN"}, "no flag"),
        ({"protocol": "tcp", "options": {"size": 1}}, "no option"),
        ({"protocol": "tcp", "options": {"mss": 70000}}, "does not fit"),
        ({"protocol": "tcp", "options": {"window scale": 15}}, "window scale"),
        ({"protocol": "tcp", "options": {"sack": []}}, "no SACK"),
        ({"protocol": "tcp", "options": {"timestamps": 1}}, "cannot have this value"),
        ({"protocol": "tcp", "options": b"\x01" * 44}, "room for 40"),
        ({"protocol": "icmpv6"}, "ICMPv6 goes over IPv6"),
        ({"protocol": "arp"}, "network cards"),
        ({"protocol": "arp", "ethernet": CARDS, "payload": b"x"}, "no payload"),
        ({"ethernet": "02:00:00:00:00:01"}, "two network cards"),
        ({"ethernet": ("02:00:00:00:00:01", "zz")}, "no address of a network card"),
        ({"ethernet": ("02:00:00:00:00:01", "02:00:00:00:00:0102")}, "no address"),
        ({"vlan": 3}, "no Ethernet|there is none"),
        ({"vlan": 4096, "ethernet": CARDS}, "does not fit"),
        ({"payload": bytes(65_508)}, "65507"),
        ({"payload": bytes(65_496), "protocol": "tcp"}, "65495"),
    ],
)
def test_what_a_packet_cannot_say_is_refused(given: dict[str, object], said: str) -> None:
    arguments = {"source": ("10.0.0.1", 1), "destination": ("10.0.0.2", 2), **given}
    with pytest.raises(ns.BadArgument, match=said) as caught:
        ns.Packet(**arguments)  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)
    assert caught.value.remedy


def test_wrong_types_and_ports_are_refused_as_everywhere() -> None:
    with pytest.raises(ns.BadPayload):
        udp("text")  # type: ignore[arg-type]
    with pytest.raises(ns.BadPort):
        ns.Packet(destination=("10.0.0.1", 65536))
    with pytest.raises(ns.BadType):
        ns.Packet(destination="10.0.0.1")
    with pytest.raises(ns.BadType):
        udp(ttl="8")


@pytest.mark.parametrize(
    ("packet", "line"),
    [
        (
            tcp(),
            "IPv4 TCP 192.168.1.7:50000 > 93.184.216.34:80 [SYN] seq=1 win=64240 len=0",
        ),
        (
            tcp(b"abc", flags="ACK", ack=5),
            "IPv4 TCP 192.168.1.7:50000 > 93.184.216.34:80 [ACK] seq=1 ack=5 win=64240 len=3",
        ),
        (udp(b"hello"), "IPv4 UDP 10.0.0.1:4000 > 10.0.0.2:5000 len=5"),
        (
            ns.Packet(b"x", source=("::1", 1), destination=("::1", 2)),
            "IPv6 UDP [::1]:1 > [::1]:2 len=1",
        ),
        (
            ns.Packet(b"p", source="::1", destination="::1", protocol="icmp", sequence=2),
            "IPv6 ICMPv6 ::1 > ::1 echo request id=0 seq=2 len=1",
        ),
        (
            ns.Packet(source="10.0.0.1", destination="10.0.0.2", protocol="icmp", type=3, code=3),
            "IPv4 ICMP 10.0.0.1 > 10.0.0.2 destination unreachable, len=0",
        ),
        (
            ns.Packet(b"x", source="10.0.0.1", destination="10.0.0.2", protocol=132),
            "IPv4 SCTP 10.0.0.1 > 10.0.0.2 len=1",
        ),
    ],
)
def test_the_summary_is_one_line(packet: ns.Packet, line: str) -> None:
    assert packet.summary == repr(packet) == line


def test_a_notebook_shows_it() -> None:
    packet = udp(b"x")
    shown = packet._repr_mimebundle_()
    assert "10.0.0.1" in shown["text/plain"]
    assert "<img" in shown["text/html"]
    assert "10.0.0.1" in packet.envelope(theme="dark").svg
    assert "10.0.0.1" in packet.osi().svg
