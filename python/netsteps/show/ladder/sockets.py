"""Events to lifelines: which sockets there were, and which two were the ends of one connection."""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from netsteps.show.ladder.descriptors import joined
from netsteps.show.ladder.model import Conversation, Lifeline, ends_of, step_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsteps.show.ladder.model import Event, Step

__all__ = ["Listeners", "lifelines", "pairs", "port_of"]

_ANY = ("0.0.0.0", "[::]")
_FOREVER = 1 << 64
_RIVALS = 32  # sockets of one address that are looked at, on each side of a moment


def port_of(endpoint: str) -> str:
    """Give the port of "ip:port"."""
    return endpoint.rpartition(":")[2]


def _ip_of(endpoint: str) -> str:
    return endpoint.rpartition(":")[0]


def lifelines(events: "Iterable[Event]") -> list[Lifeline]:
    """Make a lifeline of each socket, in the order of their first events, with its steps."""
    by_socket: dict[tuple[int, int], list[Event]] = {}
    for event in events:
        by_socket.setdefault((event.process, event.socket), []).append(event)
    return joined([_lifeline(*key, own) for key, own in by_socket.items()])


def _lifeline(process: int, socket: int, events: "list[Event]") -> Lifeline:
    first = events[0]
    line = Lifeline(first.kind, "datagram", process=process, socket=socket, number=first.number)
    ends_of(line, events)
    line.steps = steps = [step_of(line, event) for event in events]
    # A connection exists from its accept's end on, not since the accept began to wait.
    line.first_ns = steps[0].at_ns if steps[0].call == "accepted" else steps[0].start_ns
    line.last_ns = max(step.end_ns or step.start_ns for step in steps)
    closes = [step for step in steps if step.call == "close" and step.end_ns is not None]
    if closes:
        line.closed_ns = closes[-1].at_ns
    if line.kind == "tcp":
        line.role = _role(steps)
        line.side = "right" if line.role == "client" else "left"
    return line


def _role(steps: "list[Step]") -> str:
    """Tell a listener, a connection that was accepted, and a client; "" when nothing tells."""
    for step in steps:
        if step.call in {"listen", "accept", "accept4"}:
            return "listener"
        if step.call == "accepted":
            return "accepted"
        if step.call == "connect":
            return "client"
        if "listening" in {step.event.before, step.event.after}:
            return "listener"
    return ""


def together(a: Lifeline, b: Lifeline) -> bool:
    """Say whether two sockets existed at one time: an address is used again after a close."""
    return a.first_ns <= (b.closed_ns or _FOREVER) and b.first_ns <= (a.closed_ns or _FOREVER)


def _accepted_later(late: Lifeline, early: Lifeline) -> bool:
    """Say whether one may have been accepted when the other was closed already."""
    return late.role == "accepted" and early.role != "accepted" and early.first_ns < late.first_ns


class Listeners:
    """The sockets that others reach by their address: listeners, or bound UDP sockets."""

    def __init__(self, lines: "Iterable[Lifeline]") -> None:
        self._by_address: dict[str, list[Lifeline]] = {}
        self._by_port: dict[str, list[Lifeline]] = {}
        self._of_all: dict[str, list[Lifeline]] = {}
        for line in sorted(lines, key=lambda line: line.first_ns):
            if line.local:
                port = port_of(line.local)
                self._by_address.setdefault(line.local, []).append(line)
                self._by_port.setdefault(port, []).append(line)
                if _ip_of(line.local) in _ANY:
                    self._of_all.setdefault(port, []).append(line)

    def at(self, endpoint: str, time_ns: int) -> Lifeline | None:
        """Find the socket that had this address at this time."""
        port = port_of(endpoint)
        if _ip_of(endpoint) in _ANY:
            found = [self._by_port.get(port, [])]
        else:
            found = [self._by_address.get(endpoint, []), self._of_all.get(port, [])]
        for lines in found:
            # The newest that there was by then; of sockets that share an address, some before it.
            place = bisect_right(lines, time_ns, key=lambda line: line.first_ns)
            for line in reversed(lines[max(place - _RIVALS, 0) : place]):
                if time_ns <= (line.closed_ns or _FOREVER):
                    return line
        return next((lines[0] for lines in found if lines), None)


def pairs(lines: list[Lifeline]) -> list[Conversation]:
    """Find the two ends of each TCP connection, and give an end that was not seen a lifeline."""
    tcp = [line for line in lines if line.kind == "tcp"]
    listeners = Listeners(line for line in tcp if line.role == "listener")
    _accepted(tcp)
    by_ends: dict[tuple[str, str], list[Lifeline]] = {}
    for line in sorted(tcp, key=lambda line: line.first_ns):
        if line.peer and line.role != "listener":
            by_ends.setdefault((line.local, line.peer), []).append(line)
    found = []
    for line in tcp:
        if line.role == "listener" or not line.peer or line.partner is not None:
            continue
        others = by_ends.get((line.peer, line.local), [])
        place = bisect_left(others, line.first_ns, key=lambda other: other.first_ns)
        rivals = [
            other
            for other in others[max(place - _RIVALS, 0) : place + _RIVALS]
            if other is not line and other.partner is None
        ]
        rivals = [other for other in rivals if together(line, other)] or [
            # A client may have written and closed before the server came to accept it.
            other
            for other in rivals
            if _accepted_later(line, other) or _accepted_later(other, line)
        ]
        if rivals:
            other = min(rivals, key=lambda other: abs(other.first_ns - line.first_ns))
            line.partner, other.partner = other, line
            others.remove(other)
        _sides(line, line.partner, listeners)
        if line.partner is None:
            # Connected to a listener here that has not accepted it: the kernel holds the other end.
            # Who was answered was accepted, by a child or by a loop that is not in the trace.
            answered = any(step.way == "in" and step.size for step in line.steps)
            waits = line.role == "client" and line.listener is not None and not answered
            line.partner = line.listener if waits else _outside(line)
        found.append(line)
    _beside_their_program(tcp)
    found.sort(key=lambda line: max(line.first_ns, line.partner.first_ns if line.partner else 0))
    return list(_numbered(found))


def _beside_their_program(lines: list[Lifeline]) -> None:
    """Put a socket that never came to a connection on the side of the clients of its program."""
    serve = {line.process for line in lines if line.role in {"listener", "accepted"}}
    ask = {line.process for line in lines if line.role == "client"} - serve
    for line in lines:
        if not line.role and line.partner is None and line.process in ask:
            line.side = "right"


def _numbered(found: list[Lifeline]) -> "Iterator[Conversation]":
    for number, line in enumerate(found, 1):
        partner = line.partner
        assert partner is not None
        for end in (line, partner):
            if end.role == "listener":
                continue
            end.tag = number
            for step in end.steps:
                step.tag = number
            if end.accept is not None:
                end.accept.tag = number
        ends = (line, partner) if line.side == "left" else (partner, line)
        yield Conversation(number, *ends, "tcp")


def _accepted(lines: list[Lifeline]) -> None:
    """Find which accept made which connection: the two events begin at one moment."""
    accepts: dict[tuple[int, int, int], Step] = {}
    for line in lines:
        if line.role == "listener":
            for step in line.steps:
                if step.call.startswith("accept") and step.phase == "completed":
                    accepts[line.process, step.event.thread, step.start_ns] = step
    for line in lines:
        if line.role == "accepted":
            first = line.steps[0]
            accept = accepts.get((line.process, first.event.thread, first.start_ns))
            if accept is not None and accept.made is None:
                accept.made, line.accept, line.listener = line, accept, accept.line
                first.hidden = True


def _sides(line: Lifeline, partner: Lifeline | None, listeners: Listeners) -> None:
    """Put servers on the left; where nothing tells which end serves, the lower port does."""
    ends = [line] if partner is None else [line, partner]
    for end in ends:
        if end.role == "accepted" and end.listener is None:
            end.listener = listeners.at(end.local, end.first_ns)
        if end.role == "client" and end.listener is None:
            end.listener = listeners.at(end.peer, end.first_ns)
    known = {end.role for end in ends}
    if not known & {"accepted", "client"}:
        if listeners.at(line.local, line.first_ns):
            serves = True
        elif listeners.at(line.peer, line.first_ns):
            serves = False
        else:
            serves = _port_number(line.local) <= _port_number(line.peer)
        line.role = "accepted" if serves else "client"
    elif not line.role and partner is not None:
        line.role = "accepted" if partner.role == "client" else "client"
    if partner is not None and (not partner.role or partner.role == line.role):
        partner.role = "accepted" if line.role == "client" else "client"
    for end in ends:
        end.side = "right" if end.role == "client" else "left"


def _port_number(endpoint: str) -> int:
    port = port_of(endpoint)
    return int(port) if port.isdecimal() else 0


def _outside(line: Lifeline) -> Lifeline:
    """Make the end that is not in the trace."""
    return Lifeline(
        line.kind,
        "outside",
        side="left" if line.side == "right" else "right",
        local=line.peer,
        peer=line.local,
        first_ns=line.first_ns,
        last_ns=line.last_ns,
        closed_ns=line.closed_ns,
        partner=line,
    )
