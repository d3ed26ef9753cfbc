"""What the cases of TCP servers share: servers side by side, and one load for each in turn."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from bench.measure import Contenders, Measure, MeasureError, Missing
from bench.processes import Bench, Program, uvloop

__all__ = ["SIZE", "loaded", "side_by_side"]

SIZE = 64  # bytes of a request, which is a line too

Command = Callable[[Bench], list[object]]


def python(kind: str) -> Command:
    return lambda bench: bench.program("servers", kind)


def loaded(bench: Bench, server: Program, connections: int, figure: str) -> Measure:
    """Give the measurement of one server under so many connections."""
    load = bench.peer("echo_load", server.port, connections, SIZE, bench.seconds)
    return lambda: bench.run(load, bench.load)[figure]


def side_by_side(
    connections: int, servers: Mapping[str, Command], figure: str = "requests_per_s"
) -> Callable[[Bench], AbstractContextManager[Contenders]]:
    """Start the servers, all on the server's processor; only the one that is asked works.

    servers: for the name of each contender the command of its server. figure: of the load.
    """

    @contextmanager
    def opened(bench: Bench) -> Iterator[Contenders]:
        with ExitStack() as stack:
            found: Contenders = {}
            for name, command in servers.items():
                if name.startswith("uvloop") and (missing := uvloop()):
                    found[name] = missing
                    continue
                try:
                    server = stack.enter_context(bench.serving(command(bench)))
                    found[name] = loaded(bench, server, connections, figure)
                except MeasureError as error:
                    found[name] = Missing(f"failed: {error}")
            yield found

    return opened
