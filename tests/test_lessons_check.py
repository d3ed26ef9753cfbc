"""A check tells what was tried, expected and happened, with the ladder and a hint."""

import asyncio
import dataclasses
import importlib
import json
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from lessons_fixtures import CLIENT, DATAGRAMS, DOUBLE, ECHO, READ
from netsteps.lessons import check, exercise, subject_server
from netsteps.lessons.answer import BadAnswer
from netsteps.lessons.checking import examine
from netsteps.lessons.exercise import (
    PLACES,
    Attempt,
    CannotTry,
    Exercise,
    Failed,
    all_exercises,
    same,
)
from netsteps.lessons.junit import junit

if TYPE_CHECKING:
    from netsteps.lessons.subject_server import ServerSubject


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
    sys.stdout.write("one read will do\n")
    while True:
        connection, _ = server.accept()
        connection.sendall(connection.recv(100))
        connection.close()


# What a report tells


def cannot_be_made(_subject: object) -> None:
    raise CannotTry("this machine has no second address")


def test_an_attempt_that_cannot_be_made_here_is_not_said_to_have_passed() -> None:
    odd = Attempt("from a second address", cannot_be_made)
    changed = dataclasses.replace(DOUBLE, attempts=(DOUBLE.attempts[0], odd))
    report = examine(changed, lambda data: data * 2)
    assert report.passed
    assert [one.state for one in report.attempts] == ["passed", "not possible"]
    assert "passed, 1 of 2 attempts; no more can be made here" in str(report)
    assert "2. from a second address (not possible here: this machine has no" in str(report)
    assert "this machine has no second address" in report._repr_mimebundle_()["text/html"]
    assert report.as_dict()["attempts"][1]["why"] == "this machine has no second address"  # type: ignore[index]
    written = junit([("ada", report)])
    assert 'skipped message="this machine has no second address"' in written
    wrong = examine(changed, lambda data: data)
    assert [one.state for one in wrong.attempts] == ["failed", "not tried"]
    assert not examine(dataclasses.replace(DOUBLE, attempts=(odd,)), lambda data: data).passed


def test_a_right_server_passes() -> None:
    report = examine(ECHO, echoes)
    assert report.passed, str(report)
    assert bool(report)
    assert [one.state for one in report.attempts] == ["passed", "passed"]
    assert str(report).startswith("echo-server: passed, all 2 attempts")
    assert "✓" in report._repr_mimebundle_()["text/html"]


def test_a_wrong_one_is_told_with_all_that_helps() -> None:
    report = examine(ECHO, echoes_one_read)
    assert not report
    assert [one.state for one in report.attempts] == ["passed", "failed"]
    assert report.failed == "in two parts"
    assert "(the checker's read_exactly: " in report.happened  # an end, or a reset
    assert report.hint == "One read is not one message."
    assert report.printed == "one read will do\n"
    assert report.ladder is not None
    text = str(report)
    for part in (
        "echo-server: failed after 1 of 2 attempts",
        "failed after these steps:\n  ok     1. five bytes at once\n  FAILED 2. in two parts",
        "expected: ",
        "happened: ",
        "hint:     One read is not one message.",
        "your program printed:\n  one read will do",
        f"(process {report.process} is your program)",
    ):
        assert part in text
    page = report._repr_mimebundle_()["text/html"]
    assert "<script" not in page
    assert "data:image/svg+xml;base64," in page
    assert json.loads(json.dumps(report.as_dict()))["failed"] == "in two parts"


def test_the_ladder_has_both_ends_and_nothing_of_earlier_attempts() -> None:
    with ns.TcpServer(service="echo") as other, ns.TcpSender(other.endpoint) as sender:
        sender.send(b"not of the check")
        report = examine(ECHO, echoes_one_read)
    assert report.ladder is not None
    text = report.ladder.text
    assert "2 processes" in text
    for step in ("accept", "connect", "'hel'"):
        assert step in text
    for strange in ("hello", "not of", " bind "):
        assert strange not in text


def test_what_is_not_written_yet_is_no_failure_to_look_at() -> None:
    def unwritten(data: bytes) -> bytes:
        raise NotImplementedError

    report = examine(DOUBLE, unwritten)
    assert not report.passed
    assert report.unwritten
    assert str(report).startswith("split-message: not written yet\nwhat will be tried:\n  -")
    assert "raise NotImplementedError" in report.hint
    assert "FAILED" not in str(report)


def test_an_exception_is_told_with_its_line_and_who_called_it() -> None:
    def helper(data: bytes) -> bytes:
        return data + "x"  # type: ignore[operator]

    def answer(data: bytes) -> bytes:
        return helper(data)

    report = examine(DOUBLE, answer)
    assert "it raised TypeError: can't concat str to bytes" in report.happened
    assert 'return data + "x"' in report.happened
    assert "called in line" in report.happened


def test_an_exception_of_a_socket_has_the_name_that_python_gives_it() -> None:
    def answer(data: bytes) -> bytes:
        with socket.socket() as silent, socket.socket() as one:
            silent.bind(("127.0.0.1", 0))
            one.connect(silent.getsockname())
        return data

    assert "it raised ConnectionRefusedError" in examine(DOUBLE, answer).happened


def test_a_server_that_crashes_is_told_beside_what_its_client_saw() -> None:
    def answer(port: int) -> None:
        server = listening(port)
        connection, _ = server.accept()
        int(connection.recv(100))

    report = examine(ECHO, answer)
    assert "ValueError" in report.happened
    assert "int(connection.recv(100))" in report.happened


def test_a_server_that_dies_of_an_attempt_that_passed_has_failed_it() -> None:
    def answer(port: int) -> None:
        server = listening(port)
        connection, _ = server.accept()
        connection.sendall(connection.recv(100))
        connection.recv(100)

    report = examine(ECHO, answer)
    assert "your function returned" in report.happened
    once = dataclasses.replace(ECHO, attempts=ECHO.attempts[:1])
    report = examine(once, answer)
    assert report.expected == "a server that goes on"
    assert "your function returned" in report.happened


def test_a_server_that_listens_elsewhere_or_nowhere_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def elsewhere(port: int) -> None:
        with listening(0) as server:
            server.accept()

    def nowhere(port: int) -> None:
        time.sleep(100)

    def on_another_address(port: int) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.2", port))
            server.listen()
            server.accept()

    assert "it listens on 127.0.0.1:" in examine(ECHO, elsewhere).happened
    assert "it listens on 127.0.0.2:" in examine(ECHO, on_another_address).happened
    monkeypatch.setattr(subject_server, "READY", 1.0)
    assert "did not listen anywhere" in examine(ECHO, nowhere).happened


def test_what_a_function_uses_and_cannot_be_sent_is_named() -> None:
    lock, data = threading.Lock(), b"ab"

    def helper() -> bytes:
        with lock:
            return data + data

    def answer(data: bytes) -> bytes:
        return helper()

    report = examine(DOUBLE, answer)
    assert "it uses `lock`, a lock" in report.happened
    assert "`lock`" in report.hint


def test_a_surprise_of_the_attempt_is_told_as_one() -> None:
    def counts(subject: "ServerSubject") -> None:
        len(None)  # type: ignore[arg-type]

    odd = Exercise("odd", 1, "Odd", "", "server", (Attempt("count", counts),))
    report = examine(odd, echoes)
    assert "the check met TypeError" in report.happened


# What can be checked


def test_functions_travel_by_value_with_what_they_use() -> None:
    number = 2

    def answer(data: bytes) -> bytes:
        if isinstance(data, str):
            raise TypeError
        return data * number

    assert examine(DOUBLE, answer).passed
    number = 3
    assert not examine(DOUBLE, answer).passed


def test_a_function_is_given_a_socket() -> None:
    def answer(connection: ns.Socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += connection.read(count - len(data))
        return data

    def impatient(connection: ns.Socket, count: int) -> bytes:
        return connection.read(2)

    assert examine(READ, answer).passed
    report = examine(READ, impatient)
    assert report.happened.startswith("b'he'")
    assert report.ladder is not None
    assert "'he'" in report.ladder.text


def test_a_client_is_run_and_its_answer_is_taken() -> None:
    def answer(host: str, port: int) -> bytes:
        with ns.Socket("tcp") as client:
            client.connect(host, port)
            client.write(b"hello")
            return client.read_all()

    def forgets(host: str, port: int) -> None:
        answer(host, port)

    assert examine(CLIENT, answer).passed
    assert "it returned None" in examine(CLIENT, forgets).happened


def test_a_server_of_datagrams() -> None:
    def answer(port: int) -> None:
        with ns.UdpServer(lambda datagram: datagram.data, port=port):
            time.sleep(100)

    def silent(port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", port))
            while True:
                server.recv(100)

    assert examine(DATAGRAMS, answer).passed
    assert "nothing came" in examine(DATAGRAMS, silent).happened


@pytest.mark.parametrize("answer", [None, 3, b"bytes", [], [1, 2], "./server"])
def test_what_is_no_answer_is_refused_with_what_would_be_one(answer: object) -> None:
    with pytest.raises(BadAnswer, match=r"check\.echo_server\(echo_server\)"):
        examine(ECHO, answer)  # type: ignore[arg-type]


def test_a_server_in_the_background_may_be_returned() -> None:
    report = examine(ECHO, lambda port: ns.TcpServer(service="echo", port=port))
    assert report.passed, str(report)


def test_a_coroutine_is_run() -> None:
    async def answer(port: int) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", port)
        await server.serve_forever()

    report = examine(ECHO, answer)
    assert report.passed, str(report)


def test_a_function_of_other_arguments_is_told_how_it_has_to_begin() -> None:
    def answer() -> None: ...

    assert "def echo_server(port):" in examine(ECHO, answer).hint


# The list of exercises, and the functions of check


def test_there_is_a_function_for_each_exercise_and_each_explains_itself() -> None:
    functions = {name.replace("-", "_") for name in PLACES}
    assert set(check.__all__) == functions | {"exercises", "task"}
    for name in functions:
        assert name.replace("_", "-") in str(getattr(check, name).__doc__)


def test_each_exercise_is_whole() -> None:
    for one in all_exercises():
        assert one.name in PLACES
        assert exercise.exercise(one.name) is one
        assert one.title
        assert not one.title.endswith(".")
        assert one.task.endswith((".", "?"))
        assert one.function in one.first_line
        assert one.attempts
        assert len({attempt.title for attempt in one.attempts}) == len(one.attempts)


def test_the_lessons_are_light_to_import() -> None:
    module = importlib.import_module("netsteps.lessons")
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = module.nonsense


# Comparing


@pytest.mark.parametrize(
    ("expected", "got", "told"),
    [
        (b"abc", b"ab", "the first 2 of 3 bytes; the rest is missing"),
        (b"abc", b"abcd", "1 bytes too many"),
        (b"abc", b"aXc", "the first difference is at byte 1"),
        (b"abc", b"", "no bytes at all"),
        (b"abc", "abc", "of type str and not bytes"),
        (1, True, "of type bool and not int"),
        ([1, 2], [2, 1], "[2, 1]"),
        (b"a" * 1000, b"a" * 999, "(999 bytes)"),
    ],
)
def test_a_difference_is_told(expected: object, got: object, told: str) -> None:
    with pytest.raises(Failed) as failed:
        same(expected, got, "a hint")
    assert told in failed.value.happened
    assert failed.value.hint == "a hint"


def test_equal_values_are_no_difference() -> None:
    same(b"abc", bytearray(b"abc"))
    same([b"a", 1], [b"a", 1])
