"""netsteps trace: an unmodified program, and what its sockets did.

It takes the process for itself: the program is __main__, and ends as the interpreter ends any, its
threads and what it has registered for the exit included. What was recorded is shown after that.
"""

import atexit
import io
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import netsteps as ns
from netsteps.cli import leave_output
from netsteps.cli.program import of_module, of_script, run
from netsteps.cli.show import draw
from netsteps.cli.terminal import complain, say, show_table, warn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["trace"]

_SAVED = (".jsonl", ".pcapng")
_DRAWN = (".svg", ".html", ".txt")
# What ends a program from outside; Ctrl-C is Python's own.
_ENDED_BY = ("SIGTERM", "SIGHUP")


def trace(options: "argparse.Namespace") -> int:
    """Run the program as python would. What it did is shown when the interpreter ends.

    Returns the exit code of a program that there is none of. Otherwise it ends with SystemExit, and
    python does the rest: the program's threads are joined, its atexit functions called.
    """
    # argparse ends -m at a "--", which is the module's own.
    words = [*options.module, *options.program] if options.module else options.program
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        options.usage_error("there is no program: a script, or -m and a module")
    for place, endings in ((options.save, _SAVED), (options.ladder, _DRAWN)):
        # Told now, not after a long run.
        if place and Path(place).suffix.lower() not in endings:
            options.usage_error(f"{place}: not a path that ends with {' or '.join(endings)}")
    try:
        start = of_module(words) if options.module else of_script(words)
    except OSError as error:
        warn(f"trace: cannot open {words[0]}: {error.strerror}")
        return 2
    recording = _Recording(options)
    recording.start()
    recording.error = run(start)
    sys.exit(0 if recording.error is None else 1)


class _Recording:
    """Records from now on. Shows it once: after the process's threads and atexit functions."""

    def __init__(self, options: "argparse.Namespace") -> None:
        self.error: BaseException | None = None
        self._quiet = options.quiet
        self._lines = options.lines
        # The program may change its directory, and where modules are looked for.
        self._save = _absolute(options.save)
        self._ladder = _absolute(options.ladder)
        self._path = list(sys.path)
        self._process = os.getpid()
        self._over = False

    def start(self) -> None:
        self._watch = ns.watch(ns.Trace(lines=self._lines))
        # Registered before any of the program's own, so it is called after them.
        atexit.register(self._at_exit)
        for number in _ending():
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._ended_by)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)

    def _ended_by(self, number: int, _frame: object) -> None:
        """Show it, and let the signal end the process, as it would have."""
        try:
            self._show()
        finally:
            _end_by(number)

    def _in_child(self) -> None:
        """Leave a child of the program alone: the trace is its parent's."""
        for number in _ending():
            if signal.getsignal(number) == self._ended_by:
                signal.signal(number, signal.SIG_DFL)

    def _at_exit(self) -> None:
        self._show()
        if isinstance(self.error, KeyboardInterrupt) and os.getpid() == self._process:
            # As the interpreter does it: who started us sees that Ctrl-C ended the program.
            _end_by(signal.SIGINT)

    def _show(self) -> None:
        if self._over or os.getpid() != self._process:
            return
        self._over = True
        self._watch.stop()
        sys.path[:] = self._path
        sys.stdout = _output()
        if not self._quiet:
            _try(self._table)
        if self._save:
            _try(self._saved)
        if self._ladder:
            _try(self._drawn)
        _try(sys.stdout.flush)

    def _table(self) -> None:
        recorded = self._watch.trace
        if recorded.events:
            show_table(recorded.table(), [], as_json=False)
        else:
            say("nothing was recorded: the program made no socket of IPv4 or IPv6 in Python")

    def _saved(self) -> None:
        self._watch.trace.save(str(self._save))
        if not self._quiet:
            say(f"wrote {self._save}")

    def _drawn(self) -> None:
        ladder = self._watch.trace.ladder()
        if self._quiet:
            ladder.save(str(self._ladder))
        else:
            draw(ladder, str(self._ladder))


def _ending() -> list[signal.Signals]:
    """Give the signals that end a program from outside, as far as this system has them."""
    return [getattr(signal, name) for name in _ENDED_BY if hasattr(signal, name)]


def _end_by(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _absolute(path: str | None) -> str | None:
    return path and str(Path(path).absolute())


def _output() -> TextIO:
    """Give what was printed to before the program put something else there, or closed it."""
    for stream in (sys.__stdout__, sys.stdout):
        try:
            stream.flush()  # type: ignore[union-attr]
            os.fstat(stream.fileno())  # type: ignore[union-attr]
        except (AttributeError, OSError, ValueError):  # none, not a file, closed, or detached
            continue
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        return stream  # type: ignore[return-value]
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - to the end of the process


def _try(show: "Callable[[], object]") -> None:
    """Show a part. What fails is told, and is neither the end of the others nor the exit code."""
    try:
        show()
    except BrokenPipeError:
        leave_output()
    except OSError as error:
        complain(error)
