"""watch(): programs that do not know of netsteps, recorded; and everything as before after it."""

import http.client
import http.server
import socket
import subprocess
import sys
import threading
import types
from pathlib import Path
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


def test_a_trace_that_cannot_record_leaves_the_standard_class(tmp_path: Path) -> None:
    standard = socket.socket
    past = ns.Trace.load(ns.Trace().save(tmp_path / "past.jsonl"))
    with pytest.raises(ns.BadArgument, match="records nothing any more"):
        ns.watch(past)
    assert socket.socket is standard


def load(name: str, text: str) -> Any:
    """Make a module of this text, as an import would."""
    module: Any = types.ModuleType(name)
    sys.modules[name] = module
    exec(text, vars(module))
    return module


def test_modules_that_come_while_it_is_watched_are_put_back_too() -> None:
    standard = socket.socket
    try:
        with ns.watch():
            late = load("late", "from socket import socket, create_connection as connect")
            # Its class calls what it is derived from by name, and would be lost with another.
            own = load("own", "from socket import socket\nclass Own(socket):\n    pass")
            assert late.socket is compat.socket
        assert late.socket is standard
        assert late.connect is socket.create_connection
        assert own.socket is compat.socket
        own.Own().close()
    finally:
        for name in ("late", "own"):
            sys.modules.pop(name, None)


def test_classes_that_were_there_before_go_on() -> None:
    text = """
from socket import socket
class Own(socket):
    def __init__(self, *arguments):
        socket.__init__(self, *arguments)
class Other(__import__("socket").socket):
    def __init__(self, *arguments):
        __import__("socket").socket.__init__(self, *arguments)
"""
    before = load("before", text)
    try:
        with ns.watch(), before.Own() as own, before.Other() as other, socket.socket() as new:
            import ssl

            for one in (own, other, new):
                assert isinstance(one, socket.socket)
                assert one.fileno() >= 0
            assert issubclass(ssl.SSLSocket, socket.socket)
            assert before.socket is not compat.socket
    finally:
        del sys.modules["before"]


def test_a_module_that_is_loaded_when_it_is_asked_is_not_asked() -> None:
    class Lazy(types.ModuleType):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

        def __setattr__(self, name: str, value: object) -> None:
            raise AssertionError(name)

    lazy = sys.modules["lazy"] = Lazy("lazy")
    names = object.__getattribute__(lazy, "__dict__")
    standard = names["socket"] = socket.socket
    try:
        with ns.watch():
            assert names["socket"] is compat.socket
        assert names["socket"] is standard
    finally:
        del sys.modules["lazy"]


def test_sockets_go_to_another_process_as_before_and_after() -> None:
    from multiprocessing import resource_sharer
    from multiprocessing.reduction import ForkingPickler

    def sent(one: socket.socket) -> socket.socket:
        copy: socket.socket = ForkingPickler.loads(ForkingPickler.dumps(one))  # type: ignore[attr-defined]
        return copy

    try:
        with socket.socket() as before:
            with ns.watch(), socket.socket() as meanwhile:
                for one in (before, meanwhile):
                    with sent(one) as copy:
                        assert isinstance(copy, compat.socket)
            with sent(before) as copy:
                assert not isinstance(copy, ns._core.PlainSocket)  # type: ignore[attr-defined]
    finally:
        resource_sharer.stop()


def test_an_error_inside_and_many_threads_leave_nothing() -> None:
    standard = socket.socket

    def watch() -> None:
        for _ in range(20):
            try:
                with ns.watch():
                    socket.socket().close()
                    raise KeyError("inside")
            except KeyError:
                pass

    threads = [threading.Thread(target=watch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert socket.socket is standard
