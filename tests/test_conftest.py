"""The check that every test closes its sockets sees what it should."""

import os
import socket
import sys

import pytest

from conftest import describe, open_sockets

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_a_socket_is_seen_while_it_is_open_and_not_after() -> None:
    before = open_sockets()
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        new = {name: number for name, number in open_sockets().items() if name not in before}
        assert list(new.values()) == [opened.fileno()]
        assert str(opened.getsockname()[1]) in describe(opened.fileno())
        assert opened.fileno() in open_sockets().values(), "describing closed the socket"
    assert open_sockets().keys() <= before.keys()


def test_a_wake_descriptor_is_no_socket() -> None:
    before = open_sockets()
    descriptor = os.eventfd(0)
    try:
        assert open_sockets() == before
    finally:
        os.close(descriptor)
