"""Runs a Python program in this process, as the interpreter itself would."""

import builtins
import io
import os
import pkgutil
import runpy
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["of_module", "of_script", "run"]


def of_module(words: list[str]) -> "Callable[[], None]":
    """Get ready to run a module: what `python -m` does. words: its name, and its arguments."""

    def start() -> None:
        sys.argv = ["-m", *words[1:]]
        _look_first_in(str(Path.cwd()))
        _run_as_main(words[0], alter_argv=True)

    return start


def of_script(words: list[str]) -> "Callable[[], None]":
    """Get ready to run a file, or a folder or archive with a __main__. Raises OSError if none.

    words: its path, and its arguments.
    """
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
        # The folder of the file itself, where the path is a link to it.
        _look_first_in(str(Path(path).resolve().parent))
        names = _new_main()
        names.update(__file__=path, __cached__=None, __loader__=SourceFileLoader("__main__", path))
        compiled = pkgutil.read_code(io.BytesIO(source)) if path.endswith(".pyc") else None
        exec(compiled or compile(source, path, "exec", dont_inherit=True), names)

    return start


def run(start: "Callable[[], None]") -> BaseException | None:
    """Run the main module to its end. An error that ends it is shown as python does, and given.

    It stays __main__: its threads, and what it has registered for the exit, go on in it. Raises the
    program's own SystemExit.
    """
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
