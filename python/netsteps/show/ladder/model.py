"""What a ladder is made of: lifelines, the steps on them, and the links between steps."""

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from netsteps.show.ladder.descriptors import plain_address
from netsteps.show.steps import _Event

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Conversation",
    "Event",
    "Lifeline",
    "Link",
    "Model",
    "Relay",
    "Step",
    "ends_of",
    "leftwards",
    "step_of",
]

_OUT = {"send", "sendmsg", "sendto", "sendfile", "sendmmsg"}
_IN = {"recv", "recvfrom", "recvmsg", "recvmmsg"}
# A call that takes longer than this has waited: on the machine itself a call takes microseconds.
_WAITED_NS = 200_000


class _Recorded(_Event, Protocol):
    """One system call of one step, as a trace records it."""

    @property
    def id(self) -> int: ...
    @property
    def offset(self) -> int | None: ...
    @property
    def origin(self) -> int | None: ...


Event = _Recorded


@dataclass(slots=True, eq=False)
class Lifeline:
    """One socket over its time, or an end of which nothing was recorded.

    role: "listener", "accepted", "client", "datagram" or "outside". side: servers stand on the
    left, clients on the right. closed_ns: when it was closed, None when that was not seen. A socket
    of a relay has the side "relay", and faces the end that it talks with: "left" or "right".
    """

    kind: str
    role: str
    side: str = "left"
    local: str = ""
    peer: str = ""
    process: int = 0
    socket: int = 0
    number: int = 0
    first_ns: int = 0
    last_ns: int = 0
    closed_ns: int | None = None
    steps: "list[Step]" = field(default_factory=list)
    partner: "Lifeline | None" = None
    listener: "Lifeline | None" = None
    accept: "Step | None" = None  # the step of the listener that made it
    tag: int = 0  # the number of its conversation
    folded: bool = False  # not drawn: others like it are
    relay: "Relay | None" = None
    faces: str = ""

    @property
    def outside(self) -> bool:
        """Say whether this end is not in the trace."""
        return self.role == "outside"


@dataclass(slots=True, eq=False)
class Relay:
    """A relay: a lane between the two sides, whose edges are its sockets."""

    lines: list[Lifeline]
    kind: str
    local: str = ""  # where its clients reach it


@dataclass(slots=True, eq=False)
class Step:
    """One call on a lifeline, or a run of equal calls that is drawn as one.

    way: "out" when it moves bytes out, "in", or "". at_ns: the moment of its row: when bytes leave,
    when they have come. sign: "" or "end" (the peer's FIN was read), "half-close", "fin", "close",
    "reset", "refused", "timeout", "failed", "waiting". tag: the number of the conversation. count:
    how many calls; names: which, when a cycle of several is folded.
    """

    line: Lifeline
    event: Event
    name: str
    call: str
    way: str
    phase: str
    size: int
    start_ns: int
    end_ns: int | None
    at_ns: int
    offset: int | None
    sign: str
    tag: int = 0
    count: int = 1
    names: tuple[str, ...] = ()
    out: int = 0  # bytes, of a run
    into: int = 0
    last: Event | None = None  # the last event of a run
    part_of: "Step | None" = None  # the run that it is folded into
    hidden: bool = False
    made: Lifeline | None = None  # the connection that this accept made
    partial: bool = False  # its bytes were cut otherwise at the other end
    joined: "Step | None" = None  # drawn in the row of this one: they are of one moment
    verdict: str = ""  # of a relay; of a run: how many of each

    @property
    def left_out(self) -> bool:
        """Say whether it is in the middle that was left out."""
        return self.hidden and self.call != "accepted"

    @property
    def moved(self) -> bool:
        """Say whether it is a call that moved bytes."""
        return self.way != "" and self.phase == "completed"

    @property
    def waited_ns(self) -> int:
        """How long it waited; 0 for a call that took a moment."""
        if self.end_ns is None or self.count > 1:
            return 0
        took = self.end_ns - self.start_ns
        return took if took >= _WAITED_NS else 0


@dataclass(slots=True, eq=False)
class Link:
    """What went from one lifeline to another.

    kind: "data", "datagram", "fin", "reset" or "handshake", and "passage" for what goes through a
    relay. source, target: the steps, None where no call was seen. fate: "read", "unread" (TCP: no
    call took it), "lost" (UDP: never received), "unseen" (the other end is not in the trace); of a
    passage "read", or "lost" when it did not go on. first: the position of its first byte in the
    stream. whole: whether it is all that the sender's call sent and all that the reader's got.
    copy: 0, or which one of several that went out. short: how many bytes of a chunk did not go on.
    """

    kind: str
    begin: Lifeline
    end: Lifeline
    source: Step | None
    target: Step | None
    fate: str = "read"
    first: int = 0
    size: int = 0
    preview: bytes = b""
    whole: bool = True
    count: int = 1
    copy: int = 0
    short: int = 0


@dataclass(slots=True, eq=False)
class Conversation:
    """Two ends that talked: a TCP connection, or two UDP sockets.

    via: the sockets of a relay that carry this conversation alone.
    """

    number: int
    left: Lifeline
    right: Lifeline
    kind: str
    alike: int = 1  # how many conversations it stands for; 0: another one stands for it
    via: "list[Lifeline]" = field(default_factory=list)

    @property
    def first_ns(self) -> int:
        """When it began."""
        both = (self.left, self.right)
        ends = [line.first_ns for line in both if not line.outside] or [both[1].first_ns]
        return max(ends) if self.kind == "tcp" else min(ends)

    @property
    def folded(self) -> bool:
        """Say whether another one stands for it."""
        return self.left.folded or self.right.folded


@dataclass(slots=True, eq=False)
class Model:
    """All that the picture shows.

    begin_ns: time 0. events: how many were given. gap: what was left out in the middle, by name,
    and the step before which it was. notes: sentences below the picture. threads: their numbers.
    """

    lines: list[Lifeline]
    conversations: list[Conversation]
    steps: list[Step]
    links: list[Link]
    begin_ns: int
    end_ns: int
    events: int
    dropped: int = 0
    gap: "dict[str, int]" = field(default_factory=dict)
    gap_before: Step | None = None
    notes: list[str] = field(default_factory=list)
    threads: dict[int, int] = field(default_factory=dict)
    processes: list[int] = field(default_factory=list)
    relays: list[Relay] = field(default_factory=list)


def leftwards(link: Link) -> bool:
    """Say whether it goes to the left."""
    if link.begin.side == "relay":
        if link.kind == "passage":
            return link.begin.faces == "right"
        return link.begin.faces == "left"
    return link.begin.side == "right"


def step_of(line: Lifeline, event: Event) -> Step:
    """Read what the ladder needs of an event, once."""
    call, phase = event.call, event.phase
    start, end = event.start_ns, event.end_ns
    way = "out" if call in _OUT else "in" if call in _IN else ""
    size = event.size or 0
    # A reader has its bytes at the end of the call. Others act at its beginning, unless they wait.
    if end is None or phase == "started":
        end, at = None, start
    elif (
        call in {"accept4", "accept", "accepted"}
        or way == "in"
        or "PEEK" in call
        or (way == "out" and (end - start >= _WAITED_NS))
    ):
        at = end
    else:
        at = start
    return Step(
        line=line,
        event=event,
        name=event.step,
        call=call,
        way=way,
        phase=phase,
        size=size,
        start_ns=start,
        end_ns=end,
        at_ns=at,
        offset=event.offset if way and line.kind == "tcp" else None,
        sign=_sign(event, way),
        verdict=event.verdict or "",
    )


def _sign(event: Event, way: str) -> str:
    """Tell which sign a step is drawn with, from its result."""
    if event.phase == "started":
        return "waiting"
    if event.phase == "failed":
        number = event.errno
        if number in {errno.ECONNRESET, errno.ECONNABORTED}:
            return "reset"
        if number == errno.ECONNREFUSED:
            return "refused"
        return "timeout" if number == errno.ETIMEDOUT else "failed"
    if event.call == "shutdown":
        return "half-close"
    if event.call == "close":
        return "close"
    if way == "in" and event.kind == "tcp" and not event.size and event.asked != 0:
        return "end"
    return ""


def ends_of(line: Lifeline, events: "Iterable[Event]") -> None:
    """Note both addresses of a socket, as far as its events know them."""
    for event in events:
        local, peer = event.local, event.peer
        if local is not None:
            line.local = plain_address(local)
        if peer is not None and line.kind == "tcp":
            line.peer = plain_address(peer)
        if line.local and line.peer and event.before not in {"created", "bound"}:
            return
