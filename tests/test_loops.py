"""TcpServer(loops=): several threads share the clients, and everything holds over all of them."""

import contextlib
import socket
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, much, until
from message_clients import client, rest, take

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def clients(server: ns.TcpServer, count: int) -> "Iterator[list[socket.socket]]":
    """Connect so many, and see each served."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(closing(client(server))) for _ in range(count)]
        until(lambda: server.clients == count, "all are served")
        yield made


def test_each_client_belongs_to_one_loop_and_each_loop_has_as_many() -> None:
    threads: dict[bytes, set[int]] = {}

    def reply(message: bytes) -> bytes:
        threads.setdefault(message.split()[0], set()).add(threading.get_ident())
        return message

    with (
        ns.TcpServer(on_message=reply, framing="lines", loops=3) as server,
        clients(server, 30) as connections,
    ):
        for turn in range(5):
            for number, connection in enumerate(connections):
                connection.sendall(b"%d %d\n" % (number, turn))
            for number, connection in enumerate(connections):
                line = b"%d %d\n" % (number, turn)
                assert take(connection, len(line)) == line
        assert (server.served, server.errors) == (30, [])
    assert len(threads) == 30
    by_thread: dict[int, int] = {}
    for [thread] in threads.values():  # one for each client
        by_thread[thread] = by_thread.get(thread, 0) + 1
    assert sorted(by_thread.values()) == [10, 10, 10]


@pytest.mark.parametrize("work", [{"service": "echo"}, {"on_message": lambda message: message}])
def test_many_clients_of_several_loops_get_their_own_bytes_back(work: dict[str, object]) -> None:
    def talk(number: int) -> None:
        own = b"client %d;" % number * much(3200)
        with closing(client(server)) as connection:
            connection.sendall(own)
            connection.shutdown(socket.SHUT_WR)
            assert rest(connection) == own

    with ns.TcpServer(loops=4, **work) as server:  # type: ignore[arg-type]
        for talker in [Background(lambda number=number: talk(number)) for number in range(60)]:
            talker.result()
        until(lambda: server.clients == 0, "all have gone")
        assert (server.served, server.errors) == (60, [])


def test_the_most_clients_are_counted_over_all_loops() -> None:
    with (
        ns.TcpServer(service="echo", loops=2, max_clients=3) as server,
        clients(server, 3) as first,
        closing(client(server)) as fourth,
    ):
        fourth.sendall(b"4")
        fourth.settimeout(0.1)
        with pytest.raises(TimeoutError):
            fourth.recv(1)
        assert (server.clients, server.served) == (3, 3)
        fourth.settimeout(PATIENCE)
        first[1].close()
        assert fourth.recv(1) == b"4"
        assert (server.clients, server.served) == (3, 4)


def test_a_slow_answer_in_one_loop_holds_up_neither_the_others_nor_who_comes() -> None:
    begun, gate = threading.Event(), threading.Event()

    def reply(message: bytes) -> bytes:
        if message == b"slow":
            begun.set()
            assert gate.wait(PATIENCE)
        return message

    with (
        ns.TcpServer(on_message=reply, framing="lines", loops=2) as server,
        clients(server, 2) as (first, second),
    ):
        first.sendall(b"slow\n")
        assert begun.wait(PATIENCE)
        second.sendall(b"quick\n")
        assert take(second, 6) == b"quick\n"
        with closing(client(server)):
            until(lambda: server.clients == 3, "it is taken in")
        gate.set()
        assert take(first, 5) == b"slow\n"


def test_a_handle_reaches_its_client_from_every_thread() -> None:
    handles: dict[bytes, ns.MessageClient] = {}

    def reply(message: bytes, client: ns.MessageClient) -> None:
        handles[message] = client

    with (
        ns.TcpServer(on_message=reply, loops=3) as server,
        clients(server, 9) as connections,
    ):
        for number, connection in enumerate(connections):
            connection.sendall(b"%d" % number)
        until(lambda: len(handles) == 9, "all have spoken")
        for name, handle in handles.items():
            handle.send(b"for " + name)
        for number, connection in enumerate(connections):
            assert take(connection, 5) == b"for %d" % number
        handle.close()
        handles.clear()


def test_idle_clients_of_every_loop_are_let_go() -> None:
    server = ns.TcpServer(service="echo", loops=3, idle_timeout=0.3)
    begin = time.monotonic()
    with server, clients(server, 9) as connections:
        for connection in connections:
            assert rest(connection) == b""
        assert time.monotonic() - begin >= 0.3
        until(lambda: server.clients == 0, "all have gone")


def test_a_stop_ends_all_loops_and_frees_the_port() -> None:
    before = threading.active_count()
    for _ in range(3):
        server = ns.TcpServer(on_message=lambda message: message, loops=4)
        with clients(server, 8) as connections:
            server.stop(grace=0)
            for connection in connections:
                assert rest(connection) == b""
        assert server.clients == 0
        with ns.TcpServer(service="echo", port=server.endpoint.port, loops=2):
            pass
    assert threading.active_count() == before


@pytest.mark.parametrize("loops", [1, 2])
def test_nobody_else_takes_a_part_of_the_clients(loops: int) -> None:
    """The port is told to be in use, also to those who would share it (SO_REUSEPORT)."""
    with ns.TcpServer(service="echo", loops=2) as server:
        with pytest.raises(ns.AddressInUse):
            ns.TcpServer(service="discard", port=server.endpoint.port, loops=loops)
        if hasattr(socket, "SO_REUSEPORT"):
            with socket.socket() as thief:
                thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                with pytest.raises(OSError, match="in use"):
                    thief.bind(tuple(server.endpoint))


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="no such option here")
def test_a_port_that_others_share_is_in_use() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ns.AddressInUse):
            ns.TcpServer(service="echo", port=other.getsockname()[1], loops=2)


@pytest.mark.parametrize("loops", [0, -1, 65, 2**40])
def test_a_number_of_loops_that_cannot_be_is_told(loops: int) -> None:
    with pytest.raises(ns.BadArgument) as caught:
        ns.TcpServer(service="echo", loops=loops)
    assert "1 to 64" in caught.value.remedy


def test_threads_for_each_client_have_no_loops() -> None:
    with pytest.raises(ns.BadArgument, match="on_message and service"):
        ns.TcpServer(lambda _: None, loops=2)


@pytest.mark.exact_io(reason="counts calls")
def test_what_several_loops_do_is_recorded() -> None:
    with ns.Trace() as trace, ns.TcpServer(service="echo", loops=2) as server:
        with clients(server, 4) as connections:
            for number, connection in enumerate(connections):
                connection.sendall(b"%d" % number)
                assert take(connection, 1) == b"%d" % number
        until(lambda: server.clients == 0, "all have gone")
    sockets = [event.socket for event in trace.events if event.step == "accepted"]
    assert len(sockets) == 4
    for number, own in enumerate(sockets):
        steps = [event for event in trace.events if event.socket == own]
        assert [e.preview for e in steps if e.step == "read" and e.size] == [b"%d" % number]
        assert [e.preview for e in steps if e.step == "write"] == [b"%d" % number]
        assert [e.step for e in steps][-1] == "close"


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads by /proc")
def test_64_loops_can_be_had() -> None:
    with ns.TcpServer(service="echo", loops=64) as server, clients(server, 64) as connections:
        for number, connection in enumerate(connections):
            connection.sendall(b"%2d" % number)
        for number, connection in enumerate(connections):
            assert take(connection, 2) == b"%2d" % number
