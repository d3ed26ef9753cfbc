"""MessageClient: how a function of messages answers later, several times, or ends its client."""

import socket
from contextlib import closing

import netsteps as ns
from helpers import until
from message_clients import client, reset, rest, take


def test_a_function_of_two_arguments_can_answer_later_and_several_times() -> None:
    kept: list[ns.MessageClient] = []

    def reply(message: bytes, client: ns.MessageClient) -> bytes:
        client.send(b"1 " + message)
        kept.append(client)
        return b"2 " + message

    with (
        ns.TcpServer(on_message=reply, framing="lines") as server,
        closing(client(server)) as connection,
    ):
        connection.sendall(b"a\nb\n")
        connection.shutdown(socket.SHUT_WR)
        until(lambda: len(kept) == 2, "both messages have come")
        assert kept[0] == kept[1]
        assert str(kept[0].peer) in repr(kept[0])
        assert (kept[0].peer.ip, kept[0].peer.port) == connection.getsockname()  # type: ignore[union-attr]
        kept[0].send(b"3")
        # The server finishes when nobody can answer any more.
        kept.clear()
        assert rest(connection) == b"1 a\n2 a\n1 b\n2 b\n3\n"


def test_what_a_handle_sent_goes_out_before_the_end_also_when_the_client_ends_then() -> None:
    """The client's end and the last word of a handle come to the loop at the same moment."""
    kept: list[ns.MessageClient] = []

    with ns.TcpServer(on_message=lambda _, client: kept.append(client)) as server:
        for _ in range(300):
            with closing(client(server)) as connection:
                connection.sendall(b"x")
                until(lambda: bool(kept), "the message has come")
                kept.pop().send(b"the last word")
                connection.shutdown(socket.SHUT_WR)
                assert rest(connection) == b"the last word"


def test_a_handle_closes_its_client_when_all_has_gone() -> None:
    def reply(_: bytes, client: ns.MessageClient) -> None:
        client.send(bytes(5_000_000))
        client.close()

    with (
        ns.TcpServer(on_message=reply) as server,
        closing(client(server)) as connection,
    ):
        connection.sendall(b"x")
        assert len(rest(connection)) == 5_000_000


def test_a_handle_of_a_client_that_has_gone_reaches_nobody_else() -> None:
    kept: list[ns.MessageClient] = []

    def reply(_: bytes, client: ns.MessageClient) -> None:
        kept.append(client)

    with ns.TcpServer(on_message=reply) as server:
        with closing(client(server)) as first:
            first.sendall(b"x")
            until(lambda: len(kept) == 1, "the message has come")
            reset(first)
        until(lambda: server.clients == 0, "the clients have gone")
        with closing(client(server)) as second:
            second.sendall(b"x")
            until(lambda: len(kept) == 2, "both messages have come")
            kept[0].send(b"for the first")
            kept[0].close()
            kept[1].send(b"for the second")
            assert take(second, 14) == b"for the second"
        assert kept[0] != kept[1]
