"""What can be written after `netsteps trace`."""

import argparse

from netsteps.cli.values import file_to_write

__all__ = ["EXAMPLE", "SUMMARY", "TEXT", "add"]

SUMMARY = "run a Python program and show what its sockets did"
TEXT = (
    "Runs a script, or a module with -m, as python itself would, and prints a table\n"
    "of every step of its sockets when it has ended, by itself, by Ctrl-C or by kill,\n"
    "its threads and its atexit functions included. One that ends by os._exit or is\n"
    "killed by SIGKILL shows nothing. A child process has no part in it.\n"
    "The options of this command stand before the script; what stands after it is the\n"
    "program's. Exit code, input, signals and tracebacks are the program's own. Unix\n"
    "sockets are not shown. Two traces of one machine become one picture:\n"
    "netsteps show client.jsonl server.jsonl --ladder both.svg"
)
EXAMPLE = (
    "  netsteps trace --ladder out.svg client.py 127.0.0.1 8000\n"
    "  netsteps trace --save server.jsonl -m http.server 8000"
)
_USAGE = (
    "netsteps trace [options] SCRIPT [ARGS...]\n       netsteps trace [options] -m MODULE [ARGS...]"
)


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    command.usage = _USAGE
    command.add_argument(
        "--ladder",
        type=file_to_write,
        metavar="OUT",
        help="draw both ends: a file that ends with .svg, .html or .txt",
    )
    command.add_argument(
        "--save", type=file_to_write, metavar="FILE", help="save the trace (.jsonl)"
    )
    command.add_argument(
        "--lines", action="store_true", help="tell which line of the program took each step"
    )
    command.add_argument(
        "--quiet", action="store_true", help="print nothing: the output is the program's alone"
    )
    command.add_argument(
        "-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module"
    )
    command.add_argument(
        "program", nargs=argparse.REMAINDER, metavar="SCRIPT", help="run a script, and its ARGS"
    )
    command.set_defaults(usage_error=command.error)
