"""The catalogue of errors: each is raised for real, says four things, and is the standard class."""

import errno
import os
import pickle
import resource
import socket as std
import warnings
from collections.abc import Callable

import pytest

import netsteps as ns
from helpers import PATIENCE, bound, listening, pair, until
from netsteps import errors

NOT_LOCAL = "198.51.100.1"  # for documentation (RFC 5737): no machine has it


def refused() -> None:
    with ns.Socket("tcp") as dead, ns.Socket("tcp") as client:
        dead.bind("127.0.0.1", 0)
        client.connect(dead.local)


def timed_out() -> None:
    with pair() as (client, _):
        client.read(timeout=0.01)


def unreachable() -> None:
    with ns.Socket("tcp") as client:
        client.connect("224.0.0.1", 9)  # TCP has no way to a group


def address_in_use() -> None:
    with listening() as listener, ns.Socket("tcp") as second:
        second.bind(listener.local)


def address_not_local() -> None:
    with ns.Socket("tcp") as server:
        server.bind(NOT_LOCAL, 6666)


def no_permission() -> None:
    with ns.Socket("udp") as sender:
        sender.send_to(b"x", "127.255.255.255", 9)


def name_not_found() -> None:
    with ns.Socket("tcp") as client:
        client.connect("no-such-host.invalid", 80)


def bad_host() -> None:
    with ns.Socket("tcp") as client:
        client.connect("http://localhost/index.html", 80)


def bad_payload() -> None:
    with pair() as (client, _):
        client.write("text")


def bad_type() -> None:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1")


def bad_port() -> None:
    with ns.Socket("tcp") as client:
        client.connect("127.0.0.1", 65536)


def bad_argument() -> None:
    with pair() as (client, _):
        client.read(0)


def bad_packet() -> None:
    ns.Packet.parse(b"\x45\x00")


def reset() -> None:
    with pair() as (client, connection):
        connection.options.linger = 0
        connection.close()
        client.read(timeout=PATIENCE)


def broken_pipe() -> None:
    with pair() as (client, connection):
        connection.close()
        assert client.read() == b""
        client.write(b"1")
        client.write(b"2")


def datagram_too_large() -> None:
    with bound() as receiver, ns.Socket("udp") as sender:
        sender.send_to(bytes(65508), receiver.local)


def datagram_cut() -> None:
    with bound() as receiver, ns.Socket("udp") as sender:
        sender.send_to(b"abc", receiver.local)
        receiver.read(2, timeout=PATIENCE)


def message_too_large() -> None:
    with pair() as (client, connection):
        connection.write(b"\xff\xff\xff\xff")
        client.read_message(timeout=PATIENCE)


def unexpected_end() -> None:
    with pair() as (client, connection):
        connection.write(b"ab")
        connection.finish()
        client.read_exactly(4)


def out_of_order() -> None:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", 0)
        server.accept()


def not_writable() -> None:
    with pair() as (client, _):
        client.finish()
        client.write(b"x")


def closed() -> None:
    with pair() as (client, _):
        client.close()
        client.read()


def too_many_files() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        ns.Socket("tcp")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def forked() -> None:
    """Let the child send its error to us."""
    reading, writing = os.pipe()
    with ns.TcpServer(service="echo") as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads
        child = os.fork()
        if child == 0:
            try:
                _ = server.clients
            except ns.SocketError as error:
                os.write(writing, pickle.dumps(error))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    os.close(writing)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        raise pickle.load(pipe)


def too_slow() -> None:
    handles: list[ns.MessageClient] = []

    def keep(_: bytes, client: ns.MessageClient) -> None:
        handles.append(client)

    with (
        ns.TcpServer(on_message=keep, unwritten_limit=1) as server,
        ns.TcpSender(server.endpoint) as silent,
    ):
        silent.send(b"x")
        until(lambda: handles, "the message has come")
        while True:
            handles[0].send(bytes(1_000_000))


def system() -> None:
    with ns.Socket("udp") as socket:
        socket.options.no_delay = True


# Each entry of the catalogue: how it comes about, the standard library's class, and its number.
EXAMPLES: dict[str, tuple[Callable[[], None], type[Exception], int | None]] = {
    "refused": (refused, ConnectionRefusedError, errno.ECONNREFUSED),
    "timed out": (timed_out, TimeoutError, errno.ETIMEDOUT),
    "unreachable": (unreachable, OSError, errno.ENETUNREACH),
    "address in use": (address_in_use, OSError, errno.EADDRINUSE),
    "address not of this machine": (address_not_local, OSError, errno.EADDRNOTAVAIL),
    "no permission": (no_permission, PermissionError, errno.EACCES),
    "name not found": (name_not_found, std.gaierror, None),
    "not a host": (bad_host, std.gaierror, None),
    "not bytes": (bad_payload, TypeError, None),
    "wrong type": (bad_type, TypeError, None),
    "not a port": (bad_port, OverflowError, None),
    "bad argument": (bad_argument, ValueError, None),
    "broken packet": (bad_packet, ValueError, None),
    "reset": (reset, ConnectionResetError, errno.ECONNRESET),
    "broken pipe": (broken_pipe, BrokenPipeError, errno.EPIPE),
    "datagram too large": (datagram_too_large, OSError, errno.EMSGSIZE),
    "datagram cut": (datagram_cut, OSError, errno.EMSGSIZE),
    "message too large": (message_too_large, OSError, errno.EMSGSIZE),
    "unexpected end": (unexpected_end, EOFError, errno.ECONNABORTED),
    "step out of order": (out_of_order, OSError, errno.EINVAL),
    "not writable": (not_writable, BrokenPipeError, errno.EPIPE),
    "closed": (closed, OSError, errno.EBADF),
    "too many open files": (too_many_files, OSError, errno.EMFILE),
    "forked": (forked, OSError, errno.EINVAL),
    "too slow": (too_slow, BlockingIOError, errno.EAGAIN),
    "system": (system, OSError, errno.ENOPROTOOPT),
}
# A signal handler's own exception goes on in place of this one (test_blocking.py).
NEVER_SEEN = {"interrupted"}
# About an argument that is no part of an address, or about no connection at all.
WITHOUT_ADDRESS = {
    "not bytes",
    "wrong type",
    "not a port",
    "bad argument",
    "broken packet",
    "too many open files",
    "forked",
    "system",
}


def raised(code: str) -> ns.SocketError:
    with pytest.raises(ns.SocketError) as caught:
        EXAMPLES[code][0]()
    return caught.value


# The catalogue


def test_every_code_and_every_class_has_an_example() -> None:
    assert EXAMPLES.keys() | NEVER_SEEN == errors._BY_CODE.keys()
    classes = {errors._BY_CODE[code].__name__ for code in errors._BY_CODE}
    assert classes | {"SocketError"} == set(errors.__all__)
    assert set(errors.__all__) <= set(ns.__all__)


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_is_the_class_of_the_standard_library_with_its_number(code: str) -> None:
    error = raised(code)
    _, standard, number = EXAMPLES[code]
    assert type(error) is errors._BY_CODE[code]
    assert error.code == code
    assert isinstance(error, standard)
    assert isinstance(error, ns.SocketError)
    assert isinstance(error, OSError)
    if number is not None:
        assert error.errno == number


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_says_step_address_cause_and_remedy(code: str) -> None:
    error = raised(code)
    text = str(error)
    assert error.step
    assert error.cause
    assert error.remedy
    for part in (error.step, error.cause, error.remedy):
        assert part in text
    assert (error.endpoint is None) == (code in WITHOUT_ADDRESS)
    if error.endpoint:
        assert error.endpoint in text
    assert text.endswith(f". Try: {error.remedy}.")
    # Words, and no language's way to write a value.
    for token in ("os error", "Some(", "None", "Err(", "Os {", "  "):
        assert token not in error.cause + error.remedy


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_survives_pickling(code: str) -> None:
    error = raised(code)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.args, copy.errno) == (str(error), error.args, error.errno)
    assert vars(copy) == vars(error)


def test_a_code_that_this_version_does_not_know_is_a_failure_of_the_system() -> None:
    error = errors.make("new", None, "text", "step", None, "cause", "remedy", None, b"")
    assert type(error) is ns.SystemFailure
    assert error.code == "new"


def test_what_had_come_is_in_the_error() -> None:
    assert raised("unexpected end").partial == b"ab"
    assert raised("datagram cut").partial == b"ab"


def test_the_classes_are_ordered_so_that_one_except_catches_a_family() -> None:
    assert issubclass(ns.SocketClosed, ns.StepError)
    assert issubclass(ns.NotWritable, ns.StepError)
    assert issubclass(ns.NotWritable, BrokenPipeError)
    assert issubclass(ns.BadHost, std.gaierror)
