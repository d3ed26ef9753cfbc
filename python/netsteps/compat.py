"""The standard library's socket over the Rust core: import netsteps.compat as socket.

    import netsteps.compat as socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            client.sendall(b"hello")

The names, arguments and exceptions are those of the standard library's module (its documentation
holds here, too), and what it has and this module does not define is taken from there. Beside that
every error says why and what to try (a note below the traceback, .cause and .remedy), and a Trace
records each call.

One more thing is better: close() in one thread ends what another waits for in the same socket, and
Ctrl-C and a timeout also end the lookup of a name. Source: library/socket.
"""

import os
import socket as _std
import sys
import warnings
from abc import ABCMeta
from multiprocessing import reduction as _reduction
from typing import TYPE_CHECKING, Any

from netsteps._core import PlainSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from _typeshed import ReadableBuffer

__all__ = [*_std.__all__]  # noqa: PLE0604 - the same names
# Constants and functions that make no socket. What is defined below takes their place.
globals().update({name: getattr(_std, name) for name in _std.__all__})
# As the standard module keeps it: create_connection's own default is told from None.
_GLOBAL_DEFAULT_TIMEOUT = _std._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]

# Whatever watch() puts in its place.
_STANDARD = _std.socket

# sendfile(2) is asked for at most so much at once.
_FILE_BLOCK = 1 << 30


def __getattr__(name: str) -> Any:
    """Give what only the standard module defines."""
    return getattr(_std, name)


class socket(PlainSocket, metaclass=ABCMeta):
    """A socket: socket(family, type, proto, fileno), as the standard library's.

    family, type, proto: numbers, AF_INET, SOCK_STREAM and 0 where they are not given. fileno: the
    descriptor of an open socket, which is then this object's to close. System call: socket(2).
    Raises OSError, and with it netsteps.SocketError, which says why. Source: library/socket.
    """

    __slots__ = ("__weakref__", "_closed", "_io_refs")

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None
    ) -> None:
        own: Any = self
        if not isinstance(own, PlainSocket):
            # Of a class that was derived from the standard one before watch() replaced that.
            _STANDARD.__init__(own, family, type, proto, fileno)
            return
        self._io_refs = 0
        self._closed = False
        if fileno is None:
            family = _std.AF_INET if family == -1 else family
            type = _std.SOCK_STREAM if type == -1 else type
            proto = 0 if proto == -1 else proto
        super()._open(family, type, proto, fileno)

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *exception: object) -> None:
        if not self._closed:
            self.close()

    def __repr__(self) -> str:
        kind = self.__class__
        closed = getattr(self, "_closed", False)
        name = f"{kind.__module__}.{kind.__qualname__}{' [closed]' if closed else ''}"
        parts = [
            f"<{name} fd={self.fileno()}",
            f"family={self.family}",
            f"type={self.type}",
            f"proto={self.proto}",
        ]
        names = () if closed else (("laddr", self.getsockname), ("raddr", self.getpeername))
        for end, ask in names:
            try:
                address = ask()
            except OSError:
                continue
            if address:
                parts.append(f"{end}={address}")
        return ", ".join(parts) + ">"

    def __getstate__(self) -> object:
        raise TypeError(f"cannot pickle {self.__class__.__name__!r} object")

    def __del__(
        self,
        # Bound here: at the interpreter's end the module may be empty.
        _warn: "Callable[..., None]" = warnings.warn,
        _warning: type[Warning] = ResourceWarning,
        # The core's own: a class that is derived may have others of these names.
        _fileno: "Callable[[PlainSocket], int]" = PlainSocket.fileno,
        _close: "Callable[[PlainSocket], None]" = PlainSocket._close,
    ) -> None:
        try:
            number = self.fileno()
        except Exception:  # noqa: BLE001
            number = _fileno(self)
        if number >= 0:
            try:
                _warn(f"unclosed {self!r}", _warning, 2, source=self)
            except Warning:
                raise  # that is what -W error asks for
            except Exception:  # noqa: BLE001
                # At the interpreter's end the words may be gone: then nothing is said, as in C.
                pass
            finally:
                _close(self)

    @property
    def family(self) -> int:
        """The address family, as a member of AddressFamily where it is one."""
        return _member(super().family, _std.AddressFamily)

    @property
    def type(self) -> int:
        """The kind of socket, as a member of SocketKind where it is one."""
        return _member(super().type, _std.SocketKind)

    def accept(self) -> "tuple[socket, Any]":
        """Take the next connection: a new socket, and the client's address. accept4(2)."""
        connection = _unopened()
        # Its descriptor is a blocking one, whatever ours is, unless a default was set.
        address = super()._accept_into(connection)
        return connection, address

    def dup(self) -> "Self":
        """Make another object for the same socket, with a descriptor of its own.

        System call: dup(2).
        """
        number = _std.dup(self.fileno())
        other = self.__class__(self.family, self.type, self.proto, fileno=number)
        other.settimeout(self.gettimeout())
        return other

    def _real_close(self) -> None:
        super()._close()

    def close(self) -> None:
        """Give the socket back, after the last file object of it is closed.

        System call: close(2).
        """
        self._closed = True
        if self._io_refs <= 0:
            self._real_close()

    def detach(self) -> int:
        """Part with the descriptor without closing it, and return it; the object is closed."""
        self._closed = True
        return super()._detach()

    def get_inheritable(self) -> bool:
        """Tell whether a program that this one starts inherits the descriptor."""
        return os.get_inheritable(self.fileno())

    def set_inheritable(self, inheritable: bool) -> None:
        """Let programs that this one starts inherit the descriptor, or not."""
        os.set_inheritable(self.fileno(), inheritable)

    def _sendfile_use_sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file by the kernel. sendfile() falls back to send() where that cannot be."""
        self._check_sendfile_params(file, offset, count)
        give_up = _std._GiveupOnSendfile  # type: ignore[attr-defined]
        try:
            number = file.fileno()
            size = os.fstat(number).st_size
        except (AttributeError, OSError) as error:  # no file, or none that has a size
            raise give_up(error) from error
        if not size:
            return 0
        if self.gettimeout() == 0:
            raise ValueError("non-blocking sockets are not supported")
        block = min(count or size, _FILE_BLOCK)
        sent = 0
        try:
            while block > 0 and (went := super()._send_file(number, offset + sent, block)):
                sent += went
                if count:
                    block = min(count - sent, _FILE_BLOCK)
        except TimeoutError:
            raise
        except OSError as error:
            if sent or self.fileno() < 0:
                raise
            raise give_up(error) from None
        finally:
            if sent and hasattr(file, "seek"):
                file.seek(offset + sent)
        return sent

    # These need nothing but the interface, and look up nothing in the standard class itself.
    makefile = _STANDARD.makefile
    sendfile = _STANDARD.sendfile
    _sendfile_use_send = _STANDARD._sendfile_use_send  # type: ignore[attr-defined]
    _check_sendfile_params = _STANDARD._check_sendfile_params  # type: ignore[attr-defined]
    _decref_socketios = _STANDARD._decref_socketios  # type: ignore[attr-defined]


SocketType = socket
# A socket of the standard class is one of this interface, and so is an ssl.SSLSocket.
socket.register(_STANDARD)
# Sockets go to another process as they do in the standard library.
_reduction.register(socket, _reduction._reduce_socket)  # type: ignore[attr-defined]


def _unopened() -> socket:
    """Make an object that is to be given its descriptor."""
    made: Any = socket.__new__(socket)
    made._io_refs, made._closed = 0, False
    return made  # type: ignore[no-any-return]


def _member(value: int, enumeration: Any) -> int:
    try:
        return enumeration(value)  # type: ignore[no-any-return]
    except ValueError:
        return value


def fromfd(fd: int, family: int, type: int, proto: int = 0) -> socket:
    """Make a socket of a duplicate of a descriptor. dup(2)."""
    return socket(family, type, proto, _std.dup(fd))


def socketpair(
    family: int | None = None,
    type: int = _std.SOCK_STREAM,
    proto: int = 0,
) -> tuple[socket, socket]:
    """Make two sockets that are connected to each other.

    System call: socketpair(2).
    """
    pair = _unopened(), _unopened()
    PlainSocket._pair(*pair, _std.AF_UNIX if family is None else family, type, proto)
    return pair


def create_connection(
    address: tuple[str | None, int | str | None],
    timeout: Any = _GLOBAL_DEFAULT_TIMEOUT,
    source_address: tuple[str, int] | None = None,
    *,
    all_errors: bool = False,
) -> socket:
    """Connect to a host and a port, and return the socket. Every address of the name is tried.

    timeout: seconds for each address, or None. source_address: what to bind to before. all_errors:
    raise an ExceptionGroup of what each address said, not the last of it alone.
    """
    host, port = address
    errors: list[OSError] = []
    for family, kind, proto, _, found in _std.getaddrinfo(host, port, 0, _std.SOCK_STREAM):
        made = None
        try:
            made = socket(family, kind, proto)
            if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
                made.settimeout(timeout)
            if source_address:
                made.bind(source_address)
            made.connect(found)
        except OSError as error:
            errors.append(error)
            if made is not None:
                made.close()
        else:
            # The errors know the frames, and these know the list.
            errors.clear()
            return made
    if not errors:
        raise OSError("getaddrinfo returns an empty list")
    try:
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        raise errors[-1]
    finally:
        errors.clear()


def has_dualstack_ipv6() -> bool:
    """Tell whether one socket can serve IPv6 and IPv4."""
    if not _std.has_ipv6:
        return False
    try:
        with socket(_std.AF_INET6, _std.SOCK_STREAM) as made:
            made.setsockopt(_std.IPPROTO_IPV6, _std.IPV6_V6ONLY, 0)
            return True
    except OSError:
        return False


def create_server(
    address: tuple[str, int],
    *,
    family: int = _std.AF_INET,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> socket:
    """Make a TCP socket that listens at an address.

    backlog: as listen() takes it. reuse_port: several sockets share the port. dualstack_ipv6: an
    IPv6 socket that serves IPv4 as well.
    """
    if reuse_port and not hasattr(_std, "SO_REUSEPORT"):
        raise ValueError("SO_REUSEPORT not supported on this platform")
    if dualstack_ipv6:
        if not has_dualstack_ipv6():
            raise ValueError("dualstack_ipv6 not supported on this platform")
        if family != _std.AF_INET6:
            raise ValueError("dualstack_ipv6 requires AF_INET6 family")
    made = socket(family, _std.SOCK_STREAM)
    try:
        made.setsockopt(_std.SOL_SOCKET, _std.SO_REUSEADDR, 1)
        if reuse_port:
            made.setsockopt(_std.SOL_SOCKET, _std.SO_REUSEPORT, 1)
        if family == _std.AF_INET6:
            made.setsockopt(_std.IPPROTO_IPV6, _std.IPV6_V6ONLY, 0 if dualstack_ipv6 else 1)
        try:
            made.bind(address)
        except OSError as error:
            # Its class and its explanation stay; its text is the standard library's.
            error.strerror = f"{error.strerror} (while attempting to bind on address {address!r})"
            error.args = (error.errno, error.strerror)
            raise
        if backlog is None:
            made.listen()
        else:
            made.listen(backlog)
    except BaseException:
        made.close()
        raise
    return made


def send_fds(
    sock: socket,
    buffers: "Iterable[ReadableBuffer]",
    fds: "Iterable[int]",
    flags: int = 0,
    address: Any = None,
) -> int:
    """Send descriptors beside bytes, over a Unix socket. sendmsg(2) with SCM_RIGHTS."""
    import array

    rights = array.array("i", fds).tobytes()
    data = [(_std.SOL_SOCKET, _std.SCM_RIGHTS, rights)]
    if address is None:
        return sock.sendmsg(buffers, data, flags)
    return sock.sendmsg(buffers, data, flags, address)


def recv_fds(
    sock: socket, bufsize: int, maxfds: int, flags: int = 0
) -> tuple[bytes, list[int], int, Any]:
    """Receive descriptors beside bytes, over a Unix socket. recvmsg(2) with SCM_RIGHTS."""
    import array

    fds = array.array("i")
    data, ancillary, told, address = sock.recvmsg(
        bufsize, _std.CMSG_LEN(maxfds * fds.itemsize), flags
    )
    for level, kind, rights in ancillary:
        if (level, kind) == (_std.SOL_SOCKET, _std.SCM_RIGHTS):
            # Of one that was cut only a part may have come.
            fds.frombytes(rights[: len(rights) - len(rights) % fds.itemsize])
    return data, list(fds), told, address


if sys.platform == "win32":  # pragma: no cover
    raise ImportError("netsteps.compat is not made for Windows yet")
