"""The errors of this room, in the form of all others: step, address, cause, remedy."""

from typing import SupportsFloat

from netsteps.errors import SocketError, make

__all__ = ["failure", "number_of", "seconds_of"]


def failure(
    code: str,
    step: str,
    cause: str,
    remedy: str,
    *,
    endpoint: object = None,
    errno: int | None = None,
) -> SocketError:
    """Make an error. code: of the catalogue, which says the class."""
    place = None if endpoint is None else str(endpoint)
    text = f"{step}{f' {place}' if place else ''}: {cause}. Try: {remedy}."
    return make(code, errno, text, step, place, cause, remedy, None, b"")


def number_of(step: str, name: str, value: object, allowed: range, why: str) -> int:
    """Check a whole number. Raises BadType or BadArgument, which name it."""
    least, most = allowed.start, allowed.stop - 1
    remedy = f"a whole number from {least:,} to {most:,}"
    if not isinstance(value, int) or isinstance(value, bool):
        raise failure("wrong type", step, f"{name}={value!r} is no whole number", remedy)
    if value not in allowed:
        raise failure("bad argument", step, f"{name}={value!r} cannot be: {why}", remedy)
    return value


def seconds_of(step: str, name: str, value: object) -> float:
    """Check a time. Raises BadType or BadArgument, which name it."""
    remedy = "seconds from 0 on"
    if not isinstance(value, SupportsFloat) or isinstance(value, bool | str | bytes):
        raise failure("wrong type", step, f"{name}={value!r} is no time", remedy)
    if not 0 <= (seconds := float(value)) < 1e9:  # also not a number
        raise failure("bad argument", step, f"{name}={value!r} is no time", remedy)
    return seconds
