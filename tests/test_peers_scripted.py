"""Scripted peers of netsteps.peers: every step, on both sides, and several clients."""

import re
import socket as std
import threading
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, bound
from netsteps import peers
from netsteps.peers import (
    ScriptError,
    close,
    expect,
    expect_end,
    expect_reset,
    finish,
    pause,
    reset,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PING, PONG = b"PING\r\n", b"+PONG\r\n"


def connected(peer: peers.ScriptedServer) -> std.socket:
    return std.create_connection(tuple(peer.endpoint), PATIENCE)


def test_a_script_is_played_with_a_socket_of_the_standard_library() -> None:
    with peers.scripted([expect(PING), send(PONG), expect_end()]) as peer:
        with connected(peer) as client:
            client.sendall(PING)
            assert client.recv(100) == PONG
            assert not peer.done
        peer.check()
        assert peer.done
        assert peer.failure is None
        assert peer.received == [PING]
    assert "1 of 1 clients" in repr(peer)


def test_a_script_is_played_with_netsteps_own_socket() -> None:
    with (
        peers.scripted([expect(PING), send(PONG), expect_end()]) as peer,
        ns.Socket("tcp") as client,
    ):
        client.connect(peer.endpoint)
        client.write(PING)
        assert client.read_exactly(len(PONG), timeout=PATIENCE) == PONG
        client.finish()
        assert client.read(timeout=PATIENCE) == b""


def test_a_script_over_ipv6_with_a_greeting() -> None:
    with (
        peers.scripted([send(b"220 ready\r\n"), expect(b"QUIT\r\n")], host="::1") as peer,
        connected(peer) as client,
    ):
        assert client.recv(100) == b"220 ready\r\n"
        client.sendall(b"QUIT\r\n")
        assert client.recv(100) == b""


def test_expect_joins_what_comes_in_pieces_and_leaves_what_follows() -> None:
    line = re.compile(rb"[a-z]+\n")
    script = [expect(b"abc"), expect(4), expect(line), expect(b"x\n"), expect(line)]
    with peers.scripted(script) as peer, connected(peer) as client:
        client.setsockopt(std.IPPROTO_TCP, std.TCP_NODELAY, 1)
        for byte in b"abc1234word\nx\nlast\n":
            client.sendall(bytes([byte]))
        assert client.recv(100) == b""


def test_expect_takes_all_of_it_from_one_segment() -> None:
    line = re.compile(rb"[a-z]+\n")
    script = [expect(line), expect(b"abc"), expect(4), send(b"ok")]
    with peers.scripted(script) as peer, connected(peer) as client:
        client.sendall(b"word\nabc1234")
        assert client.recv(100) == b"ok"


def test_send_can_answer_with_what_the_last_expect_took() -> None:
    script = [expect(re.compile(rb"id=\d+;")), send(lambda taken: b"for " + taken)]
    with peers.scripted(script) as peer, connected(peer) as client:
        client.sendall(b"id=42;")
        assert client.recv(100) == b"for id=42;"


def test_two_sends_with_a_pause_between_them_go_apart() -> None:
    script = [send(b"first"), pause(0.05), send(b"second")]
    with peers.scripted(script) as peer, connected(peer) as client:
        assert client.recv(100) == b"first"
        assert client.recv(100) == b"second"


def test_reset_is_a_reset_and_close_is_an_end() -> None:
    # The reset waits for a byte: one that came at once would be told by the client's connect.
    cut = [expect(b"x"), send(b"ab"), reset()]
    with peers.scripted(cut, [send(b"ab"), close()]) as peer:
        with connected(peer) as client:
            client.sendall(b"x")
            assert client.recv(100) == b"ab"
            with pytest.raises(ConnectionResetError):
                client.recv(100)
        with connected(peer) as client:
            assert client.recv(100) == b"ab"
            assert client.recv(100) == b""


def test_finish_ends_our_half_alone() -> None:
    script = [send(b"ab"), finish(), expect(b"still here"), expect_end()]
    with peers.scripted(script) as peer, connected(peer) as client:
        assert client.recv(100) == b"ab"
        assert client.recv(100) == b""
        client.sendall(b"still here")


def test_expect_reset_is_a_client_that_cuts() -> None:
    with (
        peers.scripted([expect(b"ab"), expect_reset()]) as peer,
        peers.client.scripted(peer.endpoint, [send(b"ab"), pause(0.02), reset()]),
    ):
        pass


def test_a_client_plays_a_script_with_a_server_of_python() -> None:
    def serve(listener: std.socket) -> bytes:
        connection, _ = listener.accept()
        with connection:
            asked = connection.recv(100)
            connection.sendall(PONG)
            return asked

    with std.create_server(("127.0.0.1", 0)) as listener:
        serving = Background(lambda: serve(listener))
        script = [send(PING), expect(PONG), expect_end()]
        peers.client.scripted(listener.getsockname(), script).check()
        assert serving.result() == PING


def test_a_client_plays_a_script_with_a_server_of_netsteps() -> None:
    with ns.TcpServer(on_message=lambda m: m.upper(), framing="lines") as server:
        script = [send(b"he"), pause(0.01), send(b"llo\nyou\n"), expect(b"HELLO\nYOU\n")]
        with peers.client.scripted(server.endpoint, script) as peer:
            pass
        assert peer.done
        assert peer.received == [b"HELLO\nYOU\n"]


def test_two_scripted_peers_talk_to_each_other() -> None:
    with (
        peers.scripted([expect(PING), send(PONG), expect_end()]) as server,
        peers.client.scripted(server.endpoint, [send(PING), expect(PONG)]) as client,
    ):
        pass
    assert server.done
    assert client.done


def test_each_client_has_a_script_of_its_own_so_a_second_try_can_be_answered() -> None:
    def ask(endpoint: ns.Endpoint) -> bytes:
        for _ in range(3):
            try:
                with std.create_connection(tuple(endpoint), PATIENCE) as client:
                    client.sendall(PING)
                    return client.recv(100)
            except ConnectionError:
                continue
        raise AssertionError("three tries")

    with peers.scripted([expect(PING), reset()], [expect(PING), send(PONG)]) as peer:
        assert ask(peer.endpoint) == PONG


def test_several_clients_are_served_at_once() -> None:
    scripts = [[expect(PING), send(PONG)]] * 10
    with peers.scripted(*scripts) as peer:
        clients = [connected(peer) for _ in scripts]
        for client in reversed(clients):
            client.sendall(PING)
            assert client.recv(100) == PONG
            client.close()
    assert peer.done


def test_a_pool_may_keep_its_connection_open_to_the_end() -> None:
    with peers.scripted([expect(PING), send(PONG)]) as peer:
        client = connected(peer)
        client.sendall(PING)
        assert client.recv(100) == PONG
        begin = time.monotonic()
    assert time.monotonic() - begin < 1
    client.close()


def test_datagrams_are_played_with_a_socket_of_the_standard_library() -> None:
    script = [expect(re.compile(rb"who is \w+")), send(lambda asked: asked[::-1]), expect(3)]
    with (
        peers.scripted_udp(script) as peer,
        std.socket(std.AF_INET, std.SOCK_DGRAM) as client,
    ):
        client.settimeout(PATIENCE)
        client.sendto(b"who is there", tuple(peer.endpoint))
        assert client.recv(100) == b"ereht si ohw"
        client.sendto(b"bye", tuple(peer.endpoint))
    assert peer.done


def test_a_client_plays_datagrams_with_a_server_of_netsteps() -> None:
    with ns.UdpServer(lambda datagram: datagram.data.upper()) as server:
        peers.client.scripted_udp(server.endpoint, [send(b"hello"), expect(b"HELLO")]).check()


def test_another_datagram_fails_and_so_does_one_too_many() -> None:
    peer = peers.scripted_udp([expect(b"bye")])
    with bound() as client:
        client.send_to(b"byte", peer.endpoint)
        with pytest.raises(ScriptError, match="another datagram came, of 4 bytes") as caught:
            peer.check()
    assert (caught.value.expected, caught.value.got) == (b"bye", b"byte")
    peer = peers.scripted_udp([expect(b"bye")])
    with bound() as client:
        client.send_to(b"bye", peer.endpoint)
        client.send_to(b"bye", peer.endpoint)
        with pytest.raises(ScriptError, match="no step expects"):
            peer.check()


def test_no_thread_and_no_trace_is_left() -> None:
    before = threading.active_count()
    with peers.scripted([expect(PING), close()], [expect(PING)]) as peer:
        with connected(peer) as client:
            client.sendall(PING)
            assert client.recv(100) == b""
        with connected(peer) as client:
            client.sendall(PING)
        peer.check()
    assert threading.active_count() == before
    recorded = len(peer.trace.events)
    with bound():
        assert len(peer.trace.events) == recorded


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (peers.scripted, TypeError, "a list of steps for each client"),
        (lambda: peers.scripted([]), ValueError, "at least one step"),
        (lambda: peers.scripted(expect(b"x")), TypeError, "a script is a list of steps"),
        (lambda: peers.scripted([b"x"]), TypeError, "step 1 is no step but b'x'"),
        (lambda: peers.scripted([send(b"x")], timeout=None), TypeError, "timeout"),
        (lambda: peers.scripted([send(b"x")], timeout=-1), ValueError, "timeout"),
        (lambda: expect("text"), TypeError, "bytes, not str"),
        (lambda: expect(re.compile("text")), TypeError, "a pattern of bytes"),
        (lambda: expect(0), ValueError, r"expect_end\(\)"),
        (lambda: expect(b""), ValueError, r"expect_end\(\)"),
        (lambda: expect(-1), ValueError, "above 0"),
        (lambda: expect(True), TypeError, "not bool"),
        (lambda: send(5), TypeError, "send takes bytes, not int"),
        (lambda: pause(-1), ValueError, "seconds"),
        (lambda: pause("1"), TypeError, "seconds"),
        (lambda: expect(b"x", timeout=float("nan")), ValueError, "timeout"),
        (lambda: peers.scripted([close(), send(b"x")]), ValueError, "nothing can follow step 1"),
        (lambda: peers.scripted([finish(), send(b"x")]), ValueError, "nothing can be sent after"),
        (lambda: peers.scripted([expect_end(), expect(1)]), ValueError, "nothing can come after"),
        (lambda: peers.scripted_udp([expect(1), close()]), ValueError, "no connection"),
        (lambda: peers.scripted_udp([send(b"x")]), ValueError, "expect comes first"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_at_once(
    make: "Callable[[], object]", error: type[Exception], words: str
) -> None:
    before = threading.active_count()
    with pytest.raises(error, match=words):
        make()
    assert threading.active_count() == before


def test_a_script_may_be_any_sequence() -> None:
    steps: Sequence[peers.Step] = (send(b"x"), expect_end())
    with peers.scripted(steps) as peer, connected(peer) as client:
        assert client.recv(10) == b"x"
