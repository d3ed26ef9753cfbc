"""Clients that do not read what is sent: they hold nobody up, and their memory is bounded."""

import sys
from contextlib import closing

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, until
from message_clients import KIB, client, resident, rest, take

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SMALL = 4096  # bytes: a receive buffer that is soon full


def kept_handle(server: ns.TcpServer, handles: list[ns.MessageClient]) -> ns.MessageClient:
    """Wait for the handle that the function of the server has kept."""
    until(lambda: handles, "the message has come")
    return handles[0]


def send_until_too_slow(handle: ns.MessageClient) -> tuple[int, ns.TooSlow]:
    """Send messages of 10,000 bytes; give how many were taken, and what was said then."""
    for number in range(5000):
        try:
            handle.send(b"%8d" % number * 1250)
        except ns.TooSlow as error:
            return number, error
    raise AssertionError("it takes without end")


@pytest.mark.parametrize("limit", [1, 100_000, 1_000_000])
def test_a_client_is_sent_no_more_than_the_limit_and_one_message(limit: int) -> None:
    handles: list[ns.MessageClient] = []
    with (
        ns.TcpServer(
            on_message=lambda _, client: handles.append(client), unwritten_limit=limit
        ) as server,
        closing(client(server, SMALL)) as slow,
    ):
        slow.sendall(b"x")
        handle = kept_handle(server, handles)
        assert handle.unwritten == 0
        sent, error = send_until_too_slow(handle)
        # What the error says: since then its kernel may have taken some of it.
        assert limit <= int(error.cause.split()[0]) < limit + 10_000
        assert handle.unwritten < limit + 10_000
        assert isinstance(error, BlockingIOError)
        assert error.endpoint == str(handle.peer)
        assert "unwritten_limit=" in error.remedy
        # All that was taken comes, and then there is room again.
        assert take(slow, sent * 10_000) == b"".join(b"%8d" % n * 1250 for n in range(sent))
        until(lambda: handle.unwritten == 0, "nothing waits any more")
        handle.send(b"once more")
        assert take(slow, 9) == b"once more"
        assert server.errors == []


def test_one_message_may_be_larger_than_the_limit() -> None:
    def reply(_: bytes, client: ns.MessageClient) -> None:
        client.send(bytes(3_000_000))
        client.close()

    with (
        ns.TcpServer(on_message=reply, unwritten_limit=10) as server,
        closing(client(server)) as connection,
    ):
        connection.sendall(b"x")
        assert len(rest(connection)) == 3_000_000


def test_to_a_client_that_has_gone_nothing_is_sent_and_nothing_waits() -> None:
    handles: list[ns.MessageClient] = []
    with ns.TcpServer(on_message=lambda _, client: handles.append(client)) as server:
        with closing(client(server, SMALL)) as slow:
            slow.sendall(b"x")
            handle = kept_handle(server, handles)
            handle.send(bytes(5_000_000))
            until(lambda: handle.unwritten > 1_000_000, "it waits")
        until(lambda: server.clients == 0, "the client has gone")
        assert handle.unwritten == 0
        for _ in range(100):
            handle.send(bytes(1_000_000))
        assert handle.unwritten == 0


def test_threads_that_send_to_one_client_mix_nothing_up() -> None:
    handles: list[ns.MessageClient] = []

    def send(handle: ns.MessageClient, name: int) -> None:
        for number in range(200):
            handle.send(b"%d %d " % (name, number) + b"x" * number)

    with (
        ns.TcpServer(
            on_message=lambda _, client: handles.append(client), framing="lines"
        ) as server,
        closing(client(server)) as connection,
        connection.makefile("rb") as file,
    ):
        connection.sendall(b"\n")
        handle = kept_handle(server, handles)
        senders = [Background(lambda name=name: send(handle, name)) for name in range(8)]
        lines = [file.readline().split(b" ") for _ in range(1600)]
        for sender in senders:
            sender.result()
    for name in range(8):
        own = [(int(number), text) for of, number, text in lines if int(of) == name]
        assert own == [(number, b"x" * number + b"\n") for number in range(200)]


@linux
@pytest.mark.exact_io(reason="measures memory, and sends much")
@pytest.mark.parametrize("with_client", [False, True])
def test_many_questions_with_large_answers_of_a_client_that_reads_nothing(
    with_client: bool,
) -> None:
    """20,000 questions in one piece of 40,000 bytes, to each an answer of 20,000: 400 MB."""
    answer = bytes(range(200)) * 100

    def alone(_: bytes) -> bytes:
        return answer

    def with_handle(_: bytes, client: ns.MessageClient) -> bytes:
        return answer

    reply = with_handle if with_client else alone
    with (
        ns.TcpServer(on_message=reply, framing="lines") as server,
        closing(client(server, SMALL)) as greedy,
        closing(client(server)) as other,
    ):
        before = resident()
        greedy.sendall(b"?\n" * 20_000)
        for _ in range(20):
            other.sendall(b"?\n")
            assert take(other, 20_001) == answer + b"\n"
        assert resident() - before < 20 * KIB
        # It is asked to take them at last: all 20,000 are there, none twice.
        for _ in range(2000):
            assert take(greedy, 200_010) == (answer + b"\n") * 10


@linux
@pytest.mark.exact_io(reason="measures memory, and sends much")
def test_fifty_clients_that_read_nothing_cost_little_each() -> None:
    with ns.TcpServer(on_message=lambda message: message) as server:
        greedy = [client(server, SMALL) for _ in range(50)]
        before = resident()
        written = []
        for connection in greedy:
            connection.setblocking(False)
            written.append(0)
        for _ in range(20):
            for number, connection in enumerate(greedy):
                try:
                    written[number] += connection.send(bytes([number]) * 1_000_000)
                except BlockingIOError:
                    continue
        assert (resident() - before) / 50 < 400  # KiB
        for number, connection in enumerate(greedy):
            connection.settimeout(PATIENCE)
            assert take(connection, written[number]) == bytes([number]) * written[number]
            connection.close()
        until(lambda: server.clients == 0, "all have gone")
