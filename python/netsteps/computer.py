"""This computer's own addresses and connections, and what a port answers.

What the lectures read from ipconfig and netstat, as Python objects. psutil asks the system; it is
imported inside the functions, because it takes longer to load than the whole of netsteps.
"""

from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Literal

from netsteps._core import Endpoint, Socket, resolve
from netsteps.errors import Refused, TimedOut, Unreachable
from netsteps.queues import Queues
from netsteps.show.listing import Table

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing

__all__ = [
    "Address",
    "Connection",
    "Connections",
    "Interface",
    "PortStatus",
    "connections",
    "interfaces",
    "port_status",
]


@dataclass(frozen=True, slots=True)
class Address:
    """One IP address of an interface.

    ip: the address as text, with its zone (fe80::1%eth0) where it has one. prefix: how many of its
    leading bits name the network (24 for the netmask 255.255.255.0), or None where the system does
    not say. family: "ipv4" or "ipv6".
    """

    ip: str
    prefix: int | None
    family: str

    def __str__(self) -> str:
        return self.ip if self.prefix is None else f"{self.ip}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface: one way of this computer into a network.

    name: the system's name for it. up: whether it is switched on. mtu: the largest packet it
    carries, in bytes. mac: its hardware address, or None (the loopback has none). addresses: its IP
    addresses. speed: in megabits per second, or None where the system does not say.
    """

    name: str
    up: bool
    mtu: int | None
    mac: str | None
    addresses: tuple[Address, ...]
    speed: int | None


@dataclass(frozen=True, slots=True)
class Connection:
    """A socket of this computer, as netstat lists it.

    kind: "tcp" or "udp". local: our endpoint. peer: the other end, or None while there is none.
    state: the TCP state as netstat writes it (LISTEN, ESTABLISHED, TIME_WAIT, ..., RFC 9293), empty
    for UDP, which has none. pid and program: the process that holds the socket, or None where the
    system does not say.

    recv_q: bytes that came and were not read; of a listener, how many connections wait to be
    accepted; of a UDP socket, the memory that its datagrams take. send_q: bytes that the peer has
    not acknowledged. Both are None where the system does not say (Linux does).
    """

    kind: str
    local: Endpoint
    peer: Endpoint | None
    state: str
    pid: int | None
    program: str | None
    recv_q: int | None = None
    send_q: int | None = None


class Connections(Table[Connection]):
    """The sockets of this computer as a table, which can be drawn, too."""

    __slots__ = ()

    def drawing(
        self,
        *,
        kind: Literal["tcp", "udp"] | None = None,
        port: int | None = None,
        theme: str = "light",
    ) -> "Drawing":
        """Draw which socket here belongs to which one there.

        Both ends of a connection on this computer are joined by a line, the connections of a
        listener stand below it, and sockets whose peer is elsewhere point out. kind: "tcp" or "udp"
        alone. port: the sockets that have it, at either end. theme: "light" or "dark". More than
        about 60 sockets are folded, with a count.

        Returns a Drawing: print() it, or save(path). Raises ValueError for another kind or theme.
        """
        from netsteps.show.netstat import netstat

        if kind not in {None, "tcp", "udp"}:
            message = f'kind={kind!r} is no kind of socket; there are "tcp" and "udp"'
            raise ValueError(message)
        wanted = [
            row
            for row in self
            if kind in {None, row.kind}
            and port in {None, row.local.port, None if row.peer is None else row.peer.port}
        ]
        return netstat(wanted, theme=theme)


@dataclass(frozen=True, slots=True)
class PortStatus:
    """What came back from a port.

    endpoint: the address that was asked. kind: "tcp" or "udp". status: "open", "refused", "silent"
    or "unreachable". seconds: the time from the question to the answer, or None when none came.
    explanation: what this tells, and what it does not.
    """

    endpoint: Endpoint
    kind: str
    status: str
    seconds: float | None
    explanation: str

    def __str__(self) -> str:
        took = "" if self.seconds is None else f" after {self.seconds * 1000:.2f} ms"
        return f"{self.kind} {self.endpoint}: {self.status}{took}. {self.explanation}"


def interfaces() -> Table[Interface]:
    """List the network interfaces of this computer and their addresses.

    What ipconfig (Windows), ifconfig and `ip address` (Linux) show; getifaddrs(3). A computer has
    one IP address or more for each interface it uses (third lecture, "Network Interface").

    Returns a list of Interface which shows itself as a table. Raises OSError when the system
    refuses to answer.
    """
    import socket

    import psutil

    families = {socket.AF_INET: "ipv4", socket.AF_INET6: "ipv6"}
    stats = psutil.net_if_stats()
    found = psutil.net_if_addrs()
    result = []
    for name in [*found, *(name for name in stats if name not in found)]:
        of_name = found.get(name, [])
        addresses = tuple(
            Address(entry.address, _prefix(entry.netmask), families[entry.family])
            for entry in of_name
            if entry.family in families
        )
        hardware = [entry.address for entry in of_name if entry.family == psutil.AF_LINK]
        stat = stats.get(name)
        result.append(
            Interface(
                name=name,
                up=stat is not None and stat.isup,
                mtu=(stat.mtu or None) if stat else None,
                mac=_mac(hardware[0]) if hardware else None,
                addresses=addresses,
                speed=(stat.speed or None) if stat else None,
            )
        )
    return Table(
        result,
        columns={
            "name": "name",
            "up": "up",
            "addresses": "addresses",
            "mac": "mac",
            "mtu": "mtu",
            "Mbit/s": "speed",
        },
        caption="Network interfaces of this computer",
    )


def _prefix(netmask: str | None) -> int | None:
    """Count the bits of a netmask: 24 for 255.255.255.0, 64 for ffff:ffff:ffff:ffff::."""
    import ipaddress

    if not netmask:
        return None
    return int(ipaddress.ip_address(netmask)).bit_count()


def _mac(address: str) -> str | None:
    """Write a hardware address in one way; zeros are the loopback's way to say that it has none."""
    plain = address.lower().replace("-", ":")
    return plain if plain.strip("0:") else None


def connections() -> Connections:
    """List the TCP and UDP sockets of this computer, listening ones first.

    What `netstat -na` shows (third lecture, "Port"; fourth lecture), Recv-Q and Send-Q included
    (Linux). Without the rights of an administrator some systems hide the process of a foreign
    socket (pid and program are None then), and macOS shows this process's own sockets alone; the
    list's `note` says so.

    Returns a list of Connection which shows itself as a table, and whose `drawing()` shows which
    sockets belong together. Raises OSError when the system refuses to answer.
    """
    import socket

    import psutil

    note = None
    try:
        found: list[Any] = list(psutil.net_connections(kind="inet"))
    except psutil.AccessDenied:
        found = list(psutil.Process().net_connections(kind="inet"))
        note = (
            "the system shows only the sockets of this process; "
            "an administrator sees those of the others"
        )

    queues = Queues()
    own = psutil.Process().pid
    names: dict[int | None, str | None] = {None: None}
    result = []
    for entry in found:
        if not entry.laddr:
            continue  # created and not bound: it has no port yet
        # The connections of one process do not repeat whose they are.
        pid = getattr(entry, "pid", own)
        if pid not in names:
            names[pid] = _program(pid)
        kind = "tcp" if entry.type == socket.SOCK_STREAM else "udp"
        local = _endpoint(entry.laddr)
        peer = _endpoint(entry.raddr) if entry.raddr else None
        recv_q, send_q = queues.of(kind, local, peer, pid)
        result.append(
            Connection(
                kind=kind,
                local=local,
                peer=peer,
                state="" if entry.status == psutil.CONN_NONE else entry.status,
                pid=pid,
                program=names[pid],
                recv_q=recv_q,
                send_q=send_q,
            )
        )
    if note is None and any(row.pid is None and row.state in {"LISTEN", ""} for row in result):
        note = (
            "a socket without a pid belongs to a process that the system hides from this user "
            "(another user's, or one outside of this container), or to the system itself"
        )
    if not queues.told:
        more = "this system does not tell Recv-Q and Send-Q"
        note = more if note is None else f"{note}; {more}"
    result.sort(key=lambda row: (row.kind, row.state != "LISTEN", row.local.port, row.local.ip))
    return Connections(
        result,
        columns={
            "kind": "kind",
            "Recv-Q": "recv_q",
            "Send-Q": "send_q",
            "local": "local",
            "peer": "peer",
            "state": "state",
            "pid": "pid",
            "program": "program",
        },
        caption="TCP and UDP sockets of this computer",
        note=note,
    )


def _endpoint(address: Any) -> Endpoint:  # noqa: ANN401 - psutil's stubs leave this type out
    """Make an endpoint of psutil's address, without the zone that some systems write after it."""
    return Endpoint(address.ip.partition("%")[0], address.port)


def _program(pid: int) -> str | None:
    import psutil

    try:
        return psutil.Process(pid).name()
    except psutil.Error:  # it has ended, or the system hides it
        return None


def port_status(
    host: str, port: int | str, *, kind: Literal["tcp", "udp"] = "tcp", timeout: float = 1.0
) -> PortStatus:
    """Ask a port whether a program serves it: "open", "refused", "silent" or "unreachable".

    For TCP it connects and closes (connect(2)). For UDP it sends one empty datagram from a
    connected socket and waits for an answer or for the ICMP message "port unreachable" (udp(7),
    RFC 1122, section 4.1.3.3); silence is then no proof that the port is closed.

    host: a name or an address. port: a number or a service name. kind: "tcp" or "udp". timeout:
    seconds for the whole question, the lookup of the name included. When the name has several
    addresses they are asked in order, each for an equal share of the time that is left, up to the
    first that is open; when none is, the answer of the first one counts.

    Returns a PortStatus. Raises NameNotFound when the name has no address, TimedOut when its lookup
    takes longer than the timeout, BadHost or BadPort for what is no host or port, and the error of
    the system for anything that is not an answer, for example NoPermission.
    """
    deadline = monotonic() + timeout
    endpoints = resolve(host, port, kind=kind, timeout=timeout)
    answers: list[PortStatus] = []
    for asked, endpoint in enumerate(endpoints):
        share = max(deadline - monotonic(), 0.0) / (len(endpoints) - asked)
        answers.append(_ask(endpoint, kind, share))
        if answers[-1].status == "open":
            return answers[-1]
    return answers[0]


def _ask(endpoint: Endpoint, kind: Literal["tcp", "udp"], timeout: float) -> PortStatus:
    """Ask one address."""
    seconds = None
    with Socket(kind, endpoint.family) as socket:
        begin = perf_counter()
        try:
            socket.connect(endpoint, timeout=timeout)
            if kind == "udp":
                socket.send(b"")
                socket.receive_from(timeout=timeout)
            status = "open"
        except Refused:
            status = "refused"
        except Unreachable:
            status = "unreachable"
        except TimedOut:
            status = "silent"
        if status != "silent":
            seconds = perf_counter() - begin
    return PortStatus(endpoint, kind, status, seconds, _EXPLANATIONS[kind, status])


_EXPLANATIONS = {
    (
        "tcp",
        "open",
    ): "A program listens there, and the handshake was completed (SYN, SYN-ACK, ACK).",
    ("tcp", "refused"): (
        "The computer is there and answered with a reset (RST): no program listens on this port, "
        "or a firewall says so."
    ),
    ("tcp", "silent"): (
        "Nothing came back in time: a firewall drops the question, the computer is off or far "
        "away, or the program's queue of waiting connections is full."
    ),
    ("tcp", "unreachable"): (
        "This computer or a router on the way knows no path to the address (ICMP)."
    ),
    ("udp", "open"): "A program answered the empty datagram.",
    ("udp", "refused"): (
        "The computer is there and answered 'port unreachable' (ICMP): no program has this port."
    ),
    ("udp", "silent"): (
        "Nothing came back in time. For UDP this does not mean closed: a program that has nothing "
        "to say to an empty datagram is silent too, and so is a firewall."
    ),
    ("udp", "unreachable"): (
        "This computer or a router on the way knows no path to the address (ICMP)."
    ),
}
