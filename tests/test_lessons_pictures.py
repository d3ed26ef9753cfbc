"""The pictures of the lessons: in both themes, as text, and with anything for a name."""

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from netsteps.lessons.pictures import Hop, doors, journey, lengths, port_ruler, stacks, travel

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing

HOME, SERVER = ("192.168.1.7", 50000), ("203.0.113.9", 6666)
CARDS = ("02:00:00:00:00:07", "02:00:00:00:00:01")
HOSTILE = '<script>alert("x")</script>'

TABLES: dict[str, dict[str, str | None]] = {
    "home": {"0.0.0.0/0": "router"},
    "router": {"203.0.113.0/24": "the server", "203.0.113.128/25": "home", "::/0": "home"},
    "the server": {"203.0.113.9/32": None},
}


def letter(count: int = 21, **more: int) -> ns.Packet:
    message = b"Hello, are you there?".ljust(count, b"!")[:count]
    return ns.Packet(message, source=HOME, destination=SERVER, protocol="udp", **more)  # type: ignore[arg-type]


def in_a_frame() -> ns.Packet:
    return ns.Packet(b"hi", source=HOME, destination=SERVER, protocol="tcp", ethernet=CARDS)


def interface(name: str, *addresses: str, mac: str | None = None, up: bool = True) -> ns.Interface:
    found = tuple(ns.Address(ip, 24, "ipv4") for ip in addresses)
    return ns.Interface(name=name, up=up, mtu=1500, mac=mac, addresses=found, speed=None)


DRAWINGS = {
    "stacks": lambda theme: stacks(in_a_frame(), theme=theme),
    "stacks of IP alone": lambda theme: stacks(letter(), theme=theme),
    "lengths": lambda theme: lengths([letter(1), letter(1473)], theme=theme),
    "no lengths": lambda theme: lengths([], theme=theme),
    "ruler": lambda theme: port_ruler({0: "any", 80: HOSTILE, 65535: "last"}, theme=theme),
    "empty ruler": lambda theme: port_ruler({}, theme=theme),
    "doors": lambda theme: doors(
        [interface("lo", "127.0.0.1"), interface(HOSTILE, "10.0.0.1", mac="02:00:00:00:00:01")],
        theme=theme,
    ),
    "no doors": lambda theme: doors([], theme=theme),
    "own doors": lambda theme: doors(ns.interfaces(), theme=theme),
    "journey": lambda theme: travel(letter(), TABLES, theme=theme),
    "no journey": lambda theme: journey([], "203.0.113.9", theme=theme),
    "long journey": lambda theme: journey(
        [Hop(f"{HOSTILE} {number}", "0.0.0.0/0", "on", 9 - number) for number in range(9)],
        "203.0.113.9",
        theme=theme,
    ),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_a_picture_is_well_formed_and_has_a_text(name: str, theme: str) -> None:
    drawing: Drawing = DRAWINGS[name](theme)
    root = ET.fromstring(drawing.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "<script" not in drawing.svg
    assert drawing.text
    assert drawing.alt


@pytest.mark.parametrize("name", DRAWINGS)
def test_another_theme_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="theme"):
        DRAWINGS[name]("pink")


def test_each_layer_holds_its_header_and_what_is_inside() -> None:
    lines = stacks(in_a_frame()).text.splitlines()
    down = {line[0]: line for line in lines if line[:1].isdigit() and " v  " in line}
    assert down["7"].endswith("v  [Payload 2]")
    assert down["5"].endswith("[Payload 2]  (no header)")
    assert down["4"].endswith("v  [TCP 20][Payload 2]")
    assert down["2"].endswith("v  [Ethernet II 14][IPv4 20][TCP 20][Payload 2]")


def test_a_packet_that_is_too_long_for_the_link_is_marked() -> None:
    text = lengths([letter(1472), letter(2000)], mtu=1500).text
    assert "1,500 B" in text
    assert text.count("TOO LONG") == 1
    assert "28 + 2,000: too long" in lengths([letter(2000)], mtu=1500).svg


def test_ports_stand_in_their_ranges() -> None:
    lines = port_ruler({6666: "ours", 80: "HTTP", 50000: "client"}).text.splitlines()
    words = [" ".join(line.split()) for line in lines]
    assert words.index("80 HTTP") < words.index("6666 ours") < words.index("50000 client")
    assert words[words.index("80 HTTP") - 1].startswith("0 to 1023 well known")


@pytest.mark.parametrize("port", [-1, 65536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="is no port"):
        port_ruler({port: "?"})


def test_doors_are_the_interfaces_that_are_up() -> None:
    found = [
        interface("lo", "127.0.0.1"),
        interface("eth0", "192.168.1.7", "169.254.1.2", mac="02:00:00:00:00:07"),
        interface("eth1", up=False),
    ]
    text = doors(found).text
    assert text.startswith("This computer: 2 interfaces up, 3 IP addresses")
    assert "door lo: back into this computer; card none" in text
    assert "door eth0: out into a network; card 02:00:00:00:00:07" in text
    assert "169.254.1.2/24  link-local" in text
    assert "eth1" not in text


def test_more_doors_than_there_is_room_for_are_counted() -> None:
    many = [interface(f"eth{number}", f"10.0.0.{number}") for number in range(9)]
    assert "and 3 more interfaces" in doors(many).svg


def test_a_packet_is_passed_on_and_each_station_but_the_first_takes_one_off() -> None:
    text = travel(letter(), TABLES).text
    assert "1. home  (Time to Live 64)" in text
    assert "2. router  (Time to Live 64)" in text
    assert "3. the server  (Time to Live 63)" in text
    assert text.endswith("keeps it: that is me")


def test_the_longest_line_that_fits_counts() -> None:
    stray = ns.Packet(source=HOME, destination=("203.0.113.200", 1), protocol="udp", ttl=4)
    text = travel(stray, TABLES).text
    assert "fits: 203.0.113.128/25" in text
    # Home sends it to the router again, and so on, until its time is over.
    assert text.count("router  (") == 2
    assert "TTL is 0, so it is thrown away  X" in text


def test_a_packet_ends_where_its_time_is_over_or_nobody_knows_the_way() -> None:
    assert "TTL is 0, so it is thrown away  X" in travel(letter(ttl=1), TABLES).text
    stray = ns.Packet(source=HOME, destination=("192.0.2.1", 1), protocol="udp")
    assert travel(stray, TABLES).text.endswith("throws it away: no line fits  X")


def test_what_cannot_travel_is_refused() -> None:
    who = ns.Packet(protocol="arp", source="10.0.0.1", destination="10.0.0.2", ethernet=CARDS)
    with pytest.raises(ValueError, match="without an IP address"):
        travel(who, TABLES)
    with pytest.raises(KeyError):
        travel(letter(), {"home": {"0.0.0.0/0": "nowhere"}})
