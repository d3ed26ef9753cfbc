"""Not only ourselves: curl, Python's own web server, redis, nginx, nc and socat as peers."""

import hashlib
import os
import random
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

import netsteps as ns
from helpers import LOOPBACK, Background, listening, until
from peers import PATIENCE, Program, needs, program, run
from peers import listening as listening_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = random.Random(80).randbytes(300_000)


def free_port() -> int:
    """Give a port that was free a moment ago, for a program that cannot take port 0."""
    with ns.Socket("tcp") as socket:
        socket.bind("127.0.0.1", 0)
        assert socket.local is not None
        return socket.local.port


# curl


def serve_page(connection: ns.Socket) -> bytes:
    """Answer one request as a web server does, in the steps; give the body of the request."""
    head = connection.read_until(b"\r\n\r\n", timeout=PATIENCE).decode("ascii")
    lines = head.split("\r\n")
    fields = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines[1:])
    }
    if fields.get("expect") == "100-continue":
        connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = connection.read_exactly(int(fields.get("content-length", 0)), timeout=PATIENCE)
    answer = PAGE if lines[0].startswith("GET / ") else hashlib.sha256(body).hexdigest().encode()
    connection.write(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(answer)
    )
    connection.write(answer, timeout=PATIENCE)
    return body


@needs("curl")
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_curl_fetches_from_a_server_written_with_the_steps(family: str) -> None:
    with listening(family) as server:
        assert server.local is not None
        curl = Background(lambda: run("curl", "-sS", "--noproxy", "*", f"http://{server.local}/"))
        with server.accept(timeout=PATIENCE) as connection:
            serve_page(connection)
        done = curl.result(PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == PAGE


@needs("curl")
def test_curl_uploads_a_file_to_a_server_written_with_the_steps(tmp_path: "Path") -> None:
    (tmp_path / "file").write_bytes(PAGE * 10)
    with listening() as server:
        url = f"http://{server.local}/upload"
        command = ("curl", "-sS", "--noproxy", "*", "-T", str(tmp_path / "file"), url)
        curl = Background(lambda: run(*command))
        with server.accept(timeout=PATIENCE) as connection:
            assert serve_page(connection) == PAGE * 10
        done = curl.result(PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == hashlib.sha256(PAGE * 10).hexdigest()


@needs("curl")
def test_curl_fetches_twenty_pages_at_once_from_a_background_server(tmp_path: "Path") -> None:
    with ns.TcpServer(on_client=serve_page) as server:
        urls = [f"http://{server.endpoint}/" for _ in range(20)]
        outputs = [part for n in range(20) for part in ("-o", str(tmp_path / str(n)))]
        done = run(
            "curl", "-sS", "--noproxy", "*", "--parallel", "--no-progress-meter", *outputs, *urls
        )
        assert (done.returncode, done.stderr, server.errors) == (0, b"", [])
        assert server.served == 20
    assert all((tmp_path / str(n)).read_bytes() == PAGE for n in range(20))


# Web servers


def fetch(client: ns.Socket, path: str, *, close: bool = True) -> tuple[int, bytes]:
    """Ask a web server for a page, in the steps. Gives the status and the body."""
    kept = "close" if close else "keep-alive"
    request = f"GET {path} HTTP/1.1\r\nHost: {client.peer}\r\nConnection: {kept}\r\n\r\n"
    client.write(request.encode("ascii"))
    head = client.read_until(b"\r\n\r\n", timeout=PATIENCE).decode("ascii").lower()
    if close:
        return int(head.split()[1]), client.read_all(timeout=PATIENCE)
    length = int(head.partition("content-length: ")[2].split("\r\n")[0])
    return int(head.split()[1]), client.read_exactly(length, timeout=PATIENCE)


def test_a_client_written_with_the_steps_fetches_a_page_from_pythons_web_server(
    tmp_path: "Path",
) -> None:
    (tmp_path / "page.bin").write_bytes(PAGE)
    command = (sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1")
    with listening_program(*command, "-d", str(tmp_path), said=r"port (\d+)") as (_, port):
        with ns.Socket.open("127.0.0.1", port, timeout=PATIENCE) as client:
            assert fetch(client, "/page.bin") == (200, PAGE)
        with ns.Socket.open("localhost", port, timeout=PATIENCE) as client:
            assert fetch(client, "/missing")[0] == 404


@contextmanager
def nginx(folder: "Path") -> "Iterator[str]":
    """Run nginx with a configuration of its own; gives its port."""
    (folder / "www").mkdir()
    (folder / "www" / "page.bin").write_bytes(PAGE)
    for _ in range(5):
        port = free_port()
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid {folder}/pid; error_log stderr notice; events {{}}"
            f"http {{ access_log off; {temporary}"
            f"server {{ listen 127.0.0.1:{port}; root {folder}/www; }} }}"
        )
        config = str(folder / "nginx.conf")
        with program("nginx", "-e", "stderr", "-c", config, "-p", str(folder)) as server:
            said = server.until(r"start worker process \d+|bind\(\) .* failed")[0]
            if "failed" not in said:
                yield str(port)
                server.process.terminate()  # a kill would leave its workers
                server.ended()
                return
    pytest.fail("nginx got no port in five tries")


@needs("nginx")
def test_a_client_written_with_the_steps_talks_to_nginx(tmp_path: "Path") -> None:
    with nginx(tmp_path) as port:
        with ns.Socket.open("127.0.0.1", port, timeout=PATIENCE) as client:
            for _ in range(3):  # one connection, three answers: nothing of the next is read before
                assert fetch(client, "/page.bin", close=False) == (200, PAGE)
            assert fetch(client, "/missing")[0] == 404
        with ns.Socket.open("127.0.0.1", port, timeout=PATIENCE) as client:
            client.write(b"not http at all\r\n\r\n")
            assert b"400 Bad Request" in client.read_all(timeout=PATIENCE)


# redis


def respond(socket: ns.Socket) -> "bytes | int | None":
    """Read one answer of redis (RESP, the simple kinds)."""
    line = socket.read_until(b"\r\n", timeout=PATIENCE)[:-2]
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        if rest == b"-1":
            return None
        return socket.read_exactly(int(rest) + 2, timeout=PATIENCE)[:-2]
    return int(rest) if kind == b":" else line


def command(*parts: bytes) -> bytes:
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


@contextmanager
def redis(folder: "Path") -> "Iterator[int]":
    """Run redis, without files; gives its port."""
    for _ in range(5):
        port = free_port()
        options = f"--port {port} --bind 127.0.0.1 --appendonly no --dir {folder}".split()
        with program("redis-server", *options, "--save", "") as server:
            said = server.until(r"Ready to accept connections|Failed listening")[0]
            if said.startswith("Ready"):
                yield port
                return
    pytest.fail("redis got no port in five tries")


@needs("redis-server")
def test_a_client_written_with_the_steps_talks_to_redis(tmp_path: "Path") -> None:
    value = PAGE * 4 + b"\r\n$-1\r\n"  # what looks like the protocol is a part of the value
    with redis(tmp_path) as port, ns.Socket.open("127.0.0.1", port, timeout=PATIENCE) as client:
        client.write(command(b"PING"))
        assert respond(client) == b"+PONG"
        client.write(command(b"SET", b"key", value))
        assert respond(client) == b"+OK"
        client.write(command(b"GET", b"key"))
        assert respond(client) == value
        client.write(command(b"GET", b"nothing"))
        assert respond(client) is None
        client.write(command(b"NONSENSE"))
        assert bytes(respond(client) or b"").startswith(b"-ERR unknown command")
        client.write(command(b"INCR", b"n") * 1000)  # a thousand questions, then the answers
        assert [respond(client) for _ in range(1000)] == list(range(1, 1001))
        client.write(command(b"QUIT"))
        assert respond(client) == b"+OK"
        assert client.read(timeout=PATIENCE) == b""
        assert client.state == "peer finished"


# nc and socat: TCP


def nc(*arguments: str) -> tuple[str, ...]:
    return ("nc", *arguments)


@needs("nc")
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("how", ["service", "handler"])
def test_nc_is_echoed_to_the_end_after_its_half_close(how: str, family: str) -> None:
    def echo(connection: ns.Socket) -> None:
        connection.write(connection.read_all(timeout=PATIENCE))  # all of it, and then the answer

    given = {"service": {"service": "echo"}, "handler": {"on_client": echo}}[how]
    with ns.TcpServer(host=LOOPBACK[family], **given) as server:
        host, port = server.endpoint
        done = run(*nc("-N", host, str(port)), stdin=PAGE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == PAGE


@needs("nc")
def test_after_the_half_close_of_nc_we_can_still_send_to_it() -> None:
    with listening_program(
        *nc("-v", "-N", "-l", "127.0.0.1", "0"), said=r"Listening on \S+ (\d+)"
    ) as (server, port):
        with ns.TcpSender("127.0.0.1", port, timeout=PATIENCE) as sender:
            server.type(b"all that nc says")
            server.end_of_input()
            assert sender.socket.read_all(timeout=PATIENCE) == b"all that nc says"
            assert sender.socket.state == "peer finished"
            sender.send(PAGE, timeout=PATIENCE)
            sender.finish()
            until(lambda: server.output == PAGE, "nc prints all", PATIENCE)
        assert server.ended() == 0


@needs("socat")
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_socat_is_echoed(family: str) -> None:
    with ns.TcpServer(service="echo", host=LOOPBACK[family]) as server:
        done = run("socat", "-t", "10", "-", f"TCP:{server.endpoint}", stdin=PAGE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == PAGE


@needs("socat")
def test_a_sender_is_echoed_by_socat() -> None:
    command = ("socat", "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", "EXEC:cat")
    with (
        listening_program(*command, said=r"listening on AF=2 127\.0\.0\.1:(\d+)") as (_, port),
        ns.TcpSender("127.0.0.1", port, timeout=PATIENCE) as sender,
    ):
        thread = Background(lambda: sender.socket.read_all(timeout=PATIENCE))
        sender.send(PAGE, timeout=PATIENCE)
        sender.finish()
        assert thread.result(PATIENCE) == PAGE


@needs("socat")
def test_a_receiver_takes_a_file_from_socat(tmp_path: "Path") -> None:
    (tmp_path / "source").write_bytes(PAGE)
    with ns.TcpReceiver() as receiver:
        path = tmp_path / "copy"
        thread = Background(lambda: receiver.receive_file(path, timeout=PATIENCE))
        done = run("socat", "-u", f"FILE:{tmp_path / 'source'}", f"TCP:{receiver.endpoint}")
        assert done.returncode == 0
        assert thread.result(PATIENCE) == len(PAGE)
    assert path.read_bytes() == PAGE


# nc and socat: UDP


def udp_port(started: Program) -> int:
    """Give the UDP port that a program has bound."""
    process = psutil.Process(started.process.pid)
    until(lambda: process.net_connections("udp"), "it binds", PATIENCE)
    return int(process.net_connections("udp")[0].laddr.port)


@needs("nc")
def test_nc_sends_a_datagram_and_is_answered() -> None:
    with ns.UdpServer(on_datagram=lambda datagram: datagram.data.upper()) as server:
        host, port = server.endpoint
        with program(*nc("-u", host, str(port))) as client:
            client.type(b"hello")
            client.until("HELLO")


@needs("socat")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_socat_is_answered_by_a_datagram_server(host: str) -> None:
    peer = f"UDP6:[{host}]" if ":" in host else f"UDP4:{host}"
    with (
        ns.UdpServer(service="echo", host=host) as service,
        ns.UdpServer(on_datagram=lambda datagram: datagram.data, host=host) as function,
    ):
        for server, data in ((service, PAGE[:1473]), (function, PAGE[:65_507])):
            address = f"{peer}:{server.endpoint.port}"
            done = run("socat", "-b", "65507", "-t", "1", "-", address, stdin=data)
            assert (done.returncode, done.stdout) == (0, data)


@needs("nc")
def test_nc_receives_a_datagram_and_answers() -> None:
    with (
        program(*nc("-u", "-l", "127.0.0.1", "0")) as peer,
        ns.UdpSender("127.0.0.1", udp_port(peer)) as sender,
    ):
        sender.send(b"hello")
        peer.until("hello")
        peer.type(b"answer")
        assert sender.socket.read(timeout=PATIENCE) == b"answer"


@needs("socat")
@pytest.mark.parametrize("size", [1, 1472, 1473, 9000, 65_507])
def test_socat_exchanges_datagrams_of_every_size(size: int) -> None:
    data = PAGE[:size]
    with (
        program("socat", "-b", "65507", "UDP-LISTEN:0,bind=127.0.0.1", "EXEC:cat") as peer,
        ns.UdpSender("127.0.0.1", udp_port(peer)) as sender,
    ):
        assert sender.send(data) == size
        got = sender.socket.read(timeout=PATIENCE)
        assert data.startswith(got)
        while len(got) < size:
            got += sender.socket.read(timeout=PATIENCE)
        assert got == data


@needs("socat")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_receiver_takes_the_datagrams_of_socat(host: str) -> None:
    with ns.UdpReceiver(host) as receiver:
        kind = "UDP6" if ":" in host else "UDP4"
        for data in (b"x", PAGE[:1473], PAGE[:65_507]):
            done = run(
                "socat", "-b", "65507", "-u", "-", f"{kind}-SENDTO:{receiver.endpoint}", stdin=data
            )
            assert done.returncode == 0, done.stderr
            got = b""
            while len(got) < len(
                data
            ):  # socat sends what the pipe has: mostly, but not always, all
                got += receiver.receive(timeout=PATIENCE).data
            assert got == data
