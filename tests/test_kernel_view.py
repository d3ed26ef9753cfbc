"""What the kernel holds for a socket: the numbers against the other end, and their pictures."""

import os
import re
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

import golden
import netsteps as ns
import pictures
from helpers import BIG, Background, bound, full_queue, listening, pair, until
from netsteps.show.buffers import buffers as draw_buffers
from netsteps.show.buffers import queue as draw_queue
from netsteps.show.tcp import tcp as draw_tcp

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


# The numbers


def test_unread_is_what_the_peer_wrote_and_was_not_read() -> None:
    with pair() as (client, connection):
        assert connection.buffers.unread == 0
        client.write(b"x" * 1000)
        until(lambda: connection.buffers.unread == 1000, "the bytes came")
        connection.read_exactly(999)
        held = connection.buffers
        assert (held.unread, held.next_datagram) == (1, None)
        assert held.receive_capacity == connection.options.receive_buffer


def test_a_stopped_reader_leaves_the_bytes_with_the_sender() -> None:
    with pair() as (client, connection):
        with pytest.raises(ns.TimedOut):
            client.write(b"x" * BIG, timeout=0.2)
        sent = sum(line.bytes for line in client.steps if line.step == "write")
        until(
            lambda: client.buffers.unacknowledged + connection.buffers.unread == sent,
            "every byte is at one end or the other",
        )
        held = client.buffers
        assert held.unacknowledged > 0
        assert held.unsent <= held.unacknowledged <= held.send_memory
        assert client.tcp.rwnd_limited_us > 0


def test_a_udp_socket_tells_the_next_datagram_and_its_drops() -> None:
    with bound() as socket, ns.Socket("udp") as sender:
        for size in (5, 100):
            sender.send_to(b"x" * size, socket.local)
        until(lambda: socket.buffers.receive_memory > 105, "they came")
        held = socket.buffers
        assert (held.next_datagram, held.unread, held.unacknowledged, held.unsent) == (
            5, None, None, None,
        )  # fmt: skip
        for _ in range(2000):
            sender.send_to(b"x" * 1000, socket.local)
        until(lambda: socket.buffers.drops > 0, "the buffer is full")
        assert (socket.tcp, socket.queue) == (None, None)


def test_three_clients_wait_in_the_queue() -> None:
    with listening(backlog=7) as listener:
        assert (listener.queue.length, listener.queue.limit) == (0, 7)
        clients = [ns.Socket("tcp") for _ in range(3)]
        try:
            for client in clients:
                client.connect(listener.local)
            until(lambda: listener.queue.length == 3, "three wait")
            with listener.accept() as first:
                assert listener.queue.length == 2
                assert first.queue is None
        finally:
            for client in clients:
                client.close()
        assert (listener.buffers, listener.tcp) == (None, None)


def test_tcp_tells_the_state_the_bytes_and_the_windows() -> None:
    with pair() as (client, connection):
        client.write(b"x" * 5000)
        connection.read_exactly(5000)
        until(lambda: client.buffers.unacknowledged == 0, "all is acknowledged")
        info = client.tcp
        assert info.state == "ESTABLISHED"
        assert info.bytes_sent == 5000 == connection.tcp.bytes_received
        assert info.rtt_us > 0
        assert info.cwnd_bytes == info.cwnd * info.mss
        assert info.window_scale is None or len(info.window_scale) == 2
        assert (info.retransmissions, info.lost, info.in_flight) == (0, 0, 0)
        assert info.last_data_received_ms is None
        client.finish()
        until(lambda: client.tcp.state == "FIN_WAIT2", "the FIN is acknowledged")
        assert connection.tcp.state == "CLOSE_WAIT"


def test_a_connect_that_waits_is_seen() -> None:
    with full_queue() as endpoint, ns.Socket("tcp") as client:
        connecting = Background(lambda: client.connect(endpoint))
        until(lambda: client.tcp is not None, "the kernel asks")
        assert client.tcp.state == "SYN_SENT"
        assert client.tcp.rtt_us is None
        client.close()
        with pytest.raises(ns.SocketClosed):
            connecting.result()


def test_without_a_connection_there_is_none_and_closed_is_an_error() -> None:
    socket = ns.Socket("tcp")
    assert (socket.buffers, socket.tcp, socket.queue) == (None, None, None)
    socket.close()
    for name in ("buffers", "tcp", "queue"):
        with pytest.raises(ns.SocketClosed, match="this socket is closed"):
            getattr(socket, name)


def test_asking_takes_microseconds() -> None:
    with pair() as (client, _):
        begun = time.perf_counter()
        for _ in range(1000):
            assert client.buffers is not None
            assert client.tcp is not None
        assert time.perf_counter() - begun < 1


def test_what_is_told_is_plain_data() -> None:
    with pair() as (client, _):
        held, info = client.buffers, client.tcp
        assert held == client.buffers
        assert repr(held).startswith("<Buffers unread=0, unacknowledged=0,")
        assert repr(info).startswith("<TcpInfo ESTABLISHED rtt_us=")
        with pytest.raises(AttributeError):
            held.unread = 5  # type: ignore[misc] # that is the test


def test_each_shows_itself_in_a_notebook_and_as_text() -> None:
    with pair() as (client, _), listening() as listener:
        for told in (client.buffers, client.tcp, listener.queue):
            bundle = told._repr_mimebundle_()
            assert set(bundle) == {"text/plain", "text/html"}
            assert str(told) == bundle["text/plain"] == str(told.drawing())
            assert "data:image/svg+xml" in bundle["text/html"]
            assert 'fill="#14181d"' in told.drawing(theme="dark").svg


def test_a_fork_is_not_hurt() -> None:
    with pair() as (client, connection):
        client.write(b"xyz")
        until(lambda: connection.buffers.unread == 3, "the bytes came")
        child = os.fork()
        if child == 0:
            os._exit(0 if connection.buffers.unread == 3 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# The pictures


@dataclass(frozen=True)
class Held:
    unread: int | None = 0
    next_datagram: int | None = None
    unacknowledged: int | None = 0
    unsent: int | None = 0
    receive_capacity: int = 131_072
    send_capacity: int = 2_626_560
    receive_memory: int | None = 0
    send_memory: int | None = 0
    drops: int | None = 0


@dataclass(frozen=True)
class Queue:
    length: int
    limit: int


@dataclass(frozen=True)
class Tcp:
    state: str = "CLOSE_WAIT"
    congestion: str = "loss"
    rtt_us: int | None = 1234
    rttvar_us: int | None = 250
    min_rtt_us: int | None = 800
    cwnd: int = 10
    cwnd_bytes: int = 14_480
    ssthresh: int | None = 7
    mss: int = 1448
    in_flight: int = 1
    retransmits_now: int = 3
    retransmissions: int = 17
    probes: int = 2
    bytes_sent: int | None = 100_000
    bytes_acked: int | None = 90_001
    bytes_received: int | None = 5
    receive_window: int | None = 65_536
    peer_window: int | None = 0
    busy_us: int | None = 2_000_000
    rwnd_limited_us: int | None = 1_500_000
    sndbuf_limited_us: int | None = 10
    timestamps: bool = True
    sack: bool = True
    ecn: bool = False
    window_scale: tuple[int, int] | None = (7, 10)


def pictured(name: str, drawing: "Drawing") -> None:
    """Compare with the golden picture, in which no text is cut off or lies on another."""
    golden.check(name, drawing)
    pictures.check(drawing.svg)


def test_buffers_are_two_bars() -> None:
    full = Held(
        unread=98_304, receive_memory=120_000, unacknowledged=2_000_000, unsent=1_400_000,
        send_memory=2_300_000,
    )  # fmt: skip
    pictured("buffers_tcp", draw_buffers(full))
    datagrams = replace(
        Held(), unread=None, unacknowledged=None, unsent=None, next_datagram=500,
        receive_memory=212_160, receive_capacity=212_992, drops=2834,
    )  # fmt: skip
    pictured("buffers_udp", draw_buffers(datagrams))
    pictured("buffers_empty", draw_buffers(Held(receive_memory=None, send_memory=None)))


def test_something_is_never_drawn_as_nothing_nor_beyond_the_end() -> None:
    one = str(draw_buffers(Held(unread=1, receive_memory=300)))
    assert "[#+...." in one
    over = Held(unread=400_000, receive_memory=900_000, unacknowledged=9_000_000, unsent=1)
    drawing = draw_buffers(over)
    assert {len(bar) for bar in re.findall(r"\[([^\]]*)\]", str(drawing))} == {48}
    for x, width in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawing.svg):
        assert float(x) + float(width) <= 620


def test_a_queue_is_places_that_are_taken() -> None:
    pictured("queue", draw_queue(Queue(3, 5)))
    pictured("queue_long", draw_queue(Queue(1, 4096)))
    assert "[######]" in str(draw_queue(Queue(6, 5)))  # Linux takes one more
    assert "[]" in str(draw_queue(Queue(0, 0)))


def test_a_connection_is_told_in_words() -> None:
    pictured("tcp_info", draw_tcp(Tcp()))
    less = Tcp(
        state="SYN_SENT", rtt_us=None, ssthresh=None, bytes_sent=None, bytes_acked=None,
        bytes_received=None, receive_window=None, peer_window=None, busy_us=None,
        rwnd_limited_us=None, sndbuf_limited_us=None, window_scale=None,
    )  # fmt: skip
    text = str(draw_tcp(less))
    assert "round trip" not in text
    assert "SYN_SENT" in text
