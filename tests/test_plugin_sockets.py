"""The list of this process's open sockets: what the kernel has, and nothing else."""

import os
import socket
import sys

import pytest

import netsteps as ns
from helpers import pair
from netsteps.pytest_plugin.sockets import describe, open_sockets

pytestmark = pytest.mark.skipif(
    sys.platform not in {"linux", "darwin"}, reason="no list of open sockets on this system"
)


def new_since(before: dict[str, int]) -> list[int]:
    return sorted(number for name, number in open_sockets().items() if name not in before)


def test_a_socket_is_seen_while_it_is_open_and_not_after() -> None:
    before = open_sockets()
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        assert new_since(before) == [opened.fileno()]
        assert str(opened.getsockname()[1]) in describe(opened.fileno())
        assert new_since(before) == [opened.fileno()], "describing closed the socket"
    assert open_sockets().keys() <= before.keys()


def test_a_socket_of_netsteps_is_one_as_well() -> None:
    before = open_sockets()
    with ns.Socket("udp") as opened:
        assert new_since(before) == [opened.number]
    assert new_since(before) == []


def test_a_duplicate_is_the_same_socket() -> None:
    before = open_sockets()
    with socket.socket() as opened, opened.dup():
        assert new_since(before) == [opened.fileno()]


def test_a_file_and_a_wake_descriptor_are_no_sockets() -> None:
    before = open_sockets()
    reader, writer = os.pipe()
    numbers = [reader, writer, os.open(os.devnull, os.O_RDONLY)]
    if sys.platform == "linux":
        numbers.append(os.eventfd(0))
    try:
        assert open_sockets() == before
    finally:
        for number in numbers:
            os.close(number)


def test_a_socket_is_described_by_kind_addresses_and_what_waits() -> None:
    with pair() as (client, connection):
        client.write(b"12345")
        text = describe(connection.number)
        assert text.startswith(f"tcp {connection.local} -> {connection.peer}, 5 bytes to be read")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        assert describe(listener.fileno()).startswith(f"tcp [::1]:{port} listening (descriptor ")
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        assert describe(udp.fileno()) == f"udp 0.0.0.0:0 (descriptor {udp.fileno()})"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets")
def test_a_socket_of_another_family_is_described_too(tmp_path: os.PathLike[str]) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"{tmp_path}/name")
        assert f"AF_UNIX SOCK_STREAM {tmp_path}/name (descriptor " in describe(unix.fileno())


def test_what_is_no_socket_is_described_without_an_error() -> None:
    number = os.open(os.devnull, os.O_RDONLY)
    try:
        assert describe(number).startswith(f"descriptor {number} (")
    finally:
        os.close(number)
    assert describe(number).startswith(f"descriptor {number} (")
