"""netsteps trace: an unmodified program, and what its sockets did.

It takes the process for itself: the program is __main__, and ends as the interpreter ends any, its
threads and what it has registered for the exit included. What was recorded is shown after that.
"""

import atexit
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.cli.program import run
from netsteps.cli.show import draw
from netsteps.cli.terminal import complain, say, show_table

if TYPE_CHECKING:
    import argparse

__all__ = ["trace"]

# What ends a program from outside; Ctrl-C is Python's own.
_ENDED_BY = ("SIGTERM", "SIGHUP")
_DRAWINGS = (".svg", ".html", ".txt")


def trace(options: "argparse.Namespace") -> int:
    """Run the program, and return its exit code. At the exit it is shown what it did."""
    words = options.module or options.program
    if not words:
        options.usage_error("there is no program: a script, or -m and a module")
    # Before: a program that ran for an hour would have done it in vain.
    if options.ladder and Path(options.ladder).suffix.lower() not in _DRAWINGS:
        options.usage_error(f"--ladder {options.ladder}: a file that ends with .svg, .html or .txt")
    for file in (options.ladder, options.save):
        if file and not Path(file).absolute().parent.is_dir():
            options.usage_error(f"{file}: there is no folder {Path(file).parent}")
    if not options.module and not Path(words[0]).exists():
        print(f"netsteps trace: there is no file {words[0]}", file=sys.stderr)
        return 2
    recording = _Recording(options)
    recording.start()
    code = run(words, is_module=bool(options.module))
    recording.interrupted = code == -signal.SIGINT
    return code


class _Recording:
    """Records from now on, and shows it once when the process ends."""

    def __init__(self, options: "argparse.Namespace") -> None:
        self._options = options
        self._process = os.getpid()
        self._over = False
        self.interrupted = False

    def start(self) -> None:
        self._watch = ns.watch(ns.Trace(lines=self._options.lines))
        # The first that is registered is the last that is called.
        atexit.register(self._at_exit)
        for name in _ENDED_BY:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._ended_by)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_child)

    def _ended_by(self, number: int, _frame: object) -> None:
        """Show it, and let the signal end the process, as it would have."""
        try:
            self._show()
        finally:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def _in_child(self) -> None:
        """Leave a child of the program alone: the trace is its parent's."""
        for name in _ENDED_BY:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == self._ended_by:
                signal.signal(number, signal.SIG_DFL)

    def _at_exit(self) -> None:
        self._show()
        if self.interrupted and os.getpid() == self._process:
            # As the interpreter does it: who started us sees that Ctrl-C ended the program.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)

    def _show(self) -> None:
        if self._over or os.getpid() != self._process:
            return
        self._over = True
        self._watch.stop()
        try:
            self._written(self._watch.trace)
            sys.stdout.flush()
        except BrokenPipeError:
            from netsteps.cli import leave_output

            leave_output()
        except OSError as error:
            complain(error)

    def _written(self, recorded: ns.Trace) -> None:
        options = self._options
        if options.save:
            recorded.save(options.save)
        if options.ladder and options.quiet:
            recorded.ladder().save(options.ladder)
        if options.quiet:
            return
        sys.stdout.flush()
        if recorded.events:
            show_table(recorded.table(), [], as_json=False)
        else:
            say("nothing was recorded: the program made no socket of IPv4 or IPv6 in Python")
        if options.save:
            say(f"wrote {options.save}")
        if options.ladder:
            draw(recorded.ladder(), options.ladder)
