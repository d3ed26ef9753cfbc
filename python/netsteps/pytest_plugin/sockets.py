"""The open sockets of this process, as the kernel lists them, and each in words."""

import os
import socket
import stat
import sys

FOLDER = {"linux": "/proc/self/fd", "darwin": "/dev/fd"}.get(sys.platform)
SUPPORTED = FOLDER is not None  # Windows has no list of a process's sockets


def open_sockets() -> dict[str, int]:
    """Give each open socket, under a name that is its own, with one of its descriptors.

    A duplicate of a descriptor is the same socket. Wake descriptors (eventfd) are no sockets.
    Empty where the system has no list. System calls: readlink(2) of /proc/self/fd, fstat(2).
    """
    found: dict[str, int] = {}
    if FOLDER is None:
        return found
    for descriptor in map(int, os.listdir(FOLDER)):  # noqa: PTH208 - the names are all that is wanted
        try:
            if sys.platform == "linux":
                name = os.readlink(f"{FOLDER}/{descriptor}")  # noqa: PTH115 - the text, not a path
                if name.startswith("socket:"):
                    found.setdefault(name, descriptor)
            else:
                about = os.fstat(descriptor)
                if stat.S_ISSOCK(about.st_mode):
                    found.setdefault(f"{descriptor}:{about.st_ino}", descriptor)
        except OSError:  # the descriptor of the listing itself, or closed meanwhile
            continue
    return found


def describe(descriptor: int) -> str:
    """Say what a socket is: its kind, addresses, whether it listens, and what waits to be read."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            return f"{_describe(copy)} (descriptor {descriptor})"
    except OSError as error:
        return f"descriptor {descriptor} ({error.strerror})"


def _describe(copy: socket.socket) -> str:
    families = {socket.AF_INET: "", socket.AF_INET6: ""}
    kinds = {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp"}
    if copy.family not in families:
        kind = (
            f"{getattr(copy.family, 'name', copy.family)} {getattr(copy.type, 'name', copy.type)}"
        )
        return " ".join([kind, *filter(None, [_unix_name(copy)])])
    words = [kinds.get(copy.type, str(copy.type)), _address(copy.getsockname())]
    try:
        words += ["->", _address(copy.getpeername())]
    except OSError:
        listens = copy.type == socket.SOCK_STREAM and copy.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        )
        words += ["listening"] if listens else []
    unread = _unread(copy)
    return " ".join(words) + (f", {unread} bytes to be read" if unread else "")


def _address(name: tuple[object, ...]) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def _unix_name(copy: socket.socket) -> str:
    try:
        return str(copy.getsockname() or copy.getpeername() or "")
    except OSError:
        return ""


def _unread(copy: socket.socket) -> int:
    """How many bytes wait to be read, 0 where the system does not tell."""
    try:
        import fcntl
        import termios

        size = bytearray(4)
        fcntl.ioctl(copy.fileno(), termios.FIONREAD, size)
    except (ImportError, OSError):  # Windows; a listening socket
        return 0
    return int.from_bytes(size, sys.byteorder)
