r"""Peers that are clients: they connect to the server under test, and misbehave or play a script.

    with peers.client.one_byte_at_a_time(server.endpoint, b"GET / HTTP/1.1\r\n\r\n") as peer:
        assert peer.wait_for(15) == b"HTTP/1.1 200 OK"

Each returns at once and connects in a thread of its own. `.wait_for(count)` gives the first bytes
of the answer, `.wait()` what became of the conversation: "ended" (it did all that it does),
"cut" (the server cut it), "failed" (no connection), "out of time", "out of bytes"; `.conversation`
has more. seconds: how long it lasts at most (30). limit: the most bytes each way (64 MiB). Each
raises TypeError and ValueError for arguments that cannot be meant.
"""

import secrets
from functools import partial
from typing import TYPE_CHECKING, Unpack

from netsteps.peers import behaviours
from netsteps.peers.checks import count, duration, framed, part, payload, speed
from netsteps.peers.datagrams import ScriptedUdp
from netsteps.peers.misbehaving import Limits, MisbehavingClient
from netsteps.peers.scripted import ScriptedClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netsteps import Endpoint
    from netsteps.peers.actions import Step

__all__ = [
    "closes_early",
    "endless",
    "garbage",
    "glued",
    "half_close",
    "one_byte_at_a_time",
    "resets",
    "scripted",
    "scripted_udp",
    "silent",
    "slow_reader",
    "wrong_length",
]


def silent(endpoint: "Endpoint | tuple[str, int]", **limits: Unpack[Limits]) -> MisbehavingClient:
    """Connect, and never say anything.

    On the wire: the handshake alone. It stands for a client that hangs, a port scanner, and the
    first step of a slow attack. A good server serves the others meanwhile, and has a limit of idle
    time after which it closes.
    """
    return MisbehavingClient("silent()", endpoint, behaviours.silent, **limits)


def one_byte_at_a_time(
    endpoint: "Endpoint | tuple[str, int]",
    request: bytes,
    *,
    pause: float = 0.001,
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send the request in segments of one byte each, end our half, and read the answer.

    On the wire: one segment (TCP_NODELAY) for each byte, `pause` seconds apart. It stands for a
    typed terminal, a slow link, a slow attack (slowloris). A good server joins them, answers as
    ever, and has a limit of time for a whole request.
    """
    data = payload(request, "request")
    behave = partial(
        behaviours.one_byte_at_a_time, data=data, pause=duration(pause, "pause") or 0.0
    )
    return MisbehavingClient(f"one_byte_at_a_time(pause={pause:g})", endpoint, behave, **limits)


def glued(
    endpoint: "Endpoint | tuple[str, int]",
    messages: "Iterable[bytes]",
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send several messages in one call, and read the answers; our half stays open.

    On the wire: one segment with all of them, as far as they fit. It stands for Nagle's algorithm,
    pipelining, and a client that is quicker than the server. A good server answers each of them, in
    order, and does not take the second for a part of the first.
    """
    data = b"".join(payload(message, "messages") for message in messages)
    return MisbehavingClient("glued()", endpoint, partial(behaviours.stays, data=data), **limits)


def resets(
    endpoint: "Endpoint | tuple[str, int]",
    request: bytes,
    after: int = 0,
    *,
    pause: float = 0.0,
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send the first bytes of the request, and cut the connection by a reset.

    On the wire: `after` bytes, then a real RST (SO_LINGER 0, close). It stands for a client that
    crashed, a closed browser tab, a phone out of reach. A good server gives up this client alone
    (ConnectionResetError is not its end), and does not act on half a message. pause: seconds
    between the bytes and the reset, for servers that look for errors first.
    """
    data, waits = part(request, after, "request"), duration(pause, "pause") or 0.0
    behave = partial(behaviours.resets, data=data, after=after, pause=waits)
    return MisbehavingClient(f"resets(after={after})", endpoint, behave, **limits)


def closes_early(
    endpoint: "Endpoint | tuple[str, int]",
    request: bytes,
    after: int = 0,
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send the first bytes of the request, and close in good order.

    On the wire: `after` bytes, then FIN; what the server sends later is answered by RST. It stands
    for a client that was ended in the middle. A good server notices the end, does not act on half a
    message, and survives a write to a client that is gone (BrokenPipeError).
    """
    data = part(request, after, "request")
    behave = partial(behaviours.closes_early, data=data, after=after)
    return MisbehavingClient(f"closes_early(after={after})", endpoint, behave, **limits)


def half_close(
    endpoint: "Endpoint | tuple[str, int]", request: bytes, **limits: Unpack[Limits]
) -> MisbehavingClient:
    """Send the request, end our half of the connection, and read the answer to its end.

    On the wire: the request, FIN; the answer still comes. It stands for `nc -N`, and for every
    client that says "that was all". A good server sends its whole answer, and then closes.
    """
    behave = partial(behaviours.sends, data=payload(request, "request"))
    return MisbehavingClient("half_close()", endpoint, behave, **limits)


def slow_reader(
    endpoint: "Endpoint | tuple[str, int]",
    request: bytes,
    rate: float = 1000,
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send the request, and read the answer at so many bytes a second.

    On the wire: a small window that soon is zero, and opens again bit by bit. It stands for a phone
    on a bad link, and for an attack. A good server goes on serving the others, keeps a bounded
    amount for this one, and gives it up after a limit of time. rate: bytes a second.
    """
    data = payload(request, "request")
    behave = partial(behaviours.slow_reader, rate=speed(rate), before=data, after=b"")
    name = f"slow_reader(rate={rate:g})"
    return MisbehavingClient(name, endpoint, behave, receive_buffer=4096, **limits)


def garbage(
    endpoint: "Endpoint | tuple[str, int]",
    size: int = 1024,
    seed: int | None = 0,
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send random bytes, end our half, and read what the server says to them.

    On the wire: size bytes, the same for one seed; then FIN. It stands for the wrong program at the
    port, TLS to a plain server, scanners. A good server answers with an error of its protocol or
    closes, and serves the next client. seed: None draws one, which repr shows.
    """
    count(size, "size")
    drawn = secrets.randbelow(1 << 32) if seed is None else count(seed, "seed")
    behave = partial(behaviours.garbage, size=size, seed=drawn)
    return MisbehavingClient(f"garbage(size={size}, seed={drawn})", endpoint, behave, **limits)


def endless(
    endpoint: "Endpoint | tuple[str, int]",
    start: bytes = b"",
    fill: bytes = b"x",
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send without an end, and read nothing: no line feed, no end of the message.

    On the wire: start, then fill over and over, up to `limit` bytes. It stands for an attack on the
    server's memory. A good server has a limit for a line, a header and a message, and cuts the
    client off there.
    """
    data, more = payload(start, "start"), payload(fill, "fill")
    if not more:
        raise ValueError("fill has at least one byte")
    behave = partial(behaviours.endless, start=data, fill=more)
    return MisbehavingClient("endless()", endpoint, behave, **limits)


def wrong_length(
    endpoint: "Endpoint | tuple[str, int]",
    payload: bytes = b"hello",
    promised: int = 0xFFFFFFFF,
    *,
    header: "Callable[[int], bytes] | None" = None,
    stays: bool = True,
    **limits: Unpack[Limits],
) -> MisbehavingClient:
    """Send a frame whose length is wrong: by default it promises 4 GiB, and five bytes follow.

    On the wire: the header for `promised` bytes, the payload, and nothing more (stays=False: FIN).
    It stands for text sent to a binary port, the other byte order, an attack on memory. A good
    server checks the length before it takes memory, and closes. header: makes the header of a
    length; by default four bytes in network byte order, which read_message uses.
    """
    data = framed(payload, promised, header)
    behave = partial(behaviours.stays if stays else behaviours.sends, data=data)
    return MisbehavingClient(f"wrong_length(promised={promised})", endpoint, behave, **limits)


def scripted(
    endpoint: "Endpoint | tuple[str, int]", script: "Sequence[Step]", *, timeout: float = 5.0
) -> ScriptedClient:
    r"""Connect to a server, and play a script with it.

        with peers.client.scripted(server.endpoint, [send(b"PING\r\n"), expect(b"+PONG\r\n")]):
            ...

    It connects and plays in a thread of its own; the end of the block, or `.check()`, waits for the
    last step and raises ScriptError where one failed. After the last step it ends its half of the
    connection; bytes of the server that no step expects are a failure too.

    endpoint: the server under test. script: a list of the steps expect, send, pause, finish, close,
    reset, expect_end, expect_reset. timeout: seconds for connect, and for each step.
    Raises TypeError and ValueError for a script that makes no sense.
    """
    return ScriptedClient(endpoint, script, timeout)


def scripted_udp(
    endpoint: "Endpoint | tuple[str, int]", script: "Sequence[Step]", *, timeout: float = 5.0
) -> ScriptedUdp:
    """Play a script in datagrams with a UDP server: see peers.scripted_udp.

    Raises TypeError and ValueError for a script that makes no sense.
    """
    return ScriptedUdp(script, timeout, connect=endpoint)
