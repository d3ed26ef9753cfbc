"""The exercises of lesson 2: a stub fails, a solution passes, each usual mistake gets its hint."""

import struct
import sys
from collections.abc import Callable
from ipaddress import ip_address, ip_network

import pytest

from netsteps.lessons import check
from netsteps.lessons.report import Report


def stub(*_values: object) -> object:
    # YOUR CODE HERE
    raise NotImplementedError


@pytest.mark.parametrize(
    "checked",
    [check.kind_of_port, check.scope_of_address, check.port_to_bytes, check.peel_the_layers],
)
def test_what_is_not_written_yet_fails_and_says_so(checked: Callable[..., object]) -> None:
    report = checked(stub)
    assert not report
    assert "not written yet" in report.happened
    assert "raise NotImplementedError" in report.hint


# kind-of-port


def kind(port: int) -> str:
    if not 0 <= port <= 65535:
        raise ValueError(port)
    if port == 0:
        return "any"
    return "well known" if port < 1024 else "registered" if port < 49152 else "dynamic"


def kind_one_off(port: int) -> str:
    return kind(port) if port != 1024 else "well known"


def kind_that_counts_0(port: int) -> str:
    return kind(port) if port else "well known"


def kind_without_an_end(port: int) -> str:
    return kind(port) if port < 65536 else "dynamic"


def kind_without_a_beginning(port: int) -> str:
    return kind(port) if port >= 0 else "well known"


def kind_with_a_hyphen(port: int) -> str:
    return kind(port).replace(" ", "-")


def test_the_kinds_of_ports() -> None:
    report = check.kind_of_port(kind)
    assert report.passed, report


# scope-of-address


def scope(ip: str) -> str:
    address = ip_address(ip)
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    private = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    return "private" if any(address in ip_network(one) for one in private) else "public"


def scope_by_numbers(ip: str) -> str:
    first, second, *_ = map(int, ip.split("."))
    match first:
        case 127:
            return "loopback"
        case 10:
            return "private"
        case 172 if 16 <= second <= 31:
            return "private"
        case 192 if second == 168:
            return "private"
        case 169 if second == 254:
            return "link-local"
    return "multicast" if 224 <= first <= 239 else "public"


def scope_one_loopback(ip: str) -> str:
    return scope(ip) if ip == "127.0.0.1" or not ip.startswith("127") else "public"


def scope_by_text(ip: str) -> str:
    return "private" if ip.startswith("10") else scope(ip)


def scope_all_of_172(ip: str) -> str:
    return "private" if ip.startswith("172.") else scope(ip)


def scope_private_first(ip: str) -> str:
    if ip.startswith("127."):
        return "loopback"
    return "private" if ip_address(ip).is_private else scope(ip)


def test_the_scopes_of_addresses() -> None:
    for answer in (scope, scope_by_numbers):
        report = check.scope_of_address(answer)
        assert report.passed, report


# port-to-bytes


def both_ways(value: int | bytes) -> int | bytes:
    if isinstance(value, bytes):
        return int.from_bytes(value, "big")
    return value.to_bytes(2, "big")


def both_ways_with_struct(value: int | bytes) -> int | bytes:
    if isinstance(value, int):
        return struct.pack("!H", value)
    (port,) = struct.unpack("!H", value)
    return int(port)


def both_ways_of_this_computer(value: int | bytes) -> int | bytes:
    if isinstance(value, bytes):
        return int.from_bytes(value, sys.byteorder)
    return value.to_bytes(2, sys.byteorder)


def both_ways_as_digits(value: int | bytes) -> int | bytes:
    return int(value) if isinstance(value, bytes) else str(value).encode()


def both_ways_as_short_as_can_be(value: int | bytes) -> int | bytes:
    if isinstance(value, bytes):
        return int.from_bytes(value, "big")
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def both_ways_cut_off(value: int | bytes) -> int | bytes:
    if isinstance(value, bytes):
        return value[0] * 256 + value[1]
    return bytes([value // 256 % 256, value % 256])


def test_a_port_both_ways() -> None:
    for answer in (both_ways, both_ways_with_struct):
        report = check.port_to_bytes(answer)
        assert report.passed, report


# peel-the-layers


def peel(frame: bytes) -> list[tuple[str, int]]:
    ip = (frame[14] & 15) * 4
    total = int.from_bytes(frame[16:18], "big")
    if frame[23] == 17:
        name, size = "UDP", 8
    else:
        name, size = "TCP", (frame[14 + ip + 12] >> 4) * 4
    return [("Ethernet", 14), ("IPv4", ip), (name, size), ("payload", total - ip - size)]


def peel_with_padding(frame: bytes) -> list[tuple[str, int]]:
    *headers, _ = peel(frame)
    return [*headers, ("payload", len(frame) - sum(size for _, size in headers))]


def peel_always_20(frame: bytes) -> list[tuple[str, int]]:
    names = dict(peel(frame))
    if "TCP" in names:
        names["TCP"] = 20
    return list(names.items())


def peel_without_ip_options(frame: bytes) -> list[tuple[str, int]]:
    (_, ethernet), _, transport, _ = peel(frame)
    return [
        ("Ethernet", ethernet),
        ("IPv4", 20),
        transport,
        ("payload", int.from_bytes(frame[16:18], "big") - 20 - transport[1]),
    ]


def peel_only_udp(frame: bytes) -> list[tuple[str, int]]:
    return [("UDP", size) if name == "TCP" else (name, size) for name, size in peel(frame)]


def peel_inside_out(frame: bytes) -> list[tuple[str, int]]:
    return peel(frame)[::-1]


def peel_as_dict(frame: bytes) -> dict[str, int]:
    return dict(peel(frame))


def test_the_layers_are_peeled() -> None:
    report = check.peel_the_layers(peel)
    assert report.passed, report


# Words of the attempt that catches it, and of its hint.
@pytest.mark.parametrize(
    ("checked", "answer", "failed", "hint"),
    [
        (check.kind_of_port, kind_one_off, "port 1024", "first one behind the well-known"),
        (check.kind_of_port, kind_that_counts_0, "port 0", "any free one"),
        (check.kind_of_port, kind_without_an_end, "65536", "65535 is the last one"),
        (check.kind_of_port, kind_without_a_beginning, "-1", "no negative ports"),
        (check.kind_of_port, kind_with_a_hyphen, "port 80", "spelt like this"),
        (check.scope_of_address, scope_one_loopback, "127.200.3.4", "all of 127"),
        (check.scope_of_address, scope_by_text, "100.20.1.1", "Compare numbers"),
        (check.scope_of_address, scope_all_of_172, "172.32.0.1", "from 16 to 31"),
        (check.scope_of_address, scope_private_first, "169.254.10.20", "is_private"),
        pytest.param(
            check.port_to_bytes,
            both_ways_of_this_computer,
            "6666",
            "wrong way round",
            marks=pytest.mark.skipif(sys.byteorder == "big", reason="here that is right"),
        ),
        (check.port_to_bytes, both_ways_as_digits, "6666", "digits"),
        (check.port_to_bytes, both_ways_as_short_as_can_be, "the number 80", "always two bytes"),
        (check.port_to_bytes, both_ways_cut_off, "65536", "does not fit"),
        (check.peel_the_layers, peel_with_padding, "filled up", "Total Length"),
        (check.peel_the_layers, peel_always_20, "TCP packet with options", "no fixed length"),
        (
            check.peel_the_layers,
            peel_without_ip_options,
            "IP header with options",
            "frame[14] & 15",
        ),
        (check.peel_the_layers, peel_only_udp, "a TCP packet", "Byte 9"),
        (check.peel_the_layers, peel_inside_out, "a UDP packet", "from the outside in"),
        (check.peel_the_layers, peel_as_dict, "a UDP packet", "list of tuples"),
    ],
)
def test_a_usual_mistake_gets_its_hint(
    checked: Callable[..., Report], answer: Callable[..., object], failed: str, hint: str
) -> None:
    report = checked(answer)
    assert failed in (report.failed or "")
    assert hint in report.hint
