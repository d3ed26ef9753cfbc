"""What every peer is underneath: threads that are ended with it, at the latest with the process."""

import atexit
import os
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

from netsteps import Socket, SocketClosed, SocketError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from netsteps import Endpoint

__all__ = ["Listening", "Running"]

PATIENCE = 5.0  # seconds that stop() waits for the threads, which end at once

_running: "WeakSet[Running]" = WeakSet()


class Running:
    """Something with threads and sockets of its own, from its making to stop()."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: list[Socket] = []
        self._process = os.getpid()
        _running.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: "TracebackType | None",
    ) -> None:
        del kind, error, traceback
        self.stop()

    def stop(self) -> None:
        """End it: close its sockets, and wait until its threads have ended. Twice is no error.

        System call: close(2).
        """
        self._stopping.set()
        with self._lock:
            sockets, self._sockets = self._sockets, []
            threads = list(self._threads)
        for socket in sockets:
            socket.close()
        if self._is_ours():  # a forked child has the sockets, and no thread
            end = monotonic() + PATIENCE
            for thread in threads:
                if thread is not threading.current_thread():
                    thread.join(max(0.0, end - monotonic()))
        _running.discard(self)

    def _is_ours(self) -> bool:
        """Tell whether this is the process that made it, and not one that was forked from it."""
        return os.getpid() == self._process

    def _start(self, name: str, work: "Callable[[], None]") -> bool:
        """Let a thread do some work. False when it was stopped already.

        A daemon: it never keeps the process from its end.
        """
        thread = threading.Thread(target=work, name=f"netsteps {name}", daemon=True)
        with self._lock:
            if self._stopping.is_set():
                return False
            self._threads = [*(old for old in self._threads if old.is_alive()), thread]
            thread.start()
        return True

    def _owns(self, socket: Socket) -> bool:
        """Note a socket, to be closed by stop(). False when it was stopped already."""
        with self._lock:
            if not self._stopping.is_set():
                self._sockets = [*(old for old in self._sockets if old.number >= 0), socket]
                return True
        socket.close()
        return False


class Listening(Running):
    """A socket that listens, a thread that accepts, and a thread for each client."""

    _listener: Socket
    _endpoint: "Endpoint"

    def _listen(
        self, host: str, port: int, *, backlog: int = 128, receive_buffer: int | None = None
    ) -> None:
        listener = Socket("tcp", "ipv6" if ":" in host else "ipv4")
        try:
            if receive_buffer is not None:
                listener.options.receive_buffer = receive_buffer  # before listen: it is inherited
            listener.bind(host, port)
            listener.listen(backlog)
            local = listener.local
            assert local is not None  # it is bound
        except BaseException:
            listener.close()
            raise
        self._listener, self._endpoint = listener, local
        self._owns(listener)

    @property
    def endpoint(self) -> "Endpoint":
        """Where it listens: an Endpoint, which connect and the like take whole."""
        return self._endpoint

    def _accept(
        self,
        take: "Callable[[Socket], Callable[[], None]]",
        place: "Callable[[], bool]" = lambda: True,
    ) -> None:
        """Serve each client in a thread of its own, until stop().

        take: what to do with a client; it is asked in the order in which they came. place: waits
        for room for one more; False ends it all.
        """
        while place() and (connection := self._next()):
            with suppress(SocketError):  # gone already
                connection.options.no_delay = True
            work = take(connection)
            if not (self._owns(connection) and self._start("peer", work)):
                work()  # stopped meanwhile: that is what it notes

    def _next(self) -> Socket | None:
        """Give the next client, or None when the peer is stopped."""
        while not self._stopping.is_set():
            try:
                return self._listener.accept()
            except SocketClosed:
                break
            except SocketError:  # no descriptor left, for example: perhaps there is one later
                self._stopping.wait(0.05)
        return None


def _forget_threads() -> None:
    """Give a forked child locks of its own: a thread that it does not have may hold the others."""
    for running in list(_running):
        running._lock = threading.Lock()  # noqa: SLF001 - of this file
        running._stopping = threading.Event()  # noqa: SLF001
        running._stopping.set()  # noqa: SLF001 - it runs in the parent alone


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


@atexit.register
def _stop_all() -> None:
    """Stop what still runs when the process ends: no thread may wait while Python is taken down."""
    for running in list(_running):
        if running._is_ours():  # noqa: SLF001 - of this file
            running.stop()
