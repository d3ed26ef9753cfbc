"""Runs a Python program in this process, as the interpreter itself would."""

import io
import os
import runpy
import signal
import sys
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["run"]


def run(words: list[str], *, is_module: bool) -> int:
    """Run a script, a folder, a zip file or a module. Its errors are shown as python does.

    words: what to run, and its arguments. Gives the exit code; -SIGINT after Ctrl-C. It stays
    __main__: its threads, and what it has registered for the exit, go on in it.
    """
    sys.argv = list(words)
    sys.modules["__main__"] = main = ModuleType("__main__")
    as_main = runpy._run_module_as_main  # type: ignore[attr-defined] # noqa: SLF001 - `python -m`
    path = words[0]
    try:
        if is_module:
            sys.path[0] = str(Path.cwd())
            as_main(path)
        elif Path(path).is_dir() or zipfile.is_zipfile(path):
            sys.path[0] = os.path.abspath(path)  # noqa: PTH100 - links stay, as python has it
            as_main("__main__", alter_argv=False)
        else:
            # The folder of the file itself, where the path is a link to it.
            sys.path[0] = str(Path(path).resolve().parent)
            _run_file(os.path.abspath(path), main)  # noqa: PTH100
    except SystemExit as error:
        return _code_of(error)
    except BaseException as error:  # noqa: BLE001 - whatever ends the program
        error = error.with_traceback(_of_program(error.__traceback__))
        sys.excepthook(type(error), error, error.__traceback__)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _run_file(path: str, main: ModuleType) -> None:
    if path.endswith(".pyc"):
        runpy.run_path(path, run_name="__main__")
        return
    with io.open_code(path) as file:
        source = file.read()
    names = vars(main)
    names.update(__file__=path, __cached__=None, __loader__=SourceFileLoader("__main__", path))
    exec(compile(source, path, "exec", dont_inherit=True), names)


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
