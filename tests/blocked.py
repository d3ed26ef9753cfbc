"""Every step that can wait for ever, made to wait, with what should be true after it was ended."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import netsteps as ns
from helpers import BIG, PATIENCE, Background, bound, full_queue, listening, pair


@dataclass
class Blocked:
    """A step that waits.

    step: the step, with the timeout that it is given. close: closes what it waits on. usable:
    checks that this works as before after a timeout or a signal. told: how close() from another
    thread is told, None for an iteration, which just ends.
    """

    step: Callable[[float | None], object]
    close: Callable[[], None]
    usable: Callable[[], object]
    told: type[Exception] | None = ns.SocketClosed


def accepts(listener: ns.Socket) -> None:
    with ns.Socket("tcp") as client:
        client.connect(listener.local, timeout=PATIENCE)
        with listener.accept(timeout=PATIENCE) as connection:
            assert connection.peer == client.local


@contextmanager
def accept() -> Iterator[Blocked]:
    with listening() as listener:
        yield Blocked(
            lambda t: listener.accept(timeout=t), listener.close, lambda: accepts(listener)
        )


@contextmanager
def iteration() -> Iterator[Blocked]:
    with listening() as listener:
        yield Blocked(lambda t: list(listener), listener.close, lambda: accepts(listener), None)


@contextmanager
def connect() -> Iterator[Blocked]:
    with full_queue() as silent, listening() as other, ns.Socket("tcp") as client:

        def connects() -> None:
            assert client.state == "created"
            client.connect(other.local, timeout=PATIENCE)
            assert client.peer == other.local

        yield Blocked(lambda t: client.connect(silent, timeout=t), client.close, connects)


def reading(
    step: Callable[[ns.Socket, float | None], object], first: bytes, rest: bytes, whole: object
) -> Callable[[], AbstractContextManager[Blocked]]:
    """Make the case of a read: first has come, and with the rest it gives the whole."""

    @contextmanager
    def case() -> Iterator[Blocked]:
        with pair() as (client, connection):
            connection.write(first)

            def reads() -> None:
                connection.write(rest)
                if step is ALL:
                    connection.finish()
                assert step(client, PATIENCE) == whole

            yield Blocked(lambda t: step(client, t), client.close, reads)

    return case


def ALL(socket: ns.Socket, timeout: float | None) -> bytes:  # noqa: N802 - compared by name
    return socket.read_all(timeout=timeout)


def into(socket: ns.Socket, timeout: float | None) -> bytes:
    buffer = bytearray(8)
    return bytes(buffer[: socket.read_into(buffer, timeout=timeout)])


def drains(client: ns.Socket, connection: ns.Socket, *others: Background[None]) -> None:
    """Check that what was written arrives once the peer reads, and that we can write on."""
    assert client.state == "connected"
    drained = Background(lambda: connection.read_all(timeout=PATIENCE))
    for other in others:
        other.result()
    client.write(b"the end", timeout=PATIENCE)
    client.finish()
    assert drained.result().endswith(b"the end")


@contextmanager
def write() -> Iterator[Blocked]:
    with pair() as (client, connection):
        data = bytes(BIG)
        yield Blocked(
            lambda t: client.write(data, timeout=t),
            client.close,
            lambda: drains(client, connection),
        )


@contextmanager
def write_message() -> Iterator[Blocked]:
    with pair() as (client, connection):
        data = bytes(BIG)
        yield Blocked(
            lambda t: client.write_message(data, timeout=t),
            client.close,
            lambda: drains(client, connection),
        )


@contextmanager
def write_file() -> Iterator[Blocked]:
    with pair() as (client, connection), TemporaryDirectory() as folder:
        path = Path(folder, "file")
        with path.open("wb") as file:
            file.truncate(BIG)
        yield Blocked(
            lambda t: client.write_file(path, timeout=t),
            client.close,
            lambda: drains(client, connection),
        )


@contextmanager
def write_turn() -> Iterator[Blocked]:
    """Another thread's write is under way: ours waits for its turn."""
    with pair() as (client, connection), ns.Trace() as trace:
        data = bytes(BIG)
        other = Background(lambda: client.write(data))
        while not any(event.phase == "started" for event in trace.events):
            other.join(0.001)
        trace.stop()
        try:
            yield Blocked(
                lambda t: client.write(b"ours", timeout=t),
                client.close,
                lambda: drains(client, connection, other),
            )
        finally:
            client.close()
            other.join(PATIENCE)


@contextmanager
def receive_from() -> Iterator[Blocked]:
    with bound() as socket, ns.Socket("udp") as sender:

        def receives() -> None:
            sender.send_to(b"hello", socket.local)
            assert socket.receive_from(timeout=PATIENCE).data == b"hello"

        yield Blocked(lambda t: socket.receive_from(timeout=t), socket.close, receives)


@contextmanager
def udp_read() -> Iterator[Blocked]:
    with bound() as socket, ns.Socket("udp") as sender:

        def receives() -> None:
            sender.send_to(b"hello", socket.local)
            assert socket.read(timeout=PATIENCE) == b"hello"

        yield Blocked(lambda t: socket.read(timeout=t), socket.close, receives)


@contextmanager
def udp_receiver() -> Iterator[Blocked]:
    with ns.UdpReceiver() as receiver, ns.UdpSender(*receiver.endpoint) as sender:

        def receives() -> None:
            sender.send(b"hello")
            assert receiver.receive(timeout=PATIENCE).data == b"hello"

        yield Blocked(lambda t: receiver.receive(timeout=t), receiver.close, receives)


@contextmanager
def udp_iteration() -> Iterator[Blocked]:
    with ns.UdpReceiver() as receiver, ns.UdpSender(*receiver.endpoint) as sender:

        def receives() -> None:
            sender.send(b"hello")
            assert next(iter(receiver)).data == b"hello"

        yield Blocked(lambda t: list(receiver), receiver.close, receives, None)


@contextmanager
def tcp_receiver_alone() -> Iterator[Blocked]:
    """Let nobody connect."""
    with ns.TcpReceiver() as receiver:

        def receives() -> None:
            with ns.TcpSender(*receiver.endpoint) as sender:
                sender.send_message(b"hello")
                assert receiver.receive_message(timeout=PATIENCE) == b"hello"

        yield Blocked(lambda t: receiver.receive_message(timeout=t), receiver.close, receives)


@contextmanager
def tcp_receiver() -> Iterator[Blocked]:
    """Let the sender connect, and send nothing."""
    with ns.TcpReceiver() as receiver, ns.TcpSender(*receiver.endpoint) as sender:
        assert receiver.next_sender(timeout=PATIENCE) == sender.local

        def receives() -> None:
            sender.send_message(b"hello")
            assert receiver.receive_message(timeout=PATIENCE) == b"hello"

        yield Blocked(lambda t: receiver.receive_message(timeout=t), receiver.close, receives)


CASES: dict[str, Callable[[], AbstractContextManager[Blocked]]] = {
    "accept": accept,
    "iteration over accept": iteration,
    "connect": connect,
    "read": reading(lambda s, t: s.read(timeout=t), b"", b"hello", b"hello"),
    "read_into": reading(into, b"", b"hello", b"hello"),
    "read_exactly": reading(lambda s, t: s.read_exactly(4, timeout=t), b"ab", b"cd", b"abcd"),
    "read_until": reading(lambda s, t: s.read_until(b"\n", timeout=t), b"ab", b"c\n", b"abc\n"),
    "read_all": reading(ALL, b"ab", b"cd", b"abcd"),
    "read_message": reading(lambda s, t: s.read_message(timeout=t), b"\0\0\0\4ab", b"cd", b"abcd"),
    "write": write,
    "write_message": write_message,
    "write_file": write_file,
    "write behind another": write_turn,
    "receive_from": receive_from,
    "read of UDP": udp_read,
    "UdpReceiver.receive": udp_receiver,
    "iteration over UdpReceiver": udp_iteration,
    "TcpReceiver without a sender": tcp_receiver_alone,
    "TcpReceiver": tcp_receiver,
}
# An iteration takes no timeout.
TIMED = [name for name in CASES if not name.startswith("iteration")]
