"""The ready-made services, with the standard library as their client."""

import datetime as dt
import socket as std
import time

import pytest

import netsteps as ns
from helpers import PATIENCE, ask, until


def client(endpoint: ns.Endpoint) -> std.socket:
    return std.create_connection(tuple(endpoint), timeout=PATIENCE)


def rest(socket: std.socket) -> bytes:
    with socket.makefile("rb") as file:
        return file.read()


# TCP


def test_echo_sends_back_what_it_gets_to_the_end() -> None:
    with ns.TcpServer(service="echo") as server, client(server.endpoint) as socket:
        socket.sendall(b"hello" * 1000)
        socket.shutdown(std.SHUT_WR)
        assert rest(socket) == b"hello" * 1000


def test_discard_takes_everything_and_says_nothing() -> None:
    with ns.TcpServer(service="discard") as server, client(server.endpoint) as socket:
        socket.sendall(bytes(1_000_000))
        socket.shutdown(std.SHUT_WR)
        assert rest(socket) == b""


def test_daytime_says_the_time_as_text() -> None:
    with ns.TcpServer(service="daytime") as server, client(server.endpoint) as socket:
        text = rest(socket).decode("ascii")
    said = dt.datetime.strptime(text.strip() + "+0000", "%A, %B %d, %Y %H:%M:%S-%Z%z")
    assert abs((dt.datetime.now(dt.UTC) - said).total_seconds()) < 5
    assert text == said.strftime("%A, %B %-d, %Y %H:%M:%S-UTC\r\n")


def test_time_says_the_seconds_since_1900() -> None:
    with ns.TcpServer(service="time") as server, client(server.endpoint) as socket:
        said = int.from_bytes(rest(socket), "big")
    assert abs(said - 2_208_988_800 - time.time()) < 5


def test_time_and_daytime_are_not_lost_when_the_client_speaks_first() -> None:
    """A close with unread bytes would reset the connection, and lose the answer with it."""
    for service in ("time", "daytime"):
        with ns.TcpServer(service=service) as server, client(server.endpoint) as socket:
            socket.sendall(b"what time is it?")
            assert len(rest(socket).strip()) >= 4 or socket.shutdown(std.SHUT_WR) is None


def test_chargen_sends_lines_without_end_until_the_client_leaves() -> None:
    with ns.TcpServer(service="chargen") as server:
        with client(server.endpoint) as socket, socket.makefile("rb") as file:
            lines = [file.readline() for _ in range(200)]
        printable = bytes(range(32, 127)) * 3
        for number, line in enumerate(lines):
            assert line == printable[number % 95 :][:72] + b"\r\n"
        until(lambda: server.clients == 0, "the client has left")


@pytest.mark.parametrize("service", ["echo", "discard", "daytime", "chargen", "time"])
def test_a_service_survives_clients_that_reset_and_leaves_nobody_behind(service: str) -> None:
    with ns.TcpServer(service=service) as server:
        for _ in range(20):
            with ns.Socket.open(*server.endpoint) as rude:
                rude.send(b"x")
                rude.options.linger = 0
        until(lambda: server.served == 20 and server.clients == 0, "all have left")
        with client(server.endpoint) as socket:
            socket.sendall(b"x")
            socket.shutdown(std.SHUT_WR)
            if service != "chargen":
                rest(socket)
        assert server.errors == []


# UDP


def test_the_services_answer_datagrams() -> None:
    with ns.UdpServer(service="echo") as server:
        for question in (b"hello", b"", bytes(60_000)):
            assert ask(server.endpoint, question) == question
        until(lambda: (server.received, server.answered) == (3, 3), "all are counted")
    with ns.UdpServer(service="daytime") as server:
        assert ask(server.endpoint, b"").endswith(b"-UTC\r\n")
    with ns.UdpServer(service="time") as server:
        said = int.from_bytes(ask(server.endpoint, b""), "big")
        assert abs(said - 2_208_988_800 - time.time()) < 5
    with ns.UdpServer(service="chargen") as server:
        assert 0 < len(ask(server.endpoint, b"")) <= 512  # RFC 864
    with ns.UdpServer(service="discard") as server, pytest.raises(TimeoutError):
        ask(server.endpoint, b"x", timeout=0.05)


# Either a handler or a service


def test_a_server_needs_exactly_one_of_handler_and_service() -> None:
    for wrong in (
        ns.TcpServer,
        lambda: ns.TcpServer(on_client=print, service="echo"),
        lambda: ns.TcpServer(on_client="echo"),
        lambda: ns.TcpServer(service="finger"),
        lambda: ns.TcpServer(on_client=print, max_clients=0),
        ns.UdpServer,
        lambda: ns.UdpServer(on_datagram=len, service="echo"),
        lambda: ns.UdpServer(on_datagram=5),
        lambda: ns.UdpServer(service="http"),
    ):
        with pytest.raises(ns.BadArgument) as caught:
            wrong()
        assert caught.value.remedy
