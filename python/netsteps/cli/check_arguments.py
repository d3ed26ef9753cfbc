"""What can be written after `netsteps check`."""

import argparse

from netsteps.cli.values import file_to_write, seconds

__all__ = ["EXAMPLE", "SUMMARY", "TEXT", "add", "split"]

SUMMARY = "check a program, in any language, against an exercise of the lessons"
TEXT = (
    "Runs the program against well-meaning and hostile clients or servers, and says\n"
    "what was tried, what was expected, what happened, and a hint; below stands what\n"
    "went over the network. The program is ended after the check, with all that it\n"
    "started. --list names the exercises; NAME without a program says what to write.\n"
    "\n"
    "  FILE        a .py with a function of the exercise's name (echo_server), or one\n"
    "              that is a program and takes the port, or host and port, as its\n"
    "              arguments; or a notebook, of which only what it defines is run\n"
    "  -- COMMAND  a program in any language. {host} and {port} stand for what the\n"
    "              check chooses. Without them a number as the last word is the port:\n"
    "              a server is looked for there, and a client is sent to others in\n"
    "              its place. A server without any is asked where it listens.\n"
    "\n"
    "A server prints what it likes; a client prints the answer, and nothing else, on\n"
    "its output. Both are given 127.0.0.1, and an empty input. A program that asks\n"
    "for its port gets it so: -- sh -c 'echo {port} | ./server'\n"
    "\n"
    "--all DIR checks a class: in DIR a folder for each student, and in that a file\n"
    "for each exercise: echo-server.py, echo-server.jar, or echo-server that may be\n"
    "executed (compile first; it gets the port, or host and port); or the notebooks\n"
    "of the lessons. With NAME... just these exercises are looked for, and one that\n"
    "is missing has failed.\n"
    "\n"
    "The exit code is 0 when all passed, and 1 when something failed. These programs\n"
    "run with your rights: what limits them guards against mistakes, not malice."
)
EXAMPLE = (
    "  netsteps check echo-server -- ./server {port}\n"
    "  netsteps check first-client -- java -jar client.jar {host} {port}\n"
    "  netsteps check split-message answer.py\n"
    "  netsteps check --all class/ --junit class.xml echo-server word-count"
)


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments to the command."""
    command.usage = (
        "netsteps check [options] NAME [FILE | -- COMMAND...]\n"
        "       netsteps check [options] --all DIR [NAME...]\n"
        "       netsteps check --list"
    )
    command.add_argument("words", nargs="*", metavar="NAME", help="the exercise, and the file")
    command.add_argument("--list", action="store_true", help="list the exercises")
    command.add_argument("--all", metavar="DIR", dest="folder", help="check the work of a class")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--junit",
        type=file_to_write,
        metavar="FILE",
        help="write JUnit XML, for a class list or CI",
    )
    command.add_argument(
        "--html", type=file_to_write, metavar="FILE", help="write a page, with the drawings"
    )
    command.add_argument(
        "--time-limit",
        type=seconds,
        default=60.0,
        metavar="SECONDS",
        help="the most time for the check of one program (default: 60)",
    )
    command.set_defaults(usage_error=command.error, program=[])


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Part a command line of `check` at its `--`: what is ours, and the program with its own."""
    if words[:1] != ["check"] or "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]
