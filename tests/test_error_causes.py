"""Causes that the system is asked for: who has an address, which are ours, what is allowed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import netsteps as ns
from helpers import PATIENCE, TESTS, bound, child_says, full_queue, listening, pair

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="needs root, to become another user"
)
own_network = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare"),
    reason="a network of its own needs Linux, root and the program unshare",
)
NOT_LOCAL = "198.51.100.1"  # for documentation (RFC 5737): no machine has it


# Address in use


@linux
def test_in_use_names_a_socket_of_this_process() -> None:
    with listening() as listener, ns.Socket("tcp") as second:
        with pytest.raises(ns.AddressInUse) as caught:
            second.bind(listener.local)
        error = caught.value
        assert error.endpoint == str(listener.local)
        assert "this very process" in error.cause
        assert str(listener.local) in error.cause
        assert "LISTEN" in error.cause
        assert "closing that socket" in error.remedy


@linux
def test_in_use_names_another_process_by_pid_name_and_state() -> None:
    code = """
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
input()
s.close()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        name = Path(f"/proc/{other.pid}/comm").read_text(encoding="utf-8").strip()
        for make in (
            lambda: ns.TcpServer(service="echo", port=port),
            lambda: ns.TcpReceiver(port=port),
        ):
            with pytest.raises(ns.AddressInUse) as caught:
                make()
            assert f"process {other.pid} ({name})" in caught.value.cause
            assert "LISTEN" in caught.value.cause
            assert "port 0" in caught.value.remedy
        other.communicate("\n")


def closes_first(listener: ns.Socket) -> ns.Endpoint:
    """Take a client of this listener and close first: that leaves the address in TIME_WAIT."""
    with ns.Socket("tcp") as client:
        client.connect(listener.local)
        with listener.accept(timeout=PATIENCE) as connection:
            connection.close()
            assert client.read() == b""
    address = listener.local
    assert address is not None
    listener.close()
    return address


@linux
def test_in_use_by_time_wait_says_how_long_and_what_helps() -> None:
    with listening() as listener, ns.Socket("tcp") as again:
        address = closes_first(listener)
        for reuse in (False, True):  # the earlier socket did not have it, so it does not help now
            again.options.reuse_address = reuse
            with pytest.raises(ns.AddressInUse) as caught:
                again.bind(address)
            left = re.search(r"TIME_WAIT, (\d+) s left", caught.value.cause)
            assert left, caught.value.cause
            assert 50 <= int(left[1]) <= 60
            assert "reuse_address" in caught.value.remedy


def test_reuse_address_on_both_sockets_helps_against_time_wait() -> None:
    with ns.Socket("tcp") as first, ns.Socket("tcp") as again:
        for socket in (first, again):
            socket.options.reuse_address = True
        first.bind("127.0.0.1", 0)
        first.listen()
        again.bind(closes_first(first))
        again.listen()


@linux
def test_in_use_by_a_connection_says_its_state() -> None:
    with pair() as (_, connection), ns.Socket("tcp") as again:
        address = connection.local
        assert address is not None
        # The listener of the pair is still there; what is named first is what stands in the way.
        with pytest.raises(ns.AddressInUse, match="LISTEN"):
            again.bind(address)
    with listening() as listener, ns.Socket("tcp") as client:
        address = listener.local
        client.connect(address)
        with listener.accept(timeout=PATIENCE), ns.Socket("tcp") as again:
            listener.close()
            with pytest.raises(ns.AddressInUse, match="ESTABLISHED"):
                again.bind(address)


@linux
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_in_use_of_udp_names_the_holder(family: str) -> None:
    with bound(family) as first, ns.Socket("udp", family) as second:
        with pytest.raises(ns.AddressInUse) as caught:
            second.bind(first.local)
        assert "this very process" in caught.value.cause
        assert f"{first.local} already (UDP)" in caught.value.cause


# Address of another machine


@linux
def test_not_local_lists_this_machines_addresses() -> None:
    with ns.Socket("tcp") as server, pytest.raises(ns.AddressNotLocal) as caught:
        server.bind(NOT_LOCAL, 6666)
    error = caught.value
    assert error.endpoint == f"{NOT_LOCAL}:6666"
    assert f"{NOT_LOCAL} is not an address of this machine" in error.cause
    own = {
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family.name in {"AF_INET", "AF_INET6"}
    }
    assert "127.0.0.1" in own
    assert own <= set(error.cause.partition("its own are ")[2].split(", "))
    assert "0.0.0.0" in error.remedy


# Permission


@root
@linux
def test_a_well_known_port_is_not_for_everybody() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii"))
    if first == 0:
        pytest.skip("this system gives well-known ports to everybody")
    code = """
import errno, os
import netsteps as ns

os.setgid(65534)
os.setuid(65534)  # nobody
socket = ns.Socket("tcp")
for make in (
    lambda: ns.TcpServer(service="echo", port=80),
    lambda: ns.UdpReceiver(port=53),
    lambda: socket.bind("127.0.0.1", "telnet"),
):
    try:
        make()
    except ns.NoPermission as error:
        assert isinstance(error, PermissionError) and error.errno == errno.EACCES
        assert error.step == "bind"
        print(error.endpoint, "|", error.cause, "|", error.remedy)
socket.close()
"""
    told = child_says(code).splitlines()
    assert [line.partition(" ")[0] for line in told] == [
        "127.0.0.1:80",
        "127.0.0.1:53",
        "127.0.0.1:23",
    ]
    for line in told:
        assert "below 1024" in line
        assert "port 0" in line


@root
@linux
def test_in_use_by_another_users_program_is_told_as_far_as_it_can_be_seen() -> None:
    code = """
import os, sys
import netsteps as ns

os.setgid(65534)
os.setuid(65534)
try:
    ns.TcpServer(service="echo", port=int(sys.argv[1]))
except ns.AddressInUse as error:
    print(error.cause)
"""
    with listening() as listener:
        told = child_says(code, str(listener.local.port))
    assert told == f"another program has {listener.local} already (LISTEN)\n"


def test_broadcast_has_to_be_asked_for() -> None:
    with ns.Socket("udp") as sender:
        for step in (
            lambda: sender.send_to(b"x", "127.255.255.255", 9),
            lambda: sender.connect("127.255.255.255", 9),
        ):
            with pytest.raises(ns.NoPermission) as caught:
                step()
            assert "broadcast" in caught.value.cause
            assert "options.broadcast = True" in caught.value.remedy
        sender.options.broadcast = True
        assert sender.send_to(b"x", "127.255.255.255", 9) == 1


# No way


@own_network
def test_no_route_no_host_and_a_forbidden_one() -> None:
    code = """
import errno
import netsteps as ns

for address in ("10.0.0.1", "10.9.0.1", "10.8.0.1", "2001:db8::1"):
    family = "ipv6" if ":" in address else "ipv4"
    for kind in ("tcp", "udp"):
        with ns.Socket(kind, family) as socket:
            try:
                socket.connect(address, 80)
            except ns.SocketError as error:
                number = errno.errorcode[error.errno]
                print(type(error).__name__, number, error.endpoint, error.cause, sep="|")
with ns.Socket("udp") as socket:
    try:
        socket.send_to(b"x", "10.0.0.1", 80)
    except ns.Unreachable as error:
        print(error.step)
"""
    script = (
        "ip link set lo up && ip route add unreachable 10.9.0.0/16 && "
        'ip route add prohibit 10.8.0.0/16 && exec "$0" -W error -c "$1"'
    )
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script, sys.executable, code],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=TESTS,
    )
    if "unshare:" in done.stderr:
        pytest.skip(f"no network of its own here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")
    *told, last = [line.split("|") for line in done.stdout.splitlines()]
    assert [(kind, number, address) for kind, number, address, _ in told] == [
        (kind, number, f"{address}:80")
        for kind, number, address in [
            ("Unreachable", "ENETUNREACH", "10.0.0.1"),
            ("Unreachable", "EHOSTUNREACH", "10.9.0.1"),
            ("NoPermission", "EACCES", "10.8.0.1"),
            ("Unreachable", "ENETUNREACH", "[2001:db8::1]"),
        ]
        for _ in ("tcp", "udp")
    ]
    assert all(cause for *_, cause in told)
    assert last == ["send_to"]


# Descriptors


@linux
def test_without_descriptors_each_step_says_so_and_goes_on_when_there_are_some() -> None:
    code = """
import errno, os, resource
import netsteps as ns
from helpers import Background, listening

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

def says(step, name):
    try:
        step()
    except ns.TooManyFiles as error:
        assert error.errno == errno.EMFILE and error.step == name, error
        assert "ulimit -n" in error.remedy
    else:
        raise AssertionError(name)

with listening() as listener, ns.Socket("udp") as udp:
    udp.bind("127.0.0.1", 0)
    with ns.Socket("tcp") as client:
        client.connect(listener.local)
        taken = []
        try:
            while True:
                taken.append(os.dup(0))
        except OSError:
            pass
        says(listener.accept, "accept")
        says(lambda: ns.Socket("udp"), "socket")
        says(lambda: ns.Socket.open(*listener.local), "open")
        says(lambda: ns.TcpServer(service="echo"), "socket")
        # A wait needs none: not for its time, and not to be woken by close().
        try:
            udp.receive_from(timeout=0.05)
        except ns.TimedOut:
            pass
        thread = Background(udp.receive_from)
        udp.close()
        try:
            thread.result()
        except ns.SocketClosed:
            pass
        os.close(taken.pop())
        listener.accept(timeout=5).close()
        for descriptor in taken:
            os.close(descriptor)
print("done")
"""
    assert child_says(code) == "done\n"


# Times


def test_a_timeout_tells_the_time_that_was_given() -> None:
    """And not what was left of it when the last call of the step began."""
    with full_queue() as silent, ns.Socket("tcp") as client, listening() as listener:
        for step in (
            lambda: client.connect(silent, timeout=0.05),
            lambda: ns.Socket.open(silent.ip, silent.port, timeout=0.05),
            lambda: ns.TcpSender(*silent, timeout=0.05),
            lambda: listener.accept(timeout=0.05),
        ):
            with pytest.raises(ns.TimedOut) as caught:
                step()
            assert caught.value.cause.endswith("within 0.05 s")
