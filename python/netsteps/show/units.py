"""Sizes and times for people: the only place that decides how they are written.

Sizes count in thousands (1 kB is 1000 bytes), as network rates do.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "Quantity",
    "parse_rate",
    "parse_size",
    "parse_time",
    "plural",
    "rate_text",
    "size_text",
    "time_text",
]

_SIZES = ("B", "kB", "MB", "GB", "TB")
_TIMES = ("ns", "us", "ms", "s")
_LAST_IN_SECONDS = 120  # from here on minutes say more
# What --limit and the like take: 64k, 1.5 MB, 1GiB.
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}

_SECONDS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0}


class Quantity(float):
    """A number that is written in its own way: a table aligns it to the right, as every number.

    value: the number. text: how it is written; an empty text leaves the cell blank.
    """

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str) -> "Self":
        """Make the number and give it its text."""
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override] # one more than float
        """Give what a copy is made from."""
        return float(self), self.text

    def __str__(self) -> str:
        return self.text


def size_text(count: int) -> str:
    """Write a number of bytes: 0 B, 999 B, 1.46 kB, 200 MB."""
    if count < 1000:
        return f"{count} B"
    return _in_units(count, _SIZES)


def time_text(ns: int) -> str:
    """Write a time given in nanoseconds: 950 ns, 12.3 us, 4.56 ms, 1.20 s, 2 min 5 s, 3 h 0 min."""
    if ns < 1000:
        return f"{ns} ns"
    seconds = round(ns / 1e9)
    if seconds < _LAST_IN_SECONDS:
        return _in_units(ns, _TIMES)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def rate_text(count: int, ns: int) -> str:
    """Write how many bytes moved in a time given in nanoseconds: 1.21 GB/s."""
    return f"{size_text(round(count * 1e9 / max(ns, 1)))}/s"


def _in_units(value: float, units: tuple[str, ...]) -> str:
    """Write three digits in the unit that leaves at most three before the point."""
    *smaller, last = units
    for unit in smaller:
        if round(value) < 1000:
            return f"{_three_digits(value)} {unit}"
        value /= 1000
    return f"{_three_digits(value)} {last}"


def _three_digits(value: float) -> str:
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


def parse_size(text: str) -> int:
    """Read a number of bytes: 65536, 64k, 1.5 MB, 1GiB. k, M and G are thousands, Ki, Mi, Gi 1024s.

    Raises ValueError for anything else.
    """
    number = text.strip().lower().removesuffix("b").rstrip()
    unit = number.lstrip("0123456789.").strip()
    try:
        return int(float(number.removesuffix(unit)) * _FACTORS[unit])
    except (KeyError, ValueError, OverflowError):
        message = f"{text!r} is no size; examples: 65536, 64k, 1.5MB, 1GiB"
        raise ValueError(message) from None


def parse_time(text: str) -> float:
    """Read a time in seconds: 0.05, 50ms, 1.5 s, 200us, 2min.

    Raises ValueError for anything else.
    """
    number = text.strip().lower()
    unit = number.lstrip("0123456789.").strip()
    try:
        return float(number.removesuffix(unit)) * _SECONDS[unit]
    except (KeyError, ValueError):
        message = f"{text!r} is no time; examples: 50ms, 1.5s, 200us, 0.05 (seconds)"
        raise ValueError(message) from None


def parse_rate(text: str) -> float:
    """Read a rate in bytes per second: 65536, 100kB/s, 1MB/s, 10Mbit/s.

    Raises ValueError for anything else.
    """
    number = text.strip().removesuffix("/s").removesuffix("ps").rstrip()
    bits = number.lower().endswith("bit")
    try:
        size = parse_size(number[:-3] if bits else number)
    except ValueError:
        message = f"{text!r} is no rate; examples: 65536, 100kB/s, 1MB/s, 10Mbit/s"
        raise ValueError(message) from None
    return size / 8 if bits else float(size)


def plural(count: int, word: str, ending: str = "s") -> str:
    """Write a count with its word: 1 byte, 1,460 bytes. ending: of the word for several."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}{ending}"
