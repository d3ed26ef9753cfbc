"""The main job on real input: a file travels both ways over TCP and UDP, and is verified.

One server takes two TCP clients at once, and a UDP sender has a receiver. Each side keeps its own
steps, and each copy of the file is compared by SHA-256. What happened is returned as plain data.
"""

import threading
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import netsteps as ns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
_IN_FLIGHT = 128 * 1024  # bytes on their way at once; a receive buffer holds them
_AGAIN = 0.25  # seconds until datagrams without an answer are sent again
_TRIES = 40

Result = TypeVar("Result")


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


def run(file: "str | Path | None" = None, *, started: "Callable[[str, int], None]") -> Demo:
    """Send a file both ways over two TCP connections and one UDP pair, all at once.

    file: its path; None stands for the package's own README. started: is called with its name and
    its size in bytes when it has been found. Raises OSError for a file that cannot be read,
    netsteps.SocketError for whatever goes wrong on the way.
    """
    with TemporaryDirectory(prefix="netsteps-demo-") as folder:
        path = _own_readme(Path(folder)) if file is None else Path(file)
        with path.open("rb") as opened:
            size = opened.seek(0, 2)
        started(path.name, size)
        begin = time.monotonic_ns()
        server_side = _ServerSide(Path(folder))
        with (
            ns.TcpServer(on_client=server_side.serve, port=0) as server,
            ns.Socket("udp") as udp_receiver,
        ):
            udp_receiver.bind("127.0.0.1", 0)
            jobs = [
                _Job(lambda: _hash_of(path)),
                _Job(lambda: _stream_client(path, size, server.endpoint)),
                _Job(lambda: _message_client(path, size, server.endpoint)),
                _Job(lambda: _udp_receive(udp_receiver)),
                _Job(lambda: _udp_send(path, size, udp_receiver.local)),
            ]
            own, stream, message, got, udp = [job.result() for job in jobs]
        took_ns = time.monotonic_ns() - begin
        exchanges = (
            server_side.exchange("client 1: one stream; finish() tells where it ends", stream),
            server_side.exchange("client 2: messages, each answered; a length before each", message),
            Exchange(
                about="UDP: datagrams, each answered; what gets no answer is sent again",
                titles=(f"sender {udp.local}", f"receiver {udp.peer}"),
                left=udp.steps,
                right=udp_receiver.steps,
                sent=got.returned,
                returned=udp.returned,
            ),
        )
    return Demo(path.name, size, own.returned, exchanges, took_ns)


def _own_readme(folder: Path) -> Path:
    """Find something real that is always there: the README, or else this source file."""
    from importlib import metadata

    try:
        text = str(metadata.metadata("netsteps").get_payload())
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
    """One end when it is done: its addresses, its steps, and the hash of what it got."""

    returned: str
    local: ns.Endpoint | None = None
    peer: ns.Endpoint | None = None
    steps: "Sequence[ns.StepLine]" = ()


class _Job(threading.Thread):
    """Something that is done in a thread of its own, and what came of it."""

    def __init__(self, work: "Callable[[], _End]") -> None:
        super().__init__(daemon=True)
        self._work = work
        self._result: _End | OSError | None = None
        self.start()

    def run(self) -> None:
        try:
            self._result = self._work()
        except OSError as error:
            self._result = error

    def result(self) -> _End:
        """Wait for it. Raises what it raised."""
        self.join()
        if isinstance(self._result, _End):
            return self._result
        raise self._result or RuntimeError("a part of the demo failed; see above")


def _hash_of(path: Path) -> _End:
    """Hash the file itself."""
    digest = sha256()
    buffer = memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return _End(digest.hexdigest())


def _patience(size: int) -> float:
    """Give the seconds that a whole transfer may take."""
    return _PATIENCE + size / _SLOWEST
