"""A thread for each client: on_client against the standard library's ThreadingTCPServer."""

from bench.cases.servers import python, side_by_side
from bench.measure import Case, Row

SERVERS = {
    "on_client": python("netsteps-threads"),
    "socketserver": python("stdlib-threads"),
    "C": lambda bench: bench.peer("echo_threads"),
}

CASES = tuple(
    Case(
        "threads",
        f"a thread each, {connections:,} connections",
        "requests/s",
        side_by_side(connections, SERVERS),
        (
            Row(
                f"on_client (a thread each), {connections:,} connections, requests/s",
                "socketserver threads",
                "on_client",
                "socketserver",
                1.15,
            ),
            # Nothing is asked of it: what a thread for each client reaches without an interpreter.
            Row(
                f"on_client (a thread each), {connections:,} connections, requests/s",
                "C, a thread each",
                "on_client",
                "C",
            ),
        ),
        3.5,
        often=2,
    )
    for connections in (50, 1000)
)
