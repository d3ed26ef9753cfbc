"""netsteps.compat: a connect that does not wait is told at its end, and a refusal is shown."""

import asyncio
import errno
import select
import socket as standard
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

import netsteps as ns
from helpers import PATIENCE
from netsteps import compat

LOOPBACK = ("127.0.0.1", 0)


@pytest.fixture
def listener() -> Iterator[Any]:
    with standard.create_server(LOOPBACK) as server:
        yield server


@pytest.fixture
def dead() -> Iterator[tuple[str, int]]:
    """Give an address that refuses as long as the test runs."""
    with standard.socket() as bound:
        bound.bind(LOOPBACK)
        yield bound.getsockname()


@pytest.fixture
def trace() -> Iterator[ns.Trace]:
    with ns.Trace() as trace:
        yield trace


@pytest.fixture
def client(trace: ns.Trace) -> Iterator[Any]:
    assert trace.events == []
    with compat.socket() as client:
        client.setblocking(False)
        yield client


def begin(client: Any, address: Any) -> None:
    assert client.connect_ex(address) == errno.EINPROGRESS
    assert select.select([], [client], [], PATIENCE)[1]


def told(trace: ns.Trace) -> list[tuple[str, str, str]]:
    return [
        (event.phase, event.after, (event.error or "")[:22])
        for event in trace.events
        if event.step == "connect"
    ]


def ask(client: Any) -> None:
    client.getsockopt(standard.SOL_SOCKET, standard.SO_ERROR)


def connect_again(client: Any) -> None:
    client.connect_ex(client.address)


def use(client: Any) -> None:
    with suppress(OSError):
        client.send(b"x")


def close(client: Any) -> None:
    client.close()


class Addressed(compat.socket):
    address: Any = None


WAYS = [ask, connect_again, use, close]


@pytest.mark.parametrize("way", WAYS)
def test_a_connect_is_told_when_it_has_ended(
    way: Callable[[Any], None], trace: ns.Trace, listener: Any
) -> None:
    with Addressed() as client:
        client.setblocking(False)
        client.address = listener.getsockname()
        begin(client, client.address)
        assert told(trace) == [("started", "created", "")]
        way(client)
        assert told(trace) == [("completed", "connected", "")]
        [event] = [event for event in trace.events if event.step == "connect"]
        assert (str(event.peer), event.end_ns > event.start_ns) == (
            "{}:{}".format(*client.address),
            True,
        )
        accepted, peer = listener.accept()
        accepted.close()
        assert str(event.local) == "{}:{}".format(*peer)


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_shown(
    way: Callable[[Any], None], trace: ns.Trace, dead: tuple[str, int]
) -> None:
    with Addressed() as client:
        client.setblocking(False)
        client.address = dead
        begin(client, dead)
        way(client)
        [(phase, after, words)] = told(trace)
        assert (phase, after) == ("failed", "created")
        assert words.startswith("connect")
        [event] = [event for event in trace.events if event.step == "connect"]
        assert event.errno == errno.ECONNREFUSED
        assert "refused" in str(trace.ladder())


def test_the_program_is_told_the_error_itself(client: Any, dead: tuple[str, int]) -> None:
    begin(client, dead)
    assert client.getsockopt(standard.SOL_SOCKET, standard.SO_ERROR) == errno.ECONNREFUSED
    assert client.getsockopt(standard.SOL_SOCKET, standard.SO_ERROR) == 0


def test_a_question_before_the_end_ends_nothing(trace: ns.Trace, client: Any) -> None:
    # A listener whose queue is full answers nobody.
    with standard.socket() as full, standard.socket() as first, standard.socket() as second:
        full.bind(LOOPBACK)
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        assert client.connect_ex(full.getsockname()) == errno.EINPROGRESS
        ask(client)
        assert client.connect_ex(full.getsockname()) == errno.EALREADY
        with pytest.raises(BlockingIOError):
            client.recv(1)
        assert told(trace) == [("started", "created", "")]
        client.close()
        [(phase, _, words)] = told(trace)
        assert (phase, words) == ("failed", "connect: this socket w"), told(trace)


def test_a_reset_connection_was_connected(trace: ns.Trace, client: Any, listener: Any) -> None:
    begin(client, listener.getsockname())
    accepted, _ = listener.accept()
    accepted.setsockopt(standard.SOL_SOCKET, standard.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    accepted.close()
    assert select.select([client], [], [], PATIENCE)[0]
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert told(trace) == [("completed", "connected", "")]
    assert trace.events[-1].after == "reset"


def test_without_a_trace_the_steps_know_it(dead: tuple[str, int]) -> None:
    with compat.socket() as client:
        client.setblocking(False)
        begin(client, dead)
        assert [line.step for line in client.steps] == ["socket"]
        ask(client)
        assert [line.step for line in client.steps] == ["socket", "connect"]
        assert client.steps[-1].failed


def test_asyncio_is_told_of_both(dead: tuple[str, int], listener: Any) -> None:
    async def both() -> None:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        writer.close()
        await writer.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*dead)

    with ns.watch() as trace:
        asyncio.run(both())
    assert [phase for phase, *_ in told(trace)] == ["completed", "failed"]


@pytest.mark.parametrize("module", [standard, compat])
def test_a_blocking_socket_tries_again_after_a_refusal_and_then_knows_that_it_is_connected(
    module: Any,
) -> None:
    with module.socket() as server, module.socket() as client:
        server.bind(LOOPBACK)
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                client.connect(server.getsockname())
        server.listen()
        client.connect(server.getsockname())
        assert client.connect_ex(server.getsockname()) == errno.EISCONN
