"""A ladder of descriptors that go through several hands, and of ends that differ in kind."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import netsteps as ns
from helpers import PATIENCE
from netsteps import compat

LOOPBACK = ("127.0.0.1", 0)


def test_a_client_of_ipv4_is_joined_with_a_server_of_ipv6() -> None:
    with (
        ns.Trace() as trace,
        compat.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server,
        compat.create_connection(("127.0.0.1", server.getsockname()[1])) as client,
    ):
        connection, _ = server.accept()
        with connection:
            client.sendall(b"hello")
            assert connection.recv(5) == b"hello"
    ladder = str(trace.ladder())
    assert "1 connection" in ladder
    assert "not accepted" not in ladder
    assert "outside" not in ladder


def test_a_datagram_of_ipv4_is_joined_with_a_receiver_of_ipv6() -> None:
    with (
        ns.Trace() as trace,
        compat.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver,
        compat.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        receiver.bind(("::", 0))
        sender.bind(LOOPBACK)
        sender.sendto(b"hello", ("127.0.0.1", receiver.getsockname()[1]))
        data, address = receiver.recvfrom(10)
        receiver.sendto(data, address)
        assert sender.recv(10) == b"hello"
    ladder = str(trace.ladder())
    assert "outside" not in ladder
    assert "not received" not in ladder


def test_a_duplicate_is_the_same_connection_and_its_close_no_end() -> None:
    with ns.Trace() as trace, compat.create_server(LOOPBACK) as server:
        client = compat.create_connection(server.getsockname())
        connection, _ = server.accept()
        with connection, client.dup() as other:
            client.close()
            other.sendall(b"hello")
            assert connection.recv(5) == b"hello"
    ladder = str(trace.ladder())
    assert "1 connection" in ladder
    assert "outside" not in ladder
    assert ladder.count("FIN") == 2


def test_a_descriptor_that_another_object_takes_over_is_the_same_connection() -> None:
    with ns.Trace() as trace, compat.create_server(LOOPBACK) as server:
        client = compat.create_connection(server.getsockname())
        connection, _ = server.accept()
        with connection:
            client.sendall(b"one")
            with compat.socket(fileno=client.detach()) as other:
                other.sendall(b"two")
                assert connection.recv(6, socket.MSG_WAITALL) == b"onetwo"
    assert [event.step for event in trace.events].count("detach") == 1
    ladder = str(trace.ladder())
    assert "1 connection" in ladder
    assert "outside" not in ladder
    assert "'one'" in ladder
    assert "'two'" in ladder


def test_what_others_do_with_a_descriptor_is_not_called_unread() -> None:
    with ns.Trace() as trace, compat.create_server(LOOPBACK) as server:
        client = compat.create_connection(server.getsockname())
        connection, _ = server.accept()
        with connection:
            number = client.detach()
            try:
                connection.sendall(b"to whom?")
                assert os.read(number, 20) == b"to whom?"
                os.write(number, b"from whom?")
                assert connection.recv(20) == b"from whom?"
            finally:
                os.close(number)
    ladder = str(trace.ladder())
    assert "not read" not in ladder
    assert "from whom?" in ladder
    assert "detach to others" in ladder


def test_bytes_that_no_call_of_the_trace_sent_are_an_arrow_too(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a file")
    with (
        ns.Trace() as trace,
        path.open("rb") as file,
        compat.create_server(LOOPBACK) as server,
        compat.create_connection(server.getsockname()) as client,
    ):
        connection, _ = server.accept()
        with connection:
            os.sendfile(connection.fileno(), file.fileno(), 0, 6)
            assert client.recv(6) == b"a file"
    [row] = [line for line in str(trace.ladder()).splitlines() if "recv 6 B" in line]
    assert "'a file'" in row


def test_a_client_that_was_answered_was_accepted_by_somebody() -> None:
    """By a child, or by a loop that is written in C."""
    with (
        ns.Trace() as trace,
        compat.create_server(LOOPBACK) as server,
        socket.socket(fileno=os.dup(server.fileno())) as other,
    ):

        def serve() -> None:
            with other.accept()[0] as connection:
                connection.sendall(connection.recv(10))

        thread = threading.Thread(target=serve)
        thread.start()
        with compat.create_connection(server.getsockname(), PATIENCE) as client:
            client.sendall(b"hello")
            assert client.recv(10) == b"hello"
        thread.join(PATIENCE)
    ladder = str(trace.ladder())
    assert "not accepted" not in ladder
    assert ladder.count("'hello'") == 2


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_socket_that_talked_with_nobody_is_no_server(family: socket.AddressFamily) -> None:
    """As programs make them that look for a free port, or whether there is IPv6."""
    with ns.Trace() as trace, compat.create_server(LOOPBACK) as server:
        with compat.socket(family) as alone:
            alone.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        with compat.create_connection(server.getsockname()):
            server.accept()[0].close()
        port = server.getsockname()[1]
    assert f" server 127.0.0.1:{port} " in str(trace.ladder())


def test_a_socket_that_a_client_only_tried_stands_with_the_clients(tmp_path: Path) -> None:
    """urllib3 binds one to see whether there is IPv6; two programs are shown as one ladder."""
    client = tmp_path / "client.py"
    client.write_text(
        "import socket, sys\n"
        "with socket.socket() as probe:\n"
        "    probe.bind(('127.0.0.1', 0))\n"
        "with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as client:\n"
        "    client.sendall(b'hello')\n"
    )
    saved = tmp_path / "client.jsonl"
    with ns.Trace() as trace, compat.create_server(LOOPBACK) as server:
        command = [sys.executable, "-m", "netsteps", "trace", "--quiet", "--save", saved, client]
        subprocess.run([*command, str(server.getsockname()[1])], check=True, timeout=PATIENCE)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(5) == b"hello"
    title = str(ns.merge(trace, ns.Trace.load(saved)).ladder()).splitlines()[2]
    assert " client, process" in title
    assert title.count("process") == 2
