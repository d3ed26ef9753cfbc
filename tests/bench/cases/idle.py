"""10,000 idle clients: what each takes, and what they cost the 100 that are active."""

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from bench.cases.servers import loaded
from bench.measure import Case, Contenders, MeasureError, Missing, Row
from bench.processes import Bench

IDLE, ACTIVE = 10_000, 100
SPARE = 500  # descriptors for everything else


def few_descriptors() -> Missing | None:
    """Let the programs have as many descriptors as the system allows; say when these are few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = IDLE + ACTIVE + SPARE
    if hard != resource.RLIM_INFINITY and hard < needed:
        return Missing(f"{needed:,} descriptors are needed, and the limit is {hard:,}")
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return None


def crowded(kind: str) -> Callable[[Bench], AbstractContextManager[Contenders]]:
    """Start the same server twice, and connect the idle clients to one of them."""

    @contextmanager
    def opened(bench: Bench) -> Iterator[Contenders]:
        names = ("crowded", "alone", "memory")
        if missing := few_descriptors():
            yield dict.fromkeys(names, missing)
            return
        with ExitStack() as stack:
            try:
                crowd, alone = (
                    stack.enter_context(bench.serving(bench.program("servers", kind)))
                    for _ in range(2)
                )
                busy = loaded(bench, crowd, ACTIVE, "requests_per_s")
                busy()  # what the active clients need is there before
                before = crowd.memory()
                hold = bench.peer("idle_hold", crowd.port, IDLE)
                stack.enter_context(bench.started(hold, bench.load))
            except MeasureError as error:
                yield dict.fromkeys(names, Missing(f"failed: {error}"))
                return
            yield {
                "memory": lambda: (crowd.memory() - before) / IDLE,
                "crowded": busy,
                "alone": loaded(bench, alone, ACTIVE, "requests_per_s"),
            }

    return opened


def case(name: str, kind: str) -> Case:
    return Case(
        "idle",
        f"idle clients of {name}",
        "requests/s",
        crowded(kind),
        (
            Row(
                f"{name}, 10,000 idle clients, resident memory for each",
                "1 KiB",
                "memory",
                None,
                1024.0,
                at_least=False,
                unit="bytes",
            ),
            Row(
                f"{name}, 100 active clients beside 10,000 idle, requests/s",
                "without the idle ones",
                "crowded",
                "alone",
                0.95,
            ),
        ),
        2.5,
    )


CASES = (case("on_message", "netsteps-messages"), case('service="echo"', "netsteps-service"))
