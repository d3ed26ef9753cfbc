"""The command lessons: give a student the notebooks, and open them."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from netsteps.cli.terminal import say, warn
from netsteps.lessons.copies import copy_notebooks
from netsteps.show.tables import printable

if TYPE_CHECKING:
    import argparse

__all__ = ["lessons"]

_SAID = {
    "new": "wrote {}",
    "same": "{} is there already",
    "kept": "kept {}, which has been worked on (--force writes it anew)",
    "replaced": "wrote {} anew",
}


def lessons(options: "argparse.Namespace") -> int:
    """Copy the notebooks, and run JupyterLab on them if that was asked for."""
    folder = Path(options.directory)
    if options.open and find_spec("jupyterlab") is None:
        warn("JupyterLab is not installed\n  try: pip install 'netsteps[lessons]'")
        return 1
    for copy in copy_notebooks(folder, replace=options.force):
        say(_SAID[copy.state].format(printable(str(copy.path))))
    if not options.open:
        say(f"open them: netsteps lessons {printable(str(folder))} --open")
        return 0
    return _open(folder, options.lab)


def _open(folder: Path, more: list[str]) -> int:
    """Run JupyterLab in this process, until it is ended. more: arguments for it."""
    from jupyterlab.labapp import main

    return main([str(folder), *more]) or 0
