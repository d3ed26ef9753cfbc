"""A relay without rules: one TCP stream beside socat and HAProxy, and datagrams of 1,200 bytes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.measure import Case, Contenders, Measure, MeasureError, Missing, Row
from bench.processes import Bench

CHUNK = 256 * 1024
BUFFER = 128 * 1024  # as large as ours
SIZE = 1200
DATAGRAMS = 200_000.0


def streamed(bench: Bench, port: int) -> Measure:
    """Give the measurement of one TCP stream through the relay at this port."""
    send = bench.peer("tcp_send", "chunks", port, CHUNK, bench.seconds)
    return lambda: bench.run(send, bench.load)["bytes_per_s"]


@contextmanager
def stream(bench: Bench) -> Iterator[Contenders]:
    """Start all relays on the server's processor; only the one that is asked works."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="netsteps-bench-"))
        sink = stack.enter_context(bench.started(bench.peer("tcp_sink"), bench.load)).port
        found: Contenders = {}
        for name, what in {
            "netsteps": ("netsteps", "tcp", sink),
            "socat": ("socat", sink),
            "socat -b": ("socat", sink, BUFFER),
            "HAProxy": ("haproxy", sink, folder),
        }.items():
            program = what[0]
            if program != "netsteps" and shutil.which(str(program)) is None:
                found[name] = Missing(f"{program} is not installed: tests/packages.sh")
                continue
            try:
                relay = stack.enter_context(bench.serving(bench.program("relays", *what)))
                found[name] = streamed(bench, relay.port)
            except MeasureError as error:
                found[name] = Missing(f"failed: {error}")
        yield found


def relayed(bench: Bench) -> float:
    """Give how many datagrams a second arrive behind a relay, when C sends all that it can."""
    with ExitStack() as stack:
        receive = bench.program("udp", "receive", "netsteps")
        receiver = stack.enter_context(bench.started(receive, bench.load))
        relay = bench.program("relays", "netsteps", "udp", receiver.port)
        port = stack.enter_context(bench.serving(relay)).port
        bench.run(bench.peer("udp_send", "gso", port, SIZE, bench.seconds), bench.load)
        return receiver.figures()["datagrams_per_s"]


@contextmanager
def datagrams(bench: Bench) -> Iterator[Contenders]:
    yield {"netsteps": lambda: relayed(bench)}


def beside(name: str, against: str) -> Row:
    return Row("Relay of one TCP stream, bytes/s", against, "netsteps", name, 0.9)


CASES = (
    Case(
        "relay",
        "relay of one TCP stream",
        "bytes/s",
        stream,
        (
            beside("socat", "socat"),
            beside("socat -b", "socat, buffer of 128 KiB"),
            beside("HAProxy", "HAProxy"),
        ),
        4.4,
    ),
    Case(
        "relay",
        "relay of datagrams",
        "datagrams/s",
        datagrams,
        (
            Row(
                "Relay of datagrams, 1,200 bytes, flooded, datagrams/s",
                "200,000 a second",
                "netsteps",
                None,
                DATAGRAMS,
                unit="datagrams/s",
            ),
        ),
        2.4,
    ),
)
