"""Mail, files, names and databases: clients and servers that others wrote."""

import asyncio
import contextlib
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from real_programs import PATIENCE, program, serving


@program(b"ehlo me", b"mail FROM:", b"354 ", modules=("aiosmtpd",))
def smtplib_and_aiosmtpd() -> None:
    import smtplib

    from aiosmtpd.smtp import SMTP

    class Keep:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            kept.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 kept"

    kept: list[Any] = []
    ready, over = threading.Event(), threading.Event()
    where: list[Any] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Keep(), loop=loop), "127.0.0.1", 0)
        where.append(server.sockets[0].getsockname())
        ready.set()
        await loop.run_in_executor(None, over.wait)
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait(PATIENCE)
    with smtplib.SMTP(*where[0], local_hostname="me", timeout=PATIENCE) as client:
        client.sendmail("a@example.com", ["b@example.com"], "Subject: hello\n\ntext\n")
    over.set()
    thread.join(PATIENCE)
    print(kept)


# Its files go by os.sendfile, which knows of no class.
@program(b"USER anonymous\r\n", b"PASV\r\n", b"226 ", modules=("pyftpdlib",), one_sided=True)
def ftplib_and_pyftpdlib() -> None:
    import ftplib
    import io
    import logging
    import warnings

    warnings.simplefilter("ignore")
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

    logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())
    logging.getLogger("pyftpdlib").propagate = False
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "file").write_bytes(bytes(range(256)) * 1000)

        class Handler(FTPHandler):  # type: ignore[misc,unused-ignore]
            authorizer = DummyAuthorizer()

        Handler.authorizer.add_anonymous(folder)
        server = FTPServer(("127.0.0.1", 0), Handler)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                server.serve_forever(timeout=0.01, blocking=False, handle_exit=False)
            server.close_all()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with ftplib.FTP(timeout=PATIENCE) as client:
                client.connect(*server.address)
                client.login()
                print(client.nlst())
                got = io.BytesIO()
                client.retrbinary("RETR file", got.write)
                print(got.getvalue() == bytes(range(256)) * 1000)
        finally:
            over.set()
            thread.join(PATIENCE)


def answer_of(data: bytes) -> bytes:
    """Answer a question of the DNS: 192.0.2.1 for whoever asks."""
    import dns.flags
    import dns.message
    import dns.rrset

    asked = dns.message.from_wire(data)
    answer = dns.message.make_response(asked)
    answer.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "A", "192.0.2.1"))
    return answer.to_wire()


class OverUdp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, server = self.request
        server.sendto(answer_of(data), self.client_address)


class OverTcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        size = int.from_bytes(self.rfile.read(2), "big")
        answer = answer_of(self.rfile.read(size))
        self.wfile.write(len(answer).to_bytes(2, "big") + answer)


@program(modules=("dns",))
def dnspython_queries() -> None:
    import dns.message
    import dns.query

    asked = dns.message.make_query("example.com", "A")
    with serving(socketserver.ThreadingUDPServer(("127.0.0.1", 0), OverUdp)) as (host, port):
        print(dns.query.udp(asked, host, PATIENCE, port).answer)
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), OverTcp)) as (host, port):
        print(dns.query.tcp(asked, host, PATIENCE, port).answer)


@contextlib.contextmanager
def redis_server() -> Iterator[int]:
    """Run redis; give its port."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            for line in server.stdout:
                if "Ready to accept connections" in line:
                    break
            yield port
        finally:
            server.terminate()
            server.stdout.read()
            server.wait(PATIENCE)
            server.stdout.close()


@program(b"*3\r\n$3\r\nSET\r\n", modules=("redis",), commands=("redis-server",), one_sided=True)
def redis_client() -> None:
    import redis

    with redis_server() as port, redis.Redis(port=port, socket_timeout=PATIENCE) as client:
        print(client.set("key", "value"), client.get("key"))
        with client.pipeline() as together:
            for number in range(100):
                together.incrby("sum", number)
            print(together.execute()[-1])
        with client.pubsub() as listener:
            listener.subscribe("channel")
            print(listener.get_message(timeout=PATIENCE)["type"])
            client.publish("channel", "words")
            print(listener.get_message(timeout=PATIENCE)["data"])


@program(b"*3\r\n$3\r\nSET\r\n", modules=("redis",), commands=("redis-server",), one_sided=True)
def redis_in_a_loop() -> None:
    import redis.asyncio

    async def main(port: int) -> None:
        async with redis.asyncio.Redis(port=port) as client:
            print(await client.set("key", "value"), await client.get("key"))

    with redis_server() as port:
        asyncio.run(main(port))


@program(b"GET / HTTP/1.0", commands=("nginx",), one_sided=True)
def nginx_server() -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "conf"
        written.write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\n"
            f"events {{}} http {{ access_log off; client_body_temp_path {folder};\n"
            f"proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};\n"
            f"scgi_temp_path {folder};\n"
            f'server {{ listen 127.0.0.1:{port}; return 200 "hello"; }} }}\n'
        )
        log = ["-e", f"{folder}/log"]
        with subprocess.Popen(["nginx", "-p", folder, "-c", written, *log]) as server:
            try:
                print(patiently(port))
            finally:
                server.terminate()


def patiently(port: int) -> bytes:
    """Fetch as HTTP/1.0 does, up to the end; a server that is about to listen gets its time."""
    import socket

    begun = time.monotonic()
    while True:
        try:
            with (
                socket.create_connection(("127.0.0.1", port), PATIENCE) as client,
                client.makefile("rb") as reader,
            ):
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return reader.read().rpartition(b"\r\n\r\n")[2]
        except ConnectionRefusedError:
            if time.monotonic() - begun > PATIENCE:
                raise
            time.sleep(0.01)


@program(b"set key 0 ", b"STORED\r\n", modules=("pymemcache",))
def pymemcache_client() -> None:
    from pymemcache.client.base import Client

    kept: dict[bytes, bytes] = {}

    class Memory(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                words = line.split()
                if words[0] == b"set":
                    kept[words[1]] = self.rfile.read(int(words[4]))
                    self.rfile.readline()
                    self.wfile.write(b"STORED\r\n")
                elif words[0] == b"get":
                    for key in kept.keys() & set(words[1:]):
                        head = b"VALUE %s 0 %d" % (key, len(kept[key]))
                        self.wfile.write(b"\r\n".join([head, kept[key], b""]))
                    self.wfile.write(b"END\r\n")

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Memory)) as address:
        client = Client(address, timeout=PATIENCE, no_delay=True)
        print(client.set("key", bytes(5000), noreply=False))
        print(len(client.get("key")), client.get("nothing"))
        client.close()


@program(modules=("ntplib",))
def ntplib_client() -> None:
    import struct

    import ntplib

    class Clock(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked, server = self.request
            sent = asked[40:48]
            head = struct.pack("!BBBbII4sQ", 0x24, 1, 0, -20, 0, 0, b"LOCL", 0)
            server.sendto(head + 3 * sent, self.client_address)

    with serving(socketserver.UDPServer(("127.0.0.1", 0), Clock)) as (host, port):
        answer = ntplib.NTPClient().request(host, version=3, port=port, timeout=PATIENCE)
        print(answer.stratum, abs(answer.offset) < PATIENCE)


@program(modules=("rpyc",), fails=("accept",))
def rpyc_service() -> None:
    import logging

    import rpyc
    from rpyc.utils.server import ThreadedServer

    class Adding(rpyc.Service):
        def exposed_add(self, one: int, other: int) -> int:
            return one + other

    silent = logging.getLogger("program")
    silent.disabled = True
    server = ThreadedServer(Adding, hostname="127.0.0.1", port=0, logger=silent)
    thread = server._start_in_thread()  # it listens by then
    client = rpyc.connect("127.0.0.1", server.port)
    print(client.root.add(1, 2))
    client.close()
    server.close()
    thread.join(PATIENCE)
