"""Datagrams of 1,200 bytes, sent and received, and a UDP echo server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.measure import Case, Contenders, Row
from bench.processes import Bench

SIZE = 1200
ECHO_SIZE, WINDOW = 64, 64
# Paced datagrams go in bursts as short as the kernel can still offload.
BURST = 8
# The search for the rate at which the standard library begins to lose.
SLOWEST, FASTEST, STEPS = 20_000.0, 1_600_000.0, 9
TRIAL = 0.3
# Below this share of lost datagrams nothing is lost: a machine that is shared stands still at times.
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


def received(
    bench: Bench, whose: str, seconds: float, rate: float = 0, burst: int = 64
) -> tuple[float, float]:
    """Let one receive what C sends: how many it takes in a second, and which share was lost."""
    with bench.serving(bench.program("udp", "receive", whose)) as receiver:
        send = bench.peer("udp_send", "gso", receiver.port, SIZE, seconds, round(rate), burst)
        sent = bench.run(send, bench.load)["sent"]
        figures = receiver.figures()
    return figures["datagrams_per_s"], (sent - figures["received"]) / sent


@contextmanager
def flooded(bench: Bench) -> Iterator[Contenders]:
    yield {
        name: lambda whose=whose: received(bench, whose, bench.seconds)[0]
        for name, whose in (("receive_many", "netsteps"), ("stdlib recvfrom", "stdlib"))
    }


def begins_to_lose(bench: Bench) -> float:
    """Give the slowest rate, in datagrams/s, at which the standard library's loop loses some."""
    slow, fast = SLOWEST, FASTEST
    for _ in range(STEPS):
        rate = (slow * fast) ** 0.5
        if received(bench, "stdlib", TRIAL, rate, BURST)[1] > LOSSES:
            fast = rate
        else:
            slow = rate
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
    return received(bench, whose, bench.seconds, rate, BURST)[1] * 100


@contextmanager
def echoed(bench: Bench) -> Iterator[Contenders]:
    with ExitStack() as stack:
        found: Contenders = {}
        for name, kind in (("on_datagram", "netsteps-datagrams"), ("asyncio", "asyncio-datagrams")):
            server = stack.enter_context(bench.serving(bench.program("servers", kind)))
            load = bench.peer("udp_echo_load", server.port, WINDOW, ECHO_SIZE, bench.seconds)
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
                "UdpReceiver.receive_many, 1,200 bytes, taken in under a flood, datagrams/s",
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
                "UdpReceiver.receive_many, lost where the stdlib's loop begins to lose",
                "nothing",
                "receive_many",
                None,
                0.0,
                at_least=False,
                noise=LOSSES * 100,
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
