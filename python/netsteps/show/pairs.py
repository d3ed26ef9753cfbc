"""Which socket of this computer belongs to which: both ends of connections, and their listeners."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Group", "Link", "Sock", "folded", "grouped"]

# Sockets that a picture shows; more are folded.
_MOST = 60
_FEW = 4  # closed connections that the kernel only remembers

_ANYWHERE = {"0.0.0.0", "::"}

Place = tuple[str, int]


class EndpointLike(Protocol):
    """An address and a port, written as both by str() (netsteps.Endpoint)."""

    @property
    def ip(self) -> str: ...
    @property
    def port(self) -> int: ...


class RowLike(Protocol):
    """What is drawn of a socket (netsteps.Connection)."""

    @property
    def kind(self) -> str: ...
    @property
    def local(self) -> EndpointLike: ...
    @property
    def peer(self) -> EndpointLike | None: ...
    @property
    def state(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def program(self) -> str | None: ...
    @property
    def recv_q(self) -> int | None: ...
    @property
    def send_q(self) -> int | None: ...


@dataclass(slots=True)
class Sock:
    """A socket, with every process that has a descriptor of it (a fork shares them).

    waits: nobody has accepted it yet.
    """

    row: RowLike
    pids: list[int] = field(default_factory=list)
    waits: bool = False

    @property
    def owner(self) -> str:
        """Who has it: "python3 (4711)"."""
        if self.waits:
            return "not accepted yet"
        if not self.pids:
            closed = self.row.state in {"TIME_WAIT", "CLOSING", "LAST_ACK", "FIN_WAIT2"}
            return "no program any more" if closed else "a program that is not told"
        more = f" and {len(self.pids) - 2} more" if len(self.pids) > 2 else ""
        return f"{self.row.program or '?'} ({', '.join(map(str, self.pids[:2]))}{more})"

    @property
    def queues(self) -> str:
        """Its queues in words, or "" where they are not told."""
        if self.row.recv_q is None:
            return ""
        if self.row.state == "LISTEN":
            return f"accept queue {self.row.recv_q:,}"
        return f"Recv-Q {self.row.recv_q:,}  Send-Q {self.row.send_q or 0:,}"

    @property
    def waiting(self) -> int:
        """How much is in its queues."""
        return (self.row.recv_q or 0) + (self.row.send_q or 0)


@dataclass(slots=True)
class Link:
    """A connection: its ends on this computer, and the other's address when only one is here.

    client, server: who asked and who was asked, as far as that can be told; None when that end is
    not here. elsewhere: the address of that end, in words.
    """

    client: Sock | None
    server: Sock | None
    elsewhere: str = ""

    @property
    def states(self) -> tuple[str, str]:
        """The states of the client's end and of the server's."""
        return tuple(end.row.state if end else "" for end in (self.client, self.server))  # type: ignore[return-value] # two

    @property
    def sockets(self) -> int:
        """How many of its ends are here."""
        return (self.client is not None) + (self.server is not None)

    @property
    def waiting(self) -> int:
        """How much is in the queues of its ends."""
        return sum(end.waiting for end in (self.client, self.server) if end)


@dataclass(slots=True)
class Group:
    """A listener with its connections, or what has no listener here.

    listener: it, or None. title: what the group is, without a listener. links: its connections.
    alone: sockets without a connection. more: what was folded, in words. closed: it is of the past.
    """

    listener: Sock | None
    title: str
    links: list[Link] = field(default_factory=list)
    alone: list[Sock] = field(default_factory=list)
    more: str = ""
    closed: bool = False

    @property
    def sockets(self) -> int:
        """How many sockets it has."""
        links = sum(link.sockets for link in self.links)
        return (self.listener is not None) + links + len(self.alone)


def grouped(rows: "Iterable[RowLike]") -> list[Group]:
    """Put together what belongs together: listeners with connections first, lone sockets last."""
    socks = _merged(rows)
    # A UDP socket without a peer takes from anybody, as a listener does.
    listeners = [sock for sock in socks if sock.row.state == "LISTEN" or sock.row.peer is None]
    by_port: dict[tuple[str, int], list[Sock]] = {}
    for sock in listeners:
        by_port.setdefault((sock.row.kind, sock.row.local.port), []).append(sock)
    here = {_place(sock.row.local)[0] for sock in socks} - _ANYWHERE
    of_listener = {id(sock): Group(sock, "") for sock in listeners}
    other = Group(None, "Connections whose listener is gone")
    out = Group(None, "Connections to elsewhere")
    closed = Group(
        None, "Closed connections, which the kernel remembers for a minute (TIME_WAIT)", closed=True
    )
    connected = [sock for sock in socks if sock.row.peer is not None]
    by_ends = {_ends(sock.row): sock for sock in connected}
    done: set[int] = set()
    for sock in connected:
        if id(sock) in done:
            continue
        kind, local, peer = _ends(sock.row)
        mate = by_ends.get((kind, peer, local))
        mate = None if mate is sock else mate
        done |= {id(sock), id(mate)}
        own = _listener(local, by_port.get((kind, local[1]), ()))
        far = None
        if mate or peer[0] in here:
            far = _listener(peer, by_port.get((kind, peer[1]), ()))
        if mate is not None:
            # Where neither tells, the well-known port is the lower one.
            alike = (own is None) == (far is None)
            first = local[1] <= peer[1] if alike else own is not None
            server, client = (sock, mate) if first else (mate, sock)
            listener = own if first else far
            server.waits = _not_accepted(server, listener)
            group = other if listener is None else of_listener[id(listener)]
            group.links.append(Link(client, server))
        elif sock.row.state == "TIME_WAIT":
            link = _half(sock, own is not None)
            (closed if own is None else of_listener[id(own)]).links.append(link)
        elif own is not None:
            sock.waits = _not_accepted(sock, own)
            of_listener[id(own)].links.append(_half(sock, True))
        elif far is not None and local != peer:
            asked = sock.row.state == "SYN_SENT"
            where = "not answered yet" if asked else "has no connection to it"
            where = "the socket above" if kind == "udp" else where
            of_listener[id(far)].links.append(Link(sock, None, where))
        else:
            out.links.append(_half(sock, False))
    busy = [group for group in of_listener.values() if group.links]
    idle = [sock for sock in listeners if not of_listener[id(sock)].links]
    lone = [sock for sock in idle if sock.row.state != "LISTEN"]
    idle = [sock for sock in idle if sock.row.state == "LISTEN"]
    groups = [
        *busy, other, out, closed,
        Group(None, "Listeners without a connection", alone=idle),
        Group(None, "UDP sockets, to which anybody may send", alone=lone),
    ]  # fmt: skip
    return [group for group in groups if group.sockets]


def _not_accepted(sock: Sock, listener: Sock | None) -> bool:
    """Say whether nobody has the socket because nobody has accepted it."""
    return (
        not sock.pids
        and sock.row.state in {"ESTABLISHED", "CLOSE_WAIT"}
        and listener is not None
        and bool(listener.pids)
        and bool(listener.row.recv_q)
    )


def _merged(rows: "Iterable[RowLike]") -> list[Sock]:
    """Make one of the rows of a socket that several processes have."""
    found: dict[tuple[object, ...], Sock] = {}
    for row in rows:
        key = (row.kind, str(row.local), str(row.peer), row.state)
        sock = found.setdefault(key, Sock(row))
        if row.pid is not None and row.pid not in sock.pids:
            sock.pids.append(row.pid)
    return list(found.values())


def _place(endpoint: EndpointLike) -> Place:
    """Give an address in one way: a socket of IPv6 has IPv4 peers as ::ffff:127.0.0.1."""
    return endpoint.ip.lower().removeprefix("::ffff:"), endpoint.port


def _ends(row: RowLike) -> tuple[str, Place, Place]:
    local = _place(row.local)
    return row.kind, local, local if row.peer is None else _place(row.peer)


def _listener(place: Place, fitting: "Sequence[Sock]") -> Sock | None:
    """Find the one that takes what goes to this place: that of the very address before any.

    fitting: those of the same port.
    """
    ip = place[0]
    exact = [other for other in fitting if _place(other.row.local)[0] == ip]
    any_ = [
        other for other in fitting
        if other.row.local.ip == "::" or (other.row.local.ip in _ANYWHERE and ":" not in ip)
    ]  # fmt: skip
    return next(iter([*exact, *any_]), None)


def _half(sock: Sock, is_server: bool) -> Link:
    """Make a connection of which one end is here."""
    peer = sock.row.peer
    itself = _ends(sock.row)[1] == _ends(sock.row)[2]
    here = getattr(peer, "scope", "") == "loopback" or (
        peer is not None and _place(peer)[0] == _place(sock.row.local)[0]
    )
    where = "itself" if itself else f"{peer}, which is gone" if here else str(peer)
    return Link(None, sock, where) if is_server else Link(sock, None, where)


def folded(groups: "Sequence[Group]") -> tuple[list[Group], str]:
    """Leave out so many connections that the rest can be read, and say how many: (groups, words).

    What has bytes or connections in its queues stays before what has none.
    """
    cut: list[Group] = []
    for limit in [1000, 24, 16, 12, 8, 6, 4, 3, 2, 1]:
        cut = [_cut(group, min(limit, _FEW) if group.closed else limit) for group in groups]
        if sum(group.sockets for group in cut) <= _MOST:
            return cut, ""
    kept: list[Group] = []
    room = _MOST
    for group in sorted(cut, key=lambda group: -sum(link.waiting for link in group.links)):
        room -= group.sockets
        if room < 0:
            break
        kept.append(group)
    left = [groups[at] for at, group in enumerate(cut) if not any(group is one for one in kept)]
    sockets = sum(group.sockets for group in left)
    words = f"not drawn: {len(left):,} more groups of {sockets:,} sockets (port=... shows one)"
    return [group for group in cut if any(group is one for one in kept)], words


def _cut(group: Group, limit: int) -> Group:
    """Keep so many of a group; what was folded before is folded into the same words."""
    if len(group.links) <= limit and len(group.alone) <= 2 * limit:
        return group
    links = sorted(group.links, key=lambda link: -link.waiting)
    alone = sorted(group.alone, key=lambda sock: -sock.waiting)
    kept = {id(item) for item in [*links[:limit], *alone[: 2 * limit]]}
    rest = Counter(
        " and ".join(dict.fromkeys(filter(None, link.states))) or "connected"
        for link in links[limit:]
    )
    said = [f"{count:,} {states}" for states, count in rest.most_common(4)]
    more = len(links) + len(alone) - len(kept)
    return Group(
        group.listener, group.title,
        [link for link in group.links if id(link) in kept],
        [sock for sock in group.alone if id(sock) in kept],
        f"and {more:,} more{': ' if said else ''}{', '.join(said)}",
    )  # fmt: skip
