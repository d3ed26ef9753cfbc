"""Endpoints that are held: bound from the beginning, and handed over without a gap."""

import asyncio
import socket
import sys
import time

import pytest

import netsteps as ns
from helpers import PATIENCE
from netsteps.pytest_plugin import HeldEndpoint, HoldsEndpoints

linux = pytest.mark.skipif(sys.platform != "linux", reason="a second bind as Linux allows it")


def test_nobody_else_is_given_the_port(netsteps_endpoint: HeldEndpoint) -> None:
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((netsteps_endpoint.host, netsteps_endpoint.port))
    for reuse in (0, 1):
        for _ in range(500):
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
                other.bind(("127.0.0.1", 0))
                assert other.getsockname()[1] != netsteps_endpoint.port


def test_a_connect_is_refused_until_somebody_listens(netsteps_endpoint: HeldEndpoint) -> None:
    with ns.Socket("tcp") as client:
        with pytest.raises(ns.Refused):
            client.connect(*netsteps_endpoint, timeout=PATIENCE)
        listener = netsteps_endpoint.take()
        with listener:
            assert listener.local == netsteps_endpoint.endpoint
            listener.listen()
            client.connect(netsteps_endpoint.endpoint, timeout=PATIENCE)
    assert not netsteps_endpoint.held


@linux
def test_a_server_that_takes_a_number_starts_while_it_is_held(
    netsteps_endpoint: HeldEndpoint,
) -> None:
    with (
        ns.TcpServer(service="echo", port=netsteps_endpoint.port) as server,
        ns.TcpSender(*netsteps_endpoint) as client,
    ):
        assert server.endpoint == netsteps_endpoint.endpoint
        client.send(b"hello")
        assert client.socket.read_exactly(5, timeout=PATIENCE) == b"hello"
    assert netsteps_endpoint.held


def test_the_standard_library_takes_it_over(netsteps_endpoint: HeldEndpoint) -> None:
    async def talks() -> bytes:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readexactly(5))
            writer.close()

        server = await asyncio.start_server(echo, sock=netsteps_endpoint.take_std())
        async with server:
            reader, writer = await asyncio.open_connection(*netsteps_endpoint)
            writer.write(b"hello")
            answer = await reader.readexactly(5)
            writer.close()
            await writer.wait_closed()
            return answer

    assert asyncio.run(talks()) == b"hello"


def test_a_socket_of_the_standard_library_blocks(netsteps_hold: HoldsEndpoints) -> None:
    with netsteps_hold("udp").take_std() as handed:
        assert handed.getblocking()
        assert handed.type == socket.SOCK_DGRAM
        handed.settimeout(0.02)
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            handed.recv(1)
        assert time.monotonic() - begin >= 0.01


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_each_kind_and_family_can_be_held(
    netsteps_hold: HoldsEndpoints, kind: str, host: str
) -> None:
    held = [netsteps_hold(kind, host) for _ in range(3)]
    assert len({each.port for each in held}) == 3
    assert {each.host for each in held} == {host}
    with held[0].take() as taken:
        assert (taken.kind, taken.state) == (kind, "bound")
    assert [each.held for each in held] == [False, True, True]
    assert str(held[1]) == str(held[1].endpoint)


def test_what_is_taken_cannot_be_taken_again(netsteps_hold: HoldsEndpoints) -> None:
    held = netsteps_hold()
    held.release()
    held.release()
    with pytest.raises(ValueError, match="not held"):
        held.take()
    assert "handed over" in repr(held)


def test_an_address_of_another_machine_leaves_nothing_open() -> None:
    with HoldsEndpoints() as hold, pytest.raises(ns.AddressNotLocal):
        hold(host="192.0.2.1")
