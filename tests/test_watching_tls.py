"""watch() and TLS: ssl's sockets work as before, and the records that they send are recorded."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

import netsteps as ns
from helpers import PATIENCE
from real_programs.of_the_loop import contexts

HANDSHAKE, DATA = b"\x16\x03", b"\x17\x03\x03"


@contextlib.contextmanager
def pair(serve: Callable[[ssl.SSLSocket], None]) -> Iterator[ssl.SSLSocket]:
    """Give a client of TLS, whose server is served in a thread."""
    server_side, client_side = contexts()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            accepted, _ = server.accept()
            with server_side.wrap_socket(accepted, server_side=True) as connection:
                serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        raw = socket.create_connection(server.getsockname(), PATIENCE)
        try:
            with client_side.wrap_socket(raw) as client:
                yield client
        finally:
            thread.join(PATIENCE)


def upper(connection: ssl.SSLSocket) -> None:
    connection.sendall(connection.recv(100).upper())


def test_both_ends_are_recorded_as_what_they_send() -> None:
    with ns.watch() as trace, pair(upper) as client:
        assert type(client) is ssl.SSLSocket
        client.sendall(b"a secret")
        assert client.recv(100) == b"A SECRET"
    sent = [event.preview for event in trace.events if event.call == "send"]
    assert sum(preview.startswith(HANDSHAKE) for preview in sent) >= 2
    assert sum(preview.startswith(DATA) for preview in sent) == 2
    assert not any(b"secret" in event.preview.lower() for event in trace.events)
    assert {event.step for event in trace.events} >= {"connect", "accepted", "close"}
    ladder = str(trace.ladder())
    assert "1 connection" in ladder
    assert "not read" not in ladder
    assert "outside" not in ladder
    assert "detach" not in ladder


def test_what_lies_in_the_kernel_is_seen_by_select() -> None:
    def twice(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"one")
        connection.sendall(b"two")
        connection.recv(1)

    with ns.watch(), pair(twice) as client:
        assert client.recv(2) == b"on"
        assert client.pending() == 1
        assert client.recv(10) == b"e"
        assert select.select([client], [], [], PATIENCE)[0] == [client]
        assert client.recv(10) == b"two"
        client.sendall(b"!")


def test_a_time_limit_is_kept() -> None:
    def silent(connection: ssl.SSLSocket) -> None:
        connection.recv(1)

    with ns.watch(), pair(silent) as client:
        client.settimeout(0.05)
        with pytest.raises(TimeoutError, match="read operation timed out"):
            client.recv(10)
        client.settimeout(PATIENCE)
        client.sendall(b"!")


def test_a_socket_that_does_not_wait_asks_to_be_called_again() -> None:
    with ns.watch(), pair(upper) as client:
        client.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            client.recv(10)
        assert client.send(b"ask") == 3
        while True:
            try:
                assert client.recv(10) == b"ASK"
                break
            except ssl.SSLWantReadError:
                select.select([client], [], [], PATIENCE)
        client.setblocking(True)


def test_much_goes_both_ways() -> None:
    data = bytes(range(256)) * 8_000

    def back(connection: ssl.SSLSocket) -> None:
        with connection.makefile("rwb") as file:
            file.write(file.read(len(data)))

    with ns.watch(), pair(back) as client, client.makefile("rb") as file:
        client.sendall(data)
        assert file.read(len(data)) == data


def test_a_connection_goes_on_without_tls() -> None:
    def plain(connection: ssl.SSLSocket) -> None:
        raw = connection.unwrap()
        raw.sendall(b"in the clear")

    with ns.watch(), pair(plain) as client:
        raw = client.unwrap()
        assert raw.recv(100, socket.MSG_WAITALL) == b"in the clear"


def test_a_certificate_that_is_not_trusted_is_refused_with_an_alert() -> None:
    server_side, _ = contexts()
    told: list[BaseException] = []
    with ns.watch() as trace, socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            accepted, _ = server.accept()
            with accepted, pytest.raises(ssl.SSLError) as caught:
                server_side.wrap_socket(accepted, server_side=True)
            told.append(caught.value)

        thread = threading.Thread(target=serve)
        thread.start()
        with (
            socket.create_connection(server.getsockname(), PATIENCE) as raw,
            pytest.raises(ssl.SSLError),
        ):
            ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")
        thread.join(PATIENCE)
    assert told
    assert any(event.preview.startswith(b"\x15\x03") for event in trace.events)


def test_tls_is_put_back_and_goes_on_where_it_was_begun() -> None:
    before = ssl.SSLContext._wrap_socket  # type: ignore[attr-defined]
    watch = ns.watch()
    with pair(upper) as client:
        watch.stop()
        assert ssl.SSLContext._wrap_socket is before  # type: ignore[attr-defined]
        count = len(watch.trace.events)
        client.sendall(b"later")
        assert client.recv(100) == b"LATER"
    assert len(watch.trace.events) == count


def test_a_context_that_a_program_has_replaced_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As gevent and eventlet do; their sockets stay theirs."""

    class Context(ssl.SSLContext):
        pass

    class Green(ssl.SSLSocket):
        __module__ = "eventlet.green.ssl"

    before = ssl.SSLContext._wrap_socket  # type: ignore[attr-defined]
    standard = ssl.SSLContext
    with ns.watch():
        monkeypatch.setattr(ssl, "SSLContext", Context)
        monkeypatch.setattr(ssl.SSLContext, "sslsocket_class", Green)
        with socket.create_server(("127.0.0.1", 0)) as server:
            raw = socket.create_connection(server.getsockname(), PATIENCE)
            context = Context(ssl.PROTOCOL_TLS_CLIENT)
            with context.wrap_socket(
                raw, server_hostname="localhost", do_handshake_on_connect=False
            ) as client:
                assert type(client._sslobj).__module__ == "_ssl"
    assert standard._wrap_socket is before  # type: ignore[attr-defined]
