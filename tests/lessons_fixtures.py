"""A small exercise of each kind, for the tests of the checks themselves."""

import sys
import types
from typing import TYPE_CHECKING

import netsteps as ns
from helpers import PATIENCE
from netsteps.lessons import exercise as exercises
from netsteps.lessons.exercise import Attempt, Exercise, Failed, same

if TYPE_CHECKING:
    import pytest

    from netsteps.lessons.subject_client import ClientSubject
    from netsteps.lessons.subject_function import FunctionSubject
    from netsteps.lessons.subject_server import ServerSubject


def says_hello(subject: "ServerSubject") -> None:
    with subject.connect() as client:
        client.write(b"hello")
        same(b"hello", client.read_exactly(5, timeout=PATIENCE), "Send back what came.")


def in_two_parts(subject: "ServerSubject") -> None:
    with subject.connect() as client:
        client.write(b"hel")
        same(b"hel", client.read_exactly(3, timeout=PATIENCE), "Send back what came.")
        client.write(b"lo")
        same(b"lo", client.read_exactly(2, timeout=PATIENCE))


ECHO = Exercise(
    name="echo-server",
    lesson=3,
    title="Echo",
    task="Write an echo server.",
    kind="server",
    attempts=(
        Attempt("five bytes at once", says_hello),
        Attempt("in two parts", in_two_parts, hint="One read is not one message."),
    ),
)


def is_doubled(subject: "FunctionSubject") -> None:
    same(b"abab", subject.call(b"ab"), "Every byte twice.")


def refuses_text(subject: "FunctionSubject") -> None:
    outcome = subject.outcome("ab")
    if not outcome.raised("TypeError"):
        raise Failed("a TypeError", str(outcome), "Text is no bytes.")


DOUBLE = Exercise(
    name="split-message",
    lesson=1,
    title="Double",
    task="Write split_message(data), which doubles bytes.",
    kind="function",
    attempts=(Attempt("two bytes", is_doubled), Attempt("text", refuses_text)),
)


def reads_five(subject: "FunctionSubject") -> None:
    with subject.with_socket(5) as talk:
        talk.peer.write(b"he")
        talk.peer.write(b"llo, all")
        same(b"hello", talk.result(), "Read until there are five.")


READ = Exercise(
    name="read-exactly",
    lesson=3,
    title="Read five",
    task="Write read_exactly(socket, count).",
    kind="function",
    attempts=(Attempt("two pieces", reads_five),),
)


def is_answered(subject: "ClientSubject") -> None:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", 0)
        server.listen()
        assert server.local is not None
        run = subject.run(server.local)
        with server.accept(timeout=PATIENCE) as connection:
            same(b"hello", connection.read_exactly(5, timeout=PATIENCE), "Say hello.")
            connection.write(b"hi")
            connection.finish()
            same(b"hi", run.wait(), "Give back what was read.")


CLIENT = Exercise(
    name="first-client",
    lesson=1,
    title="A client",
    task="Write a client.",
    kind="client",
    attempts=(Attempt("hello", is_answered),),
)


def is_datagram_echo(subject: "ServerSubject") -> None:
    with subject.connect() as client:
        client.write(b"hello")
        same(b"hello", client.read(timeout=2.0), "Send back what came.")


DATAGRAMS = Exercise(
    name="datagram-echo",
    lesson=2,
    title="Datagrams",
    task="Write a UDP echo server.",
    kind="server",
    transport="udp",
    attempts=(Attempt("one datagram", is_datagram_echo),),
)

ALL = (DOUBLE, CLIENT, DATAGRAMS, ECHO, READ)

ECHO_PROGRAM = """\
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
server.listen()
print("listening", file=sys.stderr)
while True:
    connection, _ = server.accept()
    while data := connection.recv(1000):
        connection.sendall(data)
        {after}
    connection.close()
"""
RIGHT_ECHO = ECHO_PROGRAM.format(after="pass")
WRONG_ECHO = ECHO_PROGRAM.format(after="break")

RIGHT_CLIENT = """\
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as client:
    client.sendall(b"hello")
    while data := client.recv(1000):
        sys.stdout.write(data.decode())
"""


def take_their_places(monkeypatch: "pytest.MonkeyPatch") -> None:
    """Let these be the exercises that there are."""
    module = types.ModuleType("netsteps.lessons.exercises.fixtures")
    module.EXERCISES = ALL  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(exercises, "PLACES", {one.name: "fixtures" for one in ALL})
    for name in ("netsteps.lessons.classes", "netsteps.cli.check"):
        __import__(name)
        monkeypatch.setattr(sys.modules[name], "PLACES", exercises.PLACES)
