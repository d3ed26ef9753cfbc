"""What a step costs: 64 bytes over TCP on loopback, both ends of one kind.

    python steps.py round-trip|recorded|ready|busy netsteps|stdlib

round-trip   client and server in two processes on two processors, each waiting for the other
recorded     the same with a Trace on (netsteps alone)
ready        both ends in one thread, so that no call waits: the cost of the call itself
busy         the same beside one busy Python thread

Prints microseconds: of one request and its answer, or of one send and its recv.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import netsteps as ns

MESSAGE = b"x" * 64
ROUND_TRIPS = 5000
READY = 20_000
BUSY = {"netsteps": 5000, "stdlib": 500}  # the standard library takes a hundred times as long


def timed(times: int, work: Callable[[], None]) -> float:
    for _ in range(times // 20):
        work()
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times * 1e6


def pin(place: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {PROCESSORS[place]})


PROCESSORS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


@contextmanager
def echo_process(serve: Callable[[], None]) -> Iterator[None]:
    """Run the server in a forked process, on the last processor, and go on on the first."""
    child = os.fork()
    if child == 0:
        try:
            pin(-1)
            serve()
        finally:
            os._exit(0)
    pin(0)
    try:
        yield
    finally:
        os.waitpid(child, 0)


def round_trip_stdlib() -> float:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while data := connection.recv(65536):
                    connection.sendall(data)

        def once() -> None:
            client.sendall(MESSAGE)
            client.recv(65536)

        with echo_process(serve), socket.create_connection(server.getsockname()) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return timed(ROUND_TRIPS, once)


def round_trip_netsteps(recorded: bool = False) -> float:
    with ns.Trace(capacity=1000) if recorded else nullcontext(), ns.Socket("tcp") as server:
        server.bind("127.0.0.1", 0)
        server.listen()

        def serve() -> None:
            with server.accept() as connection:
                connection.options.no_delay = True
                while data := connection.read():
                    connection.write(data)

        def once() -> None:
            client.write(MESSAGE)
            client.read()

        with echo_process(serve), ns.Socket("tcp") as client:
            client.connect(server.local)
            client.options.no_delay = True
            return timed(ROUND_TRIPS, once)


def ready_stdlib(times: int) -> float:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as connection,
    ):

        def once() -> None:
            client.sendall(MESSAGE)
            connection.recv(65536)

        return timed(times, once)


def ready_netsteps(times: int) -> float:
    with ns.Socket("tcp") as server, ns.Socket("tcp") as client:
        server.bind("127.0.0.1", 0)
        server.listen()
        client.connect(server.local)
        with server.accept() as connection:

            def once() -> None:
                client.write(MESSAGE)
                connection.read()

            return timed(times, once)


def beside_a_busy_thread(measure: Callable[[int], float], times: int) -> float:
    over = threading.Event()

    def spin() -> None:
        number = 0
        while not over.is_set():
            number += 1

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        return measure(times)
    finally:
        over.set()
        thread.join()


def main() -> None:
    kind, whose = sys.argv[1:]
    ready = {"netsteps": ready_netsteps, "stdlib": ready_stdlib}[whose]
    match kind, whose:
        case "round-trip", "netsteps":
            took = round_trip_netsteps()
        case "round-trip", "stdlib":
            took = round_trip_stdlib()
        case "recorded", "netsteps":
            took = round_trip_netsteps(recorded=True)
        case "ready", _:
            took = ready(READY)
        case "busy", _:
            took = beside_a_busy_thread(ready, BUSY[whose])
        case _:
            sys.exit(__doc__)
    print("microseconds", f"{took:.3f}")


if __name__ == "__main__":
    main()
