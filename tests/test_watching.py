"""watch(): programs that do not know of netsteps, recorded; and everything as before after it."""

import http.client
import http.server
import socket
import subprocess
import sys
import threading
import types
from typing import Any

import pytest

import netsteps as ns
from helpers import PATIENCE
from netsteps import compat


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_arguments: object) -> None:
        pass


def fetch() -> bytes:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = http.client.HTTPConnection(*server.server_address[:2], timeout=PATIENCE)
        try:
            client.request("GET", "/")
            return client.getresponse().read()
        finally:
            client.close()
            server.shutdown()
            thread.join(PATIENCE)


def test_the_standard_librarys_http_is_recorded_on_both_sides() -> None:
    with ns.watch() as trace:
        assert fetch() == b"hello"
    previews = b"".join(event.preview for event in trace.events)
    assert b"GET / HTTP/1.1" in previews
    assert b"hello" in previews
    calls = {event.call for event in trace.events}
    assert {"socket", "bind", "listen", "connect", "accepted", "send", "recv"} <= calls
    assert "GET /" in str(trace.ladder())  # as much as there is room for


def test_everything_is_put_back() -> None:
    before = {name: getattr(socket, name) for name in dir(socket)}
    other: Any = types.ModuleType("one_that_took_it_by_name")
    other.socket = other.Class = socket.socket
    sys.modules[other.__name__] = other
    try:
        outer, inner = ns.watch(), ns.watch()
        assert socket.socket is socket.SocketType is other.socket is other.Class is compat.socket
        inner.stop()
        inner.stop()
        assert socket.socket is compat.socket
        outer.stop()
        assert other.socket is other.Class is before["socket"]
    finally:
        del sys.modules[other.__name__]
    assert {name: getattr(socket, name) for name in dir(socket)} == before


def test_what_is_made_after_it_is_not_recorded() -> None:
    with ns.watch() as trace:
        pass
    assert fetch() == b"hello"
    assert trace.events == []


def test_tls_works_while_it_is_watched() -> None:
    code = """
import netsteps as ns, socket
with ns.watch():
    import ssl
    one, other = socket.socketpair()
    context = ssl.create_default_context()
    with one, other, context.wrap_socket(
        one, server_hostname="localhost", do_handshake_on_connect=False
    ) as wrapped:
        assert isinstance(wrapped, ssl.SSLSocket)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_sockets_of_the_standard_class_are_sockets_while_it_is_watched() -> None:
    import ssl

    with socket.socket() as before, ns.watch():
        assert isinstance(before, socket.socket)
        assert issubclass(ssl.SSLSocket, socket.socket)
        assert not isinstance("a socket", socket.socket)
        with socket.socket() as new:
            assert isinstance(new, socket.socket)


@pytest.mark.parametrize("first", ["multiprocessing.reduction", "netsteps"])
def test_sockets_of_both_kinds_go_to_other_processes(first: str) -> None:
    code = f"""
import {first}
import netsteps as ns, socket

def pickled(one):
    from multiprocessing.reduction import ForkingPickler
    ForkingPickler.dumps(one)

with ns.watch(), socket.socket() as one:
    pickled(one)
with socket.socket() as other:
    pickled(other)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_where_green_threads_are_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    class Green(socket.socket):
        __module__ = "gevent._socket3"

    monkeypatch.setattr(socket, "socket", Green)
    trace = ns.Trace()
    with pytest.raises(RuntimeError, match="gevent's"):
        ns.watch(trace)
    assert socket.socket is Green
    with trace:  # it was stopped
        pass
