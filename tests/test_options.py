"""What can be set on a socket, by name: the kernel has it, and what cannot be meant is refused."""

import os
import socket as std
import struct
import sys
from typing import TYPE_CHECKING, Any

import pytest

import netsteps as ns
from helpers import PATIENCE, bound, listening, pair

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [
    "reuse_address",
    "reuse_port",
    "no_delay",
    "keepalive",
    "linger",
    "receive_buffer",
    "send_buffer",
    "broadcast",
    "ipv6_only",
    "ttl",
]


def in_kernel(socket: ns.Socket, level: int, option: int, length: int = 0) -> Any:
    """Ask the kernel itself, through the standard library."""
    with std.socket(fileno=os.dup(socket.fileno())) as same:
        return same.getsockopt(level, option, length) if length else same.getsockopt(level, option)


@pytest.mark.parametrize(
    ("name", "kind", "family", "level", "option"),
    [
        ("reuse_address", "tcp", "ipv4", std.SOL_SOCKET, std.SO_REUSEADDR),
        ("reuse_port", "tcp", "ipv4", std.SOL_SOCKET, std.SO_REUSEPORT),
        ("no_delay", "tcp", "ipv4", std.IPPROTO_TCP, std.TCP_NODELAY),
        ("keepalive", "tcp", "ipv4", std.SOL_SOCKET, std.SO_KEEPALIVE),
        ("broadcast", "udp", "ipv4", std.SOL_SOCKET, std.SO_BROADCAST),
        ("ipv6_only", "tcp", "ipv6", std.IPPROTO_IPV6, std.IPV6_V6ONLY),
    ],
)
def test_a_switch_is_set_in_the_kernel(
    name: str, kind: str, family: str, level: int, option: int
) -> None:
    with ns.Socket(kind, family) as socket:
        assert getattr(socket.options, name) is bool(in_kernel(socket, level, option))
        for value in (True, False, True):
            setattr(socket.options, name, value)
            assert getattr(socket.options, name) is value
            assert bool(in_kernel(socket, level, option)) is value


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_the_ttl_is_set_in_the_kernel(family: str) -> None:
    level, option = {
        "ipv4": (std.IPPROTO_IP, std.IP_TTL),
        "ipv6": (std.IPPROTO_IPV6, std.IPV6_UNICAST_HOPS),
    }[family]
    with ns.Socket("udp", family) as socket:
        for hops in (1, 255, 64):
            socket.options.ttl = hops
            assert socket.options.ttl == hops == in_kernel(socket, level, option)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux reports twice what was set")
@pytest.mark.parametrize(
    ("name", "option"), [("receive_buffer", std.SO_RCVBUF), ("send_buffer", std.SO_SNDBUF)]
)
def test_a_buffer_is_set_in_the_kernel(name: str, option: int) -> None:
    with ns.Socket("tcp") as socket:
        setattr(socket.options, name, 20_000)
        assert getattr(socket.options, name) == 40_000
        assert in_kernel(socket, std.SOL_SOCKET, option) == 40_000


def test_linger_is_seconds_or_none() -> None:
    with ns.Socket("tcp") as socket:
        assert socket.options.linger is None
        for seconds in (0, 3, None, 2.0):
            socket.options.linger = seconds
            assert socket.options.linger == seconds
            on, time = struct.unpack("ii", in_kernel(socket, std.SOL_SOCKET, std.SO_LINGER, 8))
            assert on == (seconds is not None)
            assert time == seconds or not on


def test_linger_of_less_than_a_second_never_becomes_a_reset() -> None:
    """The kernel counts whole seconds, and 0 would throw away what is not yet sent."""
    with ns.Socket("tcp") as socket:
        try:
            socket.options.linger = 0.5
        except ns.BadArgument as error:
            assert "second" in str(error)  # noqa: PT017 - one of two ways that are both right
        else:
            assert socket.options.linger not in {0, None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ttl", 0),
        ("ttl", 256),
        ("ttl", -1),
        ("ttl", 2**70),
        ("linger", -1),
        ("linger", float("nan")),
        ("linger", float("inf")),
        ("linger", 1e300),
        ("receive_buffer", -1),
        ("receive_buffer", 2**40),
        ("receive_buffer", 2**70),
        ("send_buffer", -1),
        ("send_buffer", 2**40),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_and_changes_nothing(
    name: str, value: object
) -> None:
    with ns.Socket("tcp") as socket:
        before = getattr(socket.options, name)
        with pytest.raises(ns.BadArgument) as caught:
            setattr(socket.options, name, value)
        assert caught.value.step == name
        assert "Some(" not in str(caught.value), "Rust's way to write it"
        assert getattr(socket.options, name) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_value_of_another_type_is_refused(name: str) -> None:
    with ns.Socket("tcp", "ipv6") as socket, pytest.raises(TypeError):
        setattr(socket.options, name, "on")


def test_an_option_that_this_kind_does_not_have_says_so() -> None:
    with ns.Socket("udp") as socket:
        for step in (
            lambda: socket.options.no_delay,
            lambda: setattr(socket.options, "no_delay", True),
        ):
            with pytest.raises(ns.SystemFailure) as caught:
                step()
            assert "no_delay" in str(caught.value).lower() or "NODELAY" in str(caught.value)
        with pytest.raises(AttributeError):
            socket.options.nodelay = True  # type: ignore[attr-defined]


def test_the_options_are_a_table_with_the_kernels_names_and_meanings() -> None:
    for kind, family in (("tcp", "ipv4"), ("udp", "ipv6")):
        with ns.Socket(kind, family) as socket:
            rows = socket.options.rows()
            assert [row[0] for row in rows] == NAMES
            assert all(kernel.isupper() and meaning for _, _, kernel, meaning in rows)
            text, html = repr(socket.options), socket.options._repr_html_()
            for name in NAMES:
                assert name in text
                assert name in html
            assert ("no_delay", "false") in [row[:2] for row in rows] or kind == "udp"
    assert all(hasattr(ns.Options, name) for name in NAMES)


# What they do


def test_reuse_port_shares_an_address() -> None:
    with ns.Socket("udp") as first, ns.Socket("udp") as second, ns.Socket("udp") as third:
        for socket in (first, second):
            socket.options.reuse_port = True
        first.bind("127.0.0.1", 0)
        second.bind(first.local)
        assert second.local == first.local
        with pytest.raises(ns.AddressInUse):
            third.bind(first.local)


def test_ipv6_only_decides_whether_ipv4_peers_come_too() -> None:
    for only in (True, False):
        with ns.Socket("tcp", "ipv6") as server, ns.Socket("tcp") as client:
            server.options.ipv6_only = only
            server.bind("::", 0)
            server.listen()
            assert server.local is not None
            if only:
                with pytest.raises(ns.Refused):
                    client.connect("127.0.0.1", server.local.port)
                continue
            client.connect("127.0.0.1", server.local.port)
            with server.accept(timeout=PATIENCE) as connection:
                assert connection.peer is not None
                assert connection.peer.ip == "::ffff:127.0.0.1"
                assert connection.peer.scope == "loopback"


def test_linger_of_zero_resets_and_none_ends() -> None:
    for linger in (0, None):
        with pair() as (client, connection):
            connection.options.linger = linger
            connection.close()
            if linger is None:
                assert client.read(timeout=PATIENCE) == b""
            else:
                with pytest.raises(ns.Reset):
                    client.read(timeout=PATIENCE)


def test_options_of_a_listener_go_to_its_connections() -> None:
    with listening() as listener, ns.Socket("tcp") as client:
        listener.options.keepalive = True
        client.connect(listener.local)
        with listener.accept(timeout=PATIENCE) as connection:
            assert connection.options.keepalive is True


# Multicast


@pytest.mark.skipif(sys.platform != "linux", reason="sets the interface through Linux's options")
@pytest.mark.parametrize(("family", "group"), [("ipv4", "239.7.7.7"), ("ipv6", "ff15::7:7")])
def test_a_member_of_a_group_receives_what_is_sent_to_it(family: str, group: str) -> None:
    any_address = {"ipv4": "0.0.0.0", "ipv6": "::"}[family]
    with ns.Socket("udp", family) as member, ns.Socket("udp", family) as sender:
        member.bind(any_address, 0)
        assert member.local is not None
        try:
            member.options.join_group(group)
        except ns.SystemFailure as error:
            pytest.skip(f"this machine has no way for groups: {error.cause}")
        with pytest.raises(ns.SocketError):  # a group is joined once
            member.options.join_group(group)
        try:
            sender.send_to(b"to all", group, member.local.port)
        except (ns.Unreachable, ns.AddressNotLocal) as error:
            pytest.skip(f"this machine has no way to groups: {error.cause}")
        got = member.receive_from(timeout=PATIENCE)
        assert got.data == b"to all"
        member.options.leave_group(group)
        with pytest.raises(ns.SocketError):
            member.options.leave_group(group)


@pytest.mark.parametrize("step", ["join_group", "leave_group"])
def test_what_is_no_group_is_refused(step: str) -> None:
    wrong: list[tuple[Callable[[], Any], str]] = [
        (lambda: ns.Socket("udp"), "127.0.0.1"),
        (lambda: ns.Socket("udp"), "ff02::1"),
        (lambda: ns.Socket("udp", "ipv6"), "224.0.0.1"),
        (lambda: ns.Socket("udp"), "group"),
        (lambda: ns.Socket("udp"), ""),
    ]
    for make, group in wrong:
        with make() as socket, pytest.raises(ns.BadArgument) as caught:
            getattr(socket.options, step)(group)
        assert caught.value.step == step


def test_options_outlive_neither_close_nor_are_lost_by_it() -> None:
    with bound() as socket:
        options = socket.options
        options.ttl = 7
        socket.close()
        with pytest.raises(ns.SocketClosed):
            _ = options.ttl
        with pytest.raises(ns.SocketClosed):
            options.ttl = 8
        repr(options)
