"""What can stand for a value on the command line: ports, times, counts and sizes.

Each takes the text, and raises ArgumentTypeError with an example of what it would take.
"""

import argparse
from pathlib import Path

__all__ = ["count", "file_to_write", "port_number", "port_or_service", "seconds", "size"]


def port_or_service(text: str) -> int | str:
    """Take a port, or the name of a service as it is."""
    return port_number(text) if text.lstrip("-").isdecimal() else text


def port_number(text: str) -> int:
    """Take 0 to 65535."""
    try:
        port = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no port number") from None
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port: ports are 0 to 65535")
    return port


def seconds(text: str) -> float:
    """Take a time in seconds, above 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no time in seconds; examples: 0.5, 10")
    return value


def count(text: str) -> int:
    """Take 1, 2, 3 and so on."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no count: 1, 2, 3, …")
    return int(text)


def size(text: str) -> int:
    """Take bytes: 500k, 20MB, 1GiB."""
    from netsteps.show.units import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def file_to_write(text: str) -> str:
    """Take the path of a file in a folder that is there: told now, not after a long run."""
    if not Path(text).absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: there is no such folder")
    return text
