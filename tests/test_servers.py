"""TcpServer and UdpServer: many clients, and every fault of a client or a handler survived."""

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING

import psutil
import pytest

import netsteps as ns
from helpers import PATIENCE, Background, child_says, much, until

if TYPE_CHECKING:
    from collections.abc import Callable


def echo(connection: ns.Socket) -> None:
    while data := connection.read():
        connection.write(data)


def answers(server: ns.TcpServer, data: bytes = b"hello") -> bool:
    with ns.TcpSender(*server.endpoint, timeout=PATIENCE) as client:
        client.send(data)
        client.finish()
        return client.socket.read_all(timeout=PATIENCE) == data


# Many clients


@pytest.mark.parametrize("how", ["handler", "service"])
def test_a_hundred_clients_at_once_are_each_answered_with_their_own_data(how: str) -> None:
    """All are connected before the first is answered to its end."""
    everybody = threading.Barrier(100)
    make = {
        "handler": lambda: ns.TcpServer(on_client=echo),
        "service": lambda: ns.TcpServer(service="echo"),
    }

    def client(number: int) -> bool:
        own = bytes([number]) * (much(3200) + number)
        with ns.Socket.open(*server.endpoint, timeout=PATIENCE) as socket:
            socket.write(own[:10])
            assert socket.read_exactly(10, timeout=PATIENCE) == own[:10]
            everybody.wait(PATIENCE)
            socket.write(own[10:])
            socket.finish()
            return socket.read_all(timeout=PATIENCE) == own[10:]

    with make[how]() as server:
        threads = [Background(lambda number=number: client(number)) for number in range(100)]
        assert all(thread.result() for thread in threads)
        until(lambda: server.clients == 0, "all clients have left")
        assert (server.served, server.errors) == (100, [])


def test_beyond_the_limit_the_next_client_waits_in_the_backlog() -> None:
    with (
        ns.TcpServer(on_client=echo, max_clients=2) as server,
        ns.TcpSender(*server.endpoint) as first,
        ns.TcpSender(*server.endpoint) as second,
        ns.TcpSender(*server.endpoint) as third,
    ):
        for client in (first, second, third):
            client.send(b"x")
        for client in (first, second):
            assert client.socket.read(timeout=PATIENCE) == b"x"
        assert (server.clients, server.served) == (2, 2)
        with pytest.raises(ns.TimedOut):
            third.socket.read(timeout=0.1)
        assert server.served == 2
        first.close()
        assert third.socket.read(timeout=PATIENCE) == b"x"
        assert server.served == 3


@pytest.mark.exact_io(reason="counts what thousands of connections leave, and the time they take")
def test_thousands_of_connections_leave_descriptors_threads_and_memory_as_they_were() -> None:
    """20,000 here; tests/bench/soak_connections.py makes as many as it is told."""
    process = psutil.Process()

    def handler(connection: ns.Socket) -> None:
        with contextlib.suppress(ns.Reset):
            echo(connection)

    with (
        ns.TcpServer(on_client=handler) as server,
        ns.TcpServer(service="echo") as service,
        ns.TcpServer(on_message=bytes) as messages,
    ):
        servers = (server, service, messages)

        def connect(count: int) -> None:
            for number in range(count):
                with ns.Socket.open(*servers[number % 3].endpoint) as client:
                    client.write(b"x")
                    assert client.read(timeout=PATIENCE) == b"x"
                    client.options.linger = 0  # leaves no TIME_WAIT, of which a machine has 28,000
            until(lambda: not any(each.clients for each in servers), "all clients have left")

        connect(1000)  # what is kept for good is made now: threads' arenas, caches
        before = process.num_fds(), process.num_threads()
        memory = process.memory_info().rss
        connect(20_000)
        until(lambda: (process.num_fds(), process.num_threads()) <= before, "all is given back")
        assert process.memory_info().rss - memory < 1024 * 1024
        assert sum(each.served for each in servers) == 21_000


# Handlers


@pytest.mark.parametrize(
    "error",
    [ValueError, KeyError, SystemExit, KeyboardInterrupt, ns.BrokenPipe],
    ids=lambda e: e.__name__,
)
def test_what_a_handler_raises_is_logged_and_ends_only_its_client(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    def handler(connection: ns.Socket) -> None:
        if connection.read_exactly(1) == b"!":
            raise error("on purpose")
        echo(connection)

    with ns.TcpServer(on_client=handler) as server, ns.TcpSender(*server.endpoint) as other:
        other.send(b"?a")
        assert other.socket.read(timeout=PATIENCE) == b"a"
        for _ in range(3):
            with ns.TcpSender(*server.endpoint) as client:
                client.send(b"!")
                assert client.socket.read_all(timeout=PATIENCE) == b""
        until(lambda: len(server.errors) == 3, "the errors are kept")
        until(lambda: len(caplog.records) == 3, "the errors are logged")
        other.send(b"b")
        assert other.socket.read(timeout=PATIENCE) == b"b"
        assert [type(kept) for kept in server.errors] == [error] * 3
    for record in caplog.records:
        assert (record.name, record.levelno) == ("netsteps", logging.ERROR)
        assert "127.0.0.1:" in record.getMessage()
        assert record.exc_info
        assert "on purpose" in str(record.exc_info[1])


def test_the_newest_hundred_errors_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "netsteps")

    def handler(connection: ns.Socket) -> None:
        raise ValueError(connection.read_all())

    with ns.TcpServer(on_client=handler) as server:
        for number in range(120):
            with ns.TcpSender(*server.endpoint) as client:
                client.send(str(number).encode())
                client.finish()
                client.socket.read_all(timeout=PATIENCE)
                until(lambda: server.served == number + 1 and not server.clients, "served")  # noqa: B023
        assert len(server.errors) == 100
        assert str(server.errors[-1]) == "b'119'"
        assert str(server.errors[0]) == "b'20'"


def test_a_client_that_resets_is_an_error_of_its_handler_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ns.TcpServer(on_client=echo) as server:
        with ns.TcpSender(*server.endpoint) as rude:
            rude.send(b"x")
            assert rude.socket.read(timeout=PATIENCE) == b"x"
            rude.socket.options.linger = 0
        until(lambda: server.errors, "the reset is told")
        assert isinstance(server.errors[0], ns.Reset)
        assert answers(server)


def test_a_handler_may_keep_its_connection_no_longer_than_it_runs() -> None:
    kept: list[ns.Socket] = []
    with ns.TcpServer(on_client=kept.append) as server:
        with ns.TcpSender(*server.endpoint) as client:
            assert client.socket.read_all(timeout=PATIENCE) == b""
        until(lambda: kept, "the handler runs")
        until(lambda: kept[0].state == "closed", "the connection is closed")
        with pytest.raises(ns.SocketClosed):
            kept[0].write(b"x")


def test_a_handler_that_closes_and_finishes_itself_is_no_error() -> None:
    def polite(connection: ns.Socket) -> None:
        connection.write(connection.read())
        connection.finish()
        connection.close()

    with ns.TcpServer(on_client=polite) as server:
        with ns.TcpSender(*server.endpoint) as client:
            client.send(b"x")
            assert client.socket.read_all(timeout=PATIENCE) == b"x"
        until(lambda: server.served == 1 and not server.clients, "it has ended")
        assert server.errors == []


def test_a_handler_can_use_a_server_of_its_own_process() -> None:
    with ns.TcpServer(service="echo") as inner:

        def forwards(connection: ns.Socket) -> None:
            with ns.TcpSender(*inner.endpoint) as onward:
                onward.send(connection.read_all())
                onward.finish()
                connection.write(onward.socket.read_all(timeout=PATIENCE))

        with ns.TcpServer(on_client=forwards) as outer:
            assert answers(outer, b"through both")


# Stop


def refused(address: ns.Endpoint) -> bool:
    with ns.Socket("tcp") as late:
        try:
            late.connect(address, timeout=PATIENCE)
        except ns.Refused:
            return True
        except ns.Reset:  # closed in the very moment
            return False
    return False


def test_stop_lets_what_is_under_way_end_and_closes_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    replying, release = threading.Semaphore(0), threading.Event()

    def handler(connection: ns.Socket) -> None:
        connection.read_exactly(1)
        replying.release()
        release.wait(PATIENCE)
        connection.write(b"reply")

    server = ns.TcpServer(on_client=handler)
    address = server.endpoint
    with (
        ns.TcpSender(*address) as first,
        ns.TcpSender(*address) as second,
        ns.TcpSender(*address) as idle,
    ):
        for client in (first, second):
            client.send(b"?")
            assert replying.acquire(timeout=PATIENCE)
        until(lambda: server.clients == 3, "all are served")
        stopping = Background(lambda: server.stop(grace=0.3))
        until(lambda: refused(address), "it takes nobody any more")
        release.set()
        assert first.socket.read_all(timeout=PATIENCE) == b"reply"
        assert second.socket.read_all(timeout=PATIENCE) == b"reply"
        assert idle.socket.read_all(timeout=PATIENCE) == b""
        stopping.result()
    assert server.clients == 0
    # The idle client's connection was closed by the server itself: that is no fault of the handler.
    assert (server.errors, caplog.records) == ([], [])


@pytest.mark.exact_io(reason="measures time")
def test_stop_takes_the_grace_only_where_somebody_needs_it() -> None:
    def stops(server: ns.TcpServer, grace: float) -> float:
        begin = time.monotonic()
        server.stop(grace=grace)
        return time.monotonic() - begin

    assert stops(ns.TcpServer(on_client=echo), 5) < 0.2
    assert stops(ns.TcpServer(service="echo"), 5) < 0.2
    server = ns.TcpServer(on_client=echo)
    with ns.TcpSender(*server.endpoint):
        until(lambda: server.clients == 1, "it is served")
        took = stops(server, 0.2)
    assert 0.2 <= took < 0.4
    server.errors.clear()
    assert stops(server, 5) < 0.2, "twice is no error"
    with pytest.raises(ns.BadArgument):
        server.stop(grace=-1)


def test_a_handler_that_looks_at_nothing_is_left_to_itself() -> None:
    free = threading.Event()
    server = ns.TcpServer(on_client=lambda connection: free.wait(PATIENCE))
    with ns.TcpSender(*server.endpoint) as client:
        until(lambda: server.clients == 1, "it is served")
        begin = time.monotonic()
        server.stop(grace=0)
        assert time.monotonic() - begin < 1.5
        assert client.socket.read_all(timeout=PATIENCE) == b"", "its connection is closed"
        free.set()
    until(lambda: server.clients == 0, "the handler ends")


@pytest.mark.parametrize("how", ["handler", "service"])
def test_the_same_port_serves_again_at_once(how: str) -> None:
    """Though this side closed first, and its connections are in TIME_WAIT."""
    make: dict[str, Callable[[int], ns.TcpServer]] = {
        "handler": lambda port: ns.TcpServer(on_client=echo, port=port),
        "service": lambda port: ns.TcpServer(service="echo", port=port),
    }
    port = 0
    for _ in range(5):
        with make[how](port) as server:
            assert answers(server)
            with ns.TcpSender(*server.endpoint) as open_one:
                open_one.send(b"x")
                assert open_one.socket.read(timeout=PATIENCE) == b"x"
                port = server.endpoint.port
                server.stop(grace=0)
    with make[how](port) as server, pytest.raises(ns.AddressInUse):
        make[how](port)


def test_a_server_can_be_stopped_by_its_own_handler() -> None:
    stopped = threading.Event()

    def handler(connection: ns.Socket) -> None:
        connection.write(b"bye")
        server.stop(grace=0)
        stopped.set()

    server = ns.TcpServer(on_client=handler)
    with ns.TcpSender(*server.endpoint) as client:
        assert client.socket.read_all(timeout=PATIENCE) == b"bye"
    assert stopped.wait(PATIENCE)
    assert "stopped" in repr(server)


# What it is made of


def test_a_server_listens_on_ipv6_and_on_every_address_when_told_to() -> None:
    with ns.TcpServer(on_client=echo, host="::1") as server:
        assert server.endpoint.family == "ipv6"
        assert answers(server)
    with ns.TcpServer(service="echo", host="0.0.0.0") as server:
        assert server.endpoint.scope == "any"
        with ns.TcpSender("127.0.0.1", server.endpoint.port) as client:
            client.send(b"x")
            assert client.socket.read(timeout=PATIENCE) == b"x"


# Without descriptors


@pytest.mark.exact_io(reason="measures processor time")
def test_without_descriptors_a_server_waits_quietly_and_then_serves_on() -> None:
    """Case 1: the connections that are open are served, and new ones as soon as it is possible."""
    code = """
import os, resource, time
import netsteps as ns

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

def echo(connection):
    while data := connection.read():
        connection.write(data)

for server in (ns.TcpServer(on_client=echo), ns.TcpServer(service="echo")):
    first = ns.Socket.open(*server.endpoint)
    first.write(b"x")
    assert first.read(timeout=5) == b"x"
    clients, taken = [ns.Socket("tcp") for _ in range(5)], []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        pass
    for client in clients:
        client.connect(server.endpoint, timeout=5)
    begin = time.process_time()
    for _ in range(10):
        first.write(b"y")
        assert first.read_exactly(1, timeout=5) == b"y"
        time.sleep(0.05)
    spent = time.process_time() - begin
    assert spent < 0.1, f"{spent:.3f} s of processor time"
    assert server.served == 1
    for descriptor in taken:
        os.close(descriptor)
    begin = time.monotonic()
    for client in clients:
        client.write(b"z")
        assert client.read_exactly(1, timeout=5) == b"z"
    assert time.monotonic() - begin < 5, "the waiting clients"
    for client in (first, *clients):
        client.close()
    server.stop()
print("served")
"""
    assert child_says(code) == "served\n"
