"""Relays: which sockets are theirs, and what went through them and what did not.

A relay stands between two conversations, one with a client and one with the target, which are one
to those who talk. What it received and what it sent on are told together by the origin that an
event names, in a stream by the place of the bytes, and else by size and first bytes.
"""

from collections import deque
from typing import TYPE_CHECKING

from netsteps.show.ladder.match import moved_ranges
from netsteps.show.ladder.model import Conversation, Link, Relay

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsteps.show.ladder.model import Lifeline, Model, Step

__all__ = ["AT_ONCE_NS", "find_relays", "join_rows", "join_talks", "passages", "place_relays"]

_STEP = "relay"
# What goes on sooner than this is of the same moment: a relay's own work, not a rule's.
AT_ONCE_NS = 200_000
_QUIET = {"socket", "bind", "listen", "accepted"}


def find_relays(lines: "Iterable[Lifeline]") -> list[Relay]:
    """Find the relays: the sockets that one thread passes bytes on with are one relay's."""
    groups: dict[object, list[Lifeline]] = {}
    for line in lines:
        own = next((step for step in line.steps if step.name == _STEP or step.verdict), None)
        if own is not None:
            groups.setdefault((line.process, own.event.thread, line.kind), []).append(line)
    relays = []
    for own_lines in groups.values():
        relay = Relay(own_lines, own_lines[0].kind)
        door = _door(own_lines) if relay.kind == "udp" else None
        for line in own_lines:
            line.relay, line.side = relay, "relay"
            if relay.kind == "udp":
                line.faces = "right" if line is door else "left"
        if door is not None:
            relay.local = door.local
        relays.append(relay)
    return relays


def _door(lines: "list[Lifeline]") -> "Lifeline":
    """Tell the socket of a UDP relay that clients send to; each other one is to the target."""

    def weight(line: "Lifeline") -> tuple[bool, int, int]:
        calls = {step.call for step in line.steps}
        peers = {str(step.event.peer) for step in line.steps if step.way and step.event.peer}
        first = min((step.at_ns for step in line.steps if step.way == "in"), default=1 << 64)
        return ("connect" in calls, -len(peers), first)

    return min(lines, key=weight)


def place_relays(relays: "Iterable[Relay]", lines: "Iterable[Lifeline]") -> None:
    """Put the sockets of the TCP relays between the sides, when it is known who called whom."""
    listeners = {line.local: line for line in lines if line.role == "listener"}
    for relay in relays:
        if relay.kind == "udp":
            continue
        for line in list(relay.lines):
            line.side = "relay"
            line.faces = "left" if line.role == "client" else "right"
            door = line.listener or listeners.get(line.local)
            if line.role == "accepted" and door is not None and door.relay is None:
                door.relay, door.side, door.faces = relay, "relay", "right"
                relay.lines.append(door)
        doors = [line for line in relay.lines if line.faces == "right"]
        relay.local = next((line.local for line in doors if line.local), "")
        for line in relay.lines:
            partner = line.partner
            if partner is not None and partner.relay is None and line.faces:
                partner.side = line.faces
    for relay in relays:
        for line in relay.lines:
            for step in line.steps:
                outside = step.made is not None and _outside(step.made)
                step.hidden |= step.call in _QUIET and not step.verdict
                step.hidden |= step.call.startswith("accept") and not (step.verdict or outside)
                # What a relay of datagrams does beside passing them on, and its listener's end.
                own = step.call in {"close", "connect"} and relay.kind == "udp"
                own |= step.call == "close" and line.role == "listener"
                step.hidden |= own and not step.verdict


def _outside(line: "Lifeline") -> bool:
    return line.partner is not None and line.partner.outside


def passages(relays: "Iterable[Relay]") -> list[Link]:
    """Give a link for everything that a relay received, and for each time that it went on."""
    links: list[Link] = []
    for relay in relays:
        origins = {
            (line.process, step.event.id): step
            for line in relay.lines
            for step in line.steps
            if step.event.origin is None
        }
        if relay.kind == "udp":
            links += _of_datagrams(relay, origins)
        else:
            links += _of_streams(relay, origins)
    return links


def _origin(step: "Step", origins: "dict[tuple[int, int], Step]") -> "Step | None":
    origin = step.event.origin
    found = None if origin is None else origins.get((step.line.process, origin))
    return found if found is not None and found.line is not step.line else None


def _of_datagrams(relay: Relay, origins: "dict[tuple[int, int], Step]") -> "Iterator[Link]":
    steps = [step for line in relay.lines for step in line.steps if step.moved]
    steps.sort(key=lambda step: (step.at_ns, step.way == "out", step.event.id))
    waiting: dict[tuple[str, int, bytes], deque[Step]] = {}
    gone: dict[int, list[Step]] = {}
    alone = []
    for step in steps:
        preview = bytes(step.event.preview)
        if step.way == "in" and "PEEK" not in step.call:
            waiting.setdefault((step.line.faces, step.size, preview), deque()).append(step)
        elif step.way == "out":
            source = _origin(step, origins)
            if source is None and step.event.origin is None:
                across = "left" if step.line.faces == "right" else "right"
                same = waiting.get((across, step.size, preview))
                source = same.popleft() if same else None
            if source is None:
                alone.append(step)
            else:
                gone.setdefault(id(source), []).append(step)
    for step in steps:
        if step.way == "in" and "PEEK" not in step.call:
            went = gone.get(id(step), [])
            for copy, out in enumerate(went):
                yield _passage(step, out, copy=copy if len(went) > 1 else 0)
            if not went:
                yield _passage(step, None)


def _passage(step: "Step", out: "Step | None", copy: int = 0) -> Link:
    fate = "lost" if out is None else "read"
    end = step.line if out is None else out.line
    return Link("passage", step.line, end, step, out, fate, size=step.size, copy=copy)


def _of_streams(relay: Relay, origins: "dict[tuple[int, int], Step]") -> "Iterator[Link]":
    lines = [line for line in relay.lines if line.role != "listener"]
    others = dict(_partners(lines, origins))
    for line in lines:
        other = others.get(id(line))
        came = moved_ranges(line, "in")
        went = moved_ranges(other, "out") if other is not None else []
        at = 0
        for first, behind, step in came:
            links: list[Link] = []
            while at < len(went) and went[at][1] <= first:
                at += 1
            look = at
            while look < len(went) and went[look][0] < behind:
                begin, end, out = went[look]
                link = _passage(step, out)
                link.first, link.size = max(begin, first), min(end, behind) - max(begin, first)
                link.whole = (begin, end) == (first, behind)
                links.append(link)
                look += 1
            if links:
                links[0].short = behind - first - sum(link.size for link in links)
            yield from links or [_passage(step, None)]
        yield from _ends(line, other)


def _ends(line: "Lifeline", other: "Lifeline | None") -> "Iterator[Link]":
    """Find how the end of one stream became the end of the other one."""
    end = next((step for step in line.steps if step.sign == "end"), None)
    if end is None or other is None:
        return
    for step in other.steps:
        if step.sign in {"half-close", "close"} and step.start_ns >= end.start_ns:
            link = _passage(end, step)
            link.preview = b""
            yield link
            return


def _partners(
    lines: "list[Lifeline]", origins: "dict[tuple[int, int], Step]"
) -> "Iterator[tuple[int, Lifeline]]":
    """Tell which two sockets carry one conversation."""
    met: set[int] = set()
    for line in lines:
        for step in line.steps:
            source = _origin(step, origins)
            if source is not None and not {id(line), id(source.line)} & met:
                met |= {id(line), id(source.line)}
                yield id(line), source.line
                yield id(source.line), line
                break
    # Those that sent nothing on: the first that came with the first that was opened after it.
    opened = [line for line in lines if line.faces == "left" and id(line) not in met]
    opened.sort(key=lambda line: line.first_ns)
    came = [line for line in lines if line.faces == "right" and id(line) not in met]
    for line in sorted(came, key=lambda line: line.first_ns):
        later = next((other for other in opened if other.first_ns >= line.first_ns), None)
        if later is not None:
            opened.remove(later)
            yield id(line), later
            yield id(later), line


def join_talks(
    talks: list[Conversation], links: "Iterable[Link]", lines: "Iterable[Lifeline]"
) -> list[Conversation]:
    """Make one conversation of the two that a relay stands between."""
    by_number = {talk.number: talk for talk in talks}
    into: dict[int, int] = {}

    def of(number: int) -> int:
        while number in into:
            number = into[number]
        return number

    for link in links:
        if link.source is None or link.target is None:
            continue
        if link.begin.faces == "right":
            near, far = of(link.source.tag), of(link.target.tag)
        else:
            near, far = of(link.target.tag), of(link.source.tag)
        if near == far or near not in by_number or far not in by_number:
            continue
        asked, given = by_number[near], by_number[far]
        if asked.left.side != "relay" or given.right.side != "relay":
            continue
        asked.left = given.left
        asked.via += [*given.via, *(end for end in (link.begin, link.end) if end not in asked.via)]
        into[far] = near
        del by_number[far]
    if not into:
        return talks
    numbers = {number: place for place, number in enumerate(sorted(by_number), 1)}
    for line in lines:
        line.tag = numbers.get(of(line.tag), line.tag)
        for step in line.steps:
            step.tag = numbers.get(of(step.tag), step.tag)
    joined = [by_number[number] for number in sorted(by_number)]
    for talk in joined:
        talk.number = numbers[talk.number]
        talk.via = [line for line in talk.via if line.tag == talk.number]
    return joined


def join_rows(model: "Model") -> None:
    """Put what goes on at once into the row in which it came."""
    others = sorted(step.at_ns for step in model.steps if step.line.relay is None)
    taken: set[int] = set()
    for link in model.links:
        source, target = link.source, link.target
        if link.kind != "passage" or source is None or target is None:
            continue
        if source.count > 1 or target.count > 1 or source.hidden or target.hidden:
            continue
        if target.joined or source.joined or id(source) in taken or target.sign == "close":
            continue
        if not 0 <= target.at_ns - source.at_ns < AT_ONCE_NS:
            continue
        if _between(others, source.at_ns, target.at_ns):
            continue
        target.joined = source
        taken.add(id(source))
    model.steps = [step for step in model.steps if step.joined is None]


def _between(sorted_ns: list[int], begin: int, end: int) -> bool:
    from bisect import bisect_left, bisect_right

    return bisect_left(sorted_ns, end) > bisect_right(sorted_ns, begin)
