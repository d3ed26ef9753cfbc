"""ReliableUdpSender and ReliableUdpReceiver over real sockets, without a bad path between them."""

import os
import signal
import socket as std
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import netsteps as ns
from helpers import LOOPBACK, PATIENCE, TESTS, Background, child_says, until
from netsteps.reliable.wire import Kind, Segment, decode, encode


@pytest.mark.parametrize("window", [1, 2, 32, 1024])
def test_a_message_arrives_whole_with_any_window(window: int) -> None:
    data = os.urandom(100_000)
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.ReliableUdpSender(receiver.endpoint, window=window) as sender,
    ):
        assert sender.send(data, timeout=PATIENCE) == len(data)
        message = receiver.receive(timeout=PATIENCE)
        assert bytes(message) == data
        assert (len(message), message.segments) == (100_000, 84)
        assert message.sender == sender.local
        assert sender.report.acknowledged == 84
        assert sender.report.bytes == receiver.report.bytes == 100_000
        assert sender.report.throughput > 0


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_messages_of_several_senders_each_in_their_order(family: str) -> None:
    with ns.ReliableUdpReceiver(LOOPBACK[family], 0) as receiver:

        def send(name: int) -> None:
            with ns.ReliableUdpSender(receiver.endpoint) as sender:
                for turn in range(20):
                    sender.send(b"%d %d" % (name, turn), timeout=PATIENCE)

        working = [Background(lambda name=name: send(name)) for name in range(4)]
        for one in working:
            one.result()
        came = [receiver.receive(timeout=PATIENCE).data.split() for _ in range(80)]
    for name in range(4):
        mine = [int(turn) for who, turn in came if int(who) == name]
        assert mine == list(range(20))


def test_messages_of_several_threads_over_one_sender_do_not_mix() -> None:
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.ReliableUdpSender(receiver.endpoint, size=10) as sender,
    ):
        messages = {bytes([letter]) * 500 for letter in range(8)}
        working = [
            Background(lambda one=one: sender.send(one, timeout=PATIENCE)) for one in messages
        ]
        for one in working:
            one.result()
        assert {receiver.receive(timeout=PATIENCE).data for _ in range(8)} == messages


@pytest.mark.parametrize("length", [0, 1, 1200, 1201, 1_000_000])
def test_a_file_arrives_whole_and_says_how_far_it_is(tmp_path: Path, length: int) -> None:
    data = os.urandom(length)
    (tmp_path / "file").write_bytes(data)
    told: list[tuple[int, int]] = []
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.ReliableUdpSender(receiver.endpoint) as sender,
    ):
        sent = sender.send_file(
            tmp_path / "file", timeout=PATIENCE, progress=lambda *now: told.append(now)
        )
        assert sent == length
        assert receiver.receive(timeout=PATIENCE).save(tmp_path / "copy") == length
    assert (tmp_path / "copy").read_bytes() == data
    assert told[-1] == (length, length)
    assert told == sorted(set(told))


def test_what_progress_raises_ends_the_step_and_the_next_message_is_whole() -> None:
    def stop(done: int, _total: int) -> None:
        if done:
            raise RuntimeError("enough")

    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.ReliableUdpSender(receiver.endpoint) as sender,
    ):
        with pytest.raises(RuntimeError, match="enough"):
            sender.send(bytes(1_000_000), timeout=PATIENCE, progress=stop)
        sender.send(b"next", timeout=PATIENCE)
        assert receiver.receive(timeout=PATIENCE).data == b"next"


def test_a_file_that_becomes_shorter_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1_000_000))

    def shorten(_done: int, _total: int) -> None:
        os.truncate(path, 1000)

    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.ReliableUdpSender(receiver.endpoint) as sender,
        pytest.raises(ns.UnexpectedEnd, match="of 1,000,000 bytes"),
    ):
        sender.send_file(path, timeout=PATIENCE, progress=shorten)


# Errors


def test_nobody_there_is_refused_at_once() -> None:
    with std.socket(std.AF_INET, std.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with (
        ns.ReliableUdpSender("127.0.0.1", port) as sender,
        pytest.raises(ConnectionRefusedError, match="nobody has UDP port"),
    ):
        sender.send(b"x", timeout=PATIENCE)
    assert sender.report.unreachable == 1


def test_a_receiver_that_goes_away_is_waited_for_until_the_timeout() -> None:
    with ns.ReliableUdpReceiver() as receiver:
        sender = ns.ReliableUdpSender(receiver.endpoint)
        sender.send(b"one", timeout=PATIENCE)
    with (
        sender,
        pytest.raises(
            TimeoutError, match=r"0 of 3 bytes are acknowledged, and the receiver answered"
        ),
    ):
        sender.send(b"two", timeout=0.3)
    assert sender.report.unreachable >= 1


def test_a_receiver_that_stays_away_is_told_without_a_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netsteps.reliable.sender.GONE", 0.2)
    with ns.ReliableUdpReceiver() as receiver:
        sender = ns.ReliableUdpSender(receiver.endpoint)
        sender.send(b"one", timeout=PATIENCE)
    with sender, pytest.raises(ns.Refused):
        sender.send(b"two")


def test_a_thread_that_waits_for_another_one_s_message_ends_with_its_timeout() -> None:
    with ns.UdpReceiver() as silent, ns.ReliableUdpSender(silent.endpoint) as sender:
        sending = Background(lambda: sender.send(b"x"))
        silent.receive(timeout=PATIENCE)
        with pytest.raises(ns.TimedOut, match="another thread"):
            sender.send(b"y", timeout=0.05)
        sender.close()
        with pytest.raises(ns.SocketClosed):
            sending.result()


def test_silence_ends_with_the_timeout_which_says_how_far_it_came() -> None:
    with (
        ns.UdpReceiver() as silent,
        ns.ReliableUdpSender(silent.endpoint) as sender,
    ):
        began = time.monotonic()
        with pytest.raises(ns.TimedOut) as caught:
            sender.send(bytes(5000), timeout=0.3)
        assert 0.3 <= time.monotonic() - began < 2
    error = caught.value
    assert error.step == "send"
    assert "0 of 5,000 bytes" in error.cause
    assert "has never answered" in error.cause
    assert error.remedy


def test_a_message_larger_than_the_receiver_takes() -> None:
    with (
        ns.ReliableUdpReceiver(limit=1000) as receiver,
        ns.ReliableUdpSender(receiver.endpoint) as sender,
    ):
        with pytest.raises(ns.MessageTooLarge, match="at most 1,000 bytes"):
            sender.send(bytes(5000), timeout=PATIENCE)
        sender.send(bytes(1000), timeout=PATIENCE)
        assert len(receiver.receive(timeout=PATIENCE)) == 1000


def test_a_receiver_that_nobody_asks_has_no_room_and_says_so() -> None:
    with (
        ns.ReliableUdpReceiver(limit=1000) as receiver,
        ns.ReliableUdpSender(receiver.endpoint) as sender,
    ):
        sender.send(bytes(1000), timeout=PATIENCE)
        with pytest.raises(ns.TimedOut, match="nobody takes its messages"):
            sender.send(b"one more", timeout=0.3)
        assert len(receiver.receive(timeout=PATIENCE)) == 1000
        sender.send(b"one more", timeout=PATIENCE)
        assert receiver.receive(timeout=PATIENCE).data == b"one more"


def test_nothing_to_receive_in_time() -> None:
    late = r"within 0.05 s \(0 datagrams came"
    with ns.ReliableUdpReceiver() as receiver, pytest.raises(ns.TimedOut, match=late):
        receiver.receive(timeout=0.05)
    with pytest.raises(ns.SocketClosed):
        receiver.receive()
    receiver.close()
    assert repr(receiver) == "ReliableUdpReceiver(closed)"


@pytest.mark.parametrize(
    ("settings", "kind", "why"),
    [
        ({"window": 0}, ValueError, "window=0 cannot be"),
        ({"window": 1025}, ValueError, "window=1025"),
        ({"window": 1.5}, TypeError, "window=1.5 is no whole number"),
        ({"window": True}, TypeError, "window=True"),
        ({"size": 0}, ValueError, "size=0"),
        ({"size": 65_507}, ValueError, "size=65507"),
        ({"min_rto": 0}, ValueError, "min_rto=0"),
        ({"min_rto": 2, "max_rto": 1}, ValueError, "leave no time between them"),
        ({"max_rto": float("nan")}, ValueError, "max_rto=nan"),
        ({"max_rto": "1"}, TypeError, "max_rto='1'"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict, kind: type[Exception], why: str) -> None:
    with pytest.raises(kind, match=why) as caught:
        ns.ReliableUdpSender("127.0.0.1", 9, **settings)
    assert isinstance(caught.value, ns.SocketError)


def test_arguments_that_cannot_be_meant(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="limit=0"):
        ns.ReliableUdpReceiver(limit=0)
    with ns.ReliableUdpReceiver() as receiver:
        with pytest.raises(ValueError, match="timeout=-1"):
            receiver.receive(timeout=-1)
        with ns.ReliableUdpSender(receiver.endpoint) as sender:
            for data in ("text", None, 5, memoryview(bytes(8))[::2]):
                with pytest.raises(ns.BadPayload):
                    sender.send(data)  # type: ignore[arg-type]
            with pytest.raises(TypeError, match="timeout='1'"):
                sender.send(b"x", timeout="1")  # type: ignore[arg-type]
            with pytest.raises(FileNotFoundError):
                sender.send_file(tmp_path / "none")
            sender.send(memoryview(b"12345678").cast("I"), timeout=PATIENCE)
        assert receiver.receive(timeout=PATIENCE).data == b"12345678"


# Ends of a wait


def test_close_from_another_thread_ends_both_waits() -> None:
    with ns.UdpReceiver() as silent:
        sender = ns.ReliableUdpSender(silent.endpoint)
        sending = Background(lambda: sender.send(b"x"))
        silent.receive(timeout=PATIENCE)
        sender.close()
        with pytest.raises(ns.SocketClosed):
            sending.result()
    receiver = ns.ReliableUdpReceiver()
    receiving = Background(receiver.receive)
    listing = Background(lambda: list(receiver))
    receiver.close()
    with pytest.raises(ns.SocketClosed):
        receiving.result()
    assert listing.result() == []


@pytest.mark.parametrize("waits", ["sender.send(b'x')", "receiver.receive()"])
def test_ctrl_c_ends_both_waits(waits: str) -> None:
    code = f"""
import netsteps as ns
with ns.UdpReceiver() as silent, ns.ReliableUdpReceiver() as receiver:
    sender = ns.ReliableUdpSender(silent.endpoint)
    print("ready", flush=True)
    try:
        {waits}
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    sender.close()
"""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code], stdout=subprocess.PIPE, text=True, cwd=TESTS
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.2)  # until it waits; before that the signal would do as well
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=PATIENCE)[0] == "interrupted\n"
        assert child.returncode == 0


def test_a_receiver_that_is_forgotten_or_left_at_the_end_ends_its_thread() -> None:
    before = threading.active_count()
    receiver = ns.ReliableUdpReceiver()
    assert threading.active_count() == before + 1
    del receiver
    until(lambda: threading.active_count() == before, "the thread has ended")
    code = "import netsteps as ns; r = ns.ReliableUdpReceiver(); print(r.endpoint.ip)"
    assert child_says(code) == "127.0.0.1\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_in_a_forked_child_it_says_that_its_thread_is_not_there() -> None:
    code = """
import os
import netsteps as ns
with ns.ReliableUdpReceiver() as receiver:
    child = os.fork()
    if not child:
        try:
            receiver.receive()
        except ns.Forked as error:
            os._exit(7)
        os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert child_says(code) == "7\n"


# What others send


def test_hostile_datagrams_to_both_ends_change_nothing() -> None:
    data = os.urandom(300_000)
    junk = [b"", b"x", bytes(24), os.urandom(1000), encode(Segment(Kind.ACK, 1, 2, 3))]
    ended = threading.Event()
    with (
        ns.ReliableUdpReceiver() as receiver,
        std.socket(std.AF_INET, std.SOCK_DGRAM) as stranger,
        ns.ReliableUdpSender(receiver.endpoint) as sender,
    ):

        def flood() -> None:
            while not ended.wait(0.0005):
                for one in junk:
                    stranger.sendto(one, tuple(receiver.endpoint))
                    # Not from the receiver's address, so the kernel keeps it from the sender.
                    stranger.sendto(one, tuple(sender.local))

        flooding = Background(flood)
        try:
            for _ in range(5):
                sender.send(data, timeout=PATIENCE)
                assert receiver.receive(timeout=PATIENCE).data == data
        finally:
            ended.set()
            flooding.result()
        assert receiver.report.ignored > 0
        assert sender.report.ignored == 0


def test_wrong_answers_from_the_receivers_own_address_are_counted_and_ignored() -> None:
    with (
        ns.UdpReceiver() as fake,
        ns.ReliableUdpSender(fake.endpoint) as sender,
    ):
        sending = Background(lambda: sender.send(b"message", timeout=PATIENCE))
        datagram = fake.receive(timeout=PATIENCE)
        segment = decode(datagram.data)
        for wrong in (
            b"",
            b"HTTP/1.1 200 OK",
            encode(Segment(Kind.ACK, segment.connection ^ 1, 1, 9)),  # another connection
            encode(Segment(Kind.ACK, segment.connection, 2, 9)),  # never sent
            encode(Segment(Kind.DATA, segment.connection, 1, 0)),  # not its part
            encode(Segment(Kind.ACK, segment.connection, 1, 9))[:-1],  # cut
        ):
            fake.socket.send_to(wrong, datagram.sender)
        fake.socket.send_to(encode(Segment(Kind.ACK, segment.connection, 1, 9)), datagram.sender)
        assert sending.result() == 7
        assert sender.report.ignored == 6
