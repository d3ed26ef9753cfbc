"""What clients may do to a server of messages: none of it reaches another client, or lasts."""

import socket
import struct
import sys
from contextlib import closing, suppress

import psutil
import pytest

import netsteps as ns
from helpers import Background, until
from message_clients import KIB, client, reset, resident, rest, take

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def echo(message: bytes) -> bytes:
    return message


def framed(message: bytes) -> bytes:
    return struct.pack("!I", len(message)) + message


# Hostile frames (case 27)


@linux
@pytest.mark.parametrize("length", [0xFFFF_FFFF, 0x8000_0000, 1001])
def test_a_length_beyond_the_limit_takes_no_memory_and_ends_only_its_client(length: int) -> None:
    with (
        ns.TcpServer(on_message=echo, framing="length", message_limit=1000) as server,
        closing(client(server)) as other,
    ):
        other.sendall(framed(b"x" * 1000))  # the limit itself is allowed
        assert take(other, 1004) == framed(b"x" * 1000)
        before = resident()
        for _ in range(50):
            with closing(client(server)) as hostile:
                hostile.sendall(framed(b"before") + struct.pack("!I", length) + b"after" * 100)
                assert rest(hostile) == framed(b"before")
        assert resident() - before < KIB
        other.sendall(framed(b"") + framed(b"still here"))
        assert take(other, 18) == framed(b"") + framed(b"still here")
        assert {type(error) for error in server.errors} == {ns.MessageTooLarge}


@linux
@pytest.mark.exact_io(reason="sends much, and measures memory")
def test_a_line_without_end_takes_no_more_than_the_limit() -> None:
    with ns.TcpServer(on_message=echo, framing="lines", message_limit=64 * KIB) as server:
        before = resident()
        with closing(client(server)) as endless, pytest.raises(ConnectionError):
            # It is cut long before all has gone, and not only when its time is over.
            endless.sendall(bytes(100_000_000))
        until(lambda: server.clients == 0, "it has gone", timeout=20)
        assert resident() - before < 2 * KIB
        [error] = server.errors
        assert isinstance(error, ns.MessageTooLarge)


@pytest.mark.parametrize("framing", ["length", "lines", 10])
def test_a_message_that_never_ends_is_no_message(framing: str | int) -> None:
    seen: list[bytes] = []
    whole = {"length": framed(b"0123456789"), "lines": b"0123456789\n", 10: b"0123456789"}[framing]
    with ns.TcpServer(on_message=seen.append, framing=framing) as server:  # type: ignore[arg-type]
        for cut in range(len(whole)):
            with closing(client(server)) as short:
                short.sendall(whole[:cut])
                short.shutdown(socket.SHUT_WR)
                assert rest(short) == b""
        assert (seen, server.errors) == ([], [])


@pytest.mark.parametrize("framing", ["raw", "length", "lines", 10])
def test_clients_that_reset_in_the_middle_leave_nothing(framing: str | int) -> None:
    with (
        ns.TcpServer(on_message=echo, framing=framing) as server,  # type: ignore[arg-type]
        closing(client(server)) as other,
    ):
        for _ in range(100):
            rude = client(server)
            rude.sendall(b"\0\0\0\x0a01234")
            reset(rude)
        until(lambda: server.clients == 1, "they have gone")
        good = framed(b"0123456789")[: 14 if framing != 10 else 10]
        other.sendall(good + b"\n" if framing == "lines" else good)
        assert take(other, len(good)) == good
        assert server.errors == []


@pytest.mark.parametrize("framing", ["length", "lines", 7])
def test_fifty_clients_send_single_bytes_at_once_and_each_gets_its_own(
    framing: str | int,
) -> None:
    def talk(number: int) -> None:
        message = b"%7d" % number
        sent = {"length": framed(message), "lines": message + b"\n"}.get(str(framing), message)
        with closing(client(server)) as connection:
            for _ in range(5):
                for byte in sent:
                    connection.sendall(bytes([byte]))
                assert take(connection, len(sent)) == sent

    with ns.TcpServer(on_message=echo, framing=framing) as server:  # type: ignore[arg-type]
        for talker in [Background(lambda number=number: talk(number)) for number in range(50)]:
            talker.result()
        assert server.errors == []


# Functions that fail (case 3)


@pytest.mark.parametrize("with_client", [False, True])
@pytest.mark.parametrize("returns", [False, 0, "text", 5.0, [b"x"]])
def test_what_is_no_answer_ends_its_client_and_is_told(returns: object, with_client: bool) -> None:
    def alone(message: bytes) -> object:
        return returns if message == b"!" else message

    def with_handle(message: bytes, client: ns.MessageClient) -> object:
        return alone(message)

    reply = with_handle if with_client else alone
    with (
        ns.TcpServer(on_message=reply, framing="lines") as server,  # type: ignore[arg-type]
        closing(client(server)) as connection,
    ):
        connection.sendall(b"before\n!\nafter\n")
        assert rest(connection) == b"before\n"
        until(lambda: server.errors, "it is told")
        assert isinstance(server.errors[0], ns.BadPayload)


@linux
def test_a_function_that_raises_a_thousand_times_leaves_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(message: bytes) -> bytes:
        if message == b"stay":
            return message
        raise ValueError(message)

    process = psutil.Process()
    with (
        ns.TcpServer(on_message=fails, framing="lines") as server,
        closing(client(server)) as other,
    ):
        other.sendall(b"stay\n")
        assert take(other, 5) == b"stay\n"
        before = process.num_fds(), process.num_threads()
        for number in range(1000):
            with closing(client(server)) as connection:
                connection.sendall(b"%d\n" % number)
                assert rest(connection) == b""
        other.sendall(b"stay\n")
        assert take(other, 5) == b"stay\n"
        until(lambda: server.clients == 1, "the others have gone")
        assert (process.num_fds(), process.num_threads()) == before
        assert len(server.errors) == 100
        assert server.errors[-1].args == (b"999",)
    # The log is not filled by it: ten a second.
    assert 1 <= len(caplog.records) < 500


def test_a_function_that_closes_ends_its_client_after_the_answer() -> None:
    def bye(message: bytes, client: ns.MessageClient) -> bytes:
        client.send(b"1" + message)
        client.close()
        return b"2" + message

    with ns.TcpServer(on_message=bye, framing="lines") as server:
        for _ in range(50):
            with closing(client(server)) as connection:
                connection.sendall(b"a\nb\n")
                # What is sent after the close is not sent any more.
                assert rest(connection) == b"1a\n"
        assert server.errors == []


# Connections that are dead before they are taken (case 2)


@pytest.mark.parametrize(
    "work", [{"service": "echo"}, {"on_message": echo}, {"service": "echo", "loops": 2}, {}]
)
def test_connections_that_die_in_the_queue_hold_nobody_up(work: dict[str, object]) -> None:
    def handler(connection: ns.Socket) -> None:
        with suppress(ns.Reset):
            while data := connection.read():
                connection.write(data)

    server = ns.TcpServer(**(work or {"on_client": handler}))  # type: ignore[arg-type]
    with server:
        for number in range(1000):
            reset(client(server))
            if number % 100 == 0:
                with closing(client(server)) as good:
                    good.sendall(b"good")
                    assert take(good, 4) == b"good"
        until(lambda: server.clients == 0, "they have gone")
        assert server.errors == []


def test_a_client_may_leave_while_its_message_is_answered() -> None:
    gone: list[socket.socket] = []

    def slow(message: bytes) -> bytes:
        if message == b"leave":
            reset(gone.pop())
        return message * 100_000

    with ns.TcpServer(on_message=slow, framing="lines") as server, closing(client(server)) as other:
        for _ in range(20):
            gone.append(client(server))
            gone[0].sendall(b"leave\n")
            until(lambda: not gone, "it has left")
        other.sendall(b"x\n")
        assert take(other, 100_001) == b"x" * 100_000 + b"\n"
        until(lambda: server.clients == 1, "they have gone")
        assert server.errors == []
