"""Many clients of one event loop: their memory, idle ones, a stop with half of them answered.

The large versions, with 10,000 idle clients and a million connections, are run by hand:
tests/bench/soak_idle.py and tests/bench/soak_connections.py.
"""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psutil
import pytest

import netsteps as ns
from helpers import PATIENCE, TESTS, Background, until
from message_clients import KIB, client, rest, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MANY = 2000

SERVER = """
import sys
import netsteps as ns

def reply(message):
    return message

work = {"echo": {"service": "echo"}, "lines": {"on_message": reply, "framing": "lines"}}
server = ns.TcpServer(**work[sys.argv[1]], backlog=1000)
print(server.endpoint.port, flush=True)
sys.stdin.read()
server.stop(grace=0)
"""


@pytest.fixture
def many_descriptors() -> "Iterator[None]":
    """Let this process have descriptors enough, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + 200:
        pytest.skip(f"a process may have {hard} descriptors here")
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 200), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@linux
@pytest.mark.exact_io(reason="measures memory")
@pytest.mark.parametrize("kind", ["echo", "lines"])
@pytest.mark.usefixtures("many_descriptors")
def test_an_idle_client_costs_less_than_a_kibibyte_also_after_it_was_active(kind: str) -> None:
    with (
        subprocess.Popen(
            [sys.executable, "-c", SERVER, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=TESTS,
        ) as process,
        contextlib.ExitStack() as stack,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        stack.callback(process.stdin.close)
        address = ("127.0.0.1", int(process.stdout.readline()))
        server = psutil.Process(process.pid)

        def connect() -> socket.socket:
            made = socket.create_connection(address, timeout=PATIENCE)
            return stack.enter_context(closing(made))

        def ask(connection: socket.socket, *pieces: bytes) -> None:
            for piece in pieces:
                connection.sendall(piece)
            message = b"".join(pieces)
            assert take(connection, len(message)) == message

        ask(connect(), b"x" * 60_000 + b"\n")  # what is kept for good is made now
        before = server.memory_info().rss
        idle = [connect() for _ in range(MANY)]
        ask(idle[-1], b"x\n")
        assert (server.memory_info().rss - before) / MANY < KIB
        for connection in idle:
            ask(connection, b"y" * 100, b"x" * 20_000, b"\n")
            if kind == "lines":
                connection.sendall(b"begun")
        assert (server.memory_info().rss - before) / MANY < KIB


@pytest.mark.exact_io(reason="measures time")
def test_idle_clients_are_cut_at_their_own_time() -> None:
    """A second after each one's last word, at most a fifth of it later, though these differ."""
    last: dict[int, float] = {}
    ended: dict[int, float] = {}

    def stay(number: int) -> None:
        with closing(client(server)) as connection:
            for _ in range(number % 3):
                connection.sendall(b"x")
                assert take(connection, 1) == b"x"
                free.wait(0.1)
            last[number] = time.monotonic()
            assert rest(connection) == b""
            ended[number] = time.monotonic()

    free = threading.Event()
    with ns.TcpServer(service="echo", idle_timeout=1.0) as server:
        staying = []
        for number in range(20):
            staying.append(Background(lambda number=number: stay(number)))
            free.wait(0.03)
        for each in staying:
            each.result()
    # The last word may have been up to 0.1 s before `last`.
    took = [ended[number] - last[number] for number in range(20)]
    assert min(took) >= 0.85
    assert max(took) <= 1.2


def test_an_active_client_among_many_idle_ones_is_answered() -> None:
    with ns.TcpServer(service="echo", idle_timeout=30) as server, contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(closing(client(server)))
        active = stack.enter_context(closing(client(server)))
        for number in range(200):
            active.sendall(b"%5d" % number)
            assert take(active, 5) == b"%5d" % number
        until(lambda: server.clients == 301, "all are there")


def test_bytes_that_come_slowly_keep_a_client_alive() -> None:
    with (
        ns.TcpServer(on_message=lambda m: m, framing="lines", idle_timeout=0.4) as server,
        closing(client(server)) as slow,
        slow.makefile("rb") as file,
    ):
        count = 0
        begin = time.monotonic()
        while time.monotonic() - begin < 0.9:
            slow.sendall(b"x")
            count += 1
            time.sleep(0.05)
        slow.sendall(b"\n")
        assert file.readline() == b"x" * count + b"\n"


def test_a_client_that_takes_nothing_is_idle_however_much_is_sent_to_it() -> None:
    handles: list[ns.MessageClient] = []
    with (
        ns.TcpServer(
            on_message=lambda _, client: handles.append(client),
            idle_timeout=0.3,
            unwritten_limit=10_000_000,
        ) as server,
        closing(client(server, 4096)) as silent,
    ):
        silent.sendall(b"x")
        until(lambda: handles, "it has spoken")
        handles[0].send(bytes(5_000_000))
        end = time.monotonic() + PATIENCE
        while server.clients and time.monotonic() < end:
            handles[0].send(b"x")
            time.sleep(0.02)
        assert server.clients == 0


# Stop (case 6)


def test_a_stop_lets_answers_under_way_come_and_takes_nobody_meanwhile() -> None:
    begun, gate = threading.Event(), threading.Event()

    def slow(message: bytes) -> bytes:
        begun.set()
        assert gate.wait(PATIENCE)
        return message * 1000

    server = ns.TcpServer(on_message=slow, framing="lines")
    with contextlib.ExitStack() as stack:
        asking = [stack.enter_context(closing(client(server))) for _ in range(25)]
        idle = [stack.enter_context(closing(client(server))) for _ in range(25)]
        until(lambda: server.clients == 50, "all are there")
        for number, connection in enumerate(asking):
            connection.sendall(b"%2d\n" % number)
        assert begun.wait(PATIENCE)
        stopping = Background(lambda: server.stop(grace=1))
        until(lambda: refused(server), "nobody is taken any more")
        gate.set()
        for number, connection in enumerate(asking):
            assert take(connection, 2001) == b"%2d" % number * 1000 + b"\n"
        for connection in idle:
            assert rest(connection) == b""
        stopping.result()
    assert (server.clients, server.errors) == (0, [])


def refused(server: ns.TcpServer) -> bool:
    try:
        client(server).close()
    except ConnectionError:
        return True
    return False


# Without descriptors (case 1), for what test_servers.py does not have


@linux
@pytest.mark.exact_io(reason="measures processor time")
@pytest.mark.parametrize(
    "make",
    [
        lambda: ns.TcpServer(on_message=lambda message: message),
        lambda: ns.TcpServer(service="echo", loops=2),
    ],
)
def test_without_descriptors_a_loop_waits_quietly(make: "Callable[[], ns.TcpServer]") -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    process = psutil.Process()
    with make() as server, contextlib.ExitStack() as stack:
        first = stack.enter_context(closing(client(server)))
        until(lambda: server.clients == 1, "it is served")
        waiting = [stack.enter_context(unconnected()) for _ in range(5)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (process.num_fds() + 20, hard))
        taken = []
        try:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(os.dup(0))
            for connection in waiting:
                connection.connect(tuple(server.endpoint))
            begin, spent = time.monotonic(), time.process_time()
            while time.monotonic() - begin < 0.5:
                first.sendall(b"y")
                assert take(first, 1) == b"y"
                time.sleep(0.05)
            assert time.process_time() - spent < 0.05
            assert server.served == 1
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in taken:
                os.close(descriptor)
        for connection in waiting:
            connection.sendall(b"z")
        for connection in waiting:
            assert take(connection, 1) == b"z"
        assert isinstance(server.errors[0], ns.TooManyFiles)


@contextlib.contextmanager
def unconnected() -> "Iterator[socket.socket]":
    with socket.socket() as made:
        made.settimeout(PATIENCE)
        yield made
