"""TcpServer(on_message=): one function answers the messages of many clients, each its own."""

import contextlib
import socket
import struct
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, much, until
from message_clients import client, rest, take

if TYPE_CHECKING:
    from collections.abc import Callable


def ask(server: ns.TcpServer, question: bytes) -> bytes:
    """Send, finish, and read all that comes back."""
    with closing(client(server)) as connection:
        connection.sendall(question)
        connection.shutdown(socket.SHUT_WR)
        return rest(connection)


def echo(message: bytes) -> bytes:
    return message


# What a message is


@pytest.mark.parametrize(
    ("framing", "question", "answer"),
    [
        (None, b"as it comes", b"AS IT COMES"),
        ("raw", b"as it comes", b"AS IT COMES"),
        ("lines", b"one\r\ntwo\n\nnot whole", b"ONE\nTWO\n\n"),
        ("length", b"\0\0\0\3one\0\0\0\0\0\0\0\5thr", b"\0\0\0\3ONE\0\0\0\0"),
        (3, b"onetwoth", b"ONETWO"),
    ],
)
def test_a_message_is_what_the_framing_says_and_so_is_the_answer(
    framing: str | int | None, question: bytes, answer: bytes
) -> None:
    with ns.TcpServer(on_message=bytes.upper, framing=framing) as server:  # type: ignore[arg-type]
        assert ask(server, question) == answer


@pytest.mark.parametrize("framing", ["lines", "length", 7])
def test_messages_are_the_same_in_single_bytes(framing: str | int) -> None:
    messages = [b"message", b"another", b"the end"]
    heads = {"length": b"\0\0\0\7"}
    tails = {"lines": b"\n"}
    stream = b"".join(heads.get(framing, b"") + m + tails.get(framing, b"") for m in messages)  # type: ignore[call-overload]
    seen: list[bytes] = []
    with (
        ns.TcpServer(on_message=seen.append, framing=framing) as server,  # type: ignore[arg-type]
        closing(client(server)) as connection,
    ):
        for byte in stream:
            connection.sendall(bytes([byte]))
        until(lambda: len(seen) == 3, "all messages have come")
    assert seen == messages


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_a_function_that_fills_one_buffer_again_and_again_answers_each_with_its_own(
    kind: "Callable[[bytearray], object]",
) -> None:
    buffer = bytearray(4)

    def reply(message: bytes) -> object:
        buffer[:] = message
        return kind(buffer)

    questions = [b"%04d" % number for number in range(1000)]
    with ns.TcpServer(on_message=reply, framing=4) as server:
        assert ask(server, b"".join(questions)) == b"".join(questions)


def test_an_answer_is_not_held_when_it_has_left() -> None:
    answer = bytearray(b"short")

    def reply(_message: bytes) -> bytearray:
        return answer

    with ns.TcpServer(on_message=reply, framing=1) as server, closing(client(server)) as one:
        one.sendall(b"x")
        assert take(one, 5) == b"short"
        answer.extend(b", and longer")
        one.sendall(b"x")
        assert take(one, 17) == b"short, and longer"


def test_a_sender_and_a_server_of_messages_understand_each_other() -> None:
    with (
        ns.TcpServer(on_message=bytes.upper, framing="length") as server,
        ns.TcpSender(server.endpoint) as sender,
    ):
        for message in [b"", b"hello", bytes(much(3_200_000))]:
            sender.send_message(message)
            assert sender.socket.read_message(timeout=PATIENCE) == message.upper()


def test_many_clients_get_their_own_bytes_back() -> None:
    def talk(number: int) -> None:
        with closing(client(server)) as connection:
            for turn in range(50):
                text = b"client %d, turn %d;" % (number, turn) * (turn + 1)
                message = struct.pack("!I", len(text)) + text
                connection.sendall(message)
                assert take(connection, len(message)) == message

    with ns.TcpServer(on_message=echo, framing="length") as server:
        talkers = [Background(lambda number=number: talk(number)) for number in range(50)]
        for talker in talkers:
            talker.result()
        assert server.served == 50
        assert server.errors == []
        until(lambda: server.clients == 0, "the clients have gone")


# What goes wrong


def fails(message: bytes) -> object:
    if message == b"raise":
        raise ZeroDivisionError
    if message == b"exit":
        raise SystemExit
    return "text" if message == b"text" else message


@pytest.mark.parametrize(
    ("message", "error"),
    [(b"raise", ZeroDivisionError), (b"exit", SystemExit), (b"text", ns.BadPayload)],
)
def test_a_function_that_fails_ends_only_that_client(
    message: bytes, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    with ns.TcpServer(on_message=fails, framing="lines") as server:  # type: ignore[arg-type]
        with closing(client(server)) as other:
            assert ask(server, b"before\n" + message + b"\nafter\n") == b"before\n"
            other.sendall(b"still here\n")
            assert take(other, 11) == b"still here\n"
        [told] = server.errors
        assert isinstance(told, error)
        assert "127.0.0.1" in caplog.text


@pytest.mark.parametrize(
    ("framing", "stream"),
    [("length", b"\xff\xff\xff\xff"), ("length", b"\0\0\0\x65"), ("lines", b"x" * 200)],
)
def test_a_message_above_the_limit_ends_its_client_before_memory_is_taken(
    framing: str, stream: bytes
) -> None:
    with ns.TcpServer(on_message=echo, framing=framing, message_limit=100) as server:  # type: ignore[arg-type]
        with closing(client(server)) as greedy:
            greedy.sendall(stream)
            assert rest(greedy) == b""
        until(lambda: len(server.errors) == 1, "the error is told")
        assert isinstance(server.errors[0], ns.MessageTooLarge)
        assert "message_limit=" in str(server.errors[0])


def test_a_client_that_reads_nothing_is_read_no_more_and_holds_nobody_up() -> None:
    with ns.TcpServer(on_message=echo) as server, closing(client(server)) as greedy:
        greedy.settimeout(0.3)
        written = 0
        with contextlib.suppress(TimeoutError):
            while True:
                written += greedy.send(bytes(2**20))
                assert written < 2**30, "the server takes without end"
        assert ask(server, b"hello") == b"hello"
        greedy.settimeout(PATIENCE)
        greedy.shutdown(socket.SHUT_WR)
        assert len(rest(greedy)) == written


def test_a_slow_function_holds_up_its_answers_and_loses_none() -> None:
    begun, gate = threading.Event(), threading.Event()

    def slow(message: bytes) -> bytes:
        begun.set()
        assert gate.wait(PATIENCE)
        return message

    with ns.TcpServer(on_message=slow, framing="lines") as server:
        asking = [Background(lambda n=n: ask(server, b"%d\n" % n)) for n in range(20)]
        assert begun.wait(PATIENCE)  # the others wait in the kernel
        gate.set()
        assert [each.result() for each in asking] == [b"%d\n" % n for n in range(20)]


@pytest.mark.parametrize("work", [{"on_message": echo}, {"service": "echo"}])
def test_an_idle_client_is_let_go(work: dict[str, object]) -> None:
    server = ns.TcpServer(idle_timeout=0.2, **work)  # type: ignore[arg-type]
    begin = time.monotonic()
    with server, closing(client(server)) as silent:
        assert rest(silent) == b""
        assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize("seconds", [1e12, 1.8e19])
def test_a_time_longer_than_any_clock_is_no_limit(seconds: float) -> None:
    server = ns.TcpServer(on_message=echo, framing="lines", idle_timeout=seconds)
    try:
        assert ask(server, b"there\n") == b"there\n"
    finally:
        server.stop(seconds)
    assert not server.errors


def test_a_stop_from_inside_the_function_does_not_hang() -> None:
    servers: list[ns.TcpServer] = []

    def reply(message: bytes) -> bytes:
        servers[0].stop(grace=0)
        return message

    with ns.TcpServer(on_message=reply) as server:
        servers.append(server)
        with closing(client(server)) as connection:
            connection.sendall(b"x")
            assert rest(connection) in {b"", b"x"}
    servers.clear()


def test_a_stop_from_inside_the_function_does_not_wait_for_itself() -> None:
    servers: list[ns.TcpServer] = []
    took: list[float] = []

    def reply(message: bytes) -> bytes:
        begun = time.monotonic()
        servers[0].stop()
        took.append(time.monotonic() - begun)
        return message

    with ns.TcpServer(on_message=reply, framing=1) as server:
        servers.append(server)
        assert ask(server, b"abc") == b"abc"
    assert sum(took) < 0.9, "grace and the second after it are for others"
    servers.clear()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ns.TcpServer(on_message=echo, service="echo"),
        lambda: ns.TcpServer(lambda _: None, on_message=echo),
        lambda: ns.TcpServer(service="echo", framing="raw"),
        lambda: ns.TcpServer(lambda _: None, idle_timeout=1),
        lambda: ns.TcpServer(on_message=echo, framing="words"),  # type: ignore[arg-type]
        lambda: ns.TcpServer(on_message=echo, framing=0),
        lambda: ns.TcpServer(on_message=echo, framing=True),
        lambda: ns.TcpServer(on_message=echo, framing=2**40),
        lambda: ns.TcpServer(on_message=echo, framing=9, message_limit=8),
        lambda: ns.TcpServer(on_message=echo, message_limit=0),
        lambda: ns.TcpServer(on_message=echo, idle_timeout=0),
        lambda: ns.TcpServer(on_message="echo"),  # type: ignore[arg-type]
        lambda: ns.TcpServer(lambda _: None, message_limit=100),
        lambda: ns.TcpServer(service="echo", message_limit=100),
        lambda: ns.TcpServer(lambda _: None, unwritten_limit=100),
        lambda: ns.TcpServer(service="echo", unwritten_limit=100),
        lambda: ns.TcpServer(on_message=lambda: None),  # type: ignore[misc,arg-type]
        lambda: ns.TcpServer(on_message=lambda a, b, c: None),  # type: ignore[misc,arg-type]
    ],
)
def test_arguments_that_make_no_server_are_told(make: "Callable[[], object]") -> None:
    with pytest.raises(ns.BadArgument):
        make()


def test_what_is_told_names_the_functions_that_there_are() -> None:
    with pytest.raises(ns.BadArgument, match="on_client, on_message, service") as none:
        ns.TcpServer()
    assert "on_message=function" in none.value.remedy
    with pytest.raises(ns.BadArgument, match="neither on_datagram nor service"):
        ns.UdpServer()
    with pytest.raises(ns.BadArgument, match=r"takes \(a, b, c\)") as wrong:
        ns.TcpServer(on_message=lambda a, b, c: None)  # type: ignore[misc,arg-type]
    assert "def reply(message)" in wrong.value.remedy


# What is seen of it


@pytest.mark.exact_io(reason="counts calls")
def test_the_loop_is_recorded_like_every_step() -> None:
    with ns.Trace() as trace, ns.TcpServer(on_message=bytes.upper) as server:
        assert ask(server, b"hello") == b"HELLO"
        until(lambda: server.clients == 0, "the clients have gone")
    [accepted] = [event for event in trace.events if event.step == "accepted"]
    steps = [
        (event.step, event.size, event.preview)
        for event in trace.events
        if event.socket == accepted.socket
    ]
    # Whether the end is read before the answer is written depends on when it comes.
    assert sorted(steps, key=repr) == [
        ("accepted", None, b""),
        ("close", None, b""),
        ("finish", None, b""),
        ("read", 0, b""),
        ("read", 5, b"hello"),
        ("write", 5, b"HELLO"),
    ]
    assert "HELLO" in str(trace.ladder())
