"""What can be written after `netsteps trace`."""

import argparse

__all__ = ["EXAMPLE", "SUMMARY", "TEXT", "add"]

SUMMARY = "run a Python program and show what its sockets did"
TEXT = (
    "Runs a script, or a module with -m, as python itself would, and prints a table\n"
    "of every step of its sockets when it has ended, its threads and its atexit\n"
    "functions included. One that ends by os._exit or is killed shows nothing. A\n"
    "child process has no part in it. The options of this command\n"
    "stand before the script; what stands after it is the program's. The exit code is\n"
    "the program's own. Unix sockets are not shown. netsteps.merge puts the traces of\n"
    "two programs of one machine together."
)
EXAMPLE = (
    "  netsteps trace --ladder out.svg client.py 127.0.0.1 8000\n"
    "  netsteps trace --save server.jsonl -m http.server 8000"
)


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    command.add_argument(
        "--ladder", metavar="OUT", help="draw both ends: a file that ends with .svg, .html or .txt"
    )
    command.add_argument("--save", metavar="FILE", help="save the trace (.jsonl)")
    command.add_argument(
        "--lines", action="store_true", help="tell which line of the program took each step"
    )
    command.add_argument("--quiet", action="store_true", help="print no table")
    command.add_argument(
        "-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module"
    )
    command.add_argument(
        "program", nargs=argparse.REMAINDER, metavar="SCRIPT [ARGS...]", help="run a script"
    )
    command.set_defaults(usage_error=command.error)
