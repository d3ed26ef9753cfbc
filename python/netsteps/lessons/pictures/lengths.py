"""How long packets are, to one scale, beside the most that the link carries."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps import Packet

__all__ = ["lengths"]

_LEFT, _ROOM, _TOP, _ROW = 96.0, 620.0, 84.0, 30.0
_MOST_ROWS = 24


def lengths(packets: "Iterable[Packet]", *, mtu: int = 1500, theme: str = "light") -> Drawing:
    """Draw each packet as a bar: its headers and its message, in bytes, to scale.

    packets: at most 24 are drawn. mtu: the most bytes of an IP packet that the link carries; a line
    marks it. theme: "light" or "dark". Raises ValueError for another theme. Source: lecture 1 ("a
    fixed size"), RFC 894 (1500 bytes on Ethernet).
    """
    rows = [(len(packet), len(packet.payload)) for packet in packets][:_MOST_ROWS]
    title = f"{len(rows)} packets, to scale; the link carries at most {mtu:,} bytes"
    alt = f"{title}: {', '.join(f'{whole:,} bytes' for whole, _ in rows)}"
    return Drawing(
        lambda name: _picture(rows, mtu, title, alt, name),
        _text(rows, mtu, title),
        alt,
        theme=theme_of(theme).name,
    )


def _text(rows: "list[tuple[int, int]]", mtu: int, title: str) -> str:
    longest = max([mtu, *(whole for whole, _ in rows)])
    lines = [title, f"{'':8}  # header  = message  | the link's limit"]
    limit = round(mtu / longest * 60)
    for whole, message in rows:
        size = max(round(whole / longest * 60), 1)
        header = max(round((whole - message) / longest * 60), 1)
        bar = f"{'#' * header:=<{size}}"
        more = f"{bar[limit:]}  TOO LONG" if whole > mtu else ""
        lines.append(f"{whole:>6,} B  {bar[:limit]:<{limit}}|{more}")
    return "\n".join(lines)


def _picture(rows: "list[tuple[int, int]]", mtu: int, title: str, alt: str, name: str) -> str:
    colours = theme_of(name)
    longest = max([mtu, *(whole for whole, _ in rows)])
    scale = _ROOM / longest
    canvas = Canvas(_LEFT + _ROOM + 150, _TOP + len(rows) * _ROW + 16, colours)
    canvas.text(20, 26, title, size=17, bold=True)
    for x, colour, words in (
        (20.0, colours.orange, "headers: the envelope"),
        (190.0, colours.blue, "payload: the message"),
    ):
        canvas.rect(x, 42, 12, 12, fill=colour)
        canvas.text(x + 18, 52, words, fill=colours.faint)
    for row, (whole, message) in enumerate(rows):
        y = _TOP + row * _ROW
        too_long = whole > mtu
        canvas.text(
            _LEFT - 10,
            y + 14,
            f"{whole:,} bytes",
            anchor="end",
            bold=too_long,
            fill=colours.red if too_long else None,
        )
        header = max((whole - message) * scale, 2)
        canvas.rect(_LEFT, y, header, 18, fill=colours.orange)
        canvas.rect(_LEFT + header, y, message * scale, 18, fill=colours.blue)
        words = f"{whole - message} + {message:,}" + (": too long" if too_long else "")
        canvas.text(
            _LEFT + header + message * scale + 10,
            y + 14,
            words,
            size=11,
            fill=colours.red if too_long else colours.faint,
        )
    limit = _LEFT + mtu * scale
    canvas.line(
        limit,
        _TOP - 10,
        limit,
        _TOP + len(rows) * _ROW,
        stroke=colours.red,
        stroke_dasharray="6 4",
        stroke_width=2,
    )
    canvas.text(limit, _TOP - 16, f"limit {mtu:,}", size=11, anchor="middle", fill=colours.red)
    return canvas.render(title, alt)
