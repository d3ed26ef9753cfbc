"""A name with several addresses, for clients that are to try them all; and what they leave open."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import netsteps as ns
from netsteps.lessons.ports import sockets_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Name", "bound_everywhere", "has_ipv6", "left_open", "name_with_addresses"]

OWN_NAME = "many-addresses.test"  # nobody has a name that ends in .test (RFC 6761)
TRIES = 20  # ports, until one is free at every address


class Name(NamedTuple):
    """A host name and its addresses on this machine.

    hosts: what a program has to find in its hosts file for the name, or None where it finds it.
    """

    host: str
    addresses: tuple[str, ...]
    hosts: str | None = None


def has_ipv6() -> bool:
    """Tell whether ::1 can be used on this machine."""
    with ns.Socket("tcp", "ipv6") as socket:
        try:
            socket.bind("::1", 0)
        except ns.SocketError:
            return False
    return True


def name_with_addresses(*, own: bool) -> Name | None:
    """Give a name with more than one loopback address, or None where there is none.

    own: whether a program can be given a hosts file of its own; else it is "localhost", on machines
    where that has both addresses.
    """
    try:
        found = tuple(endpoint.ip for endpoint in ns.resolve("localhost", 1, timeout=2.0))
    except ns.SocketError:
        found = ()
    if {"::1", "127.0.0.1"} <= set(found):
        return Name("localhost", ("::1", "127.0.0.1"))
    if not own:
        return None
    addresses = ("::1", "127.0.0.1") if has_ipv6() else ("127.0.0.2", "127.0.0.1")
    lines = ["127.0.0.1 localhost", *(f"{address} {OWN_NAME}" for address in addresses)]
    return Name(OWN_NAME, addresses, "\n".join(lines) + "\n")


def bound_everywhere(addresses: "Iterable[str]") -> list[ns.Socket]:
    """Bind one port at each of these addresses, so that connecting there is refused until listen.

    Raises AddressInUse where no port is free at all of them.
    """
    last: ns.AddressInUse | None = None
    for _ in range(TRIES):
        sockets: list[ns.Socket] = []
        port = 0
        try:
            for address in addresses:
                socket = ns.Socket("tcp", "ipv6" if ":" in address else "ipv4")
                sockets.append(socket)
                socket.bind(address, port)
                assert socket.local is not None  # it is bound
                port = socket.local.port
        except ns.AddressInUse as error:
            last = error
        except BaseException:
            for socket in sockets:
                socket.close()
            raise
        else:
            return sockets
        for socket in sockets:
            socket.close()
    assert last is not None  # the loop ended without a port
    raise last


def left_open(pids: "Iterable[int]") -> int:
    """Count the sockets of these processes that are neither connected nor bound nor listen.

    A TCP socket whose connect has failed is in no table of the kernel, and its descriptor is still
    there until it is closed (proc(5)). Elsewhere than on Linux: 0.
    """
    if sys.platform != "linux":
        return 0
    inodes = sockets_of(pids)
    return len(inodes - in_tables()) if inodes else 0


def in_tables() -> set[str]:
    """Give the inodes of all sockets that the kernel lists."""
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "unix", "netlink", "packet"):
        try:
            lines = Path(f"/proc/net/{table}").read_text(errors="replace").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            found |= {field for field in fields if field.isdecimal()}
    return found
