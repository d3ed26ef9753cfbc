"""What the tests of waiting, of servers and of processes share."""

import os
import socket as std
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import netsteps as ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TESTS = Path(__file__).parent
LOOPBACK = {"ipv4": "127.0.0.1", "ipv6": "::1"}
BIG = 32 * 1024 * 1024  # bytes: more than the kernel's buffers of both ends together
PATIENCE = 10.0  # seconds: no single wait of a test is longer

Result = TypeVar("Result")


def much(size: int) -> int:
    """Give a size for a transfer: less of it when it goes byte by byte (test_faults.py)."""
    return size // 32 if "NETSTEPS_FAULTS" in os.environ else size


class Background(threading.Thread, Generic[Result]):
    """A function in a thread of its own; result() gives what it returned, or raises its error."""

    def __init__(self, work: "Callable[[], Result]") -> None:
        super().__init__(daemon=True)
        self._work = work
        self._result: list[Result] = []
        self._error: BaseException | None = None
        self.ended = 0.0
        self.start()

    def run(self) -> None:
        try:
            self._result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - result() raises it
            self._error = error
        self.ended = time.monotonic()

    def result(self, timeout: float = PATIENCE) -> Result:
        self.join(timeout)
        assert not self.is_alive(), "the thread has not ended"
        if self._error is not None:
            raise self._error
        return self._result[0]


def until(condition: "Callable[[], object]", what: str, timeout: float = PATIENCE) -> None:
    """Look until the condition holds; fail when it does not in time."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not in {timeout} s: {what}"
        time.sleep(0.001)


def until_waiting(trace: ns.Trace, thread: threading.Thread) -> None:
    """Look until the thread waits in a step: its call has started, and has not ended."""
    until(
        lambda: any(
            event.phase == "started" and event.thread == thread.native_id for event in trace.events
        ),
        "the thread waits",
    )


def best_of(tries: int, measure: "Callable[[], float]", limit: float) -> float:
    """Measure until it is within the limit: load of the machine only ever adds to a time."""
    least = measure()
    for _ in range(tries - 1):
        if least <= limit:
            break
        least = min(least, measure())
    return least


@contextmanager
def listening(family: str = "ipv4", backlog: int = 128) -> "Iterator[ns.Socket]":
    """Give a socket that listens on loopback, on a free port."""
    with ns.Socket("tcp", family) as listener:
        listener.bind(LOOPBACK[family], 0)
        listener.listen(backlog)
        yield listener


@contextmanager
def pair(family: str = "ipv4") -> "Iterator[tuple[ns.Socket, ns.Socket]]":
    """Give both ends of a TCP connection."""
    with listening(family) as listener, ns.Socket("tcp", family) as client:
        client.connect(listener.local)
        with listener.accept(timeout=PATIENCE) as connection:
            yield client, connection


@contextmanager
def bound(family: str = "ipv4") -> "Iterator[ns.Socket]":
    """Give a UDP socket with an address on loopback."""
    with ns.Socket("udp", family) as socket:
        socket.bind(LOOPBACK[family], 0)
        yield socket


@contextmanager
def full_queue() -> "Iterator[ns.Endpoint]":
    """Give the address of a listener whose queue is full: it answers a connect with silence."""
    waiting: list[ns.Socket] = []
    with listening(backlog=0) as listener:
        try:
            for _ in range(8):
                waiting.append(ns.Socket("tcp"))
                waiting[-1].connect(listener.local, timeout=0.05)
            raise AssertionError("the queue never fills")
        except ns.TimedOut:
            yield listener.local
        finally:
            for socket in waiting:
                socket.close()


def ask(endpoint: ns.Endpoint, question: bytes, timeout: float = PATIENCE) -> bytes:
    """Ask a UDP server with the standard library's socket, and give its answer."""
    family = std.AF_INET6 if endpoint.family == "ipv6" else std.AF_INET
    with std.socket(family, std.SOCK_DGRAM) as socket:
        socket.settimeout(timeout)
        socket.sendto(question, tuple(endpoint))
        data, sender = socket.recvfrom(65535)
        assert sender[:2] == tuple(endpoint)
        return data


def run_child(
    code: str, *arguments: str, timeout: float = 30.0, **options: object
) -> "subprocess.CompletedProcess[str]":
    """Run code in an interpreter of its own that can import the tests' modules."""
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=TESTS,
        **options,  # type: ignore[call-overload]
    )


def child_says(code: str, *arguments: str, **options: object) -> str:
    """Run code in an interpreter of its own; it must end well, and say nothing on stderr."""
    done = run_child(code, *arguments, **options)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


class Gate:
    """A handler that holds its first datagram until it is opened: what comes meanwhile waits."""

    def __init__(
        self, answer: "Callable[[ns.Datagram], object]" = lambda datagram: datagram.data
    ) -> None:
        self._answer = answer
        self._held, self._opened = threading.Event(), threading.Event()

    def __call__(self, datagram: ns.Datagram) -> object:
        if not self._held.is_set():
            self._held.set()
            assert self._opened.wait(PATIENCE)
        return self._answer(datagram)

    def holds(self) -> None:
        assert self._held.wait(PATIENCE)

    def open(self) -> None:
        self._opened.set()


@contextmanager
def clients(server: ns.UdpServer, count: int) -> "Iterator[list[std.socket]]":
    family = std.AF_INET6 if server.endpoint.family == "ipv6" else std.AF_INET
    sockets = [std.socket(family, std.SOCK_DGRAM) for _ in range(count)]
    try:
        for socket in sockets:
            socket.settimeout(PATIENCE)
            socket.connect(tuple(server.endpoint))
        yield sockets
    finally:
        for socket in sockets:
            socket.close()
