"""The records of TLS over a socket that is recorded: what ssl.SSLSocket sends, not what it means.

An SSLSocket gives its descriptor to OpenSSL, which reads and writes it by itself, and nobody sees.
While it is watched, OpenSSL works in memory instead (ssl.MemoryBIO), as asyncio has it, and its
records go through a netsteps.compat.socket of the same descriptor. One record is taken at a time,
and no byte more, as OpenSSL does: what comes after it stays for select, and for who goes on without
TLS.

The SSLSocket itself, its class, its timeouts and its errors stay what they are.
"""

import _socket
import contextlib
import ssl
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from netsteps import compat

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GREEN", "install", "remove"]

_HEADER = 5  # bytes: type, version, and the length of what follows (RFC 8446, section 5.1)
_RECORD = 1 << 14  # the most bytes of a program in one record


# Their sockets let others run while they wait, in the same thread; ours would stop all of them.
GREEN = ("gevent", "eventlet")
# As they are now: a program may put others in their place. Together: gevent warns of modules
# that have one of them by a name of its own.
_STANDARD: tuple[Any, Any] = (ssl.SSLSocket, ssl.SSLContext)


def install() -> None:
    """Let the TLS sockets that are made from now on be recorded."""
    _STANDARD[1]._wrap_socket = _wrap_socket


def remove() -> None:
    """Let OpenSSL have its descriptors again. Those that are recorded go on as they are."""
    del _STANDARD[1]._wrap_socket  # below is the one in C


def _wrap_socket(
    context: Any,
    sock: Any,
    server_side: bool,
    server_hostname: str | None = None,
    *,
    owner: Any = None,
    session: Any = None,
) -> Any:
    standard, above = _STANDARD
    if not isinstance(sock, standard) or type(sock).__module__.partition(".")[0] in GREEN:
        by_openssl: Any = super(above, context)
        return by_openssl._wrap_socket(
            sock, server_side, server_hostname, owner=owner, session=session
        )
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    inner = context._wrap_bio(
        incoming, outgoing, server_side, server_hostname, owner=owner, session=session
    )
    return Records(sock, inner, incoming, outgoing)


class Records:
    """What SSLSocket has as its _sslobj: the methods of OpenSSL's own, over a recorded socket."""

    def __init__(
        self, sock: Any, inner: Any, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
    ) -> None:
        self._sock = weakref.ref(sock)
        self._inner = inner
        self._incoming, self._outgoing = incoming, outgoing
        self._unsent = memoryview(b"")
        self._header = b""
        self._left = _HEADER  # bytes to the end of the header, or of the record
        self._sending, self._receiving = threading.Lock(), threading.Lock()
        self._made: compat.socket | None = None
        self._has_read = False

    def __del__(self) -> None:
        """Close the socket with its SSLSocket, so that it is recorded; else leave it to others."""
        with contextlib.suppress(Exception):
            sock, transport = self._sock(), self._made
            if transport is None:
                return
            if sock is not None and sock._closed and sock.fileno() == transport.fileno():
                _socket.socket.detach(sock)
                if not self._has_read:
                    # A server's tickets. OpenSSL alone is mostly gone before they come; to close
                    # with them unread would be a reset to the server.
                    transport.settimeout(0)
                    with contextlib.suppress(OSError):
                        transport.recv(_RECORD)
                transport.close()
            else:
                transport.detach()

    def _transport(self, end: float | None) -> compat.socket:
        """Give the recorded socket, which waits until then. Made late: it knows its peer by then.

        end: 0 not to wait, None as long as it takes, or a time.
        """
        if self._made is None:
            sock: Any = self._sock()
            self._made = compat.socket(sock.family, sock.type, sock.proto, sock.fileno())
        self._made.settimeout(max(end - time.monotonic(), 1e-6) if end else end)
        return self._made

    def __getattr__(self, name: str) -> Any:
        """Give what OpenSSL knows: cipher, getpeercert, version, ..."""
        return getattr(self._inner, name)

    @property
    def context(self) -> Any:
        """The context, which a server may change by the name that the client asks for."""
        return self._inner.context

    @context.setter
    def context(self, context: Any) -> None:
        self._inner.context = context

    @property
    def session(self) -> Any:
        """The session, to be resumed."""
        return self._inner.session

    @session.setter
    def session(self, session: Any) -> None:
        self._inner.session = session

    def do_handshake(self) -> None:
        """Do the handshake."""
        self._do("handshake", self._inner.do_handshake)

    def read(self, *arguments: Any) -> Any:
        """Read at most so many bytes, or into a buffer."""
        done = self._do("read", self._inner.read, *arguments)
        self._has_read = True
        return done

    def write(self, data: Any) -> int:
        """Write, and return how many bytes were taken."""
        end = self._end()
        if end == 0:
            # OpenSSL in memory takes all that it is given; what the kernel does not take now is
            # not to be taken from the program either.
            self._flush("write", end)
            data = memoryview(data).cast("B")[:_RECORD]
        taken: int = self._do("write", self._inner.write, data)
        return taken

    def shutdown(self) -> Any:
        """Say that no more comes, wait until the peer says so, and return the socket."""
        self._do("shutdown", self._inner.shutdown)
        return self._sock()

    def _end(self) -> float | None:
        """Until when a call may wait: 0 not at all, None as long as it takes."""
        sock = self._sock()
        timeout = None if sock is None else sock.gettimeout()
        return time.monotonic() + timeout if timeout else timeout

    def _do(self, name: str, work: "Callable[..., Any]", *arguments: Any) -> Any:
        end = self._end()
        while True:
            try:
                done = work(*arguments)
            except ssl.SSLWantReadError:
                self._flush(name, end, flight=name == "handshake")
                if not self._filled(name, end):
                    raise
            except ssl.SSLError:
                # What went wrong is told to the peer first.
                with contextlib.suppress(OSError):
                    self._flush(name, end)
                raise
            else:
                self._flush_after(name, end)
                return done

    def _flush_after(self, name: str, end: float | None) -> None:
        """Send what a call that has succeeded has left: with the next one, if it cannot be now."""
        handshake = name == "handshake"
        tickets = handshake and self._inner.server_side and self._inner.version() == "TLSv1.3"
        try:
            self._flush(name, end, flight=handshake and not tickets)
        except ssl.SSLWantWriteError:
            pass
        except ConnectionError:
            # A server's tickets, and answers to what was read, are for a peer that may be gone:
            # to OpenSSL that is no error.
            if name != "read" and not tickets:
                raise

    def _flush(self, name: str, end: float | None, *, flight: bool = False) -> None:
        """Send the records that are ready: each by itself, but those of a flight together.

        So OpenSSL has it. A client that is gone at once ends in the second of a server's tickets,
        and not in the first read.
        """
        with self._sending:
            while self._unsent or self._outgoing.pending:
                if not self._unsent:
                    records = self._outgoing.read(-1 if flight else _HEADER)
                    if not flight:
                        records += self._outgoing.read(int.from_bytes(records[3:], "big"))
                    self._unsent = memoryview(records)
                try:
                    self._unsent = self._unsent[self._transport(end).send(self._unsent) :]
                except BlockingIOError:
                    words = "The operation did not complete (write)"
                    raise ssl.SSLWantWriteError(ssl.SSL_ERROR_WANT_WRITE, words) from None
                except TimeoutError:
                    raise _timed_out(name) from None
                except ConnectionError:
                    self._unsent = memoryview(b"")
                    raise

    def _filled(self, name: str, end: float | None) -> bool:
        """Take a part of the next record; say whether something came, or the end."""
        with self._receiving:
            if self._incoming.pending:
                return True  # another thread has taken it meanwhile
            try:
                data = self._transport(end).recv(self._left)
            except BlockingIOError:
                return False
            except TimeoutError:
                raise _timed_out(name) from None
            if data:
                self._incoming.write(data)
                self._count(data)
            else:
                self._incoming.write_eof()
        return True

    def _count(self, data: bytes) -> None:
        """Keep count of where the record ends."""
        self._left -= len(data)
        if len(self._header) < _HEADER:
            self._header += data
            if len(self._header) == _HEADER:
                self._left = int.from_bytes(self._header[3:], "big")
        if self._left <= 0:
            self._header, self._left = b"", _HEADER


def _timed_out(name: str) -> TimeoutError:
    return TimeoutError(f"The {name} operation timed out")
