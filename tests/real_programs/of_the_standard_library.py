"""Clients and servers of the standard library, with threads and processes."""

import contextlib
import os
import socketserver
import sys
import threading
from collections.abc import Iterator
from typing import Any

from real_programs import PATIENCE, application, fetched, program, serving, web

HTTP = (b"GET /path HTTP/1.1", b"HTTP/1.")


@program(*HTTP)
def http_client_and_server() -> None:
    with web() as url:
        host, _, port = url.removeprefix("http://").partition(":")
        print(fetched(host, int(port)))


@program(b"POST /form HTTP/1.1", b"HTTP/1.1 200 OK")
def urllib_request() -> None:
    import urllib.request

    with web() as url, urllib.request.urlopen(f"{url}/form", b"a=1", PATIENCE) as answer:
        print(answer.status, answer.read())


@program(*HTTP)
def wsgiref_server() -> None:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with serving(make_server("127.0.0.1", 0, application, handler_class=Silent)) as (host, port):
        print(fetched(host, port))


@program(b"POST /RPC2 HTTP/1.1", b"HTTP/1.0 200 OK")
def xmlrpc() -> None:
    from xmlrpc.client import Fault, ServerProxy
    from xmlrpc.server import SimpleXMLRPCServer

    server = SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
    server.register_function(pow)
    with (
        serving(server) as (host, port),
        ServerProxy(f"http://{host}:{port}") as proxy,
    ):
        print(proxy.pow(2, 10))
        try:
            proxy.nothing()
        except Fault as fault:
            print(fault.faultString.split("'")[-2])


class Upper(socketserver.StreamRequestHandler):
    """Answers each line in capitals."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line.upper())


def ask_for_capitals(address: tuple[str, int]) -> None:
    import socket

    with (
        socket.create_connection(address, PATIENCE) as client,
        client.makefile("rw", newline="\n") as file,
    ):
        for line in ("one\n", "two\n"):
            file.write(line)
            file.flush()
            print(file.readline().strip())
        client.shutdown(socket.SHUT_WR)
        print(repr(file.read()))


@program(b"one\n", b"ONE\n", b"TWO\n")
def socketserver_with_threads() -> None:
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Upper)) as address:
        ask_for_capitals(address)


@program(b"one\n", b"ONE\n", one_sided=True)
def socketserver_with_processes() -> None:
    with serving(socketserver.ForkingTCPServer(("127.0.0.1", 0), Upper)) as address:
        ask_for_capitals(address)


@program(b"question", b"QUESTION")
def socketserver_over_udp() -> None:
    import socket

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, server = self.request
            server.sendto(data.upper(), self.client_address)

    with (
        serving(socketserver.UDPServer(("127.0.0.1", 0), Answer)) as address,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(PATIENCE)
        client.sendto(b"question", address)
        print(client.recvfrom(100)[0])


@program()
def socketserver_over_a_unix_socket() -> None:
    import socket
    import tempfile

    with (
        tempfile.TemporaryDirectory() as folder,
        serving(socketserver.ThreadingUnixStreamServer(f"{folder}/s", Upper)) as path,
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.connect(path)
        client.sendall(b"one\n")
        print(client.recv(4, socket.MSG_WAITALL))


@contextlib.contextmanager
def scripted(greeting: bytes, answers: dict[bytes, bytes]) -> Iterator[tuple[str, int]]:
    """Serve lines: each that begins with a key is answered so. {tag} is its first word."""

    class Answering(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(greeting)
            for line in self.rfile:
                tag = line.split()[0]
                answer = next((text for key, text in answers.items() if key in line), b"-ERR\r\n")
                self.wfile.write(answer.replace(b"{tag}", tag))

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering)) as address:
        yield address


@program(b"+OK here\r\n", b"USER me\r\n", b"RETR 1\r\n")
def poplib_client() -> None:
    import poplib

    answers = {
        **dict.fromkeys((b"USER", b"PASS", b"QUIT"), b"+OK\r\n"),
        b"STAT": b"+OK 1 20\r\n",
        b"RETR": b"+OK\r\nSubject: hello\r\n\r\n..dot\r\n.\r\n",
    }
    with scripted(b"+OK here\r\n", answers) as (host, port):
        box = poplib.POP3(host, port, PATIENCE)
        box.user("me")
        box.pass_("secret")
        print(box.stat(), box.retr(1)[1])
        print(box.quit())


@program(b"* OK here\r\n", b"* SEARCH 1 2 3")
def imaplib_client() -> None:
    import imaplib

    answers = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n",
        b"SELECT": b"* 3 EXISTS\r\n{tag} OK [READ-WRITE] done\r\n",
        b"SEARCH": b"* SEARCH 1 2 3\r\n{tag} OK done\r\n",
        b"LOGIN": b"{tag} OK done\r\n",
        b"LOGOUT": b"* BYE\r\n{tag} OK done\r\n",
    }
    with (
        scripted(b"* OK here\r\n", answers) as (host, port),
        imaplib.IMAP4(host, port, PATIENCE) as box,
    ):
        box.login("me", "secret")
        print(box.select(), box.search(None, "ALL"))


@program(b"login: ", b"me\n", modules=("telnetlib",))  # gone since Python 3.13
def telnetlib_client() -> None:
    import telnetlib  # type: ignore[import-not-found,unused-ignore]

    with (
        scripted(b"login: ", {b"me": b"welcome\r\n"}) as (host, port),
        telnetlib.Telnet(host, port, PATIENCE) as client,
    ):
        print(client.read_until(b"login: "))
        client.write(b"me\n")
        print(client.read_until(b"\n"))


@program(one_sided=True)
def multiprocessing_connection() -> None:
    from multiprocessing.connection import Client, Listener

    with Listener(("127.0.0.1", 0), authkey=b"key") as listener:
        address: Any = listener.address

        def serve() -> None:
            with listener.accept() as connection:
                connection.send(sum(connection.recv()))

        thread = threading.Thread(target=serve)
        thread.start()
        with Client(address, authkey=b"key") as client:
            client.send([1, 2, 3])
            print(client.recv())
        thread.join(PATIENCE)


@program(b"<14>over UDP\0")
def logging_handlers() -> None:
    import logging.handlers
    import pickle
    import struct

    came: list[str] = []
    done = threading.Event()

    class Records(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            [size] = struct.unpack(">L", self.rfile.read(4))
            came.append(pickle.loads(self.rfile.read(size))["msg"])
            done.set()

    class Lines(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(self.request[0].decode())
            done.set()

    logger = logging.getLogger("program")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    with (
        serving(socketserver.TCPServer(("127.0.0.1", 0), Records)) as tcp,
        serving(socketserver.UDPServer(("127.0.0.1", 0), Lines)) as udp,
    ):
        for handler, words in (
            (logging.handlers.SocketHandler(*tcp), "over TCP"),
            (logging.handlers.SysLogHandler(udp), "over UDP"),
        ):
            logger.addHandler(handler)
            logger.info(words)
            done.wait(PATIENCE)
            done.clear()
            logger.removeHandler(handler)
            handler.close()
    print(came)


@program(b"sent by the kernel")
def sendfile_of_a_file() -> None:
    import socket
    import tempfile

    with (
        tempfile.TemporaryFile() as file,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        file.write(b"sent by the kernel" + bytes(100_000))
        file.seek(0)
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as reader:
            print(client.sendfile(file))
            client.close()
            print(len(reader.read()))


@program(one_sided=True)
def a_child_with_an_inherited_socket() -> None:
    import socket
    import subprocess

    code = "import os, sys; os.write(int(sys.argv[1]), b'from the child')"
    one, other = socket.create_server(("127.0.0.1", 0)), None
    with one:
        other = socket.create_connection(one.getsockname())
        connection, _ = one.accept()
        with other, connection:
            number = connection.fileno()
            subprocess.run([sys.executable, "-c", code, str(number)], pass_fds=[number], check=True)
            print(other.recv(100), os.get_inheritable(number))
