"""A server, ours or one that a Python user would take instead.

    python servers.py KIND

It tells its port on the first line ("port 40000") and ends when its input is closed.
"""

import asyncio
import socketserver
import sys
import threading
from contextlib import suppress
from typing import Any

import netsteps as ns

BACKLOG = 4096
LOOPBACK = "127.0.0.1"


def tell(port: int) -> None:
    print("port", port, flush=True)


# Ours


def reply(message: bytes) -> bytes:
    return message


def on_client(connection: ns.Socket) -> None:
    with suppress(ns.Reset):
        while data := connection.read():
            connection.write(data)


def answer(datagram: ns.Datagram) -> bytes:
    return datagram.data


def ours(server: Any) -> None:
    with server:
        tell(server.endpoint.port)
        sys.stdin.read()


# Theirs


class Protocol(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class DatagramProtocol(asyncio.DatagramProtocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.transport.sendto(data, address)


async def echo_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    writer.close()


async def serve(shape: str) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), over.set)
    if shape == "datagrams":
        transport, _ = await loop.create_datagram_endpoint(
            DatagramProtocol, local_addr=(LOOPBACK, 0)
        )
        tell(transport.get_extra_info("sockname")[1])
    else:
        if shape == "lines":
            server = await asyncio.start_server(echo_lines, LOOPBACK, 0, backlog=BACKLOG)
        else:
            server = await loop.create_server(Protocol, LOOPBACK, 0, backlog=BACKLOG)
        tell(server.sockets[0].getsockname()[1])
    await over.wait()


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = BACKLOG
    disable_nagle_algorithm = True


def threads() -> None:
    with Threads((LOOPBACK, 0), Handler) as server:
        tell(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        server.shutdown()
        server.block_on_close = False


def main() -> None:
    match sys.argv[1].split("-"):
        case ["netsteps", "service"]:
            ours(ns.TcpServer(service="echo", backlog=BACKLOG))
        case ["netsteps", "messages"]:
            ours(ns.TcpServer(on_message=reply, backlog=BACKLOG))
        case ["netsteps", "lines"]:
            ours(ns.TcpServer(on_message=reply, framing="lines", backlog=BACKLOG))
        case ["netsteps", "threads"]:
            ours(ns.TcpServer(on_client=on_client, backlog=BACKLOG))
        case ["netsteps", "datagrams"]:
            ours(ns.UdpServer(on_datagram=answer))
        case ["stdlib", "threads"]:
            threads()
        case ["asyncio", shape]:
            asyncio.run(serve(shape))
        case ["uvloop", shape]:
            import uvloop

            uvloop.run(serve(shape))
        case _:
            sys.exit(f"{sys.argv[1]!r} is no server")


if __name__ == "__main__":
    main()
