"""A relay with thousands of connections at once, and with a target that does not read."""

import contextlib
import resource
import socket
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psutil
import pytest

import netsteps as ns
from helpers import PATIENCE, TESTS, until
from message_clients import take

if TYPE_CHECKING:
    from collections.abc import Iterator

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MANY = 5000
SPARE = 300  # descriptors for everything else
MIB = 1024 * 1024

ECHO = """
import sys
import netsteps as ns

with ns.TcpServer(service="echo", backlog=4096) as server:
    print(server.endpoint.port, flush=True)
    sys.stdin.read()
"""
RELAY = """
import sys
import netsteps as ns

with ns.Relay(("127.0.0.1", int(sys.argv[1]))) as relay:
    print(relay.endpoint.port, flush=True)
    for _ in sys.stdin:
        report = relay.report()
        print(relay.clients, report.clients, report.to_client.delivered_bytes, flush=True)
"""


@pytest.fixture
def many_descriptors() -> "Iterator[None]":
    """Let this process, and those that it starts, have descriptors enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * MANY + SPARE
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"{needed} descriptors are needed, and a process may have {hard} here")
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def child(code: str, *arguments: str) -> "Iterator[tuple[subprocess.Popen[str], int]]":
    """Run code that tells a port, until its input is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin:
            yield process, int(process.stdout.readline())


def told(process: "subprocess.Popen[str]") -> list[int]:
    """Ask the relay for its clients now, all its clients, and what it has brought back."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return [int(word) for word in process.stdout.readline().split()]


@linux
@pytest.mark.exact_io(reason="measures memory")
@pytest.mark.usefixtures("many_descriptors")
def test_five_thousand_connections_at_once_each_get_their_own_bytes() -> None:
    with (
        child(ECHO) as (_, target),
        child(RELAY, str(target)) as (relay, port),
        contextlib.ExitStack() as stack,
    ):
        before = psutil.Process(relay.pid).memory_info().rss
        connections = [
            stack.enter_context(
                closing(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            )
            for _ in range(MANY)
        ]
        questions = [b"%08d" % number for number in range(MANY)]
        for connection, question in zip(connections, questions, strict=True):
            connection.sendall(question)
        for connection, question in zip(connections, questions, strict=True):
            assert take(connection, 8) == question
        now, all_of_them, _ = told(relay)
        assert (now, all_of_them) == (MANY, MANY)
        # Of the relay itself, its log of 10,000 chunks included; not what the kernel has.
        assert psutil.Process(relay.pid).memory_info().rss - before < 20 * MIB
        for connection in connections:
            connection.close()
        until(lambda: told(relay)[0] == 0, "all have gone", 20)
        assert told(relay)[2] == 8 * MANY


@linux
@pytest.mark.exact_io(reason="measures memory")
@pytest.mark.parametrize("rules", [{}, {"delay": 0.01}, {"chunk": 100_000, "seed": 7}], ids=str)
def test_a_target_that_does_not_read_costs_bounded_memory_and_gets_all_of_it_later(
    rules: dict[str, object],
) -> None:
    process = psutil.Process()
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        ns.Relay(listener.getsockname(), **rules) as relay,
        closing(socket.create_connection(tuple(relay.endpoint))) as client,
    ):
        connection, _ = listener.accept()
        with closing(connection):
            before = process.memory_info().rss
            client.setblocking(False)
            sent, quiet = 0, time.monotonic() + 1.0
            piece = bytes(range(256)) * 256
            while time.monotonic() < quiet:
                try:
                    # The next byte is always the place in the stream, modulo 256.
                    sent += client.send(piece[sent % 256 :])
                    quiet = time.monotonic() + 0.3
                except BlockingIOError:
                    time.sleep(0.001)
                assert sent < 64 * MIB, "all of it is taken"
            counts = relay.report().to_target
            assert counts.came_bytes - counts.delivered_bytes < 5 * MIB
            assert process.memory_info().rss - before < 16 * MIB
            client.shutdown(socket.SHUT_WR)
            connection.settimeout(PATIENCE)
            came = 0
            while data := connection.recv(65536):
                begin = came % 256
                assert data == (piece + piece)[begin : begin + len(data)]
                came += len(data)
            assert came == sent
