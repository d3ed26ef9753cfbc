"""How many bytes wait in the queues of each socket of this computer, as netstat shows them.

Linux tells it in /proc/net (proc(5)); for other systems there is no answer here.
"""

import sys
from typing import TYPE_CHECKING

from netsteps._core import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Queues"]

Key = tuple[str, Endpoint, Endpoint | None]
_TABLES = {"tcp": "tcp", "tcp6": "tcp", "udp": "udp", "udp6": "udp"}


class Queues:
    """The Recv-Q and Send-Q of the sockets of this moment.

    For a TCP connection: bytes that came and were not read, and bytes that the peer has not
    acknowledged. For a listener, the Recv-Q is how many connections wait to be accepted. For UDP:
    the memory that waiting datagrams take, bookkeeping included.
    """

    def __init__(self) -> None:
        from pathlib import Path

        self._proc = Path("/proc")
        self._found: dict[Key, list[tuple[int, int, int]]] = {}
        # Whether this system tells.
        self.told = sys.platform == "linux" and (self._proc / "net" / "tcp").exists()
        for table, kind in _TABLES.items() if self.told else ():
            for key, numbers in _rows(self._proc / "net" / table, kind):
                self._found.setdefault(key, []).append(numbers)

    def of(
        self, kind: str, local: Endpoint, peer: Endpoint | None, pid: int | None
    ) -> tuple[int | None, int | None]:
        """Give the Recv-Q and the Send-Q of a socket; None for one that is gone already."""
        same = self._found.get((kind, local, peer), [])
        if not same:
            return None, None
        at = 0
        if len(same) > 1:  # SO_REUSEPORT: several sockets have this address
            own = self._sockets_of(pid)
            at = next((at for at, (_, _, inode) in enumerate(same) if inode in own), 0)
        receive, send, _ = same.pop(at) if len(same) > 1 else same[0]
        return receive, send

    def _sockets_of(self, pid: int | None) -> set[int]:
        import os

        found: set[int] = set()
        try:
            entries = list((self._proc / str(pid) / "fd").iterdir()) if pid is not None else []
        except OSError:  # another user's, or gone
            return found
        for entry in entries:
            try:
                target = os.readlink(entry)  # noqa: PTH115 - the text, which is no path
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(int(target[8:-1]))
        return found


def _rows(path: "Path", kind: str) -> "Iterator[tuple[Key, tuple[int, int, int]]]":
    """Read a table of /proc/net: the ends, and Recv-Q, Send-Q and inode of each socket."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError:  # no IPv6, or no /proc
        return
    for line in text.splitlines()[1:]:
        fields = line.split()
        try:
            local, peer = (_endpoint(field) for field in fields[1:3])
            send, receive = (int(field, 16) for field in fields[4].split(":"))
            inode = int(fields[9])
        except (ValueError, IndexError):
            continue
        yield (kind, local, peer if peer.port else None), (receive, send, inode)


def _endpoint(text: str) -> Endpoint:
    """Read `0100007F:1A0A`: the address as 32-bit words in the machine's byte order, the port."""
    import socket

    digits, _, port = text.partition(":")
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    return Endpoint(socket.inet_ntop(family, packed), int(port, 16))
