"""A home network behind its router: the addresses inside, and the one that the server sees."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps.show.theme import Theme

__all__ = ["homes"]

_WIDTH, _ROW = 860.0, 62.0


def homes(
    inside: "Sequence[object]", outside: "Sequence[object]", router: object, server: object,
    *, theme: str = "light",
) -> Drawing:  # fmt: skip
    """Draw computers of a home, their router, and a server elsewhere.

    inside: the address of each computer as it knows it (text or an Endpoint). outside: for each,
    the address that the server sees. router: the router's address at home. server: the server's
    address. theme: "light" or "dark". Raises ValueError when inside and outside are not of one
    length, and for a theme of another name.
    """
    pairs = [(str(own), str(seen)) for own, seen in zip(inside, outside, strict=True)]
    alt = "; ".join(f"{own} is seen as {seen}" for own, seen in pairs)
    text = "\n".join(
        [f"at home          router {router}     server {server}"]
        + [f"{own:<22} -> {seen}" for own, seen in pairs]
    )
    return Drawing(
        lambda name: _drawn(pairs, str(router), str(server), alt, theme_of(name)), text, alt,
        theme=theme_of(theme).name,
    )  # fmt: skip


def _drawn(
    pairs: "Sequence[tuple[str, str]]", router: str, server: str, alt: str, theme: "Theme"
) -> str:
    tall = max(len(pairs), 2) * _ROW
    height = tall + 84
    canvas = Canvas(_WIDTH, height, theme)
    canvas.rect(10, 34, 408, height - 44, rx=14, fill=theme.panel, stroke=theme.grid)
    canvas.text(24, 24, "at home: a LAN, private addresses", size=13, bold=True)
    canvas.rect(608, 34, 242, height - 44, rx=14, fill=theme.panel, stroke=theme.grid)
    canvas.text(622, 24, "the Internet: a WAN", size=13, bold=True)
    middle = 46 + tall / 2
    canvas.rect(
        350, middle - 56, 130, 112, rx=10, fill=theme.paper, stroke=theme.orange, stroke_width=2.5
    )
    canvas.text(415, middle - 30, "the router", size=13, bold=True, anchor="middle")
    canvas.text(415, middle - 12, "at home:", size=10.5, anchor="middle", fill=theme.faint)
    canvas.text(415, middle + 3, router, size=10, anchor="middle", mono=True)
    canvas.text(415, middle + 26, "it writes its own", size=10.5, anchor="middle")
    canvas.text(415, middle + 40, "address over theirs", size=10.5, anchor="middle")
    canvas.rect(
        632, middle - 36, 202, 72, rx=10, fill=theme.paper, stroke=theme.blue, stroke_width=2
    )
    canvas.text(733, middle - 8, "the server", size=13, bold=True, anchor="middle")
    canvas.text(733, middle + 12, server, size=11.5, anchor="middle", mono=True)
    for row, (own, seen) in enumerate(pairs):
        y = 46 + (row + 0.5) * tall / len(pairs)
        canvas.rect(26, y - 22, 196, 44, rx=8, fill=theme.paper, stroke=theme.ink)
        canvas.text(124, y - 4, f"computer {row + 1}", size=12, bold=True, anchor="middle")
        canvas.text(124, y + 13, own, size=11.5, anchor="middle", mono=True)
        goal = middle + (row - (len(pairs) - 1) / 2) * 26
        canvas.path(f"M222 {y}C290 {y} 290 {goal} 350 {goal}", stroke=theme.ink, stroke_width=1.6)
        canvas.line(480, goal, 632, goal, stroke=theme.orange, stroke_width=1.8)
        canvas.text(544, goal - 5, seen, size=10, anchor="middle", mono=True, fill=theme.orange)
    return canvas.render("A home behind its router", alt)
