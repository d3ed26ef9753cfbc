"""Recv-Q and Send-Q of the computer's sockets, and the drawing of which belongs to which."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import golden
import netsteps as ns
import pictures
from helpers import BIG, bound, listening, pair, until
from netsteps import queues
from netsteps.show.netstat import netstat
from netsteps.show.pairs import folded, grouped

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the queues")


def row_of(socket: ns.Socket) -> ns.Connection:
    [row] = [r for r in ns.connections() if (r.local, r.peer) == (socket.local, socket.peer)]
    return row


# The queues


@LINUX
def test_the_queues_hold_what_was_not_read_and_not_acknowledged() -> None:
    with pair() as (client, connection):
        client.write(b"x" * 1000)
        until(lambda: row_of(connection).recv_q == 1000, "the bytes came")
        until(lambda: row_of(client).send_q == 0, "and are acknowledged")
        assert row_of(client).recv_q == 0
        connection.read_exactly(400)
        assert row_of(connection).recv_q == 600 == connection.buffers.unread
        with pytest.raises(ns.TimedOut):
            client.write(b"y" * BIG, timeout=0.1)
        until(lambda: row_of(client).send_q == client.buffers.unacknowledged, "both agree")
        assert row_of(client).send_q > 65_536


@LINUX
def test_a_listener_s_recv_q_is_the_length_of_its_accept_queue() -> None:
    with listening() as listener:
        clients = [ns.Socket("tcp") for _ in range(3)]
        try:
            for client in clients:
                client.connect(listener.local)
            until(lambda: row_of(listener).recv_q == 3, "three wait")
            with listener.accept():
                assert row_of(listener).recv_q == 2 == listener.queue.length
        finally:
            for client in clients:
                client.close()


@LINUX
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_udp_socket_s_recv_q_is_the_memory_of_its_datagrams(family: str) -> None:
    with bound(family) as socket, ns.Socket("udp", family) as sender:
        sender.send_to(b"x" * 500, socket.local)
        until(lambda: (row_of(socket).recv_q or 0) >= 500, "it came")
        assert row_of(socket).recv_q == socket.buffers.receive_memory


@LINUX
def test_sockets_with_one_address_are_told_apart() -> None:
    with ns.Socket("udp") as first, ns.Socket("udp") as second, ns.Socket("udp") as sender:
        for socket in (first, second):
            socket.options.reuse_port = True
        first.bind("127.0.0.1", 0)
        second.bind(first.local)
        for _ in range(4):
            sender.send_to(b"x" * 100, first.local)
        memory = lambda: [s.buffers.receive_memory for s in (first, second)]  # noqa: E731
        until(lambda: sum(memory()) > 0, "they came")

        def queues_of() -> list[int | None]:
            # A TCP connection that is gone may have had the same number of a port.
            rows = [row for row in ns.connections() if row.kind == "udp"]
            return [row.recv_q for row in rows if row.local == first.local]

        until(lambda: sorted(queues_of()) == sorted(memory()), "each has its own")
        assert 0 in queues_of()  # one sender's datagrams all go to the same socket


@LINUX
@pytest.mark.skipif(shutil.which("ss") is None, reason="ss is not installed: tests/packages.sh")
def test_ss_agrees() -> None:
    with listening() as listener, pair() as (client, connection), bound() as datagrams:
        client.write(b"x" * 12_345)
        until(lambda: connection.buffers.unread == 12_345, "the bytes came")
        until(lambda: client.buffers.unacknowledged == 0, "and are acknowledged")
        told = subprocess.run(["ss", "-tanuH"], check=True, capture_output=True, text=True).stdout
        theirs = {}
        for line in told.splitlines():
            kind, state, receive, send, local, peer, *_ = line.split()
            # For a listener, ss writes the limit of the queue in the place of the Send-Q.
            theirs[kind, local, peer.replace("0.0.0.0:*", "-")] = (
                int(receive),
                0 if state == "LISTEN" else int(send),
            )
        for socket in (listener, client, connection, datagrams):
            row = row_of(socket)
            key = (row.kind, str(row.local), str(row.peer or "-"))
            assert theirs[key] == (row.recv_q, row.send_q), key


def test_the_table_has_the_titles_of_netstat() -> None:
    with listening() as listener:
        table = ns.connections()
        assert repr(table).split("\n")[0].split()[:4] == ["kind", "Recv-Q", "Send-Q", "local"]
        assert isinstance(table[:1], ns.Connections)
        assert any(row.local == listener.local for row in table)


def test_a_system_that_does_not_tell_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues.sys, "platform", "darwin")
    with listening() as listener:
        table = ns.connections()
        assert "does not tell Recv-Q and Send-Q" in (table.note or "")
        [row] = [row for row in table if row.local == listener.local]
        assert (row.recv_q, row.send_q) == (None, None)
        assert "accept queue" not in str(table.drawing(port=listener.local.port))


@LINUX
def test_broken_lines_of_proc_are_passed_over(tmp_path: "os.PathLike[str]") -> None:
    table = tmp_path / "tcp"  # type: ignore[operator] # pytest gives a pathlib.Path
    good = "0: 0100007F:1A0A 00000000:0000 0A 00000000:00000007 00:00000000 0 0 0 77 1"
    table.write_text(f"titles\n{good}\nzz\n1: x:y 0:0\n\n0: 0100007F:1A0A 00:0 0A 1 0 0 0 0 x\n")
    [((kind, local, peer), numbers)] = queues._rows(table, "tcp")
    assert (kind, str(local), peer, numbers) == ("tcp", "127.0.0.1:6666", None, (7, 0, 77))


@LINUX
def test_the_command_shows_both_columns() -> None:
    with listening() as listener:
        command = [sys.executable, "-m", "netsteps", "connections", "--port"]
        command.append(str(listener.local.port))
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert "Recv-Q" in text
        told = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
        rows = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
        rows = rows or json.loads(told.stdout)
        assert [(row["recv_q"], row["send_q"]) for row in rows] == [(0, 0)]


# The drawing


@dataclass(frozen=True)
class Row:
    local: ns.Endpoint
    peer: ns.Endpoint | None = None
    state: str = "ESTABLISHED"
    pid: int | None = 4711
    program: str | None = "python3"
    recv_q: int | None = 0
    send_q: int | None = 0
    kind: str = "tcp"


def at(port: int, ip: str = "127.0.0.1") -> ns.Endpoint:
    return ns.Endpoint(ip, port)


def both(port: int, server: int, **more: object) -> list[Row]:
    client = Row(at(port), at(server), pid=port, program="curl")
    return [client, Row(at(server), at(port), **more)]  # type: ignore[arg-type] # of the test


EVERY = [
    Row(at(8080, "0.0.0.0"), None, "LISTEN", recv_q=1),
    *both(50_000, 8080, recv_q=12_345),
    *both(50_001, 8080, state="CLOSE_WAIT", send_q=3),
    *both(50_002, 8080, pid=None, program=None),
    Row(at(8080, "192.0.2.1"), at(40_000, "203.0.113.7"), send_q=65_536),
    Row(at(22, "::"), None, "LISTEN", pid=1, program="sshd"),
    Row(at(51_000, "2001:db8::1"), at(443, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), "SYN_SENT"),
    Row(at(6000), at(6001), "TIME_WAIT", pid=None, program=None),
    *both(7001, 7000),
    Row(at(53), None, "", pid=9, program="resolver-with-a-name-that-is-much-too-long-for-a-box",
        kind="udp", recv_q=832),
    Row(at(5353, "::"), None, "", pid=None, program=None, kind="udp"),
    Row(at(5000), at(53), "", kind="udp", pid=8, program="dig"),
    Row(at(5001, "192.0.2.1"), at(53, "203.0.113.53"), "", kind="udp", pid=8, program="dig"),
]  # fmt: skip


def pictured(name: str, drawing: "Drawing") -> None:
    """Compare with the golden picture, in which no text is cut off or lies on another."""
    golden.check(name, drawing)
    pictures.check(drawing.svg)


def test_connections_are_drawn_with_their_listeners() -> None:
    drawing = netstat(EVERY)
    pictured("netstat", drawing)
    text = str(drawing)
    assert "not accepted yet" in text
    assert "127.0.0.1:6001, which is gone" in text
    assert "resolver-with-a-name-that..." in text


def test_long_addresses_and_full_queues_stay_in_their_boxes() -> None:
    long = [f"fe80:1234:5678:9abc:def0:1234:5678:{last}" for last in ("9abc", "9abd")]
    here, there = (at(65_535, ip) for ip in long)
    full = {"recv_q": 4_294_967_295, "send_q": 4_294_967_295, "program": "W" * 200}
    rows = [Row(here, there, "CLOSE_WAIT", **full), Row(there, here, "FIN_WAIT1", **full)]
    rows += [Row(here, None, "LISTEN", **full), Row(here, at(1, "2001:db8::1"), **full)]
    picture = netstat(rows).svg
    pictures.check(picture)
    assert picture.count("...]:65535<") == 4, "the port is kept"


def test_what_is_empty_is_said() -> None:
    pictured("netstat_empty", netstat([]))
    assert str(netstat([])).startswith("0 listeners, 0 connections")


def test_a_busy_server_is_folded_and_counted() -> None:
    rows = [Row(at(80, "::"), None, "LISTEN", pid=1, program="nginx")]
    for port in range(40_000, 40_200):
        rows += both(port, 80, recv_q=5 if port == 40_150 else 0)
    drawing = netstat(rows)
    pictured("netstat_folded", drawing)
    assert "200 connections with both ends here" in drawing.svg
    assert "127.0.0.1:40150" in drawing.svg  # whose bytes nobody reads
    assert "and 176 more: 176 ESTABLISHED" in drawing.svg
    assert drawing.svg.count("<rect") < 70


@pytest.mark.parametrize("listeners", [61, 500])
def test_many_listeners_with_connections_stay_within_the_picture(listeners: int) -> None:
    rows = []
    for number in range(listeners):
        rows.append(Row(at(1000 + number), None, "LISTEN"))
        rows += both(30_000 + number, 1000 + number)
    groups, left_out = folded(grouped(rows))
    assert sum(group.sockets for group in groups) <= 60
    assert f"{listeners - len(groups)} more groups" in left_out


def test_sixty_sockets_are_all_shown() -> None:
    rows = [Row(at(80), None, "LISTEN")]
    for port in range(40_000, 40_029):
        rows += both(port, 80)
    groups, left_out = folded(grouped(rows))
    assert (sum(group.sockets for group in groups), left_out) == (59, "")
    assert all(not group.more for group in groups)


def test_a_socket_that_several_processes_have_is_one() -> None:
    rows = [Row(at(80), None, "LISTEN", pid=pid, program="gunicorn") for pid in (1, 2, 3, 4)]
    [group] = grouped(rows)
    assert group.sockets == 1
    assert "gunicorn (1, 2 and 2 more)" in str(netstat(rows))


def test_ipv4_clients_of_an_ipv6_socket_are_paired() -> None:
    rows = [
        Row(at(80, "::"), None, "LISTEN"),
        Row(at(80, "::ffff:127.0.0.1"), at(5000, "::ffff:127.0.0.1")),
        Row(at(5000), at(80)),
    ]
    [group] = grouped(rows)
    assert [link.sockets for link in group.links] == [2]


def test_a_socket_connected_to_itself_has_no_other_end() -> None:
    [group] = grouped([Row(at(5000), at(5000))])
    assert group.links[0].elsewhere == "itself"


def test_a_client_that_is_not_answered_stands_with_the_listener_that_it_asks() -> None:
    rows = [Row(at(80), None, "LISTEN", recv_q=1), Row(at(5000), at(80), "SYN_SENT")]
    [group] = grouped(rows)
    assert group.links[0].elsewhere == "not answered yet"
    elsewhere = Row(at(5000, "192.0.2.1"), at(80, "203.0.113.7"), "SYN_SENT")
    assert len(grouped([Row(at(80, "::"), None, "LISTEN"), elsewhere])) == 2


def test_names_from_outside_are_escaped() -> None:
    drawing = netstat([Row(at(1), at(2), program='<script>"&\x1b[2J')])
    assert "<script>" not in drawing.svg
    assert "\x1b" not in drawing.svg + str(drawing)


def test_a_drawing_of_this_computer_has_our_own_sockets() -> None:
    with pair() as (client, connection):
        drawing = ns.connections().drawing(kind="tcp", port=client.local.port)
        assert f"{client.local}" in str(drawing)
        assert f"({os.getpid()})" in str(drawing)
        assert str(connection.local) in drawing.svg
        assert "1 connection with both ends here" in drawing.alt
        assert str(client.local) not in str(ns.connections().drawing(kind="udp"))
    with pytest.raises(ValueError, match="kind='icmp'"):
        ns.connections().drawing(kind="icmp")  # type: ignore[arg-type] # that is the test
