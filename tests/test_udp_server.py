"""UdpServer: batches of datagrams, each answered to its own sender, and every fault survived."""

import logging
import random
import shutil
import socket as std
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

import netsteps as ns
from helpers import LOOPBACK, PATIENCE, TESTS, Gate, ask, clients, until
from netsteps import _core

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def echo(datagram: ns.Datagram) -> bytes:
    return datagram.data


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
        assert f"receiving on {server.endpoint}" in repr(server)


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


# Batches


@pytest.mark.parametrize("how", ["handler", "service"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_64_clients_at_once_are_each_answered_with_their_own_bytes(how: str, host: str) -> None:
    make: dict[str, Callable[[], ns.UdpServer]] = {
        "handler": lambda: ns.UdpServer(on_datagram=echo, host=host),
        "service": lambda: ns.UdpServer(service="echo", host=host, replies_per_second=None),
    }
    source = random.Random(4)
    with make[how]() as server, clients(server, 64) as sockets:
        for _ in range(20):
            asked = [source.randbytes(source.randrange(2000)) for _ in sockets]
            for socket, question in zip(sockets, asked, strict=True):
                socket.send(question)
            for socket, question in zip(sockets, asked, strict=True):
                assert socket.recv(65_535) == question
        until(lambda: server.answered == server.received == 64 * 20, "all are counted")
        assert (server.held_back, server.unsent, server.errors) == (0, 0, [])


def test_what_fails_in_a_batch_costs_no_other_datagram_its_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def handler(datagram: ns.Datagram) -> object:
        number = int(datagram.data)
        if number % 5 == 1:
            raise ValueError(number)
        return [datagram.data, None, f"{number}", bytes(65_508), None][number % 5]

    gate = Gate(handler)
    with ns.UdpServer(on_datagram=gate) as server, clients(server, 61) as sockets:
        sockets[0].send(b"0")
        gate.holds()
        for number, socket in enumerate(sockets[1:], 1):
            socket.send(str(number).encode())
        gate.open()
        for number in range(0, 61, 5):
            assert sockets[number].recv(100) == str(number).encode()
        until(lambda: len(server.errors) == 3 * 12, "the errors are kept")
        until(lambda: server.answered == 13, "the answers are counted")
        assert (server.received, server.unsent) == (61, 12)
        kinds = [type(error) for error in server.errors]
        for kind in (ValueError, ns.BadPayload, ns.DatagramTooLarge):
            assert kinds.count(kind) == 12
        for number, socket in enumerate(sockets):
            if number % 5:
                socket.setblocking(False)
                with pytest.raises(BlockingIOError):
                    socket.recv(100)
    assert caplog.records


@pytest.mark.parametrize(("family", "largest"), [("ipv4", 65_507), ("ipv6", 65_527)])
def test_the_smallest_and_the_largest_datagram_are_answered(family: str, largest: int) -> None:
    data = random.Random(largest).randbytes(largest)
    for server in (
        ns.UdpServer(on_datagram=echo, host=LOOPBACK[family]),
        ns.UdpServer(service="echo", host=LOOPBACK[family]),
    ):
        with server:
            assert ask(server.endpoint, data) == data
            assert ask(server.endpoint, b"") == b""
            assert ask(server.endpoint, data[:-1]) == data[:-1]


def test_a_handler_that_fills_one_buffer_again_and_again_answers_each_with_its_own() -> None:
    buffer = bytearray(4)

    def reply(datagram: ns.Datagram) -> bytearray:
        buffer[:] = datagram.data
        return buffer

    gate = Gate(reply)
    with ns.UdpServer(gate) as server, ns.UdpSender(server.endpoint) as sender:
        questions = [b"%04d" % number for number in range(20)]
        sender.send(questions[0])
        gate.holds()
        sender.send_many(questions[1:])
        gate.open()
        assert [sender.socket.read(timeout=PATIENCE) for _ in questions] == questions


def test_an_answer_is_not_held_longer_than_it_takes_to_send_it() -> None:
    shared = bytearray(b"answer")
    with ns.UdpServer(on_datagram=lambda _: shared) as server:
        assert ask(server.endpoint, b"x") == b"answer"
        shared.extend(b" and more")  # BufferError while somebody holds its memory
        assert ask(server.endpoint, b"x") == b"answer and more"


def test_a_trace_has_each_datagram_of_a_batch_and_each_answer() -> None:
    gate = Gate()
    with ns.Trace() as trace:
        with ns.UdpServer(on_datagram=gate) as server, clients(server, 40) as sockets:
            sockets[0].send(b"")
            gate.holds()
            for size, socket in enumerate(sockets[1:], 1):
                socket.send(bytes(size))
            gate.open()
            for size, socket in enumerate(sockets):
                assert socket.recv(100) == bytes(size)
            ports = [socket.getsockname()[1] for socket in sockets]
        moved = {
            call: [
                (event.size, event.peer.port)
                for event in trace.events
                if event.call == call and event.phase == "completed" and event.peer
            ]
            for call in ("recvmmsg", "sendmmsg")
        }
    expected = list(enumerate(ports))
    assert moved == {"recvmmsg": expected, "sendmmsg": expected}


STRACE = shutil.which("strace")


@pytest.mark.exact_io(reason="counts system calls")
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_64_waiting_datagrams_are_taken_and_answered_in_a_handful_of_calls(
    tmp_path: "Path",
) -> None:
    code = """
from test_udp_server import Gate, clients
import netsteps as ns
gate = Gate()
with ns.UdpServer(on_datagram=gate) as server, clients(server, 65) as sockets:
    sockets[0].send(b"first")
    gate.holds()
    for number, socket in enumerate(sockets[1:]):
        socket.send(str(number).encode())
    gate.open()
    for number, socket in enumerate(sockets[1:]):
        assert socket.recv(100) == str(number).encode()
"""
    trace = "trace=recvmmsg,recvmsg,recvfrom,sendmmsg,sendmsg,sendto"
    command = [str(STRACE), "-f", "-qq", "-e", trace, "-o", str(tmp_path / "calls")]
    done = subprocess.run(
        [*command, sys.executable, "-c", code],
        cwd=TESTS,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 3,
        check=False,
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("strace may not look at other processes here")
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "calls").read_text().splitlines()
    received = [line for line in lines if "recvmmsg(" in line and "EAGAIN" not in line]
    sent = [line for line in lines if "sendmmsg(" in line]
    # The first by itself, and the 64 that waited meanwhile together.
    assert 2 <= len(received) <= 4
    assert 2 <= len(sent) <= 4


@pytest.mark.exact_io(reason="makes its own faults")
def test_a_kernel_that_is_not_ready_only_delays_the_answers() -> None:
    for server in (
        ns.UdpServer(on_datagram=echo),
        ns.UdpServer(service="echo", replies_per_second=None),
    ):
        with server, clients(server, 10) as sockets:
            _core._set_faults(read_block=0.5, write_block=0.5, seed=5)
            try:
                for _ in range(10):
                    for number, socket in enumerate(sockets):
                        socket.send(bytes([number]))
                    for number, socket in enumerate(sockets):
                        assert socket.recv(10) == bytes([number])
            finally:
                _core._set_faults()
            until(lambda: server.answered == 100, "all are counted")  # noqa: B023
            assert (server.received, server.unsent) == (100, 0)


@pytest.mark.exact_io(reason="measures memory")
@pytest.mark.parametrize("how", ["echo", "discard", "chargen", "handler"])
def test_a_flood_costs_no_memory_and_ends_nothing(how: str) -> None:
    server = ns.UdpServer(on_datagram=echo) if how == "handler" else ns.UdpServer(service=how)
    process = psutil.Process()
    with server, clients(server, 200) as sockets:
        for socket in sockets:
            socket.setblocking(False)

        def flood(times: int) -> None:
            for _ in range(times):
                for socket in sockets:
                    socket.send(bytes(1000))

        flood(20)
        before = process.memory_info().rss
        flood(200)
        assert process.memory_info().rss - before < 2 * 1024 * 1024
        if how != "discard":
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:  # its queue may still be full
                try:
                    ask(server.endpoint, b"still here", timeout=0.2)
                    break
                except TimeoutError:
                    pass
            else:
                pytest.fail("it answers no more")
