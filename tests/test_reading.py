"""Reading and writing in parts: lines, counts, messages, files."""

import hashlib
import itertools
import os
import random
import socket as std
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import netsteps as ns
from helpers import PATIENCE, Background, child_says, listening, much, pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = much(3_200_000)
# The same examples each time. A test's fixtures are made once for all of its examples, which is
# what is wanted here.
REPEATABLE = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def fed(data: bytes, cuts: "list[int] | None" = None) -> "Iterator[ns.Socket]":
    """Give a socket to which another end sends data, cut at these places, and then finishes."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts or [])})
    with listening() as listener, ns.Socket("tcp") as client:
        client.connect(listener.local)
        connection, _ = accept_plain(listener)
        with connection:

            def feeds() -> None:
                for begin, end in itertools.pairwise(places):
                    connection.sendall(data[begin:end])
                connection.shutdown(std.SHUT_WR)

            feeder = Background(feeds)
            yield client
            feeder.join(PATIENCE)


def accept_plain(listener: ns.Socket) -> "tuple[std.socket, object]":
    """Accept with the standard library, so that the other end is none of ours."""
    with std.socket(fileno=os.dup(listener.fileno())) as same:
        same.settimeout(PATIENCE)
        connection, peer = same.accept()
        connection.setsockopt(std.IPPROTO_TCP, std.TCP_NODELAY, 1)
        return connection, peer


# Lines


@REPEATABLE
@given(
    pieces=st.lists(st.binary(max_size=20).map(lambda b: bytes(x % 4 for x in b)), max_size=8),
    delimiter=st.binary(min_size=1, max_size=4).map(lambda b: bytes(x % 3 for x in b)),
    cuts=st.lists(st.integers(0, 200), max_size=10),
)
@example(
    pieces=[b"\0\0\1"], delimiter=b"\0\1", cuts=[1, 2]
)  # across two pieces, after a false start
@example(pieces=[], delimiter=b"\0", cuts=[])
def test_read_until_splits_as_bytes_split_does(
    pieces: list[bytes], delimiter: bytes, cuts: list[int]
) -> None:
    data = delimiter.join(pieces)
    *lines, rest = data.split(delimiter)
    with fed(data, cuts) as socket:
        for line in lines:
            assert socket.read_until(delimiter, timeout=PATIENCE) == line + delimiter
        if not rest:
            assert socket.read_until(delimiter, timeout=PATIENCE) == b""
        else:
            with pytest.raises(ns.UnexpectedEnd) as caught:
                socket.read_until(delimiter, timeout=PATIENCE)
            assert caught.value.partial == rest


def test_what_follows_the_delimiter_stays_for_every_other_read() -> None:
    with fed(b"line\nabcdefgh\0\0\0\2hi") as socket:
        assert socket.read_until(b"\n") == b"line\n"
        assert socket.read_exactly(3) == b"abc"
        buffer = bytearray(2)
        view = memoryview(buffer)
        while view:
            view = view[socket.read_into(view) :]
        assert buffer == b"de"
        assert socket.read(1) == b"f"
        assert socket.read_until(b"h") == b"gh"
        assert socket.read_message() == b"hi"
        assert socket.read_message() is None
        assert socket.read_all() == b""


def test_a_line_longer_than_the_limit_is_refused_and_nothing_of_it_is_lost() -> None:
    with fed(b"x" * 5000 + b"\nnext\n") as socket:
        with pytest.raises(ns.MessageTooLarge) as caught:
            socket.read_until(b"\n", limit=1000, timeout=PATIENCE)
        assert caught.value.partial == b"x" * 1000
        assert "1000" in caught.value.cause
        assert socket.read_until(b"\n", limit=5001) == b"x" * 5000 + b"\n"
        assert socket.read_until(b"\n", limit=5) == b"next\n"


def test_a_delimiter_at_the_very_limit_is_found() -> None:
    with fed(b"1234\r\n" * 2) as socket:
        assert socket.read_until(b"\r\n", limit=6) == b"1234\r\n"
        with pytest.raises(ns.MessageTooLarge):
            socket.read_until(b"\r\n", limit=5)
        assert socket.read_until(bytearray(b"\r\n")) == b"1234\r\n"


def test_a_long_stream_without_a_newline_takes_no_more_than_the_limit() -> None:
    """Case 27: a peer that never ends its line fills no memory of ours."""
    with fed(bytes(SIZE)) as socket:
        with pytest.raises(ns.MessageTooLarge) as caught:
            socket.read_until(b"\n", timeout=PATIENCE)
        assert len(caught.value.partial) == 65536
        assert len(socket.read_all(timeout=PATIENCE)) == SIZE


# Counts


@REPEATABLE
@given(
    data=st.binary(max_size=300),
    sizes=st.lists(st.integers(0, 60), max_size=10),
    cuts=st.lists(st.integers(0, 300), max_size=10),
)
def test_read_exactly_takes_what_it_says(data: bytes, sizes: list[int], cuts: list[int]) -> None:
    at = 0
    with fed(data, cuts) as socket:
        for size in sizes:
            wanted = data[at : at + size]
            if len(wanted) == size:
                assert socket.read_exactly(size, timeout=PATIENCE) == wanted
                at += size
                continue
            with pytest.raises(ns.UnexpectedEnd) as caught:
                socket.read_exactly(size, timeout=PATIENCE)
            assert caught.value.partial == wanted
            assert f"after {len(wanted)} byte" in caught.value.cause
            break
        else:
            assert socket.read_all(timeout=PATIENCE) == data[at:]


def test_read_all_has_a_limit() -> None:
    for limit, fits in ((10, True), (9, False), (0, False)):
        with fed(b"0123456789") as socket:
            if fits:
                assert socket.read_all(limit=limit, timeout=PATIENCE) == b"0123456789"
                continue
            with pytest.raises(ns.MessageTooLarge, match=f"more than {limit} bytes"):
                socket.read_all(limit=limit, timeout=PATIENCE)
            assert socket.read_all(timeout=PATIENCE) == b"0123456789", "something was lost"


# Messages


@REPEATABLE
@given(
    messages=st.lists(st.binary(max_size=40), max_size=8),
    cuts=st.lists(st.integers(0, 400), max_size=12),
    missing=st.integers(0, 5),
)
def test_messages_survive_any_cut_and_an_end_inside_one_is_told(
    messages: list[bytes], cuts: list[int], missing: int
) -> None:
    stream = b"".join(struct.pack("!I", len(m)) + m for m in messages)
    whole = stream[: len(stream) - missing] if missing else stream
    inside = len(whole) < len(stream)
    with fed(whole, cuts) as socket:
        got = []
        try:
            while (message := socket.read_message(timeout=PATIENCE)) is not None:
                got.append(message)
            ended = "between"
        except ns.UnexpectedEnd:
            ended = "inside"
    assert got == messages[: len(got)]
    if not inside:
        assert (got, ended) == (messages, "between")
    else:
        assert len(got) < len(messages)


def test_a_written_message_is_its_length_and_its_bytes() -> None:
    with pair() as (client, connection):
        for message in (b"", b"x", b"hello" * 100, bytearray(b"ab"), memoryview(b"cd")):
            client.write_message(message)
            header = connection.read_exactly(4, timeout=PATIENCE)
            assert header == struct.pack("!I", len(message))
            assert connection.read_exactly(len(message), timeout=PATIENCE) == bytes(message)


@pytest.mark.parametrize("length", [8 * 1024 * 1024 + 1, 2**31, 2**32 - 1])
def test_a_hostile_length_is_refused_before_memory_is_taken(length: int) -> None:
    with pair() as (client, connection):
        connection.write(struct.pack("!I", length) + b"start")
        before = int(memory())
        with pytest.raises(ns.MessageTooLarge) as caught:
            client.read_message(timeout=PATIENCE)
        assert memory() - before < 1024 * 1024
        assert str(length) in caught.value.cause
        assert caught.value.partial == struct.pack("!I", length)


def memory() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def test_the_limit_of_a_message_is_inclusive() -> None:
    with pair() as (client, connection):
        connection.write_message(b"12345")
        assert client.read_message(limit=5, timeout=PATIENCE) == b"12345"
        connection.write_message(b"123456")
        with pytest.raises(ns.MessageTooLarge):
            client.read_message(limit=5, timeout=PATIENCE)
        # Nothing was lost: with a higher limit it can be read after all.
        assert client.read_message(limit=6, timeout=PATIENCE) == b"123456"
        connection.write_message(b"")
        assert client.read_message(limit=0, timeout=PATIENCE) == b""


# Files


@pytest.fixture
def file(tmp_path: "Path") -> "Path":
    path = tmp_path / "data.bin"
    path.write_bytes(random.Random(1).randbytes(SIZE))
    return path


def test_a_file_arrives_whole_and_its_progress_is_told(file: "Path") -> None:
    told: list[tuple[int, int]] = []
    with pair() as (client, connection):
        reader = Background(lambda: connection.read_all(timeout=PATIENCE))
        sent = client.write_file(file, progress=lambda done, total: told.append((done, total)))
        client.finish()
        got = reader.result()
    assert hashlib.sha256(got).digest() == hashlib.sha256(file.read_bytes()).digest()
    assert sent == len(got) == SIZE
    assert told[-1] == (SIZE, SIZE)
    assert [total for _, total in told] == [SIZE] * len(told)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


@pytest.mark.parametrize(
    ("offset", "count"), [(0, 10), (5, 10), (SIZE - 10, None), (SIZE - 10, 100), (SIZE * 2, None)]
)
def test_a_part_of_a_file(file: "Path", offset: int, count: int | None) -> None:
    wanted = file.read_bytes()[offset:][:count]
    with pair() as (client, connection):
        assert client.write_file(str(file), offset=offset, count=count) == len(wanted)
        client.finish()
        assert connection.read_all(timeout=PATIENCE) == wanted


def test_an_empty_file_sends_nothing(tmp_path: "Path") -> None:
    (tmp_path / "empty").touch()
    told: list[int] = []
    with pair() as (client, connection):
        assert client.write_file(tmp_path / "empty", progress=lambda *a: told.append(1)) == 0
        client.finish()
        assert connection.read_all(timeout=PATIENCE) == b""


@pytest.mark.exact_io(reason="4 MiB in single bytes take long")
def test_what_progress_raises_ends_the_step_and_the_socket_lives_on(tmp_path: "Path") -> None:
    class Enough(Exception):
        pass

    piece, data = 4 * 2**20, os.urandom(2**20) * 9
    (file := tmp_path / "file").write_bytes(data)

    def progress(done: int, total: int) -> None:
        raise Enough

    with pair() as (client, connection):
        reader = Background(lambda: connection.read_all(timeout=PATIENCE))
        with pytest.raises(Enough):
            client.write_file(file, progress=progress)
        client.write(b"the end")
        client.finish()
        got = reader.result()
    assert 7 < len(got) <= piece + 7, "one call moves at most 4 MiB"
    assert got.endswith(b"the end")
    assert data.startswith(got[:-7])


def test_a_file_that_is_none_is_the_standard_librarys_error(tmp_path: "Path") -> None:
    with pair() as (client, _):
        with pytest.raises(FileNotFoundError) as caught:
            client.write_file(tmp_path / "missing")
        assert caught.value.filename == str(tmp_path / "missing")
        assert caught.value.errno == 2
        with pytest.raises(OSError, match=r"regular file|Is a directory"):
            client.write_file(tmp_path)
        for wrong in (None, 5, b"\0"):
            with pytest.raises((TypeError, ValueError)):
                client.write_file(wrong)
        assert client.state == "connected"


def test_a_pipe_in_the_place_of_a_file_is_refused_and_never_waited_for() -> None:
    code = """
import os, tempfile
import netsteps as ns
from helpers import pair

with tempfile.TemporaryDirectory() as folder, pair() as (client, _):
    path = os.path.join(folder, "pipe")
    os.mkfifo(path)
    try:
        client.write_file(path, timeout=1)
    except ns.BadArgument as error:
        print(error.cause.endswith("is not a regular file"))
"""
    assert child_says(code, timeout=3) == "True\n"


def test_finish_by_us_ends_no_reading() -> None:
    with pair() as (client, connection):
        client.finish()
        assert client.state == "finished"
        connection.write(b"a\nbc\0\0\0\1d" + b"rest")
        connection.finish()
        assert client.read_until(b"\n") == b"a\n"
        assert client.read_exactly(2) == b"bc"
        assert client.read_message() == b"d"
        assert client.read_all() == b"rest"
        assert client.state == "both finished"
