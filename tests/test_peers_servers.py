"""The misbehaving servers of netsteps.peers, as Python's own sockets and netsteps' see them.

Each test shows the fault as its client sees it; the programs (curl, nc, …) are in
test_peers_programs.py.
"""

import random
import socket as std
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, until
from netsteps import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLY = b"one reply of some length, that a client wants whole"


@pytest.fixture
def clients() -> "Iterator[ExitStack]":
    with ExitStack() as stack:
        yield stack


def ask(peer: "peers.MisbehavingServer | peers.NeverAccepts", timeout: float = 5) -> std.socket:
    """Connect a socket of the standard library, and ask a question."""
    client = std.create_connection(tuple(peer.endpoint), timeout)
    client.sendall(b"question\n")
    return client


def all_of(client: std.socket) -> bytes:
    """Read to the end of the stream."""
    data = b""
    while part := client.recv(65536):
        data += part
    return data


def test_silent_is_a_timeout_of_the_reader_and_takes_what_is_sent() -> None:
    with peers.silent() as peer, ask(peer, timeout=0.1) as client:
        with pytest.raises(TimeoutError):
            client.recv(100)
        until(lambda: peer.conversations[0].received == b"question\n", "the question came")
        assert peer.conversations[0].ending == "open"
        client.close()
        assert peer.conversations[0].wait() in {"ended", "cut"}


def test_silent_as_netsteps_sees_it() -> None:
    with peers.silent() as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        client.write(b"question\n")
        with pytest.raises(ns.TimedOut):
            client.read(timeout=0.05)


def test_one_byte_at_a_time_comes_in_many_reads() -> None:
    with peers.one_byte_at_a_time(REPLY, pause=0.002) as peer, ask(peer) as client:
        parts = []
        while part := client.recv(100):
            parts.append(part)
    assert b"".join(parts) == REPLY
    assert len(parts) > len(REPLY) // 2  # a slow reader may find two bytes at once


def test_one_byte_at_a_time_is_no_matter_for_a_client_that_reads_exactly() -> None:
    with peers.one_byte_at_a_time(REPLY, request=0) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        assert client.read_exactly(len(REPLY), timeout=PATIENCE) == REPLY


@pytest.mark.parametrize("after", [0, 1, 10, len(REPLY)])
def test_resets_gives_the_bytes_and_then_a_real_reset(after: int) -> None:
    with peers.resets(after=after, reply=REPLY) as peer, ask(peer) as client:
        got = b""
        while len(got) < after:
            got += client.recv(3)
        assert got == REPLY[:after]
        with pytest.raises(ConnectionResetError):
            client.recv(3)
    assert peer.conversations[0].ending == "ended"


def test_resets_after_the_bytes_of_an_upload() -> None:
    with peers.resets(request=100_000) as peer, ask(peer) as client:
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(bytes(50_000_000))
        assert 100_000 <= peer.conversations[0].received_bytes < 200_000


def test_resets_as_netsteps_sees_it() -> None:
    with peers.resets(after=3, reply=REPLY) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        client.write(b"question\n")
        assert client.read_exactly(3, timeout=PATIENCE) == REPLY[:3]
        with pytest.raises(ns.Reset):
            client.read(timeout=PATIENCE)


def test_closes_early_is_the_end_of_the_stream_in_the_middle() -> None:
    with peers.closes_early(after=10, reply=REPLY) as peer, ask(peer) as client:
        assert all_of(client) == REPLY[:10]
        until(lambda: peer.conversations[0].ending == "ended", "it has closed")
        client.sendall(b"more\n")  # answered by a reset, which the next call meets
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            client.sendall(bytes(50_000_000))


def test_closes_early_as_netsteps_sees_it() -> None:
    with peers.closes_early(after=10, reply=REPLY) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        client.write(b"question\n")
        with pytest.raises(ns.UnexpectedEnd) as caught:
            client.read_exactly(len(REPLY), timeout=PATIENCE)
        assert caught.value.partial == REPLY[:10]


def test_garbage_is_the_same_for_each_client_of_a_seed() -> None:
    with peers.garbage(100_000, seed=7) as peer, ask(peer) as one, ask(peer) as other:
        first = all_of(one)
        assert first == all_of(other)
        assert len(first) == 100_000
    with peers.garbage(100_000, seed=8) as peer, ask(peer) as client:
        assert all_of(client) != first


def test_a_drawn_seed_is_shown_and_repeats() -> None:
    with peers.garbage(50, seed=None) as peer, ask(peer) as client:
        data = all_of(client)
        seed = int(repr(peer).partition("seed=")[2].partition(")")[0])
    with peers.garbage(50, seed=seed) as peer, ask(peer) as client:
        assert all_of(client) == data == random.Random(seed).randbytes(50)


def test_garbage_is_refused_by_a_limit_before_memory_is_taken() -> None:
    with peers.garbage(seed=0, request=0) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        with pytest.raises(ns.MessageTooLarge):
            client.read_message(timeout=PATIENCE)


def test_endless_has_no_end_but_its_limits() -> None:
    with peers.endless(b"start", b"ab", limit=10_000_001) as peer, ask(peer) as client:
        data = all_of(client)
    assert data == b"start" + (b"ab" * 5_000_000)[: 10_000_001 - 5]
    assert peer.conversations[0].ending == "out of bytes"


def test_endless_meets_the_limit_of_a_line() -> None:
    with peers.endless(request=0) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        with pytest.raises(ns.MessageTooLarge):
            client.read_until(b"\n", timeout=PATIENCE)


def test_a_length_that_promises_more_is_an_unexpected_end() -> None:
    with peers.wrong_length(b"hello", 100, request=0) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        with pytest.raises(ns.UnexpectedEnd):
            client.read_message(timeout=PATIENCE)


def test_a_length_that_promises_more_and_no_end_is_a_timeout() -> None:
    with (
        peers.wrong_length(b"hello", 100, request=0, stays=True) as peer,
        ns.Socket("tcp") as client,
    ):
        client.connect(peer.endpoint)
        with pytest.raises(ns.TimedOut):
            client.read_message(timeout=0.1)


def test_a_length_that_promises_less_leaves_bytes_of_no_message() -> None:
    with peers.wrong_length(b"hello", 3, request=0) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        assert client.read_message(timeout=PATIENCE) == b"hel"
        with pytest.raises(ns.UnexpectedEnd):
            client.read_message(timeout=PATIENCE)


def test_a_length_of_4_gib_takes_no_memory() -> None:
    with peers.wrong_length(promised=0xFFFFFFFF, request=0) as peer, ns.Socket("tcp") as client:
        client.connect(peer.endpoint)
        with pytest.raises(ns.MessageTooLarge):
            client.read_message(timeout=PATIENCE)


def test_slow_reader_holds_a_fast_writer_back() -> None:
    with peers.slow_reader(rate=2000) as peer, ask(peer) as client:
        client.setsockopt(std.SOL_SOCKET, std.SO_SNDBUF, 4096)
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.sendall(bytes(8_000_000))
        assert peer.conversations[0].received_bytes < 2000


def test_slow_reader_reads_all_in_the_end_and_answers() -> None:
    with peers.slow_reader(rate=100_000, reply=b"thanks") as peer, ask(peer) as client:
        begin = time.monotonic()
        client.sendall(bytes(30_000))
        client.shutdown(std.SHUT_WR)
        assert all_of(client) == b"thanks"
        assert time.monotonic() - begin > 0.2
        assert peer.conversations[0].received_bytes == 30_009


def test_half_close_ends_one_direction_alone() -> None:
    with peers.half_close(REPLY) as peer, ask(peer) as client:
        assert all_of(client) == REPLY
        client.sendall(b"and more")
        until(lambda: peer.conversations[0].received == b"question\nand more", "it goes on")
        assert peer.conversations[0].ending == "open"
        client.shutdown(std.SHUT_WR)
        until(lambda: peer.conversations[0].ending == "ended", "both halves have ended")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_never_accepts_is_a_timeout_of_connect(host: str) -> None:
    with peers.never_accepts(host=host) as peer:
        with pytest.raises(TimeoutError):
            std.create_connection(tuple(peer.endpoint), 0.1).close()
        family = "ipv6" if ":" in host else "ipv4"
        with ns.Socket("tcp", family) as client, pytest.raises(ns.TimedOut):
            client.connect(peer.endpoint, timeout=0.1)


def test_several_clients_are_served_at_once(clients: ExitStack) -> None:
    with peers.one_byte_at_a_time(REPLY, pause=0.005) as peer:
        opened = [clients.enter_context(ask(peer)) for _ in range(8)]
        asked = [Background(lambda client=client: all_of(client)) for client in opened]
        assert [each.result() for each in asked] == [REPLY] * 8
        assert len(peer.conversations) == 8
        assert "8 clients" in repr(peer)


def test_a_peer_that_speaks_first_waits_for_nothing() -> None:
    with (
        peers.half_close(b"220 ready\r\n", request=0) as peer,
        std.create_connection(tuple(peer.endpoint), 5) as client,
    ):
        assert all_of(client) == b"220 ready\r\n"


def test_a_peer_reads_up_to_the_bytes_that_end_a_request() -> None:
    with peers.resets(request=b"\r\n\r\n") as peer, ask(peer, timeout=0.1) as client:
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.sendall(b"\r")
        client.sendall(b"\n\r\n")
        client.settimeout(5)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
