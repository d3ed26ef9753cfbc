"""What ends a step that waits: its time, a signal, Ctrl-C, and close() from another thread."""

import itertools
import json
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from blocked import CASES
from helpers import (
    BIG,
    Background,
    best_of,
    bound,
    child_says,
    listening,
    pair,
    until,
    until_waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs the signals of Unix"),
    pytest.mark.exact_io(reason="measures time"),
]

PROMPT = 0.2  # seconds within which a signal or close() ends any wait
EXACT = 0.02  # seconds by which a timeout may be late
SOON = 0.05  # seconds until the signal comes


class Alarm(Exception):
    """The exception of a handler of our own."""


@contextmanager
def handler_raises() -> "Iterator[None]":
    """Let SIGALRM raise Alarm in the main thread."""

    def handler(number: int, frame: "FrameType | None") -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, handler)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def storm() -> "Iterator[list[int]]":
    """Send this process a signal every 10 ms; the handler only counts."""
    seen = [0]

    def handler(number: int, frame: "FrameType | None") -> None:
        seen[0] += 1

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        yield seen
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Signals


@pytest.mark.parametrize("name", CASES)
def test_what_a_signal_handler_raises_ends_the_step_which_can_be_taken_again(name: str) -> None:
    with CASES[name]() as case, handler_raises():
        begin = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SOON)
        with pytest.raises(Alarm):
            case.step(None)
        late = time.monotonic() - begin - SOON
        case.usable()
    assert late < PROMPT


def test_ctrl_c_is_a_keyboard_interrupt_in_every_step() -> None:
    code = """
import json, os, signal, sys, threading, time
from blocked import CASES

late = {}
for name, make in CASES.items():
    with make() as case:
        sent = []
        def interrupt():
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        timer = threading.Timer(0.05, interrupt)
        try:
            timer.start()
            case.step(None)
        except KeyboardInterrupt:
            late[name] = time.monotonic() - sent[0]
        timer.join()
        case.usable()
json.dump(late, sys.stdout)
"""
    late: dict[str, float] = json.loads(child_says(code))
    assert late.keys() == CASES.keys()
    assert {name: seconds for name, seconds in late.items() if seconds >= PROMPT} == {}


def test_a_signal_that_another_thread_catches_ends_the_step_all_the_same() -> None:
    """The kernel may give a process's signal to any thread, and the main one's wait goes on."""
    done = threading.Event()
    with bound() as socket, handler_raises():
        other = Background(done.wait)
        assert other.ident is not None
        ident, sent = other.ident, [0.0]

        def send() -> None:
            sent[0] = time.monotonic()
            signal.pthread_kill(ident, signal.SIGALRM)

        timer = threading.Timer(SOON, send)
        timer.start()
        with pytest.raises(Alarm):
            socket.receive_from()
        late = time.monotonic() - sent[0]
        done.set()
        other.result()
        timer.join()
    assert late < PROMPT


def test_a_storm_of_signals_disturbs_no_transfer() -> None:
    data = bytes(range(256)) * (BIG // 256)
    with pair() as (client, connection), storm() as seen:

        def other_end() -> bytes:
            got = connection.read_exactly(BIG, timeout=20)
            connection.write(got, timeout=20)
            connection.finish()
            return got

        other = Background(other_end)
        client.write(data, timeout=20)
        until(lambda: seen[0] > 5, "signals come")
        assert client.read_all(timeout=20) == data
        assert other.result() == data


def test_a_storm_of_signals_disturbs_no_accept() -> None:
    with listening() as listener, storm() as seen:
        for _ in range(3):
            late = seen[0] + 3

            def connects(late: int = late) -> None:
                until(lambda: seen[0] > late, "signals come")
                with ns.Socket("tcp") as client:
                    client.connect(listener.local)
                    assert client.read(timeout=5) == b"hello"

            client = Background(connects)
            with listener.accept() as connection:
                connection.write(b"hello")
                client.result()


@pytest.mark.parametrize("name", ["accept", "connect", "read_exactly", "write", "receive_from"])
def test_a_storm_of_signals_disturbs_no_timeout(name: str) -> None:
    def measure() -> float:
        with CASES[name]() as case, storm() as seen:
            begin = time.monotonic()
            with pytest.raises(ns.TimedOut):
                case.step(0.2)
            took = time.monotonic() - begin
            assert seen[0] >= 5
            assert took >= 0.2
            return took

    assert best_of(3, measure, 0.2 + EXACT) < 0.2 + EXACT


def test_a_server_that_stops_is_left_at_once_by_ctrl_c() -> None:
    """Its handler looks at nothing: stop would wait for the grace, and a second more."""
    free = threading.Event()
    server = ns.TcpServer(on_client=lambda connection: free.wait(10))
    with ns.Socket("tcp") as client, handler_raises():
        client.connect(server.endpoint)
        until(lambda: server.clients == 1, "the client is served")
        begin = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SOON)
        with pytest.raises(Alarm):
            server.stop(grace=5)
        late = time.monotonic() - begin - SOON
        free.set()
    server.stop()
    assert late < PROMPT


def test_a_udp_server_that_stops_is_left_at_once_by_ctrl_c() -> None:
    free, called = threading.Event(), threading.Event()

    def slow(datagram: ns.Datagram) -> None:
        called.set()
        free.wait(10)

    server = ns.UdpServer(on_datagram=slow)
    with ns.UdpSender(*server.endpoint) as sender, handler_raises():
        sender.send(b"x")
        assert called.wait(5)
        begin = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SOON)
        with pytest.raises(Alarm):
            server.stop()
        late = time.monotonic() - begin - SOON
        free.set()
    server.stop()
    assert late < PROMPT


def test_many_datagrams_that_never_wait_are_ended_by_a_signal() -> None:
    with (
        ns.UdpReceiver() as receiver,
        ns.UdpSender(*receiver.endpoint) as sender,
        handler_raises(),
    ):
        begin = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SOON)
        with pytest.raises(Alarm):
            sender.send_many(itertools.repeat(b"x", 1_000_000))
        late = time.monotonic() - begin - SOON
    assert late < PROMPT


# close() from another thread


@pytest.mark.parametrize("name", CASES)
def test_close_from_another_thread_ends_the_step(name: str) -> None:
    with CASES[name]() as case, ns.Trace() as trace:
        thread = Background(lambda: case.step(None))
        if name != "write behind another":  # it waits for its turn, and has called nothing yet
            until_waiting(trace, thread)
        closed = time.monotonic()
        case.close()
        if case.told is None:
            thread.result()
        else:
            with pytest.raises(case.told) as caught:
                thread.result()
            assert isinstance(caught.value, ns.SocketClosed)
            assert "closed" in caught.value.cause
            assert caught.value.remedy
    assert thread.ended - closed < PROMPT


def test_close_ends_all_threads_that_wait_and_every_later_step() -> None:
    with bound() as socket, ns.Trace() as trace:
        threads = [Background(socket.receive_from) for _ in range(8)]
        for thread in threads:
            until_waiting(trace, thread)
        closed = time.monotonic()
        socket.close()
        for thread in threads:
            with pytest.raises(ns.SocketClosed):
                thread.result()
            assert thread.ended - closed < PROMPT
        assert (socket.state, socket.fileno(), socket.number) == ("closed", -1, -1)
        with pytest.raises(ns.SocketClosed):
            socket.receive_from()
