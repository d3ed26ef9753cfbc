"""UdpServer.stop: the answers under way leave, the port is free, and nobody waits for himself."""

import os
import time

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, Gate, ask, child_says, clients, until


def test_stop_lets_the_answers_of_the_batch_under_way_leave_and_frees_the_port() -> None:
    gate = Gate()
    server = ns.UdpServer(on_datagram=gate)
    with clients(server, 5) as sockets:
        for _ in range(2):  # the first alone, and the others together
            sockets[0].send(b"0")
        gate.holds()
        stopping = Background(lambda: server.stop(grace=PATIENCE))
        until(lambda: server.received, "it is taken")
        gate.open()
        assert sockets[0].recv(10) == b"0"
        stopping.result()
        assert server.answered == server.received
        server.stop()
    with ns.UdpServer(service="echo", port=server.endpoint.port) as again:
        assert ask(again.endpoint, b"x") == b"x"


def test_after_the_grace_the_port_is_free_though_the_handler_goes_on() -> None:
    gate = Gate()
    server = ns.UdpServer(on_datagram=gate)
    with clients(server, 1) as (socket,):
        socket.send(b"late")
        gate.holds()
        begin = time.monotonic()
        server.stop(grace=0.05)
        assert time.monotonic() - begin < 1
        with ns.UdpServer(service="echo", port=server.endpoint.port) as again:
            assert ask(again.endpoint, b"x") == b"x"
        gate.open()
        until(lambda: server.unsent == 1, "its answer cannot leave")
    assert (server.answered, server.errors) == (0, [])


def test_stop_takes_no_grace_when_nobody_is_answered() -> None:
    for server in (
        ns.UdpServer(on_datagram=lambda datagram: datagram.data),
        ns.UdpServer(service="echo"),
    ):
        assert ask(server.endpoint, b"x") == b"x"
        begin = time.monotonic()
        server.stop(grace=PATIENCE)
        assert time.monotonic() - begin < 1


def test_a_handler_that_stops_its_own_server_is_the_last_to_answer() -> None:
    def handler(datagram: ns.Datagram) -> bytes:
        begin = time.monotonic()
        server.stop(grace=PATIENCE)
        assert time.monotonic() - begin < 1, "it does not wait for itself"
        return b"bye"

    server = ns.UdpServer(on_datagram=handler)
    assert ask(server.endpoint, b"stop") == b"bye"
    server.stop()
    assert server.errors == []
    with ns.UdpServer(service="echo", port=server.endpoint.port):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_of_a_busy_server_closes_its_copy_and_the_parent_answers_on() -> None:
    code = """
import os, time
from helpers import Gate, clients
import netsteps as ns
gate = Gate()
with ns.UdpServer(on_datagram=gate) as server, clients(server, 3) as sockets:
    sockets[0].send(b"0")
    gate.holds()
    child = os.fork()
    if child == 0:
        begin = time.monotonic()
        server.stop(grace=5)
        os._exit(time.monotonic() - begin > 1)
    assert os.waitpid(child, 0)[1] == 0
    for number in (1, 2):
        sockets[number].send(bytes([48 + number]))
    gate.open()
    for number, socket in enumerate(sockets):
        assert socket.recv(10) == bytes([48 + number])
print("answered")
"""
    assert child_says(code) == "answered\n"
