"""One connection in several hands: sockets that are duplicates, or made of another's descriptor."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsteps.show.ladder.model import Lifeline, Step

__all__ = ["joined", "plain_address"]

_MAPPED = "[::ffff:"


def plain_address(endpoint: object) -> str:
    """Give "ip:port"; an IPv4 address that an IPv6 socket tells, as the other end tells it."""
    text = str(endpoint)
    if text.startswith(_MAPPED) and "." in text:
        ip, _, port = text.removeprefix(_MAPPED).rpartition("]:")
        return f"{ip}:{port}"
    return text


def joined(lines: "list[Lifeline]") -> "list[Lifeline]":
    """Make one lifeline of the sockets that share a connection: dup, fromfd, detach and fileno=.

    One that begins connected, with the ends that another one of its process has, is that connection
    in other hands. The last one to be closed ends it.
    """
    kept: list[Lifeline] = []
    by_ends: dict[tuple[int, str, str], Lifeline] = {}
    for line in lines:
        key = (line.process, line.local, line.peer)
        if line.kind == "tcp" and line.peer:
            first = by_ends.get(key)
            if first is not None and _is_adopted(line) and _is_open(first, line.first_ns):
                _join(first, line)
                continue
            by_ends[key] = line
        kept.append(line)
    return kept


def _is_adopted(line: "Lifeline") -> bool:
    """Say whether its first step took a connection that was there."""
    first = line.steps[0]
    return first.call == "socket" and first.event.peer is not None


def _is_open(line: "Lifeline", time_ns: int) -> bool:
    return line.closed_ns is None or line.closed_ns >= time_ns


def _join(line: "Lifeline", other: "Lifeline") -> None:
    """Let the steps of both be one row of steps."""
    for step in other.steps:
        step.line = line
    if line.steps[-1].call == "detach":
        # From one object to the next: of this nothing goes over the wire.
        del line.steps[-1], other.steps[0]
    line.steps = sorted(line.steps + other.steps, key=lambda step: step.at_ns)
    line.last_ns = max(line.last_ns, other.last_ns)
    closes = [step for step in line.steps if step.sign == "close"]
    whole = _all_closed(line.steps)
    line.closed_ns = closes[-1].at_ns if closes and whole else None
    for step in closes[: -1 if whole else None]:
        step.sign = ""  # others hold the connection still
    for step in line.steps:
        step.offset = None  # each of them has counted for itself


def _all_closed(steps: "list[Step]") -> bool:
    """Say whether as many were closed or parted with as were made."""
    made = sum(step.call in {"socket", "accepted"} for step in steps)
    return made <= sum(step.call in {"close", "detach"} for step in steps)
