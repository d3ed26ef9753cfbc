"""Endpoints that are held: bound from the beginning, and handed over without a gap.

To ask for a free port and close the socket again is a race: until the server binds it, the kernel
may give the port to anybody. Here the socket stays bound, and is itself what the test takes over.
"""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

import netsteps as ns

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from typing import Self


class HeldEndpoint:
    """A free endpoint with a bound socket behind it.

    kind: "tcp" or "udp". host: an address of this machine. Port 0 chooses the port, which nobody
    else is given while it is held (ip(7): neither by another bind to port 0 nor for a connect).
    A TCP socket is held with SO_REUSEADDR and does not listen: on Linux another socket with this
    option may bind the same port and listen, so a server that only takes a number can be started
    while it is held. Elsewhere, and for UDP, use take().
    System calls: socket(2), bind(2). Raises AddressNotLocal, BadArgument.
    """

    def __init__(self, kind: Literal["tcp", "udp"] = "tcp", host: str = "127.0.0.1") -> None:
        self._socket: ns.Socket | None = ns.Socket(kind, ns.Endpoint(host, 0).family)
        try:
            if kind == "tcp":
                self._socket.options.reuse_address = True
            self._socket.bind(host, 0)
            assert self._socket.local is not None
        except BaseException:
            self._socket.close()
            raise
        self._endpoint = self._socket.local

    @property
    def endpoint(self) -> ns.Endpoint:
        """The address: an Endpoint."""
        return self._endpoint

    @property
    def host(self) -> str:
        """The IP address, in digits."""
        return self._endpoint.ip

    @property
    def port(self) -> int:
        """The port."""
        return self._endpoint.port

    @property
    def held(self) -> bool:
        """Whether the socket is still here: neither taken nor released."""
        return self._socket is not None

    def take(self) -> ns.Socket:
        """Hand the bound socket over: from here on it is the caller's, to listen on and to close.

        Raises ValueError when it was taken or released before.
        """
        if self._socket is None:
            raise ValueError(f"{self._endpoint} is not held: it was taken or released before")
        taken, self._socket = self._socket, None
        return taken

    def take_std(self) -> "socket.socket":
        """Hand it over as a socket of the standard library, bound and blocking.

        For asyncio.start_server(sock=), socketserver, and programs that are given a descriptor.
        System call: dup(2). Raises ValueError as take() does.
        """
        import os
        import socket

        with self.take() as taken:
            handed = socket.socket(fileno=os.dup(taken.fileno()))
        handed.setblocking(True)
        return handed

    def release(self) -> None:
        """Close the socket that holds it. The port is anybody's from here on. Twice is no error."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __iter__(self) -> "Iterator[str | int]":
        """Give host and port, as Endpoint does: connect(*held)."""
        return iter((self.host, self.port))

    def __str__(self) -> str:
        return str(self._endpoint)

    def __repr__(self) -> str:
        return f"<HeldEndpoint {self._endpoint} {'held' if self.held else 'handed over'}>"


class HoldsEndpoints:
    """Makes endpoints that are held, and releases those that were not taken at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __call__(
        self, kind: Literal["tcp", "udp"] = "tcp", host: str = "127.0.0.1"
    ) -> HeldEndpoint:
        """Hold one more. kind: "tcp" or "udp". host: an address of this machine."""
        held = HeldEndpoint(kind, host)
        self._stack.callback(held.release)
        return held

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()
