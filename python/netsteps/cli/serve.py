"""The command serve: a small standard service, or files to disk, until Ctrl-C."""

import contextlib
import json
import signal
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.cli.send import cut
from netsteps.cli.terminal import say, warn
from netsteps.show.tables import printable
from netsteps.show.units import size_text, time_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from types import FrameType

__all__ = ["UntilTold", "serve"]

# A client that sends nothing for so long has probably gone without a word, in seconds.
IDLE = 600.0
# The most answers of a UDP service to one address and port in a second, unless it is said.
REPLIES = 50
_CHUNK = 256 * 1024


def serve(options: "argparse.Namespace") -> int:
    """Serve until SIGINT or SIGTERM. To be ended so is what a server is for: the exit code is 0."""
    _refuse_what_it_has_not(options)
    store = _store(options)
    until_told = UntilTold()  # before the first line: whoever reads it may signal at once
    with _server(options, store) as server:
        _announce(options, server.endpoint)
        until_told.wait()
    _sum_up(options, server)
    return 0


def _store(options: "argparse.Namespace") -> "FileStore | None":
    if options.service != "file":
        if options.directory is not None:
            options.usage_error(f"{options.service} writes nothing, so it takes no directory")
        return None
    if options.directory is None:
        options.usage_error("file needs the directory to write to: netsteps serve file DIR")
    if options.kind == "udp":
        options.usage_error(
            "file needs TCP: datagrams can get lost, come twice or in another order, and no "
            "datagram says where a file ends"
        )
    directory = Path(options.directory)
    directory.mkdir(parents=True, exist_ok=True)
    return FileStore(directory, options.limit, options.idle_timeout or IDLE, as_json=options.json)


def _server(
    options: "argparse.Namespace", store: "FileStore | None"
) -> "ns.TcpServer | ns.UdpServer":
    where = {"host": options.host, "port": options.port}
    if options.kind == "udp":
        return ns.UdpServer(
            service=options.service, replies_per_second=options.replies or REPLIES, **where
        )
    if store is not None:
        return ns.TcpServer(on_client=store.receive, max_clients=options.max_clients, **where)
    return ns.TcpServer(
        service=options.service,
        max_clients=options.max_clients,
        idle_timeout=options.idle_timeout,
        loops=options.loops or 1,
        **where,
    )


def _refuse_what_it_has_not(options: "argparse.Namespace") -> None:
    """End with a usage error where a limit was given that this server does not have."""
    of_tcp = ("max_clients", "idle_timeout", "loops")
    for name in of_tcp if options.kind == "udp" else ("replies",):
        if getattr(options, name) is not None:
            only = "TCP" if name in of_tcp else "UDP"
            options.usage_error(f"--{name.replace('_', '-')} is for {only}")
    if options.service == "file" and options.loops is not None:
        options.usage_error("--loops is for the services; file has a thread for each client")


def _announce(options: "argparse.Namespace", endpoint: ns.Endpoint) -> None:
    if options.json:
        _say_json(
            "serving",
            service=options.service,
            kind=options.kind,
            ip=endpoint.ip,
            port=endpoint.port,
        )
    else:
        say(f"{options.service} over {options.kind} on {endpoint}, Ctrl-C ends it")


def _sum_up(options: "argparse.Namespace", server: "ns.TcpServer | ns.UdpServer") -> None:
    """Say how many were served."""
    held_back = 0
    if isinstance(server, ns.TcpServer):
        count, what = server.served, "client"
    else:
        count, what, held_back = server.received, "datagram", server.held_back
    if options.json:
        about = {"held_back": held_back} if options.kind == "udp" else {}
        _say_json("ended", **{f"{what}s": count}, **about)
        return
    after_ctrl_c = "\n" if sys.stdout.isatty() else ""  # a terminal has written ^C there
    say(f"{after_ctrl_c}ended: served {count} {what}{'' if count == 1 else 's'}")
    if held_back:
        replies = options.replies or REPLIES
        say(f"answers not sent: {held_back} (one address and port gets {replies} in a second)")


def _say_json(event: str, **about: object) -> None:
    say(json.dumps({"event": event, **about}))


class UntilTold:
    """Waits for SIGINT or SIGTERM. A second one, while the server stops, ends the program."""

    def __init__(self) -> None:
        self._told = False
        self._waiting = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._tell)

    def _tell(self, _number: int, _frame: "FrameType | None") -> None:
        again, self._told = self._told, True
        # Only an exception ends a sleep; anywhere else it would leave a server half made.
        if again or self._waiting:
            raise KeyboardInterrupt

    def wait(self, show: "Callable[[], None] | None" = None, every: float = 3600.0) -> None:
        """Return when a signal has come. show: what is called meanwhile, every so many seconds."""
        try:
            self._waiting = True
            while not self._told:
                if show is not None:
                    show()
                time.sleep(every)
        except KeyboardInterrupt:
            pass
        finally:
            self._waiting = False


def _why(error: OSError) -> str:
    if isinstance(error, ns.SocketClosed):
        return "the server was ended before the client was done"
    return error.cause if isinstance(error, ns.SocketError) else str(error.strerror or error)


class FileStore:
    """Writes what each client sends to a new file.

    directory: where. limit: the most bytes of one file. idle: in seconds. A file that is not whole
    never has its final name: it ends in .part while it comes, and is removed when its client is cut
    off, sends more than the limit, or is silent for so long. (A client that dies without a reset
    cannot be told from one that has finished: TCP ends the stream in the same way.)
    """

    def __init__(self, directory: Path, limit: int, idle: float, *, as_json: bool) -> None:
        self._directory = directory
        self._limit = limit
        self._idle = idle
        self._as_json = as_json
        self._naming = threading.Lock()

    def receive(self, connection: ns.Socket) -> None:
        """Take one client to its end."""
        peer = connection.peer
        begin = time.monotonic_ns()
        part = None
        try:
            part = self._new_part(peer)
            size = self._write(connection, part)
            final = self._final(part)
        except OSError as error:
            if part is not None:
                part.unlink(missing_ok=True)
            cut(connection)  # the client shall not take our end for success
            self._failed(peer, _why(error))
            return
        # Whoever read the output may have gone; the file stays.
        with contextlib.suppress(BrokenPipeError):
            self._stored(final, size, peer, time.monotonic_ns() - begin)

    def _write(self, connection: ns.Socket, part: Path) -> int:
        buffer = memoryview(bytearray(_CHUNK))
        size = 0
        with part.open("r+b") as file:
            while count := connection.read_into(buffer, timeout=self._idle):
                size += count
                if size > self._limit:
                    message = f"it sent more than the limit of {size_text(self._limit)} (--limit)"
                    raise OSError(message)
                file.write(buffer[:count])
        return size

    def _new_part(self, peer: ns.Endpoint | None) -> Path:
        """Make an empty file of a name that nothing has: the time, and the client."""
        now = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S.%f")
        client = "unknown" if peer is None else f"{peer.ip}-{peer.port}"
        stem = f"{now}-{client.replace(':', '.').replace('%', '.')}"
        with self._naming:
            for number in range(1000):
                name = stem if number == 0 else f"{stem}-{number}"
                part = self._directory / f"{name}.part"
                if not (self._directory / name).exists():
                    try:
                        part.touch(exist_ok=False)
                    except FileExistsError:
                        continue
                    return part
        message = f"{self._directory} has a thousand files named {stem}"
        raise FileExistsError(message)

    def _final(self, part: Path) -> Path:
        """Give a whole file its name."""
        final = part.with_suffix("")
        with self._naming:
            if final.exists():
                message = f"{final.name} has appeared meanwhile, and is not overwritten"
                raise FileExistsError(message)
            return part.rename(final)

    def _stored(self, final: Path, size: int, peer: ns.Endpoint | None, took: int) -> None:
        if self._as_json:
            _say_json("stored", path=str(final), bytes=size, peer=str(peer), seconds=took / 1e9)
        else:
            path = printable(str(final))
            say(f"stored {path}: {size_text(size)} from {peer} in {time_text(took)}")

    def _failed(self, peer: ns.Endpoint | None, why: str) -> None:
        if self._as_json:
            _say_json("removed", peer=str(peer), why=why)
        else:
            warn(f"nothing kept of what {peer} sent: {printable(why)}")
