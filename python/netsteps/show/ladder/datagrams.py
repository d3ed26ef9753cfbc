"""Which call received which datagram: by addresses, size and first bytes, in order."""

from collections import deque
from typing import TYPE_CHECKING

from netsteps.show.ladder.descriptors import plain_address
from netsteps.show.ladder.model import Conversation, Lifeline, Link
from netsteps.show.ladder.sockets import Listeners, port_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.ladder.model import Step

__all__ = ["datagram_links"]

_RANK = {"left": 0, "relay": 1, "right": 2}
_ACROSS = {"left": "right", "relay": "right", "right": "left"}
_LOOK = 64  # how many datagrams on their way are tried for one that was cut by a small buffer


def datagram_links(lines: list[Lifeline], number: int) -> "tuple[list[Conversation], list[Link]]":
    """Match the datagrams of all UDP sockets.

    number: the number of the first conversation. Gives the conversations, and what went from one
    end to the other; ends that are not in the trace get lifelines. Equal datagrams cannot be told
    apart: the first that was sent is taken for the first that came.
    """
    own = [line for line in lines if line.kind == "udp"]
    if not own:
        return [], []
    sockets = Listeners(own)
    outside: dict[str, Lifeline] = {}
    links, waiting = _sent(own, sockets, outside)
    for step in _arrivals(own):
        link = waiting[id(step.line)].take(step) if id(step.line) in waiting else None
        if link is not None:
            link.target, link.fate = step, "read"
            sender = link.source
            if sender is not None and sender.at_ns >= step.at_ns:
                sender.at_ns = max(sender.start_ns, step.at_ns - 1)
        elif (peer := step.event.peer) is not None:
            other = sockets.at(plain_address(peer), step.at_ns) or _other(
                outside, plain_address(peer), step
            )
            preview = bytes(step.event.preview)
            links.append(
                Link("datagram", other, step.line, None, step, "read", 0, step.size, preview)
            )
    _choose_sides(own, links)
    for line in outside.values():
        near = line.partner
        # It stands where a socket of a relay looks, or else across.
        side = (near.faces or _ACROSS[near.side]) if near else "right"
        line.side = side
    return _conversations(links, number), links


def _sent(
    lines: list[Lifeline], sockets: Listeners, outside: dict[str, Lifeline]
) -> "tuple[list[Link], dict[int, _OnTheWay]]":
    links: list[Link] = []
    waiting: dict[int, _OnTheWay] = {}
    steps = [step for line in lines for step in line.steps if step.way == "out" and step.moved]
    for step in sorted(steps, key=lambda step: (step.start_ns, step.event.id)):
        peer = step.event.peer
        if peer is None:
            continue
        target = sockets.at(plain_address(peer), step.start_ns)
        end = target or _other(outside, plain_address(peer), step)
        fate = "lost" if target else "unseen"
        preview = bytes(step.event.preview)
        link = Link("datagram", step.line, end, step, None, fate, 0, step.size, preview)
        links.append(link)
        if target is not None:
            waiting.setdefault(id(target), _OnTheWay()).add(link)
    return links, waiting


def _arrivals(lines: list[Lifeline]) -> "Iterable[Step]":
    steps = [
        step
        for line in lines
        for step in line.steps
        if step.way == "in" and step.moved and "PEEK" not in step.call
    ]
    return sorted(steps, key=lambda step: (step.at_ns, step.event.id))


def _other(outside: dict[str, Lifeline], endpoint: str, step: "Step") -> Lifeline:
    """Give the lifeline of an address that is not in the trace."""
    found = outside.get(endpoint)
    if found is None:
        found = outside[endpoint] = Lifeline(
            "udp", "outside", local=endpoint, first_ns=step.at_ns, partner=step.line
        )
    found.first_ns = min(found.first_ns, step.at_ns)
    found.last_ns = max(found.last_ns, step.at_ns)
    return found


class _OnTheWay:
    """The datagrams to one socket that were sent and not received so far."""

    def __init__(self) -> None:
        self._exact: dict[tuple[int, bytes, str], deque[Link]] = {}
        self._all: deque[Link] = deque()

    def add(self, link: Link) -> None:
        port = port_of(link.begin.local)
        self._exact.setdefault((link.size, link.preview, port), deque()).append(link)
        self._all.append(link)

    def take(self, step: "Step") -> Link | None:
        """Find the one that this call received."""
        peer = step.event.peer
        port = None if peer is None else port_of(str(peer))
        preview = bytes(step.event.preview)
        # In the order of sending: when the first one is not possible, it was sent too late.
        for of in (port or "", "") if port else ():
            sent = self._exact.get((step.size, preview, of), deque())
            while sent and sent[0].target is not None:
                sent.popleft()
            if sent and _possible(sent[0], step, port):
                return sent.popleft()
        while self._all and self._all[0].target is not None:
            self._all.popleft()
        # Cut by a small buffer: fewer bytes came, and they are the first ones.
        for link, _ in zip(self._all, range(_LOOK), strict=False):
            same = port is None and (step.size, preview) == (link.size, link.preview)
            cut = step.size < link.size and link.preview.startswith(preview)
            if (same or cut) and link.target is None and _possible(link, step, port):
                link.whole = not cut
                return link
        return None


def _possible(link: Link, step: "Step", port: str | None) -> bool:
    sender = link.source
    if link.target is not None or sender is None or sender.start_ns > step.at_ns:
        return False
    return port is None or not sender.line.local or port_of(sender.line.local) == port


def _choose_sides(lines: list[Lifeline], links: list[Link]) -> None:
    """Put who bound an address on the left, and who talks with it on the right."""
    friends: dict[int, list[Lifeline]] = {}
    for link in links:
        friends.setdefault(id(link.begin), []).append(link.end)
        friends.setdefault(id(link.end), []).append(link.begin)
    placed: set[int] = set()

    def serves(line: Lifeline) -> bool:
        return any(step.name == "bind" for step in line.steps)

    for line in lines:
        if line.relay is not None:
            for friend in friends.get(id(line), ()):
                if friend.relay is None and not friend.outside and id(friend) not in placed:
                    friend.side = line.faces
                    placed.add(id(friend))
    for line in sorted(lines, key=lambda line: not serves(line)):
        if line.relay is not None or id(line) in placed:
            continue
        around = {end.side for end in friends.get(id(line), ()) if id(end) in placed}
        if around == {"left"}:
            line.side = "right"
        else:
            line.side = "left" if serves(line) or "right" in around else "right"
        placed.add(id(line))


def _conversations(links: list[Link], number: int) -> list[Conversation]:
    """Give a number to each pair that talked, and tag each step with its pair."""
    found: dict[tuple[int, int], Conversation] = {}
    for link in sorted(links, key=_moment):
        left, right = link.begin, link.end
        if _RANK[left.side] > _RANK[right.side]:
            left, right = right, left
        key = (id(left), id(right))
        if key not in found and (id(right), id(left)) in found:
            key = (id(right), id(left))
        talk = found.get(key)
        if talk is None:
            talk = found[key] = Conversation(number + len(found), left, right, "udp")
            right.tag = right.tag or talk.number
        for step in (link.source, link.target):
            if step is not None:
                step.tag = talk.number
    return list(found.values())


def _moment(link: Link) -> int:
    step = link.source or link.target
    return step.at_ns if step else 0
