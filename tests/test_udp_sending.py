"""UdpSender by batches: what arrives, in how many system calls, and what an error leaves."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import LOOPBACK, PATIENCE, TESTS, child_says

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


@pytest.fixture(params=["ipv4", "ipv6"])
def peer(request: pytest.FixtureRequest) -> "Iterator[socket.socket]":
    """Give a receiver of the standard library."""
    with socket.socket(FAMILIES[request.param], socket.SOCK_DGRAM) as peer:
        peer.bind((LOOPBACK[request.param], 0))
        peer.settimeout(PATIENCE)
        yield peer


def taken(peer: socket.socket, count: int) -> list[bytes]:
    return [peer.recv(70_000) for _ in range(count)]


def nothing_more(peer: socket.socket) -> bool:
    peer.settimeout(0)
    try:
        peer.recv(1)
    except BlockingIOError:
        return True
    return False


def messages(*sizes: int) -> list[bytes]:
    return [bytes((index + at) % 256 for at in range(size)) for index, size in enumerate(sizes)]


def test_every_kind_of_message_from_every_kind_of_iterable_arrives(peer: socket.socket) -> None:
    sizes = messages(1200, 1200, 1200, 5, 0, 0, 7, 7, 3, 30_000)
    with ns.UdpSender(*peer.getsockname()[:2]) as sender:
        for source in (sizes, tuple(sizes), iter(sizes), (bytearray(m) for m in sizes)):
            assert sender.send_many(source) == len(sizes)
            assert taken(peer, len(sizes)) == sizes
        assert sender.send_many([]) == 0
        assert nothing_more(peer)


@pytest.mark.parametrize("rate", [None, 1e9])
def test_a_generator_may_fill_the_same_buffer_for_each_message(
    peer: socket.socket, rate: float | None
) -> None:
    def messages() -> "Iterator[bytearray]":
        buffer = bytearray()
        for number in range(50):
            buffer[:] = b"x" * number
            yield buffer

    with ns.UdpSender(*peer.getsockname()[:2]) as sender:
        assert sender.send_many(messages(), rate=rate) == 50
    assert taken(peer, 50) == [b"x" * number for number in range(50)]


def test_what_cannot_be_sent_ends_it_and_those_before_it_are_sent(peer: socket.socket) -> None:
    def raising() -> "Iterator[bytes]":
        yield b"one"
        yield b"two"
        raise LookupError("mine")

    with ns.UdpSender(*peer.getsockname()[:2]) as sender:
        with pytest.raises(ns.BadPayload):
            sender.send_many([b"one", b"two", "three", b"four"])  # type: ignore[list-item]
        with pytest.raises(LookupError, match="mine"):
            sender.send_many(raising())
        with pytest.raises(ns.DatagramTooLarge, match="2 datagrams had been sent") as caught:
            sender.send_many([b"one", b"two", bytes(70_000), b"four"])
        assert "70000 bytes" in str(caught.value)
        assert taken(peer, 6) == [b"one", b"two"] * 3
        assert nothing_more(peer)


def test_a_refusal_is_told_and_the_count_is_true() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.connect(("127.0.0.1", 1))  # takes nothing from us: the port answers as a dead one
        for sizes in (messages(*[1000] * 500), messages(*range(1, 50))):
            with ns.UdpSender(*holder.getsockname()) as sender:
                with pytest.raises(ns.Refused, match="had been sent") as caught:
                    sender.send_many(sizes)
                told = re.search(r"\((\d+) datagrams? had been sent\)", str(caught.value))
                assert told is not None
                sent = sum(step.count for step in sender.socket.steps if step.step == "send")
                failed = sum(1 for step in sender.socket.steps if "refused" in (step.note or ""))
                assert int(told[1]) == sent - failed >= 1


CHILD = """
import sys, socket
import netsteps as ns
mode, port, size, count = sys.argv[1], *map(int, sys.argv[2:])
sender = ns.UdpSender("127.0.0.1", port)
if mode == "no checksums":  # the kernel then refuses to cut segments (EINVAL)
    with socket.socket(fileno=__import__("os").dup(sender.socket.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK
print(sender.send_many([bytes([i]) * size for i in range(count)]))
sender.close()
"""


def traced(*arguments: object, inject: str = "") -> tuple[str, list[str]]:
    """Run CHILD under strace: what it says, and its calls of sendmmsg."""
    if shutil.which("strace") is None:
        pytest.skip("strace is missing")
    command = ["strace", "-f", "-s", "0", "-e", "trace=sendmmsg,sendto,sendmsg"]
    command += ["-e", f"inject=sendmmsg:{inject}"] if inject else []
    done = subprocess.run(
        [*command, sys.executable, "-c", CHILD, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=TESTS,
    )
    if "ptrace" in done.stderr and done.returncode:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), [line for line in done.stderr.splitlines() if "send" in line]


@pytest.mark.parametrize("size", [64, 1000])
def test_sixty_four_datagrams_are_one_call(size: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(PATIENCE)
        said, calls = traced("plain", peer.getsockname()[1], size, 64)
        assert (said, len(calls)) == ("64", 1), calls
        assert taken(peer, 64) == [bytes([i]) * size for i in range(64)]


@pytest.mark.parametrize(
    ("mode", "inject"),
    [
        ("no checksums", ""),
        ("plain", "error=EIO:when=1"),
        ("plain", "error=EINVAL:when=1"),
        ("plain", "error=EAGAIN:when=1..3"),
        ("plain", "error=EINTR:when=1..3"),
    ],
)
def test_a_kernel_that_refuses_segments_loses_nothing(mode: str, inject: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(PATIENCE)
        said, calls = traced(mode, peer.getsockname()[1], 100, 60, inject=inject)
        assert (said, len(calls) <= 8) == ("60", True), calls
        assert taken(peer, 60) == [bytes([i]) * 100 for i in range(60)]
        assert nothing_more(peer)


def test_a_rate_is_kept_and_needs_no_processor(peer: socket.socket) -> None:
    with ns.UdpSender(*peer.getsockname()[:2]) as sender:
        begun, worked = time.monotonic(), time.thread_time()
        assert sender.send_many([b"x"] * 11, rate=50) == 11
        took, worked = time.monotonic() - begun, time.thread_time() - worked
        # The first leaves at once: ten twentieths of a tenth. A busy machine is late, never early.
        assert took >= 0.2
        assert worked < took / 2
        begun = time.monotonic()
        with pytest.raises(ns.TimedOut, match=r"rate.*3 datagrams had been sent"):
            sender.send_many(iter([b"x"] * 11), rate=20, timeout=0.12)
        assert time.monotonic() - begun < PATIENCE
        for wrong in (0, -1, float("nan"), float("inf")):
            with pytest.raises(ns.BadArgument, match="rate"):
                sender.send_many([b"x"], rate=wrong)


@pytest.mark.parametrize("one", ["one", b"one", bytearray(b"one"), memoryview(b"one")])
def test_one_message_is_not_taken_for_several(peer: socket.socket, one: object) -> None:
    with ns.UdpSender(*peer.getsockname()[:2]) as sender:
        with pytest.raises(ns.BadPayload, match=r"this .* is one") as told:
            sender.send_many(one)  # type: ignore[arg-type]
        assert "send_many([data])" in told.value.remedy
    assert nothing_more(peer)


def test_what_a_source_raises_says_how_many_had_left(peer: socket.socket) -> None:
    def source() -> "Iterator[bytes]":
        yield b"a"
        yield b"b"
        raise LookupError

    with ns.UdpSender(*peer.getsockname()[:2]) as sender:
        with pytest.raises(LookupError) as mine:
            sender.send_many(source())
        with pytest.raises(ns.BadPayload) as wrong:
            sender.send_many([b"c", "d"])  # type: ignore[list-item]
        with pytest.raises(ns.BadPayload) as first:
            sender.send_many(["d"])  # type: ignore[list-item]
    assert taken(peer, 3) == [b"a", b"b", b"c"]
    assert mine.value.__notes__ == ["2 datagrams had been sent"]
    assert wrong.value.__notes__ == ["1 datagram had been sent"]
    assert not hasattr(first.value, "__notes__")


def test_arguments_of_send_message_are_told_as_they_were_given(peer: socket.socket) -> None:
    with ns.UdpSender(*peer.getsockname()[:2]) as sender:
        with pytest.raises(ns.BadArgument, match="size=-5"):
            sender.send_message(b"x", size=-5)
        with pytest.raises(ns.BadArgument, match="rate=0") as rate:
            sender.send_message(b"x", rate=0)
        assert rate.value.step == "send_message"
        sender.close()
        with pytest.raises(ns.SocketClosed) as closed:
            sender.send_message(b"x")
        assert "had been sent" not in str(closed.value)


def test_ctrl_c_and_close_end_a_slow_rate() -> None:
    said = child_says(
        """
import signal, threading, time
import netsteps as ns
with ns.UdpReceiver() as receiver, ns.UdpSender(receiver.endpoint) as sender:
    threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
    begun = time.monotonic()
    try:
        sender.send_many([b"x"] * 10, rate=0.1)
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - begun < 5)
"""
    )
    assert said == "interrupted True\n"
    assert signal.getsignal(signal.SIGINT) is not None
    with ns.UdpReceiver() as receiver:
        sender = ns.UdpSender(receiver.endpoint)
        threading.Timer(0.1, sender.close).start()
        with pytest.raises(ns.SocketClosed):
            sender.send_many([b"x"] * 10, rate=0.1)


def test_a_trace_has_one_event_for_each_datagram(peer: socket.socket) -> None:
    with ns.Trace() as trace, ns.UdpSender(*peer.getsockname()[:2]) as sender:
        sender.send_many(messages(100, 100, 100, 7, 0, 100))
    events = [event for event in trace.events if event.step == "send"]
    assert [event.size for event in events] == [100, 100, 100, 7, 0, 100]
    assert {event.call for event in events} <= {"sendmmsg", "sendmsg"}
    assert len({event.start_ns for event in events[:3]}) == 1
