"""What can be written after `netsteps mistakes`."""

import argparse

from netsteps.cli.values import file_to_write

__all__ = ["EXAMPLE", "SUMMARY", "TEXT", "add"]

SUMMARY = "list the mistakes that people make with sockets, or make one and show it"
TEXT = (
    "Without NAME, a list of the bank. With it, the mistake is made on real sockets of\n"
    "this computer: the wrong program, what plain Python gives, what netsteps says, the\n"
    "picture, and the cure. One that waits for ever is ended after a moment."
)
EXAMPLE = (
    "  netsteps mistakes one_read_is_not_one_message\n"
    "  netsteps mistakes both_write_and_nobody_reads --html page.html"
)


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    command.add_argument(
        "--html", type=file_to_write, metavar="FILE", help="write a page with the pictures instead"
    )
    command.add_argument(
        "--program",
        choices=("wrong", "right", "same"),
        help="print a program of it: the wrong one, the right one, the same with netsteps",
    )
    command.add_argument(
        "--json", action="store_true", help="print the list as JSON, or what came of the one made"
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="which one")
    command.set_defaults(usage_error=command.error)
