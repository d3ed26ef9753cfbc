"""Clients of message servers, as any program makes them, without netsteps; what the tests share."""

import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from helpers import PATIENCE

if TYPE_CHECKING:
    import netsteps as ns

KIB = 1024


def client(server: "ns.TcpServer", receive_buffer: int | None = None) -> socket.socket:
    """Connect; receive_buffer: how many bytes of answers this kernel takes, about."""
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(PATIENCE)
    try:
        connection.connect(tuple(server.endpoint))
    except OSError:
        connection.close()
        raise
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def rest(connection: socket.socket) -> bytes:
    """Read to the end."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def take(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes, in as many pieces as they come."""
    data = bytearray()
    while len(data) < size and (piece := connection.recv(min(size - len(data), 1 << 20))):
        data += piece
    return bytes(data)


def reset(connection: socket.socket) -> None:
    """Cut the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def resident() -> int:
    """Give the memory of this process that is resident, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
