"""Steps out of order, and steps that fail: what is missing is named, and nothing has changed."""

import errno
import sys
from collections.abc import Callable
from typing import Any

import pytest

import netsteps as ns
from helpers import PATIENCE, listening


def tcp() -> ns.Socket:
    return ns.Socket("tcp")


def udp() -> ns.Socket:
    return ns.Socket("udp")


def bound_tcp() -> ns.Socket:
    socket = tcp()
    socket.bind("127.0.0.1", 0)
    return socket


def bound_udp() -> ns.Socket:
    socket = udp()
    socket.bind("127.0.0.1", 0)
    return socket


def listener() -> ns.Socket:
    socket = bound_tcp()
    socket.listen()
    return socket


def finished() -> ns.Socket:
    with listener() as server:
        client = tcp()
        client.connect(server.local)
        with server.accept(timeout=PATIENCE):
            client.finish()
    return client


STEPS: dict[str, Callable[[ns.Socket], Any]] = {
    "bind": lambda s: s.bind("127.0.0.1", 0),
    "connect": lambda s: s.connect("127.0.0.1", 9),
    "listen": lambda s: s.listen(),
    "accept": lambda s: s.accept(),
    "read": lambda s: s.read(),
    "read_into": lambda s: s.read_into(bytearray(1)),
    "read_exactly": lambda s: s.read_exactly(1),
    "read_until": lambda s: s.read_until(b"\n"),
    "read_all": lambda s: s.read_all(),
    "read_message": lambda s: s.read_message(),
    "write": lambda s: s.write(b"x"),
    "send": lambda s: s.send(b"x"),
    "write_message": lambda s: s.write_message(b"x"),
    "write_file": lambda s: s.write_file(sys.executable),
    "send_to": lambda s: s.send_to(b"x", "127.0.0.1", 9),
    "receive_from": lambda s: s.receive_from(),
    "finish": lambda s: s.finish(),
}
READS = ["read", "read_into", "read_exactly", "read_until", "read_all", "read_message"]
WRITES = ["write", "send", "write_message", "write_file"]
OUT_OF_ORDER = [
    *[(tcp, step, "bind") for step in ("listen", "accept")],
    *[(tcp, step, "connect") for step in (*READS, *WRITES, "finish")],
    *[(tcp, step, None) for step in ("send_to", "receive_from")],
    *[(bound_tcp, "accept", "listen"), (bound_tcp, "bind", None)],
    *[(bound_tcp, step, "connect") for step in (*READS, *WRITES, "finish")],
    *[(listener, step, "accept") for step in (*READS, *WRITES)],
    *[(listener, step, None) for step in ("connect", "bind", "send_to", "receive_from")],
    *[(udp, step, "bind") for step in ("receive_from", "read", "read_into")],
    *[(udp, step, "connect") for step in ("write", "send")],
    *[(udp, step, None) for step in ("listen", "accept", "finish")],
    *[(bound_udp, step, "connect") for step in ("write", "send")],
    *[(bound_udp, step, None) for step in ("bind", "listen", "accept", "finish")],
    *[(finished, step, None) for step in (*WRITES, "connect", "listen", "bind", "accept")],
]


@pytest.mark.parametrize(
    ("make", "step", "missing"),
    OUT_OF_ORDER,
    ids=[f"{make.__name__}-{step}" for make, step, _ in OUT_OF_ORDER],
)
def test_a_step_out_of_order_names_the_missing_one_and_changes_nothing(
    make: Callable[[], ns.Socket], step: str, missing: str | None
) -> None:
    with make() as socket:
        before = (socket.state, repr(socket.steps), repr(socket))
        with ns.Trace() as trace, pytest.raises(ns.StepError) as caught:
            STEPS[step](socket)
        assert trace.events == [], "a system call was made"
        assert (socket.state, repr(socket.steps), repr(socket)) == before
    error = caught.value
    assert error.step == step
    assert error.missing == missing
    assert error.cause
    assert error.remedy
    if missing:
        assert missing in error.remedy


@pytest.mark.parametrize("step", [s for s in STEPS if s not in {"send_to", "receive_from"}])
def test_every_step_of_a_closed_socket_says_so(step: str) -> None:
    with tcp() as socket:
        socket.close()
        with pytest.raises(ns.SocketClosed) as caught:
            STEPS[step](socket)
        assert (caught.value.errno, caught.value.step) == (errno.EBADF, step)
        for setting in ("no_delay", "linger", "receive_buffer"):
            with pytest.raises(ns.SocketClosed):
                getattr(socket.options, setting)
        assert (socket.state, socket.local, socket.peer) == ("closed", None, None)


def test_listen_without_an_address_is_possible_when_it_is_asked_for() -> None:
    for family, host in (("ipv4", "127.0.0.1"), ("ipv6", "::1")):
        with ns.Socket("tcp", family) as server:
            with pytest.raises(ns.StepError, match="any_port=True"):
                server.listen()
            server.listen(any_port=True)
            assert server.local is not None
            assert server.local.ip == host, "more than loopback"
            assert server.local.port > 0


def test_an_error_of_a_step_leaves_the_state_as_it_was() -> None:
    with ns.Socket("tcp") as client, ns.Socket("tcp") as dead, listening() as alive:
        dead.bind("127.0.0.1", 0)
        for _ in range(3):
            with pytest.raises(ns.Refused):
                client.connect(dead.local)
            assert (client.state, client.peer) == ("created", None)
        client.bind("127.0.0.1", 0)
        own = client.local
        with pytest.raises(ns.Refused):
            client.connect(dead.local)
        assert (client.state, client.local) == ("bound", own)
        client.connect(alive.local)
        assert (client.state, client.local) == ("connected", own)
        alive.accept(timeout=PATIENCE).close()
