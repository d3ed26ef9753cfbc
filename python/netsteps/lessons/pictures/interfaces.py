"""A computer with its interfaces: each is a way into a network, with the addresses that it has."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsteps import Interface
    from netsteps.show.theme import Theme

__all__ = ["interfaces"]

_WIDTH, _LINE, _HEAD, _GAP = 760.0, 22.0, 34.0, 14.0
_MOST = 8  # interfaces; a machine with containers may have dozens


def interfaces(found: "Iterable[Interface]", *, theme: str = "light") -> Drawing:
    """Draw this computer with its interfaces and their addresses (netsteps.interfaces()).

    Those that have addresses come first; of more than eight the others are counted. theme: "light"
    or "dark". Raises ValueError for a theme of another name.
    """
    rows = sorted(found, key=lambda one: (not one.addresses, not one.up))
    shown, more = rows[:_MOST], len(rows) - _MOST
    addresses = sum(len(one.addresses) for one in rows)
    alt = (
        f"{len(rows)} interfaces, {sum(one.up for one in rows)} switched on, {addresses} addresses"
    )
    text = "\n".join(
        f"[{one.name}] {_state(one)}: {', '.join(map(str, one.addresses)) or 'no address'}"
        for one in shown
    )
    return Drawing(
        lambda name: _drawn(shown, more, alt, theme_of(name)), text, alt, theme=theme_of(theme).name
    )


def _state(one: "Interface") -> str:
    return "on" if one.up else "off"


def _drawn(rows: "Sequence[Interface]", more: int, alt: str, theme: "Theme") -> str:
    talls = [_HEAD + _LINE * max(len(one.addresses), 1) for one in rows]
    height = 60 + sum(talls) + _GAP * len(rows) + (20 if more > 0 else 0)
    canvas = Canvas(_WIDTH, height, theme)
    canvas.rect(16, 16, 190, height - 32, rx=12, fill=theme.panel, stroke=theme.ink)
    canvas.text(111, 44, "this computer", size=14, bold=True, anchor="middle")
    y = 46.0
    for one, tall in zip(rows, talls, strict=True):
        colour = theme.blue if one.up and one.addresses else theme.faint
        middle = y + tall / 2
        canvas.rect(150, middle - 15, 84, 30, rx=5, fill=theme.paper, stroke=colour, stroke_width=2)
        name = clipped(one.name, 12, 76, mono=True)
        canvas.text(192, middle + 4, name, size=12, anchor="middle", mono=True, title=one.name)
        dashes = None if one.up else "4 4"
        canvas.line(
            234, middle, 290, middle, stroke=colour, stroke_width=3, stroke_dasharray=dashes
        )
        canvas.rect(290, y, 454, tall, rx=8, fill=theme.paper, stroke=theme.grid)
        canvas.text(304, y + 20, _whither(one), size=12, bold=True, fill=colour)
        if not one.addresses:
            canvas.text(304, y + 40, "no IP address", size=12, fill=theme.faint)
        for place, address in enumerate(one.addresses):
            line = clipped(str(address), 13, 330, mono=True)
            canvas.text(304, y + 41 + _LINE * place, line, size=13, mono=True, title=str(address))
            family = {"ipv4": "IPv4", "ipv6": "IPv6"}.get(address.family, "")
            canvas.text(
                730, y + 41 + _LINE * place, family, size=11, anchor="end", fill=theme.faint
            )
        y += tall + _GAP
    if more > 0:
        canvas.text(304, y + 8, f"and {more} more without a place here", size=11, fill=theme.faint)
    return canvas.render("A computer and its interfaces", alt)


def _whither(one: "Interface") -> str:
    if any(address.ip in {"127.0.0.1", "::1"} for address in one.addresses):
        return "loopback: the network that is this computer alone"
    if not one.up:
        return "switched off"
    return f"into a network{f', hardware address {one.mac}' if one.mac else ''}"
