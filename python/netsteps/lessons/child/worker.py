"""The worker: calls what a student wrote, in a process of its own, and tells what came of it.

The caller sends messages (wire.py), each a dictionary with "do":

    {"do": "take", "function": bytes, "lines": {file: text}}   first: what to call
    {"do": "call", "args": …}         call it                     -> {"value": …} or {"raised": …}
    {"do": "call", "connect": (host, port), "style": …, "args": …}   the same, with a socket before
    {"do": "trace", "path": …}        save what was recorded      -> {"saved": True}

A thread of its own reads them, so that a trace can be asked for while the function runs; the
function runs in the main thread, as in a program.
"""

import contextlib
import inspect
import linecache
import os
import queue
import runpy
import sys
import threading
from typing import TYPE_CHECKING, Any

from netsteps.lessons.child.wire import plain, read_message, write_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["main"]

EVENTS = 20_000  # of the trace: older ones are let go
MEMORY = 32 << 20  # bytes of it
LONG = 2000  # characters of an exception's text
FRAMES = 12  # lines of the student's program that an exception's story has


def main(reading: int, writing: int) -> int:
    """Serve the caller until its end. reading, writing: the pipes; returns the exit code."""
    return Worker(reading, writing).run()


class Worker:
    """The function, its recording, and the caller."""

    def __init__(self, reading: int, writing: int) -> None:
        import pickle

        import netsteps as ns

        self._reading = reading
        self._writing = writing
        self._lock = threading.Lock()
        self._todo: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._trace = ns.Trace(EVENTS, preview=64, lines=True, memory=MEMORY)
        self._loads = pickle.loads
        self._own = os.getpid()
        self._files: set[str] = set()
        self._kept: list[object] = []  # what was returned: a server goes on as long as it is kept

    def run(self) -> int:
        """Do what the caller asks for, one after the other, until it has enough."""
        import netsteps as ns

        threading.Thread(target=self._listen, daemon=True).start()
        function: Callable[..., object] | None = None
        with ns.watch(self._trace):
            while (order := self._todo.get()) is not None:
                if order["do"] == "take":
                    function = self._take(order)
                elif function is not None:
                    self._call(function, order)
        return 0

    def _listen(self) -> None:
        while (data := read_message(self._reading)) is not None:
            order = self._loads(data)
            if order["do"] == "trace":
                self._save(order["path"])
            else:
                self._todo.put(order)
        self._todo.put(None)

    def _take(self, order: dict[str, Any]) -> "Callable[..., object] | None":
        for name, text in order.get("lines", {}).items():
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
            self._files.add(name)
        try:
            function: Callable[..., object] = (
                self._loads(order["function"]) if "function" in order else self._of_file(order)
            )
        except Exception as error:  # noqa: BLE001 - an import of the student's may fail
            self._answer({"refused": self._story(error)})
            return None
        self._answer({"taken": True})
        return function

    def _of_file(self, order: dict[str, Any]) -> Any:  # noqa: ANN401
        """Run a file, and give the function that it defines."""
        path = order["file"]
        self._files.add(path)
        sys.path.insert(0, os.path.dirname(path))  # noqa: PTH120 - as python itself does
        if (source := order.get("source")) is None:
            return runpy.run_path(path, run_name="answer")[order["name"]]
        linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
        made: dict[str, Any] = {"__name__": "answer"}
        exec(compile(source, path, "exec"), made)
        return made[order["name"]]

    def _call(self, function: "Callable[..., object]", order: dict[str, Any]) -> None:
        """Call the function, and answer with its value or with what it raised."""
        socket: Any = None
        try:
            if where := order.get("connect"):
                socket = _connected(where, order["style"])
            given = () if socket is None else (socket,)
            value = function(*given, *order["args"])
            if inspect.iscoroutine(value):  # of an async def
                import asyncio

                value = asyncio.run(value)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller is told
            answer: dict[str, object] = {"raised": self._story(error)}
        else:
            self._kept = [value]
            answer = {"value": plain(value)}
        if os.getpid() != self._own:
            os._exit(0)  # a child that the function forked has come back: it is not the worker
        if socket is not None:
            answer["open"] = socket.fileno() != -1 if order["style"] == "socket" else None
            with contextlib.suppress(OSError):
                socket.close()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        self._answer(answer)

    def _answer(self, answer: dict[str, object]) -> None:
        with self._lock:
            try:
                write_message(self._writing, answer)
            except ValueError as error:
                write_message(self._writing, {"too long": error.args[0]})

    def _save(self, path: str) -> None:
        try:
            self._trace.save(path)
        except OSError as error:
            self._answer({"saved": False, "why": str(error)})
        else:
            self._answer({"saved": True})

    def _story(self, error: BaseException) -> dict[str, object]:
        """Tell of an exception: its type and its bases, its text, and where it came from."""
        try:
            text = str(error)[:LONG]
        except Exception:  # noqa: BLE001 - of a student's class
            text = ""
        return {
            "type": type(error).__name__,
            "bases": [base.__name__ for base in type(error).__mro__],
            "text": text,
            "errno": error.errno if isinstance(error, OSError) else None,
            "code": plain(error.code) if isinstance(error, SystemExit) else None,
            "cause": getattr(error, "cause", None) if isinstance(error, OSError) else None,
            "remedy": getattr(error, "remedy", None) if isinstance(error, OSError) else None,
            "frames": self._frames(error.__traceback__),
        }

    def _frames(self, traceback: "TracebackType | None") -> list[tuple[str, int, str, str]]:
        """Give the lines of the student's program: file, number, function and text."""
        import traceback as module

        frames = [
            (frame.filename, frame.lineno or 0, frame.name, frame.line or "")
            for frame in module.extract_tb(traceback)
            if frame.filename in self._files
        ]
        return frames[-FRAMES:]


def _connected(where: tuple[str, int], style: str) -> object:
    """Connect to the checker, with a socket of the style that the function is to be given."""
    if style == "socket":
        import socket

        return socket.create_connection(where)
    import netsteps as ns

    made = ns.Socket("tcp")
    made.connect(*where)
    return made
