"""The computer's own interfaces and connections, and what a port answers."""

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

import netsteps as ns
from netsteps import computer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def listener() -> "Iterator[ns.Socket]":
    with ns.Socket("tcp") as socket:
        socket.bind("127.0.0.1", 0)
        socket.listen()
        yield socket


# Interfaces


def test_interfaces_contain_a_loopback_with_its_address() -> None:
    addresses = {str(address): row for row in ns.interfaces() for address in row.addresses}
    loopback = addresses["127.0.0.1/8"]
    assert loopback.up
    assert loopback.mac is None
    assert loopback.mtu is not None
    assert loopback.mtu >= 1500


def test_interfaces_agree_with_the_system() -> None:
    listed = {row.name: row for row in ns.interfaces()}
    assert listed.keys() >= psutil.net_if_addrs().keys()
    for name, entries in psutil.net_if_addrs().items():
        assert {address.ip for address in listed[name].addresses} <= {e.address for e in entries}


@pytest.mark.parametrize(
    ("netmask", "bits"),
    [
        ("255.255.255.0", 24),
        ("255.0.0.0", 8),
        ("255.255.255.255", 32),
        ("0.0.0.0", 0),
        ("ffff:ffff:ffff:ffff::", 64),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128),
        (None, None),
    ],
)
def test_prefix_is_the_number_of_bits_in_the_netmask(netmask: str | None, bits: int | None) -> None:
    assert computer._prefix(netmask) == bits


def test_hardware_addresses_are_written_in_one_way() -> None:
    assert computer._mac("00-1A-2B-3C-4D-5E") == "00:1a:2b:3c:4d:5e"
    assert computer._mac("00:00:00:00:00:00") is None


# Connections


def test_a_listener_is_listed_with_our_pid(listener: ns.Socket) -> None:
    [row] = [row for row in ns.connections() if row.local == listener.local]
    assert (row.kind, row.state, row.peer) == ("tcp", "LISTEN", None)
    assert row.pid == os.getpid()
    assert row.program == psutil.Process().name()


def test_both_ends_of_a_connection_are_listed(listener: ns.Socket) -> None:
    with ns.Socket("tcp") as client:
        client.connect(listener.local)
        with listener.accept() as accepted:
            ends = {(r.local, r.peer, r.state) for r in ns.connections() if r.pid == os.getpid()}
            assert (client.local, client.peer, "ESTABLISHED") in ends
            assert (accepted.local, accepted.peer, "ESTABLISHED") in ends


def test_a_udp_socket_has_no_state() -> None:
    with ns.Socket("udp", "ipv6") as socket:
        socket.bind("::1", 0)
        rows = [row for row in ns.connections() if row.kind == "udp"]
        [row] = [row for row in rows if row.local == socket.local]
    assert (row.kind, row.state, row.local.family) == ("udp", "", "ipv6")


def test_without_the_right_to_see_others_the_own_sockets_remain(
    listener: ns.Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    listed = ns.connections()
    [row] = [row for row in listed if row.local == listener.local]
    assert row.pid == os.getpid()
    assert listed.note is not None
    assert "only the sockets of this process" in listed.note
    assert "only the sockets of this process" in repr(listed)
    assert "only the sockets of this process" in listed._repr_html_()


def test_a_process_that_ended_meanwhile_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(pid: int) -> None:
        raise psutil.NoSuchProcess(pid)

    monkeypatch.setattr(psutil, "Process", gone)
    assert computer._program(1) is None


# Ports


def test_a_listening_port_is_open(listener: ns.Socket) -> None:
    status = ns.port_status("127.0.0.1", listener.local.port)
    assert (status.status, status.kind) == ("open", "tcp")
    assert status.endpoint == listener.local
    assert status.seconds is not None
    assert 0 < status.seconds < 1
    assert str(listener.local) in str(status)
    listener.accept(timeout=1).close()  # our question was a real connection


def test_the_first_open_address_of_a_name_counts(listener: ns.Socket) -> None:
    """Localhost may be ::1 first, where nothing listens."""
    status = ns.port_status("localhost", listener.local.port)
    assert status.status == "open"
    listener.accept(timeout=1).close()


def test_a_bound_port_that_does_not_listen_is_refused() -> None:
    with ns.Socket("tcp") as bound:
        bound.bind("127.0.0.1", 0)
        status = ns.port_status(*bound.local)
    assert status.status == "refused"
    assert status.seconds is not None
    assert "RST" in status.explanation


def fill(server: ns.Socket, waiting: contextlib.ExitStack) -> None:
    """Connect until the server's queue of waiting connections is full, and keep these open."""
    for _ in range(8):
        client = waiting.enter_context(ns.Socket("tcp"))
        try:
            client.connect(server.local, timeout=0.2)
        except TimeoutError:
            return
    pytest.fail("the queue never fills")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems answer when the queue is full")
def test_a_full_accept_queue_is_silent() -> None:
    with ns.Socket("tcp") as full:
        full.bind("127.0.0.1", 0)
        full.listen(backlog=0)
        with contextlib.ExitStack() as waiting:
            fill(full, waiting)
            begin = time.perf_counter()
            status = ns.port_status(*full.local, timeout=0.3)
            took = time.perf_counter() - begin
    assert (status.status, status.seconds) == ("silent", None)
    assert 0.3 <= took < 0.6


def test_udp_open_refused_and_silent() -> None:
    with ns.UdpServer(on_datagram=lambda datagram: b"here", port=0) as server:
        answered = ns.port_status(*server.endpoint, kind="udp")
    assert answered.status == "open"

    with ns.Socket("udp") as mute:
        mute.bind("127.0.0.1", 0)
        endpoint = mute.local
        silent = ns.port_status(*endpoint, kind="udp", timeout=0.1)
    assert silent.status == "silent"
    assert "does not mean closed" in silent.explanation

    # Closed just now; a UDP port has no state in which it waits.
    refused = ns.port_status(*endpoint, kind="udp")
    assert refused.status == "refused"
    assert "ICMP" in refused.explanation


def test_every_answer_has_an_explanation() -> None:
    answers = {"open", "refused", "silent", "unreachable"}
    assert set(computer._EXPLANATIONS) == {(kind, a) for kind in ("tcp", "udp") for a in answers}


def test_a_name_that_does_not_exist_is_an_error_and_no_status() -> None:
    with pytest.raises(ns.NameNotFound):
        ns.port_status("no-such-host.invalid", 80, timeout=10)
