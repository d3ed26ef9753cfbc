"""10,000 idle clients beside 100 active ones: memory, requests/s, and when idle ones are cut.

    python tests/bench/soak_idle.py [--clients 10000] [--rounds 5]

The server is a process of its own on the second processor, the clients are others on the first:
two that hold the idle connections (descriptors and ports of one would not do), and one that keeps
100 busy in a closed loop of 64-byte lines. What comes back is compared with what was sent. Exits
with 1 when an idle client costs more than 1 KiB, when the active ones lose more than 5 %, when a
client is not cut within 20 % of idle_timeout, or when the active one's p99 beside slow clients,
which send a byte now and then, is above 50 ms.
"""

import argparse
import os
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import netsteps as ns

MOST = 1024  # bytes that an idle client may cost
LEAST = 0.95  # of the requests/s without idle clients
IDLE = 5.0  # seconds after which an idle client is cut
P99 = 0.05  # seconds
ACTIVE = 100
LINE = b"x" * 63 + b"\n"


def pin(processor: int) -> None:
    available = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {available[processor % len(available)]})


def all_descriptors() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def serve(kind: str, idle_timeout: str) -> None:
    """Be the server, until the parent closes our input."""
    pin(1)
    all_descriptors()
    idle = float(idle_timeout) or None
    if kind == "lines":
        server = ns.TcpServer(
            on_message=lambda m: m, framing="lines", idle_timeout=idle, backlog=4096
        )
    else:
        server = ns.TcpServer(service="echo", idle_timeout=idle, backlog=4096)
    print(server.endpoint.port, flush=True)
    sys.stdin.read()
    server.stop(grace=0)


def hold(port: str, count: str) -> None:
    """Hold idle connections; at each line of input do what it says."""
    pin(0)
    all_descriptors()
    address = ("127.0.0.1", int(port))
    held = [socket.create_connection(address) for _ in range(int(count))]
    print("connected", flush=True)
    for line in sys.stdin:
        if line == "talk\n":
            for connection in held:
                connection.sendall(LINE * 300)
                back = b""
                while len(back) < len(LINE) * 300:
                    back += connection.recv(65536)
                assert back == LINE * 300
            print("talked", flush=True)
        elif line == "trickle\n":
            for connection in held:
                connection.sendall(b"y")
            print("trickled", flush=True)
        elif line == "wait\n":
            begin = time.monotonic()
            ended = []
            with selectors.DefaultSelector() as selector:
                for connection in held:
                    selector.register(connection, selectors.EVENT_READ)
                while len(ended) < len(held):
                    for key, _ in selector.select():
                        assert key.fileobj.recv(10) == b""  # type: ignore[union-attr]
                        selector.unregister(key.fileobj)
                        ended.append(time.monotonic() - begin)
            print(min(ended), max(ended), flush=True)


def rate(port: int, seconds: float) -> tuple[float, float]:
    """Give the requests/s of the active clients, and the p99 of their time in seconds."""
    with selectors.DefaultSelector() as selector:
        for _ in range(ACTIVE):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, [time.monotonic()])
            connection.sendall(LINE)
        begin = time.monotonic()
        took = []
        while time.monotonic() - begin < seconds:
            for key, _ in selector.select():
                active = key.fileobj
                assert isinstance(active, socket.socket)
                assert active.recv(65536) == LINE
                now = time.monotonic()
                took.append(now - key.data[0])
                key.data[0] = now
                active.sendall(LINE)
        spent = time.monotonic() - begin
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return len(took) / spent, statistics.quantiles(took, n=100)[98]


class Process:
    """One of the others: a line to it, a line back."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, __file__, *(str(argument) for argument in arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.first = self.answer()

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def resident(self) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(x.split()[1]) for x in lines.splitlines() if x.startswith("VmRSS")) * 1024

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def while_they(
    holders: list[Process], do: str, work: Callable[[], tuple[float, float]]
) -> tuple[float, float]:
    """Do something while the idle clients do something."""
    for holder in holders:
        holder.say(do)
    done = work()
    for holder in holders:
        holder.answer()
    return done


def soak(kind: str, count: int, rounds: int) -> bool:
    """Measure one kind of server, and tell whether it keeps to what is promised."""
    server = Process("serve", kind, 0)
    port = int(server.first)
    rate(port, 0.3)
    before = server.resident()
    ratios = []
    idle = active = slow = 0.0
    for number in range(rounds):
        without, _ = rate(port, 1.0)
        holders = [Process("hold", port, count // 2) for _ in range(2)]
        if number == 0:
            time.sleep(0.3)
            idle = (server.resident() - before) / count
        beside, _ = rate(port, 1.0)
        ratios.append(beside / without)
        if number == 0:
            while_they(holders, "talk", lambda: (0.0, 0.0))
            active = (server.resident() - before) / count
            _, slow = while_they(holders, "trickle", lambda: rate(port, 1.0))
        for holder in holders:
            holder.end()
    server.end()
    ratio = statistics.median(ratios)
    print(
        f"{kind}: {idle:.0f} bytes for an idle client, {active:.0f} after it was active; "
        f"with {count} idle clients {ratio:.3f} of the requests/s; "
        f"p99 beside slow ones {slow * 1e3:.1f} ms"
    )
    return idle <= MOST and active <= MOST and ratio >= LEAST and slow <= P99


def cut(count: int) -> bool:
    """Tell when idle clients are cut."""
    server = Process("serve", "echo", IDLE)
    begin = time.monotonic()
    holder = Process("hold", int(server.first), count)
    connecting = time.monotonic() - begin
    holder.say("wait")
    first, last = (float(word) for word in holder.answer().split())
    holder.end()
    server.end()
    print(
        f"{count} idle clients of idle_timeout={IDLE:.0f}: connected in {connecting:.1f} s; the "
        f"first cut {first + connecting:.2f} s after the first came, the last {last:.2f} s after "
        "the last"
    )
    return first + connecting >= 0.8 * IDLE and last <= 1.2 * IDLE


def main() -> int:
    """Run all of it, or be one of the others."""
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
        return 0
    if sys.argv[1:2] == ["hold"]:
        hold(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    pin(0)
    kept = [soak(kind, arguments.clients, arguments.rounds) for kind in ("echo", "lines")]
    kept.append(cut(arguments.clients // 2))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
