"""Datagrams of 1,200 bytes, sent and received, and a UDP echo server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from bench.measure import Case, Contenders, Row
from bench.processes import Bench

SIZE = 1200
ECHO_SIZE, WINDOW = 64, 64
# Paced datagrams go in bursts as short as the kernel can still offload.
BURST = 8
# The search for the rate at which the standard library begins to lose.
SLOWEST, FASTEST, STEPS = 50_000.0, 1_600_000.0, 9
TRIAL = 0.3
# Below this share nothing is lost: a machine that is shared stands still at times.
LOSSES = 0.001


@contextmanager
def sending(bench: Bench) -> Iterator[Contenders]:
    with bench.started(bench.peer("udp_sink"), bench.load) as sink:
        to = (sink.port, SIZE, bench.seconds)
        commands = {
            "send_many": bench.program("udp", "send", "netsteps", *to),
            "stdlib sendto": bench.program("udp", "send", "stdlib", *to),
            "C offload": bench.peer("udp_send", "gso", *to),
        }
        yield {
            name: lambda command=command: bench.run(command, bench.server)["datagrams_per_s"]
            for name, command in commands.items()
        }


class Received(NamedTuple):
    """What one receive took in a second, which share it lost, and what was sent in a second."""

    rate: float
    lost: float
    sent_rate: float


def received(
    bench: Bench, whose: str, seconds: float, rate: float = 0, burst: int = 64
) -> Received:
    """Let one receive what C sends. rate: datagrams/s, 0 for as many as possible."""
    with bench.serving(bench.program("udp", "receive", whose)) as receiver:
        send = bench.peer("udp_send", "gso", receiver.port, SIZE, seconds, round(rate), burst)
        sent = bench.run(send, bench.load)
        came = receiver.figures()
    share = (sent["sent"] - came["received"]) / sent["sent"]
    return Received(came["datagrams_per_s"], share, sent["datagrams_per_s"])


@contextmanager
def flooded(bench: Bench) -> Iterator[Contenders]:
    yield {
        name: lambda whose=whose: received(bench, whose, bench.seconds).rate
        for name, whose in (("receive_many", "netsteps"), ("stdlib recvfrom", "stdlib"))
    }


def begins_to_lose(bench: Bench) -> float:
    """Give the slowest rate, in datagrams/s, at which the standard library's loop loses some.

    Where the sender is too slow to make it lose, the fastest that it can.
    """
    slow, fast = SLOWEST, FASTEST
    trial = min(TRIAL, bench.seconds)
    for _ in range(STEPS):
        rate = (slow * fast) ** 0.5
        got = received(bench, "stdlib", trial, rate, BURST)
        if got.lost > LOSSES:
            fast = min(rate, got.sent_rate)
        else:
            slow = rate
        if fast <= slow:
            break
    return fast


@contextmanager
def paced(bench: Bench) -> Iterator[Contenders]:
    rate = begins_to_lose(bench)
    yield {
        "receive_many": lambda: lost(bench, "netsteps", rate),
        "stdlib recvfrom": lambda: lost(bench, "stdlib", rate),
        "rate": lambda: rate,
    }


def lost(bench: Bench, whose: str, rate: float) -> float:
    """Give how many of a hundred were lost."""
    return received(bench, whose, bench.seconds, rate, BURST).lost * 100


@contextmanager
def echoed(bench: Bench) -> Iterator[Contenders]:
    with ExitStack() as stack:
        found: Contenders = {}
        for name, kind in (("on_datagram", "netsteps-datagrams"), ("asyncio", "asyncio-datagrams")):
            server = stack.enter_context(bench.serving(bench.program("servers", kind)))
            load = bench.peer("udp_load", server.port, WINDOW, ECHO_SIZE, bench.seconds)
            found[name] = lambda load=load: bench.run(load, bench.load)["echoes_per_s"]
        yield found


CASES = (
    Case(
        "udp-send",
        "UDP sender",
        "datagrams/s",
        sending,
        (
            Row(
                "UdpSender.send_many, 1,200 bytes, datagrams/s",
                "C with offload",
                "send_many",
                "C offload",
                0.90,
            ),
            Row(
                "UdpSender.send_many, 1,200 bytes, datagrams/s",
                "stdlib sendto loop",
                "send_many",
                "stdlib sendto",
                5.0,
            ),
        ),
        3.3,
    ),
    Case(
        "udp-receive",
        "UDP receiver, flooded",
        "datagrams/s",
        flooded,
        (
            Row(
                "UdpReceiver.receive_many, 1,200 bytes, flooded, datagrams/s",
                "stdlib recvfrom loop",
                "receive_many",
                "stdlib recvfrom",
                3.0,
            ),
        ),
        3.2,
    ),
    Case(
        "udp-receive",
        "UDP receiver, paced",
        "% lost",
        paced,
        (
            Row(
                "the rate at which the stdlib's recvfrom loop begins to lose, datagrams/s",
                "-",
                "rate",
                None,
                unit="datagrams/s",
            ),
            Row(
                "receive_many, lost where the stdlib's loop begins to lose",
                "stdlib recvfrom loop",
                "receive_many",
                None,
                0.0,
                at_least=False,
                noise=LOSSES * 100,
                beside="stdlib recvfrom",
            ),
        ),
        3.2,
    ),
    Case(
        "udp-echo",
        "UDP echo server",
        "echoes/s",
        echoed,
        (
            Row(
                "UdpServer(on_datagram=), echo of 64 bytes, datagrams/s",
                "asyncio datagram protocol",
                "on_datagram",
                "asyncio",
                4.0,
            ),
        ),
        2.3,
    ),
)
