"""The command send: a file or the input to a port, and what comes back to the output.

Sending has a thread of its own and receiving the main one, because an echo of something long comes
back while it is still being sent: a program that first sends and then receives would fill both
directions, and wait for ever.
"""

import codecs
import contextlib
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.cli.terminal import Progress
from netsteps.show.tables import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["cut", "send"]

_CHUNK = 64 * 1024
# UDP has no end: so many seconds of silence are taken for it.
_SILENCE = 1.0
# Between two looks at the thread that sends.
_LOOK = 0.05


def send(options: "argparse.Namespace") -> int:
    """Send everything, and print what comes back."""
    with contextlib.ExitStack() as open_things:
        source = _Source(options.file, open_things)  # first: no file, no connection
        progress = Progress(source.name, source.total)
        socket = ns.Socket.open(
            options.host, options.port, kind=options.kind, timeout=options.timeout
        )
        open_things.enter_context(socket)
        sending = _Sending(socket, source, options.size, progress)
        open_things.push(sending.left)
        open_things.callback(progress.stop)
        if not source.is_typed():
            progress.start()
        output = _Output(progress)
        sending.start()
        try:
            if options.kind == "udp":
                _udp(socket, sending, output, options)
            else:
                _tcp(socket, sending, output, options)
        except ns.SocketError:
            # Which of the two directions failed first is told; the other failed because of it.
            if sending.error is not None:
                raise sending.error from None
            raise
        output.end()
    return 0


def cut(socket: ns.Socket) -> None:
    """Make the coming close a reset (RFC 9293, 3.10.5): half a file shall not look like a whole."""
    with contextlib.suppress(ns.SocketError):
        if socket.kind == "tcp":
            socket.options.linger = 0


def _tcp(
    socket: ns.Socket, sending: "_Sending", output: "_Output", options: "argparse.Namespace"
) -> None:
    """Print what comes until the peer has finished, and see that all is sent."""
    if options.receive:
        buffer = memoryview(bytearray(_CHUNK))
        while count := _read_into(socket, buffer, sending, options.timeout):
            sending.moved()
            output.write(buffer[:count])
        if sending.waits_for_typing:
            return  # the peer has said its last word, and nobody may ever type again
    sending.wait(options.timeout)


def _read_into(
    socket: ns.Socket, buffer: memoryview, sending: "_Sending", timeout: float | None
) -> int:
    """Read once; the time runs from the last byte that moved in either direction."""
    while True:
        left = None if timeout is None else sending.left_of(timeout)
        try:
            count: int = socket.read_into(buffer, timeout=left)
        except ns.TimedOut:
            if timeout is not None and sending.left_of(timeout) == 0.0:
                message = f"nothing moved between us and {socket.peer} for {timeout:g} s"
                raise TimeoutError(message) from None
        else:
            return count


def _udp(
    socket: ns.Socket, sending: "_Sending", output: "_Output", options: "argparse.Namespace"
) -> None:
    """Print the datagrams that come until all is sent and nothing has come for a while."""
    silence = options.timeout or _SILENCE
    while options.receive:
        try:
            datagram = socket.read(65535, timeout=_LOOK if sending.busy else silence)
        except ns.TimedOut:
            if not sending.busy and sending.left_of(silence) == 0.0:
                break
            continue
        sending.moved()
        output.write(memoryview(datagram))
    sending.wait(options.timeout)


class _Source:
    """What is to be sent: a file, or the input.

    name: in words. total: its bytes, or None where nobody knows. path: of a regular file, which the
    kernel can send by itself, or None.
    """

    def __init__(self, given: str, open_things: contextlib.ExitStack) -> None:
        self.path: Path | None = None
        self.total: int | None = None
        self.name = given
        if given == "-":
            self.name, self._number = "input", sys.stdin.fileno()
            return
        path = Path(given)
        self._number = open_things.enter_context(path.open("rb", buffering=0)).fileno()
        if path.is_file():
            self.path, self.total = path, path.stat().st_size

    def is_typed(self) -> bool:
        """Say whether a person types it."""
        return os.isatty(self._number)

    def blocks(self, size: int) -> "Iterator[bytes]":
        """Give it in blocks of at most this size, each as soon as it is there."""
        # Not through sys.stdin: its lock would be held by a thread that waits for a person.
        while block := os.read(self._number, size):
            yield block


class _Sending(threading.Thread):
    """Sends the source, and then finishes our half. An error is kept for the main thread."""

    def __init__(self, socket: ns.Socket, source: _Source, size: int, progress: Progress) -> None:
        super().__init__(name="netsteps send", daemon=True)
        self.error: OSError | None = None
        self._socket = socket
        self._source = source
        self._size = size
        self._progress = progress
        self._done = 0
        self._last = time.monotonic()
        self._over = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether there may be more to send."""
        return not self._over.is_set()

    @property
    def waits_for_typing(self) -> bool:
        """Whether only a person can end it."""
        return self.busy and self._source.is_typed()

    def left(self, kind: type[BaseException] | None, *_: object) -> None:
        """Cut the connection when the program leaves before all is sent: also on its first step."""
        if kind is not None and self.busy:
            cut(self._socket)

    def moved(self) -> None:
        """Note that a byte has moved."""
        self._last = time.monotonic()

    def left_of(self, timeout: float) -> float:
        """Give the seconds that are left until nothing has moved for so long."""
        return max(self._last + timeout - time.monotonic(), 0.0)

    def wait(self, timeout: float | None) -> None:
        """Return when all is sent. Raises what ended the sending, or TimeoutError."""
        while not self._over.wait(_LOOK):
            if timeout is not None and self.left_of(timeout) == 0.0:
                message = f"the peer took nothing for {timeout:g} s; {self._done} bytes were sent"
                raise TimeoutError(message)
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        try:
            self._send()
        except OSError as error:
            self.error = error
            if not isinstance(error, ns.Reset | ns.BrokenPipe):
                cut(self._socket)
                self._socket.close()  # after those two the peer's last words can still be read
        finally:
            self._over.set()

    def _send(self) -> None:
        if self._socket.kind == "udp":
            for block in self._source.blocks(self._size):
                self._socket.send(block)
                self._tell(self._done + len(block))
            if self._done == 0:
                self._socket.send(b"")
                self.moved()
            return
        if self._source.path is not None:
            self._socket.write_file(
                self._source.path, progress=lambda done, _total: self._tell(done)
            )
        else:
            for block in self._source.blocks(_CHUNK):
                self._socket.write(block)
                self._tell(self._done + len(block))
        self._socket.finish()

    def _tell(self, done: int) -> None:
        self._done = done
        self.moved()
        self._progress.update(done)


class _Output:
    """The standard output: bytes as they are, or on a terminal as text that cannot control it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._terminal = sys.stdout.isatty()
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def write(self, data: memoryview) -> None:
        """Print some bytes at once."""
        if not self._terminal:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        self._progress.stop()  # it would be drawn over
        self._print(self._decoder.decode(data))

    def end(self) -> None:
        """Print what is left of a letter that was cut."""
        if self._terminal:
            self._print(self._decoder.decode(b"", final=True))

    def _print(self, text: str) -> None:
        lines = text.replace("\r\n", "\n").split("\n")
        print("\n".join(_harmless(line) for line in lines), end="", flush=True)


def _harmless(line: str) -> str:
    return "\t".join(printable(part) for part in line.split("\t"))
