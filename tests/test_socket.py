"""Socket as an object: what it knows, what it takes, and what it refuses."""

import gc
import select
import weakref
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import (
    PATIENCE,
    Background,
    bound,
    listening,
    pair,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# What it knows


def test_a_socket_tells_its_life() -> None:
    with ns.Socket() as server, ns.Socket("tcp") as client:
        assert (server.kind, server.family, server.state) == ("tcp", "ipv4", "created")
        assert (server.local, server.peer) == (None, None)
        assert server.number == server.fileno() >= 0
        server.bind("127.0.0.1", 0)
        assert server.state == "bound"
        server.listen()
        assert server.state == "listening"
        client.connect(server.local)
        assert (client.state, client.peer) == ("connected", server.local)
        with server.accept(timeout=PATIENCE) as connection:
            assert (connection.state, connection.peer) == ("connected", client.local)
            client.finish()
            assert client.state == "finished"
            assert connection.read() == b""
            assert connection.state == "peer finished"
            connection.finish()
            assert connection.state == "both finished"
            assert client.read() == b""
            assert client.state == "both finished"
        assert (connection.state, connection.number) == ("closed", -1)
        assert server.state == "listening"
    assert server.state == client.state == "closed"


@pytest.mark.parametrize("step", ["read", "write", "write_file", "read_until", "read_message"])
def test_a_reset_is_a_state_and_every_step_says_it_again(step: str) -> None:
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: client.read(timeout=PATIENCE),
        "write": lambda: client.write(b"x"),
        "write_file": lambda: client.write_file(__file__),
        "read_until": lambda: client.read_until(b"\n", timeout=PATIENCE),
        "read_message": lambda: client.read_message(timeout=PATIENCE),
    }
    with pair() as (client, connection):
        connection.options.linger = 0
        connection.close()
        with pytest.raises(ns.Reset):
            steps[step]()
        assert client.state == "reset"
        with pytest.raises(ns.Reset):
            client.read()
        with pytest.raises((ns.Reset, ns.BrokenPipe)):
            client.write(b"x")
        client.finish()
        assert client.state == "reset"


def test_the_steps_of_a_socket_are_a_table_where_runs_are_one_line() -> None:
    with listening() as listener, ns.Socket("tcp") as client:
        client.connect(listener.local)
        with listener.accept(timeout=PATIENCE) as connection:
            for _ in range(1000):
                client.write(b"abc")
            client.finish()
            assert len(connection.read_all(timeout=PATIENCE)) == 3000
        lines = [(line.step, line.call, line.failed) for line in client.steps]
        assert lines == [
            ("socket", "socket", False),
            ("connect", "connect", False),
            ("write", "send", False),
            ("finish", "shutdown", False),
        ]
        write = client.steps[2]
        assert (write.bytes, write.state) == (3000, "connected")
        assert write.count >= 1000
        assert write.end_ns > write.start_ns
        assert client.steps[1].note == str(listener.local)
        assert "finished" in repr(client.steps)
        assert "<td" in client.steps._repr_html_()
    assert client.steps[-1].step == "close"


def test_a_step_that_failed_is_in_the_table() -> None:
    with ns.Socket("tcp") as dead, ns.Socket("tcp") as client:
        dead.bind("127.0.0.1", 0)
        with pytest.raises(ns.Refused):
            client.connect(dead.local)
        line = client.steps[-1]
        assert (line.step, line.failed, line.state) == ("connect", True, "created")
        assert line.note is not None
        assert line.note.startswith("refused")


def test_the_text_of_a_socket_names_its_kind_state_and_ends() -> None:
    with pair("ipv6") as (client, _):
        text = repr(client)
        for part in ("tcp", "ipv6", "connected", str(client.local), str(client.peer)):
            assert part in text
        assert f"number={client.number}" in text


# What Python users expect


def test_with_closes_also_after_an_error() -> None:
    with pytest.raises(KeyError), ns.Socket("tcp") as socket:
        raise KeyError
    assert socket.state == "closed"


def test_iteration_accepts_until_the_listener_is_closed() -> None:
    with listening() as listener:

        def serve() -> list[bytes]:
            got = []
            for connection in listener:
                with connection:
                    got.append(connection.read_all(timeout=PATIENCE))
            return got

        server = Background(serve)
        for number in range(5):
            with ns.TcpSender(*listener.local) as sender:
                sender.send(bytes([number]))
        until(lambda: len([s for s in listener.steps if s.step == "accept"]) > 0, "an accept")
        with ns.TcpSender(*listener.local, timeout=PATIENCE) as last:
            last.finish()
            assert last.socket.read(timeout=PATIENCE) == b""  # all before it were served
        listener.close()
        assert server.result() == [bytes([number]) for number in range(5)] + [b""]
        assert list(listener) == []


def test_select_takes_it() -> None:
    with pair() as (client, connection), bound() as udp:
        assert select.select([client, udp], [client], [], 0) == ([], [client], [])
        connection.write(b"x")
        assert select.select([client, udp], [], [], PATIENCE)[0] == [client]
        client.close()
        with pytest.raises(ValueError, match="negative"):
            select.select([client], [], [], 0)


def test_it_can_be_referenced_weakly_and_is_its_own_key() -> None:
    with ns.Socket("tcp") as socket, ns.Socket("tcp") as other:
        reference = weakref.ref(socket)
        assert reference() is socket
        assert len({socket, other, socket}) == 2
        assert socket != other
    del socket
    gc.collect()
    assert reference() is None


def test_a_subclass_has_its_own_attributes_and_steps() -> None:
    class Counting(ns.Socket):
        sent: int

        def write(self, data: bytes, *, timeout: float | None = None) -> None:
            self.sent = getattr(self, "sent", 0) + len(data)
            super().write(data, timeout=timeout)

    with listening() as listener, Counting("tcp") as client:
        client.connect(listener.local)
        client.write(b"hello")
        assert client.sent == 5
        with listener.accept(timeout=PATIENCE) as connection:
            assert type(connection) is ns.Socket
            assert connection.read_exactly(5, timeout=PATIENCE) == b"hello"


@pytest.mark.parametrize("name", ["Datagram", "Event", "Options", "Service", "StepLine"])
def test_what_only_the_core_makes_cannot_be_made(name: str) -> None:
    with pytest.raises(TypeError):
        getattr(ns, name)()


def test_a_datagram_has_its_bytes_its_sender_and_its_true_length() -> None:
    with bound() as receiver, bound() as sender:
        sender.send_to(b"0123456789", receiver.local)
        datagram = receiver.receive_from(4, timeout=PATIENCE)
        assert (datagram.data, datagram.sender, datagram.truncated_from) == (
            b"0123",
            sender.local,
            10,
        )
        assert (bytes(datagram), len(datagram)) == (b"0123", 4)
        assert "truncated_from=10" in repr(datagram)
        sender.send_to(b"0123456789", receiver.local)
        with pytest.raises(ns.DatagramCut) as caught:
            receiver.read(4, timeout=PATIENCE)
        assert caught.value.partial == b"0123"
        assert "4 of 10 bytes" in caught.value.cause


# A client that meets itself


def test_a_client_that_meets_itself_is_refused() -> None:
    """TCP's simultaneous open: it would talk to itself, and think it talks to a server."""
    with ns.Socket("tcp") as client:
        client.bind("127.0.0.1", 0)
        with pytest.raises(ns.Refused, match="met itself"):
            client.connect(client.local)
