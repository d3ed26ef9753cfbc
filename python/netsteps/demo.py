"""The main job on real input: a file travels both ways over TCP and UDP, and is verified.

One server takes two TCP clients at once, and a UDP sender has a receiver. Each side keeps its own
steps, and each copy of the file is compared by SHA-256. What happened is returned as plain data.
"""

import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import netsteps as ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Demo", "Exchange", "run"]

# No single wait is longer, in seconds; what grows with the file gets a second for each _SLOWEST.
_PATIENCE = 30.0
_SLOWEST = 5_000_000  # bytes
_CHUNK = 256 * 1024
# The file goes in about four messages, so that the turns can be seen; none is longer than this.
_MESSAGES, _LONGEST_MESSAGE = 4, 1024 * 1024
# A datagram that Ethernet carries in one packet: 1500 bytes without 20 of IPv4 and 8 of UDP.
_DATAGRAM = 1472
# Loopback carries longer ones: a big file takes fewer of them.
_BIG_FILE, _BIG_DATAGRAM = 4_000_000, 32 * 1024
_OFFSET = 8  # bytes in front of each datagram: where in the file its own bytes begin
_IN_FLIGHT = 64 * 1024  # bytes on their way at once; a receive buffer holds them
_AGAIN = 0.25  # seconds until datagrams without an answer are sent again
_TRIES = 40


@dataclass(frozen=True, slots=True)
class Exchange:
    """One pair of sockets, and what each did.

    about: what is shown. titles: who they are. left, right: their steps. sent: the hash of what the
    right side got. returned: the hash of what came back to the left one.
    """

    about: str
    titles: tuple[str, str]
    left: "Sequence[ns.StepLine]"
    right: "Sequence[ns.StepLine]"
    sent: str
    returned: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What happened. size: the file's, in bytes. sha256: the file's own hash. took_ns: for all."""

    name: str
    size: int
    sha256: str
    exchanges: tuple[Exchange, ...]
    took_ns: int

    @property
    def equal(self) -> bool:
        """Whether every copy is what the file is."""
        return all(one.sent == one.returned == self.sha256 for one in self.exchanges)


def run(file: "str | Path | None", started: "Callable[[str, int], None]") -> Demo:
    """Send a file both ways over two TCP connections and one UDP pair, all at once.

    file: its path; None stands for the package's own README. started: is called with its name and
    its size in bytes when it has been found. Raises OSError for a file that cannot be read, and
    netsteps.SocketError for whatever goes wrong on the way.
    """
    with TemporaryDirectory(prefix="netsteps-demo-") as folder:
        path = _own_readme(Path(folder)) if file is None else Path(file)
        size = path.stat().st_size
        if not path.is_file():
            message = f"{path} is not a regular file"
            raise OSError(message)
        started(path.name, size)
        begin = time.monotonic_ns()
        store = _Store(Path(folder), size)
        with (
            ns.TcpServer(on_client=store.serve) as server,
            ns.Socket("udp") as receiver,
        ):
            receiver.bind("127.0.0.1", 0)
            bound = receiver.local
            assert bound is not None  # it has just been bound
            own, stream, messages, received, sender = _all_at_once(
                lambda: _End(_hash_of(path)),
                lambda: _stream_client(path, size, server.endpoint),
                lambda: _message_client(path, size, server.endpoint),
                lambda: _udp_receiver(receiver, size),
                lambda: _udp_sender(path, size, bound),
            )
        took_ns = time.monotonic_ns() - begin
        exchanges = (
            store.exchange("client 1: one stream, whose end finish() tells", stream),
            store.exchange("client 2: messages with a length before each, all answered", messages),
            Exchange(
                about="UDP: datagrams, all answered; one without an answer is sent again",
                titles=(f"sender {sender.local}", f"receiver {sender.peer}"),
                left=sender.steps,
                right=receiver.steps,
                sent=received.got,
                returned=sender.got,
            ),
        )
    return Demo(path.name, size, own.got, exchanges, took_ns)


def _own_readme(folder: Path) -> Path:
    """Find something real that is always there: the README, or else this source file."""
    from importlib import metadata

    try:
        text = str(metadata.metadata("netsteps").json.get("description", ""))
    except metadata.PackageNotFoundError:
        text = ""
    if text.strip():
        readme = folder / "README.md"
        readme.write_text(text, encoding="utf-8")
        return readme
    checkout = Path(__file__).parents[2] / "README.md"
    return checkout if checkout.is_file() else Path(__file__)


@dataclass(frozen=True, slots=True)
class _End:
    """One end when it is done: the hash of what it got, its addresses and its steps."""

    got: str
    local: ns.Endpoint | None = None
    peer: ns.Endpoint | None = None
    steps: "Sequence[ns.StepLine]" = ()


def _end_of(socket: ns.Socket, got: str) -> _End:
    """Close the socket, and keep what it knows."""
    socket.close()
    return _End(got, socket.local, socket.peer, socket.steps)


def _all_at_once(*works: "Callable[[], _End]") -> list[_End]:
    """Do all of it in threads, and give what came of each. The first error is raised at once."""
    done: SimpleQueue[tuple[int, _End | BaseException]] = SimpleQueue()

    def do(index: int, work: "Callable[[], _End]") -> None:
        try:
            done.put((index, work()))
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
            done.put((index, error))

    for index, work in enumerate(works):
        threading.Thread(target=do, args=(index, work), daemon=True).start()
    ends: dict[int, _End] = {}
    while len(ends) < len(works):
        index, end = done.get()
        if isinstance(end, BaseException):
            raise end
        ends[index] = end
    return [ends[index] for index in range(len(works))]


def _blocks(path: Path, size: int) -> "Iterator[memoryview]":
    """Give the file in blocks of this size; each is overwritten by the next."""
    buffer = memoryview(bytearray(size))
    with path.open("rb") as file:  # buffered: only the last block is short
        while count := file.readinto(buffer):
            yield buffer[:count]


def _hash_of(path: Path) -> str:
    digest = sha256()
    for block in _blocks(path, _CHUNK):
        digest.update(block)
    return digest.hexdigest()


def _patience(size: int) -> float:
    """Give the seconds that a whole transfer may take."""
    return _PATIENCE + size / _SLOWEST


# TCP


class _Store:
    """The server's side: it stores what each client sends, and sends it back.

    A client says first, in a message, which way it goes: "stream" or "messages".
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._size = size
        self._served: list[tuple[ns.Socket, str]] = []

    def serve(self, connection: ns.Socket) -> None:
        """Serve one client, in a thread of its own."""
        way = connection.read_message(limit=16, timeout=_PATIENCE)
        serve = self._stream if way == b"stream" else self._messages
        got = serve(connection)
        self._served.append((connection, got))

    def _stream(self, connection: ns.Socket) -> str:
        """Write what comes to disk up to the client's end, then let the kernel send that file."""
        digest = sha256()
        path = self._folder / "stored"
        buffer = memoryview(bytearray(_CHUNK))
        with path.open("xb") as file:
            while count := connection.read_into(buffer, timeout=_PATIENCE):
                digest.update(buffer[:count])
                file.write(buffer[:count])
        connection.write_file(path, timeout=_patience(self._size))
        connection.finish()
        return digest.hexdigest()

    def _messages(self, connection: ns.Socket) -> str:
        """Answer each message by itself."""
        digest = sha256()
        message = connection.read_message(limit=_LONGEST_MESSAGE, timeout=_PATIENCE)
        while message is not None:
            digest.update(message)
            connection.write_message(message, timeout=_PATIENCE)
            message = connection.read_message(limit=_LONGEST_MESSAGE, timeout=_PATIENCE)
        connection.finish()
        return digest.hexdigest()

    def exchange(self, about: str, client: _End) -> Exchange:
        """Put the two sides of a connection together. The server has stopped."""
        for connection, got in self._served:
            if connection.peer == client.local:
                return Exchange(
                    about=about,
                    titles=(f"client {client.local}", f"server {client.peer}"),
                    left=client.steps,
                    right=connection.steps,
                    sent=got,
                    returned=client.got,
                )
        message = f"the server did not end the connection of {client.local}"
        raise ConnectionError(message)


def _stream_client(path: Path, size: int, server: ns.Endpoint) -> _End:
    """Send the file as one stream, and read one stream back."""
    digest = sha256()
    buffer = memoryview(bytearray(_CHUNK))
    with ns.TcpSender(server, timeout=_PATIENCE) as client:
        client.send_message(b"stream", timeout=_PATIENCE)
        client.send_file(path, timeout=_patience(size))
        client.finish()
        # The server answers when it has all of it, so nothing came while we were sending.
        while count := client.socket.read_into(buffer, timeout=_patience(size)):
            digest.update(buffer[:count])
        return _end_of(client.socket, digest.hexdigest())


def _message_client(path: Path, size: int, server: ns.Endpoint) -> _End:
    """Send the file in messages, and read the answer to each before the next."""
    digest = sha256()
    length = min(max(-(-size // _MESSAGES), 1), _LONGEST_MESSAGE)
    with ns.TcpSender(server, timeout=_PATIENCE) as client:
        client.send_message(b"messages", timeout=_PATIENCE)
        for block in _blocks(path, length):
            client.send_message(block, timeout=_PATIENCE)
            answer = client.socket.read_message(limit=_LONGEST_MESSAGE, timeout=_PATIENCE)
            digest.update(answer or b"")
        client.finish()
        client.socket.read(timeout=_PATIENCE)  # the server's end
        return _end_of(client.socket, digest.hexdigest())


# UDP


def _udp_receiver(socket: ns.Socket, size: int) -> _End:
    """Take the datagrams in their order, and send each back. One without bytes is the last."""
    digest = sha256()
    expected = 0
    while True:
        datagram = socket.receive_from(timeout=_patience(size))
        offset = int.from_bytes(datagram.data[:_OFFSET])
        data = datagram.data[_OFFSET:]
        if offset == expected:
            digest.update(data)
            expected += len(data)
        if offset <= expected:  # its own answer may have been lost; after a gap there is none
            socket.send_to(datagram.data, datagram.sender)
        if not data and offset == expected:
            return _End(digest.hexdigest())


def _udp_sender(path: Path, size: int, receiver: ns.Endpoint) -> _End:
    """Send the file in datagrams, some at once, and go on when all of these have been answered."""
    digest = sha256()
    length = (_BIG_DATAGRAM if size > _BIG_FILE else _DATAGRAM) - _OFFSET
    at_once = _IN_FLIGHT // (length + _OFFSET)
    with ns.UdpSender(receiver) as sender:
        offset = 0
        waiting: list[bytes] = []
        for block in _blocks(path, length):
            waiting.append(offset.to_bytes(_OFFSET) + block)
            offset += len(block)
            if len(waiting) == at_once:
                _answered(sender, waiting, digest.update)
                waiting = []
        waiting.append(offset.to_bytes(_OFFSET))
        _answered(sender, waiting, digest.update)
        return _end_of(sender.socket, digest.hexdigest())


def _answered(
    sender: ns.UdpSender, datagrams: list[bytes], take: "Callable[[bytes], None]"
) -> None:
    """Send some datagrams, and again those that get no answer; take the answers in their order."""
    answers: dict[bytes, bytes] = {}
    for _ in range(_TRIES):
        sender.send_many([one for one in datagrams if one[:_OFFSET] not in answers])
        try:
            while len(answers) < len(datagrams):
                answer = sender.socket.read(timeout=_AGAIN)
                answers[answer[:_OFFSET]] = answer[_OFFSET:]
        except ns.TimedOut:
            continue
        for datagram in datagrams:
            take(answers[datagram[:_OFFSET]])
        return
    message = f"{len(datagrams) - len(answers)} datagrams were never answered"
    raise TimeoutError(message)
