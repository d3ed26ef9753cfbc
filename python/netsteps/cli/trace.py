"""netsteps trace: an unmodified program, and what its sockets did."""

import atexit
import builtins
import io
import os
import pkgutil
import runpy
import signal
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

import netsteps as ns
from netsteps.cli import leave_output
from netsteps.cli.show import draw
from netsteps.cli.terminal import complain, say, show_table, warn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["trace"]

_SAVED = (".jsonl", ".pcapng")
_DRAWN = (".svg", ".html", ".txt")


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
        if place and not Path(place).absolute().parent.is_dir():
            options.usage_error(f"{place}: there is no such folder")
    try:
        start = _module(words) if options.module else _script(words)
    except OSError as error:
        warn(f"trace: cannot open {words[0]}: {error.strerror}")
        return 2
    report = _Report(options)
    # Registered before any of the program's own, so it is called after them: their steps are shown.
    atexit.register(report.show)
    report.error = _run(start)
    sys.exit(0 if report.error is None else 1)


class _Report:
    """What is shown at the end of the process, after its threads and its atexit functions."""

    def __init__(self, options: "argparse.Namespace") -> None:
        self.error: BaseException | None = None
        self._quiet = options.quiet
        # The program may change its directory, and where modules are looked for.
        self._save = _absolute(options.save)
        self._ladder = _absolute(options.ladder)
        self._path = list(sys.path)
        self._process = os.getpid()
        self._watch = ns.watch(ns.Trace(lines=options.lines))

    def show(self) -> None:
        if os.getpid() != self._process:
            # A child that the program forked ends here as well; the trace is its parent's.
            return
        self._watch.stop()
        recorded = self._watch.trace
        sys.path[:] = self._path
        sys.stdout = _output()
        if not self._quiet:
            _try(lambda: show_table(recorded.table(), [], as_json=False))
        if saved := self._save:
            _try(lambda: recorded.save(saved), f"wrote {saved}")
        if drawn := self._ladder:
            _try(lambda: draw(recorded.ladder(), drawn))
        if isinstance(self.error, KeyboardInterrupt):
            # As the interpreter does it: who started us sees that Ctrl-C ended the program.
            _try(sys.stdout.flush)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)


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


def _try(show: "Callable[[], object]", told: str = "") -> None:
    """Show a part. What fails is told, and is neither the end of the others nor the exit code."""
    try:
        show()
        if told:
            say(told)
    except BrokenPipeError:
        leave_output()
    except OSError as error:
        complain(error)


def _module(words: list[str]) -> "Callable[[], None]":
    """Get ready to run a module: what `python -m` does."""

    def start() -> None:
        sys.argv = ["-m", *words[1:]]
        _look_first_in(str(Path.cwd()))
        _run_as_main(words[0], alter_argv=True)

    return start


def _script(words: list[str]) -> "Callable[[], None]":
    """Get ready to run a file, or a folder or archive with a __main__. Raises OSError if none."""
    # As python has it: not made shorter.
    path = os.path.join(Path.cwd(), words[0])  # noqa: PTH118
    source = None
    if pkgutil.get_importer(path) is None:
        with io.open_code(path) as file:
            source = file.read()

    def start() -> None:
        sys.argv = list(words)
        if source is None:
            _look_first_in(path, always=True)
            _run_as_main("__main__", alter_argv=False)
            return
        _look_first_in(str(Path(path).resolve().parent))
        names = _new_main()
        names.update(__file__=path, __cached__=None, __loader__=SourceFileLoader("__main__", path))
        compiled = pkgutil.read_code(io.BytesIO(source)) if path.endswith(".pyc") else None
        exec(compiled or compile(source, path, "exec", dont_inherit=True), names)

    return start


def _look_first_in(folder: str, *, always: bool = False) -> None:
    """Set where python looks for modules first. It does not under -P, -I and PYTHONSAFEPATH."""
    if not sys.flags.safe_path:
        sys.path[0] = folder
    elif always:
        sys.path.insert(0, folder)


def _new_main() -> dict[str, Any]:
    """Put an empty main module into the place of this command's, and give its names."""
    main = ModuleType("__main__")
    vars(main).update(__builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    return vars(main)


def _run_as_main(module: str, *, alter_argv: bool) -> None:
    _new_main()
    # What the interpreter itself calls; run_module() would take the main module away at its end,
    # when threads and atexit functions may still want it.
    runpy._run_module_as_main(module, alter_argv)  # type: ignore[attr-defined]  # noqa: SLF001


def _run(start: "Callable[[], None]") -> BaseException | None:
    """Run the main module to its end. An error that ends it is shown as python does, and given."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdin.errors:
        # Ours shows every letter somehow. The program's fails at those that python's would.
        sys.stdout.reconfigure(errors=sys.stdin.errors)
    try:
        start()
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever ends the program
        _tell(error)
        return error
    return None


def _tell(error: BaseException) -> None:
    error = error.with_traceback(_of_program(error.__traceback__))
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit:
        raise
    except BaseException as second:  # noqa: BLE001 - the words are python's, too
        second.__context__ = None
        second = second.with_traceback(_of_program(second.__traceback__))
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(second), second, second.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)


def _of_program(traceback: "TracebackType | None") -> "TracebackType | None":
    """Leave out the lines that started the program."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return traceback
