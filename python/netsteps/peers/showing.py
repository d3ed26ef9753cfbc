"""Bytes as text, short enough for a line; and where two of them begin to differ."""

__all__ = ["compared", "first_difference", "shown"]

LONG = 60  # bytes of a step that are written out
BEFORE, AFTER = 16, 24  # bytes that are shown around the first difference


def shown(data: bytes, most: int = LONG) -> str:
    """Write bytes as Python would, and of many the beginning and how many there are."""
    if len(data) <= most:
        return repr(data)
    return f"{data[:most]!r}… ({len(data):,} bytes)"


def first_difference(expected: bytes, got: bytes) -> int:
    """Give the place where they differ first: the length of the shorter one where it only ends."""
    pairs = zip(expected, got, strict=False)
    both = min(len(expected), len(got))
    return next((place for place, (one, other) in enumerate(pairs) if one != other), both)


def compared(expected: bytes | str, got: bytes | None) -> list[str]:
    """Write what was expected and what came, and mark the first byte that differs."""
    if isinstance(expected, str):
        came = [] if got is None else [f"got:      {shown(got) if got else 'no bytes'}"]
        return [f"expected: {expected}", *came]
    got = got or b""
    place = first_difference(expected, got)
    start = max(0, place - BEFORE)
    lines = [
        f"expected: {part(expected, start)}  ({len(expected):,} bytes)",
        f"got:      {part(got, start)}  ({len(got):,} bytes)",
    ]
    if got:
        sign = " " * len("expected: " + written(expected, start, place)) + "^"
        lines.append(
            f"{sign} first difference, at byte {place}: {what_differs(expected, got, place)}"
        )
    return lines


def written(data: bytes, start: int, end: int) -> str:
    """Write bytes without the closing quotation mark, and with "…" for what lies before them."""
    return ("…" if start else "") + "b'" + "".join(map(sign_of, data[start:end]))


def part(data: bytes, start: int) -> str:
    """Write the bytes around the first difference."""
    end = start + BEFORE + AFTER
    return written(data, start, end) + "'" + ("…" if len(data) > end else "")


def sign_of(byte: int) -> str:
    r"""Write one byte as it stands in a literal: "a", "\n", "\x00"."""
    return repr(bytes([byte]))[2:-1] if byte != ord("'") else "\\'"


def what_differs(expected: bytes, got: bytes, place: int) -> str:
    """Say in words what differs there."""
    wanted, came = (
        f"{data[place : place + 1]!r} (0x{data[place]:02x})" if place < len(data) else "the end"
        for data in (expected, got)
    )
    return f"expected {wanted}, got {came}"
