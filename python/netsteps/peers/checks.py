"""Arguments of the peers: what cannot be meant is refused, with its name and why."""

from typing import TYPE_CHECKING

from netsteps import Endpoint, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["count", "duration", "framed", "part", "payload", "speed", "target"]

DAY = 86400.0  # seconds


def payload(data: object, who: str) -> bytes:
    """Give bytes for any bytes-like object. Raises TypeError for anything else."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    hint = "; write b'…', or encode it" if isinstance(data, str) else ""
    raise TypeError(f"{who} takes bytes, not {type(data).__name__}{hint}")


def duration(seconds: float | None, name: str) -> float | None:
    """Give a number of seconds as it is. Raises TypeError or ValueError, naming the argument."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} is a number of seconds, not {seconds!r}")
    if not 0 <= seconds <= DAY:
        raise ValueError(f"{name} is from 0 to 86,400 seconds, not {seconds!r}")
    return float(seconds)


def count(number: int, name: str, least: int = 0) -> int:
    """Give a whole number as it is. Raises TypeError or ValueError, naming the argument."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{name} is a whole number, not {number!r}")
    if number < least:
        raise ValueError(f"{name} is at least {least}, not {number}")
    return number


def speed(rate: float) -> float:
    """Give a rate in bytes a second. Raises TypeError or ValueError."""
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        raise TypeError(f"rate is a number of bytes a second, not {rate!r}")
    if not 0 < rate < 1e12:
        raise ValueError(f"rate is more than 0 bytes a second, not {rate!r}")
    return float(rate)


def part(data: bytes, after: int, name: str) -> bytes:
    """Give the bytes of which `after` are sent first. Raises ValueError for fewer."""
    data = payload(data, name)
    if count(after, "after") > len(data):
        raise ValueError(f"after={after}: {name} has {len(data)} bytes, give as many or more")
    return data


def framed(data: bytes, promised: int, header: "Callable[[int], bytes] | None") -> bytes:
    """Give the data with a header of this length; by default four bytes in network byte order."""
    data = payload(data, "payload")
    count(promised, "promised")
    if header is not None:
        return payload(header(promised), "header") + data
    if promised > 0xFFFFFFFF:
        raise ValueError(f"promised={promised} does not fit into four bytes; give header=")
    return promised.to_bytes(4) + data


def target(endpoint: object) -> Endpoint:
    """Give where to connect, as an Endpoint; a name is looked up, and its first address taken.

    Raises TypeError for what is neither an Endpoint nor a tuple, NameNotFound.
    """
    if isinstance(endpoint, Endpoint):
        return endpoint
    if not isinstance(endpoint, tuple) or len(endpoint) < 2:
        raise TypeError(f"endpoint is an Endpoint or a tuple (host, port), not {endpoint!r}")
    host, port, *_ = endpoint  # the standard library's of IPv6 has four parts
    return resolve(host, port, timeout=5.0)[0]
