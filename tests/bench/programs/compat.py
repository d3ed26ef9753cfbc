"""What a call of netsteps.compat costs: 64 bytes over TCP on loopback, both ends of one class.

    python compat.py round-trip|receive|streams stdlib|compat|recorded

round-trip   client and server in two processes on two processors, each waiting for the other
receive      one process: what has come is received by a loop's sock_recv
streams      one process: there and back between two transports of a loop

recorded is compat with a Trace on. Prints microseconds of each.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import netsteps as ns
from netsteps import compat

MESSAGE = b"x" * 64
TIMES = 10_000
PROCESSORS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


def pin(place: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {PROCESSORS[place]})


@contextmanager
def connected(made: Any) -> Iterator[tuple[Any, Any]]:
    """Give both ends of a connection, sockets of one module."""
    with (
        made.create_server(("127.0.0.1", 0)) as server,
        made.create_connection(server.getsockname()) as client,
    ):
        connection, _ = server.accept()
        with connection:
            for end in (client, connection):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield client, connection


def round_trip(made: Any) -> float:
    with connected(made) as (client, connection):
        child = os.fork()
        if child == 0:
            try:
                pin(-1)
                # The connection is a copy here, and ends when the parent has closed its own.
                client.close()
                while data := connection.recv(65536):
                    connection.sendall(data)
            finally:
                os._exit(0)
        pin(0)
        connection.close()

        def once() -> None:
            client.sendall(MESSAGE)
            client.recv(65536)

        for _ in range(TIMES // 20):
            once()
        begun = time.perf_counter()
        for _ in range(TIMES):
            once()
        took = time.perf_counter() - begun
        client.close()
        os.waitpid(child, 0)
    return took


async def receive(client: Any, connection: Any) -> float:
    loop = asyncio.get_running_loop()
    took = 0.0
    for _ in range(TIMES):
        client.send(MESSAGE)
        begun = time.perf_counter()
        await loop.sock_recv(connection, 65536)
        took += time.perf_counter() - begun
    return took


class Echo(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class Ask(Echo):
    def __init__(self) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self.left = TIMES

    def data_received(self, data: bytes) -> None:
        self.left -= 1
        if self.left:
            self.transport.write(data)
        else:
            self.done.set_result(None)


async def streams(client: Any, connection: Any) -> float:
    loop = asyncio.get_running_loop()
    server, _ = await loop.connect_accepted_socket(Echo, connection)
    asking, ask = await loop.create_connection(Ask, sock=client)
    begun = time.perf_counter()
    asking.write(MESSAGE)
    await ask.done
    took = time.perf_counter() - begun
    asking.close()
    server.close()
    await asyncio.sleep(0)
    return took


def main() -> None:
    kind, whose = sys.argv[1:]
    made: Any = {"stdlib": socket, "compat": compat, "recorded": compat}[whose]
    with ns.Trace(capacity=1000) if whose == "recorded" else nullcontext():
        if kind == "round-trip":
            took = round_trip(made)
        else:
            work = {"receive": receive, "streams": streams}[kind]
            with connected(made) as (client, connection):
                client.setblocking(False)
                connection.setblocking(False)
                took = asyncio.run(work(client, connection))
    print("microseconds", f"{took / TIMES * 1e6:.3f}")


if __name__ == "__main__":
    main()
