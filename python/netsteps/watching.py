"""watch(): the sockets of a program that does not know of netsteps, recorded.

    with ns.watch() as trace:
        urllib.request.urlopen("http://127.0.0.1:8000/")
    trace.ladder()

From then on what socket.socket makes is netsteps.compat's, in the standard library and in others,
also where a module has taken the class by name (from socket import socket). Of TLS it records what
goes over the wire, not what it means: ssl's own sockets stay of the standard class, and their
records go through one of ours (records.py). Unix sockets and other families work as before and are
no events: an event tells Internet addresses.
"""

import sys
import threading
from typing import TYPE_CHECKING, Any

from netsteps._core import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

# SSLSocket is made of the standard class.
_KEEPS_ITS_OWN = {"socket", "_socket", "ssl", "netsteps.compat"}

_lock = threading.Lock()
# How many watch at this moment, and what to put back when the last has ended.
_watching = 0
_replaced: list[tuple[Any, str, Any]] = []


class Watch:
    """Sockets of the whole process are recorded until stop(), or until the with statement ends.

    .trace is the Trace that they are recorded in. Several may be there at once; the last that ends
    puts everything back. Sockets that were made meanwhile stay what they are.
    """

    def __init__(self, trace: Trace | None = None) -> None:
        self.trace = Trace() if trace is None else trace
        self._stopped = False
        self.trace.start()
        try:
            _replace()
        except BaseException:
            self.trace.stop()
            raise

    def stop(self) -> None:
        """Record no more, and put the standard class back. Twice is no error."""
        if not self._stopped:
            self._stopped = True
            _put_back()
            self.trace.stop()

    def __enter__(self) -> Trace:
        return self.trace

    def __exit__(self, *exception: object) -> None:
        self.stop()


def watch(trace: Trace | None = None) -> Watch:
    """Record the sockets that the program makes by socket.socket from now on.

    trace: where to; a new Trace by default, with its own limits. Use it in a with statement, which
    gives the trace, or keep what it returns and call its stop().

    Raises RuntimeError where gevent or eventlet has replaced socket.socket.
    """
    return Watch(trace)


def _replace() -> None:
    global _watching  # noqa: PLW0603 - of the whole process, as what it replaces
    import socket
    import ssl  # noqa: F401 - before: SSLSocket derives from what socket.socket is when it is loaded

    from netsteps import compat, records

    with _lock:
        standard = socket.socket
        if (owner := standard.__module__.partition(".")[0]) in records.GREEN:
            raise RuntimeError(
                f"socket.socket is {owner}'s here, whose sockets let other green threads run while "
                "they wait. Those of netsteps would stop them all: nothing is watched."
            )
        _watching += 1
        if _watching > 1:
            return
        makers = ("socket", "SocketType", "create_connection", "create_server", "socketpair")
        _replaced.extend((socket, name, getattr(socket, name)) for name in makers)
        _replaced.extend((module, name, standard) for module, name in _copies(standard))
        for place, name, _ in _replaced:
            setattr(place, name, getattr(compat, name) if place is socket else compat.socket)
        _pickle(standard, compat.socket)
        records.install()


def _pickle(*kinds: type) -> None:
    """Let multiprocessing send sockets of both kinds to its processes.

    It has entered the class that socket.socket was when it was loaded.
    """
    reduction: Any = sys.modules.get("multiprocessing.reduction")
    if (reduce := getattr(reduction, "_reduce_socket", None)) is not None:
        for kind in kinds:
            reduction.register(kind, reduce)


def _copies(standard: type) -> "Iterator[tuple[Any, str]]":
    """Find the modules that have the class under a name of their own."""
    for key, module in list(sys.modules.items()):
        names = getattr(module, "__dict__", None)
        if key in _KEEPS_ITS_OWN or not isinstance(names, dict):
            continue
        for name, value in list(names.items()):
            if value is standard:
                yield module, name


def _put_back() -> None:
    global _watching  # noqa: PLW0603
    with _lock:
        _watching -= 1
        if _watching:
            return
        while _replaced:
            setattr(*_replaced.pop())
        _pickle(sys.modules["socket"].socket)
        sys.modules["netsteps.records"].remove()
