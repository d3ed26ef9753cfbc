"""The check that a test leaves no socket open, with the line that opened it."""

import sys

import pytest

from plugin_runs import run

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.skipif(
    sys.platform not in {"linux", "darwin"}, reason="no list of open sockets on this system"
)

LEAKS = "KEPT = []\npytestmark = pytest.mark.netsteps_leaks\n"


def test_it_names_the_line_that_opened_each(pytester: pytest.Pytester) -> None:
    code = """
def opens():
    return socket.socket()  # the plain one

def test_it():
    KEPT.append(opens())
    KEPT.append(ns.Socket("udp"))  # one of netsteps
    KEPT[-1].bind("127.0.0.1", 0)
    for _ in range(3):
        ns.Socket("tcp").close()
"""
    result = run(pytester, LEAKS + code)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it*",
            "the test left 2 sockets open:",
            "  tcp 0.0.0.0:0 (descriptor *)",
            "      opened at test_it.py:* in opens: return socket.socket()  # the plain one",
            "  udp 127.0.0.1:* (descriptor *)",
            "      opened at test_it.py:* in test_it: KEPT.append(ns.Socket(*# one of netsteps",
        ]
    )


# How a socket is opened, and the line that is named.
OPENED = {
    "socket": "KEPT.append(socket.socket())",
    "pair": "KEPT.append(socket.socketpair()); KEPT[-1][0].close()",
    "detached": "KEPT.append(socket.socket().detach())",
    "netsteps": "KEPT.append(ns.Socket('tcp'))",
    "receiver": "KEPT.append(ns.UdpReceiver())",
    "server": "KEPT.append(ns.TcpServer(service='echo'))",
    "udp_server": "KEPT.append(ns.UdpServer(service='echo'))",
    "sender": "KEPT.append(ns.TcpSender(*server.endpoint))",
    "open": "KEPT.append(ns.Socket.open(*server.endpoint))",
    "library": "KEPT.append(http.client.HTTPConnection(*server.endpoint)); KEPT[-1].connect()",
    "accepted": "KEPT.append(listener.accept())",
    "plain_accepted": "KEPT.append(plain.accept())",
}
FIXTURES = """
import http.client

@pytest.fixture
def server():
    with ns.TcpServer(service="discard") as server:
        yield server

@pytest.fixture
def listener():
    with ns.Socket("tcp") as listener:
        listener.bind("127.0.0.1", 0)
        listener.listen()
        with ns.TcpSender(*listener.local):
            yield listener

@pytest.fixture
def plain():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()):
            yield listener
"""


def test_it_finds_the_line_however_it_was_opened(pytester: pytest.Pytester) -> None:
    code = "".join(
        f"\ndef test_{name}(server, listener, plain):\n    {line}\n"
        for name, line in OPENED.items()
    )
    result = run(pytester, LEAKS + FIXTURES + code)
    result.assert_outcomes(passed=len(OPENED), errors=len(OPENED))
    text = result.stdout.str()
    for name in OPENED:
        report = text.split(f"ERROR at teardown of test_{name} ")[1].split(" ERROR ")[0]
        named = [line for line in report.splitlines() if "opened at" in line]
        assert len(named) == 1, (name, report)
        assert f" in test_{name}" in named[0], named
        assert ": KEPT." in named[0], named
    assert "through http/client.py:" in text


def test_what_only_the_garbage_collector_closes_is_told_as_well(
    pytester: pytest.Pytester,
) -> None:
    code = """
def test_forgotten():
    socket.socket()

def test_of_netsteps():
    ns.Socket("udp")

def test_in_a_cycle():
    one = [socket.socket()]
    one.append(one)

def test_next():
    pass
"""
    for warnings in ("error", "ignore"):
        result = run(pytester, LEAKS + code, "-W", warnings)
        result.assert_outcomes(passed=4, errors=3)
        result.stdout.fnmatch_lines(
            [
                "the test forgot a socket, closed only by the garbage collector:",
                "  <socket.socket fd=*>",
                "      opened at test_it.py:* in test_forgotten: socket.socket()",
                "  <netsteps.Socket udp ipv4 number=*>",
                "      opened at test_it.py:* in test_of_netsteps: ns.Socket*",
                "  <socket.socket fd=*>",
                "      opened at test_it.py:* in test_in_a_cycle: one = *",
            ]
        )


def test_what_is_closed_in_time_is_no_leak(pytester: pytest.Pytester) -> None:
    code = """
def test_threads_may_end_a_moment_later():
    one, other = socket.socketpair()
    def closes():
        time.sleep(0.2)
        one.close()
        other.close()
    threading.Thread(target=closes).start()

def test_a_cycle_that_is_closed():
    with socket.socket() as one:
        cycle = [one]
        cycle.append(cycle)

@pytest.fixture
def opened():
    with socket.socket() as one:
        yield one

def test_a_fixture_closes(opened):
    pass

def test_no_sockets():
    with open(__file__):
        pass

def test_a_socket_of_another_process():
    import subprocess, sys
    subprocess.run([sys.executable, "-c", "import socket; s = socket.socket()"], check=True)
"""
    run(pytester, LEAKS + code).assert_outcomes(passed=5)


def test_fixtures_that_outlive_the_test_may_keep_theirs(pytester: pytest.Pytester) -> None:
    code = """
@pytest.fixture(scope="module")
def of_the_module():
    with socket.socket() as one, ns.Socket("tcp") as other:
        yield one, other

@pytest.fixture(scope="session")
def of_the_session(of_the_module_too=None):
    with ns.TcpServer(service="echo") as server:
        yield server

@pytest.mark.parametrize("number", range(2))
def test_it(of_the_module, of_the_session, number):
    pass

def test_asked_for_by_name(request):
    request.getfixturevalue("of_the_session")

def test_leaks_beside_it(of_the_module):
    KEPT.append(socket.socket())
"""
    result = run(pytester, LEAKS + code)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["the test left a socket open:"])


def test_a_leak_is_told_of_once_and_not_in_the_next_test(pytester: pytest.Pytester) -> None:
    code = """
def test_first():
    KEPT.append(socket.socket())

def test_second():
    with socket.socket():
        pass
"""
    result = run(pytester, LEAKS + code, "-v")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*test_first ERROR*", "*test_second PASSED*"])


def test_a_test_that_failed_is_not_blamed_for_what_its_traceback_keeps(
    pytester: pytest.Pytester,
) -> None:
    code = """
def test_it():
    one = socket.socket()
    assert one.fileno() < 0

def test_next():
    pass
"""
    result = run(pytester, LEAKS + code, "-W", "ignore::ResourceWarning")
    result.assert_outcomes(failed=1, passed=1)


CHOSEN = """
KEPT = []

def test_plain():
    KEPT.append(socket.socket())

@pytest.mark.netsteps_leaks
def test_marked():
    KEPT.append(socket.socket())

@pytest.mark.netsteps_keeps_sockets(reason="of the library")
def test_exempt():
    KEPT.append(socket.socket())
"""


def test_nothing_is_checked_unless_it_is_asked_for(pytester: pytest.Pytester) -> None:
    result = run(pytester, CHOSEN, "-v")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*test_marked ERROR*"])


@pytest.mark.parametrize("way", ["option", "ini"])
def test_all_tests_are_checked_when_it_is_asked_for(pytester: pytest.Pytester, way: str) -> None:
    if way == "ini":
        pytester.makeini("[pytest]\nnetsteps_leaks = true\n")
    result = run(pytester, CHOSEN, "-v", *(["--netsteps-leaks"] if way == "option" else []))
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(["*test_plain ERROR*", "*test_marked ERROR*"])


def test_the_check_does_not_change_how_a_connection_reads(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.netsteps_leaks
def test_it():
    with ns.Socket("tcp") as listener, ns.Socket("tcp") as client:
        listener.listen(any_port=True)
        client.connect(listener.local)
        with listener.accept() as connection:
            client.write_message(b"one")
            client.write_message(b"two")
            while connection.buffers.unread < 14:
                time.sleep(0.001)
            assert connection.read_message() == b"one"
            assert connection.buffers.unread == 0, "both were read with one call"
"""
    run(pytester, code).assert_outcomes(passed=1)
