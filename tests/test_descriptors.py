"""Descriptors: none is lost, none is inherited, and no write to a dead peer kills the process."""

import contextlib
import gc
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import netsteps as ns
from helpers import LOOPBACK, PATIENCE, child_says, listening, pair, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

DESCRIPTORS = Path("/proc/self/fd")


def open_descriptors() -> int:
    return len(list(DESCRIPTORS.iterdir()))


def forget(objects: list[Any]) -> None:
    objects.clear()
    gc.collect()


# Forgotten


def test_a_forgotten_socket_is_told_and_closed() -> None:
    socket = ns.Socket("tcp")
    socket.bind("127.0.0.1", 0)
    text = repr(socket)
    before = open_descriptors()
    forgotten = [socket]
    del socket
    with pytest.warns(ResourceWarning) as caught:
        forget(forgotten)
    [warning] = caught
    assert str(warning.message) == f"unclosed {text}"
    assert "127.0.0.1" in text
    assert open_descriptors() == before - 1


def test_a_forgotten_socket_in_a_cycle_is_told_and_closed() -> None:
    class Holder(ns.Socket):
        me: "Holder"

    before = open_descriptors()
    holder = Holder("udp")
    holder.me = holder
    forgotten = [holder]
    del holder
    with pytest.warns(ResourceWarning, match=r"unclosed <netsteps\.Socket udp"):
        forget(forgotten)
    assert open_descriptors() == before


@pytest.mark.parametrize("make", ["sender", "receiver", "accepted"])
def test_other_forgotten_objects_are_told_too(make: str) -> None:
    with listening() as listener:
        forgotten: list[Any]
        if make == "receiver":
            forgotten = [ns.TcpReceiver()]
        else:
            client = ns.TcpSender(*listener.local)
            connection = listener.accept(timeout=PATIENCE)
            if make == "sender":
                connection.close()
                forgotten = [client]
            else:
                client.close()
                forgotten = [connection]
            del client, connection
        with pytest.warns(ResourceWarning, match="unclosed <netsteps"):
            forget(forgotten)


def test_a_closed_socket_is_not_told() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ns.Socket("tcp") as socket:
            options = socket.options
        del socket, options
        gc.collect()


def test_ten_thousand_forgotten_sockets_leave_the_descriptors_as_they_were() -> None:
    class Holder(ns.Socket):
        me: "Holder"

    before = open_descriptors()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        for _ in range(100):
            for _ in range(50):
                ns.Socket("tcp").bind("127.0.0.1", 0)
                holder = Holder("udp")
                holder.me = holder
            del holder
            gc.collect()
    assert open_descriptors() == before


def test_steps_that_fail_lose_no_descriptor(tmp_path: Path) -> None:
    with listening() as listener, pair() as (client, connection), ns.Socket("tcp") as dead:
        dead.bind("127.0.0.1", 0)
        connection.finish()
        fails = [
            lambda: ns.TcpServer(service="echo", port=listener.local.port),
            lambda: ns.TcpServer(lambda c: None, host="198.51.100.1"),
            lambda: ns.UdpServer(service="echo", host="198.51.100.1"),
            lambda: ns.TcpReceiver(port=listener.local.port),
            lambda: ns.UdpReceiver("198.51.100.1"),
            lambda: ns.TcpSender(*dead.local),
            lambda: ns.Socket.open("127.0.0.1", dead.local.port),
            lambda: ns.resolve("no-such-name.invalid.", 1),
            lambda: ns.Socket("tcp", "ipv5"),
            lambda: client.write_file(tmp_path / "missing"),
            lambda: client.write_file(tmp_path),
            lambda: client.read_exactly(1),
            lambda: listener.accept(timeout=0),
        ]
        for fail in fails:  # the first time makes what is kept: a wake descriptor, an import
            with pytest.raises(OSError):  # noqa: PT011 - many kinds, and the count is the subject
                fail()
        before = open_descriptors()
        for fail in fails:
            for _ in range(20):
                with contextlib.suppress(OSError):
                    fail()
        gc.collect()
        until(lambda: open_descriptors() <= before, "threads of lookups end")


# Inherited


def test_a_program_that_we_start_has_none_of_our_descriptors() -> None:
    """Not even when it is started with all that can be inherited."""
    with (
        pair() as (client, connection),
        listening() as listener,
        ns.TcpServer(lambda c: c.read()) as server,
        ns.UdpServer(service="echo"),
        ns.TcpSender(*server.endpoint),
        ns.Socket("udp", "ipv6"),
    ):
        with pytest.raises(ns.TimedOut):
            client.read(timeout=0.001)  # makes a wake descriptor
        until(lambda: server.clients, "the client is served")
        ours = {os.readlink(entry) for entry in DESCRIPTORS.iterdir() if entry.exists()}  # noqa: PTH115
        code = """
import os
for number in range(3, 256):
    if os.path.exists(f"/proc/self/fd/{number}"):
        print(os.readlink(f"/proc/self/fd/{number}"))
print("all", flush=True)
input()
"""
        with subprocess.Popen(
            [sys.executable, "-c", code],
            close_fds=False,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            assert child.stdin is not None
            theirs = set()
            while (line := child.stdout.readline().strip()) != "all":
                theirs.add(line)
            address = listener.local
            listener.close()
            with ns.Socket("tcp") as again:
                again.bind(address)  # the child does not hold it
                again.listen()
            child.stdin.write("\n")
            child.stdin.flush()
        assert connection.state == "connected"
    kinds = ("socket:", "anon_inode:[eventfd]")
    assert not {name for name in theirs if name.startswith(kinds)}, ours


# SIGPIPE


@pytest.mark.parametrize(
    "step", ["write(data)", "send(data)", "write_message(data)", "write_file(sys.executable)"]
)
def test_a_write_to_a_dead_peer_is_an_error_and_never_kills(step: str) -> None:
    """Not even a process that has asked for the system's default: to die of SIGPIPE."""
    code = f"""
import signal, sys
import netsteps as ns
from helpers import pair

signal.signal(signal.SIGPIPE, signal.SIG_DFL)
data = bytes(1000)
with pair() as (client, connection):
    client.write(b"never read")
    connection.close()
    seen = []
    for _ in range(3):
        try:
            client.{step}
        except (ns.Reset, ns.BrokenPipe) as error:
            seen.append(type(error).__name__)
    assert seen[-1] == "BrokenPipe", seen
print("alive")
"""
    assert child_says(code) == "alive\n"


def test_a_udp_send_and_a_finish_to_a_dead_peer_never_kill() -> None:
    code = """
import contextlib, signal
import netsteps as ns
from helpers import bound, pair

signal.signal(signal.SIGPIPE, signal.SIG_DFL)
with bound() as gone:
    address = gone.local
with ns.UdpSender(*address) as sender, contextlib.suppress(ns.Refused):
    for _ in range(5):
        sender.send(b"x")
with pair() as (client, connection):
    client.write(b"never read")
    connection.options.linger = 0
    connection.close()
    client.finish()
    client.finish()
print("alive")
"""
    assert child_says(code) == "alive\n"


def test_sockets_are_made_for_both_families() -> None:
    for family, host in LOOPBACK.items():
        with ns.Socket("tcp", family) as socket:
            socket.bind(host, 0)
            assert not os.get_inheritable(socket.fileno())
            assert not os.get_blocking(socket.fileno())
