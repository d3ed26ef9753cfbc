"""The four buffers of a connection as tanks: what one end wrote, and the other has not read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas
from netsteps.show.theme import theme_of
from netsteps.show.units import size_text

if TYPE_CHECKING:
    from netsteps import Socket
    from netsteps.show.theme import Theme

__all__ = ["tanks"]

_WIDTH, _HEIGHT = 800.0, 262.0
_TANK, _TALL, _TOP = 150.0, 120.0, 66.0
_BAR = 30


@dataclass(frozen=True, slots=True)
class _Tank:
    """One buffer: the bytes in it, and how full the kernel's memory for it is (0 to 1)."""

    name: str
    held: int
    level: float


def tanks(
    writer: "Socket", reader: "Socket", *, names: tuple[str, str] = ("the writer", "the reader"),
    theme: str = "light",
) -> Drawing:  # fmt: skip
    """Draw the output buffer of one end and the input buffer of the other, as full as they are now.

    writer, reader: the two ends of a TCP connection. names: what stands at both sides. theme:
    "light" or "dark". The bytes are those of the message; the level is the memory that the kernel
    has taken for them, of what it may take. The other direction is not drawn.

    Raises ValueError for a theme of another name.
    """
    out, come = writer.buffers, reader.buffers
    pair = (
        _Tank("output buffer", (out.unacknowledged or 0) if out else 0,
              (out.send_memory or 0) / max(out.send_capacity, 1) if out else 0),
        _Tank("input buffer", (come.unread or 0) if come else 0,
              (come.receive_memory or 0) / max(come.receive_capacity, 1) if come else 0),
    )  # fmt: skip
    alt = (
        f"{names[0]}: {size_text(pair[0].held)} in its output buffer, {pair[0].level:.0%} full; "
        f"{names[1]}: {size_text(pair[1].held)} in its input buffer, {pair[1].level:.0%} full"
    )
    text = "\n".join(
        f"{who:<12} {tank.name:<14} [{'#' * round(min(tank.level, 1) * _BAR):<{_BAR}}] "
        f"{size_text(tank.held)}"
        for who, tank in zip(names, pair, strict=True)
    )
    return Drawing(
        lambda name: _drawn(pair, names, alt, theme_of(name)), text, alt, theme=theme_of(theme).name
    )


def _drawn(pair: tuple[_Tank, _Tank], names: tuple[str, str], alt: str, theme: "Theme") -> str:
    canvas = Canvas(_WIDTH, _HEIGHT, theme)
    places = (170.0, _WIDTH - 170.0 - _TANK)
    middle = _TOP + _TALL / 2
    _program(canvas, 20.0, names[0], "write")
    _program(canvas, _WIDTH - 20.0 - 112.0, names[1], "read")
    _arrow(canvas, 132.0, places[0] - 4, middle)
    _arrow(canvas, places[0] + _TANK, places[1] - 4, middle)
    _arrow(canvas, places[1] + _TANK, _WIDTH - 136.0, middle)
    canvas.text(_WIDTH / 2, middle - 10, "the network", size=12, anchor="middle", fill=theme.faint)
    colours = (theme.orange, theme.blue)
    for x, tank, colour in zip(places, pair, colours, strict=True):
        full = min(max(tank.level, 0.0), 1.0)
        if tank.held and full < 0.02:
            full = 0.02
        canvas.text(x + _TANK / 2, _TOP - 14, tank.name, size=13, bold=True, anchor="middle")
        canvas.rect(x, _TOP, _TANK, _TALL, fill=theme.panel)
        tall = full * _TALL
        canvas.rect(x, _TOP + _TALL - tall, _TANK, tall, fill=colour, fill_opacity="0.55")
        d = f"M{x} {_TOP - 6}V{_TOP + _TALL}H{x + _TANK}V{_TOP - 6}"
        canvas.path(d, stroke=theme.ink, stroke_width=2)
        y = _TOP + _TALL + 22
        canvas.text(x + _TANK / 2, y, size_text(tank.held), size=14, bold=True, anchor="middle")
        words = "empty" if not tank.held else f"its memory is {min(full, 1):.0%} full"
        canvas.text(x + _TANK / 2, y + 18, words, size=11, anchor="middle", fill=theme.faint)
    canvas.text(
        _WIDTH / 2, _HEIGHT - 10, "both tanks are the kernel's: no program sees into them",
        size=11, anchor="middle", fill=theme.faint,
    )  # fmt: skip
    return canvas.render("The buffers of a connection", alt)


def _program(canvas: Canvas, x: float, name: str, step: str) -> None:
    theme = canvas.theme
    y = _TOP + _TALL / 2
    canvas.rect(x, y - 28, 112, 56, rx=8, fill=theme.paper, stroke=theme.ink)
    canvas.text(x + 56, y - 4, name, size=12, anchor="middle", bold=True)
    canvas.text(x + 56, y + 15, f"{step}()", size=11.5, anchor="middle", mono=True)


def _arrow(canvas: Canvas, x1: float, x2: float, y: float) -> None:
    canvas.line(x1, y, x2 - 6, y, stroke_width=1.6)
    canvas.path(f"M{x2 - 9} {y - 5}L{x2} {y}L{x2 - 9} {y + 5}Z", fill=canvas.theme.ink)
