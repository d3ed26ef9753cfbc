"""netsteps.compat: one socket in several threads and in forked processes."""

import os
import socket as standard
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import netsteps as ns
from helpers import BIG, PATIENCE, Background, until_waiting
from netsteps import compat

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = ("127.0.0.1", 0)


@pytest.fixture
def pair() -> "Iterator[tuple[Any, Any]]":
    with (
        compat.create_server(LOOPBACK) as server,
        compat.create_connection(server.getsockname()) as client,
    ):
        connection, _ = server.accept()
        with connection:
            yield client, connection


def test_a_send_beside_a_long_sendfile_stops_nobody(pair: tuple[Any, Any], tmp_path: Path) -> None:
    client, connection = pair
    path = tmp_path / "much"
    path.write_bytes(b"f" * BIG)

    def send_file() -> int:
        with path.open("rb") as file:
            return int(client.sendfile(file))

    with ns.Trace() as trace:
        filing = Background(send_file)
        while not connection.recv(1, standard.MSG_PEEK):
            pass
        sending = Background(lambda: client.send(b"s"))
        # The peer of the sendfile ends its half: that is told at once, and to everybody.
        connection.shutdown(standard.SHUT_WR)
        begun = time.monotonic()
        assert client.recv(1) == b""
        assert time.monotonic() - begun < 0.5
        came = 0
        while came < BIG + 1:
            came += len(connection.recv(1 << 20))
        assert (filing.result(), sending.result()) == (BIG, 1)
    sent = [
        event.size for event in trace.events if event.call in {"send", "sendfile"} and event.size
    ]
    assert sum(sent) == BIG + 1


def test_a_child_lets_go_of_a_connection_that_a_thread_of_its_parent_waits_in(
    pair: tuple[Any, Any],
) -> None:
    client, connection = pair
    with ns.Trace() as trace:
        waiting = Background(lambda: client.recv(1))
        until_waiting(trace, waiting)
        child = os.fork()
        if child == 0:
            number = client.fileno()
            client.close()
            os._exit(Path(f"/proc/self/fd/{number}").is_socket())
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        connection.sendall(b"x")
        assert waiting.result() == b"x"


def test_a_connect_does_not_wait_on_a_descriptor_that_does_not() -> None:
    with compat.socket() as server, compat.socket() as client:
        server.bind(LOOPBACK)
        server.listen(0)
        os.set_blocking(client.fileno(), False)
        with pytest.raises(BlockingIOError):
            client.connect(server.getsockname())
        assert not os.get_blocking(client.fileno())
        assert client.connect_ex(server.getsockname()) in {0, 106, 114}


def test_a_read_while_another_thread_connects_waits_for_the_connection() -> None:
    with compat.socket() as server, compat.socket() as client:
        server.bind(LOOPBACK)
        server.listen(0)
        full = [standard.socket() for _ in range(3)]
        try:
            for one in full:
                one.setblocking(False)
                one.connect_ex(server.getsockname())
            with ns.Trace() as trace:
                connecting = Background(lambda: client.connect(server.getsockname()))
                until_waiting(trace, connecting)
                reading = Background(lambda: client.recv(1))
                until_waiting(trace, reading)
                client.close()
                for waits in (connecting, reading):
                    with pytest.raises(ns.SocketClosed):
                        waits.result()
        finally:
            for one in full:
                one.close()


def test_many_threads_close_and_use_at_once() -> None:
    """Nobody ever reads from a descriptor that has become another socket's."""
    wrong: list[bytes] = []

    def read(own: Any) -> None:
        try:
            while data := own.recv(100):
                if data != b"own":
                    wrong.append(data)
        except OSError:
            pass

    for _ in range(100):
        one, other = compat.socketpair()
        threads = [threading.Thread(target=read, args=(one,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        other.sendall(b"own")
        one.close()
        again = compat.socketpair()
        for made in again:
            made.send(b"another")
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for made in (other, *again):
            made.close()
    assert wrong == []
