"""TcpSender, TcpReceiver, UdpSender and UdpReceiver: the two ends of a transfer."""

import hashlib
import random
import struct
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, listening, much, pair, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = much(1024 * 1024)


@pytest.fixture
def receiver() -> "Iterator[ns.TcpReceiver]":
    with ns.TcpReceiver() as made:
        yield made


def sender_to(receiver: "ns.TcpReceiver | ns.UdpReceiver") -> ns.TcpSender:
    return ns.TcpSender(*receiver.endpoint, timeout=PATIENCE)


# TCP


def test_a_file_of_5_mib_arrives_whole(receiver: ns.TcpReceiver, tmp_path: "Path") -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(random.Random(5).randbytes(5 * MIB))
    told: list[tuple[int, int]] = []
    came: list[int] = []

    def receive() -> int:
        return receiver.receive_file(
            copy, progress=lambda done, total: came.append(done), timeout=PATIENCE
        )

    thread = Background(receive)
    with sender_to(receiver) as sender:
        assert sender.send_file(source, progress=lambda *a: told.append(a)) == 5 * MIB
    assert thread.result() == 5 * MIB
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (source, copy)]
    assert digests[0] == digests[1]
    assert told[-1] == (5 * MIB, 5 * MIB)
    assert came[-1] == 5 * MIB
    assert came == sorted(came)


def test_messages_keep_their_borders_and_their_order(receiver: ns.TcpReceiver) -> None:
    messages = [b"", b"one", bytearray(b"two"), memoryview(b"three"), bytes(MIB)]
    with sender_to(receiver) as sender:

        def send() -> None:
            for message in messages:
                sender.send_message(message, timeout=PATIENCE)
            sender.finish()

        thread = Background(send)
        assert list(receiver) == [bytes(message) for message in messages]
        thread.result()
        assert receiver.receive_message(timeout=PATIENCE) is None


def test_bytes_arrive_in_any_form(receiver: ns.TcpReceiver) -> None:
    with sender_to(receiver) as sender:
        sender.send(b"hello ")
        sender.send(bytearray(b"world"))
        sender.finish()
        first = receiver.receive(5, timeout=PATIENCE)
        assert b"hello".startswith(first)
        assert first + receiver.receive_all(timeout=PATIENCE) == b"hello world"
        assert receiver.receive(timeout=PATIENCE) == b""


def test_one_sender_after_the_other(receiver: ns.TcpReceiver) -> None:
    assert receiver.socket is None
    for number in range(3):
        with sender_to(receiver) as sender:
            assert receiver.next_sender(timeout=PATIENCE) == sender.local
            assert receiver.socket is not None
            assert receiver.socket.peer == sender.local
            sender.send_message(bytes([number]))
            assert receiver.receive_message(timeout=PATIENCE) == bytes([number])
    with pytest.raises(ns.TimedOut):
        receiver.next_sender(timeout=0.01)


def test_an_answer_goes_back_over_the_same_connection(receiver: ns.TcpReceiver) -> None:
    with sender_to(receiver) as sender:
        sender.send_message(b"question")
        assert receiver.receive_message(timeout=PATIENCE) == b"question"
        receiver.socket.write_message(b"answer")
        assert sender.socket.read_message(timeout=PATIENCE) == b"answer"
        assert (sender.peer, sender.local) == (receiver.endpoint, receiver.socket.peer)


def test_limits_are_checked_before_memory_or_disk_is_taken(
    receiver: ns.TcpReceiver, tmp_path: "Path"
) -> None:
    with sender_to(receiver) as sender:
        sender.send(struct.pack("!I", 2**32 - 1))
        with pytest.raises(ns.MessageTooLarge):
            receiver.receive_message(timeout=PATIENCE)
    receiver.socket.close()
    with sender_to(receiver) as sender:
        receiver.next_sender(timeout=PATIENCE)
        sender.send(bytes(1000))
        sender.finish()
        with pytest.raises(ns.MessageTooLarge):
            receiver.receive_file(tmp_path / "file", limit=999, timeout=PATIENCE)
    assert not (tmp_path / "file").exists() or (tmp_path / "file").stat().st_size <= 999
    with sender_to(receiver) as sender:
        receiver.next_sender(timeout=PATIENCE)
        sender.send(bytes(1000))
        sender.finish()
        assert receiver.receive_file(tmp_path / "exact", limit=1000, timeout=PATIENCE) == 1000


def test_a_file_that_is_there_is_never_overwritten(
    receiver: ns.TcpReceiver, tmp_path: "Path"
) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    with sender_to(receiver) as sender:
        sender.send(b"other")
        with pytest.raises(FileExistsError):
            receiver.receive_file(kept, timeout=PATIENCE)
        with pytest.raises(FileNotFoundError):
            receiver.receive_file(tmp_path / "no" / "folder", timeout=PATIENCE)
        sender.finish()
        assert receiver.receive_all(timeout=PATIENCE) == b"other", "something was lost"
    assert kept.read_text() == "mine"


def test_what_the_receivers_progress_raises_ends_the_step(
    receiver: ns.TcpReceiver, tmp_path: "Path"
) -> None:
    def progress(done: int, total: object) -> None:
        raise KeyError(done)

    with sender_to(receiver) as sender:
        sender.send(b"x")
        with pytest.raises(KeyError):
            receiver.receive_file(tmp_path / "file", progress=progress, timeout=PATIENCE)


def test_an_end_inside_a_message_is_told(receiver: ns.TcpReceiver) -> None:
    with sender_to(receiver) as sender:
        sender.send(struct.pack("!I", 10) + b"half")
        sender.finish()
        with pytest.raises(ns.UnexpectedEnd) as caught:
            receiver.receive_message(timeout=PATIENCE)
        assert caught.value.partial.endswith(b"half")


def test_the_ends_say_where_they_are(receiver: ns.TcpReceiver) -> None:
    with sender_to(receiver) as sender:
        assert str(receiver.endpoint) in repr(receiver)
        assert str(receiver.endpoint) in repr(sender)
    assert "closed" in repr(sender)
    receiver.close()
    receiver.close()
    with pytest.raises(ns.SocketClosed):
        receiver.receive(timeout=1)
    sender.close()
    with pytest.raises(ns.SocketClosed):
        sender.send(b"x")


def test_a_receiver_listens_on_ipv6_and_on_a_port_that_is_asked_for() -> None:
    with ns.TcpReceiver("::1") as first:
        assert first.endpoint.family == "ipv6"
        with sender_to(first) as sender:
            sender.send_message(b"x")
            assert first.receive_message(timeout=PATIENCE) == b"x"
        port = first.endpoint.port
    with ns.TcpReceiver("::1", port) as again:  # though the old connection is in TIME_WAIT
        assert again.endpoint.port == port
        with pytest.raises(ns.AddressInUse):
            ns.TcpReceiver("::1", port)


def test_a_sender_connects_to_every_kind_of_server() -> None:
    with listening("ipv6") as listener, ns.TcpSender(listener.local, timeout=PATIENCE) as sender:
        sender.send_message(b"hello")
        with listener.accept(timeout=PATIENCE) as connection:
            assert connection.read_message(timeout=PATIENCE) == b"hello"
            connection.finish()
            assert sender.socket.read() == b""
    with ns.Socket("tcp") as dead:
        dead.bind("127.0.0.1", 0)
        with pytest.raises(ns.Refused):
            ns.TcpSender(*dead.local)


# UDP


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_datagrams_arrive_with_their_sender(host: str) -> None:
    with ns.UdpReceiver(host) as receiver, ns.UdpSender(*receiver.endpoint) as sender:
        assert sender.send(b"hello") == 5
        assert sender.send(b"") == 0
        first, second = (receiver.receive(timeout=PATIENCE) for _ in range(2))
        assert (first.data, first.sender) == (b"hello", sender.local)
        assert second.data == b""
        assert (sender.peer, receiver.endpoint.ip) == (receiver.endpoint, host)
        with pytest.raises(ns.TimedOut):
            receiver.receive(timeout=0.01)


@pytest.mark.exact_io(reason="counts what one call takes")
def test_many_datagrams_are_sent_and_received_in_one_call() -> None:
    messages = [bytes([number]) * number for number in range(100)]
    with ns.UdpReceiver() as receiver, ns.UdpSender(*receiver.endpoint) as sender:
        assert sender.send_many(iter(messages)) == 100
        first = receiver.receive_many(10, timeout=PATIENCE)
        assert [datagram.data for datagram in first] == messages[:10]
        rest = receiver.receive_many(1000, timeout=PATIENCE)
        assert [datagram.data for datagram in rest] == messages[10:]
        assert receiver.receive_many(timeout=0.01) == []
        assert sender.send_many([]) == 0
        assert receiver.report.received == 100
        assert receiver.report.bytes == sum(map(len, messages))
        assert receiver.report.cut == 0
        assert "received=100" in repr(receiver.report)


def test_a_datagram_that_is_cut_is_counted() -> None:
    with ns.UdpReceiver() as receiver, ns.UdpSender(*receiver.endpoint) as sender:
        sender.send(b"0123456789")
        datagram = receiver.receive(4, timeout=PATIENCE)
        assert (datagram.data, datagram.truncated_from) == (b"0123", 10)
        assert (receiver.report.bytes, receiver.report.cut) == (4, 1)


def test_a_message_that_cannot_be_sent_ends_send_many_after_those_before_it() -> None:
    with ns.UdpReceiver() as receiver, ns.UdpSender(*receiver.endpoint) as sender:
        for wrong, kind in (("text", ns.BadPayload), (bytes(70_000), ns.DatagramTooLarge)):
            with pytest.raises(kind):
                sender.send_many([b"first", wrong, b"never"])
            assert receiver.receive(timeout=PATIENCE).data == b"first"
        with pytest.raises(ns.TimedOut):
            receiver.receive(timeout=0.01)
        with pytest.raises(TypeError):
            sender.send_many(5)


def test_iteration_gives_datagrams_until_the_receiver_is_closed() -> None:
    with ns.UdpReceiver() as receiver, ns.UdpSender(*receiver.endpoint) as sender:
        thread = Background(lambda: [datagram.data for datagram in receiver])
        sender.send_many([b"a", b"b", b"c"])
        until(lambda: receiver.report.received == 3, "all have come")
        receiver.close()
        assert thread.result() == [b"a", b"b", b"c"]
        assert list(receiver) == []


def test_a_refusal_of_the_peers_machine_is_told_by_a_later_send() -> None:
    with ns.UdpReceiver() as gone:
        address = gone.endpoint
    with ns.UdpSender(*address) as sender:
        with pytest.raises(ns.Refused, match="ICMP"):
            sender.send_many([b"anybody?"] * 100)
        assert str(address) in repr(sender)


def test_a_file_that_the_peer_stops_reading_tells_how_much_was_taken(tmp_path: "Path") -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(40_000_000))
    with pair() as (client, _):
        with pytest.raises(ns.TimedOut) as caught:
            client.write_file(path, timeout=0.2)
        taken = client.steps[-2]
    assert taken.step == "write_file"
    assert 0 < taken.bytes < 40_000_000
    assert f"({taken.bytes} bytes of the file had been taken)" in caught.value.cause
