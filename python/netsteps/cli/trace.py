"""netsteps trace: an unmodified program, and what its sockets did."""

import os
import runpy
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.cli.show import draw
from netsteps.cli.terminal import say, show_table

if TYPE_CHECKING:
    import argparse
    from types import TracebackType

__all__ = ["trace"]


def trace(options: "argparse.Namespace") -> int:
    """Run the program, show what it did, and return its exit code."""
    words = options.module or options.program
    if not words:
        options.usage_error("there is no program: a script, or -m and a module")
    if not options.module and not Path(words[0]).exists():
        print(f"netsteps trace: there is no file {words[0]}", file=sys.stderr)
        return 2
    recorded, own = ns.Trace(lines=options.lines), os.getpid()
    with ns.watch(recorded):
        code = _run(words, is_module=bool(options.module))
    if os.getpid() != own:
        # A child that the program forked ends here as well; the trace is its parent's.
        return code
    _show(recorded, options)
    if code == -signal.SIGINT:
        # As the interpreter does it: who started us sees that Ctrl-C ended the program.
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return code


def _run(words: list[str], *, is_module: bool) -> int:
    """Run the program to its end, its threads included. Its errors are shown as python does."""
    sys.argv = list(words)
    # Where python looks first: the folder of the script, or the one that the shell is in.
    sys.path[0] = str(Path.cwd()) if is_module else str(Path(words[0]).resolve().parent)
    code = 0
    try:
        if is_module:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as error:
        code = _code_of(error)
    except BaseException as error:  # noqa: BLE001 - whatever ends the program
        error = error.with_traceback(_of_program(error.__traceback__))
        sys.excepthook(type(error), error, error.__traceback__)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    return code


def _code_of(error: SystemExit) -> int:
    """Give the exit code of sys.exit(): a number, nothing, or words on the error output."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return 1


def _of_program(traceback: "TracebackType | None") -> "TracebackType | None":
    """Leave out the lines that started the program: those of this file and of runpy."""
    own = {__file__, runpy.__file__, "<frozen runpy>"}
    while traceback is not None and traceback.tb_frame.f_code.co_filename in own:
        traceback = traceback.tb_next
    return traceback


def _show(recorded: ns.Trace, options: "argparse.Namespace") -> None:
    sys.stdout.flush()
    if not options.quiet:
        show_table(recorded.table(), [], as_json=False)
    if options.save:
        recorded.save(options.save)
        say(f"wrote {options.save}")
    if options.ladder:
        draw(recorded.ladder(), options.ladder)
