"""UDP: what is true of the standard library's sockets is true of ours."""

import array
import time
from typing import Any

import pytest
from backends import Backend, in_both_families, on_both, until_there

from helpers import LOOPBACK, PATIENCE

pytestmark = [on_both]

LIMIT = {"ipv4": 65_507, "ipv6": 65_527}


@in_both_families
def test_one_send_is_one_datagram_with_its_sender(backend: Backend, family: str) -> None:
    with backend.bound(family) as receiver, backend.bound(family) as sender:
        for data in (b"first", b"second", b"third"):
            assert sender.send_to(data, *receiver.local) == len(data)
        for data in (b"first", b"second", b"third"):
            got = receiver.receive_from(timeout=PATIENCE)
            assert (got.data, tuple(got.sender), got.truncated_from) == (
                data,
                tuple(sender.local),
                None,
            )


def test_the_first_send_takes_a_port(backend: Backend) -> None:
    with backend.bound() as receiver, backend.socket("udp") as sender:
        sender.send_to(b"hello", *receiver.local)
        got = receiver.receive_from(timeout=PATIENCE)
        assert got.sender[0] == "127.0.0.1"
        assert got.sender[1] == sender.local[1] != 0
        receiver.send_to(b"answer", *got.sender)
        assert sender.receive_from(timeout=PATIENCE).data == b"answer"


@in_both_families
def test_an_empty_datagram_arrives_and_ends_nothing(backend: Backend, family: str) -> None:
    with backend.bound(family) as receiver, backend.bound(family) as sender:
        assert sender.send_to(b"", *receiver.local) == 0
        sender.send_to(b"next", *receiver.local)
        got = receiver.receive_from(timeout=PATIENCE)
        assert (got.data, tuple(got.sender)) == (b"", tuple(sender.local))
        assert receiver.receive_from(timeout=PATIENCE).data == b"next"


@pytest.mark.parametrize("size", [0, 1, 10, 99, 100, 101])
def test_a_datagram_that_is_cut_says_its_true_size(backend: Backend, size: int) -> None:
    """As the kernel does with MSG_TRUNC; and the next one is whole."""
    data = bytes(range(100))
    with backend.bound() as receiver, backend.bound() as sender:
        sender.send_to(data, *receiver.local)
        sender.send_to(b"next", *receiver.local)
        got = receiver.receive_from(size, timeout=PATIENCE)
        assert got.data == data[:size]
        assert got.truncated_from == (100 if size < 100 else None)
        assert receiver.receive_from(timeout=PATIENCE).data == b"next"


@in_both_families
def test_the_largest_datagram_goes_and_one_byte_more_does_not(
    backend: Backend, family: str
) -> None:
    limit = LIMIT[family]
    with backend.bound(family) as receiver, backend.bound(family) as sender:
        assert sender.send_to(bytes(limit), *receiver.local) == limit
        assert receiver.receive_from(65535, timeout=PATIENCE).data == bytes(limit)
        with pytest.raises(OSError, match="Errno 90"):
            sender.send_to(bytes(limit + 1), *receiver.local)
        sender.connect(*receiver.local)
        assert sender.send(bytes(limit)) == limit
        with pytest.raises(OSError, match="Errno 90"):
            sender.send(bytes(limit + 1))


@pytest.mark.parametrize(
    "data", [bytearray(b"abcd"), memoryview(b"abcd"), array.array("i", [1])], ids=type
)
def test_every_bytes_like_object_can_be_sent(backend: Backend, data: Any) -> None:
    with backend.bound() as receiver, backend.socket("udp") as sender:
        assert sender.send_to(data, *receiver.local) == 4
        sender.connect(*receiver.local)
        assert sender.send(data) == 4
        for _ in range(2):
            assert receiver.receive_from(timeout=PATIENCE).data == bytes(memoryview(data))


# Connected


@in_both_families
def test_a_connected_socket_talks_to_its_one_peer(backend: Backend, family: str) -> None:
    with backend.bound(family) as peer, backend.socket("udp", family) as socket:
        socket.connect(*peer.local)
        assert tuple(socket.peer) == tuple(peer.local)
        assert socket.send(b"question") == 8
        socket.write(b"another")
        sender = peer.receive_from(timeout=PATIENCE).sender
        assert tuple(sender) == tuple(socket.local)
        assert peer.receive_from(timeout=PATIENCE).data == b"another"
        peer.send_to(b"answer", *sender)
        assert socket.read(timeout=PATIENCE) == b"answer"
        peer.send_to(b"", *sender)
        assert socket.read(timeout=PATIENCE) == b"", "an empty datagram"
        peer.send_to(b"more", *sender)
        buffer = bytearray(10)
        assert socket.read_into(buffer, timeout=PATIENCE) == 4
        assert buffer[:4] == b"more"


def test_a_connected_socket_hears_nobody_else(backend: Backend) -> None:
    with (
        backend.bound() as peer,
        backend.bound() as stranger,
        backend.socket("udp") as socket,
    ):
        socket.connect(*peer.local)
        stranger.send_to(b"who", *socket.local)
        peer.send_to(b"me", *socket.local)
        assert socket.read(timeout=PATIENCE) == b"me"


def test_a_socket_can_be_given_another_peer(backend: Backend) -> None:
    with backend.bound() as one, backend.bound() as two, backend.socket("udp") as socket:
        for peer in (one, two):
            socket.connect(*peer.local)
            socket.send(b"hello")
            assert peer.receive_from(timeout=PATIENCE).data == b"hello"


@in_both_families
def test_a_refusal_comes_back_to_a_connected_socket(backend: Backend, family: str) -> None:
    with backend.dead_port("udp", family) as dead, backend.socket("udp", family) as socket:
        socket.connect(*dead)
        socket.send(b"anybody?")
        with pytest.raises(ConnectionRefusedError):
            socket.read(timeout=PATIENCE)
        socket.send(b"anybody?")
        with pytest.raises(ConnectionRefusedError):
            socket.send(b"again")


def test_a_refusal_does_not_come_back_to_another(backend: Backend) -> None:
    with backend.dead_port("udp") as dead, backend.bound() as socket:
        socket.send_to(b"anybody?", *dead)
        socket.send_to(b"still here", *socket.local)
        assert socket.receive_from(timeout=PATIENCE).data == b"still here"


# Time, and what the kernel keeps


@pytest.mark.exact_io(reason="measures time")
@pytest.mark.parametrize("step", ["receive_from", "read"])
def test_a_timeout_is_a_timeout_error_in_time(backend: Backend, step: str) -> None:
    with backend.bound() as socket:
        late = []
        for _ in range(3):
            begin = time.monotonic()
            with pytest.raises(TimeoutError):
                getattr(socket, step)(timeout=0.1)
            late.append(time.monotonic() - begin - 0.1)
            if late[-1] < 0.02:
                break
        assert 0 <= min(late) < 0.02


def test_what_came_is_kept_in_its_order_until_it_is_asked_for(backend: Backend) -> None:
    with backend.bound() as receiver, backend.socket("udp") as sender:
        for number in range(100):
            sender.send_to(bytes([number]), *receiver.local)
        got = [receiver.receive_from(timeout=PATIENCE).data[0] for _ in range(100)]
        assert got == list(range(100))


def test_close_twice_is_no_error_and_frees_the_port(backend: Backend) -> None:
    with backend.bound() as socket:
        address = tuple(socket.local)
        socket.close()
        socket.close()
        with backend.socket("udp") as again:
            again.bind(*address)


def test_tcp_and_udp_have_ports_of_their_own(backend: Backend) -> None:
    with backend.listening() as listener, backend.socket("udp") as socket:
        socket.bind(LOOPBACK["ipv4"], listener.local[1])
        until_there(socket, 0)
        assert socket.local[1] == listener.local[1]
