"""Ports for programs under test: a free one, and whether a program listens on it by now.

Looking for a listener by connecting to it would be its first client. So the tables of the kernel
are read instead; elsewhere than on Linux it is tried whether the port can still be bound.
"""

import os
import random
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Listening", "can_look", "free_port", "is_free", "listening", "sockets_of"]

_TRIES = 50
_LISTEN = "0A"  # of the state of a TCP socket in /proc/net/tcp


class Listening(NamedTuple):
    """Where a program takes clients or datagrams."""

    ip: str
    port: int
    transport: str

    def __str__(self) -> str:
        ip = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{ip}:{self.port}"


def free_port(transport: str, host: str = "127.0.0.1") -> int:
    """Give a port that nobody has now, and that port 0 gives to nobody meanwhile, if possible.

    Those that the system hands out by itself are left alone, where there are others: another
    program that binds port 0 can then not get it in between.
    """
    low = _handed_out()
    if low > 20_000:
        for _ in range(_TRIES):
            port = random.randrange(15_000, low)
            if is_free(transport, host, port):
                return port
    return _bound_port(transport, host, 0)


def _handed_out() -> int:
    """Give the lowest of the ports that the system hands out; 0 where it does not say."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def is_free(transport: str, host: str, port: int) -> bool:
    """Say whether a program could bind this port now."""
    try:
        _bound_port(transport, host, port)
    except OSError:
        return False
    return True


def _bound_port(transport: str, host: str, port: int) -> int:
    """Bind a port for a moment; with a plain socket, so that no trace shows it."""
    import socket

    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, port))
        found: int = probe.getsockname()[1]
    return found


def can_look() -> bool:
    """Whether the tables of the kernel can be read: on Linux."""
    return Path("/proc/net/tcp").exists()


def sockets_of(pids: "Iterable[int]") -> set[str]:
    """Give the inodes of the sockets that these processes have open (proc(5)): on Linux."""
    inodes = set()
    for pid in pids:
        try:
            names = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 - looked at often
        except OSError:
            continue
        for name in names:
            with suppress(OSError):  # closed meanwhile
                target = os.readlink(f"/proc/{pid}/fd/{name}")  # noqa: PTH115
                if target.startswith("socket:["):
                    inodes.add(target[8:-1])
    return inodes


def listening(pids: list[int]) -> list[Listening]:
    """Give where these processes listen (TCP) or are bound (UDP, without a peer): on Linux."""
    inodes = sockets_of(pids)
    found = []
    for name in ("tcp", "tcp6", "udp", "udp6"):
        try:
            lines = Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[9] not in inodes:
                continue
            peerless = fields[2].rpartition(":")[2] == "0000"
            if fields[3] == _LISTEN if name.startswith("tcp") else peerless:
                ip, _, port = fields[1].partition(":")
                found.append(Listening(_address(ip), int(port, 16), name[:3]))
    return found


def _address(text: str) -> str:
    """Read an address of /proc/net: words of four bytes in the order of this machine."""
    from ipaddress import ip_address

    words = [int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8)]
    address = ip_address(b"".join(words))
    # ::ffff:127.0.0.1 is how a program in Java binds 127.0.0.1: an IPv6 socket for IPv4.
    return str(getattr(address, "ipv4_mapped", None) or address)
