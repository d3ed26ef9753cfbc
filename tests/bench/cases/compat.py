"""What netsteps.compat costs beside the standard library's socket, recorded and not."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.measure import Case, Contenders, Measure, Row
from bench.processes import Bench


def call(bench: Bench, kind: str, whose: str) -> Measure:
    """Measure one class. Two processes pin themselves."""
    command = bench.program("compat", kind, whose)
    place = None if kind == "round-trip" else bench.server
    return lambda: bench.run(command, place)["microseconds"]


def all_three(kind: str) -> Callable[[Bench], AbstractContextManager[Contenders]]:
    @contextmanager
    def opened(bench: Bench) -> Iterator[Contenders]:
        yield {whose: call(bench, kind, whose) for whose in ("compat", "recorded", "stdlib")}

    return opened


def case(kind: str, name: str, what: str, seconds: float) -> Case:
    """Give the case of one kind: with nobody recording at most 1.10, recorded at most 1.25."""
    against = "the standard library's"
    return Case(
        "compat",
        name,
        "us",
        all_three(kind),
        (
            Row(what, against, "compat", "stdlib", 1.10, at_least=False),
            Row(f"{what} with a Trace on", against, "recorded", "stdlib", 1.25, at_least=False),
        ),
        seconds,
    )


CASES = (
    case(
        "round-trip",
        "round trip of the standard class",
        "netsteps.compat: blocking 64-byte round trip, both ends, time",
        1.2,
    ),
    case(
        "receive",
        "receiving under asyncio",
        "netsteps.compat: sock_recv of what has come, under asyncio, time",
        1.0,
    ),
    case(
        "streams",
        "round trip under asyncio",
        "netsteps.compat: round trip of two transports of one asyncio loop, time",
        1.5,
    ),
)
