"""Sizes, times and memory of callers: what cannot be meant is refused, and nothing is lost."""

from typing import TYPE_CHECKING

import psutil
import pytest

import netsteps as ns
from helpers import BIG, PATIENCE, Background, bound, listening, pair, until_waiting

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "timeout", [-1, -0.001, float("nan"), float("inf"), float("-inf"), 1e20], ids=str
)
def test_a_timeout_that_is_no_time_is_refused(timeout: float) -> None:
    with pair() as (client, _), bound() as udp, listening() as listener:
        steps: list[Callable[[], object]] = [
            lambda: client.read(timeout=timeout),
            lambda: client.read_into(bytearray(1), timeout=timeout),
            lambda: client.read_exactly(1, timeout=timeout),
            lambda: client.read_until(b"x", timeout=timeout),
            lambda: client.read_all(timeout=timeout),
            lambda: client.read_message(timeout=timeout),
            lambda: client.write(b"x", timeout=timeout),
            lambda: client.send(b"x", timeout=timeout),
            lambda: client.write_message(b"x", timeout=timeout),
            lambda: client.write_file(__file__, timeout=timeout),
            lambda: udp.receive_from(timeout=timeout),
            lambda: udp.send_to(b"x", "127.0.0.1", 9, timeout=timeout),
            lambda: listener.accept(timeout=timeout),
            lambda: ns.Socket.open("127.0.0.1", 9, timeout=timeout),
            lambda: ns.resolve("127.0.0.1", 9, timeout=timeout),
        ]
        for step in steps:
            with pytest.raises(ns.BadArgument, match="timeout="):
                step()
        assert client.state == "connected"


@pytest.mark.parametrize("timeout", ["1", b"1", [], object()])
def test_a_timeout_of_another_type_is_refused(timeout: object) -> None:
    with pair() as (client, _), pytest.raises(TypeError):
        client.read(timeout=timeout)


def test_sizes_that_cannot_be_meant_are_refused() -> None:
    with pair() as (client, connection), bound() as udp:
        connection.write(b"kept")
        refused: list[Callable[[], object]] = [
            lambda: client.read(0),
            lambda: client.read(-1),
            lambda: client.read_exactly(-1),
            lambda: client.read_until(b"x", limit=0),
            lambda: client.read_until(b"x", limit=-5),
            lambda: client.read_until(b""),
            lambda: client.read_all(limit=-1),
            lambda: client.read_message(limit=-1),
            lambda: udp.receive_from(-1),
        ]
        for step in refused:
            with pytest.raises(ns.BadArgument) as caught:
                step()
            assert caught.value.remedy
        for size in ("5", 1.5, None, b"5"):
            with pytest.raises(TypeError):
                client.read(size)
        with pytest.raises(MemoryError):
            client.read(2**62)
        with pytest.raises(OverflowError):
            client.read(2**80)
        assert client.read_exactly(0) == b""
        assert client.read_exactly(4, timeout=PATIENCE) == b"kept", "something was lost"
        for backlog in ("5", 1.5, 2**40):
            with pytest.raises((TypeError, OverflowError, ns.BadArgument)):
                connection.listen(backlog)


def test_a_huge_count_takes_no_memory_before_it_comes() -> None:
    with pair() as (client, connection):
        connection.write(b"little")
        connection.finish()
        before = psutil.Process().memory_info().rss
        with pytest.raises(ns.UnexpectedEnd):
            client.read_exactly(2**50, timeout=PATIENCE)
        assert psutil.Process().memory_info().rss - before < 4 * 1024 * 1024


def test_kinds_and_families_that_do_not_exist_are_refused() -> None:
    for arguments in (("sctp",), ("tcp", "ipx"), ("TCP",), ("",)):
        with pytest.raises(ns.BadArgument, match="or"):
            ns.Socket(*arguments)
    with pytest.raises(TypeError):
        ns.Socket(5)


# Memory in use


def test_a_buffer_cannot_be_resized_while_it_is_filled() -> None:
    buffer = bytearray(100)
    with pair() as (client, connection), ns.Trace() as trace:
        reader = Background(lambda: client.read_into(buffer))
        until_waiting(trace, reader)
        with pytest.raises(BufferError):
            buffer.extend(b"more")
        with pytest.raises(BufferError):
            buffer.clear()
        connection.write(b"hello")
        assert reader.result() >= 1
    buffer.extend(b"more")
    assert buffer.startswith(b"h")


@pytest.mark.exact_io(reason="more than the kernel holds takes minutes byte by byte")
def test_a_buffer_cannot_be_resized_while_it_is_written() -> None:
    data = bytearray(BIG)
    with pair() as (client, connection), ns.Trace() as trace:
        writer = Background(lambda: client.write(data))
        until_waiting(trace, writer)
        with pytest.raises(BufferError):
            data.clear()
        reader = Background(lambda: connection.read_all(timeout=PATIENCE))
        writer.result()
        client.finish()
        assert len(reader.result()) == BIG
    data.clear()
