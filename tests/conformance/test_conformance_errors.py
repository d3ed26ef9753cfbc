"""Errors: the same class and the same number as the standard library's, on a real kernel."""

import errno
import socket as std
from collections.abc import Callable
from typing import Any

import pytest
from backends import Backend, on_both, until_there

import netsteps as ns
from helpers import PATIENCE

pytestmark = [on_both]

NOT_LOCAL = "198.51.100.1"  # for documentation (RFC 5737): no machine has it
GROUP = "224.0.0.1"  # TCP has no way to a group


def refused(backend: Backend) -> None:
    with backend.dead_port() as dead, backend.socket() as socket:
        socket.connect(*dead)


def refused_udp(backend: Backend) -> None:
    with backend.dead_port("udp") as dead, backend.socket("udp") as socket:
        socket.connect(*dead)
        socket.send(b"x")
        socket.read(timeout=PATIENCE)


def unreachable(backend: Backend) -> None:
    with backend.socket() as socket:
        socket.connect(GROUP, 9)


def in_use(backend: Backend) -> None:
    with backend.listening() as listener, backend.socket() as socket:
        socket.bind(*listener.local)


def in_use_udp(backend: Backend) -> None:
    with backend.bound() as bound, backend.socket("udp") as socket:
        socket.bind(*bound.local)


def not_local(backend: Backend) -> None:
    with backend.socket() as socket:
        socket.bind(NOT_LOCAL, 0)


def broadcast(backend: Backend) -> None:
    with backend.socket("udp") as socket:
        socket.send_to(b"x", "127.255.255.255", 9)


def other_family(backend: Backend) -> None:
    with backend.socket() as socket:
        socket.connect("::1", 80)


def reset(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        connection.options.linger = 0
        connection.close()
        client.read(timeout=PATIENCE)


def broken(backend: Backend) -> None:
    with backend.pair() as (client, connection):
        connection.close()
        client.write(b"1")
        client.write(b"2")


def finished(backend: Backend) -> None:
    with backend.pair() as (client, _):
        client.finish()
        client.write(b"x")


def too_large(backend: Backend) -> None:
    with backend.bound() as bound, backend.socket("udp") as socket:
        socket.send_to(bytes(65_508), *bound.local)


def new(kind: str, step: Callable[[Any], object]) -> Callable[[Backend], None]:
    """Make the case of a step on a new socket."""

    def case(backend: Backend) -> None:
        with backend.socket(kind) as socket:
            step(socket)

    return case


def closed(kind: str, step: Callable[[Any], object]) -> Callable[[Backend], None]:
    """Make the case of a step on a closed socket."""

    def case(backend: Backend) -> None:
        with backend.socket(kind) as socket:
            socket.close()
            step(socket)

    return case


def listening(step: Callable[[Any], object]) -> Callable[[Backend], None]:
    def case(backend: Backend) -> None:
        with backend.listening() as listener:
            step(listener)

    return case


def connected(step: Callable[[Any, Any], object]) -> Callable[[Backend], None]:
    def case(backend: Backend) -> None:
        with backend.pair() as (client, connection):
            step(client, connection)

    return case


def bound(step: Callable[[Any], object]) -> Callable[[Backend], None]:
    def case(backend: Backend) -> None:
        with backend.socket() as socket:
            socket.bind("127.0.0.1", 0)
            step(socket)

    return case


CASES: dict[str, tuple[Callable[[Backend], None], type[Exception], int | None]] = {
    "refused": (refused, ConnectionRefusedError, errno.ECONNREFUSED),
    "refused, told by ICMP": (refused_udp, ConnectionRefusedError, errno.ECONNREFUSED),
    "unreachable": (unreachable, OSError, errno.ENETUNREACH),
    "address in use": (in_use, OSError, errno.EADDRINUSE),
    "address in use, UDP": (in_use_udp, OSError, errno.EADDRINUSE),
    "address not local": (not_local, OSError, errno.EADDRNOTAVAIL),
    "broadcast": (broadcast, PermissionError, errno.EACCES),
    "address of the other family": (other_family, std.gaierror, std.EAI_ADDRFAMILY),
    "reset": (reset, ConnectionResetError, errno.ECONNRESET),
    "broken pipe": (broken, BrokenPipeError, errno.EPIPE),
    "write after finish": (finished, BrokenPipeError, errno.EPIPE),
    "datagram too large": (too_large, OSError, errno.EMSGSIZE),
    # Out of order
    "accept before listen": (bound(lambda s: s.accept()), OSError, errno.EINVAL),
    "accept of UDP": (new("udp", lambda s: s.accept()), OSError, errno.EOPNOTSUPP),
    "listen of UDP": (new("udp", lambda s: s.listen()), OSError, errno.EOPNOTSUPP),
    "read before connect": (new("tcp", lambda s: s.read()), OSError, errno.ENOTCONN),
    "write before connect": (new("tcp", lambda s: s.write(b"x")), BrokenPipeError, errno.EPIPE),
    "finish before connect": (new("tcp", lambda s: s.finish()), OSError, errno.ENOTCONN),
    "finish of UDP": (new("udp", lambda s: s.finish()), OSError, errno.ENOTCONN),
    "send of UDP without a peer": (
        new("udp", lambda s: s.send(b"x")),
        OSError,
        errno.EDESTADDRREQ,
    ),
    "connect twice": (connected(lambda c, o: c.connect(*c.peer)), OSError, errno.EISCONN),
    "connect of an accepted socket": (
        connected(lambda c, o: o.connect(*o.peer)),
        OSError,
        errno.EISCONN,
    ),
    "connect while listening": (listening(lambda s: s.connect(*s.local)), OSError, errno.EISCONN),
    "read while listening": (listening(lambda s: s.read()), OSError, errno.ENOTCONN),
    "write while listening": (listening(lambda s: s.write(b"x")), BrokenPipeError, errno.EPIPE),
    "bind twice": (bound(lambda s: s.bind("127.0.0.1", 0)), OSError, errno.EINVAL),
    "bind when connected": (
        connected(lambda c, o: c.bind("127.0.0.1", 0)),
        OSError,
        errno.EINVAL,
    ),
    "listen when connected": (connected(lambda c, o: c.listen()), OSError, errno.EINVAL),
    # Closed
    **{
        f"{name} after close": (closed(kind, step), OSError, errno.EBADF)
        for name, kind, step in [
            ("bind", "tcp", lambda s: s.bind("127.0.0.1", 0)),
            ("connect", "tcp", lambda s: s.connect("127.0.0.1", 9)),
            ("listen", "tcp", lambda s: s.listen()),
            ("accept", "tcp", lambda s: s.accept()),
            ("read", "tcp", lambda s: s.read()),
            ("read_into", "tcp", lambda s: s.read_into(bytearray(1))),
            ("write", "tcp", lambda s: s.write(b"x")),
            ("send", "tcp", lambda s: s.send(b"x")),
            ("finish", "tcp", lambda s: s.finish()),
            ("send_to", "udp", lambda s: s.send_to(b"x", "127.0.0.1", 9)),
            ("receive_from", "udp", lambda s: s.receive_from()),
        ]
    },
    # What callers give. No errno: the system was not asked.
    "a str to write": (connected(lambda c, o: c.write("x")), TypeError, None),
    "a str to send": (connected(lambda c, o: c.send("x")), TypeError, None),
    "a number to write": (connected(lambda c, o: c.write(5)), TypeError, None),
    "None to write": (connected(lambda c, o: c.write(None)), TypeError, None),
    "a str to send_to": (new("udp", lambda s: s.send_to("x", "127.0.0.1", 9)), TypeError, None),
    "port 65536": (new("tcp", lambda s: s.connect("127.0.0.1", 65536)), OverflowError, None),
    "port -1": (new("tcp", lambda s: s.bind("127.0.0.1", -1)), OverflowError, None),
    "port 10**30": (new("udp", lambda s: s.send_to(b"", "127.0.0.1", 10**30)), OverflowError, None),
    "port 80.5": (new("tcp", lambda s: s.connect("127.0.0.1", 80.5)), TypeError, None),
    "port None": (new("tcp", lambda s: s.bind(("127.0.0.1", None))), TypeError, None),
    "host 5": (new("tcp", lambda s: s.bind(5, 0)), TypeError, None),
    "a tuple of one": (new("tcp", lambda s: s.bind(("127.0.0.1",))), TypeError, None),
    "a host alone": (new("tcp", lambda s: s.bind("127.0.0.1")), TypeError, None),
    "a negative size": (connected(lambda c, o: c.read(-1)), ValueError, None),
    "a negative timeout": (connected(lambda c, o: c.read(timeout=-1)), ValueError, None),
    "timeout nan": (connected(lambda c, o: c.read(timeout=float("nan"))), ValueError, None),
    "timeout text": (connected(lambda c, o: c.read(timeout="1")), TypeError, None),
    "size text": (connected(lambda c, o: c.read("1")), TypeError, None),
    "size 1.5": (connected(lambda c, o: c.read(1.5)), TypeError, None),
    "a size beyond memory": (connected(lambda c, o: c.read(2**62)), MemoryError, None),
    "a size beyond numbers": (connected(lambda c, o: c.read(2**70)), OverflowError, None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_class_and_the_number_are_the_standard_librarys(backend: Backend, name: str) -> None:
    case, kind, number = CASES[name]
    with pytest.raises(kind) as caught:
        case(backend)
    if number is not None:
        assert isinstance(caught.value, OSError)
        assert caught.value.errno == number
        assert caught.value.strerror
    if backend.make is ns.Socket and kind not in (MemoryError, OverflowError):
        assert number is None or isinstance(caught.value, ns.SocketError)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "999.0.0.1", "a..b"])
def test_a_name_that_is_not_found_has_the_number_of_getaddrinfo(
    backend: Backend, host: str
) -> None:
    try:
        std.getaddrinfo(host, 80, std.AF_INET, std.SOCK_STREAM)
    except (std.gaierror, UnicodeError) as error:
        number = error.errno if isinstance(error, std.gaierror) else std.EAI_NONAME
    else:
        pytest.fail("the oracle found it")
    with backend.socket() as socket, pytest.raises((std.gaierror, UnicodeError)) as caught:
        socket.connect(host, 80)
    if isinstance(caught.value, std.gaierror):
        assert caught.value.errno == number


def test_after_a_refusal_the_same_socket_connects_elsewhere(backend: Backend) -> None:
    with backend.dead_port() as dead, backend.listening() as listener, backend.socket() as socket:
        with pytest.raises(ConnectionRefusedError):
            socket.connect(*dead)
        socket.connect(*listener.local, timeout=PATIENCE)
        with listener.accept(timeout=PATIENCE) as connection:
            socket.write(b"hello")
            until_there(connection, 5)
