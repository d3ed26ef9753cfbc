"""A hard time limit for what one thread does.

A thread of its own waits for the time to be over. Then it notes where every thread stands, and
ends what was too slow: in the main thread by a signal, whose handler raises, as Ctrl-C does. The
signal is one that nobody uses, never SIGALRM, which pytest-timeout and others set. No signal
reaches the Python code of another thread: there the sockets are shut down under it, which ends
recv(2) and accept(2), and then the exception is set from outside. What cannot be ended at all is
ended with the process, after everything was printed. Code in C that keeps the interpreter to itself
lets no other thread run, this one neither: it is ended when it lets go.
"""

import ctypes
import gc
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import pytest

import netsteps as ns
from netsteps.pytest_plugin.sockets import open_sockets

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Self, TypeGuard

    from _pytest.outcomes import Failed
else:
    Failed = pytest.fail.Exception

Kind = TypeVar("Kind")

SOON = 0.5  # seconds in which a call that was interrupted is expected to be over
CLEAN = 3.0  # seconds for the `finally` and `with` of a test that was interrupted
TRIES = 3


class Expired(Failed):
    """The time is over. As pytest's own, no Exception: a test that catches those ends too."""


class TimeLimit:
    """Ends what this thread does in its `with` block after so many seconds, with Expired.

    message: of the exception. told: called in another thread when the time is over, before anything
    is ended, with the number of the thread that was too slow. given_up: called when it could not
    be ended; the process ends then.
    """

    def __init__(
        self,
        seconds: float,
        message: str,
        told: "Callable[[int], None]",
        given_up: "Callable[[], None]",
    ) -> None:
        self._seconds = seconds
        self._message = message
        self._told = told
        self._given_up = given_up
        self._lock = threading.Lock()
        self._over = threading.Event()  # the block has ended
        self._raised = threading.Event()  # the handler has raised
        self._signal: int | None = None
        self._before: dict[str, int] = {}
        self.expired = False
        self.paused = False  # a debugger was entered

    def __enter__(self) -> "Self":
        self._thread = threading.get_ident()
        self._before = open_sockets()
        if threading.current_thread() is threading.main_thread():
            self._signal = _free_signal()
        if self._signal is not None:
            signal.signal(self._signal, self._handle)
        self._watcher = threading.Thread(target=self._watch, name="netsteps_timeout", daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        __tracebackhide__ = True
        self.end()
        if isinstance(error, Expired):
            error.msg = self._message
        elif self.expired:
            raise Expired(self._message) from error

    def end(self) -> None:
        """Let the time run no more. Twice is no error.

        Call it once more behind the `with` block, in a `finally`: Expired can be raised where
        __exit__ begins, before its first line.
        """
        while True:
            try:
                self._end()
            except Expired:  # set from outside, and raised by this very line
                continue
            return

    def _end(self) -> None:
        with self._lock:
            if not self._over.is_set():
                self._over.set()
                _set_exception(self._thread, None)
        if self._signal is not None:
            # A signal that was sent and has not arrived is thrown away by SIG_IGN, and ends the
            # process by SIG_DFL.
            signal.signal(self._signal, signal.SIG_IGN)
            signal.signal(self._signal, signal.SIG_DFL)
            self._signal = None
        self._watcher.join()

    def _handle(self, _number: int, frame: "FrameType | None") -> None:
        __tracebackhide__ = True
        while frame is not None:
            if frame.f_code.co_filename == __file__:
                return  # the block has ended, and what ends the limit is not to be interrupted
            frame = frame.f_back
        self._raised.set()
        raise Expired(self._message)

    def _watch(self) -> None:
        if self._over.wait(self._seconds) or self.paused:
            return
        self.expired = True
        with suppress(Exception):  # what is told must not keep the time from ending
            self._told(self._thread)
        # More than once: an exception can be lost, in a __del__ or an audit hook for example.
        for interrupt in (self._by_signal, self._by_sockets, self._by_exception) * TRIES:
            self._raised.clear()
            interrupted = False
            with suppress(Exception):  # then the next one
                interrupted = interrupt()
            if interrupted and self._over.wait(SOON):
                return
            if self._raised.is_set() and self._over.wait(CLEAN):
                return
        if self._over.is_set():
            return
        try:
            self._given_up()
        finally:
            os._exit(1)

    def _by_signal(self) -> bool:
        with self._lock:
            if self._signal is None or self._over.is_set():
                return False
            signal.pthread_kill(self._thread, self._signal)
            return True

    def _by_exception(self) -> bool:
        with self._lock:
            if self._signal is not None or self._over.is_set():
                return False
            self._raised.set()
            return _set_exception(self._thread, Expired)

    def _by_sockets(self) -> bool:
        """End the calls that wait on sockets of the test, or on one that its thread has at hand."""
        with self._lock:
            if self._over.is_set():
                return False
            numbers = {
                number for name, number in open_sockets().items() if name not in self._before
            }
            numbers |= set(_at_hand(self._thread))
            for number in numbers:
                _shut_down(number)
            for each in gc.get_objects():
                if _is(each, ns.Socket) and each.number in numbers:
                    each.close()
            return bool(numbers)


def _free_signal() -> int | None:
    """Give a signal that nobody has asked for, or None where threads cannot be sent one."""
    if not hasattr(signal, "pthread_kill"):
        return None
    candidates: list[int] = [signal.SIGVTALRM, signal.SIGPROF]
    if sys.platform == "linux":
        candidates = [*range(signal.SIGRTMAX - 1, signal.SIGRTMIN, -1), *candidates]
    for candidate in candidates:
        if signal.getsignal(candidate) is signal.SIG_DFL:
            return candidate
    return None


def _set_exception(thread: int, kind: type[BaseException] | None) -> bool:
    """Have the thread raise at its next line of Python, or not any more. Tells whether it will."""
    value = ctypes.py_object(kind) if kind is not None else None
    return bool(ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), value))


def _at_hand(thread: int) -> "list[int]":
    """Give the descriptors of the sockets in the local variables of a thread."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - the only way to another thread
    numbers = []
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if _is(value, ns.Socket):
                numbers.append(value.number)
            elif _is(value, socket.socket):
                numbers.append(value.fileno())
        frame = frame.f_back
    return [number for number in numbers if number >= 0]


def _is(value: object, kind: "type[Kind]") -> "TypeGuard[Kind]":
    """Tell whether it is one in truth: a mock says so too, and some proxies raise when asked."""
    return issubclass(type(value), kind)


def _shut_down(number: int) -> None:
    try:
        with socket.socket(fileno=os.dup(number)) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected: whoever waits was woken all the same
        pass
