"""A check tells what was tried, expected and happened, with the ladder and a hint."""

import socket
from typing import TYPE_CHECKING

from netsteps.lessons.checking import examine
from netsteps.lessons.exercise import Attempt, Exercise, same

if TYPE_CHECKING:
    from netsteps.lessons.subject_server import ServerSubject


def all_at_once(subject: "ServerSubject") -> None:
    with subject.connect() as client:
        client.write(b"hello")
        same(b"hello", client.read_exactly(5, timeout=1.0), "Send back what came.")


def in_two_parts(subject: "ServerSubject") -> None:
    with subject.connect() as client:
        client.write(b"hel")
        same(b"hel", client.read_exactly(3, timeout=1.0), "Send back what came.")
        client.write(b"lo")
        same(b"lo", client.read_exactly(2, timeout=1.0), "One read is not one message.")


ECHO = Exercise(
    name="echo-server",
    lesson=3,
    title="Echo",
    task="Write echo_server(port).",
    kind="server",
    attempts=(
        Attempt("five bytes at once", all_at_once),
        Attempt("in two parts", in_two_parts, hint="One read is not one message."),
    ),
)


def listening(port: int) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


def echoes(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        while data := connection.recv(100):
            connection.sendall(data)
        connection.close()


def echoes_one_read(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        connection.sendall(connection.recv(100))
        connection.close()


def test_a_right_server_passes() -> None:
    report = examine(ECHO, echoes)
    assert report.passed, str(report)
    assert [one.state for one in report.attempts] == ["passed", "passed"]


def test_a_wrong_server_fails_with_tried_expected_happened_hint_and_ladder() -> None:
    report = examine(ECHO, echoes_one_read)
    assert not report
    assert report.failed == "in two parts"
    assert report.hint == "One read is not one message."
    assert report.ladder is not None
    assert "accept" in report.ladder.text
