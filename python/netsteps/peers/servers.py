r"""Servers that misbehave on purpose, one function for each kind of fault.

Each listens on loopback and returns at once. What they have in common:

    with peers.resets(after=10, reply=b"HTTP/1.1 200 OK\r\n\r\n") as peer:
        fetch(f"http://{peer.endpoint}/")

request: how many bytes of the client they read before they misbehave (0: they speak first), or
bytes up to which they read (b"\r\n\r\n": the head of an HTTP request). host, port: where they
listen; port 0 is a free one. seconds: how long a conversation lasts at most (30); then it is
closed. limit: the most bytes that go in each direction of one (64 MiB). Each raises TypeError and
ValueError for arguments that cannot be meant, AddressInUse and its like.
"""

import secrets
from functools import partial
from typing import TYPE_CHECKING, Unpack

from netsteps.peers import behaviours
from netsteps.peers.checks import count, duration, framed, part, payload, speed
from netsteps.peers.misbehaving import MisbehavingServer, NeverAccepts, Where

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "closes_early",
    "endless",
    "garbage",
    "half_close",
    "never_accepts",
    "one_byte_at_a_time",
    "resets",
    "silent",
    "slow_reader",
    "wrong_length",
]


def silent(**where: Unpack[Where]) -> MisbehavingServer:
    """Accept, take whatever comes, and never say anything.

    On the wire: the handshake, then acknowledgements alone. It stands for a server that hangs in a
    lock or waits for a dead database. A good client has a timeout for the answer, not for the
    connect alone, and raises it (TimeoutError).
    """
    return MisbehavingServer("silent()", behaviours.silent, **where)


def one_byte_at_a_time(
    reply: bytes, *, pause: float = 0.001, request: int | bytes = 1, **where: Unpack[Where]
) -> MisbehavingServer:
    """Send the reply in segments of one byte each, then end the stream.

    On the wire: one segment (TCP_NODELAY) for each byte, so many seconds apart. It stands for a
    slow link, small windows, and a server that flushes too often: TCP keeps no borders of messages.
    A good client reads until it has the whole message, and its answer is the same as ever.
    pause: seconds after each byte; with 0 the kernel may join some of them.
    """
    data = payload(reply, "reply")
    behave = partial(
        behaviours.one_byte_at_a_time, data=data, pause=duration(pause, "pause") or 0.0
    )
    return MisbehavingServer(
        f"one_byte_at_a_time(pause={pause:g})", behave, request=request, **where
    )


def resets(
    after: int = 0,
    reply: bytes = b"",
    *,
    pause: float = 0.0,
    request: int | bytes = 1,
    **where: Unpack[Where],
) -> MisbehavingServer:
    """Send the first bytes of the reply, and cut the connection by a reset.

    On the wire: the first `after` bytes of the reply, then a real RST (SO_LINGER 0, close). It
    stands for a crashed process, a firewall or load balancer that has forgotten the connection, a
    machine that restarted. A good client gets the bytes and then ConnectionResetError, never takes
    the part for the whole, and tries again only what may be done twice.
    The bytes have arrived when the reset comes; but some clients (nc) see the error first, and
    then read no more: pause= gives them so many seconds. request=100_000 cuts an upload after as
    many bytes.
    """
    data, waits = part(reply, after, "reply"), duration(pause, "pause") or 0.0
    behave = partial(behaviours.resets, data=data, after=after, pause=waits)
    return MisbehavingServer(f"resets(after={after})", behave, request=request, **where)


def closes_early(
    after: int = 0, reply: bytes = b"", *, request: int | bytes = 1, **where: Unpack[Where]
) -> MisbehavingServer:
    """Send the first bytes of the reply, and close in good order.

    On the wire: the first `after` bytes, then FIN; what the client sends later is answered by RST.
    It stands for a server that is shut down in the middle of an answer, and for proxies with a
    limit of time. A good client knows how long the answer is and says that it is incomplete
    (EOFError, http.client.IncompleteRead); the end of a stream is no success by itself.
    """
    data = part(reply, after, "reply")
    behave = partial(behaviours.closes_early, data=data, after=after)
    return MisbehavingServer(f"closes_early(after={after})", behave, request=request, **where)


def garbage(
    size: int = 1024,
    seed: int | None = 0,
    *,
    request: int | bytes = 1,
    **where: Unpack[Where],
) -> MisbehavingServer:
    """Send random bytes instead of an answer, then end the stream.

    On the wire: size bytes, the same for each client and each run of one seed; then FIN. It stands
    for the wrong program on the port, TLS where plain text was expected, and attackers. A good
    client refuses them with an error of its protocol, checks a length before it takes memory, and
    does not crash. seed: None draws one; it is shown by repr, so that a failure can be repeated.
    """
    count(size, "size")
    drawn = secrets.randbelow(1 << 32) if seed is None else count(seed, "seed")
    behave = partial(behaviours.garbage, size=size, seed=drawn)
    return MisbehavingServer(
        f"garbage(size={size}, seed={drawn})", behave, request=request, **where
    )


def endless(
    start: bytes = b"",
    fill: bytes = b"x",
    *,
    request: int | bytes = 1,
    **where: Unpack[Where],
) -> MisbehavingServer:
    """Send without an end, as fast as the client reads: no line feed, no end of the message.

    On the wire: start, then fill over and over, up to `limit` bytes and `seconds`. It stands for a
    stream instead of a file, a runaway log, an attack on the client's memory. A good client has a
    limit for a line, a header and a message, and gives up when it is reached.
    start: what comes first, the head of an HTTP answer, for example.
    """
    data, more = payload(start, "start"), payload(fill, "fill")
    if not more:
        raise ValueError("fill has at least one byte")
    behave = partial(behaviours.endless, start=data, fill=more)
    return MisbehavingServer("endless()", behave, request=request, **where)


def wrong_length(
    payload: bytes = b"hello",
    promised: int = 100,
    *,
    header: "Callable[[int], bytes] | None" = None,
    stays: bool = False,
    request: int | bytes = 1,
    **where: Unpack[Where],
) -> MisbehavingServer:
    r"""Send a frame whose length is wrong: it promises more bytes than follow, or less.

    On the wire: the header for `promised` bytes, the payload, then FIN (stays=True: nothing more,
    and no FIN). It stands for a truncated file, a length in characters instead of bytes, the other
    byte order, an attack. A good client says that the message is incomplete (promised too much),
    or refuses what follows the message (too little); with stays=True its timeout ends the wait.
    header: makes the header of a length; by default four bytes in network byte order, which
    read_message and TcpSender use. HTTP: header=lambda n: b"HTTP/1.1 200 OK\r\n"
    b"Content-Length: %d\r\n\r\n" % n.
    """
    data = framed(payload, promised, header)
    behave = partial(behaviours.stays if stays else behaviours.sends, data=data)
    return MisbehavingServer(f"wrong_length(promised={promised})", behave, request=request, **where)


def slow_reader(
    rate: float = 1000, reply: bytes = b"", **where: Unpack[Where]
) -> MisbehavingServer:
    """Read what the client sends at so many bytes a second, and answer after its end.

    On the wire: a small window that soon is zero, and opens again bit by bit. It stands for an
    overloaded server, a full disk, a phone on a bad link. A good client is held back (its write
    waits, it does not collect in memory), and its timeout is one of progress or of the whole. The
    kernel takes some MB from the client before it waits; send more than that.
    rate: bytes a second. reply: sent when the client has ended its stream.
    """
    behave = partial(
        behaviours.slow_reader, rate=speed(rate), before=b"", after=payload(reply, "reply")
    )
    return MisbehavingServer(f"slow_reader(rate={rate:g})", behave, receive_buffer=4096, **where)


def half_close(
    reply: bytes = b"", *, request: int | bytes = 1, **where: Unpack[Where]
) -> MisbehavingServer:
    """Send the reply, end our half of the connection, and go on reading.

    On the wire: the reply, FIN; the connection stays half open until the client ends its half. It
    stands for programs that finish writing early (`nc -N`, HTTP/1.0), and brings to light clients
    that leave sockets in CLOSE_WAIT. A good client reads b"", may still send, and closes its side.
    """
    behave = partial(behaviours.sends, data=payload(reply, "reply"))
    return MisbehavingServer("half_close()", behave, request=request, **where)


def never_accepts(*, host: str = "127.0.0.1", port: int = 0) -> NeverAccepts:
    """Listen with a full queue, and never call accept.

    On the wire: SYN, and no answer, again and again (Linux drops it while the queue is full). It
    stands for a server that hangs or has no descriptor left. A good client has a timeout for
    connect: without one, Linux tries for about two minutes. Its making takes some 50 ms: it fills
    the queue by connections of its own. Source: listen(2), tcp(7).
    """
    return NeverAccepts(host, port)
