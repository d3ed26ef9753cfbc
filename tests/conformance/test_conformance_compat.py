"""netsteps.compat beside the standard library's socket: random calls, and what programs rely on."""

import array
import errno
import os
import socket as standard
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from random_calls import Calls, script
from random_world import agree

from netsteps import compat

exact = pytest.mark.exact_io(reason="compares single calls, and the standard class has no faults")

# A round of scripts takes about three seconds; other seeds find other things.
ROUND = 40


@exact
@pytest.mark.skipif(sys.platform != "linux", reason="the words and numbers are Linux's")
@pytest.mark.parametrize("first", range(0, 4 * ROUND, ROUND))
def test_random_calls_come_to_the_same(first: int) -> None:
    for seed in range(first, first + ROUND):
        calls = script(seed)
        outcomes = []
        for module in (standard, compat):
            with tempfile.TemporaryDirectory() as folder:
                outcomes.append(Calls(module, Path(folder)).run(calls))
        for number, (expected, told) in enumerate(zip(*outcomes, strict=True)):
            assert agree(expected, told), (seed, number, calls[number])


@pytest.fixture(params=[standard, compat], ids=["standard", "compat"])
def module(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize(
    ("time", "error"),
    [
        (float("nan"), ValueError),
        (float("inf"), OverflowError),
        (1e20, OverflowError),
        (2**62, OverflowError),
        (2**70, OverflowError),
        (-1, ValueError),
        (-1e-10, ValueError),
        ("1", TypeError),
    ],
)
def test_a_time_that_cannot_be_is_refused(module: Any, time: Any, error: type[Exception]) -> None:
    with module.socket() as made:
        made.settimeout(3)
        with pytest.raises(error):
            made.settimeout(time)
        assert made.gettimeout() == 3


def test_a_file_of_nothing_is_sent_by_any_socket(module: Any) -> None:
    with module.socket() as made, tempfile.TemporaryFile() as file:
        made.setblocking(False)
        assert made.sendfile(file) == 0
        file.write(b"something")
        file.flush()
        with pytest.raises(ValueError, match="non-blocking"):
            made.sendfile(file, 0)
        made.settimeout(1)
        with pytest.raises(OSError, match="Invalid argument"):
            made.sendfile(file, -1)


def test_memory_that_cannot_be_written_as_one_row_is_a_type_error(module: Any) -> None:
    view = memoryview(bytearray(8))
    released = memoryview(bytearray(8))
    released.release()
    one, other = module.socketpair()
    with one, other:
        one.send(b"data")
        for room in (view[::2], released, b"bytes"):
            with pytest.raises(TypeError, match="must be read-write bytes-like object"):
                other.recv_into(room)
            with pytest.raises(TypeError, match="single-segment read-write buffers"):
                other.recvmsg_into([room])
        # The same place twice: the kernel fills it twice.
        assert other.recvmsg_into([view, view[:2]])[0] == 4
        assert bytes(view[:4]) == b"data"


def test_descriptors_that_found_no_room_are_closed(module: Any) -> None:
    one, other = module.socketpair()
    rights = array.array("i", [0] * 10)
    with one, other:
        before = len(list(Path("/proc/self/fd").iterdir()))
        one.sendmsg([b"x"], [(standard.SOL_SOCKET, standard.SCM_RIGHTS, rights)])
        _, control, flags, _ = other.recvmsg(10, standard.CMSG_LEN(2 * rights.itemsize))
        assert flags & standard.MSG_CTRUNC
        came = array.array("i", b"".join(data for _, _, data in control))
        for number in came:
            os.close(number)
        assert len(came) < 10
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_room_for_more_than_ever_comes_costs_nothing(module: Any) -> None:
    one, other = module.socketpair()
    with one, other:
        for _ in range(20):
            one.send(b"x")
            assert other.recvmsg(1, 2**31 - 1)[:2] == (b"x", [])


@exact
def test_bytes_that_were_thrown_away_show_no_memory() -> None:
    """MSG_TRUNC on a stream: the standard class shows what lay in memory."""
    with (
        compat.create_server(("127.0.0.1", 0)) as server,
        compat.create_connection(server.getsockname()) as client,
    ):
        connection, _ = server.accept()
        with connection:
            client.sendall(b"x" * 1000)
            assert connection.recv(1000, standard.MSG_TRUNC) == bytes(1000)


def test_an_address_of_the_other_family_is_told(module: Any) -> None:
    with module.socket(standard.AF_INET6) as made:
        for host in ("<broadcast>", "255.255.255.255"):
            with pytest.raises(OSError, match="address family mismatched"):
                made.bind((host, 0))
        with pytest.raises(standard.gaierror):
            made.connect(("127.0.0.1", 1))
    with module.socket() as made:
        assert made.connect_ex(("127.1", 1)) == errno.ECONNREFUSED
