"""The fixtures that start servers and peers, and the trace of a test."""

import socket

import pytest

import netsteps as ns
from helpers import PATIENCE, ask, until
from netsteps import peers
from netsteps.peers import expect, send
from netsteps.pytest_plugin import (
    StartsPeers,
    StartsRelays,
    StartsScripts,
    StartsTcpServers,
    StartsUdpServers,
)
from plugin_runs import run

pytest_plugins = ["pytester"]


def test_echo_servers_are_ready(
    netsteps_tcp_echo: ns.TcpServer, netsteps_udp_echo: ns.UdpServer
) -> None:
    with ns.TcpSender(*netsteps_tcp_echo.endpoint) as client:
        client.send(b"hello")
        assert client.socket.read_exactly(5, timeout=PATIENCE) == b"hello"
    for _ in range(200):  # more than a service answers in a second by default
        assert ask(netsteps_udp_echo.endpoint, b"hello") == b"hello"


def test_servers_are_started_as_they_are_described(
    netsteps_tcp_server: StartsTcpServers, netsteps_udp_server: StartsUdpServers
) -> None:
    upper = netsteps_tcp_server(on_message=bytes.upper, framing="lines")
    with socket.create_connection(upper.endpoint, PATIENCE) as client:
        client.sendall(b"hello\n")
        assert client.recv(100) == b"HELLO\n"
    reverse = netsteps_udp_server(on_datagram=lambda datagram: datagram.data[::-1])
    assert ask(reverse.endpoint, b"abc") == b"cba"
    assert netsteps_tcp_server(service="discard").endpoint != upper.endpoint


def test_servers_are_stopped_after_the_test(pytester: pytest.Pytester) -> None:
    code = """
ENDPOINTS = []

@pytest.mark.netsteps_leaks
def test_first(netsteps_tcp_server, netsteps_udp_server, netsteps_tcp_echo):
    def holds(connection):
        connection.read()
    ENDPOINTS.append(netsteps_tcp_server(holds).endpoint)
    ENDPOINTS.append(netsteps_tcp_server(service="echo").endpoint)
    netsteps_udp_server(service="echo")
    clients = [socket.create_connection(each) for each in ENDPOINTS]
    for client in clients:
        client.close()

def test_second():
    for endpoint in ENDPOINTS:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(endpoint)
"""
    run(pytester, code).assert_outcomes(passed=2)


def test_the_trace_records_the_test_and_its_fixtures(
    netsteps_tcp_echo: ns.TcpServer, netsteps_trace: ns.Trace
) -> None:
    assert {"socket", "bind", "listen"} <= {event.step for event in netsteps_trace.events}
    with ns.TcpSender(*netsteps_tcp_echo.endpoint):
        pass
    connect = next(event for event in netsteps_trace.events if event.step == "connect")
    assert connect.line is not None
    assert connect.line.startswith("test_plugin_servers.py:")


def test_the_trace_of_a_test_is_its_own(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.parametrize("number", range(3))
def test_each(netsteps_trace, number):
    assert netsteps_trace.events == []
    ns.Socket("tcp").close()
    assert len(netsteps_trace.events) == 2

def test_asked_for_by_name(request):
    trace = request.getfixturevalue("netsteps_trace")
    ns.Socket("tcp").close()
    assert len(trace.events) == 2
"""
    run(pytester, code).assert_outcomes(passed=4)
    run(pytester, code, "--netsteps-trace=off").assert_outcomes(passed=4)


def test_what_a_handler_raised_is_in_the_report(pytester: pytest.Pytester) -> None:
    code = """
def test_it(netsteps_tcp_server):
    def handler(connection):
        raise LookupError("no such recipe")
    server = netsteps_tcp_server(handler)
    with socket.create_connection(server.endpoint, 5) as client:
        assert client.recv(10) == b"recipe"
"""
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*netsteps: errors of *TcpServer*", "LookupError: no such recipe"])


def test_a_peer_misbehaves_and_is_stopped(netsteps_peer: StartsPeers) -> None:
    peer = netsteps_peer(peers.resets(after=3, reply=b"hello"))
    with socket.create_connection(peer.endpoint, PATIENCE) as client:
        client.sendall(b"?")
        with client.makefile("rb") as stream, pytest.raises(ConnectionResetError):
            stream.read()


def test_a_script_is_played(netsteps_scripted: StartsScripts) -> None:
    peer = netsteps_scripted([expect(b"PING\r\n"), send(b"+PONG\r\n")])
    with socket.create_connection(peer.endpoint, PATIENCE) as client:
        client.sendall(b"PING\r\n")
        assert client.recv(100) == b"+PONG\r\n"


def test_a_script_that_was_not_played_fails_the_test(pytester: pytest.Pytester) -> None:
    code = """
from netsteps.peers import expect, send

@pytest.mark.netsteps_leaks
def test_says_something_else(netsteps_scripted):
    peer = netsteps_scripted([send(b"hello"), expect(b"PING")])
    with socket.create_connection(peer.endpoint, 5) as client:
        client.sendall(b"QUIT")

def test_never_comes(netsteps_scripted):
    netsteps_scripted([expect(b"PING")], timeout=0.1)

def test_fails_for_itself(netsteps_scripted):
    netsteps_scripted([expect(b"PING")], timeout=30)
    assert 1 == 2
"""
    result = run(pytester, code)
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        ["*failed after these steps:*", "*no client connected*", "*assert 1 == 2*"]
    )
    # The error says it once, and no line of the plugin or of the peer is in between.
    assert result.stdout.str().count("FAILED  2. expect(b'PING')") == 1
    result.stdout.no_fnmatch_line("*hooks.py:*")
    result.stdout.no_fnmatch_line("*scripted.py:*")


def test_what_is_no_peer_is_told_with_an_example(netsteps_peer: StartsPeers) -> None:
    with pytest.raises(TypeError, match=r"netsteps_peer\(peers.silent\(\)\)"):
        netsteps_peer("silent")  # type: ignore[type-var]


def test_a_relay_is_between_a_client_and_a_server(
    netsteps_udp_echo: ns.UdpServer, netsteps_relay: StartsRelays
) -> None:
    relay = netsteps_relay(netsteps_udp_echo.endpoint, kind="udp", loss=1.0, seed=7)
    with ns.UdpSender(*relay.endpoint) as sender:
        sender.send(b"lost")
        with pytest.raises(ns.TimedOut):
            sender.socket.read(timeout=0.05)
    until(lambda: relay.report().to_target.lost == 1, "the loss is counted")


def test_the_report_tells_the_seed_and_the_counts_of_a_relay(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.netsteps_leaks
def test_it(netsteps_tcp_echo, netsteps_relay):
    relay = netsteps_relay(netsteps_tcp_echo.endpoint, chunk=3, seed=11)
    with ns.TcpSender(*relay.endpoint) as client:
        client.send(b"hello")
        assert client.socket.read_exactly(5, timeout=5) == b"HELLO"
"""
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*netsteps: relay*", "*Relay*seed=11*", "*to target*", "*netsteps: ladder*"]
    )


# What pytest-rerunfailures does: the phases of a test that failed once more, within its protocol.
AGAIN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if not any(report.failed for report in reports):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""


def test_a_test_that_is_tried_again_is_checked_again(pytester: pytest.Pytester) -> None:
    code = """
from netsteps.peers import expect

tries = []

def test_a_script(netsteps_scripted):
    netsteps_scripted([expect(b"PING")], timeout=0.2)
    tries.append("script")
    assert len(tries) > 1

@pytest.mark.netsteps_leaks
def test_a_leak():
    here = socket.socket()
    tries.append(here)
    assert len(tries) > 3, "first"
"""
    result = run(pytester, code, conftest=AGAIN)
    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ScriptError: no client connected*", "*the test left a socket*"])
    result.stdout.no_fnmatch_line("*2 sockets*")
