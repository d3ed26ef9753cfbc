"""Sockets, step by step.

netsteps teaches sockets in the words of the lecture, shows every step as it really happened, and
is the real thing: kernel sockets, driven by a Rust core.

    import netsteps as ns

    server = ns.Socket("tcp")
    server.bind("127.0.0.1", 0)
    server.listen()

    client = ns.Socket("tcp")
    client.connect(server.local)
    client.write(b"hello")

    connection = server.accept()
    connection.read()
    connection.steps
"""

from netsteps._core import (
    AcceptQueue,
    Buffers,
    Burst,
    Capture,
    CapturedPacket,
    Datagram,
    Endpoint,
    Event,
    Field,
    FragmentPiece,
    Joined,
    Layer,
    Message,
    MessageClient,
    Options,
    Packet,
    Part,
    Partition,
    Passage,
    Reassembled,
    Relay,
    RelayCounts,
    RelayReport,
    Report,
    Rules,
    Sample,
    Service,
    Socket,
    StepLine,
    TcpInfo,
    TcpReceiver,
    TcpSender,
    TcpServer,
    Trace,
    UdpReceiver,
    UdpSender,
    UdpServer,
    __version__,
    fragment,
    join,
    merge,
    read_packets,
    reassemble,
    resolve,
    services,
    split,
    write_packets,
)
from netsteps.errors import (
    AddressInUse,
    AddressNotLocal,
    BadArgument,
    BadHost,
    BadPacket,
    BadPayload,
    BadPort,
    BadType,
    BrokenPipe,
    DatagramCut,
    DatagramTooLarge,
    Forked,
    Interrupted,
    MessageTooLarge,
    NameNotFound,
    NoPermission,
    NotWritable,
    Refused,
    Reset,
    SocketClosed,
    SocketError,
    StepError,
    SystemFailure,
    TimedOut,
    TooManyFiles,
    TooSlow,
    UnexpectedEnd,
    Unreachable,
)

# As typing's own constant, whose module would cost more time to load than all of netsteps.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from netsteps import peers as peers
    from netsteps.computer import (
        Address,
        Connection,
        Connections,
        Interface,
        PortStatus,
        connections,
        interfaces,
        port_status,
    )
    from netsteps.reliable import ReliableMessage, ReliableUdpReceiver, ReliableUdpSender
    from netsteps.watching import watch

_COMPUTER = {
    "Address",
    "Connection",
    "Connections",
    "Interface",
    "PortStatus",
    "connections",
    "interfaces",
    "port_status",
}
_RELIABLE = {"ReliableMessage", "ReliableUdpReceiver", "ReliableUdpSender"}

__all__ = [
    "AcceptQueue",
    "Address",
    "AddressInUse",
    "AddressNotLocal",
    "BadArgument",
    "BadHost",
    "BadPacket",
    "BadPayload",
    "BadPort",
    "BadType",
    "BrokenPipe",
    "Buffers",
    "Burst",
    "Capture",
    "CapturedPacket",
    "Connection",
    "Connections",
    "Datagram",
    "DatagramCut",
    "DatagramTooLarge",
    "Endpoint",
    "Event",
    "Field",
    "Forked",
    "FragmentPiece",
    "Interface",
    "Interrupted",
    "Joined",
    "Layer",
    "Message",
    "MessageClient",
    "MessageTooLarge",
    "NameNotFound",
    "NoPermission",
    "NotWritable",
    "Options",
    "Packet",
    "Part",
    "Partition",
    "Passage",
    "PortStatus",
    "Reassembled",
    "Refused",
    "Relay",
    "RelayCounts",
    "RelayReport",
    "ReliableMessage",
    "ReliableUdpReceiver",
    "ReliableUdpSender",
    "Report",
    "Reset",
    "Rules",
    "Sample",
    "Service",
    "Socket",
    "SocketClosed",
    "SocketError",
    "StepError",
    "StepLine",
    "SystemFailure",
    "TcpInfo",
    "TcpReceiver",
    "TcpSender",
    "TcpServer",
    "TimedOut",
    "TooManyFiles",
    "TooSlow",
    "Trace",
    "UdpReceiver",
    "UdpSender",
    "UdpServer",
    "UnexpectedEnd",
    "Unreachable",
    "__version__",
    "connections",
    "fragment",
    "interfaces",
    "join",
    "merge",
    "port_status",
    "read_packets",
    "reassemble",
    "resolve",
    "services",
    "split",
    "watch",
    "write_packets",
]


def __getattr__(name: str) -> object:
    """Load what few programs need when it is first used: its imports cost more than the core."""
    if name in _COMPUTER:
        from netsteps import computer

        return getattr(computer, name)
    if name == "watch":
        from netsteps.watching import watch

        return watch
    if name == "peers":
        from importlib import import_module

        return import_module("netsteps.peers")
    if name in _RELIABLE:
        from netsteps import reliable

        return getattr(reliable, name)
    raise AttributeError(f"module 'netsteps' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
