"""A computer as a house: its interfaces are the doors, its addresses the plates on them."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped
from netsteps.show.theme import theme_of
from netsteps.show.units import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps import Interface

__all__ = ["doors"]

_DOOR, _GAP, _TOP = 264.0, 22.0, 118.0
_MOST = 6  # a hub's machine may have hundreds
_PLATE = 24.0


def doors(interfaces: "Iterable[Interface]", *, theme: str = "light") -> Drawing:
    """Draw the interfaces that are up, each with its MAC address and its IP addresses.

    interfaces: as `netsteps.interfaces()` gives them; at most six are drawn, and the picture says
    how many are left out. theme: "light" or "dark". Raises ValueError for another theme. Source:
    lecture 2 (network interface cards and their addresses).
    """
    up = [found for found in interfaces if found.up]
    plates = sum(len(found.addresses) for found in up)
    title = (
        f"This computer: {plural(len(up), 'interface')} up, {plural(plates, 'IP address', 'es')}"
    )
    cards = [f"{found.name} {found.mac or 'without a MAC'}" for found in up]
    alt = f"{title}. {', '.join(cards)}"
    return Drawing(
        lambda name: _picture(up, title, alt, name),
        _text(up, title),
        alt,
        theme=theme_of(theme).name,
    )


def _is_loopback(found: "Interface") -> bool:
    return any(_scope(address.ip) == "loopback" for address in found.addresses)


def _scope(ip: str) -> str:
    from netsteps import Endpoint

    return Endpoint(ip.partition("%")[0], 0).scope


def _text(up: "list[Interface]", title: str) -> str:
    lines = [title]
    for found in up:
        way = "back into this computer" if _is_loopback(found) else "out into a network"
        lines.append(f"door {found.name}: {way}; card {found.mac or 'none'}, MTU {found.mtu}")
        lines += [f"    {address}  {_scope(address.ip)}" for address in found.addresses]
    return "\n".join(lines)


def _picture(up: "list[Interface]", title: str, alt: str, name: str) -> str:
    colours = theme_of(name)
    shown = up[:_MOST]
    across = min(max(len(shown), 1), 3)
    tallest = max([1, *(len(found.addresses) for found in shown)])
    height = 92 + tallest * _PLATE
    down = -(-max(len(shown), 1) // 3)
    width = max(2 * 40 + across * _DOOR + (across - 1) * _GAP, 620)
    bottom = _TOP + down * (height + 56)
    canvas = Canvas(width, bottom + 30, colours)
    canvas.text(20, 26, title, size=17, bold=True)
    canvas.path(  # the roof
        f"M20 {_TOP - 22} L{width / 2} 42 L{width - 20} {_TOP - 22} Z",
        fill=colours.panel,
        stroke=colours.ink,
        stroke_width=1.5,
    )
    canvas.text(width / 2, 80, "the programs, each with its ports", anchor="middle", bold=True)
    canvas.rect(
        20, _TOP - 22, width - 40, bottom - _TOP, fill="none", stroke=colours.ink, stroke_width=1.5
    )
    for number, found in enumerate(shown):
        row, column = divmod(number, 3)
        _door(canvas, 40 + column * (_DOOR + _GAP), _TOP + row * (height + 56), height, found)
    if len(up) > _MOST:
        canvas.text(
            20, bottom + 18, f"and {plural(len(up) - _MOST, 'more interface')}", fill=colours.faint
        )
    return canvas.render(title, alt)


def _door(canvas: Canvas, x: float, y: float, height: float, found: "Interface") -> None:
    colours = canvas.theme
    inside = _is_loopback(found)
    edge = colours.green if inside else colours.blue
    canvas.rect(x, y, _DOOR, height, rx=6, fill=colours.panel, stroke=edge, stroke_width=2)
    canvas.text(x + 14, y + 24, clipped(found.name, 15, _DOOR - 120, bold=True), size=15, bold=True)
    canvas.text(
        x + _DOOR - 14, y + 24, f"MTU {found.mtu or '?'}", size=11, anchor="end", fill=colours.faint
    )
    canvas.text(x + 14, y + 46, "MAC (the card)", size=10, fill=colours.faint)
    canvas.text(
        x + _DOOR - 14,
        y + 46,
        found.mac or "none: there is no card",
        size=11,
        anchor="end",
        mono=found.mac is not None,
        fill=colours.purple,
    )
    canvas.text(x + 14, y + 68, "IP addresses", size=10, fill=colours.faint)
    if not found.addresses:
        canvas.text(x + 14, y + 90, "none", size=12, fill=colours.faint)
    for number, address in enumerate(found.addresses):
        below = y + 78 + number * _PLATE
        canvas.rect(
            x + 10, below, _DOOR - 20, _PLATE - 4, rx=3, fill=colours.paper, stroke=colours.grid
        )
        scope = _scope(address.ip)
        room = _DOOR - 48 - 6.5 * len(scope)
        canvas.text(
            x + 16, below + 14, clipped(str(address), 11, room, mono=True), size=11, mono=True
        )
        canvas.text(x + _DOOR - 16, below + 14, scope, size=10, anchor="end", fill=edge)
    _way(canvas, x + _DOOR / 2, y + height, edge, inside=inside)


def _way(canvas: Canvas, x: float, y: float, colour: str, *, inside: bool) -> None:
    """Draw where a door leads to: out, or in a curve back into the house."""
    colours = canvas.theme
    if inside:
        canvas.path(
            f"M{x - 40} {y + 2} C{x - 40} {y + 30} {x + 10} {y + 30} {x + 10} {y + 6}",
            stroke=colour,
            stroke_width=2.5,
        )
        canvas.path(
            f"M{x + 4} {y + 13} L{x + 10} {y + 4} L{x + 16} {y + 13}",
            stroke=colour,
            stroke_width=2.5,
        )
        canvas.text(x + 26, y + 20, "back into this computer", size=11, fill=colours.faint)
    else:
        canvas.line(x, y + 2, x, y + 42, stroke=colour, stroke_width=2.5)
        canvas.path(
            f"M{x - 6} {y + 34} L{x} {y + 44} L{x + 6} {y + 34}", stroke=colour, stroke_width=2.5
        )
        canvas.text(x + 12, y + 20, "out into a network", size=11, fill=colours.faint)
