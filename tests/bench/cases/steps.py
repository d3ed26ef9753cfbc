"""What one step costs: round trips, ready sockets, beside a busy thread, and with a recording."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.measure import Case, Contenders, Measure, Row
from bench.processes import Bench

Opening = Callable[[Bench], AbstractContextManager[Contenders]]


def step(bench: Bench, kind: str, whose: str) -> Measure:
    """Measure one kind.

    Only a single thread is pinned: two processes pin themselves, and a busy thread has the other
    processor, or the two would wait for the kernel and not for each other.
    """
    command = bench.program("steps", kind, whose)
    place = bench.server if kind == "ready" else None
    return lambda: bench.run(command, place)["microseconds"]


def against_stdlib(kind: str) -> Opening:
    @contextmanager
    def opened(bench: Bench) -> Iterator[Contenders]:
        yield {
            "netsteps": step(bench, kind, "netsteps"),
            "stdlib": step(bench, kind, "stdlib"),
        }

    return opened


@contextmanager
def recorded(bench: Bench) -> Iterator[Contenders]:
    yield {
        "on": step(bench, "recorded", "netsteps"),
        "off": step(bench, "round-trip", "netsteps"),
    }


CASES = (
    Case(
        "steps",
        "round trip",
        "us",
        against_stdlib("round-trip"),
        (
            Row(
                "blocking 64-byte round trip, both ends netsteps, time",
                "stdlib socket, both ends",
                "netsteps",
                "stdlib",
                1.0,
                at_least=False,
            ),
        ),
        0.7,
    ),
    Case(
        "steps",
        "ready sockets",
        "us",
        against_stdlib("ready"),
        (
            Row(
                "send + recv on ready sockets, time",
                "stdlib socket, same place",
                "netsteps",
                "stdlib",
                at_least=False,
            ),
        ),
        0.5,
    ),
    Case(
        "steps",
        "ready sockets beside a busy thread",
        "us",
        against_stdlib("busy"),
        (
            Row(
                "send + recv on ready sockets beside one busy Python thread, time",
                "stdlib socket, same place",
                "netsteps",
                "stdlib",
                0.05,
                at_least=False,
            ),
        ),
        1.5,
    ),
    Case(
        "steps",
        "round trip, recorded",
        "us",
        recorded,
        (
            Row(
                "round trip with a Trace on, time",
                "the same without",
                "on",
                "off",
                1.10,
                at_least=False,
            ),
        ),
        0.7,
    ),
)
