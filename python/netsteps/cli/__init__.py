"""The command `netsteps`.

Exit codes: 0 for success, 1 for what the network or the system refused (one message on the error
output, never a traceback), 2 for a command line that cannot be meant, 130 after Ctrl-C. A command
that ends because nobody reads its output any more says nothing and exits with 141, as others that
are ended by SIGPIPE.
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run a command line, by default the one of this process, and return its exit code.

    argv: the words after the name of the program. Raises SystemExit as argparse does: after --help
    and --version, and for a command line that it cannot read.
    """
    from netsteps.cli.check_arguments import split
    from netsteps.cli.parser import build_parser
    from netsteps.cli.terminal import complain

    open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter
    parser = build_parser()
    words, program = split(list(sys.argv[1:] if argv is None else argv))
    options = parser.parse_args(words)
    if program:
        options.program = program
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        code = run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if isinstance(error, BrokenPipeError) and not hasattr(error, "remedy"):
            leave_output()
            return 141
        return complain(error)
    return code


def run(options: argparse.Namespace) -> int:
    """Run the command that was chosen; only its own imports are paid for."""
    from importlib import import_module

    room, name = options.run
    code: int = getattr(import_module(f"netsteps.cli.{room}"), name)(options)
    return code


def open_missing_streams() -> None:
    """Give a program that was started without input or output (`<&-`, `>&-`) an empty one."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - for the whole program
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123


def leave_output() -> None:
    """Let nothing more be written, also not by the interpreter at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
