"""The threads of peers: their end with the peer, with Ctrl-C, with the process, after a fork."""

import os
import signal
import socket as std
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, until
from netsteps import peers
from netsteps.peers import expect, send

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = 1.0  # seconds: the law says 0.2, and this machine may be busy


def connected(endpoint: ns.Endpoint) -> std.socket:
    return std.create_connection(tuple(endpoint), PATIENCE)


def test_import_netsteps_does_not_load_the_peers_and_the_attribute_does() -> None:
    code = (
        "import sys, netsteps as ns\n"
        "assert 'netsteps.peers' not in sys.modules\n"
        "with ns.peers.silent() as peer: pass\n"
        "assert 'netsteps.peers' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=30)


SERVERS: "dict[str, Callable[[], peers.MisbehavingServer]]" = {
    "silent": peers.silent,
    "one byte": lambda: peers.one_byte_at_a_time(bytes(1000), pause=1, request=0),
    "endless": lambda: peers.endless(request=0, limit=1 << 40),
    "slow reader": lambda: peers.slow_reader(rate=1),
    "half close": lambda: peers.half_close(b"x"),
    "resets": lambda: peers.resets(request=1000),
}


@pytest.mark.parametrize("name", SERVERS)
def test_stop_ends_each_behaviour_at_once_and_leaves_no_thread(name: str) -> None:
    before = threading.active_count()
    peer = SERVERS[name]()
    clients = [connected(peer.endpoint) for _ in range(3)]
    for client in clients:
        client.sendall(b"hello")
    until(lambda: len(peer.conversations) == 3, "all are served")
    begin = time.monotonic()
    peer.stop()
    assert time.monotonic() - begin < QUICK
    assert threading.active_count() == before
    peer.stop()
    assert {each.ending for each in peer.conversations} <= {"stopped", "cut"}
    for client in clients:
        client.close()
    with pytest.raises(ConnectionRefusedError):
        connected(peer.endpoint)


def test_a_conversation_is_bounded_in_time() -> None:
    with peers.silent(seconds=0.1) as peer, connected(peer.endpoint) as client:
        assert client.recv(1) == b""
        assert peer.conversations[0].wait() == "out of time"


def test_a_conversation_is_bounded_in_bytes() -> None:
    with peers.silent(limit=100_000) as peer, connected(peer.endpoint) as client:
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(bytes(50_000_000))
        assert peer.conversations[0].wait() == "out of bytes"
        assert peer.conversations[0].received_bytes < 300_000


def test_what_is_remembered_is_bounded() -> None:
    with peers.closes_early(request=0) as peer:
        for _ in range(120):
            with connected(peer.endpoint) as client:
                assert client.recv(1) == b""
        assert len(peer.conversations) == 100
    with peers.silent() as peer, connected(peer.endpoint) as client:
        client.sendall(bytes(1_000_000))
        client.shutdown(std.SHUT_WR)
        until(lambda: peer.conversations, "it is served")
        assert peer.conversations[0].wait() == "ended"
        assert peer.conversations[0].received_bytes == 1_000_000
        assert len(peer.conversations[0].received) == 1 << 18


def test_more_clients_than_places_wait_and_stop_ends_them() -> None:
    with peers.silent() as peer:
        clients = [connected(peer.endpoint) for _ in range(105)]
        until(lambda: len(peer.conversations) == 100, "the places are taken")
        clients.pop(0).close()
        until(lambda: peer.conversations[-1].client == clients[99].getsockname(), "the next one")
        for client in clients:
            client.close()


@pytest.mark.parametrize(
    "wait",
    [
        pytest.param(lambda peer: peer.check(), id="check"),
        pytest.param(lambda peer: peer.__exit__(None, None, None), id="with"),
    ],
)
def test_ctrl_c_ends_the_wait_for_a_script(
    wait: "Callable[[peers.ScriptedServer], None]",
) -> None:
    before = threading.active_count()
    peer = peers.scripted([send(b"x"), expect(b"never")], timeout=30)
    with connected(peer.endpoint) as client:
        assert client.recv(1) == b"x"
        timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            wait(peer)
        assert time.monotonic() - begin < QUICK
        timer.join()
    peer.stop()
    assert threading.active_count() == before


def test_ctrl_c_ends_the_wait_for_a_conversation() -> None:
    with peers.silent() as server, peers.client.silent(server.endpoint) as client:
        timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            client.wait(30)
        timer.join()


@pytest.mark.parametrize(
    "making",
    [
        "peers.silent()",
        "peers.slow_reader(rate=1)",
        "peers.scripted([peers.expect(b'never')])",
        "peers.endless(request=0, limit=1 << 40)",
    ],
)
def test_a_process_ends_with_peers_that_still_run(making: str) -> None:
    code = (
        "import socket\n"
        "from netsteps import peers\n"
        f"peer = {making}\n"
        "client = socket.create_connection(tuple(peer.endpoint))\n"
        "client.sendall(b'n')\n"
        "print('up', flush=True)\n"
    )
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"up\n", b"")
    assert time.monotonic() - begin < 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_ends_and_takes_nothing_from_its_parent() -> None:
    code = (
        "import os, socket\n"
        "from netsteps import peers\n"
        "with peers.half_close(b'reply') as peer:\n"
        "    client = socket.create_connection(tuple(peer.endpoint))\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        peer.stop()\n"
        "        os._exit(0)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    client.sendall(b'q')\n"
        "    assert client.recv(100) == b'reply'\n"
        "    client.close()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: peers.resets(after=5, reply=b"abc"), ValueError, "reply has 3 bytes"),
        (lambda: peers.resets(after=-1), ValueError, "after is at least 0"),
        (lambda: peers.resets(after=1.5), TypeError, "after is a whole number"),  # type: ignore[arg-type]
        (lambda: peers.closes_early(reply="x"), TypeError, "reply takes bytes, not str"),  # type: ignore[arg-type]
        (lambda: peers.garbage(-1), ValueError, "size"),
        (lambda: peers.endless(fill=b""), ValueError, "fill"),
        (lambda: peers.slow_reader(rate=0), ValueError, "rate"),
        (lambda: peers.wrong_length(promised=1 << 32), ValueError, "four bytes"),
        (lambda: peers.silent(seconds=-1), ValueError, "seconds"),
        (lambda: peers.silent(limit=0), ValueError, "limit"),
        (lambda: peers.half_close(request=-1), ValueError, "request"),
        (lambda: peers.half_close(request=b""), ValueError, "request"),
        (lambda: peers.silent(port=70000), OverflowError, "port"),
        (lambda: peers.client.silent("127.0.0.1:80"), TypeError, "a tuple"),
        (lambda: peers.client.scripted("x", [send(b"x")]), TypeError, "a tuple"),
        (lambda: peers.client.resets(("127.0.0.1", 1), b"x", 2), ValueError, "request has 1 bytes"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(
    make: "Callable[[], object]", error: type[Exception], words: str
) -> None:
    before = threading.active_count()
    with pytest.raises(error, match=words):
        make()
    assert threading.active_count() == before


def test_scripts_and_conversations_are_in_the_order_of_the_clients() -> None:
    scripts = [[send(b"%d" % number)] for number in range(50)]
    with peers.scripted(*scripts) as peer:
        clients = [connected(peer.endpoint) for _ in scripts]
        for number, client in enumerate(clients):
            assert client.recv(10) == b"%d" % number
            client.close()
    with peers.half_close() as server:
        clients = [connected(server.endpoint) for _ in range(50)]
        until(lambda: len(server.conversations) == 50, "all are served")
        ports = [each.client.port for each in server.conversations if each.client]
        assert ports == [client.getsockname()[1] for client in clients]
        for client in clients:
            client.close()


def test_a_client_that_came_just_before_the_end_is_told() -> None:
    for _ in range(20):
        peer = peers.scripted([expect(b"x")])
        with connected(peer.endpoint) as first:
            first.sendall(b"x")
            assert first.recv(1) == b""
            with std.socket() as second:
                second.connect_ex(tuple(peer.endpoint))  # which a quick reset may end
                with pytest.raises(peers.ScriptError, match="client 2"):
                    peer.check()
