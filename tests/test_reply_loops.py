"""Case 23: servers that answer each other after one datagram with a forged sender.

Nothing in a datagram tells a server from a client. A service answers no low service port, and no
source more often than replies_per_second.
"""

import socket as std
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, ask, until

if TYPE_CHECKING:
    from collections.abc import Iterator


def forge(source: ns.Endpoint, destination: ns.Endpoint) -> None:
    """Send a datagram with another's address on it: a raw socket writes the UDP header itself."""
    try:
        raw = std.socket(std.AF_INET, std.SOCK_RAW, std.IPPROTO_UDP)
    except PermissionError:
        pytest.skip("a forged sender needs a raw socket, which only root may have")
    with raw:
        header = struct.pack("!HHHH", source.port, destination.port, 8 + 6, 0)  # no checksum
        raw.sendto(header + b"forged", (destination.ip, 0))


@contextmanager
def plain_echo() -> "Iterator[std.socket]":
    """Give the socket of a simple echo server of the standard library, in a thread."""
    with std.socket(std.AF_INET, std.SOCK_DGRAM) as socket:
        socket.bind(("127.0.0.1", 0))

        def answers() -> None:
            while (got := socket.recvfrom(65_535))[0] != b"end":
                socket.sendto(*got)

        thread = threading.Thread(target=answers)
        thread.start()
        try:
            yield socket
        finally:
            with std.socket(std.AF_INET, std.SOCK_DGRAM) as other:
                other.sendto(b"end", socket.getsockname())
            thread.join(PATIENCE)


def test_a_forged_datagram_between_two_services_ends_within_100_replies() -> None:
    with ns.UdpServer(service="echo") as one, ns.UdpServer(service="echo") as other:
        forge(one.endpoint, other.endpoint)
        until(lambda: one.held_back + other.held_back, "one of them has had enough")
        # There was one datagram, and it went no further.
        assert 50 <= one.answered + other.answered <= 100
        assert one.held_back + other.held_back == 1
        assert ask(one.endpoint, b"served") == ask(other.endpoint, b"served") == b"served"


def test_a_service_gets_out_of_a_loop_with_any_other_echo_server() -> None:
    with plain_echo() as plain, ns.UdpServer(service="echo") as server:
        plain.sendto(b"round and round", tuple(server.endpoint))
        until(lambda: server.held_back, "it has had enough")
        assert (server.answered, server.held_back) == (50, 1)
        assert ask(server.endpoint, b"served") == b"served"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_forged_datagram_with_the_servers_own_address_is_not_answered(host: str) -> None:
    """Where the server has every address of the machine, each of them is its own."""
    own = [one.ip for one in ns.interfaces() for one in one.addresses if one.family == "ipv4"]
    ips = {"127.0.0.1": [host], "0.0.0.0": own}[host]
    for server in (
        ns.UdpServer(service="echo", host=host),
        ns.UdpServer(on_datagram=lambda datagram: datagram.data, host=host),
    ):
        with server:
            for ip in ips:
                address = ns.Endpoint(ip, server.endpoint.port)
                forge(address, address)
            address = ns.Endpoint("127.0.0.1", server.endpoint.port)
            assert ask(address, b"served") == b"served"
            until(lambda: server.received > len(ips), "all are taken")  # noqa: B023
            until(lambda: server.answered == 1, "only the client is answered")  # noqa: B023


def test_a_function_of_the_users_own_goes_round_until_a_limit_is_given() -> None:
    """As the docstring says: an echo function is an echo server, and it is the user's to limit."""

    def echo(datagram: ns.Datagram) -> bytes:
        return datagram.data

    with plain_echo() as plain:
        with ns.UdpServer(on_datagram=echo) as server:
            plain.sendto(b"round and round", tuple(server.endpoint))
            until(lambda: server.answered > 200, "nothing ends it")
            assert server.held_back == 0
        with ns.UdpServer(on_datagram=echo, replies_per_second=7) as server:
            plain.sendto(b"round and round", tuple(server.endpoint))
            until(lambda: server.held_back, "it has had enough")
            assert (server.answered, server.held_back) == (7, 1)


def test_two_functions_go_round_when_one_datagram_is_forged() -> None:
    """The other half of it: with one limit on one side it ends, and both go on serving."""

    def echo(datagram: ns.Datagram) -> bytes:
        return datagram.data

    with (
        ns.UdpServer(on_datagram=echo, replies_per_second=20) as one,
        ns.UdpServer(on_datagram=echo) as other,
    ):
        forge(one.endpoint, other.endpoint)
        until(lambda: one.held_back and other.answered == 21, "the first has had enough")
        assert (one.answered, one.held_back) == (20, 1)


def test_a_source_that_has_had_enough_costs_no_other_its_answers() -> None:
    with (
        ns.UdpServer(service="echo", replies_per_second=3) as server,
        std.socket(std.AF_INET, std.SOCK_DGRAM) as greedy,
    ):
        for _ in range(100):
            greedy.sendto(b"x", tuple(server.endpoint))
        assert ask(server.endpoint, b"other") == b"other"
        until(lambda: server.answered + server.held_back == 101, "all are counted")
        assert server.received == 101
        assert server.held_back >= 90


def test_none_takes_the_limit_off() -> None:
    with (
        ns.UdpServer(service="echo", replies_per_second=None) as server,
        ns.UdpSender(server.endpoint) as sender,
    ):
        for number in range(300):
            sender.send(str(number).encode())
            assert sender.socket.read(timeout=PATIENCE) == str(number).encode()
        assert server.held_back == 0


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_limit_is_a_number_from_one_on(wrong: int) -> None:
    with pytest.raises(ns.BadArgument) as caught:
        ns.UdpServer(service="echo", replies_per_second=wrong)
    assert "replies_per_second" in str(caught.value)
    assert caught.value.remedy


def test_two_echo_servers_do_not_answer_each_other_for_ever() -> None:
    """Case 23: one datagram with the other's address would go to and fro without end."""
    try:
        low = ns.UdpServer(service="echo", port="echo")
    except (ns.NoPermission, ns.AddressInUse) as error:
        pytest.skip(f"the echo port cannot be had: {error.cause}")
    with low, ns.UdpServer(service="echo") as high:
        with ns.Socket("udp") as forger:
            forger.bind("127.0.0.1", 0)
            forger.send_to(b"start", *high.endpoint)
            assert forger.receive_from(timeout=PATIENCE).data == b"start"
            # A datagram to each that seems to come from the other: neither answers.
            with std.socket(std.AF_INET, std.SOCK_DGRAM) as other:
                other.sendto(b"x", tuple(low.endpoint))
                assert other.recvfrom(10) == (b"x", tuple(low.endpoint))
        assert high.answered <= 1
