"""Connect, echo, close, as often as it is told: what is left of descriptors, threads and memory.

    python tests/bench/soak_connections.py 20000

Exits with 1 when something is left. The test suite makes 20,000 connections of the same kind.
"""

import sys
import time

import psutil

import netsteps as ns

WARM_UP = 2000
MORE = 1024 * 1024  # bytes that the memory may grow by


def echo(connection: ns.Socket) -> None:
    """Send back what comes; a client that resets has had enough."""
    try:
        while data := connection.read():
            connection.write(data)
    except ns.Reset:
        pass


def connect(server: ns.TcpServer, count: int) -> None:
    """Make so many connections, one after the other, and wait until all have been left."""
    for _ in range(count):
        with ns.Socket.open(*server.endpoint) as client:
            client.write(b"x" * 64)
            client.read_exactly(64, timeout=10)
            client.options.linger = 0  # leaves no TIME_WAIT: a machine has 28,000 ports for clients
    while server.clients:
        time.sleep(0.001)


def soak(name: str, server: ns.TcpServer, count: int) -> bool:
    """Tell what is left after count connections, and whether that is nothing."""
    process = psutil.Process()
    connect(server, WARM_UP)
    before = process.num_fds(), process.num_threads(), process.memory_info().rss
    begin = time.perf_counter()
    connect(server, count)
    took = time.perf_counter() - begin
    time.sleep(0.1)  # the last thread ends
    after = process.num_fds(), process.num_threads(), process.memory_info().rss
    fds, threads, memory = (now - then for now, then in zip(after, before, strict=True))
    print(
        f"{name}: {count} connections in {took:.1f} s ({count / took:,.0f} a second); "
        f"descriptors {fds:+d}, threads {threads:+d}, memory {memory / 1024:+,.0f} KiB"
    )
    return fds <= 0 and threads <= 0 and memory <= MORE


def main() -> int:
    """Soak a thread for each client, a function of messages, and a service in one loop and two."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with (
        ns.TcpServer(on_client=echo) as handler,
        ns.TcpServer(on_message=bytes) as messages,
        ns.TcpServer(service="echo") as service,
        ns.TcpServer(service="echo", loops=2) as loops,
    ):
        servers = {"handler": handler, "messages": messages, "service": service, "loops": loops}
        kept = [soak(name, server, count) for name, server in servers.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
