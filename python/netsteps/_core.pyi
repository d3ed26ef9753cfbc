"""
The Rust core of netsteps. Its public names are those of `netsteps`.
"""

from _typeshed import ReadableBuffer, WriteableBuffer
from collections.abc import Callable, Iterable, Iterator
from netsteps.show.drawing import Drawing
from netsteps.show.listing import Table
from netsteps.show.split import Fragments, Parts
from os import PathLike
from pathlib import Path
from typing import Any, Literal, SupportsFloat, SupportsIndex, final
from typing_extensions import disjoint_base

@final
class AcceptQueue:
    """
    The queue of a listener: connections that the kernel has completed, and that nobody has accepted.

    length: how many there are. limit: the backlog of listen, or the system's limit (net.core.somaxconn) where that is less; Linux
    takes one more than it. System call: getsockopt(2) with TCP_INFO. Source: listen(2), lecture 4.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def _repr_mimebundle_(self, /, include: "object" = None, exclude: "object" = None) -> dict[str, str]: ...
    def drawing(self, /, *, theme: str = "light") -> Drawing:
        """
        The picture, as a Drawing: print() it, or save(path) as .svg, .html or .txt. theme: "light" or "dark".
        """
    @property
    def length(self, /) -> int:
        """
        How many connections wait to be accepted.
        """
    @property
    def limit(self, /) -> int:
        """
        How many may wait.
        """

@final
class Buffers:
    """
    The bytes that the kernel holds for a socket, at the moment of asking. In a notebook it is a picture, print() writes it as text.

    Sizes are in bytes; what this kind of socket does not have, or this system does not tell, is None. The capacities are limits of
    memory: setting socket.options.receive_buffer to n gives 2n, because the kernel counts its bookkeeping for each packet as well
    (socket(7)), and a buffer is full before it holds as many bytes of payload. What an interrupted read_exactly keeps for the next
    read has left the kernel, and is not counted.
    System calls: ioctl(2) with SIOCINQ and SIOCOUTQ (tcp(7)), getsockopt(2) with SO_MEMINFO. Source: lecture 4, "input buffer" and
    "output buffer".
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def _repr_mimebundle_(self, /, include: "object" = None, exclude: "object" = None) -> dict[str, str]: ...
    def drawing(self, /, *, theme: str = "light") -> Drawing:
        """
        The picture, as a Drawing: print() it, or save(path) as .svg, .html or .txt. theme: "light" or "dark".
        """
    @property
    def drops(self, /) -> int | None:
        """
        Packets that were thrown away because there was no room for them.
        """
    @property
    def next_datagram(self, /) -> int | None:
        """
        UDP: the size of the next datagram that waits, all that the kernel tells; 0 also when none does. None for TCP.
        """
    @property
    def receive_capacity(self, /) -> int:
        """
        The limit of the memory for what comes (SO_RCVBUF as the kernel holds it).
        """
    @property
    def receive_memory(self, /) -> int | None:
        """
        The memory that is taken by what came, bookkeeping included.
        """
    @property
    def send_capacity(self, /) -> int:
        """
        The limit of the memory for what goes (SO_SNDBUF as the kernel holds it).
        """
    @property
    def send_memory(self, /) -> int | None:
        """
        The memory that is taken by what goes, bookkeeping included.
        """
    @property
    def unacknowledged(self, /) -> int | None:
        """
        TCP: bytes written and not acknowledged by the peer's kernel, sent or not. A FIN under way counts as one. None for UDP.
        """
    @property
    def unread(self, /) -> int | None:
        """
        TCP: bytes that came, were acknowledged to the peer, and wait to be read. None for UDP.
        """
    @property
    def unsent(self, /) -> int | None:
        """
        TCP: the part of the unacknowledged that was not even sent yet. None for UDP.
        """

@final
class Burst:
    """
    Losses that come in bursts: a path that is good or bad for a while (the model of Gilbert and Elliott).

    Before each packet a good path becomes bad with the probability enter, and a bad one good with leave: a burst is 1 / leave packets
    long on average. A packet is then lost with the probability of the state, loss_good or loss_bad. It begins good. .average is the
    share of packets that it loses in the long run. Raises BadArgument (a ValueError) for what is no probability.
    Source: E. N. Gilbert, "Capacity of a burst-noise channel", 1960; E. O. Elliott, 1963.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, enter: SupportsFloat | SupportsIndex, leave: SupportsFloat | SupportsIndex, loss_good: SupportsFloat | SupportsIndex = 0.0, loss_bad: SupportsFloat | SupportsIndex = 1.0) -> Burst: ...
    def __repr__(self, /) -> str: ...
    @property
    def average(self, /) -> float:
        """
        The share of packets that it loses in the long run.
        """
    @property
    def enter(self, /) -> float:
        """
        The probability that a good path becomes bad, before each packet.
        """
    @property
    def leave(self, /) -> float:
        """
        The probability that a bad path becomes good.
        """
    @property
    def loss_bad(self, /) -> float:
        """
        The probability of loss while it is bad.
        """
    @property
    def loss_good(self, /) -> float:
        """
        The probability of loss while it is good.
        """

@final
class Capture:
    """
    The packets of a capture file: a sequence of CapturedPacket, in the file's order. A slice is a Capture too.

    Made by read_packets. The bytes stay in one piece of memory; a packet is made when it is asked for. Printed, it is a table of
    the first packets.
    """
    def __getitem__(self, index: Any, /) -> Any: ...
    def __iter__(self, /) -> PacketIterator: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def interfaces(self, /) -> tuple[str | None, ...]:
        """
        The names of the interfaces that packets were captured on, None for one without a name: a tuple.
        """
    @property
    def packets(self, /) -> list[Packet | None]:
        """
        Every packet as a Packet, in a list, read in one go: the quickest way to all of them. None stands for a packet of a link that
        is not known here.
        """
    @property
    def problems(self, /) -> tuple[str, ...]:
        """
        What was wrong with the file, in words: a tuple of str. What the capture itself missed is told here too.
        """
    def table(self, /, *, limit: "int | None" = None) -> Table[CapturedPacket]:
        """
        The packets as a table. limit: the most rows; None is all.
        """

@final
class CapturedPacket:
    """
    One packet of a capture: its bytes, and what the capture tells of it.
    """
    def __bytes__(self, /) -> bytes: ...
    def __repr__(self, /) -> str: ...
    @property
    def comment(self, /) -> str | None:
        """
        Its comment, or None; several are lines of one.
        """
    @property
    def data(self, /) -> bytes:
        """
        The bytes that were captured.
        """
    @property
    def interface(self, /) -> str | None:
        """
        The name of the interface that saw it ("lo"), or None.
        """
    @property
    def length(self, /) -> int:
        """
        How many bytes it had on the wire: more than len(data) where the capture kept only its beginning.
        """
    @property
    def link(self, /) -> str:
        """
        What it begins with: "ethernet", "ip", "sll", "sll2", "null", "loop", or "link type 147" for what is not known here.
        """
    @property
    def number(self, /) -> int:
        """
        Its number in the file, from 1 on, as Wireshark counts.
        """
    @property
    def packet(self, /) -> Packet | None:
        """
        The Packet; None for a link that is not known here. What is broken in it is told by its .problems.
        """
    @property
    def time_ns(self, /) -> int | None:
        """
        When it was seen, in nanoseconds since 1970 (UTC), as time.time_ns; None where the file does not tell.
        """

@final
class Datagram:
    """
    One datagram, as it arrived: data (bytes), sender (Endpoint), and truncated_from: its true length in bytes where the size
    given was too small for it, else None. The rest of a cut datagram is lost, and it says so. Source: recvfrom(2), MSG_TRUNC.
    """
    def __bytes__(self, /) -> bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    @property
    def data(self, /) -> bytes:
        """
        Its bytes, as many as there was room for.
        """
    @property
    def sender(self, /) -> Endpoint:
        """
        Who sent it.
        """
    @property
    def truncated_from(self, /) -> int | None:
        """
        Its true length in bytes where it was cut, else None.
        """

@final
class Endpoint:
    """
    An IP address and a port: where to, and who for.

    Endpoint("127.0.0.1", 80), or Endpoint("127.0.0.1:80"). ip is an address in digits (names: netsteps.resolve), port a number
    from 0 to 65535 or the name of a service. It unpacks like the tuple (ip, port) and is equal to it, and connect, bind and send_to
    take it whole. Raises BadArgument for what is no address, BadPort for what is no port.
    Source: lecture 1 (the envelope: where to, and who for), RFC 6335.
    """
    def __eq__(self, other: object, /) -> Any: ...
    def __ge__(self, other: object, /) -> Any: ...
    def __getitem__(self, index: SupportsIndex, /) -> Any: ...
    def __gt__(self, other: object, /) -> Any: ...
    def __hash__(self, /) -> int: ...
    def __iter__(self, /) -> Iterator[Any]: ...
    def __le__(self, other: object, /) -> Any: ...
    def __len__(self, /) -> int: ...
    def __lt__(self, other: object, /) -> Any: ...
    def __ne__(self, other: object, /) -> Any: ...
    def __new__(cls, /, ip: "str", port: "int | str | None" = None) -> Endpoint: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str, int]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def family(self, /) -> Literal['ipv4', 'ipv6']:
        """
        "ipv4" or "ipv6".
        """
    @property
    def ip(self, /) -> str:
        """
        The IP address as text: "127.0.0.1", "::1", "fe80::1%2".
        """
    @property
    def port(self, /) -> int:
        """
        The port, 0 to 65535.
        """
    @property
    def scope(self, /) -> str:
        """
        How far the address reaches: "loopback", "private", "link-local", "public", "multicast", "broadcast", "any",
        "documentation" or "reserved". Source: lecture 5 (public and local addresses), RFC 6890.
        """
    @property
    def service(self, /) -> str | None:
        """
        The well-known service of the port ("http" for 80), or None. Source: lecture 5, the IANA registry.
        """

@final
class Event:
    """
    One system call of one step, as it happened.
    """
    def __repr__(self, /) -> str: ...
    @property
    def after(self, /) -> str:
        """
        The state after it.
        """
    @property
    def asked(self, /) -> int | None:
        """
        How many bytes were asked for or offered, or None.
        """
    @property
    def before(self, /) -> str:
        """
        The state before the call.
        """
    @property
    def call(self, /) -> str:
        """
        The system call; "recv MSG_PEEK" is a look that leaves the bytes where they are.
        """
    @property
    def end_ns(self, /) -> int | None:
        """
        When it ended, on the same clock; None while it waits.
        """
    @property
    def errno(self, /) -> int | None:
        """
        Its number, or None.
        """
    @property
    def error(self, /) -> str | None:
        """
        The error in words, or None.
        """
    @property
    def id(self, /) -> int:
        """
        A number that no other event of its process has.
        """
    @property
    def kind(self, /) -> Literal['tcp', 'udp']:
        """
        "tcp" or "udp".
        """
    @property
    def line(self, /) -> str | None:
        """
        The line of the program that took the step ("server.py:12") in a Trace(lines=True), or None.
        """
    @property
    def local(self, /) -> Endpoint | None:
        """
        Our Endpoint, where it is known.
        """
    @property
    def number(self, /) -> int:
        """
        Its descriptor, which the system gives again after a close.
        """
    @property
    def offset(self, /) -> int | None:
        """
        Where the first of them stands in the stream of its direction: how many bytes this socket had sent, or read, before. None for
        UDP, and for calls that moved nothing.
        """
    @property
    def origin(self, /) -> int | None:
        """
        For a call of a relay that sends bytes on: the .id of the event that received them, or None. A packet that goes out twice has two
        such events, one that is lost has none.
        """
    @property
    def peer(self, /) -> Endpoint | None:
        """
        The peer's Endpoint, where there is one.
        """
    @property
    def phase(self, /) -> str:
        """
        "started" (it waits still), "completed" or "failed".
        """
    @property
    def preview(self, /) -> bytes:
        """
        The first of them, 32 unless the trace was asked for more: Trace(preview=).
        """
    @property
    def process(self, /) -> int:
        """
        The process that called.
        """
    @property
    def rule(self, /) -> str | None:
        """
        The rule of the relay that gave the verdict ("loss=0.2"), or None.
        """
    @property
    def size(self, /) -> int | None:
        """
        How many bytes came or went, or None.
        """
    @property
    def socket(self, /) -> int:
        """
        The socket: a number that no other socket of its process ever has.
        """
    @property
    def start_ns(self, /) -> int:
        """
        When it began, in nanoseconds of the system's monotonic clock (time.monotonic_ns): one axis for all processes of a machine.
        """
    @property
    def step(self, /) -> str:
        """
        The step, in the words of the API.
        """
    @property
    def thread(self, /) -> int:
        """
        The thread that called (threading.get_native_id).
        """
    @property
    def verdict(self, /) -> str | None:
        """
        What a relay did with these bytes: "passed", "lost", "late" and so on. None for what no relay did. It stands on the call that
        received them, and again on every call that sent them on.
        """

@final
class Field:
    """
    A field of a header: its place to the bit, its value, and what it says. Made by Layer.fields.
    """
    def __repr__(self, /) -> str: ...
    @property
    def bits(self, /) -> int:
        """
        How many bits it has.
        """
    @property
    def meaning(self, /) -> str:
        """
        What it says, in a short sentence, or "".
        """
    @property
    def name(self, /) -> str:
        """
        Its name, as the RFC has it.
        """
    @property
    def problem(self, /) -> str | None:
        """
        What is wrong with it, or None.
        """
    @property
    def start(self, /) -> int:
        """
        Its first bit in the packet's data; bit 0 is the highest of byte 0.
        """
    @property
    def text(self, /) -> str:
        """
        Its value for people: "0x0800 IPv4".
        """
    @property
    def value(self, /) -> int | str | bytes:
        """
        Its value: a number, text (an address, a name), or bytes.
        """

@final
class FragmentPiece:
    """
    A fragment, as its header tells it. Made by reassemble.
    """
    def __repr__(self, /) -> str: ...
    @property
    def header(self, /) -> int:
        """
        How long its headers are, in bytes.
        """
    @property
    def more(self, /) -> bool:
        """
        Whether it says that more follow it (the flag More Fragments).
        """
    @property
    def offset(self, /) -> int:
        """
        Where its data begin in the data of the whole packet, in bytes.
        """
    @property
    def size(self, /) -> int:
        """
        How many bytes of data it carries.
        """
    @property
    def verdict(self, /) -> str:
        """
        "taken", "duplicate" or "refused".
        """

@final
class Joined:
    """
    What join made of parts. Printed, it is a drawing: what came, in which order, twice, and what is missing.
    """
    def __repr__(self, /) -> str: ...
    def _repr_mimebundle_(self, /, include: "object" = None, exclude: "object" = None) -> dict[str, str]: ...
    @property
    def arrived(self, /) -> tuple[int, ...]:
        """
        The numbers of the parts as they came, those that came twice too: a tuple of int.
        """
    @property
    def chunk(self, /) -> int:
        """
        How many bytes of the message each part but the last carries.
        """
    @property
    def count(self, /) -> int:
        """
        How many parts the message has.
        """
    def drawing(self, /, *, theme: "str" = "light") -> Drawing:
        """
        The parts on the message's length. theme: "light" or "dark".
        """
    @property
    def duplicates(self, /) -> int:
        """
        How many parts came again.
        """
    @property
    def length(self, /) -> int:
        """
        How many bytes the message has.
        """
    @property
    def message(self, /) -> bytes | None:
        """
        The message, or None when parts are missing.
        """
    @property
    def missing(self, /) -> tuple[range, ...]:
        """
        Which bytes of the message are missing: a tuple of range.
        """
    @property
    def missing_parts(self, /) -> tuple[range, ...]:
        """
        Which parts are missing: a tuple of range.
        """
    @property
    def problems(self, /) -> tuple[str, ...]:
        """
        What was wrong, in words: foreign bytes, parts of another message, contradictions. A tuple of str.
        """

@final
class Layer:
    """
    A layer of a packet: a header, DNS, the payload or padding.

    `layer["Window"]` is its field of that name. Made by Packet.layers.
    """
    def __getitem__(self, name: str, /) -> Field: ...
    def __repr__(self, /) -> str: ...
    @property
    def end(self, /) -> int:
        """
        Where it ends in the packet's data, in bytes.
        """
    @property
    def fields(self, /) -> tuple[Field, ...]:
        """
        Its fields in order: a tuple of Field. Every bit of the layer belongs to exactly one of them.
        """
    @property
    def name(self, /) -> str:
        """
        Its name: "Ethernet II", "IPv4", "TCP", "DNS", "Payload", ...
        """
    @property
    def osi(self, /) -> int:
        """
        The number of its layer in the OSI model, 2 to 7.
        """
    @property
    def problem(self, /) -> str | None:
        """
        What is wrong with it, or None.
        """
    @property
    def start(self, /) -> int:
        """
        Where it begins in the packet's data, in bytes.
        """

@final
class Message:
    """
    A message that came in parts (UdpReceiver.receive_message): data (bytes), sender (Endpoint), id (its number), parts (how many it
    had), duplicates (how many of them came again before it was whole). bytes(message) is its data.
    """
    def __bytes__(self, /) -> bytes: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    @property
    def data(self, /) -> bytes:
        """
        Its bytes.
        """
    @property
    def duplicates(self, /) -> int:
        """
        How many of them came again before it was whole.
        """
    @property
    def id(self, /) -> int:
        """
        Its number, which its sender gave it.
        """
    @property
    def parts(self, /) -> int:
        """
        How many parts it had.
        """
    @property
    def sender(self, /) -> Endpoint:
        """
        Who sent it.
        """

@final
class MessageClient:
    """
    A client of a TcpServer(on_message=...), for an answer that comes later, for several, and for its end.

    Functions that take two arguments get it with each message. It may be kept, and used from any thread. When the client has finished
    sending, and the function has kept none of these, the server finishes too.
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    def close(self, /) -> None:
        """
        Close the connection when all that was sent to it has gone.
        """
    @property
    def peer(self, /) -> Endpoint | None:
        """
        The client's Endpoint.
        """
    def send(self, /, message: "ReadableBuffer") -> None:
        """
        Send it a message, framed as the server frames; what it does not take at once waits. To a client that has gone, nothing is sent.

        It never waits for the client, and may be called from any thread. message: any bytes-like object. Raises BadPayload, and TooSlow
        (a BlockingIOError) when the server's unwritten_limit of bytes or more wait for the client already: then nothing of the message
        is sent. System call: send(2), in the thread of the loop.
        """
    @property
    def unwritten(self, /) -> int:
        """
        How many bytes that were sent to it wait here because it has not taken them; 0 when it has gone.

        What the kernels of both ends hold is not counted.
        """

@final
class Options:
    """
    The options of one socket, by name: socket.options.no_delay = True.

    Printed, it is a table of every option with its value and its meaning. Setting raises BadArgument for a value that the option
    cannot have, SocketClosed, or what the system says. System calls: setsockopt(2), getsockopt(2), socket(7), tcp(7), ip(7).
    """
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def broadcast(self, /) -> bool:
        """
        Datagrams may go to a broadcast address (SO_BROADCAST).
        """
    @broadcast.setter
    def broadcast(self, /, on: bool) -> None: ...
    @property
    def ipv6_only(self, /) -> bool:
        """
        An IPv6 socket does not take IPv4 peers as well (IPV6_V6ONLY; set before bind).
        """
    @ipv6_only.setter
    def ipv6_only(self, /, on: bool) -> None: ...
    def join_group(self, /, group: str) -> None:
        """
        Receive what is sent to a multicast group, an address as text (IP_ADD_MEMBERSHIP, RFC 1112).
        """
    @property
    def keepalive(self, /) -> bool:
        """
        Ask an idle peer now and then whether it is still there (SO_KEEPALIVE, RFC 9293 section 3.8.4).
        """
    @keepalive.setter
    def keepalive(self, /, on: bool) -> None: ...
    def leave_group(self, /, group: str) -> None:
        """
        Receive it no more (IP_DROP_MEMBERSHIP).
        """
    @property
    def linger(self, /) -> float | None:
        """
        How close treats what is not yet sent, in seconds: None sends it in the background, 0 throws it away and resets (SO_LINGER).
        """
    @linger.setter
    def linger(self, /, seconds: SupportsFloat | SupportsIndex | None) -> None: ...
    @property
    def no_delay(self, /) -> bool:
        """
        Send small writes at once instead of collecting them while an acknowledgement is due (TCP_NODELAY, RFC 896).
        """
    @no_delay.setter
    def no_delay(self, /, on: bool) -> None: ...
    @property
    def receive_buffer(self, /) -> int:
        """
        Bytes that may wait to be read; Linux reports twice what was set, its own overhead with it (SO_RCVBUF).
        """
    @receive_buffer.setter
    def receive_buffer(self, /, size: int) -> None: ...
    @property
    def reuse_address(self, /) -> bool:
        """
        Bind although old connections of this port are still in TIME_WAIT (SO_REUSEADDR; set before bind).
        """
    @reuse_address.setter
    def reuse_address(self, /, on: bool) -> None: ...
    @property
    def reuse_port(self, /) -> bool:
        """
        Several sockets of one user share an address, and the kernel spreads the clients (SO_REUSEPORT; set before bind).
        """
    @reuse_port.setter
    def reuse_port(self, /, on: bool) -> None: ...
    def rows(self, /) -> list[tuple[str, str, str, str]]:
        """
        Every option as a row of name, value, the kernel's name, and meaning; those that this kind of socket does not have, without a value.
        """
    @property
    def send_buffer(self, /) -> int:
        """
        Bytes that may wait to be sent and acknowledged; Linux reports twice what was set (SO_SNDBUF).
        """
    @send_buffer.setter
    def send_buffer(self, /, size: int) -> None: ...
    @property
    def ttl(self, /) -> int:
        """
        How many routers a packet may pass, 1 to 255 (IP_TTL; IPv6: the hop limit).
        """
    @ttl.setter
    def ttl(self, /, hops: int) -> None: ...

@final
class Packet:
    """
    A packet: its bytes, and what they say, layer by layer.

    Packet(b"hello", source=("192.168.1.7", 50000), destination=("203.0.113.9", 80), protocol="tcp", flags="SYN") makes one, with
    right lengths and checksums; bytes(packet) is what goes over the wire. Packet.parse(data) reads one.
    payload: the message, bytes-like. source and destination: (ip, port), an Endpoint, or an ip alone where there are no ports;
    without a source the packet comes from no address (0.0.0.0, ::). protocol: "udp", "tcp", "icmp" (over IPv6 it is ICMPv6), "arp",
    or the number of another protocol over IP. ttl: 0 to 255, by default 64. identification, dont_fragment: of IPv4. ethernet: the addresses of
    two network cards, (source, destination), for a packet that begins with an Ethernet header; vlan: the number of a tag in it.
    Of TCP: flags ("SYN ACK"), seq, ack, window (64240), urgent, options: a dict of "mss" (bytes), "window scale", "sack permitted" (True),
    "sack" (pairs), "timestamps" (value, echo), in this order, or bytes. Of ICMP: type and code (default: an echo request), identifier
    and sequence; of ARP: type 1 (who has it?) or 2 (I have it).
    Raises BadArgument (a ValueError) for what a packet cannot say, BadPort, BadPayload.
    Source: RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 768 (UDP), 792 (ICMP), 4443 (ICMPv6), 826 (ARP), 1035 (DNS).
    """
    def __bytes__(self, /) -> bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __getitem__(self, name: str, /) -> Layer: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int: ...
    def __new__(cls, /, payload: "ReadableBuffer | None" = None, *, source: "Endpoint | tuple[str, int | str] | str | None" = None, destination: "Endpoint | tuple[str, int | str] | str | None" = None, protocol: "Literal['udp', 'tcp', 'icmp', 'icmpv6', 'arp'] | int | None" = None, ttl: "int | None" = None, identification: "int | None" = None, dont_fragment: "bool" = True, ethernet: "tuple[str | bytes, str | bytes] | None" = None, vlan: "int | None" = None, flags: "str | Iterable[str] | None" = None, seq: "int | None" = None, ack: "int | None" = None, window: "int | None" = None, urgent: "int | None" = None, options: "dict[str, Any] | bytes | None" = None, type: "int | None" = None, code: "int | None" = None, identifier: "int | None" = None, sequence: "int | None" = None) -> Packet: ...
    def __reduce__(self, /) -> tuple[Any, tuple[bytes, str, bool]]: ...
    def __repr__(self, /) -> str: ...
    def _repr_mimebundle_(self, /, include: "object" = None, exclude: "object" = None) -> dict[str, str]: ...
    @property
    def ack(self, /) -> int | None:
        """
        TCP's Acknowledgment Number, or None.
        """
    @property
    def data(self, /) -> bytes:
        """
        All its bytes.
        """
    @property
    def destination(self, /) -> Endpoint | None:
        """
        Who it is for: an Endpoint, its port 0 where there are no ports; None where there is no IP address.
        """
    def envelope(self, /, *, theme: "str" = "light") -> Drawing:
        """
        The packet as the lecture's envelope: where to, who for, and the message inside. theme: "light" or "dark".
        """
    @property
    def first(self, /) -> Literal['ip', 'ethernet', 'sll', 'sll2', 'null', 'loop']:
        """
        With which header it begins, as parse takes it: "ip", "ethernet", ...
        """
    @property
    def flags(self, /) -> tuple[str, ...]:
        """
        The flags of TCP that are set: ("SYN", "ACK"); empty for other protocols.
        """
    @property
    def layers(self, /) -> tuple[Layer, ...]:
        """
        Its layers from the outside in: a tuple of Layer. They are worked out at each access.
        """
    def osi(self, /, *, theme: "str" = "light") -> Drawing:
        """
        The packet by the layers of the OSI model, each header as a diagram of its fields. theme: "light" or "dark".
        """
    @staticmethod
    def parse(data: "ReadableBuffer", first: "Literal['ip', 'ethernet', 'sll', 'sll2', 'null', 'loop']" = "ip", lax: bool = False) -> Packet:
        """
        Read a packet: the way back from bytes(packet).

        data: bytes-like. first: with which header it begins: "ip" (by default: IPv4 or IPv6, its first four bits tell), "ethernet", "sll" and
        "sll2" (Linux's captures on "any"), "null" and "loop" (BSD's loopback). lax: keep what can be read of broken bytes; what is
        wrong is then in .problems. A wrong checksum is never an error, always a problem.
        Raises BadPacket, a ValueError with .layer, .offset, .needed and .had (in bytes); BadArgument for another first.
        """
    @property
    def payload(self, /) -> bytes:
        """
        What the innermost header carries: the message; of an IP fragment, its part of it.
        """
    @property
    def problems(self, /) -> tuple[str, ...]:
        """
        What is wrong with it, in words: broken structure (of a packet read with lax=True), what a capture left out, wrong checksums.
        """
    @property
    def protocol(self, /) -> str:
        """
        The innermost protocol that its headers name: "tcp", "udp", "icmp", "icmpv6", "arp", "igmp", "protocol 99", ...
        """
    @property
    def seq(self, /) -> int | None:
        """
        TCP's Sequence Number, or None.
        """
    @property
    def source(self, /) -> Endpoint | None:
        """
        Who sent it: an Endpoint, its port 0 where there are no ports; None where there is no IP address.
        """
    @property
    def summary(self, /) -> str:
        """
        The packet in one line: "IPv4 TCP 192.168.1.7:50000 > 203.0.113.9:80 [SYN] seq=1 win=64240 len=0".
        """
    @property
    def ttl(self, /) -> int | None:
        """
        Time to Live, or Hop Limit; None without an IP header.
        """
    @property
    def window(self, /) -> int | None:
        """
        TCP's Window as it stands there, before scaling, or None.
        """
    @property
    def wire_length(self, /) -> int:
        """
        How many bytes it had on the wire: more than len(packet) where a capture kept only its beginning.
        """

@final
class PacketIterator:
    """
    Gives the packets of a capture, one after the other.
    """
    def __iter__(self, /) -> PacketIterator: ...
    def __next__(self, /) -> CapturedPacket: ...

@final
class Part:
    """
    One part of a message: a header of 16 bytes, and a piece of the message.

    bytes(part) is what goes over the wire. Made by split. The header: "N" and version 1; how many bytes each part but the last
    carries (16 bits); the message's number, the part's number, and the message's length (32 bits each, high byte first).
    """
    def __bytes__(self, /) -> bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __len__(self, /) -> int: ...
    def __repr__(self, /) -> str: ...
    @property
    def count(self, /) -> int:
        """
        How many parts the message has.
        """
    @property
    def data(self, /) -> bytes:
        """
        Its piece of the message.
        """
    @property
    def header(self, /) -> bytes:
        """
        Its header: 16 bytes.
        """
    @property
    def index(self, /) -> int:
        """
        Its number, from 0 on.
        """
    @property
    def offset(self, /) -> int:
        """
        Where its piece begins in the message, in bytes.
        """

@final
class Partition:
    """
    A partition of a Relay's path, which heals at the end of its `with`.
    """
    def __enter__(self, /) -> Relay: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __repr__(self, /) -> str: ...

@final
class Passage:
    """
    One packet (UDP) or chunk (TCP: what one read of the relay gave) that a Relay handled, and what became of it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def behind(self, /) -> int:
        """
        Behind how many later ones of its flow the rule reorder= puts it then; 0 for none. How long that takes is no part of delay.
        """
    @property
    def client(self, /) -> Endpoint:
        """
        Whose it is: the address of the client.
        """
    @property
    def delay(self, /) -> float:
        """
        How long the relay holds it back, in seconds; of what waited for the end of a partition (TCP), how long that was.
        """
    @property
    def flow(self, /) -> int:
        """
        Whose it is: the number of the client in the order of arrival, from 0. With the seed it decides what is drawn for it.
        """
    @property
    def number(self, /) -> int:
        """
        Which one of its client and direction it is, from 0.
        """
    @property
    def rule(self, /) -> str:
        """
        The rule that gave the verdict, as it was asked for: "loss=0.2". Empty when none did.
        """
    @property
    def size(self, /) -> int:
        """
        Its bytes.
        """
    @property
    def time(self, /) -> float:
        """
        When it came, in seconds since the relay's start.
        """
    @property
    def verdict(self, /) -> str:
        """
        What became of it: "passed", "late", "reordered", "doubled", "corrupted", "lost", "too big" (datagrams), "split", "glued",
        "stalled", "cut", "reset", "refused", "silent" (connections), or "failed" (the relay could not send it). The worst, where
        several rules met it.
        """
    @property
    def verdicts(self, /) -> tuple[str, ...]:
        """
        All that befell it, from the mildest to the worst: ("late", "doubled"), for example.
        """
    @property
    def way(self, /) -> str:
        """
        "to target" or "to client".
        """

@disjoint_base
class PlainSocket:
    """
    A socket with the standard library's calls: any of them in any order, and what the kernel says is raised.

    netsteps.compat.socket is made of it; see the documentation of the standard library's socket for each call.
    """
    def __new__(cls, /, *_arguments: "object", **_named: "object") -> PlainSocket: ...
    def _accept(self, /) -> tuple[int, Any]:
        """
        Take the next connection, and return its descriptor and the client's address. System call: accept4(2).
        """
    def _accept_into(self, /, connection: PlainSocket) -> Any:
        """
        Take the next connection into an object that is not open yet, and return the client's address. System call: accept4(2).
        """
    def _close(self, /) -> None:
        """
        Give the socket back. System call: close(2).
        """
    def _detach(self, /) -> int:
        """
        Part with the descriptor without closing it, and return it.
        """
    def _open(self, /, family: SupportsIndex, type: SupportsIndex, proto: SupportsIndex, fileno: Any | None = None) -> None:
        """
        Make the socket, or take the one of fileno. System call: socket(2).
        """
    @staticmethod
    def _pair(one: PlainSocket, other: PlainSocket, family: SupportsIndex, type: SupportsIndex, proto: SupportsIndex) -> None:
        """
        Make two objects, not open yet, two sockets that are connected to each other. System call: socketpair(2).
        """
    def _send_file(self, /, fileno: SupportsIndex, offset: SupportsIndex, count: SupportsIndex) -> int:
        """
        Send a part of an open file, and return how many bytes went; 0 at its end. System call: sendfile(2).
        """
    def bind(self, address: Any, /) -> None:
        """
        Bind to an address. System call: bind(2).
        """
    def connect(self, address: Any, /) -> None:
        """
        Connect to an address. System call: connect(2).
        """
    def connect_ex(self, address: Any, /) -> int:
        """
        Connect to an address, and return the system's number of the error, or 0. System call: connect(2).
        """
    @property
    def family(self, /) -> int:
        """
        The number of the family.
        """
    def fileno(self, /) -> int:
        """
        The descriptor; -1 from close on.
        """
    def getblocking(self, /) -> bool:
        """
        Whether calls may wait.
        """
    def getpeername(self, /) -> Any:
        """
        The peer's address. System call: getpeername(2).
        """
    def getsockname(self, /) -> Any:
        """
        The address of its own. System call: getsockname(2).
        """
    def getsockopt(self, level: SupportsIndex, option: SupportsIndex, buflen: SupportsIndex = 0, /) -> Any:
        """
        Read an option: an int, or buflen bytes. System call: getsockopt(2).
        """
    def gettimeout(self, /) -> float | None:
        """
        How long calls wait, in seconds; None: as long as it takes.
        """
    def listen(self, backlog: SupportsIndex | None = None, /) -> None:
        """
        Collect connections. System call: listen(2).
        """
    @property
    def proto(self, /) -> int:
        """
        The number of the protocol.
        """
    def recv(self, bufsize: SupportsIndex, flags: SupportsIndex = 0, /) -> bytes:
        """
        Receive at most bufsize bytes; b"" is the end. System call: recv(2).
        """
    def recv_into(self, /, buffer: "WriteableBuffer", nbytes: SupportsIndex = 0, flags: SupportsIndex = 0) -> int:
        """
        Receive into a buffer, and return how many bytes came. System call: recv(2).
        """
    def recvfrom(self, bufsize: SupportsIndex, flags: SupportsIndex = 0, /) -> tuple[bytes, Any]:
        """
        Receive, and return the bytes and who sent them. System call: recvfrom(2).
        """
    def recvfrom_into(self, /, buffer: "WriteableBuffer", nbytes: SupportsIndex = 0, flags: SupportsIndex = 0) -> tuple[int, Any]:
        """
        Receive into a buffer, and return how many bytes came and who sent them. System call: recvfrom(2).
        """
    def recvmsg(self, bufsize: SupportsIndex, ancbufsize: SupportsIndex = 0, flags: SupportsIndex = 0, /) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        """
        Receive bytes and ancillary data. System call: recvmsg(2).
        """
    def recvmsg_into(self, buffers: Any, ancbufsize: SupportsIndex = 0, flags: SupportsIndex = 0, /) -> tuple[int, list[tuple[int, int, bytes]], int, Any]:
        """
        Receive into several buffers, and ancillary data. System call: recvmsg(2).
        """
    def send(self, data: "ReadableBuffer", flags: SupportsIndex = 0, /) -> int:
        """
        Send, and return how many bytes the kernel took. System call: send(2).
        """
    def sendall(self, data: "ReadableBuffer", flags: SupportsIndex = 0, /) -> None:
        """
        Send all of it. System call: send(2).
        """
    def sendmsg(self, buffers: Any, ancdata: Any | None = None, flags: SupportsIndex = 0, address: Any | None = None, /) -> int:
        """
        Send several buffers with ancillary data. System call: sendmsg(2).
        """
    def sendto(self, /, *arguments: "Any") -> int:
        """
        Send to an address: sendto(data, address) or sendto(data, flags, address). System call: sendto(2).
        """
    def setblocking(self, flag: Any, /) -> None:
        """
        True to wait as long as it takes, False not to wait.
        """
    def setsockopt(self, level: SupportsIndex, option: SupportsIndex, value: Any, optlen: SupportsIndex | None = None, /) -> None:
        """
        Set an option: to an int, to bytes, or to None of a size. System call: setsockopt(2).
        """
    def settimeout(self, value: Any, /) -> None:
        """
        None to wait as long as it takes, 0 not to wait, or seconds.
        """
    def shutdown(self, flag: SupportsIndex, /) -> None:
        """
        Close one half, or both. System call: shutdown(2).
        """
    @property
    def steps(self, /) -> Table[StepLine]:
        """
        What was done to this socket so far, as a table; runs of equal steps are one line with a count.
        """
    @property
    def timeout(self, /) -> float | None:
        """
        As gettimeout().
        """
    @property
    def type(self, /) -> int:
        """
        The number of the type.
        """

@final
class Reassembled:
    """
    What reassemble made of fragments. Printed, it is a drawing: what came, in which order, twice, and what is missing.
    """
    def __repr__(self, /) -> str: ...
    def _repr_mimebundle_(self, /, include: "object" = None, exclude: "object" = None) -> dict[str, str]: ...
    def drawing(self, /, *, theme: "str" = "light") -> Drawing:
        """
        The fragments on the packet's length. theme: "light" or "dark".
        """
    @property
    def duplicates(self, /) -> int:
        """
        How many fragments came again.
        """
    @property
    def length(self, /) -> int | None:
        """
        How many bytes of data the packet has behind its IP header; None when its last fragment did not come.
        """
    @property
    def missing(self, /) -> tuple[range, ...]:
        """
        Which bytes of its data are missing, as far as it is known: a tuple of range.
        """
    @property
    def packet(self, /) -> Packet | None:
        """
        The whole Packet, or None when fragments are missing or were refused.
        """
    @property
    def pieces(self, /) -> tuple[FragmentPiece, ...]:
        """
        The fragments as they came, those that were refused too: a tuple of FragmentPiece.
        """
    @property
    def problems(self, /) -> tuple[str, ...]:
        """
        What was wrong, in words: overlaps, lengths that no packet has, fragments of another packet. A tuple of str.
        """

@final
class Relay:
    """
    An honest bad path between real sockets: it listens, sends on to target what comes, brings back the answers, and on the way loses,
    delays and cuts on purpose, the same way for the same seed. It returns at once and works in a thread of its own until stop() or the
    end of its `with`.

    target: (host, port), "127.0.0.1:6666" or an Endpoint (server.endpoint). kind: "tcp" (connections) or "udp" (datagrams). .endpoint
    is where clients send to or connect to; host and port choose it, by default loopback and a free port.

    Rules hold for both directions; to_target=Rules(...) and to_client=Rules(...) for one of them. Times are in seconds, sizes in bytes,
    rates in bytes per second, probabilities from 0 to 1. For both kinds: delay, jitter (the delay is drawn evenly from delay - jitter to
    delay + jitter, never below 0; datagrams may so change their order, a stream keeps it), rate.
    kind="udp": loss; burst (Burst: losses that come in bursts); reorder, the probability that a datagram is put behind reorder_by later
    ones of its flow (a whole number: datagrams, by default 1, and no longer than 0.1 s; a float: seconds); duplicate; corrupt, the
    probability that one bit is flipped (the checksum is made anew, so it arrives); queue, how many bytes wait at most before the link of
    rate (by default a quarter of a second's worth), what does not fit is lost; mtu, the largest packet with its IP and UDP headers (28
    bytes in IPv4, 48 in IPv6), a larger one is dropped. They meet a datagram in this order: partition, mtu, loss, burst, corrupt,
    duplicate, rate, delay and jitter, reorder. rate and its queue are for each client apart.
    kind="tcp": chunk (bytes go on in pieces of 1 to so many); glue (what comes within this time goes on as one); stall_after,
    reset_after, half_close_after (so many bytes, then nothing goes on, or both ends are reset, or the receiver reads the end);
    reset_after_seconds; refuse=True (nobody listens); silent=True (connections are taken, and nothing is said); slow_close (the sender's
    end goes on so much later). They meet a stream in this order: delay and jitter, glue, rate, chunk, and the limits in bytes.
    A rule of the other kind is a BadArgument: TCP sends again what a path loses, so a stream over this relay loses nothing.

    seed: what is drawn begins there; without it one is drawn and shown in .seed and repr(), so that what was seen can be repeated. Each
    flow (client, in the order of arrival), direction and rule draws for itself, once for every packet: the n-th packet of a flow has the
    same fate whatever the time, the other flows and the other rules.
    log: how many passages .log keeps, the newest; with 0 there are only counts. max_clients: how many it has at once, by default 512 of
    datagrams and 65,536 connections. idle_timeout (kind="udp"): after how many seconds of silence one is forgotten, by default 300.

    The relay may keep 64 MiB of late datagrams; beyond that they are lost, and the log says so. What the target's machine says of a
    closed port (ICMP) cannot be passed on to a client of datagrams; it is in the log as "refused".
    System calls: socket(2), bind(2), connect(2), recvmmsg(2), sendmmsg(2); for connections listen(2), accept4(2), recv(2), send(2).
    Raises AddressInUse, AddressNotLocal, NoPermission, NameNotFound, BadArgument. Source: RFC 768, RFC 9293; RFC 2544 and RFC 8085 for
    what a path may do.
    """
    def __enter__(self, /) -> Relay: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __new__(cls, /, target: "tuple[str, int | str] | Endpoint | str", *, kind: "Literal['tcp', 'udp']" = "tcp", to_target: Rules | None = None, to_client: Rules | None = None, loss: SupportsFloat | SupportsIndex | None = None, burst: Burst | None = None, delay: SupportsFloat | SupportsIndex | None = None, jitter: SupportsFloat | SupportsIndex | None = None, reorder: SupportsFloat | SupportsIndex | None = None, reorder_by: "int | float | None" = None, duplicate: SupportsFloat | SupportsIndex | None = None, corrupt: SupportsFloat | SupportsIndex | None = None, rate: SupportsFloat | SupportsIndex | None = None, queue: SupportsIndex | None = None, mtu: SupportsIndex | None = None, chunk: SupportsIndex | None = None, glue: SupportsFloat | SupportsIndex | None = None, stall_after: SupportsIndex | None = None, reset_after: SupportsIndex | None = None, reset_after_seconds: SupportsFloat | SupportsIndex | None = None, half_close_after: SupportsIndex | None = None, refuse: bool | None = None, silent: bool | None = None, slow_close: SupportsFloat | SupportsIndex | None = None, seed: SupportsIndex | None = None, host: "str | None" = None, port: "int | str | None" = None, log: SupportsIndex = 10000, max_clients: SupportsIndex | None = None, idle_timeout: SupportsFloat | SupportsIndex | None = None) -> Relay: ...
    def __repr__(self, /) -> str: ...
    @property
    def clients(self, /) -> int:
        """
        How many clients it has at this moment.
        """
    @property
    def dropped(self, /) -> int:
        """
        How many passages the log had to let go, because there were more than its limit.
        """
    @property
    def endpoint(self, /) -> Endpoint:
        """
        Where clients send to or connect to: an Endpoint.
        """
    def heal(self, /) -> None:
        """
        End the partition. When there is none, nothing happens.
        """
    @property
    def kind(self, /) -> Literal['tcp', 'udp']:
        """
        "tcp" or "udp".
        """
    @property
    def log(self, /) -> Table[Passage]:
        """
        What it did with each packet or chunk: a list of Passage, in the order of their coming, which shows itself as a table. The newest
        are kept, as many as log= said; report() counts all.
        """
    def partition(self, /) -> Partition:
        """
        Part the path: from now on datagrams are lost in both directions, and connections carry nothing until it heals (what was under
        way then goes on, as TCP sends again). What the relay already holds back is past the break, and still arrives. It heals with
        heal(), or at the end of `with relay.partition():`.
        """
    @property
    def partitioned(self, /) -> bool:
        """
        Whether the path is parted.
        """
    def report(self, /) -> RelayReport:
        """
        What it has done so far, counted for each direction: a RelayReport.
        """
    @property
    def seed(self, /) -> int:
        """
        What its draws begin with: Relay(..., seed=relay.seed) decides the same again.
        """
    def stop(self, /, timeout: SupportsFloat | SupportsIndex = 1.0) -> None:
        """
        Stop: nothing comes in any more, what is held back is forgotten, connections are closed, and the port is free. Waits up to timeout
        seconds for the relay's thread. Twice is no error; the log and the report stay.
        """
    @property
    def target(self, /) -> Endpoint:
        """
        Where it sends on to: an Endpoint.
        """

@final
class RelayCounts:
    """
    What came one way through a Relay, and what became of it. A packet that is doubled and late counts for both.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def came(self, /) -> int:
        """
        How many packets or chunks came.
        """
    @property
    def came_bytes(self, /) -> int:
        """
        Their bytes.
        """
    @property
    def corrupted(self, /) -> int:
        """
        How many went on with a bit flipped.
        """
    @property
    def cut(self, /) -> int:
        """
        How many came after the end that a rule had made of a stream (TCP).
        """
    @property
    def delivered(self, /) -> int:
        """
        How many were sent on so far, copies among them. What is late and still waits is not counted.
        """
    @property
    def delivered_bytes(self, /) -> int:
        """
        Their bytes.
        """
    @property
    def doubled(self, /) -> int:
        """
        How many went on twice.
        """
    @property
    def failed(self, /) -> int:
        """
        How many the relay could not send on.
        """
    @property
    def glued(self, /) -> int:
        """
        How many went on together with others (TCP).
        """
    @property
    def late(self, /) -> int:
        """
        How many went on later than they came.
        """
    @property
    def lost(self, /) -> int:
        """
        How many were lost: by loss=, burst=, rate=, or in a partition.
        """
    @property
    def passed(self, /) -> int:
        """
        How many went on as they came, at once.
        """
    @property
    def refused(self, /) -> int:
        """
        How many were refused: by the target's machine, or by a rule or limit.
        """
    @property
    def reordered(self, /) -> int:
        """
        How many were put behind later ones by reorder=.
        """
    @property
    def reset(self, /) -> int:
        """
        How many a reset ended (TCP).
        """
    @property
    def silent(self, /) -> int:
        """
        How many nobody answered, by silent= (TCP).
        """
    @property
    def split(self, /) -> int:
        """
        How many went on in pieces (TCP).
        """
    @property
    def stalled(self, /) -> int:
        """
        How many are kept for now (TCP).
        """
    @property
    def too_big(self, /) -> int:
        """
        How many were larger than mtu=.
        """

@final
class RelayReport:
    """
    What a Relay has done so far, counted: exact also when its log is full. print() and a notebook show it as a table.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    @property
    def clients(self, /) -> int:
        """
        How many clients came.
        """
    @property
    def dropped(self, /) -> int:
        """
        How many the log had to let go, because there were more than its limit.
        """
    @property
    def kept(self, /) -> int:
        """
        How many passages the log holds.
        """
    @property
    def to_client(self, /) -> RelayCounts:
        """
        The counts of what the target sent.
        """
    @property
    def to_target(self, /) -> RelayCounts:
        """
        The counts of what the clients sent.
        """

@final
class Report:
    """
    What a UdpReceiver has seen: received (datagrams), bytes (those kept), cut (datagrams longer than the size given), dropped
    (thrown away by the kernel); and of the parts that receive_message took: lost, missing, duplicated, reordered.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def bytes(self, /) -> int:
        """
        Their bytes, as many as were kept.
        """
    @property
    def cut(self, /) -> int:
        """
        How many of them were cut.
        """
    @property
    def dropped(self, /) -> int | None:
        """
        How many the kernel threw away because the receive buffer was full, or None where it does not tell. Those that it had put
        together (UDP_GRO) may count as one.
        """
    @property
    def duplicated(self, /) -> int:
        """
        Parts that came again.
        """
    @property
    def lost(self, /) -> int:
        """
        Parts that never came, of messages that were given up.
        """
    @property
    def missing(self, /) -> int:
        """
        Parts that have not come so far, of messages that may still become whole. What receive_message says of them when its time is
        over names them; after 30 seconds without another part they are lost.
        """
    @property
    def received(self, /) -> int:
        """
        Datagrams that arrived.
        """
    @property
    def reordered(self, /) -> int:
        """
        Parts that came after a later one of their message.
        """

@final
class Rules:
    """
    The rules of one direction of a Relay: Relay(..., to_target=Rules(loss=0.3), to_client=Rules(delay=0.02)).

    Relay explains each; it takes the same names for both directions. Times in seconds, sizes in bytes, rate in bytes per second,
    probabilities from 0 to 1. The values are checked by the Relay, which knows its kind.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, *, loss: SupportsFloat | SupportsIndex | None = None, burst: Burst | None = None, delay: SupportsFloat | SupportsIndex | None = None, jitter: SupportsFloat | SupportsIndex | None = None, reorder: SupportsFloat | SupportsIndex | None = None, reorder_by: "int | float | None" = None, duplicate: SupportsFloat | SupportsIndex | None = None, corrupt: SupportsFloat | SupportsIndex | None = None, rate: SupportsFloat | SupportsIndex | None = None, queue: SupportsIndex | None = None, mtu: SupportsIndex | None = None, chunk: SupportsIndex | None = None, glue: SupportsFloat | SupportsIndex | None = None, stall_after: SupportsIndex | None = None, reset_after: SupportsIndex | None = None, reset_after_seconds: SupportsFloat | SupportsIndex | None = None, half_close_after: SupportsIndex | None = None, refuse: bool | None = None, silent: bool | None = None, slow_close: SupportsFloat | SupportsIndex | None = None) -> Rules: ...
    def __repr__(self, /) -> str: ...

@final
class Sample:
    """
    What the kernel held for one socket at one moment of a trace.

    Sizes are in bytes; what this kind of socket does not have, or this system does not tell, is None.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def drops(self, /) -> int | None:
        """
        Packets that were thrown away because there was no room for them.
        """
    @property
    def peer_window(self, /) -> int | None:
        """
        The room that the peer told us.
        """
    @property
    def process(self, /) -> int:
        """
        The process (os.getpid).
        """
    @property
    def queue(self, /) -> int | None:
        """
        A listener's connections that wait to be accepted.
        """
    @property
    def queue_limit(self, /) -> int | None:
        """
        The most that may wait.
        """
    @property
    def receive_capacity(self, /) -> int | None:
        """
        The limit of the memory for what comes.
        """
    @property
    def receive_memory(self, /) -> int | None:
        """
        The memory that is taken by what came, bookkeeping included.
        """
    @property
    def retransmissions(self, /) -> int | None:
        """
        Segments that were sent again, in all.
        """
    @property
    def rtt_us(self, /) -> int | None:
        """
        The smoothed round trip time in microseconds.
        """
    @property
    def send_capacity(self, /) -> int | None:
        """
        The limit of the memory for what goes.
        """
    @property
    def socket(self, /) -> int:
        """
        The socket: a number that no other socket of its process ever has.
        """
    @property
    def time_ns(self, /) -> int:
        """
        When, in nanoseconds of the system's monotonic clock (time.monotonic_ns).
        """
    @property
    def unacknowledged(self, /) -> int | None:
        """
        TCP: bytes written and not acknowledged by the peer's kernel.
        """
    @property
    def unread(self, /) -> int | None:
        """
        TCP: bytes that came and wait to be read.
        """
    @property
    def unsent(self, /) -> int | None:
        """
        TCP: the part of them that was not even sent.
        """
    @property
    def window(self, /) -> int | None:
        """
        The congestion window in bytes.
        """

@final
class Service:
    """
    A well-known port: name, port, kinds ("tcp", "udp" or both), purpose. Source: lecture 5, the IANA registry (RFC 6335).
    """
    def __repr__(self, /) -> str: ...
    @property
    def kinds(self, /) -> tuple[str, ...]:
        """
        Over which transports it is used: a tuple of "tcp", "udp" or both.
        """
    @property
    def name(self, /) -> str:
        """
        The name, as connect and resolve take it in the place of the port.
        """
    @property
    def port(self, /) -> int:
        """
        The port.
        """
    @property
    def purpose(self, /) -> str:
        """
        What it is for.
        """

@disjoint_base
class Socket:
    """
    A socket, in the steps of the lecture.

    kind is "tcp" (a stream) or "udp" (datagrams), family "ipv4" or "ipv6". Each step is a method; one that is taken out of order
    raises StepError, names the step that is missing, and changes nothing. Addresses are two arguments (host, port), one tuple,
    or one Endpoint; a port is a number or the name of a service. Every step that can wait takes timeout= in seconds (None: no
    limit), and is ended by Ctrl-C and by close() from another thread.
    System call: socket(2). Raises TooManyFiles. Source: lectures 1, 3 and 4.
    """
    def __enter__(self, /) -> Socket: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __iter__(self, /) -> Socket: ...
    def __new__(cls, /, kind: "Literal['tcp', 'udp']" = "tcp", family: "Literal['ipv4', 'ipv6']" = "ipv4") -> Socket: ...
    def __next__(self, /) -> Socket:
        """
        The next connection; the iteration ends when the socket is closed.
        """
    def __repr__(self, /) -> str: ...
    def accept(self, /, *, timeout: SupportsFloat | SupportsIndex | None = None) -> Socket:
        """
        Take the next connection, and return the new socket for it. The listening socket goes on listening.

        timeout: seconds. System call: accept4(2). Raises TimedOut, SocketClosed, TooManyFiles, StepError.
        Source: lectures 1, 3 and 4.
        """
    def bind(self, /, host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None) -> None:
        """
        Take an address: bind(host, port), bind((host, port)) or bind(endpoint). Port 0 is a free one; .local tells which.

        System call: bind(2). Raises AddressInUse (naming who has it), AddressNotLocal (listing this machine's), NoPermission,
        NameNotFound, StepError. Source: lectures 1, 3 and 4.
        """
    @property
    def buffers(self, /) -> Buffers | None:
        """
        The bytes that the kernel holds for it at this moment (Buffers): unread, unacknowledged, unsent, the capacities.

        None for a TCP socket that is not connected, and where the system does not tell (Linux does). System calls: ioctl(2) with
        SIOCINQ and SIOCOUTQ, getsockopt(2) with SO_MEMINFO. Raises SocketClosed. Source: lecture 4.
        """
    def close(self, /) -> None:
        """
        Give the socket back. Whoever waits on it is woken, with SocketClosed. Twice is no error.

        System call: close(2). Source: lectures 1 and 3.
        """
    def connect(self, /, host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Find the peer: connect(host, port), connect((host, port)) or connect(endpoint). For UDP it only sets the one peer.

        timeout: seconds for all of it, the lookup of a name included. System call: connect(2). Raises Refused, TimedOut,
        Unreachable, NameNotFound, StepError; after each of these the socket is as it was. Source: lectures 1, 3 and 4.
        """
    @property
    def family(self, /) -> Literal['ipv4', 'ipv6']:
        """
        "ipv4" or "ipv6".
        """
    def fileno(self, /) -> int:
        """
        The descriptor, for select and the like; it is non-blocking underneath. -1 from close on.

        From then on the socket is used as one that others use too: a read waits by ppoll(2), never inside recv(2), and read_message
        takes no more than the message.
        """
    def finish(self, /) -> None:
        """
        Close our sending half: the peer reads all that was written, then b""; we can still read. Twice is no error.

        System call: shutdown(2) with SHUT_WR. Raises StepError. Source: RFC 9293 section 3.6.
        """
    @property
    def kind(self, /) -> Literal['tcp', 'udp']:
        """
        "tcp" or "udp".
        """
    def life(self, /, *, theme: "Literal['light', 'dark']" = "light") -> Drawing:
        """
        The life of this socket, drawn: the state table with the way it went, where it stands, and what is possible now.

        theme: "light" or "dark". Raises ValueError for another theme. Source: lectures 1 and 3 (the server's and the client's steps).
        """
    def listen(self, /, backlog: SupportsIndex = 128, *, any_port: bool = False) -> None:
        """
        Collect connections. The kernel completes up to backlog of them before they are accepted.

        any_port=True listens without bind before it, on a random loopback port that .local tells.
        System call: listen(2). Raises StepError, AddressInUse. Source: lectures 1, 3 and 4.
        """
    @property
    def local(self, /) -> Endpoint | None:
        """
        Our Endpoint, or None while there is none. System call: getsockname(2).
        """
    @property
    def number(self, /) -> int:
        """
        The descriptor: the number by which the system knows the socket; -1 from close on.
        """
    @staticmethod
    def open(host: "str | tuple[str, int | str] | Endpoint", service: "int | str | None" = None, *, kind: "Literal['tcp', 'udp']" = "tcp", timeout: SupportsFloat | SupportsIndex | None = None) -> Socket:
        """
        The lecture's open: getaddrinfo, socket, connect. Every address of the host is tried in its order.

        host is a name or an address in digits, service a name ("http") or a port; one Endpoint or tuple stands for both.
        kind is "tcp" or "udp", timeout seconds for all of it.
        System calls: getaddrinfo(3), socket(2), connect(2). Raises NameNotFound, and the error of the last address tried.
        Source: lecture 3, which tries only the first address.
        """
    @property
    def options(self, /) -> Options:
        """
        What can be set on it, by name: socket.options.no_delay = True.
        """
    @property
    def peer(self, /) -> Endpoint | None:
        """
        The peer's Endpoint, or None while there is none.
        """
    @property
    def queue(self, /) -> AcceptQueue | None:
        """
        The connections that wait to be accepted at this moment (AcceptQueue): length and limit.

        None for a socket that does not listen, and where the system does not tell (Linux does). System call: getsockopt(2) with
        TCP_INFO. Raises SocketClosed. Source: listen(2).
        """
    def read(self, /, size: SupportsIndex = 65536, *, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes:
        """
        Read what has come, at most size bytes, in one call. b"" means that the peer has finished and all of it was read.

        One read is not one message: TCP is a stream without borders. For UDP it is one datagram, and DatagramCut is raised when it is
        longer than size. timeout: seconds. System call: recv(2). Raises Reset, TimedOut, SocketClosed, StepError.
        """
    def read_all(self, /, *, limit: SupportsIndex | None = 1073741824, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes:
        """
        Read everything up to the peer's end.

        limit: the most bytes to take, 1 GiB by default; None takes whatever comes. timeout: seconds for all of it.
        System call: recv(2). Raises MessageTooLarge, MemoryError, and as read does.
        """
    def read_exactly(self, /, count: SupportsIndex, *, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes:
        """
        Read exactly count bytes, however many calls it takes.

        timeout: seconds for all of it; what had come by then is kept for the next read, and is the error's .partial.
        System call: recv(2). Raises UnexpectedEnd when the peer finishes before, and as read does.
        """
    def read_into(self, /, buffer: "WriteableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Read into a caller's buffer (a bytearray, a writable memoryview), in one call, and return how many bytes came.

        0 means that the peer has finished. timeout: seconds. System call: recv(2). Raises as read does; BadArgument for a buffer without
        room, BufferError for memory that does not lie in one piece.
        """
    def read_message(self, /, *, limit: SupportsIndex = 8388608, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes | None:
        """
        Read one message: a length of four bytes in network byte order, and so many bytes. None when the peer has finished.

        One call takes whatever is there; what lies behind the message is kept here, and the next read of any kind begins with it. So
        select and .buffers, which ask the kernel, do not know of it: after .fileno() no more is taken than the message (ask for it before the first).
        limit: the longest message in bytes; it is checked before memory is taken. timeout: seconds for all of it.
        System call: recv(2). Raises MessageTooLarge, UnexpectedEnd inside a message, and as read does.
        """
    def read_until(self, /, delimiter: "ReadableBuffer", *, limit: SupportsIndex = 65536, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes:
        """
        Read up to and with the delimiter, b"\\n" for a line. What follows it stays for the next read; b"" when the peer has finished.

        limit: the most bytes to take before it comes. timeout: seconds for all of it. System call: recv(2), with MSG_PEEK first.
        Raises MessageTooLarge, UnexpectedEnd when the peer finishes in the middle, and as read does.
        """
    def receive_from(self, /, size: SupportsIndex = 65535, *, timeout: SupportsFloat | SupportsIndex | None = None) -> Datagram:
        """
        Receive one datagram: a Datagram with .data, .sender, and .truncated_from where it was longer than size.

        timeout: seconds. System call: recvfrom(2). Raises TimedOut, SocketClosed, StepError, and Refused when an earlier datagram to
        a connected peer came back. Source: lecture 5, RFC 768.
        """
    def send(self, /, data: "ReadableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Send in one raw call, and return how many bytes the kernel took; the rest is the caller's to send again.

        data: any bytes-like object. For UDP it is one datagram to the connected peer. timeout: seconds.
        System call: send(2). Raises as write does; for UDP DatagramTooLarge and Refused.
        """
    def send_to(self, /, data: "ReadableBuffer", host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Send one datagram: send_to(data, host, port), send_to(data, (host, port)) or send_to(data, endpoint). Returns its size.

        timeout: seconds. System call: sendto(2). Raises DatagramTooLarge (the limit is 65,507 bytes over IPv4, 65,527 over IPv6),
        NoPermission (broadcast without the option), StepError. Source: lecture 5, RFC 768.
        """
    @property
    def state(self, /) -> str:
        """
        Where it stands: "created", "bound", "listening", "connected", "finished" (we have), "peer finished", "both finished",
        "reset" or "closed".
        """
    @property
    def steps(self, /) -> Table[StepLine]:
        """
        What was done to this socket so far, as a table; runs of equal steps are one line with a count.
        """
    @property
    def tcp(self, /) -> TcpInfo | None:
        """
        What the kernel knows of the connection at this moment (TcpInfo): state, rtt_us, cwnd, retransmissions, windows.

        While connect waits in another thread the state is "SYN_SENT". None for UDP, for a socket that is not connected, and where the
        system does not tell (Linux does). System call: getsockopt(2) with TCP_INFO. Raises SocketClosed. Source: tcp(7).
        """
    def write(self, /, data: "ReadableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Write all of data, in as many calls as it takes; writes of several threads do not mix.

        data: bytes or any bytes-like object, not copied. That write returns means that the kernel has the bytes, not that the peer
        has. timeout: seconds for all of it. System call: send(2). Raises BrokenPipe, Reset, TimedOut, SocketClosed, StepError,
        BadPayload (a str, for example).
        """
    def write_file(self, /, path: str | PathLike[str], *, offset: SupportsIndex = 0, count: SupportsIndex | None = None, progress: "Callable[[int, int], object] | None" = None, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Write a file, without its bytes passing through this process, and return how many bytes went.

        path: a regular file. offset and count choose a part, in bytes. progress(done, total) is called after each piece of up to
        4 MiB; what it raises ends the step. timeout: seconds for all of it. System call: sendfile(2).
        Raises FileNotFoundError and its like for the file, and as write does for the socket.
        """
    def write_message(self, /, data: "ReadableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Write one message: its length in four bytes in network byte order, and its bytes, in one call where the kernel takes both.

        data: any bytes-like object. timeout: seconds for all of it. System call: sendmsg(2). Raises as write does.
        """

@final
class StepLine:
    """
    One line of what was done to a socket: a run of equal steps.
    """
    def __repr__(self, /) -> str: ...
    @property
    def action(self, /) -> str | None:
        """
        What it was in the words of the state table: "read" for read_exactly, for example; None for what made the socket.
        """
    @property
    def bytes(self, /) -> int:
        """
        How many bytes in all.
        """
    @property
    def call(self, /) -> str:
        """
        The system call; "recv MSG_PEEK" is a look that leaves the bytes where they are.
        """
    @property
    def count(self, /) -> int:
        """
        How often, one after the other.
        """
    @property
    def end_ns(self, /) -> int:
        """
        When the last ended, on the same clock.
        """
    @property
    def failed(self, /) -> bool:
        """
        Whether it ended with an error.
        """
    @property
    def note(self, /) -> str | None:
        """
        The address that the step was given, or the error that ended it, or None.
        """
    @property
    def start_ns(self, /) -> int:
        """
        When the first began, in nanoseconds of the system's monotonic clock (time.monotonic_ns).
        """
    @property
    def state(self, /) -> str:
        """
        The state after it.
        """
    @property
    def step(self, /) -> str:
        """
        The step, in the words of the API.
        """

@final
class TcpInfo:
    """
    What the kernel knows of a TCP connection, at the moment of asking. In a notebook it is a picture, print() writes it as text.

    Times are in the unit of their name, sizes in bytes unless said otherwise; what this kernel does not tell is None. Linux alone
    tells. System call: getsockopt(2) with TCP_INFO (tcp(7)). Source: RFC 9293, RFC 5681 (windows), RFC 6298 (times).
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def _repr_mimebundle_(self, /, include: "object" = None, exclude: "object" = None) -> dict[str, str]: ...
    @property
    def busy_us(self, /) -> int | None:
        """
        Microseconds with something to send.
        """
    @property
    def bytes_acked(self, /) -> int | None:
        """
        What the peer's kernel acknowledged; our SYN and FIN count as one each.
        """
    @property
    def bytes_received(self, /) -> int | None:
        """
        What came; the peer's FIN counts as one.
        """
    @property
    def bytes_retransmitted(self, /) -> int | None:
        """
        Payload that was sent again.
        """
    @property
    def bytes_sent(self, /) -> int | None:
        """
        Payload that was sent, retransmissions included.
        """
    @property
    def congestion(self, /) -> str:
        """
        Congestion control: "open", "disorder" (segments came out of order), "reduced" (a router asked), "recovery" or "loss".
        """
    @property
    def cwnd(self, /) -> int:
        """
        The congestion window: how many segments may be on the way.
        """
    @property
    def cwnd_bytes(self, /) -> int:
        """
        The congestion window in bytes: cwnd times mss.
        """
    @property
    def delivery_rate(self, /) -> int | None:
        """
        The rate at which the peer acknowledged lately, in bytes a second; None before it was measured.
        """
    def drawing(self, /, *, theme: str = "light") -> Drawing:
        """
        The picture, as a Drawing: print() it, or save(path) as .svg, .html or .txt. theme: "light" or "dark".
        """
    @property
    def ecn(self, /) -> bool:
        """
        Whether routers may mark instead of drop (RFC 3168).
        """
    @property
    def in_flight(self, /) -> int:
        """
        Segments on the way: sent, and not acknowledged.
        """
    @property
    def last_ack_received_ms(self, /) -> int:
        """
        Milliseconds since an acknowledgement last came.
        """
    @property
    def last_data_received_ms(self, /) -> int | None:
        """
        Milliseconds since data last came; None when none ever did.
        """
    @property
    def last_data_sent_ms(self, /) -> int | None:
        """
        Milliseconds since we last sent data; None when we never did.
        """
    @property
    def lost(self, /) -> int:
        """
        Segments taken for lost.
        """
    @property
    def min_rtt_us(self, /) -> int | None:
        """
        The least round trip time seen lately, in microseconds.
        """
    @property
    def mss(self, /) -> int:
        """
        The most payload of a segment that we send.
        """
    @property
    def out_of_order(self, /) -> int | None:
        """
        Segments that came after one that was sent later.
        """
    @property
    def pacing_rate(self, /) -> int | None:
        """
        The rate at which the kernel would space segments out, in bytes a second; None without a limit.
        """
    @property
    def path_mtu(self, /) -> int:
        """
        The largest packet that the path carries.
        """
    @property
    def peer_window(self, /) -> int | None:
        """
        The room that the peer told us: 0 stops us.
        """
    @property
    def probes(self, /) -> int:
        """
        Questions that were not answered: to a peer without room (window probes), or without a sign of life (keepalive).
        """
    @property
    def receive_mss(self, /) -> int:
        """
        The most payload of the segments that come, as far as seen.
        """
    @property
    def receive_window(self, /) -> int | None:
        """
        The room that we told the peer.
        """
    @property
    def retransmissions(self, /) -> int:
        """
        Segments that were sent again, in all.
        """
    @property
    def retransmits_now(self, /) -> int:
        """
        How often the oldest segment was sent again by the timer, without an answer so far.
        """
    @property
    def rto_us(self, /) -> int:
        """
        After how many microseconds a segment without an answer is sent again.
        """
    @property
    def rtt_us(self, /) -> int | None:
        """
        The smoothed round trip time, in microseconds; None before the first was measured.
        """
    @property
    def rttvar_us(self, /) -> int | None:
        """
        How much it varies, in microseconds.
        """
    @property
    def rwnd_limited_us(self, /) -> int | None:
        """
        The part of them in which the peer had no room (its receive window).
        """
    @property
    def sack(self, /) -> bool:
        """
        Whether the peer tells which segments it has beyond a hole (RFC 2018).
        """
    @property
    def sacked(self, /) -> int:
        """
        Segments that the peer told it has, with a hole before them.
        """
    @property
    def segments_received(self, /) -> int | None:
        """
        Segments that came.
        """
    @property
    def segments_sent(self, /) -> int | None:
        """
        Segments that were sent.
        """
    @property
    def sndbuf_limited_us(self, /) -> int | None:
        """
        The part of them in which our own send buffer was too small.
        """
    @property
    def ssthresh(self, /) -> int | None:
        """
        The congestion window at which slow start ends, in segments; None while it has met no limit.
        """
    @property
    def state(self, /) -> str:
        """
        The state as netstat writes it: "ESTABLISHED", "FIN_WAIT1", "CLOSE_WAIT", ... (RFC 9293 section 3.3.2).
        """
    @property
    def timestamps(self, /) -> bool:
        """
        Whether segments carry times (RFC 7323).
        """
    @property
    def window_scale(self, /) -> tuple[int, int] | None:
        """
        By how many bits the windows are shifted, (the peer's, ours) (RFC 7323); None when that was not agreed.
        """

@final
class TcpReceiver:
    """
    The other end of a TcpSender: it listens, and takes one sender after the other.

    host: by default only this machine can connect; port 0 is a free one, and .endpoint tells which. The first receive waits for a
    sender; next_sender() leaves the present one and waits for the next. System calls: bind(2), listen(2), accept4(2), recv(2).
    Raises as Socket.bind does.
    """
    def __enter__(self, /) -> TcpReceiver: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __iter__(self, /) -> TcpReceiver: ...
    def __new__(cls, /, host: "str | None" = None, port: "int | str | None" = None, *, backlog: SupportsIndex = 16) -> TcpReceiver: ...
    def __next__(self, /) -> bytes:
        """
        The next message; the iteration ends when the sender finishes, or when this is closed.
        """
    def __repr__(self, /) -> str: ...
    def close(self, /) -> None:
        """
        Give the sockets back. Twice is no error.
        """
    @property
    def endpoint(self, /) -> Endpoint:
        """
        Where it listens: an Endpoint.
        """
    def next_sender(self, /, *, timeout: SupportsFloat | SupportsIndex | None = None) -> Endpoint | None:
        """
        Leave the present sender, wait for the next, and return its Endpoint. timeout: seconds. System call: accept4(2).
        """
    def receive(self, /, size: SupportsIndex = 65536, *, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes:
        """
        Receive what has come, at most size bytes; b"" when the sender has finished. timeout: seconds. Raises as Socket.read does.
        """
    def receive_all(self, /, *, limit: SupportsIndex | None = 1073741824, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes:
        """
        Receive everything up to the sender's end. limit: the most bytes, 1 GiB by default, or None. timeout: seconds. Raises as Socket.read_all does.
        """
    def receive_file(self, /, path: str | PathLike[str], *, limit: SupportsIndex | None = None, progress: "Callable[[int, None], object] | None" = None, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Receive everything up to the sender's end into a new file, and return its size in bytes.

        path must not exist yet; when it does not come whole, it is removed again. limit: the most bytes to take, or None. progress(done, None) is called after each piece. timeout:
        seconds for all of it. Raises FileExistsError and its like for the file, MessageTooLarge, and as Socket.read does.
        """
    def receive_into(self, /, buffer: "WriteableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Receive into a caller's buffer (a bytearray, a writable memoryview), in one call, and return how many bytes came; 0 when the
        sender has finished. timeout: seconds. Raises as Socket.read_into does.
        """
    def receive_message(self, /, *, limit: SupportsIndex = 8388608, timeout: SupportsFloat | SupportsIndex | None = None) -> bytes | None:
        """
        Receive one message of send_message; None when the sender has finished. limit: the longest, in bytes. timeout: seconds.

        Raises as Socket.read_message does.
        """
    @property
    def socket(self, /) -> Socket | None:
        """
        The socket of the present sender, or None.
        """

@final
class TcpSender:
    """
    A connection that sends: TcpSender(host, port).

    host is a name or an address, port a number or the name of a service; every address of the host is tried. timeout: seconds for
    the connection. The socket underneath is .socket. System calls: getaddrinfo(3), socket(2), connect(2). Raises as Socket.open does.
    """
    def __enter__(self, /) -> TcpSender: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __new__(cls, /, host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout: SupportsFloat | SupportsIndex | None = None) -> TcpSender: ...
    def __repr__(self, /) -> str: ...
    def close(self, /) -> None:
        """
        Give the socket back. Twice is no error. System call: close(2).
        """
    def finish(self, /) -> None:
        """
        Tell the peer that nothing more comes; what it sends can still be read from .socket. System call: shutdown(2).
        """
    @property
    def local(self, /) -> Endpoint | None:
        """
        Our Endpoint.
        """
    @property
    def peer(self, /) -> Endpoint | None:
        """
        The receiver's Endpoint.
        """
    def send(self, /, data: "ReadableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Send all of data, any bytes-like object. timeout: seconds. System call: send(2). Raises as Socket.write does.
        """
    def send_file(self, /, path: str | PathLike[str], *, progress: "Callable[[int, int], object] | None" = None, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Send a file, and return its size in bytes. progress(done, total) is called after each piece. timeout: seconds for all of it.

        System call: sendfile(2). Raises FileNotFoundError and its like for the file, and as Socket.write does.
        """
    def send_message(self, /, data: "ReadableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> None:
        """
        Send one message: its length in four bytes, network byte order, and its bytes. timeout: seconds.

        System call: sendmsg(2). Raises as Socket.write does. The other end: TcpReceiver.receive_message, Socket.read_message.
        """
    @property
    def socket(self, /) -> Socket:
        """
        The socket underneath.
        """

@final
class TcpServer:
    """
    A TCP server that runs in the background: it returns at once, and takes clients until stop() or the end of its `with`.

    on_client(connection) is called for each client in a thread of its own; the connection, a Socket, is closed when it returns.
    What it raises is logged (logger "netsteps"), kept in .errors, and ends only that client.
    Or on_message(message) is called for each message of any client, in one thread for all of them: what it returns, bytes or None, is
    the answer. A function of two arguments, on_message(message, client), gets a MessageClient to answer later, several times, or to
    close. framing says what a message is: "raw" (what one read gave), "lines" (the line's end is taken off and put on), "length" (four
    bytes of length in network byte order before it, as send_message does), or a number of bytes that each has; answers are framed in
    the same way, and with "raw" and a number they are sent as they are. message_limit: the longest line or message in bytes; who sends
    more is disconnected. A client that does not read its answers is not read either; unwritten_limit: from so many bytes on that wait
    for a client, MessageClient.send raises TooSlow.
    Or service names one of the standard services, which run without Python: "echo", "discard", "daytime", "chargen", "time" (RFC 862,
    863, 867, 864, 868). Clients of on_message and service are all served by one thread, or by loops of them (1 to 64): each client by
    one of these, and new ones by that which has the fewest. on_message is then called from so many threads, at the same time where the
    interpreter lets them (free-threaded Python). idle_timeout lets those go that have neither sent nor taken anything for so many
    seconds.
    host: the address to listen on; by default only this machine can connect. port: 0 is a free one, .endpoint tells which.
    max_clients: how many are served at once, 1024 with on_client and 65,536 otherwise unless it is said; the next waits in the backlog,
    which holds up to backlog more.
    System calls: socket(2), bind(2), listen(2), accept4(2), with SO_REUSEADDR. Raises AddressInUse, AddressNotLocal, NoPermission.
    Source: lectures 1, 3 and 4.
    """
    def __enter__(self, /) -> TcpServer: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __new__(cls, /, on_client: "Callable[[Socket], object] | None" = None, *, host: "str | None" = None, port: "int | str | None" = None, on_message: "Callable[[bytes], ReadableBuffer | None] | Callable[[bytes, MessageClient], ReadableBuffer | None] | None" = None, framing: "Literal['raw', 'lines', 'length'] | int | None" = None, message_limit: SupportsIndex = 8388608, service: "Literal['echo', 'discard', 'daytime', 'chargen', 'time'] | None" = None, loops: SupportsIndex = 1, idle_timeout: SupportsFloat | SupportsIndex | None = None, unwritten_limit: SupportsIndex = 8388608, max_clients: SupportsIndex | None = None, backlog: SupportsIndex = 128) -> TcpServer: ...
    def __repr__(self, /) -> str: ...
    @property
    def clients(self, /) -> int:
        """
        How many clients it serves at this moment.
        """
    @property
    def endpoint(self, /) -> Endpoint:
        """
        Where it listens: an Endpoint.
        """
    @property
    def errors(self, /) -> list[BaseException]:
        """
        The exceptions that handlers raised, and what kept the server from accepting; the newest 100 of each.
        """
    @property
    def served(self, /) -> int:
        """
        How many clients it has accepted so far.
        """
    def stop(self, /, grace: SupportsFloat | SupportsIndex = 1.0) -> None:
        """
        Take no new client from now on, give those that there are grace seconds to end, then close their connections.

        Returns when the handlers have ended, at most a second after that: a handler that never looks at its connection is left to itself.
        Inside an on_message function it returns at once: the server ends when the function has. The port is free again. Twice is no
        error. In a forked child it closes what the child inherited, and nothing else.
        """

@final
class Trace:
    """
    Records what every socket of this process does, from `with` or start() to stop().

    capacity: the most events to keep. preview: the most bytes that an event keeps of what it moved. memory: the most bytes of memory
    for all events, about. Older events are let go to stay within these, and counted in .dropped. lines=True notes the line of your
    program that takes each step, which costs some microseconds a step. sample=0.001 looks every so many seconds at what the kernel
    holds for each socket, for .samples and .buffers(). Traces may be nested, and run in several threads at once;
    each records every socket. Printed, it is a table; .ladder() draws both ends. Raises BadArgument for limits that keep nothing.
    """
    def __enter__(self, /) -> Trace: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __new__(cls, /, capacity: SupportsIndex = 100000, *, preview: SupportsIndex = 32, lines: bool = False, sample: SupportsFloat | SupportsIndex | None = None, memory: SupportsIndex = 268435456) -> Trace: ...
    def __repr__(self, /) -> str: ...
    def _repr_html_(self, /) -> str: ...
    def buffers(self, /, *, theme: "Literal['light', 'dark']" = "light") -> Drawing:
        """
        Draw what the kernel held for the sockets over time, in a Trace(sample=): bytes that wait to be read, and bytes that were not
        acknowledged, with the steps below them.

        theme: "light" or "dark". Returns a Drawing. Raises BadArgument for a trace that has taken no samples.
        """
    @property
    def capacity(self, /) -> int:
        """
        The most events that are kept; for a trace that was loaded or merged, how many there are.
        """
    @property
    def dropped(self, /) -> int:
        """
        How many events were let go to stay within the limits.
        """
    @property
    def events(self, /) -> list[Event]:
        """
        What happened: a list of Event, in the order of beginning. A call that waits at this moment has the phase "started".
        """
    def ladder(self, /, *, theme: "Literal['light', 'dark']" = "light", width: SupportsFloat | SupportsIndex = 900.0, limit: SupportsIndex = 200, ascii: bool = False) -> Drawing:
        """
        Draw both ends of each conversation as a ladder: the steps at their times, the bytes as arrows from the call that sent them to
        those that received them, waits, ends and failures. A Relay is a lane between the two, with what it did to each packet.

        theme: "light" or "dark". width: of the picture, in pixels; it is wider where its labels need it. limit: how many steps are
        drawn; of more, what is alike is folded and counted. ascii=True writes the text form without line characters.
        Returns a Drawing: a picture in a notebook, text in a terminal, a file by .save("x.svg"). Raises ValueError for another theme.
        """
    @staticmethod
    def load(path: str | PathLike[str], *, limit: SupportsIndex = 1000000) -> Trace:
        """
        Read a trace that save() has written as .jsonl. It can be shown, merged and saved; it records nothing.

        limit: the most events to take. Raises BadArgument, naming the line, for what is no trace; MessageTooLarge above the limit;
        OSError when the file cannot be read. Ctrl-C ends it.
        """
    @property
    def processes(self, /) -> dict[int, str]:
        """
        The processes that were recorded: for the number of each, the program that it runs ("python3 server.py").
        """
    @property
    def samples(self, /) -> list[Sample]:
        """
        What the kernel held for the sockets over time, in a Trace(sample=): a list of Sample, in the order of time.
        """
    def save(self, /, path: str | PathLike[str]) -> Path:
        """
        Write what was recorded to a file, and return its path.

        path: "x.jsonl" is a file for Trace.load and other programs: JSON Lines (RFC 8259), one object a line. The first line
        describes the recording: {"format": "netsteps trace", "version": 1, "start_ns", "dropped", "dropped_samples", "unix_offset_ns" (to be added to
        every time for the time since 1970), "machine" (a name of this run of the machine), "processes": [{"id", "program"}]}. Each
        other line is an event, with the attributes of Event under their names, "event" for its id, times in nanoseconds of the
        monotonic clock, sizes in bytes, and "preview" in hexadecimal, or {"sample": true} with the attributes of a Sample; what is
        not known is left out.
        "x.pcapng" is a capture file for Wireshark: each call that moved bytes is a packet. Written is what was observed, and nothing
        else: the endpoints, the time, and the bytes that the trace kept (Trace(preview=65535) keeps them all), with headers built
        around them; there is no handshake in it and no FIN. Each packet says so in a comment, with its step and source line.
        Raises BadArgument for another ending, OSError when the file cannot be written. Ctrl-C ends it.
        """
    def start(self, /) -> None:
        """
        Record from now on. Twice is once. Raises BadArgument for a trace that was loaded or merged.
        """
    @property
    def start_ns(self, /) -> int:
        """
        When it was first started, in nanoseconds of the system's monotonic clock (time.monotonic_ns); 0 before that.
        """
    def stop(self, /) -> None:
        """
        Record no more; what was recorded stays.
        """
    def table(self, /) -> Table[Event]:
        """
        The events as a table; str() of it is aligned text, in a notebook it is HTML.
        """

@final
class UdpReceiver:
    """
    Receives datagrams from anybody; iterating gives one after the other, until another thread closes it.

    Iteration, receive_many and receive_message take several datagrams from the kernel at once; what one of them took and did not give
    is given by the next receive of any kind. (A select on .socket does not see those.) The receive buffer is as large as the system
    permits, up to 4 MiB; .report tells what did not fit.

    host: by default only this machine can send to it; port 0 is a free one, and .endpoint tells which.
    System calls: socket(2), bind(2), recvfrom(2), recvmmsg(2). Raises AddressInUse, AddressNotLocal, NoPermission. Source: lecture 5, RFC 768.
    """
    def __enter__(self, /) -> UdpReceiver: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __iter__(self, /) -> UdpReceiver: ...
    def __new__(cls, /, host: "str | None" = None, port: "int | str | None" = None) -> UdpReceiver: ...
    def __next__(self, /) -> Datagram: ...
    def __repr__(self, /) -> str: ...
    def close(self, /) -> None:
        """
        Give the socket back. Twice is no error. System call: close(2).
        """
    @property
    def endpoint(self, /) -> Endpoint:
        """
        Where it receives: an Endpoint.
        """
    def receive(self, /, size: SupportsIndex = 65535, *, timeout: SupportsFloat | SupportsIndex | None = None) -> Datagram:
        """
        Receive the next datagram. size: the most bytes to keep of it. timeout: seconds. Raises TimedOut, SocketClosed.
        """
    def receive_many(self, /, count: SupportsIndex = 64, *, timeout: SupportsFloat | SupportsIndex | None = None) -> list[Datagram]:
        """
        Receive what has come: wait up to timeout seconds for the first datagram, then take up to count that are there. A list of
        Datagram, empty when none came in time.

        As few system calls as possible: recvmmsg(2), and datagrams of one size from one sender come together (UDP_GRO, udp(7)).
        Raises SocketClosed.
        """
    def receive_message(self, /, *, limit: SupportsIndex = 8388608, timeout: SupportsFloat | SupportsIndex | None = None) -> Message:
        """
        Receive the next message that was sent in parts (UdpSender.send_message, split), whole: a Message with .data and .sender.

        Messages of several senders may come mixed; datagrams that are no parts are left out. limit: the most bytes of a message; one
        that claims more is not taken. timeout: seconds; then TimedOut says which parts are missing, .partial is what came up to the
        first of them, and the next call goes on with what came. A message is given up 30 seconds after its last part, and the oldest
        when there are more than 256 at once. Raises TimedOut, SocketClosed.
        """
    @property
    def report(self, /) -> Report:
        """
        What it has seen so far: a Report.
        """
    @property
    def socket(self, /) -> Socket:
        """
        The socket underneath, bound: what it has done is in .socket.steps, and its send_to answers a sender.
        """

@final
class UdpSender:
    """
    Sends datagrams to one peer: UdpSender(host, port). Nothing tells whether they arrive.

    host is a name or an address, port a number or the name of a service. timeout: seconds for the lookup. The socket underneath is
    .socket, connected, so that a refusal by the peer's machine is told by a later send (Refused).
    System calls: getaddrinfo(3), socket(2), connect(2). Raises NameNotFound. Source: lecture 5, RFC 768.
    """
    def __enter__(self, /) -> UdpSender: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __new__(cls, /, host: "str | tuple[str, int | str] | Endpoint", port: "int | str | None" = None, *, timeout: SupportsFloat | SupportsIndex | None = None) -> UdpSender: ...
    def __repr__(self, /) -> str: ...
    def close(self, /) -> None:
        """
        Give the socket back. Twice is no error. System call: close(2).
        """
    @property
    def local(self, /) -> Endpoint | None:
        """
        Our Endpoint.
        """
    @property
    def peer(self, /) -> Endpoint | None:
        """
        The receiver's Endpoint.
        """
    def send(self, /, data: "ReadableBuffer", *, timeout: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Send one datagram, and return its size in bytes. timeout: seconds. System call: send(2).

        Raises DatagramTooLarge (more than 65,507 bytes over IPv4, 65,527 over IPv6), Refused (an earlier one came back).
        """
    def send_many(self, /, messages: "Iterable[ReadableBuffer]", *, timeout: SupportsFloat | SupportsIndex | None = None, rate: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Send each of the messages as one datagram, by as few system calls as possible, and return how many were sent.

        messages: bytes-like objects; those of a list are read where they lie, an iterator is asked for up to 1,024 before they are sent
        (with a rate, for those that are due). Those of one size leave together, and the kernel cuts them apart (segmentation
        offload), up to 64 by one call. rate: so many datagrams a second, evenly and by the clock; None: as fast as the machine can,
        which is faster than many a receiver. timeout: seconds for all of them. System call: sendmmsg(2), with UDP_SEGMENT (udp(7)).
        Raises as send does, for the first that cannot be sent: those before it are on their way, and the error says how many (in a note,
        where it is no bytes, or messages raised it).
        """
    def send_message(self, /, message: "ReadableBuffer", *, size: "int | None" = None, timeout: SupportsFloat | SupportsIndex | None = None, rate: SupportsFloat | SupportsIndex | None = None) -> int:
        """
        Send one message of any size as numbered parts, each in a datagram of its own, and return how many parts there were.

        message: bytes-like, up to 4 GiB; UdpReceiver.receive_message joins it again. size: the most bytes of a datagram, the header of
        16 included; None is what passes an Ethernet whole: 1472 over IPv4, 1452 over IPv6. Nothing is sent again when it is lost:
        a message much larger than the receiver's buffer needs a rate= that the receiver keeps up with, in datagrams a second.
        timeout: seconds for all of it. System call: sendmmsg(2). Raises BadArgument for a size, and as send does.
        """
    @property
    def socket(self, /) -> Socket:
        """
        The socket underneath.
        """

@final
class UdpServer:
    """
    A UDP server that runs in the background: it returns at once, and takes datagrams until stop() or the end of its `with`.

    on_datagram(datagram) is called for each, one after the other in one thread; the bytes that it returns go back to the sender, None
    sends nothing. What it raises is logged (logger "netsteps"), kept in .errors, and ends nothing. All datagrams that are there are
    taken together, and their answers leave together when the function has been called for the last of them. Or service names one of the
    standard services, as for TcpServer. host and port: as for TcpServer.
    replies_per_second: the most answers that one address and port gets in a second; those beyond it are not sent, and counted in
    .held_back. It ends two servers that answer each other after a datagram with a forged sender. For service it is 50 unless it is
    said; for on_datagram there is no limit, as with None: an echo of your own can be made to go round with another one.
    System calls: socket(2), bind(2), recvmmsg(2), sendmmsg(2). Raises AddressInUse, AddressNotLocal, NoPermission. Source: lecture 5.
    """
    def __enter__(self, /) -> UdpServer: ...
    def __exit__(self, /, *_exception: "object") -> None: ...
    def __new__(cls, /, on_datagram: "Callable[[Datagram], ReadableBuffer | None] | None" = None, *, host: "str | None" = None, port: "int | str | None" = None, service: "Literal['echo', 'discard', 'daytime', 'chargen', 'time'] | None" = None, replies_per_second: "int | None" = ...) -> UdpServer: ...
    def __repr__(self, /) -> str: ...
    @property
    def answered(self, /) -> int:
        """
        How many answers it has sent.
        """
    @property
    def endpoint(self, /) -> Endpoint:
        """
        Where it receives: an Endpoint.
        """
    @property
    def errors(self, /) -> list[BaseException]:
        """
        The exceptions that the handler raised, the newest 100 of them.
        """
    @property
    def held_back(self, /) -> int:
        """
        How many answers it has not sent because their receiver had had replies_per_second of them.
        """
    @property
    def received(self, /) -> int:
        """
        How many datagrams it has taken.
        """
    def stop(self, /, grace: SupportsFloat | SupportsIndex = 1.0) -> None:
        """
        Take no datagram from now on, and wait up to grace seconds for those that the handler has: their answers still leave. Twice is
        no error.
        """
    @property
    def unsent(self, /) -> int:
        """
        How many answers could not leave: the kernel refused them, or had no room for them within a second.
        """

@final
class _Client:
    """
    A client of a TcpServer, as the thread of its handler sees it.
    """
    def begun(self, /) -> None:
        """
        The thread of the handler runs: the next client may be taken.
        """
    def ended(self, /) -> None:
        """
        Close the connection, and make room for the next client.
        """
    def failed(self, /, error: Any) -> None:
        """
        Tell what the handler raised. That a stopping server closed the connection under it is no failure.
        """

@final
class _Datagrams:
    """
    The datagrams of a UdpServer, as the thread of its handler sees them.
    """
    def ended(self, /) -> None:
        """
        Say that the loop has ended.
        """
    def failed(self, /, place: SupportsIndex, error: Any) -> None:
        """
        Tell what the handler raised for a datagram of the batch, by its place.
        """
    def fixed(self, /, answer: "object") -> bytes:
        """
        An answer as it is now, in bytes: the function may return the same bytearray again before this one has left.
        """
    def next(self, /, answers: list[object]) -> list[Datagram] | None:
        """
        Send the answers to the last batch, in its order: bytes, or None for none. Then wait for the next batch, a list of datagrams;
        None when the server has stopped.
        """

@final
class _Messages:
    """
    The messages of a TcpServer, as the thread that answers them sees them.
    """
    def answer(self, /, client: MessageClient, message: "object") -> None:
        """
        Send a client what the function returned. Who does not take its answers is asked nothing more, so there is no limit here.
        """
    def ended(self, /) -> None:
        """
        Say that the thread has ended.
        """
    def failed(self, /, place: SupportsIndex, error: Any) -> _Messages:
        """
        Tell what the function raised for a message of the batch, by its place; what comes back stands for its answer.
        """
    def fixed(self, /, answer: "object") -> bytes:
        """
        An answer as it is now, in bytes: the function may return the same bytearray again before this one has left.
        """
    def next(self, /, answers: list[object]) -> list[Any] | None:
        """
        Send the answers to the last batch, in its order: bytes, None for none, this object for a client to be closed. Then wait for the
        next batch, a list of messages (of (message, client), for functions that take both); None when the server has stopped.
        """

def _after_fork() -> None:
    """
    Tell the core that this process was forked; the module registers it with os.register_at_fork.
    """

def _after_fork_in_parent() -> None:
    """
    Let the samplers go on, and know that there is a child; the module registers it with os.register_at_fork.
    """

def _before_fork() -> None:
    """
    Let no sampler hold a lock while this process forks; the module registers it with os.register_at_fork.
    """

def _faults() -> dict[str, float] | None:
    """
    What `_set_faults` has switched on, as a dict, or None.
    """

def _set_faults(*, read_max: SupportsIndex = 0, write_partial: SupportsFloat | SupportsIndex = 0.0, read_block: SupportsFloat | SupportsIndex = 0.0, write_block: SupportsFloat | SupportsIndex = 0.0, seed: SupportsIndex = 0) -> None:
    """
    Make reads and writes short and the kernel "not ready", with the given chances from a seed; all zero switches it off.

    For tests: the results of every program must be the same under it. The environment variable NETSTEPS_FAULTS does it for a
    whole process: "read_max=1,write_partial=0.8,read_block=0.5,write_block=0.5,seed=7".
    """

def _stop_servers() -> None:
    """
    Stop every server and sampler; the interpreter calls it at its end.
    """

def _table(kind: "Literal['tcp', 'udp']") -> list[tuple[str, str, str]]:
    """
    The state table of a "tcp" or "udp" socket: each row is a state, what can happen there, and the state after it.
    """

def fragment(packet: "Packet", mtu: SupportsIndex = 1500, *, identification: "int | None" = None) -> Fragments:
    """
    Cut an IP packet into fragments that a link can carry, as a router does (IPv4), or the sender (IPv6): a list of Packet.

    packet: a Packet of IP, with or without an Ethernet header, which stays before each fragment. mtu: the most bytes that the link
    carries, IP header included: 1500 on Ethernet; every link carries at least 68 (IPv4) or 1280 (IPv6). identification: what tells
    the receiver which fragments belong together; IPv4 packets have it already. A packet that fits is given back alone, in a list.
    Raises DatagramTooLarge (EMSGSIZE) when Don't Fragment is set, as it is in Packet() unless dont_fragment=False says otherwise;
    BadArgument (a ValueError) for an MTU without room; BadPacket for what is no whole IP packet.
    Source: RFC 791 (3.2), RFC 8200 (4.5).
    """

def join(parts: "Iterable[Part | ReadableBuffer | None]", *, limit: SupportsIndex = 67108864) -> Joined:
    """
    Join the parts of a message, in any order: the way back from split.

    parts: Part, or bytes-like as they came over the network; None is one that did not come. limit: the most bytes of the message; a part that claims more is refused.
    Gives a Joined: .message (None when parts are missing), .missing, .duplicates, .problems. Nothing that comes from outside raises:
    foreign bytes, parts of another message than the first, and parts that contradict it are told in .problems.
    """

def merge(*traces: "Trace") -> Trace:
    """
    Put traces together that were recorded in several processes of one machine: merge(client, server).

    Their times are of one clock, so that the events stand in the order in which they happened. What two traces of one process
    both hold is taken once. Returns a new Trace. Raises BadArgument for traces of different machines.
    """

def read_packets(path: str | PathLike[str], *, limit: SupportsIndex = 1073741824) -> Capture:
    """
    Read a capture file, as Wireshark, tcpdump and write_packets write it: pcapng and pcap, of any byte order and resolution of time.

    path: the file. limit: the most bytes that it may have; it is read into memory as a whole, once.
    Gives a Capture, a sequence of CapturedPacket. A file that is damaged, or cut in its middle, gives the packets that are whole,
    and says in .problems what was wrong. Raises BadPacket (a ValueError) for what is no capture at all, MessageTooLarge above the
    limit, OSError when the file cannot be read. Ctrl-C ends it.
    Source: draft-ietf-opsawg-pcapng, draft-ietf-opsawg-pcap.
    """

def reassemble(fragments: "Iterable[Packet | CapturedPacket | ReadableBuffer]") -> Reassembled:
    """
    Put the fragments of an IP packet together, in any order: the way back from fragment.

    fragments: Packet, CapturedPacket, or bytes that begin with an IP header. Gives a Reassembled: .packet (None when it is not whole), .missing,
    .duplicates, .problems. Fragments that overlap others are an attack, never an accident: the packet is refused (RFC 5722), and so
    is what would reach beyond 65,535 bytes. Source: RFC 791 (3.2), RFC 815, RFC 8200 (4.5).
    """

def resolve(host: "str", service: "int | str", *, kind: "Literal['tcp', 'udp']" = "tcp", family: "Literal['ipv4', 'ipv6'] | None" = None, timeout: SupportsFloat | SupportsIndex | None = None) -> Table[Endpoint]:
    """
    The endpoints of a host and a service, in the order in which they should be tried, as a table.

    host is a name or an address in digits, service a name ("http") or a port, kind "tcp" or "udp", family "ipv4", "ipv6" or
    None for both, timeout seconds or None. The lookup can be ended by its timeout and by Ctrl-C.
    System call: getaddrinfo(3). Raises NameNotFound, BadHost (a URL, for example), BadPort, TimedOut.
    Source: lecture 3 (getaddrinfo and its hints), RFC 6724 (the order).
    """

def services() -> Table[Service]:
    """
    The well-known ports, as a table: name, port, transports, purpose. Source: lecture 5, the IANA registry (RFC 6335).
    """

def split(message: "ReadableBuffer", size: SupportsIndex = 1472, *, message_id: "int | None" = None) -> Parts:
    """
    Split a message into numbered parts, each small enough for one datagram: a list of Part that shows itself as a drawing.

    message: bytes-like. size: the most bytes of a part, its header of 16 included. The real limits: 1472 fills an Ethernet frame
    (MTU 1500, less 20 bytes of IPv4 and 8 of UDP), 1452 over IPv6, whose header has 40; 65507 is the most that a UDP datagram
    carries over IPv4, and everything above 1472 travels in fragments, all of which are lost with one. message_id: tells the parts of
    one message from those of another, 0 to 4294967295; without it, each message gets the next number.
    Raises BadArgument (a ValueError) for another size, MessageTooLarge from 4 GiB on. join is the way back.
    """

def write_packets(path: str | PathLike[str], packets: "Iterable[Packet | CapturedPacket | ReadableBuffer]", *, comments: "Iterable[str | None] | None" = None, times: "Iterable[int] | None" = None, interface: "str | None" = None, snap: "int | None" = None, first: "Literal['ip', 'ethernet', 'sll', 'sll2', 'null', 'loop']" = "ip") -> Path:
    """
    Write packets to a capture file, for Wireshark, tcpdump and read_packets, and return its path.

    path: "x.pcapng" (with comments, interfaces and any kind of packet), or "x.pcap" (the older format, for packets of one kind).
    Times have nanoseconds in both. packets: Packet, CapturedPacket (with its time, length, interface and comment), or bytes-like. first: with
    which header bytes begin, as in Packet.parse. comments: for each packet a text, or None to keep its own. times: for each packet
    nanoseconds since 1970; without it, a captured packet keeps its own, and others have the time of writing. interface: the name of
    the interface, for packets that have none. snap: the most bytes to keep of each packet; its length is kept.
    Raises BadArgument (a ValueError) for another ending, for comments in a .pcap and the like, BadPayload for what is no packet,
    OSError when the file cannot be written. Nothing is written before all packets have been looked at. Ctrl-C ends it.
    Source: draft-ietf-opsawg-pcapng, draft-ietf-opsawg-pcap.
    """

__version__: str
