"""Arguments of the peers: what cannot be meant is refused, with its name and why."""

__all__ = ["count", "duration", "payload"]

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
