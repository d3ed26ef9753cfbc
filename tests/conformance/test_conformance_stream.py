"""TCP: what is true of the standard library's sockets is true of ours."""

import array
import hashlib
import random
import time
from typing import Any

import pytest
from backends import Backend, in_both_families, on_both, until_there, waiting

from helpers import BIG, PATIENCE, Background, much

pytestmark = [on_both]

MIB = much(1024 * 1024)


# Borders: a stream has none


def test_a_read_takes_a_part_and_leaves_the_rest(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        client.write(b"hello world")
        until_there(connection, 11)
        first = connection.read(5)
        assert b"hello".startswith(first)
        assert first + connection.read_exactly(11 - len(first)) == b"hello world"


def test_what_was_written_apart_is_read_together(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        for piece in (b"one ", b"two ", b"three"):
            client.write(piece)
        until_there(connection, 13)
        assert connection.read_exactly(13) == b"one two three"
        assert waiting(connection) == 0


@pytest.mark.exact_io(reason="one read takes all that is there")
def test_one_read_takes_all_that_is_there(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        for piece in (b"one ", b"two ", b"three"):
            client.write(piece)
        until_there(connection, 13)
        assert connection.read() == b"one two three"


def test_an_empty_write_sends_nothing_and_ends_nothing(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        client.write(b"")
        assert client.send(b"") == 0
        with pytest.raises(TimeoutError):
            connection.read(timeout=0.02)
        client.write(b"x")
        assert connection.read() == b"x"


# Payloads and buffers


@pytest.mark.parametrize(
    "data",
    [
        b"bytes" * 100,
        bytearray(b"bytearray" * 100),
        memoryview(b"memoryview" * 100),
        memoryview(bytearray(b"a part of it"))[2:6],
        array.array("i", range(1000)),
        memoryview(array.array("d", [1.5, 2.5])),
    ],
    ids=["bytes", "bytearray", "memoryview", "slice", "array", "view of an array"],
)
def test_every_bytes_like_object_can_be_written(backend: Backend, data: Any) -> None:
    wanted = bytes(memoryview(data).cast("B"))
    with backend.pair() as (client, connection):
        client.write(data)
        client.finish()
        assert connection.read_all(timeout=PATIENCE) == wanted


@pytest.mark.parametrize("step", ["write", "send"])
def test_bytes_that_do_not_lie_together_are_refused(backend: Backend, step: str) -> None:
    with backend.pair() as (client, _), pytest.raises(BufferError):
        getattr(client, step)(memoryview(b"abcdef")[::2])


@pytest.mark.parametrize("size", [4, 8])
def test_read_into_fills_a_callers_buffer(backend: Backend, size: int) -> None:
    for buffer in (
        bytearray(size),
        memoryview(bytearray(size)),
        array.array("i", [0] * (size // 4)),
    ):
        with backend.pair() as (client, connection):
            client.write(b"1234")
            until_there(connection, 4)
            got = 0
            while got < 4:
                count = connection.read_into(memoryview(buffer).cast("B")[got:], timeout=PATIENCE)
                assert count > 0
                got += count
            assert got == 4
            assert bytes(memoryview(buffer).cast("B")) == b"1234".ljust(size, b"\0")
            client.finish()
            assert connection.read_into(buffer) == 0


def test_read_into_leaves_the_rest_of_the_memory_alone(backend: Backend) -> None:
    memory = bytearray(b"........")
    with backend.pair() as (client, connection):
        client.write(b"xy")
        until_there(connection, 2)
        with memoryview(memory) as view:
            for at in (2, 3):
                assert connection.read_into(view[at : at + 1]) == 1
    assert memory == b"..xy...."


def test_memory_that_cannot_be_written_is_refused(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        client.write(b"x")
        for wrong in (b"readonly", memoryview(b"readonly"), "text", 5, None):
            with pytest.raises(TypeError):
                connection.read_into(wrong)
        assert connection.read() == b"x"


# The end


@in_both_families
def test_half_close_by_the_client_then_an_answer_of_1_mib(backend: Backend, family: str) -> None:
    """As nc -N: all is sent, the end is told, and the answer comes after it."""
    with backend.pair(family) as (client, connection):
        client.write(b"question")
        client.finish()
        assert connection.read_all(timeout=PATIENCE) == b"question"
        sender = Background(lambda: (connection.write(bytes(MIB)), connection.finish()))
        assert len(client.read_all(timeout=PATIENCE)) == MIB
        sender.result()


def test_half_close_by_the_server_first(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        connection.write(b"greeting")
        connection.finish()
        assert client.read_all(timeout=PATIENCE) == b"greeting"
        client.write(b"answer")
        client.finish()
        assert connection.read_all(timeout=PATIENCE) == b"answer"


def test_the_end_is_told_as_often_as_it_is_asked_for(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        connection.finish()
        assert [client.read() for _ in range(3)] == [b""] * 3
        assert client.read_into(bytearray(5)) == 0


def test_finish_twice_is_no_error(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        client.finish()
        client.finish()
        assert connection.read() == b""


def test_close_ends_the_stream_of_the_peer(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        client.write(b"last words")
        client.close()
        client.close()
        assert connection.read_all(timeout=PATIENCE) == b"last words"


def test_a_client_that_left_before_accept_is_accepted(backend: Backend) -> None:
    with backend.listening() as listener:
        with backend.socket() as client:
            client.connect(*listener.local)
            client.write(b"gone")
        with listener.accept(timeout=PATIENCE) as connection:
            assert connection.read_all(timeout=PATIENCE) == b"gone"


# Reset


def test_what_came_before_a_reset_is_read_first(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        connection.write(b"abc")
        until_there(client, 3)
        connection.options.linger = 0
        connection.close()
        assert client.read_exactly(3) == b"abc"
        with pytest.raises(ConnectionResetError):
            client.read(timeout=PATIENCE)


def test_a_reset_ends_a_read_that_waits(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        reader = Background(lambda: client.read(timeout=PATIENCE))
        connection.options.linger = 0
        connection.close()
        with pytest.raises(ConnectionResetError):
            reader.result()


def test_a_close_with_unread_bytes_resets_the_connection(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        client.write(b"never read")
        until_there(connection, 10)
        connection.close()
        with pytest.raises(ConnectionResetError):
            client.read(timeout=PATIENCE)


def test_a_reset_ends_a_write_that_waits(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        writer = Background(lambda: client.write(bytes(BIG)))
        until_there(connection, 1)
        connection.options.linger = 0
        connection.close()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            writer.result()


def test_after_the_peer_closed_the_first_send_goes_and_the_second_breaks(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        connection.close()
        assert client.read() == b""
        client.write(b"1")
        with pytest.raises(BrokenPipeError):
            client.write(b"2")


# Much


@in_both_families
def test_1_mib_both_ways_at_once_in_pieces_of_random_sizes(backend: Backend, family: str) -> None:
    """The duplex test of trio's check_half_closeable_stream."""
    chance = random.Random(19)
    data = chance.randbytes(MIB)

    def sends(socket: Any, seed: int) -> None:
        chance = random.Random(seed)
        at = 0
        while at < MIB:
            size = chance.randrange(65536)
            socket.write(data[at : at + size], timeout=PATIENCE)
            at += size
        socket.finish()

    def receives(socket: Any, seed: int) -> str:
        chance = random.Random(seed)
        digest = hashlib.sha256()
        while piece := socket.read(chance.randrange(1, 65536), timeout=PATIENCE):
            digest.update(piece)
        return digest.hexdigest()

    with backend.pair(family) as (client, connection):
        threads = [
            Background(lambda end=end, seed=seed, work=work: work(end, seed))
            for seed, end in enumerate((client, connection))
            for work in (sends, receives)
        ]
        results = [thread.result(30) for thread in threads]
    wanted = hashlib.sha256(data).hexdigest()
    assert results == [None, wanted, None, wanted]


@pytest.mark.exact_io(reason="more than the kernel holds takes minutes byte by byte")
def test_a_write_waits_for_a_slow_reader_and_sends_all(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        writer = Background(lambda: (client.write(bytes(BIG)), client.finish()))
        until_there(connection, 100_000)
        got = 0
        while piece := connection.read(1_000_000, timeout=PATIENCE):
            got += len(piece)
        assert got == BIG
        writer.result()


@pytest.mark.exact_io(reason="as much as the kernel holds takes long byte by byte")
def test_send_tells_how_much_the_kernel_took(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        sent = client.send(bytes(BIG), timeout=PATIENCE)
        assert 0 < sent < BIG
        reader = Background(lambda: connection.read_all(timeout=PATIENCE))
        client.finish()
        assert len(reader.result()) == sent


# Listening


@in_both_families
def test_both_ends_agree_on_their_addresses(backend: Backend, family: str) -> None:
    with backend.listening(family) as listener, backend.socket("tcp", family) as client:
        client.connect(*listener.local)
        with listener.accept(timeout=PATIENCE) as connection:
            assert tuple(connection.peer) == tuple(client.local)
            assert tuple(connection.local) == tuple(client.peer) == tuple(listener.local)
            assert client.fileno() != connection.fileno() != listener.fileno()


def test_the_backlog_completes_connections_before_they_are_accepted(backend: Backend) -> None:
    with backend.listening(backlog=5) as listener:
        clients = [backend.socket() for _ in range(5)]
        for number, client in enumerate(clients):
            client.connect(*listener.local, timeout=PATIENCE)
            client.write(bytes([number]))
        for number, client in enumerate(clients):
            with listener.accept(timeout=PATIENCE) as connection:
                assert tuple(connection.peer) == tuple(client.local)
                assert connection.read() == bytes([number])
            client.close()


def test_a_full_backlog_answers_with_silence(backend: Backend) -> None:
    with backend.listening(backlog=0) as listener:
        clients = [backend.socket() for _ in range(8)]

        def connect_all() -> None:
            for client in clients:
                client.connect(*listener.local, timeout=0.05)

        try:
            with pytest.raises(TimeoutError):
                connect_all()
        finally:
            for client in clients:
                client.close()


def test_connections_live_on_when_their_listener_is_closed(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        pass
    with backend.listening() as listener, backend.socket() as client:
        client.connect(*listener.local)
        with listener.accept(timeout=PATIENCE) as connection:
            listener.close()
            client.write(b"still here")
            assert connection.read_exactly(10, timeout=PATIENCE) == b"still here"


def test_the_streams_of_ten_clients_do_not_mix(backend: Backend) -> None:
    with backend.listening() as listener:
        ends = []
        for _ in range(10):
            client = backend.socket()
            client.connect(*listener.local)
            ends.append((client, listener.accept(timeout=PATIENCE)))
        for turn in range(5):
            for number, (client, _) in enumerate(ends):
                client.write(bytes([number + turn]) * 10)
        for number, (client, connection) in enumerate(ends):
            client.close()
            wanted = b"".join(bytes([number + turn]) * 10 for turn in range(5))
            assert connection.read_all(timeout=PATIENCE) == wanted
            connection.close()


# Time


@pytest.mark.exact_io(reason="measures time")
@pytest.mark.parametrize("step", ["read", "read_into", "accept", "write"])
def test_a_timeout_is_a_timeout_error_in_time(backend: Backend, step: str) -> None:
    with backend.pair() as (client, _), backend.listening() as listener:
        call = {
            "read": lambda: client.read(timeout=0.1),
            "read_into": lambda: client.read_into(bytearray(4), timeout=0.1),
            "accept": lambda: listener.accept(timeout=0.1),
            "write": lambda: client.write(bytes(BIG), timeout=0.1),
        }[step]
        late = []
        for _ in range(3):
            begin = time.monotonic()
            with pytest.raises(TimeoutError):
                call()
            late.append(time.monotonic() - begin - 0.1)
            if late[-1] < 0.02:
                break
        assert 0 <= min(late) < 0.02


def test_after_a_timeout_the_connection_is_as_before(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        with pytest.raises(TimeoutError):
            client.read(timeout=0.01)
        connection.write(b"late")
        assert client.read_exactly(4, timeout=PATIENCE) == b"late"
        client.write(b"answer")
        assert connection.read_exactly(6, timeout=PATIENCE) == b"answer"
