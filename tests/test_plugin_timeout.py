"""The hard time limit: whatever a test is blocked in ends, and the report tells where it stood."""

import sys
import threading

import pytest

from netsteps.pytest_plugin.limit import Expired, TimeLimit
from plugin_runs import run

pytest_plugins = ["pytester"]

HEAD = "pytestmark = pytest.mark.netsteps_timeout(0.3)\n"

# Each waits for ever.
BLOCKED = {
    "read": "client.read()",
    "accept": "list(listener)",
    "recv": "plain.recv(1)",
    "plain_accept": "with socket.create_server(('127.0.0.1', 0)) as server: server.accept()",
    "recvfrom": "with socket.socket(type=socket.SOCK_DGRAM) as udp: udp.recvfrom(1)",
    "udp": "with ns.UdpReceiver() as receiver: receiver.receive()",
    "lock": "threading.Event().wait()",
    "sleep": "time.sleep(100)",
    "loop": "while True: pass",
    "catches": "catches(client.read)",
}
TESTS = (
    HEAD
    + """
@pytest.fixture
def client():
    with ns.Socket("tcp") as listener, ns.Socket("tcp") as client:
        listener.bind("127.0.0.1", 0)
        listener.listen()
        client.connect(listener.local)
        yield client

@pytest.fixture
def listener():
    with ns.Socket("tcp") as listener:
        listener.bind("127.0.0.1", 0)
        listener.listen()
        yield listener

@pytest.fixture
def plain():
    one, other = socket.socketpair()
    with one, other:
        yield one

def catches(read):
    while True:
        try:
            read()
        except Exception:
            pass
"""
)
# Runs the tests in a thread that is not the main one.
ELSEWHERE = """
import sys, threading, pytest
codes = []
thread = threading.Thread(target=lambda: codes.append(pytest.main(sys.argv[1:])), name="tests")
thread.start()
thread.join()
sys.exit(codes[0])
"""


def test_it_ends_whatever_the_main_thread_is_blocked_in(pytester: pytest.Pytester) -> None:
    code = TESTS + "".join(
        f"def test_{name}(client, listener, plain):\n    {step}\n" for name, step in BLOCKED.items()
    )
    result = run(pytester, code + "def test_after():\n    time.sleep(0.01)\n")
    result.assert_outcomes(failed=len(BLOCKED), passed=1)
    text = result.stdout.str()
    assert text.count("Expired: netsteps_timeout: the test took longer than 0.3 s") >= len(BLOCKED)
    assert text.count("thread MainThread, the test:") == len(BLOCKED)


def test_it_ends_what_another_thread_is_blocked_in(pytester: pytest.Pytester) -> None:
    names = [name for name in BLOCKED if name not in {"sleep", "lock"}]
    pytester.makepyfile(
        test_it="import socket, threading, time, pytest\nimport netsteps as ns\n"
        + TESTS
        + "".join(
            f"def test_{name}(client, listener, plain):\n    {BLOCKED[name]}\n" for name in names
        )
        + "def test_after():\n    time.sleep(0.01)\n",
        elsewhere=ELSEWHERE,
    )
    result = pytester.run(sys.executable, "elsewhere.py", "-p", "no:cacheprovider", timeout=60)
    result.assert_outcomes(failed=len(names), passed=1)
    assert result.stdout.str().count("thread tests, the test:") == len(names)


def test_what_only_looks_like_a_socket_keeps_nothing_from_its_end(
    pytester: pytest.Pytester,
) -> None:
    # A mock says that it is a socket; a proxy raises when it is asked.
    code = """
from unittest.mock import Mock

class Lazy:
    @property
    def __class__(self):
        raise RuntimeError("outside of its context")

def test_it():
    fake, lazy = Mock(spec=socket.socket), Lazy()
    one, other = socket.socketpair()
    with one, other:
        one.recv(1)
"""
    pytester.makepyfile(
        test_it="import socket, pytest\n" + HEAD + code,
        elsewhere=ELSEWHERE,
    )
    result = pytester.run(sys.executable, "elsewhere.py", "-p", "no:cacheprovider", timeout=20)
    result.assert_outcomes(failed=1)
    assert "Expired: netsteps_timeout" in result.stdout.str()


def test_the_report_tells_threads_sockets_and_the_ladder(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.netsteps_timeout(seconds=0.3)
def test_it(netsteps_tcp_server, netsteps_endpoint):
    def handler(connection):
        connection.write(b"partly")
        never_says_more(connection)
    def never_says_more(connection):
        connection.read()
    server = netsteps_tcp_server(handler)
    with ns.TcpSender(*server.endpoint) as client:
        client.socket.read_exactly(100)
"""
    result = run(pytester, code)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*client.socket.read_exactly(100)",
            "*netsteps: where every thread stood*",
            "*in never_says_more*",
            "*netsteps: open sockets*",
            "tcp 127.0.0.1:* (*), opened at *netsteps_pytest/__init__.py:* in netsteps_endpoint*",
            "tcp 127.0.0.1:* listening (*), opened at test_it.py:*server = netsteps_tcp_server*",
            "*netsteps: ladder, when the time was over*",
            "*'partly'*",
            "*read_exactly still waiting*",
        ]
    )


def test_setup_and_test_share_the_limit_and_the_teardown_has_it_anew(
    pytester: pytest.Pytester,
) -> None:
    code = """
@pytest.fixture
def slow():
    time.sleep(0.6)
    yield
    time.sleep(0.6)

@pytest.fixture
def hangs():
    threading.Event().wait()

@pytest.fixture
def hangs_later():
    yield
    threading.Event().wait()

@pytest.mark.netsteps_timeout(1)
def test_together(slow):
    time.sleep(0.6)

@pytest.mark.netsteps_timeout(1)
def test_each(slow):
    pass

@pytest.mark.netsteps_timeout(0.2)
def test_setup(hangs):
    pass

@pytest.mark.netsteps_timeout(0.2)
def test_teardown(hangs_later):
    pass
"""
    result = run(pytester, code, "-v")
    result.assert_outcomes(failed=1, passed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*test_together FAILED*",
            "*test_each PASSED*",
            "*test_setup ERROR*",
            "*test_teardown PASSED*",
            "*test_teardown ERROR*",
        ]
    )


def test_a_test_that_swallows_it_fails_all_the_same(pytester: pytest.Pytester) -> None:
    code = """
@pytest.mark.netsteps_timeout(0.2)
def test_it():
    try:
        time.sleep(100)
    except BaseException:
        pass
"""
    run(pytester, code).assert_outcomes(failed=1)


def test_what_cannot_be_ended_ends_with_the_process(pytester: pytest.Pytester) -> None:
    code = """
from netsteps.pytest_plugin import limit
limit.SOON = limit.CLEAN = 0.1

@pytest.mark.netsteps_timeout(0.2)
def test_it(netsteps_tcp_echo):
    with ns.TcpSender(*netsteps_tcp_echo.endpoint):
        while True:
            try:
                time.sleep(100)
            except BaseException:
                pass
"""
    result = run(pytester, code)
    assert result.ret == 1
    text = result.stderr.str()
    assert "test_it.py::test_it took longer than 0.2 s, and nothing" in text
    assert "where every thread stood" in text
    assert "time.sleep(100)" in text
    assert "handshake" in text, "the ladder"


def test_it_gets_on_with_pytest_timeout(pytester: pytest.Pytester) -> None:
    code = """
import signal

@pytest.mark.timeout(30)
@pytest.mark.netsteps_timeout(0.3)
def test_ours():
    left = signal.getitimer(signal.ITIMER_REAL)[0]
    assert 0 < left <= 30
    time.sleep(10)

@pytest.mark.timeout(0.3)
@pytest.mark.netsteps_timeout(30)
def test_theirs():
    time.sleep(10)

@pytest.mark.timeout(30)
@pytest.mark.netsteps_timeout(30)
def test_neither():
    pass
"""
    result = run(pytester, code)
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["*netsteps_timeout: the test took longer*"])
    result.stdout.fnmatch_lines(["*Timeout (>0.3s) from pytest-timeout*"])


def test_a_limit_that_makes_no_sense_is_an_error(pytester: pytest.Pytester) -> None:
    given = ["", "0", "-1", "'soon'", "1, 2", "minutes=1", "float('inf')"]
    tests = [
        f"@pytest.mark.netsteps_timeout({arguments})\ndef test_{number}(): pass\n"
        for number, arguments in enumerate(given)
    ]
    result = run(pytester, "".join(tests))
    result.assert_outcomes(errors=len(given))
    said = "netsteps_timeout takes a number of seconds above 0, not ("
    assert result.stdout.str().count(f"\n{said}") == len(given)


# The limit itself


def test_no_signal_handler_and_no_thread_stays() -> None:
    import signal

    def handlers() -> list[object]:
        return [signal.getsignal(number) for number in signal.valid_signals()]

    before, threads = handlers(), threading.active_count()
    for seconds in (0.001, 10.0):
        limit = TimeLimit(seconds, "over", lambda thread: None, lambda: None)
        try:
            with limit:
                if seconds < 1:
                    threading.Event().wait(10)
        except Expired:
            pass
        assert limit.expired == (seconds < 1)
    assert (handlers(), threading.active_count()) == (before, threads)


def test_a_limit_that_is_met_in_the_last_moment_never_kills_the_process() -> None:
    threads = threading.active_count()
    expired = 0
    for _ in range(300):
        limit = TimeLimit(0.001, "over", lambda thread: None, lambda: None)
        try:
            with limit:
                threading.Event().wait(0.001)
        except Expired:
            expired += 1
        finally:
            limit.end()
        assert threading.active_count() == threads
    assert 0 <= expired <= 300
