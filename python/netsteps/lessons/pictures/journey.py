"""The way of a packet over its stations: each looks at "where to" alone, and passes it on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsteps import Packet

__all__ = ["Hop", "journey", "travel"]

_BOX, _GAP, _MARGIN, _TOP, _HEIGHT = 190.0, 36.0, 20.0, 84.0, 118.0
_IN_A_ROW = 4


@dataclass(frozen=True)
class Hop:
    """What one station did with a packet.

    station: its name. rule: the line of its table that fitted, as text ("203.0.113.0/24"). verdict:
    what it did ("passes it on to the provider"). ttl: the Time to Live when the packet came. lost:
    whether it went no further.
    """

    station: str
    rule: str
    verdict: str
    ttl: int
    lost: bool = False


def travel(
    packet: "Packet",
    tables: "Mapping[str, Mapping[str, str | None]]",
    begin: str | None = None,
    *,
    theme: str = "light",
) -> Drawing:
    """Let a packet travel over stations that are played, and draw what each one did with it.

    tables: of each station, by its name: for the beginning of addresses ("203.0.113.0/24") the name
    of the next station, or None where the packet is at home. The longest line that fits counts.
    begin: the station that sends it, by default the first. theme: "light" or "dark".

    Raises KeyError for a station without a table, ValueError for a packet without an IP address and
    for a line that is none. Source: lecture 1 (stations), RFC 1812 (routers, Time to Live).
    """
    if packet.destination is None or packet.ttl is None:
        message = "a packet without an IP address cannot travel"
        raise ValueError(message)
    address, left = packet.destination.ip, packet.ttl
    station: str | None = next(iter(tables)) if begin is None else begin
    hops: list[Hop] = []
    while station is not None:
        line = _longest(tables[station], address)
        came, following = left, None
        if hops:  # the one that sends it takes nothing off
            left -= 1
        if line is None:
            hops.append(Hop(station, "", "throws it away: no line fits", came, lost=True))
        elif (following := tables[station][line]) is None:
            hops.append(Hop(station, line, "keeps it: that is me", came))
        elif left <= 0:
            verdict = "takes 1 off: TTL is 0, so it is thrown away"
            hops.append(Hop(station, line, verdict, came, lost=True))
            following = None
        else:
            hops.append(Hop(station, line, f"to the {following.removeprefix('the ')}", came))
        station = following
    return journey(hops, address, theme=theme)


def _longest(table: "Mapping[str, str | None]", address: str) -> str | None:
    """Give the line of a table that fits an address best, or None."""
    from ipaddress import ip_address, ip_network

    networks = {line: ip_network(line) for line in table}
    fitting = [line for line, network in networks.items() if ip_address(address) in network]
    return max(fitting, key=lambda line: networks[line].prefixlen, default=None)


def journey(hops: "Sequence[Hop]", destination: str, *, theme: str = "light") -> Drawing:
    """Draw the stations of a packet in the order in which it came to them.

    hops: a Hop for each. destination: where to, as the envelope says it. theme: "light" or "dark".
    Raises ValueError for another theme. Source: lecture 1 (stations), RFC 791 (Time to Live).
    """
    hops = list(hops)
    title = f"The way of a packet to {destination}: {len(hops)} stations"
    alt = f"{title}. {' '.join(f'{hop.station} {hop.verdict}.' for hop in hops)}"
    return Drawing(
        lambda name: _picture(hops, destination, title, alt, name),
        _text(hops, title),
        alt,
        theme=theme_of(theme).name,
    )


def _text(hops: "list[Hop]", title: str) -> str:
    lines = [title]
    for number, hop in enumerate(hops, 1):
        lines.append(f"{number}. {hop.station}  (Time to Live {hop.ttl})")
        lines.append(f"     fits: {hop.rule}" if hop.rule else "     fits: nothing")
        lines.append(f"     {hop.verdict}{'  X' if hop.lost else ''}")
    return "\n".join(lines)


def _picture(hops: "list[Hop]", destination: str, title: str, alt: str, name: str) -> str:
    colours = theme_of(name)
    across = min(max(len(hops), 1), _IN_A_ROW)
    down = -(-len(hops) // _IN_A_ROW)
    width = max(2 * _MARGIN + across * _BOX + (across - 1) * _GAP, 620)
    canvas = Canvas(width, _TOP + down * (_HEIGHT + 46) - 10, colours)
    canvas.text(_MARGIN, 26, title, size=17, bold=True)
    canvas.text(
        _MARGIN,
        48,
        f"Each station reads one thing on the envelope: where to? {destination}",
        fill=colours.faint,
    )
    for number, hop in enumerate(hops):
        row, column = divmod(number, _IN_A_ROW)
        x = _MARGIN + column * (_BOX + _GAP)
        y = _TOP + row * (_HEIGHT + 46)
        edge = colours.red if hop.lost else colours.blue
        last = number == len(hops) - 1
        if last and not hop.lost:
            edge = colours.green
        canvas.rect(x, y, _BOX, _HEIGHT, rx=8, fill=colours.panel, stroke=edge, stroke_width=2)
        canvas.text(
            x + 12, y + 24, clipped(hop.station, 14, _BOX - 24, bold=True), size=14, bold=True
        )
        _letter(canvas, x + 12, y + 36, f"TTL {hop.ttl}", lost=hop.lost)
        canvas.text(x + 84, y + 50, "in its table:", size=10, fill=colours.faint)
        canvas.text(
            x + 84, y + 64, clipped(hop.rule or "nothing", 11, 100, mono=True), size=11, mono=True
        )
        for line, words in enumerate(_wrapped(hop.verdict, 12, _BOX - 24)[:2]):
            canvas.text(x + 12, y + 92 + 16 * line, words, size=12, fill=edge)
        if not last:
            _arrow(canvas, x, y, column, edge)
    return canvas.render(title, alt)


def _letter(canvas: Canvas, x: float, y: float, words: str, *, lost: bool) -> None:
    """Draw a small closed envelope, with a word below its flap."""
    colours = canvas.theme
    canvas.rect(x, y, 58, 34, rx=2, fill=colours.paper, stroke=colours.ink)
    canvas.path(f"M{x} {y} L{x + 29} {y + 15} L{x + 58} {y}", stroke=colours.faint)
    canvas.text(x + 29, y + 29, words, size=10, anchor="middle", bold=True)
    if lost:
        canvas.line(x - 4, y - 4, x + 62, y + 38, stroke=colours.red, stroke_width=2.5)
        canvas.line(x - 4, y + 38, x + 62, y - 4, stroke=colours.red, stroke_width=2.5)


def _arrow(canvas: Canvas, x: float, y: float, column: int, colour: str) -> None:
    """Point to the next box: to the right, or from the end of a row to the next row."""
    if column < _IN_A_ROW - 1:
        begin, end, middle = x + _BOX + 4, x + _BOX + _GAP - 6, y + _HEIGHT / 2
        canvas.line(begin, middle, end, middle, stroke=colour, stroke_width=2.5)
        tip = f"M{end - 8} {middle - 6} L{end} {middle} L{end - 8} {middle + 6}"
    else:
        middle, top, low = x + _BOX / 2, y + _HEIGHT + 4, y + _HEIGHT + 20
        left = _MARGIN + _BOX / 2
        canvas.path(
            f"M{middle} {top} L{middle} {low} L{left} {low} L{left} {low + 20}",
            stroke=colour,
            stroke_width=2.5,
        )
        tip = f"M{left - 6} {low + 12} L{left} {low + 20} L{left + 6} {low + 12}"
    canvas.path(tip, stroke=colour, stroke_width=2.5)


def _wrapped(text: str, size: float, room: float) -> list[str]:
    """Cut a text into lines that fit, between its words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and clipped(longer, size, room) == longer:
            lines[-1] = longer
        else:
            lines.append(clipped(word, size, room))
    return lines
