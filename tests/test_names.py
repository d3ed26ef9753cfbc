"""Names, with a name server that never answers.

The time that was given, Ctrl-C and close() end a lookup, though getaddrinfo(3) goes on for seconds.
The silence is made in a network of the child's own, where a socket has the name server's address.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from helpers import TESTS

if TYPE_CHECKING:
    from pathlib import Path

PROMPT, EXACT = 0.2, 0.02  # seconds, as in test_blocking.py

CHILD = """
import contextlib, json, os, signal, socket, sys, threading, time
import netsteps as ns
from helpers import Background

mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mute.bind(("127.0.0.1", 53))
NAME = "silent.example"

class Alarm(Exception):
    pass

def alarm(*_):
    raise Alarm

signal.signal(signal.SIGALRM, alarm)

def connect(**timeout):
    with ns.Socket("tcp") as client:
        client.connect(NAME, 80, **timeout)

def send_to(**timeout):
    with ns.Socket("udp") as sender:
        sender.send_to(b"x", NAME, 80, **timeout)

def bind():
    with ns.Socket("tcp") as server:
        server.bind(NAME, 0)

TIMED = {
    "resolve": lambda **t: ns.resolve(NAME, "http", **t),
    "open": lambda **t: ns.Socket.open(NAME, "http", **t),
    "TcpSender": lambda **t: ns.TcpSender(NAME, 80, **t),
    "UdpSender": lambda **t: ns.UdpSender(NAME, 80, **t),
    "connect": connect,
    "send_to": send_to,
}
ALL = TIMED | {
    "bind": bind,
    "TcpServer": lambda: ns.TcpServer(service="echo", host=NAME),
    "TcpReceiver": lambda: ns.TcpReceiver(NAME),
    "UdpReceiver": lambda: ns.UdpReceiver(NAME),
}
told = {"timeout": {}, "signal": {}, "ctrl-c": {}, "close": {}}

for name, step in TIMED.items():
    begin = time.monotonic()
    try:
        step(timeout=0.2)
    except ns.TimedOut as error:
        took = time.monotonic() - begin
        told["timeout"][name] = [took, error.step, str(error)]

for name, step in ALL.items():
    begin = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with contextlib.suppress(Alarm):
        step()
    told["signal"][name] = time.monotonic() - begin - 0.05

sent = []
def interrupt():
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
timer = threading.Timer(0.05, interrupt)
timer.start()
try:
    ns.Socket.open(NAME, "http")
except KeyboardInterrupt:
    told["ctrl-c"]["open"] = time.monotonic() - sent[0]

for name, kind, step in [
    ("connect", "tcp", lambda s: s.connect(NAME, 80)),
    ("send_to", "udp", lambda s: s.send_to(b"x", NAME, 80)),
]:
    mute.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            mute.recv(2048)
    mute.setblocking(True)
    with ns.Socket(kind) as client:
        thread = Background(lambda: step(client))
        mute.recv(2048)  # its question is here
        closed = time.monotonic()
        client.close()
        try:
            thread.result(20)
        except OSError as error:
            told["close"][name] = [thread.ended - closed, type(error).__name__]

mute.detach()  # it stays open and silent until the process is gone
told["end"] = time.time()
json.dump(told, sys.stdout)
"""

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare"),
        reason="a network of its own needs Linux, root and the program unshare",
    ),
    pytest.mark.exact_io(reason="measures time"),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder: Path = tmp_path_factory.mktemp("names")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:3 attempts:1\n")
    (folder / "nsswitch.conf").write_text("hosts: files dns\n")
    (folder / "child.py").write_text(CHILD)
    script = (
        "mount --bind $0/resolv.conf /etc/resolv.conf && "
        "{ [ ! -e /etc/nsswitch.conf ] || mount --bind $0/nsswitch.conf /etc/nsswitch.conf; } && "
        'ip link set lo up && exec "$1" -W error $0/child.py'
    )
    paths = [str(TESTS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    done = subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-c", script, str(folder), sys.executable],
        check=False,
        capture_output=True,
        text=True,
        timeout=50,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )
    ended = time.time()
    if done.returncode != 0 and ("unshare:" in done.stderr or "mount:" in done.stderr):
        pytest.skip(f"no network of its own here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    found["exit"] = {"took": ended - float(str(found.pop("end")))}
    return found


def test_the_timeout_covers_the_lookup(told: dict[str, dict[str, list[object]]]) -> None:
    timed = told["timeout"]
    assert timed.keys() == {"resolve", "open", "TcpSender", "UdpSender", "connect", "send_to"}
    for name, (took, step, text) in timed.items():
        assert 0.2 <= float(str(took)) < 0.2 + 2.5 * EXACT, name
        assert step == {"TcpSender": "open", "UdpSender": "open"}.get(name, name)
        assert "name server" in str(text)
        assert "silent.example" in str(text)


def test_a_signal_ends_the_lookup(told: dict[str, dict[str, float]]) -> None:
    assert len(told["signal"]) == 10
    assert {name: late for name, late in told["signal"].items() if late >= PROMPT} == {}
    assert told["ctrl-c"]["open"] < PROMPT


def test_close_from_another_thread_ends_the_lookup(
    told: dict[str, dict[str, tuple[float, str]]],
) -> None:
    assert told["close"].keys() == {"connect", "send_to"}
    for name, (late, error) in told["close"].items():
        assert (late < PROMPT, error) == (True, "SocketClosed"), f"{name} after {late:.1f} s"


def test_a_lookup_that_was_left_behind_keeps_no_program_alive(
    told: dict[str, dict[str, float]],
) -> None:
    assert told["exit"]["took"] < 1.5
