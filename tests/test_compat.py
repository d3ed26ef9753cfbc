"""netsteps.compat: what is ours in it. CPython's own tests judge the rest (tests/conformance)."""

import errno
import gc
import os
import pickle
import select
import signal
import socket as standard
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, until
from netsteps import compat

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = ("127.0.0.1", 0)


@pytest.fixture
def pair() -> "Iterator[tuple[Any, Any]]":
    with (
        compat.create_server(LOOPBACK) as server,
        compat.create_connection(server.getsockname()) as client,
    ):
        connection, _ = server.accept()
        with connection:
            client.setsockopt(standard.IPPROTO_TCP, standard.TCP_NODELAY, 1)
            yield client, connection


# The module


def test_it_has_every_name_of_the_standard_module() -> None:
    assert [name for name in standard.__all__ if not hasattr(compat, name)] == []
    assert compat.AF_INET is standard.AF_INET
    assert compat.timeout is TimeoutError
    assert compat._LOCALHOST == standard._LOCALHOST


def test_what_makes_sockets_makes_ours() -> None:
    server = compat.create_server(LOOPBACK)
    client = compat.create_connection(server.getsockname())
    accepted, _ = server.accept()
    again = compat.fromfd(client.fileno(), client.family, client.type)
    for made in (server, client, client.dup(), accepted, again, *compat.socketpair()):
        assert isinstance(made, compat.socket)
        made.close()
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(server)


# Errors


def test_an_error_is_the_standard_librarys_and_says_why() -> None:
    with standard.socket() as silent, compat.socket() as ours, standard.socket() as theirs:
        silent.bind(LOOPBACK)
        with pytest.raises(ConnectionRefusedError) as expected:
            theirs.connect(silent.getsockname())
        with pytest.raises(ConnectionRefusedError) as caught:
            ours.connect(silent.getsockname())
    error = caught.value
    assert isinstance(error, ns.Refused)
    assert (error.args, str(error)) == (expected.value.args, str(expected.value))
    assert error.remedy
    assert "nobody listens" in error.__notes__[0]


@pytest.mark.parametrize(
    ("number", "standards"),
    [
        (errno.ECONNABORTED, ConnectionAbortedError),
        (errno.ENOENT, FileNotFoundError),
        (errno.EINTR, InterruptedError),
        (errno.ENOTCONN, OSError),
        (errno.EEXIST, FileExistsError),
    ],
)
def test_every_number_gives_the_standard_class(number: int, standards: type[OSError]) -> None:
    from netsteps.errors import plain

    for code in ("system", "reset"):
        error = plain(code, number, os.strerror(number), "recv", None, "so", "that")
        assert isinstance(error, standards)
        assert error.args == (number, os.strerror(number))


def test_a_timeout_has_the_standard_arguments(pair: tuple[Any, Any]) -> None:
    client, _ = pair
    client.settimeout(0.01)
    with pytest.raises(ns.TimedOut) as caught:
        client.recv(1)
    assert (caught.value.args, caught.value.errno) == (("timed out",), None)


def test_a_name_that_nobody_has_is_a_gaierror() -> None:
    with compat.socket() as client, pytest.raises(standard.gaierror) as caught:
        client.connect(("no-such-name.invalid", 80))
    assert isinstance(caught.value, ns.NameNotFound)
    assert caught.value.args[0] == caught.value.errno < 0


# What is better than the standard


@pytest.mark.parametrize("call", ["recv", "recv_into", "recvfrom", "recvmsg", "accept"])
def test_close_in_another_thread_ends_a_call_that_waits(call: str) -> None:
    with compat.socket() as server, compat.socket(type=standard.SOCK_DGRAM) as silent:
        server.bind(LOOPBACK)
        server.listen()
        silent.bind(LOOPBACK)
        waits = server if call == "accept" else silent
        asked: Any = {"accept": (), "recv_into": (bytearray(1),)}.get(call, (1,))
        ended: list[OSError] = []

        def wait() -> None:
            with pytest.raises(OSError, match="Bad file descriptor") as caught:
                getattr(waits, call)(*asked)
            ended.append(caught.value)

        thread = threading.Thread(target=wait)
        with ns.Trace() as trace:
            thread.start()
            until(lambda: any(e.phase == "started" for e in trace.events), "the call waits")
            waits.close()
            thread.join(PATIENCE)
        assert not thread.is_alive()
        assert isinstance(ended[0], ns.SocketClosed)
        assert ended[0].errno == errno.EBADF


def test_a_signal_handler_that_raises_ends_a_call(pair: tuple[Any, Any]) -> None:
    def handler(*_: object) -> None:
        raise KeyError("mine")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyError, match="mine"):
            pair[0].recv(1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_descriptor_made_non_blocking_beside_us_does_not_wait(pair: tuple[Any, Any]) -> None:
    client, _ = pair
    os.set_blocking(client.fileno(), False)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    with compat.create_server(LOOPBACK) as server:
        os.set_blocking(server.fileno(), False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_descriptor_blocks_as_the_standards_does() -> None:
    with compat.socket() as made:
        for timeout, blocks in ((None, True), (0, False), (1.5, False), (None, True)):
            made.settimeout(timeout)
            assert os.get_blocking(made.fileno()) is blocks
            assert made.gettimeout() == timeout
            assert made.getblocking() is (timeout != 0)
        assert not os.get_inheritable(made.fileno())


def test_a_blocking_send_takes_all_of_it(pair: tuple[Any, Any]) -> None:
    client, connection = pair
    data = os.urandom(8 << 20)
    came = bytearray()

    def take() -> None:
        while piece := connection.recv(1 << 16):
            came.extend(piece)

    thread = threading.Thread(target=take)
    thread.start()
    assert client.send(data) == len(data)
    client.shutdown(standard.SHUT_WR)
    thread.join(PATIENCE)
    assert bytes(came) == data


def test_two_readers_that_want_all_of_it_get_it(pair: tuple[Any, Any]) -> None:
    client, connection = pair
    with ns.Trace() as trace:
        readers = [Background(lambda: connection.recv(10, standard.MSG_WAITALL)) for _ in range(2)]
        plain = Background(lambda: connection.recv(1))
        begun = time.process_time()
        while plain.is_alive():
            client.sendall(b"x")
            time.sleep(0.01)
        sent = sum(event.size for event in trace.events if event.call == "send")
        client.sendall(b"x" * (21 - sent))
        assert [len(reader.result()) for reader in readers] == [10, 10]
        # Nobody asked again and again while another had its turn.
        assert time.process_time() - begun < 0.5
    came = [event for event in trace.events if event.call == "recv" and event.phase == "completed"]
    assert sum(event.size for event in came) == 21


def test_a_forgotten_close_is_told_and_done() -> None:
    number = -1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = compat.socket()
        number, text = made.fileno(), repr(made)
        del made
        gc.collect()
    assert [str(warning.message) for warning in caught] == [f"unclosed {text}"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_a_derived_class_may_use_any_name() -> None:
    class Derived(compat.socket):
        def _close(self) -> None:
            self.close()

        _open = _detach = _accept_into = _send_file = _close  # type: ignore[assignment]

        def fileno(self) -> int:
            raise RuntimeError("not now")

    forgotten = Derived()
    number = compat.socket.fileno(forgotten)
    del forgotten
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
    with Derived() as server:
        server.bind(LOOPBACK)
        server.listen()
        with Derived() as client:
            client.connect(server.getsockname())
            server.accept()[0].close()
            os.close(client.detach())


def test_a_detached_descriptor_stays_open(pair: tuple[Any, Any]) -> None:
    client, connection = pair
    number = client.detach()
    assert client.fileno() == -1
    with standard.socket(fileno=number) as theirs:
        theirs.send(b"still here")
        assert connection.recv(100) == b"still here"


def test_a_buffer_list_that_changes_meanwhile_does_no_harm(pair: tuple[Any, Any]) -> None:
    client, connection = pair
    buffers: list[Any] = [bytearray(b"one"), bytearray(b"two")]

    class Emptying:
        def __iter__(self) -> "Iterator[Any]":
            for buffer in list(buffers):
                yield buffer
                buffers.clear()

    assert client.sendmsg(Emptying()) == 6
    assert connection.recv(100) == b"onetwo"


# The trace


def test_every_call_is_an_event_and_the_ladder_meets() -> None:
    with (
        ns.Trace() as trace,
        compat.create_server(LOOPBACK) as server,
        compat.create_connection(server.getsockname()) as client,
    ):
        connection, _ = server.accept()
        with connection:
            client.sendall(b"hello")
            assert connection.recv(10, standard.MSG_PEEK) == b"hello"
            assert connection.recv(10) == b"hello"
            client.shutdown(standard.SHUT_WR)
            assert connection.recv(10) == b""
    calls = [(event.step, event.call) for event in trace.events]
    for expected in (
        ("socket", "socket"),
        ("bind", "bind"),
        ("listen", "listen"),
        ("connect", "connect"),
        ("accept", "accept4"),
        ("accepted", "accepted"),
        ("sendall", "send"),
        ("recv", "recv MSG_PEEK"),
        ("recv", "recv"),
        ("shutdown", "shutdown"),
        ("close", "close"),
    ):
        assert expected in calls, expected
    moved = [event for event in trace.events if event.call in {"send", "recv"}]
    assert [event.preview for event in moved] == [b"hello", b"hello", b""]
    assert [event.offset for event in moved] == [0, 0, 5]
    assert moved[-1].after == "peer finished"
    assert "hello" in str(trace.ladder())


def test_unix_sockets_work_and_are_no_events(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with (
        ns.Trace() as trace,
        compat.socket(standard.AF_UNIX) as server,
        compat.socket(standard.AF_UNIX) as client,
    ):
        server.bind(path)
        server.listen()
        client.connect(path)
        connection, peer = server.accept()
        with connection:
            assert (peer, server.getsockname()) == ("", path)
            client.sendall(b"x")
            assert connection.recv(1) == b"x"
            assert [line.step for line in client.steps][-1] == "sendall"
    assert trace.events == []


def test_a_would_block_is_no_event(pair: tuple[Any, Any]) -> None:
    client, connection = pair
    client.setblocking(False)
    with ns.Trace() as trace:
        with pytest.raises(BlockingIOError):
            client.recv(1)
        connection.send(b"x")
        select.select([client], [], [], PATIENCE)
        assert client.recv(1) == b"x"
    assert [event.call for event in trace.events] == ["send", "recv"]


def test_a_forked_child_closes_its_own(pair: tuple[Any, Any]) -> None:
    client, connection = pair
    child = os.fork()
    if child == 0:
        connection.close()
        client.sendall(b"from the child")
        client.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert connection.recv(100) == b"from the child"
    client.sendall(b"still open")
    assert connection.recv(100) == b"still open"


def test_a_lookup_ends_with_the_time_of_the_socket() -> None:
    begun = time.monotonic()
    with compat.socket() as client:
        client.settimeout(0.2)
        with pytest.raises(OSError, match=r"timed out|not known|resolution") as caught:
            client.connect(("a-name-that-takes-long.invalid", 80))
    assert time.monotonic() - begun < PATIENCE
    assert isinstance(caught.value, ns.SocketError)
