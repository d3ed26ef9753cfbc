"""The two that one body of tests runs on: netsteps, and the standard library as the oracle.

A test asks its backend for sockets, and talks to them in the steps. What is true of the standard
library's socket on a real kernel has to be true of ours.
"""

import fcntl
import socket
import struct
import termios
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import netsteps as ns
from helpers import LOOPBACK, PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


class Std:
    """The standard library's socket, under the names of the steps."""

    def __init__(
        self, kind: str = "tcp", family: str = "ipv4", *, accepted: socket.socket | None = None
    ) -> None:
        self.socket = accepted or socket.socket(FAMILIES[family], KINDS[kind])
        self.options = StdOptions(self.socket)

    def bind(self, *address: Any) -> None:
        self.socket.bind(_whole(address))

    def connect(self, *address: Any, timeout: float | None = None) -> None:
        self.socket.settimeout(timeout)
        self.socket.connect(_whole(address))

    def listen(self, backlog: int = 128) -> None:
        self.socket.listen(backlog)

    def accept(self, *, timeout: float | None = None) -> "Std":
        self.socket.settimeout(timeout)
        return Std(accepted=self.socket.accept()[0])

    def read(self, size: int = 65536, *, timeout: float | None = None) -> bytes:
        self.socket.settimeout(timeout)
        return self.socket.recv(size)

    def read_into(self, buffer: Any, *, timeout: float | None = None) -> int:
        self.socket.settimeout(timeout)
        return self.socket.recv_into(buffer)

    def read_exactly(self, count: int, *, timeout: float | None = None) -> bytes:
        got = b""
        while len(got) < count:
            piece = self.read(count - len(got), timeout=timeout)
            if not piece:
                raise EOFError
            got += piece
        return got

    def read_all(self, *, timeout: float | None = None) -> bytes:
        pieces = []
        while piece := self.read(timeout=timeout):
            pieces.append(piece)
        return b"".join(pieces)

    def write(self, data: Any, *, timeout: float | None = None) -> None:
        self.socket.settimeout(timeout)
        self.socket.sendall(data)

    def send(self, data: Any, *, timeout: float | None = None) -> int:
        self.socket.settimeout(timeout)
        return self.socket.send(data)

    def send_to(self, data: Any, *address: Any, timeout: float | None = None) -> int:
        self.socket.settimeout(timeout)
        return self.socket.sendto(data, _whole(address))

    def receive_from(self, size: int = 65535, *, timeout: float | None = None) -> SimpleNamespace:
        self.socket.settimeout(timeout)
        length = self.socket.recv_into(bytearray(1), 1, socket.MSG_PEEK | socket.MSG_TRUNC)
        data, _, flags, sender = self.socket.recvmsg(size)
        cut = length if flags & socket.MSG_TRUNC else None
        return SimpleNamespace(data=data, sender=sender[:2], truncated_from=cut)

    def finish(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    @property
    def local(self) -> tuple[str, int]:
        return self.socket.getsockname()[:2]

    @property
    def peer(self) -> tuple[str, int]:
        return self.socket.getpeername()[:2]

    def __enter__(self) -> "Std":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _whole(address: tuple[Any, ...]) -> Any:
    return address[0] if len(address) == 1 else address


class StdOptions:
    """The options that the tests set, under our names."""

    def __init__(self, of: socket.socket) -> None:
        self.__dict__["of"] = of

    def __setattr__(self, name: str, value: int) -> None:
        if name == "linger":
            linger = struct.pack("ii", 1, value)
            self.of.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return
        level, option = {
            "no_delay": (socket.IPPROTO_TCP, socket.TCP_NODELAY),
            "reuse_address": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
            "receive_buffer": (socket.SOL_SOCKET, socket.SO_RCVBUF),
            "send_buffer": (socket.SOL_SOCKET, socket.SO_SNDBUF),
        }[name]
        self.of.setsockopt(level, option, value)


class Backend:
    """Where a test's sockets come from. Both classes have the same steps, so their type is Any."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def socket(self, kind: str = "tcp", family: str = "ipv4") -> Any:
        return self.make(kind, family)

    @contextmanager
    def listening(self, family: str = "ipv4", backlog: int = 128) -> "Iterator[Any]":
        with self.socket("tcp", family) as listener:
            listener.bind(LOOPBACK[family], 0)
            listener.listen(backlog)
            yield listener

    @contextmanager
    def pair(self, family: str = "ipv4") -> "Iterator[tuple[Any, Any]]":
        """Give both ends of a TCP connection, without a delay for small writes."""
        with self.listening(family) as listener, self.socket("tcp", family) as client:
            client.connect(*listener.local)
            with listener.accept(timeout=PATIENCE) as connection:
                client.options.no_delay = connection.options.no_delay = True
                yield client, connection

    @contextmanager
    def bound(self, family: str = "ipv4") -> "Iterator[Any]":
        with self.socket("udp", family) as socket:
            socket.bind(LOOPBACK[family], 0)
            yield socket

    @contextmanager
    def dead_port(self, kind: str = "tcp", family: str = "ipv4") -> "Iterator[tuple[str, int]]":
        """Give an address where nobody listens, and nobody else can begin to.

        For TCP a socket that is bound and does not listen. For UDP such a socket would receive: a
        connected one does not, but from its own peer.
        """
        with self.socket(kind, family) as socket:
            socket.bind(LOOPBACK[family], 0)
            if kind == "udp":
                socket.connect(LOOPBACK[family], 9)
            yield tuple(socket.local)


def waiting(socket: Any) -> int:
    """Give how many bytes the kernel has for the socket (FIONREAD, ioctl_tty(2))."""
    return int(struct.unpack("i", fcntl.ioctl(socket.fileno(), termios.FIONREAD, bytes(4)))[0])


def until_there(socket: Any, count: int) -> None:
    until(lambda: waiting(socket) >= count, f"{count} bytes arrive")


on_both = pytest.mark.parametrize(
    "backend", [Backend(ns.Socket), Backend(Std)], ids=["netsteps", "stdlib"]
)
in_both_families = pytest.mark.parametrize("family", ["ipv4", "ipv6"])
