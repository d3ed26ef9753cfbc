"""Echo of 64 bytes over TCP: the event loop against a C server on epoll, and against uvloop."""

from bench.cases.servers import python, side_by_side
from bench.measure import Case, Row

SERVERS = {
    "service": python("netsteps-service"),
    "on_message": python("netsteps-messages"),
    "C epoll": lambda bench: bench.peer("echo_epoll"),
    "uvloop protocol": python("uvloop-protocol"),
}


def times(connections: int) -> str:
    return "1 connection" if connections == 1 else f"{connections:,} connections"


def rows(connections: int) -> tuple[Row, ...]:
    many = times(connections)
    service = Row(
        f'service="echo", {many}, requests/s', "C epoll", "service", "C epoll", 1.0, noise=0.03
    )
    if connections == 1:
        return (service,)
    what = f"on_message, Python reply, {many}, requests/s"
    return (
        service,
        Row(what, "uvloop protocol", "on_message", "uvloop protocol", 1.15, aim=1.30),
        Row(what, "C epoll", "on_message", "C epoll", 0.87, aim=0.98),
    )


def case(connections: int) -> Case:
    names = ["service", "C epoll"] if connections == 1 else list(SERVERS)
    return Case(
        "tcp-echo",
        f"TCP echo, {times(connections)}",
        "requests/s",
        side_by_side(connections, {name: SERVERS[name] for name in names}),
        rows(connections),
        len(names) * 1.15,
    )


CASES = tuple(case(connections) for connections in (1, 50, 1000))
