"""UdpReceiver by batches: single datagrams whatever receives them, messages from their parts."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, TESTS, Background, until

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES = [bytes([index]) * 1000 for index in range(60)]


@pytest.fixture
def ends() -> "Iterator[tuple[ns.UdpReceiver, ns.UdpSender]]":
    with ns.UdpReceiver() as receiver, ns.UdpSender(receiver.endpoint) as sender:
        yield receiver, sender


def all_of(receiver: ns.UdpReceiver, count: int, most: int = 64) -> list[bytes]:
    datagrams: list[ns.Datagram] = []
    while len(datagrams) < count:
        came = receiver.receive_many(most, timeout=PATIENCE)
        assert 1 <= len(came) <= most
        datagrams += came
    return [datagram.data for datagram in datagrams]


@pytest.mark.parametrize("most", [1, 7, 64, 1000])
def test_receive_many_gives_each_datagram_by_itself(
    ends: tuple[ns.UdpReceiver, ns.UdpSender], most: int
) -> None:
    receiver, sender = ends
    sent = [*MESSAGES, b"", b"x", b"", *MESSAGES[:3]]
    for _ in range(3):
        sender.send_many(sent)
        assert all_of(receiver, len(sent), most) == sent
    assert receiver.receive_many(most, timeout=0) == []
    assert receiver.report.received == 3 * len(sent)
    assert receiver.report.bytes == 3 * sum(map(len, sent))


def test_every_way_of_receiving_gives_what_another_took_too_much(
    ends: tuple[ns.UdpReceiver, ns.UdpSender],
) -> None:
    receiver, sender = ends
    sender.send_many(MESSAGES)
    room = bytearray(2000)
    got = all_of(receiver, 3, 1)
    got += [next(iter(receiver)).data, receiver.receive(timeout=PATIENCE).data]
    got += [
        receiver.socket.receive_from(timeout=PATIENCE).data,
        receiver.socket.read(timeout=PATIENCE),
    ]
    got += [bytes(room[: receiver.socket.read_into(room, timeout=PATIENCE)])]
    cut = receiver.receive(10, timeout=PATIENCE)
    assert (cut.data, cut.truncated_from) == (MESSAGES[8][:10], 1000)
    with pytest.raises(ns.DatagramCut) as caught:
        receiver.socket.read(10, timeout=PATIENCE)
    assert caught.value.partial == MESSAGES[9][:10]
    assert got == MESSAGES[:8]
    assert all_of(receiver, 50) == MESSAGES[10:]


def test_a_few_calls_receive_many_datagrams() -> None:
    if shutil.which("strace") is None or "NETSTEPS_FAULTS" in os.environ:
        pytest.skip("strace is missing, or faults make more calls")
    code = """
import sys
import netsteps as ns
with ns.UdpReceiver() as receiver, ns.UdpSender(receiver.endpoint) as sender:
    sender.send_many([b"x" * 1000] * 60)
    print(sum(len(receiver.receive_many(30, timeout=1)) for _ in range(2)))
    for size in range(60):
        sender.send(b"y" * size)
    print(sum(1 for _ in zip(range(60), receiver)))
"""
    done = subprocess.run(
        ["strace", "-f", "-s", "0", "-e", "trace=recvmmsg,recvfrom", sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=TESTS,
    )
    if "ptrace" in done.stderr and done.returncode:
        pytest.skip("strace may not trace here")
    assert done.stdout == "60\n60\n"
    assert len([line for line in done.stderr.splitlines() if "recv" in line]) <= 8, done.stderr


def test_iteration_ends_with_a_close_in_another_thread() -> None:
    receiver = ns.UdpReceiver()
    with ns.UdpSender(receiver.endpoint) as sender:
        sender.send_many(MESSAGES)
    running = Background(lambda: [datagram.data for datagram in receiver])
    until(lambda: receiver.report.received == 60, "all came")
    threading.Timer(0.1, receiver.close).start()
    assert running.result() == MESSAGES


def test_what_the_kernel_throws_away_is_told(ends: tuple[ns.UdpReceiver, ns.UdpSender]) -> None:
    receiver, sender = ends
    receiver.socket.options.receive_buffer = 4096
    for size in range(1, 101):
        sender.send(bytes(size))
    came = 0
    while datagrams := receiver.receive_many(1000, timeout=0.2):
        came += len(datagrams)
    assert came < 100
    assert receiver.report.dropped in {100 - came, None}
    receiver.close()
    assert receiver.report.dropped in {100 - came, None}


def test_socat_is_an_end_like_any_other(ends: tuple[ns.UdpReceiver, ns.UdpSender]) -> None:
    if shutil.which("socat") is None:
        pytest.skip("socat is missing")
    receiver, _ = ends
    target = f"UDP4:127.0.0.1:{receiver.endpoint.port}"
    subprocess.run(
        ["socat", "-u", "-b", "500", "-", target], input=bytes(5000), timeout=10, check=True
    )
    assert all_of(receiver, 10) == [bytes(500)] * 10


@pytest.mark.parametrize("size", [0, 1, 1456, 1457, 300_000])
def test_a_message_of_any_size_comes_whole(
    ends: tuple[ns.UdpReceiver, ns.UdpSender], size: int
) -> None:
    receiver, sender = ends
    message = bytes(at * at % 251 for at in range(size))
    parts = sender.send_message(message)
    assert parts == max(1, -(-size // 1456))
    got = receiver.receive_message(timeout=PATIENCE)
    assert (got.data, bytes(got), len(got)) == (message, message, size)
    assert (got.sender, got.parts, got.duplicates) == (sender.local, parts, 0)


def test_messages_of_several_senders_may_come_mixed_doubled_and_in_any_order(
    ends: tuple[ns.UdpReceiver, ns.UdpSender],
) -> None:
    receiver, sender = ends
    one, two = b"one" * 1000, b"two" * 1000
    parts = [list(map(bytes, ns.split(data, 500, message_id=7))) for data in (one, two)]
    with ns.UdpSender(receiver.endpoint) as other:
        other.send(b"no part at all")
        for first, second in zip(*parts, strict=True):
            sender.send_many([first, first])
            other.send(second) if second is not parts[1][3] else None
        other.send(parts[1][3])
        got = [receiver.receive_message(timeout=PATIENCE) for _ in range(2)]
        assert {(m.data, m.sender, m.id) for m in got} == {
            (one, sender.local, 7),
            (two, other.local, 7),
        }
    report = receiver.report
    assert (report.duplicated, report.reordered, report.lost) == (7, 1, 0)


def test_a_time_that_is_over_tells_what_is_missing_and_nothing_is_lost(
    ends: tuple[ns.UdpReceiver, ns.UdpSender],
) -> None:
    receiver, sender = ends
    message = bytes(range(250)) * 4
    parts = list(map(bytes, ns.split(message, 116)))
    assert len(parts) == 10
    sender.send_many([parts[at] for at in (0, 1, 3, 4, 8)])
    with pytest.raises(
        ns.TimedOut,
        match=r"no message was whole within 0.05 s.*parts 2, 5-7 and 9 of 10 are missing",
    ) as caught:
        receiver.receive_message(timeout=0.05)
    assert caught.value.step == "receive_message"
    assert caught.value.partial == message[:200]
    sender.send_many([parts[at] for at in (2, 5, 6, 7, 9)])
    assert receiver.receive_message(timeout=PATIENCE).data == message


def test_a_message_beyond_the_limit_takes_no_memory_and_no_time(
    ends: tuple[ns.UdpReceiver, ns.UdpSender],
) -> None:
    receiver, sender = ends
    sender.send_message(bytes(5000))
    with pytest.raises(ns.TimedOut, match=r"^(?!.*sent nothing).*4 datagrams.* above the limit"):
        receiver.receive_message(limit=4999, timeout=0.05)
    with pytest.raises(ns.TimedOut, match="the peer sent nothing within"):
        receiver.receive_message(limit=4999, timeout=0.05)
    sender.send_message(bytes(4999))
    assert len(receiver.receive_message(limit=4999, timeout=PATIENCE)) == 4999
    for wrong in (0, 16, 70_000, -1):
        with pytest.raises(ns.BadArgument, match="size"):
            sender.send_message(b"x", size=wrong)


def test_a_trace_has_one_event_for_each_datagram_that_came() -> None:
    with ns.Trace() as trace, ns.UdpReceiver() as receiver:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for size in (10, 0, 20):
                peer.sendto(bytes(size), tuple(receiver.endpoint))
        assert len(all_of(receiver, 3)) == 3
    events = [event for event in trace.events if event.call in {"recvmmsg", "recvfrom"}]
    assert [event.size for event in events if event.phase == "completed"] == [10, 0, 20]


FLOOD = """
import sys, netsteps as ns
with ns.UdpSender("127.0.0.1", int(sys.argv[1])) as sender:
    while True:
        sender.send_many([b"x" * 50] * 4096)
"""


def test_a_call_ends_though_the_flood_does_not() -> None:
    with ns.UdpReceiver() as receiver:
        command = [sys.executable, "-c", FLOOD, str(receiver.endpoint.port)]
        floods = [subprocess.Popen(command) for _ in range(2)]
        # So that it ends in any case.
        end = threading.Timer(4, lambda: [flood.kill() for flood in floods])
        end.start()
        try:
            receiver.receive_many(timeout=PATIENCE)
            longest, until_then = 0.0, time.monotonic() + 2
            while time.monotonic() < until_then:
                begun = time.monotonic()
                receiver.receive_many(10**9, timeout=0.1)
                longest = max(longest, time.monotonic() - begun)
        finally:
            end.cancel()
            for flood in floods:
                flood.kill()
                flood.wait()
    assert longest < 1
