"""The misbehaving clients of netsteps.peers: what a server sees of each, and what a good one does.

The servers are Python's own (sockets, socketserver, http.server, asyncio), redis, and netsteps'.
"""

import asyncio
import http.server
import shutil
import socket as std
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, listening, until
from netsteps import peers
from peers import needs, program

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
PAGE = b"a page of the server\n" * 1000


class Pages(http.server.BaseHTTPRequestHandler):
    """Python's web server, with one page. failures: what its handlers have raised."""

    failures: ClassVar[list[str]] = []
    timeout = 5

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        pass


class WebServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        import sys

        Pages.failures.append(type(sys.exc_info()[1]).__name__)


@contextmanager
def web_server() -> "Iterator[tuple[str, int]]":
    Pages.failures.clear()
    with WebServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield ("127.0.0.1", server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def std_listener() -> "Iterator[tuple[std.socket, tuple[str, int]]]":
    with std.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener, listener.getsockname()


@contextmanager
def echo() -> "Iterator[ns.TcpServer]":
    with ns.TcpServer(service="echo") as server:
        yield server


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def works(endpoint: tuple[str, int]) -> bool:
    """Ask a web server as a good client does: it serves the next one."""
    with peers.client.half_close(endpoint, REQUEST) as client:
        client.wait()
        return body_of(client.received) == PAGE


def test_one_byte_at_a_time_is_a_request_as_any_other() -> None:
    with (
        web_server() as endpoint,
        peers.client.one_byte_at_a_time(endpoint, REQUEST, pause=0.0005) as client,
    ):
        assert client.wait(PATIENCE) == "ended"
        assert body_of(client.received) == PAGE


def test_one_byte_at_a_time_comes_in_many_reads() -> None:
    with (
        std_listener() as (listener, endpoint),
        peers.client.one_byte_at_a_time(endpoint, b"question", pause=0.005),
    ):
        connection, _ = listener.accept()
        with connection:
            parts = []
            while part := connection.recv(100):
                parts.append(part)
    assert b"".join(parts) == b"question"
    assert len(parts) > 4


def test_glued_messages_come_in_one_read_and_are_each_answered() -> None:
    with (
        std_listener() as (listener, endpoint),
        peers.client.glued(endpoint, [b"one\n", b"two\n", b"three\n"]),
    ):
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(100) == b"one\ntwo\nthree\n"
    with (
        ns.TcpServer(on_message=lambda m: m.upper(), framing="lines") as server,
        peers.client.glued(server.endpoint, [b"one\n", b"two\n", b"three\n"]) as client,
    ):
        assert client.wait_for(14) == b"ONE\nTWO\nTHREE\n"
        assert client.ending == "open"


def test_glued_requests_are_answered_by_asyncio_in_their_order() -> None:
    async def serve() -> bytes:
        ended = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                writer.write(line[::-1])
            writer.close()
            await writer.wait_closed()
            ended.set()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            endpoint = server.sockets[0].getsockname()
            with peers.client.glued(endpoint, [b"ab\n", b"cd\n"]) as client:
                data = await asyncio.to_thread(client.wait_for, 6)
            await asyncio.wait_for(ended.wait(), PATIENCE)
            return data

    assert asyncio.run(serve()) == b"\nba\ndc"


def test_resets_in_the_middle_are_an_error_of_one_client_alone() -> None:
    with (
        std_listener() as (listener, endpoint),
        peers.client.resets(endpoint, b"question", after=4) as client,
    ):
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(4) == b"ques"
            with pytest.raises(ConnectionResetError):
                connection.recv(100)
        assert client.wait() == "ended"
    with web_server() as endpoint:
        with peers.client.resets(endpoint, REQUEST, after=10) as client:
            client.wait()
        assert works(endpoint)
        until(lambda: Pages.failures == ["ConnectionResetError"], "the server has noticed")


def test_closes_early_is_the_end_in_the_middle_and_a_broken_pipe_for_the_writer() -> None:
    with (
        std_listener() as (listener, endpoint),
        peers.client.closes_early(endpoint, b"question", after=4) as client,
    ):
        connection, _ = listener.accept()
        with connection:
            client.wait()
            assert connection.recv(100) == b"ques"
            assert connection.recv(100) == b""
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                connection.sendall(bytes(20_000_000))


def test_half_close_still_reads_the_whole_answer() -> None:
    with echo() as server, peers.client.half_close(server.endpoint, PAGE) as client:
        assert client.wait() == "ended"
        assert client.received == PAGE
        assert client.conversation.peer_finished


def test_silent_is_closed_by_a_server_with_an_idle_timeout() -> None:
    with (
        ns.TcpServer(on_message=lambda m: m, framing="lines", idle_timeout=0.1) as server,
        peers.client.silent(server.endpoint) as client,
    ):
        assert client.wait() in {"ended", "cut"}


def test_silent_is_a_timeout_of_the_reader() -> None:
    with listening() as listener, peers.client.silent(listener.local) as client:
        with listener.accept(timeout=PATIENCE) as connection, pytest.raises(ns.TimedOut):
            connection.read(timeout=0.05)
        assert client.wait() in {"ended", "cut"}


def test_slow_reader_holds_a_server_back_that_goes_on_serving_others() -> None:
    with (
        ns.TcpServer(service="chargen") as server,
        peers.client.slow_reader(server.endpoint, b"", rate=1000) as slow,
    ):
        slow.wait_for(100)
        with peers.client.endless(server.endpoint, limit=10):
            pass
        with std.create_connection(tuple(server.endpoint), 5) as other:
            assert len(other.recv(1000)) > 0
        assert slow.conversation.received_bytes < 5000


def test_slow_reader_is_a_timeout_of_the_writer() -> None:
    with (
        std_listener() as (listener, endpoint),
        peers.client.slow_reader(endpoint, b"question", rate=1000),
    ):
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(100) == b"question"
            connection.settimeout(0.3)
            with pytest.raises(TimeoutError):
                connection.sendall(bytes(20_000_000))


def test_a_length_of_4_gib_is_refused_before_memory_is_taken() -> None:
    with ns.TcpServer(on_message=lambda m: m, framing="length") as server:
        with peers.client.wrong_length(server.endpoint) as client:
            assert client.wait() in {"ended", "cut"}  # closed by the server
        with ns.TcpSender(server.endpoint) as good:
            good.send_message(b"hello")


def test_a_length_in_the_head_of_a_request_is_wrong() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n".__mod__
    with (
        std_listener() as (listener, endpoint),
        peers.client.wrong_length(endpoint, b"hello", 9, header=head, stays=False),
    ):
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as file:
            assert file.read() == head(9) + b"hello"


def test_garbage_is_answered_by_an_error_of_the_protocol() -> None:
    with web_server() as endpoint:
        for seed in range(5):
            with peers.client.garbage(endpoint, 300, seed=seed) as client:
                assert client.wait() in {"ended", "cut"}
        assert works(endpoint)


def test_endless_lines_are_cut_by_a_limit() -> None:
    with web_server() as endpoint:
        with peers.client.endless(endpoint, b"GET /") as client:
            assert client.wait(PATIENCE) == "cut"
            assert isinstance(client.conversation.error, ConnectionError)
        assert works(endpoint)


@needs("redis-server")
def test_redis_survives_all_of_them() -> None:
    assert shutil.which("redis-server")
    port = _free_port()
    with program(
        "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""
    ) as server:
        server.until("Ready to accept connections")
        endpoint = ("127.0.0.1", port)
        ping = b"*1\r\n$4\r\nPING\r\n"
        with peers.client.one_byte_at_a_time(endpoint, ping) as client:
            assert client.wait_for(7) == b"+PONG\r\n"
        with peers.client.glued(endpoint, [ping] * 3) as client:
            assert client.wait_for(21) == b"+PONG\r\n" * 3
        with peers.client.resets(endpoint, ping, after=5) as client:
            assert client.wait() == "ended"
        with peers.client.wrong_length(
            endpoint, b"x", 0xFFFFFFFF, header=b"*1\r\n$%d\r\n".__mod__
        ) as client:
            assert b"Protocol error" in client.wait_for(20)
        with peers.client.half_close(endpoint, ping) as client:
            assert client.wait() == "ended"


def _free_port() -> int:
    with std.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_client_that_cannot_connect_says_so() -> None:
    with ns.Socket("tcp") as bound:
        bound.bind("127.0.0.1", 0)
        assert bound.local is not None
        with peers.client.silent(bound.local) as client:
            assert client.wait() == "failed"
            assert isinstance(client.conversation.error, ConnectionRefusedError)
            with pytest.raises(EOFError, match="0 of 1 bytes came"):
                client.wait_for(1)


def test_a_client_takes_a_name_and_the_four_parts_of_an_ipv6_address() -> None:
    with (
        std.create_server(("::1", 0), family=std.AF_INET6) as listener,
        peers.client.silent(listener.getsockname()) as client,
    ):
        assert client.endpoint == ("::1", listener.getsockname()[1])
    with (
        echo() as server,
        peers.client.half_close(("localhost", server.endpoint.port), b"x") as one,
    ):
        assert one.wait() == "ended"
    with std.create_server(("::1", 0), family=std.AF_INET6) as listener:
        peers.client.scripted(listener.getsockname(), [peers.send(b"x")]).check()


def test_a_wait_has_an_end() -> None:
    with echo() as server, peers.client.glued(server.endpoint, [b"hi"]) as client:
        with pytest.raises(TimeoutError, match="goes on"):
            client.wait(0.05)
        with pytest.raises(TimeoutError, match="2 of 3 bytes came"):
            client.wait_for(3, 0.05)


def test_a_server_in_the_same_thread_is_not_kept_waiting() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Reverses) as server:
        with peers.client.half_close(server.server_address, b"abc") as client:
            serving = Background(server.handle_request)
            assert client.wait() == "ended"
            serving.result()
        assert client.received == b"cba"


class Reverses(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(self.request.recv(100)[::-1])
