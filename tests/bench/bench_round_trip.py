"""What a step costs: netsteps against the standard library, in one run, in turn.

    python tests/bench/bench_round_trip.py [--rounds 9] [--json FILE]

Four places, 64 bytes each, over TCP on loopback, both ends of one kind:

round trip        client and server in two processes on two processors, each waiting for the other
ready             both ends in one thread, so that no call waits: the cost of the call itself
busy              the same beside one busy Python thread
recording         the round trip of netsteps with a Trace on, against the same without

Each figure is the median of the rounds, the ratio the median of the rounds' ratios: A B A B, so
that both sides see the same weather. Only this machine's loopback is used, and it ends by itself.
"""

import argparse
import json
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import netsteps as ns

MESSAGE = b"x" * 64
ROUND_TRIPS = 3000
READY = 10_000
BUSY = 5000


def microseconds(times: int, work: Callable[[], None]) -> float:
    for _ in range(times // 20):
        work()
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times * 1e6


def pin(processor: int) -> None:
    available = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {available[processor % len(available)]})


@contextmanager
def echo_process(serve: Callable[[], None]) -> Iterator[None]:
    """Run the server in a forked process, on the second processor."""
    everywhere = os.sched_getaffinity(0)
    child = os.fork()
    if child == 0:
        try:
            pin(1)
            serve()
        finally:
            os._exit(0)
    pin(0)
    try:
        yield
    finally:
        os.sched_setaffinity(0, everywhere)
        os.waitpid(child, 0)


def stdlib_round_trip() -> float:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while data := connection.recv(65536):
                    connection.sendall(data)

        def once() -> None:
            client.sendall(MESSAGE)
            client.recv(65536)

        with echo_process(serve), socket.create_connection(server.getsockname()) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return microseconds(ROUND_TRIPS, once)


def netsteps_round_trip() -> float:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", 0)
        server.listen()

        def serve() -> None:
            with server.accept() as connection:
                while data := connection.read():
                    connection.write(data)

        def once() -> None:
            client.write(MESSAGE)
            client.read()

        with echo_process(serve), ns.Socket("tcp") as client:
            client.connect(server.local)
            client.options.no_delay = True
            return microseconds(ROUND_TRIPS, once)


def recorded_round_trip() -> float:
    with ns.Trace(capacity=1000):
        return netsteps_round_trip()


def stdlib_ready(times: int = READY) -> float:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as connection,
    ):

        def once() -> None:
            client.sendall(MESSAGE)
            connection.recv(65536)

        return microseconds(times, once)


def netsteps_ready(times: int = READY) -> float:
    with ns.Socket("tcp") as server, ns.Socket("tcp") as client:
        server.bind("127.0.0.1", 0)
        server.listen()
        client.connect(server.local)
        with server.accept() as connection:

            def once() -> None:
                client.write(MESSAGE)
                connection.read()

            return microseconds(times, once)


def beside_a_busy_thread(measure: Callable[[int], float]) -> float:
    over = threading.Event()

    def spin() -> None:
        number = 0
        while not over.is_set():
            number += 1

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        return measure(BUSY)
    finally:
        over.set()
        thread.join()


COMPARISONS: dict[str, tuple[Callable[[], float], Callable[[], float], str]] = {
    "round trip": (netsteps_round_trip, stdlib_round_trip, "standard library"),
    "ready": (netsteps_ready, stdlib_ready, "standard library"),
    "busy": (
        lambda: beside_a_busy_thread(netsteps_ready),
        lambda: beside_a_busy_thread(stdlib_ready),
        "standard library",
    ),
    "recording": (recorded_round_trip, netsteps_round_trip, "recording off"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each comparison")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    print(f"{'':<12} {'netsteps':>12} {'against':>12}  ratio  against what")
    for name, (ours, theirs, whose) in COMPARISONS.items():
        rounds = [(ours(), theirs()) for _ in range(arguments.rounds)]
        a = statistics.median(pair[0] for pair in rounds)
        b = statistics.median(pair[1] for pair in rounds)
        ratio = statistics.median(pair[0] / pair[1] for pair in rounds)
        found[name] = {"netsteps_us": a, "against_us": b, "ratio": ratio}
        print(f"{name:<12} {a:9.2f} us {b:9.2f} us  {ratio:5.2f}  {whose}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
