"""What can be written after `netsteps lessons`."""

import argparse

__all__ = ["EXAMPLE", "SUMMARY", "TEXT", "add"]

SUMMARY = "copy the lessons to a folder, and open them in JupyterLab"
TEXT = (
    "The lessons are notebooks with exercises. A notebook that is in the folder already\n"
    "and has been worked on is kept. JupyterLab comes with pip install 'netsteps[lessons]'."
)
EXAMPLE = (
    "  netsteps lessons sockets --open\n"
    "  netsteps lessons sockets --open --lab=--no-browser --lab=--port=8899"
)


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    command.add_argument("--open", action="store_true", help="run JupyterLab on the folder")
    command.add_argument(
        "--force", action="store_true", help="write also over notebooks with work in them"
    )
    command.add_argument("directory", metavar="DIR", help="where to; it is made if it is not there")
    command.add_argument(
        "--lab",
        action="append",
        default=[],
        metavar="=OPTION",
        help="an option for JupyterLab, with --open; may be repeated",
    )
