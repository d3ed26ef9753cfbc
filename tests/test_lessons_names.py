"""A name with two addresses for a program under test, and the sockets that it leaves open."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from netsteps.lessons.child.process import Child, can_have_hosts
from netsteps.lessons.exercises.names import (
    bound_everywhere,
    has_ipv6,
    left_open,
    name_with_addresses,
)

if TYPE_CHECKING:
    from pathlib import Path

LOOKUP = "import socket; print({a[4][0] for a in socket.getaddrinfo('two.test', 1)})"


@pytest.mark.skipif(not can_have_hosts(), reason="this system gives no mount namespaces")
def test_a_child_finds_a_hosts_file_of_its_own_and_nobody_else_does(tmp_path: "Path") -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.7 two.test\n127.0.0.8 two.test\n")
    with Child([sys.executable, "-c", LOOKUP], hosts=str(hosts)) as child:
        ended = child.wait(10.0)
        assert ended is not None
        assert ended.code == 0, child.output
        assert {"127.0.0.7", "127.0.0.8"} == set(
            child.output.strip("{}\n ").replace("'", "").split(", ")
        )
    with pytest.raises(ns.NameNotFound):
        ns.resolve("two.test", 1, timeout=5.0)


@pytest.mark.skipif(not can_have_hosts(), reason="this system gives no mount namespaces")
def test_a_program_can_always_be_given_a_name_with_two_addresses() -> None:
    name = name_with_addresses(own=True)
    assert name is not None
    assert len(name.addresses) == 2


def test_a_port_is_bound_everywhere_and_refuses() -> None:
    addresses = ("::1", "127.0.0.1") if has_ipv6() else ("127.0.0.1",)
    sockets = bound_everywhere(addresses)
    try:
        assert len({socket.local.port for socket in sockets if socket.local}) == 1
        for socket in sockets:
            where = socket.local
            assert where is not None
            with ns.Socket("tcp", socket.family) as client, pytest.raises(ns.Refused):
                client.connect(where)
    finally:
        for socket in sockets:
            socket.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_socket_whose_connect_failed_counts_until_it_is_closed() -> None:
    program = (
        "import socket, sys\n"
        "s = socket.socket()\n"
        "s.connect_ex(('127.0.0.1', 9))\n"
        "for line in sys.stdin:\n"
        "    if 'close' in line: s.close()\n"
        "    print('done', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        counts = []
        for word in (b"look\n", b"close\n"):
            child.stdin.write(word)
            child.stdin.flush()
            assert child.stdout.readline() == b"done\n"
            counts.append(left_open([child.pid]))
        child.stdin.close()
    assert counts == [1, 0]
    assert left_open([os.getpid()]) >= 0
