"""Bytes as they are: sixteen to a line, in hex and as text, long ones cut with a count."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.svg import MONO, escape

if TYPE_CHECKING:
    from netsteps.show.svg import Canvas

__all__ = ["LINE_HEIGHT", "Line", "draw", "lines", "marked", "readable", "spaced"]

WIDTH = 16  # bytes to a line
LINE_HEIGHT = 17.0  # pixels
_SIZE = 12.0  # pixels of the text
_HEX_AT, _GROUP, _TEXT_AT = 52.0, 190.0, 444.0  # pixels


class Line(NamedTuple):
    """Up to sixteen bytes, and where they are; data is empty where `left_out` bytes are cut."""

    offset: int
    data: bytes
    left_out: int = 0


def lines(data: bytes, start: int, end: int, most: int) -> Iterator[Line]:
    """Cut a span of the bytes into at most `most` lines; the last one is always there."""
    end = min(end, len(data))
    rows = list(range(start, end, WIDTH))
    if len(rows) > most:
        last = rows[-1]
        for offset in rows[: most - 2]:
            yield Line(offset, data[offset : offset + WIDTH])
        cut = rows[most - 2]
        yield Line(cut, b"", last - cut)
        yield Line(last, data[last:end])
        return
    for offset in rows:
        yield Line(offset, data[offset : min(offset + WIDTH, end)])


def readable(data: bytes) -> str:
    """Write bytes as text, one character for each; a dot for what ASCII cannot print."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)


def marked(data: bytes, mark: Callable[[int], str], most: int) -> Iterator[str]:
    """Write lines as xxd does, each over a line of marks: mark(place) is one character."""
    for offset, octets, left_out in lines(data, 0, len(data), most):
        if left_out:
            yield f"          ... {left_out:,} bytes more ..."
            continue
        pairs = [octets[place : place + 2].hex() for place in range(0, len(octets), 2)]
        yield f"{offset:08x}: {' '.join(pairs):<39}  {readable(octets)}"
        marks = [mark(offset + place) for place in range(len(octets))]
        doubled = [
            "".join(char * 2 for char in marks[place : place + 2])
            for place in range(0, len(marks), 2)
        ]
        yield f"{'':10}{' '.join(doubled):<39}  {''.join(marks)}"


def draw(canvas: "Canvas", listed: Iterable[Line], hue: str, x: float, y: float) -> float:
    """Draw lines with the upper left corner at x, y; give where they end below.

    Each is LINE_HEIGHT pixels high.
    """
    faint = canvas.theme.faint
    for offset, octets, left_out in listed:
        base = y + 12
        if left_out:
            canvas.text(x + _HEX_AT, base, f"... {left_out:,} bytes more ...", size=11, fill=faint)
        else:
            canvas.text(x, base, f"{offset:5}", size=11, fill=faint, mono=True)
            for at, group in ((0.0, octets[:8]), (_GROUP, octets[8:])):
                if group:
                    text = group.hex(" ")
                    canvas.text(
                        x + _HEX_AT + at, base, text, size=_SIZE, fill=hue, mono=True, bold=True
                    )
            spaced(canvas, x + _TEXT_AT, base, readable(octets), _SIZE)
        y += LINE_HEIGHT
    return y


def spaced(canvas: "Canvas", x: float, y: float, text: str, size: float) -> None:
    """Write a text in which every space counts; a viewer would make one of several."""
    canvas.add(
        "text",
        escape(text),
        x=x,
        y=y,
        font_size=size,
        font_family=MONO,
        fill=canvas.theme.ink,
        **{"xml:space": "preserve"},
    )
