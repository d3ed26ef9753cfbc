"""watch(): the sockets of a program that does not know of netsteps, recorded.

    with ns.watch() as trace:
        urllib.request.urlopen("http://127.0.0.1:8000/")
    trace.ladder()

From then on what socket.socket makes is netsteps.compat's, in the standard library and in others,
also where a module has taken the class by name (from socket import socket). Of TLS it records what
goes over the wire, not what it means: ssl's own sockets stay of the standard class, and their
records go through one of ours (records.py). Unix sockets and other families work as before and are
no events: an event tells Internet addresses. A module with a class of its own that was derived from
the standard one before keeps both, unrecorded: derived classes call what they are derived from by
name.
"""

import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

from netsteps._core import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

# SSLSocket is made of the standard class.
_KEEPS_ITS_OWN = {"socket", "_socket", "ssl", "netsteps.compat"}

_lock = threading.Lock()
# How many watch at this moment, what to put back when the last has ended, and which modules there
# were before the first.
_watching = 0
_replaced: list[tuple[dict[str, Any], str, Any]] = []
_before: set[str] = set()
_MAKERS = ("socket", "SocketType", "create_connection", "create_server", "socketpair")


class Watch:
    """Sockets of the whole process are recorded until stop(), or until the with statement ends.

    .trace is the Trace that they are recorded in. Several may be there at once; the last that ends
    puts everything back. Sockets that were made meanwhile stay what they are.
    """

    def __init__(self, trace: Trace | None = None) -> None:
        self.trace = Trace() if trace is None else trace
        self._stopped = False
        _replace()
        try:
            self.trace.start()
        except BaseException:
            _put_back()
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

    Raises RuntimeError where gevent or eventlet has replaced socket.socket, and BadArgument for a
    trace that was loaded or merged. Nothing is replaced then.
    """
    return Watch(trace)


def _replace() -> None:
    global _watching  # noqa: PLW0603 - of the whole process, as what it replaces
    import socket

    from netsteps import compat

    # Before: SSLSocket derives from what socket.socket is when ssl is loaded.
    records = _records()
    owner = socket.socket.__module__.partition(".")[0]
    if records and owner in records.GREEN:
        raise RuntimeError(
            f"socket.socket is {owner}'s here, whose sockets let other green threads run while "
            "they wait. Those of netsteps would stop them all: nothing is watched."
        )
    with _lock:
        _watching += 1
        if _watching > 1:
            return
        _before.update(sys.modules)
        places = [(vars(socket), name, getattr(compat, name)) for name in _MAKERS]
        places += [(names, name, compat.socket) for names, name, _ in _holders({id(socket.socket)})]
        for names, name, ours in places:
            _replaced.append((names, name, names[name]))
            names[name] = ours
        if records:
            records.install()


def _records() -> "ModuleType | None":
    """Give the room that records TLS; None where this Python has no ssl."""
    try:
        from netsteps import records
    except ImportError:
        return None
    return records


def _holders(wanted: set[int]) -> "Iterator[tuple[dict[str, Any], str, Any]]":
    """Find the modules that have one of these under a name of their own."""
    for key, module in list(sys.modules.items()):
        if key in _KEEPS_ITS_OWN or not isinstance(module, ModuleType):
            continue
        # As it lies there: a module that is loaded when it is first asked for is not loaded for us.
        names = object.__getattribute__(module, "__dict__")
        held = [(name, value) for name, value in list(names.items()) if id(value) in wanted]
        if held and not _derives(names, [value for _, value in held]):
            yield from ((names, name, value) for name, value in held)


def _derives(names: dict[str, Any], held: list[Any]) -> bool:
    """Whether a class of the module itself is derived from a class that it holds."""
    return any(
        isinstance(value, type)
        and value.__module__ == names.get("__name__")
        and any(base in held for base in value.__mro__[1:])
        for value in list(names.values())
    )


def _put_back() -> None:
    global _watching  # noqa: PLW0603
    import socket

    from netsteps import compat

    with _lock:
        _watching -= 1
        if _watching:
            return
        while _replaced:
            names, name, standard = _replaced.pop()
            names[name] = standard
        # Modules that were loaded meanwhile have taken ours by name.
        standards = {id(getattr(compat, name)): getattr(socket, name) for name in reversed(_MAKERS)}
        for names, name, value in list(_holders(set(standards))):
            if names.get("__name__") not in _before:
                names[name] = standards[id(value)]
        _before.clear()
        if records := _records():
            records.remove()
