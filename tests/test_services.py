"""The ready-made services, with the standard library as their client; and UdpServer."""

import datetime as dt
import logging
import socket as std
import threading
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable


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


def ask(endpoint: ns.Endpoint, question: bytes, timeout: float = PATIENCE) -> bytes:
    with std.socket(std.AF_INET, std.SOCK_DGRAM) as socket:
        socket.settimeout(timeout)
        socket.sendto(question, tuple(endpoint))
        data, sender = socket.recvfrom(65535)
        assert sender == tuple(endpoint)
        return data


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


def test_a_handler_answers_or_stays_silent() -> None:
    def handler(datagram: ns.Datagram) -> bytes | bytearray | None:
        answer: dict[bytes, bytes | bytearray | None] = {b"?": b"yes", b"b": bytearray(b"array")}
        return answer.get(datagram.data)

    with ns.UdpServer(on_datagram=handler) as server:
        assert ask(server.endpoint, b"?") == b"yes"
        assert ask(server.endpoint, b"b") == b"array"
        with pytest.raises(TimeoutError):
            ask(server.endpoint, b"silence", timeout=0.05)
        until(lambda: (server.received, server.answered) == (3, 2), "all are counted")
        assert str(server.endpoint) in repr(server)


@pytest.mark.parametrize(
    "error", [ValueError, SystemExit, KeyboardInterrupt, TypeError], ids=lambda e: e.__name__
)
def test_what_a_handler_raises_is_logged_and_ends_nothing(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    def handler(datagram: ns.Datagram) -> object:
        if datagram.data == b"!":
            raise error("on purpose")
        return "no bytes" if datagram.data == b"str" else datagram.data

    with ns.UdpServer(on_datagram=handler) as server:
        for bad in (b"!", b"str"):
            with std.socket(std.AF_INET, std.SOCK_DGRAM) as socket:
                socket.sendto(bad, tuple(server.endpoint))
        assert ask(server.endpoint, b"still here") == b"still here"
        assert [type(kept) for kept in server.errors] == [error, ns.BadPayload]
    assert [(r.name, r.levelno) for r in caplog.records] == [("netsteps", logging.ERROR)] * 2


def test_clients_that_vanish_do_not_disturb_a_udp_server() -> None:
    """Their machines refuse the answers by ICMP, which comes back to the server's socket."""
    with ns.UdpServer(on_datagram=lambda datagram: datagram.data) as server:
        for _ in range(50):
            with ns.UdpSender(*server.endpoint) as gone:
                gone.send(b"x")
        assert ask(server.endpoint, b"here") == b"here"
        until(lambda: server.received == 51, "all are taken")
        assert server.errors == []


def test_an_answer_that_is_too_large_is_not_sent_and_ends_nothing() -> None:
    with ns.UdpServer(on_datagram=lambda d: bytes(70_000) if d.data == b"big" else b"ok") as server:
        with pytest.raises(TimeoutError):
            ask(server.endpoint, b"big", timeout=0.05)
        assert ask(server.endpoint, b"small") == b"ok"
        until(lambda: (server.received, server.answered) == (2, 1), "all are counted")


def test_stop_waits_for_the_answer_under_way_and_frees_the_port() -> None:
    called, release = threading.Event(), threading.Event()

    def slow(datagram: ns.Datagram) -> bytes:
        called.set()
        release.wait(PATIENCE)
        return b"late"

    port = 0
    server = ns.UdpServer(on_datagram=slow)
    with ns.UdpSender(*server.endpoint) as sender:
        sender.send(b"x")
        assert called.wait(PATIENCE)
        threading.Timer(0.05, release.set).start()
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 1.5
        server.stop()
        port = server.endpoint.port
    with ns.UdpServer(service="echo", port=port) as again:
        assert ask(again.endpoint, b"x") == b"x"


def test_a_hundred_clients_are_each_answered_with_their_own_data() -> None:
    def answers(make: "Callable[[], ns.UdpServer]") -> None:
        with make() as server:
            senders = [ns.UdpSender(*server.endpoint) for _ in range(100)]
            for number, sender in enumerate(senders):
                sender.send(bytes([number]) * number)
            for number, sender in enumerate(senders):
                assert sender.socket.read(timeout=PATIENCE) == bytes([number]) * number
                sender.close()

    answers(lambda: ns.UdpServer(service="echo"))
    answers(lambda: ns.UdpServer(on_datagram=lambda datagram: datagram.data))


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
