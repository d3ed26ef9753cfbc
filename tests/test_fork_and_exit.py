"""Servers when their process forks, and when it ends without a word."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers import TESTS, child_says, run_child

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and reads /proc"),
    pytest.mark.exact_io(reason="starts processes of its own, and measures how soon they end"),
]

# Fork. What a child does stands in act(); the parent then shows that its servers work as before.

FORKS = """
import os, sys, time, threading, warnings
import netsteps as ns

# A fork beside threads is what this is about (Python from 3.12 on warns).
warnings.filterwarnings("ignore", category=DeprecationWarning)

def echo(connection):
    while data := connection.read():
        connection.write(data)

def answers(endpoint):
    with ns.TcpSender(*endpoint, timeout=5) as sender:
        sender.send(b"hello")
        return sender.socket.read_exactly(5, timeout=5) == b"hello"

def serves():
    client.write(b"again")
    assert client.read_exactly(5, timeout=5) == b"again"
    assert answers(server.endpoint) and answers(service.endpoint)
    asking.send(b"udp")
    assert asking.socket.read(timeout=5) == b"udp"
    assert server.clients >= 1

def ends(pid, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "never"

def in_child(act):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            act()
            status = 0
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(status)
    return ends(pid)

server = ns.TcpServer(on_client=echo)
service = ns.TcpServer(service="echo")
udp = ns.UdpServer(service="echo")
asking = ns.UdpSender(*udp.endpoint)
client = ns.Socket.open(*server.endpoint)
serves()
"""

END = """
serves()
for left in (client, asking, server, service, udp):
    getattr(left, "stop", getattr(left, "close", None))()
print("served on")
"""


def parent_serves_on(what: str) -> None:
    assert child_says(FORKS + what + END) == "served on\n"


def test_a_child_that_leaves_at_once_disturbs_nobody() -> None:
    parent_serves_on("assert in_child(lambda: None) == 0")


def test_a_child_that_ends_as_a_program_does_disturbs_nobody() -> None:
    """Through the end of the interpreter: it says nothing, and takes no server with it."""
    parent_serves_on("""
pid = os.fork()
if pid == 0:
    sys.exit(0)
assert ends(pid) == 0
""")


def test_a_child_closes_what_it_inherited_and_the_parent_serves_on() -> None:
    parent_serves_on("""
def act():
    for inherited in (server, service, udp):
        begin = time.monotonic()
        inherited.stop()
        assert time.monotonic() - begin < 0.2
    client.close()
    asking.close()
    assert client.state == "closed"

assert in_child(act) == 0
""")


def test_a_child_has_clients_and_servers_of_its_own() -> None:
    parent_serves_on("""
def act():
    assert answers(server.endpoint), "the parent's server does not answer its child"
    with ns.TcpServer(on_client=echo) as own, ns.TcpServer(service="echo") as other:
        assert answers(own.endpoint) and answers(other.endpoint)
        assert own.served == 1 and own.endpoint != server.endpoint
    with ns.UdpServer(on_datagram=lambda d: d.data[::-1]) as own:
        with ns.UdpSender(*own.endpoint) as sender:
            sender.send(b"abc")
            assert sender.socket.read(timeout=5) == b"cba"

assert in_child(act) == 0
""")


def test_a_child_waits_closes_and_takes_signals_as_its_parent_does() -> None:
    parent_serves_on("""
import signal
from helpers import Background, until_waiting

def act():
    def alarm(*_):
        raise InterruptedError
    with ns.Socket("udp") as socket:
        socket.bind("127.0.0.1", 0)
        try:
            socket.receive_from(timeout=0.05)
        except ns.TimedOut:
            pass
        signal.signal(signal.SIGALRM, alarm)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        begin = time.monotonic()
        try:
            socket.receive_from()
        except InterruptedError:
            pass
        with ns.Trace() as trace:
            thread = Background(socket.receive_from)
            until_waiting(trace, thread)
            socket.close()
        try:
            thread.result()
        except ns.SocketClosed:
            pass
        assert time.monotonic() - begin < 0.4

assert in_child(act) == 0
""")


def test_a_child_is_told_that_a_server_is_its_parents() -> None:
    parent_serves_on("""
def act():
    try:
        server.clients
    except ns.Forked as error:
        assert error.code == "forked" and error.cause and error.remedy
    else:
        raise AssertionError("no error")
    repr(server), repr(udp), server.endpoint, server.errors

assert in_child(act) == 0
""")


def test_a_pool_of_forked_workers_uses_the_parents_server() -> None:
    parent_serves_on("""
import multiprocessing

with multiprocessing.get_context("fork").Pool(4) as pool:
    assert all(pool.map(answers, [server.endpoint] * 40))
    pool.close()
    pool.join()
""")


@pytest.mark.parametrize("act", ["talks", "closes", "ends"])
def test_a_fork_under_load_never_leaves_the_child_hanging(act: str) -> None:
    """Whatever lock a thread held at the moment of the fork, the child can do without it."""
    parent_serves_on(
        f"act = {act!r}"
        """
stop = threading.Event()

def load():
    while not stop.is_set():
        answers(server.endpoint)
        answers(service.endpoint)

def talks():
    with ns.Trace(), ns.TcpServer(on_client=echo) as own:
        assert answers(own.endpoint)

def closes():
    for inherited in (server, service, udp):
        inherited.stop()

threads = [threading.Thread(target=load) for _ in range(4)]
with ns.Trace(1000):
    for thread in threads:
        thread.start()
    ended = []
    for _ in range(60):
        if act == "ends":
            pid = os.fork()
            if pid == 0:
                stop.set()
                sys.exit(0)
            ended.append(ends(pid, 2))
        else:
            ended.append(in_child({"talks": talks, "closes": closes}[act]))
        if ended[-1] != 0:
            break
    stop.set()
    for thread in threads:
        thread.join()
assert set(ended) == {0}, ended
"""
    )


# The end of the interpreter

PROGRAMS = {
    "clients with traffic": """
def echo(connection):
    while data := connection.read():
        connection.write(data)

server = ns.TcpServer(on_client=echo)

def talks():
    try:
        client = ns.Socket.open(*server.endpoint)
        while True:
            client.write(b"x" * 1000)
            client.read_exactly(1000)
    except OSError:
        pass  # the server has gone

for _ in range(4):
    threading.Thread(target=talks, daemon=True).start()
until(lambda: server.clients == 4)
""",
    "a handler that reads": """
server = ns.TcpServer(on_client=lambda connection: connection.read())
client = ns.Socket.open(*server.endpoint)
until(lambda: server.clients == 1)
""",
    "a handler that sleeps": """
server = ns.TcpServer(on_client=lambda connection: time.sleep(30))
client = ns.Socket.open(*server.endpoint)
until(lambda: server.clients == 1)
""",
    "handlers that sleep a little again and again": """
def naps(connection):
    while True:
        time.sleep(0.0005)

server = ns.TcpServer(on_client=naps)
clients = [ns.Socket.open(*server.endpoint) for _ in range(8)]
until(lambda: server.clients == 8)
""",
    "handlers that compute": """
def computes(connection):
    while True:
        sum(range(1000))

server = ns.TcpServer(on_client=computes)
clients = [ns.Socket.open(*server.endpoint) for _ in range(3)]
until(lambda: server.clients == 3)
""",
    "a UDP server with traffic": """
server = ns.UdpServer(on_datagram=lambda datagram: datagram.data)
sender = ns.UdpSender(*server.endpoint)

def talks():
    try:
        while True:
            sender.send(b"x")
    except OSError:
        pass  # the server has gone

threading.Thread(target=talks, daemon=True).start()
until(lambda: server.received > 10)
""",
    "a UDP handler that sleeps a little again and again": """
def naps(datagram):
    while True:
        time.sleep(0.0005)

servers = [ns.UdpServer(on_datagram=naps) for _ in range(4)]
for server in servers:
    ns.UdpSender(*server.endpoint).send(b"x")
until(lambda: all(server.received == 1 for server in servers))
""",
    "callbacks in daemon threads": """
def naps(*_):
    while True:
        time.sleep(0.0005)
        yield b"x"

server = ns.TcpServer(service="discard")
senders = [ns.TcpSender(*server.endpoint) for _ in range(4)]
receiver = ns.UdpReceiver()
udp = ns.UdpSender(*receiver.endpoint)
for sender in senders:
    threading.Thread(
        target=lambda sender=sender: sender.send_file(
            sys.executable, progress=lambda *_: next(naps())
        ),
        daemon=True,
    ).start()
threading.Thread(target=lambda: udp.send_many(naps()), daemon=True).start()
until(lambda: receiver.receive())
""",
    "services with clients": """
servers = [ns.TcpServer(service=name) for name in ("echo", "discard", "daytime", "chargen", "time")]
servers += [ns.UdpServer(service="echo")]
clients = [ns.Socket.open(*server.endpoint) for server in servers[:-1]]
until(lambda: all(server.clients for server in servers[:-1]))
""",
    "five servers whose handlers sleep": """
servers = [ns.TcpServer(on_client=lambda connection: time.sleep(30)) for _ in range(5)]
clients = [ns.Socket.open(*server.endpoint) for server in servers]
until(lambda: all(server.clients for server in servers))
""",
    "daemon threads in every step": """
listener = ns.Socket("tcp")
listener.listen(any_port=True)
udp = ns.UdpReceiver()
client = ns.Socket.open(*listener.local)
threads = [
    threading.Thread(target=step, daemon=True)
    for step in (listener.accept, udp.receive, client.read, lambda: client.write(bytes(1 << 26)))
]
connection = listener.accept()
for thread in threads:
    thread.start()
""",
    "an error on the way out": """
server = ns.TcpServer(service="echo")
client = ns.Socket.open(*server.endpoint)
sys.exit(3)
""",
}
PREPARED = """
import sys, threading, time
import netsteps as ns

def until(condition):
    while not condition():
        time.sleep(0.001)
"""
ROUNDS = {"clients with traffic": 20, "handlers that sleep a little again and again": 20}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_ends_while_its_servers_run(name: str) -> None:
    """With its own exit code, soon, and without a word. The sockets are the program's to forget."""
    code = PREPARED + PROGRAMS[name]
    expected = 3 if "sys.exit(3)" in code else 0

    def run(_: int) -> tuple[int, str, float]:
        # -W ignore: a program that closes nothing is told so, and here that is not the subject.
        begin = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
            cwd=TESTS,
        )
        return done.returncode, done.stderr, time.monotonic() - begin

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, range(ROUNDS.get(name, 4))))
    assert {(code, text) for code, text, _ in runs} == {(expected, "")}
    assert min(took for _, _, took in runs) < 1.5


def test_a_program_that_only_imports_and_forks_ends() -> None:
    done = run_child("import os, netsteps; pid = os.fork(); pid and os.waitpid(pid, 0)")
    assert (done.returncode, done.stderr) == (0, "")
