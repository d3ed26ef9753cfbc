"""The misbehaving servers as other programs see them: curl, nc, redis-cli, and Python's clients.

An exit code of curl is a fault by name (man curl): 7 could not connect, 18 partial file, 28 time
over, 52 nothing came, 56 could not receive, 1 or 8 no HTTP, 27 or 100 too large a header.
"""

import asyncio
import http.client
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from netsteps import Endpoint, peers
from netsteps.peers import expect, expect_end, send
from peers import needs, program, run

if TYPE_CHECKING:
    import subprocess

BODY = b"a page of some length\n" * 50
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
PAGE = HEAD % len(BODY) + BODY
REQUEST = b"\r\n\r\n"  # what ends one


def curl(endpoint: Endpoint, *options: str) -> "subprocess.CompletedProcess[bytes]":
    return run("curl", "-sS", "--noproxy", "*", *options, f"http://{endpoint}/")


def opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


@needs("curl")
def test_curl_waits_for_a_silent_server_until_its_time_is_over() -> None:
    with peers.silent() as peer:
        assert curl(peer.endpoint, "--max-time", "0.5").returncode == 28


@needs("curl")
def test_curl_reads_one_byte_at_a_time() -> None:
    with peers.one_byte_at_a_time(PAGE, pause=0.0005, request=REQUEST) as peer:
        done = curl(peer.endpoint)
    assert (done.returncode, done.stdout) == (0, BODY)


@needs("curl")
def test_curl_names_a_reset_in_the_body_and_before_it() -> None:
    with peers.resets(after=100, reply=PAGE, request=REQUEST) as peer:
        done = curl(peer.endpoint)
        assert done.returncode == 56
        assert b"reset by peer" in done.stderr
        assert done.stdout == PAGE[:100].partition(REQUEST)[2]
    with peers.resets(request=REQUEST) as peer:
        assert curl(peer.endpoint).returncode == 56


@needs("curl")
def test_curl_names_a_partial_file_and_an_empty_reply() -> None:
    with peers.closes_early(after=200, reply=PAGE, request=REQUEST) as peer:
        assert curl(peer.endpoint).returncode == 18
    with peers.closes_early(request=REQUEST) as peer:
        assert curl(peer.endpoint).returncode == 52


@needs("curl")
def test_curl_takes_garbage_for_no_http() -> None:
    with peers.garbage(seed=1, request=REQUEST) as peer:
        assert curl(peer.endpoint).returncode in {1, 8}


@needs("curl")
def test_curl_gives_up_an_endless_answer_at_its_limits() -> None:
    start = b"HTTP/1.1 200 OK\r\n\r\n"
    with peers.endless(start, request=REQUEST, limit=1 << 40) as peer:
        assert curl(peer.endpoint, "-o", "/dev/null", "--max-time", "0.3").returncode == 28
    with peers.endless(b"HTTP/1.1 200 OK\r\nX: ", request=REQUEST) as peer:
        assert curl(peer.endpoint).returncode in {27, 56, 100}  # a header without an end


@needs("curl")
def test_curl_compares_the_length_with_what_comes() -> None:
    header = HEAD.__mod__
    with peers.wrong_length(BODY, len(BODY) + 5, header=header, request=REQUEST) as peer:
        assert curl(peer.endpoint).returncode == 18
    with peers.wrong_length(BODY, 10, header=header, request=REQUEST) as peer:
        done = curl(peer.endpoint)
        assert (done.returncode, done.stdout) == (0, BODY[:10])
    with peers.wrong_length(BODY, 5000, header=header, stays=True, request=REQUEST) as peer:
        assert curl(peer.endpoint, "--max-time", "0.5").returncode == 28


@needs("curl")
def test_curl_reads_on_after_a_half_close_and_closes_its_side() -> None:
    with peers.half_close(PAGE, request=REQUEST) as peer:
        done = curl(peer.endpoint)
        assert (done.returncode, done.stdout) == (0, BODY)
        assert peer.conversations[0].wait() == "ended"


@needs("curl")
def test_curl_is_held_back_by_a_slow_reader() -> None:
    with (
        peers.slow_reader(rate=1000) as peer,
        program(
            "curl",
            "-sS",
            "--noproxy",
            "*",
            "--max-time",
            "0.7",
            "-H",
            "Expect:",
            "-T",
            "/dev/zero",
            f"http://{peer.endpoint}/",
        ) as upload,
    ):
        assert upload.ended() == 28
        assert peer.conversations[0].received_bytes < 5000


@needs("curl")
def test_curl_is_told_nothing_by_a_server_that_never_accepts() -> None:
    with peers.never_accepts() as peer:
        done = curl(peer.endpoint, "--connect-timeout", "0.5")
        assert done.returncode == 28


@needs("nc")
def test_nc_reads_what_came_before_the_reset() -> None:
    with peers.resets(after=5, reply=b"hello, all of you", pause=0.3) as peer:
        done = run("nc", peer.endpoint.ip, str(peer.endpoint.port), stdin=b"hi\n")
    assert done.stdout == b"hello"


@needs("nc")
def test_nc_shows_garbage_of_a_seed() -> None:
    with peers.garbage(1000, seed=3, request=0) as peer:
        address = (peer.endpoint.ip, str(peer.endpoint.port))
        one, other = run("nc", "-N", *address), run("nc", "-N", *address)
    assert one.stdout == other.stdout
    assert len(one.stdout) == 1000


@needs("redis-cli")
def test_redis_cli_plays_a_script_and_names_the_end_of_the_server() -> None:
    ping = b"*1\r\n$4\r\nPING\r\n"
    with peers.scripted([expect(ping), send(b"+PONG\r\n"), expect_end()]) as peer:
        done = run("redis-cli", "-h", peer.endpoint.ip, "-p", str(peer.endpoint.port), "PING")
    assert done.stdout == b"PONG\n"
    with peers.closes_early(request=len(ping)) as peer:
        done = run("redis-cli", "-h", peer.endpoint.ip, "-p", str(peer.endpoint.port), "PING")
    assert b"Server closed the connection" in done.stdout + done.stderr
    with peers.resets(request=len(ping)) as peer:
        done = run("redis-cli", "-h", peer.endpoint.ip, "-p", str(peer.endpoint.port), "PING")
    assert b"reset by peer" in done.stdout + done.stderr


@needs("redis-cli")
def test_redis_cli_refuses_garbage() -> None:
    with peers.garbage(seed=2) as peer:
        done = run("redis-cli", "-h", peer.endpoint.ip, "-p", str(peer.endpoint.port), "PING")
    assert b"Protocol error" in done.stdout + done.stderr


def test_http_client_tells_a_part_from_the_whole() -> None:
    with peers.closes_early(after=len(PAGE) - 1, reply=PAGE, request=REQUEST) as peer:
        connection = http.client.HTTPConnection(*peer.endpoint, timeout=5)
        connection.request("GET", "/")
        with pytest.raises(http.client.IncompleteRead) as caught:
            connection.getresponse().read()
        assert caught.value.partial == BODY[:-1]
        connection.close()


def test_http_client_names_a_closed_connection_and_garbage() -> None:
    with peers.closes_early(request=REQUEST) as peer:
        connection = http.client.HTTPConnection(*peer.endpoint, timeout=5)
        connection.request("GET", "/")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
        connection.close()
    with peers.garbage(seed=5, request=REQUEST) as peer:
        connection = http.client.HTTPConnection(*peer.endpoint, timeout=5)
        connection.request("GET", "/")
        with pytest.raises(http.client.HTTPException):
            connection.getresponse()
        connection.close()


def test_http_client_has_a_limit_for_a_line_without_an_end() -> None:
    with peers.endless(request=REQUEST) as peer:
        connection = http.client.HTTPConnection(*peer.endpoint, timeout=5)
        connection.request("GET", "/")
        with pytest.raises(http.client.LineTooLong):
            connection.getresponse()
        connection.close()


def test_urllib_raises_the_reset_and_the_timeout() -> None:
    with peers.resets(request=REQUEST) as peer, pytest.raises(ConnectionResetError):
        opener().open(f"http://{peer.endpoint}/", timeout=5)
    with peers.silent() as peer, pytest.raises(TimeoutError):
        opener().open(f"http://{peer.endpoint}/", timeout=0.2)
    with peers.never_accepts() as peer, pytest.raises(urllib.error.URLError) as caught:
        opener().open(f"http://{peer.endpoint}/", timeout=0.2)
    assert isinstance(caught.value.reason, TimeoutError)


def test_urllib_plays_a_script_with_a_pattern_and_an_answer_in_two_pieces() -> None:
    get = re.compile(rb"GET /page HTTP/1\.1\r\n.*?\r\n\r\n", re.DOTALL)
    with (
        peers.scripted([expect(get), send(PAGE[:30]), peers.pause(0.02), send(PAGE[30:])]) as peer,
        opener().open(f"http://{peer.endpoint}/page", timeout=5) as answer,
    ):
        assert answer.read() == BODY
    assert peer.done


def test_asyncio_streams_see_each_fault_as_its_error() -> None:
    async def ask(endpoint: Endpoint, count: int) -> bytes:
        reader, writer = await asyncio.open_connection(*endpoint)
        try:
            writer.write(b"question\n")
            return await asyncio.wait_for(reader.readexactly(count), 0.5)
        finally:
            writer.close()

    with peers.one_byte_at_a_time(b"0123456789", pause=0.002) as peer:
        assert asyncio.run(ask(peer.endpoint, 10)) == b"0123456789"
    with peers.resets(after=3, reply=b"abcdef") as peer, pytest.raises(ConnectionResetError):
        asyncio.run(ask(peer.endpoint, 10))
    with peers.half_close(b"abc") as peer:
        with pytest.raises(asyncio.IncompleteReadError) as caught:
            asyncio.run(ask(peer.endpoint, 10))
        assert caught.value.partial == b"abc"
    with peers.silent() as peer, pytest.raises(TimeoutError):
        asyncio.run(ask(peer.endpoint, 10))


def test_asyncio_is_held_back_by_a_slow_reader() -> None:
    async def write(endpoint: Endpoint) -> None:
        _, writer = await asyncio.open_connection(*endpoint)
        try:
            writer.write(bytes(20_000_000))
            await asyncio.wait_for(writer.drain(), 0.3)
        finally:
            writer.transport.abort()

    with peers.slow_reader(rate=1000) as peer, pytest.raises(TimeoutError):
        asyncio.run(write(peer.endpoint))
