"""What was sent beside what arrived: one line for each datagram, in the order of both sides."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps.show.theme import Theme

__all__ = ["arrivals"]

_WIDTH, _ROW, _TOP = 620.0, 22.0, 54.0
_LEFT, _RIGHT = 150.0, 470.0


def arrivals(sent: "Sequence[str]", came: "Sequence[str]", *, theme: str = "light") -> Drawing:
    """Draw how the datagrams that were sent arrived.

    sent: what each of them is called, in the order of sending, no two alike. came: those that
    arrived, in their order; what is not in sent is drawn as unknown. theme: "light" or "dark".

    Raises ValueError for a theme of another name, and when two in sent are alike.
    """
    sent, came = list(map(str, sent)), list(map(str, came))
    if len(set(sent)) != len(sent):
        raise ValueError("two that were sent have one name")
    place = {name: number for number, name in enumerate(sent)}
    kinds = _kinds(place, came)
    lost = [name for name in sent if name not in set(came)]
    counts = {kind: kinds.count(kind) for kind in ("in order", "late", "again", "unknown")}
    alt = (
        f"{len(sent)} sent, {len(came)} arrived: {counts['in order']} in order, "
        f"{counts['late']} after a later one, {counts['again']} a second time; {len(lost)} lost"
    )
    text = f"sent:    {' '.join(sent)}\narrived: {' '.join(came)}\n{alt}"
    return Drawing(
        lambda name: _drawn(sent, came, kinds, alt, theme_of(name)), text, alt,
        theme=theme_of(theme).name,
    )  # fmt: skip


def _kinds(place: dict[str, int], came: "Sequence[str]") -> list[str]:
    """Say of each that came whether it is in order, late, here for the second time, or unknown."""
    seen: set[str] = set()
    highest, kinds = -1, []
    for name in came:
        if name not in place:
            kinds.append("unknown")
        elif name in seen:
            kinds.append("again")
        else:
            kinds.append("in order" if place[name] > highest else "late")
            highest = max(highest, place[name])
        seen.add(name)
    return kinds


def _drawn(
    sent: "Sequence[str]", came: "Sequence[str]", kinds: "Sequence[str]", alt: str, theme: "Theme"
) -> str:
    rows = max(len(sent), len(came), 1)
    bottom = _TOP + rows * _ROW
    canvas = Canvas(_WIDTH, bottom + 60, theme)
    styles = {
        "in order": (theme.blue, None),
        "late": (theme.orange, "8 3"),
        "again": (theme.purple, "2 4"),
        "unknown": (theme.faint, None),
    }
    canvas.text(_LEFT - 16, 28, "sent", size=14, bold=True, anchor="end")
    canvas.text(_RIGHT + 16, 28, "arrived", size=14, bold=True)
    for x in (_LEFT, _RIGHT):
        canvas.line(x, 36, x, bottom, stroke=theme.faint, stroke_width=2)

    def y(row: int) -> float:
        return _TOP + row * _ROW

    place = {name: number for number, name in enumerate(sent)}
    for name, row in place.items():
        canvas.text(_LEFT - 16, y(row) + 4, name, size=12, anchor="end", mono=True)
        if name not in came:
            end = _LEFT + 120
            canvas.line(_LEFT, y(row), end, y(row), stroke=theme.red, stroke_width=1.6)
            for dy in (-5, 5):
                canvas.line(
                    end - 5, y(row) - dy, end + 5, y(row) + dy, stroke=theme.red, stroke_width=2
                )
            canvas.text(end + 12, y(row) + 4, "lost", size=11, fill=theme.red)
    for row, (name, kind) in enumerate(zip(came, kinds, strict=True)):
        colour, dashes = styles[kind]
        canvas.text(_RIGHT + 16, y(row) + 4, name, size=12, mono=True, fill=colour)
        if kind in {"late", "again"}:
            words = "after a later one" if kind == "late" else "the second time"
            canvas.text(_RIGHT + 50, y(row) + 4, words, size=10.5, fill=colour)
        if name in place:
            canvas.line(
                _LEFT, y(place[name]), _RIGHT, y(row), stroke=colour, stroke_width=1.6,
                stroke_dasharray=dashes,
            )  # fmt: skip
        canvas.add("circle", cx=_RIGHT, cy=y(row), r=3.5, fill=colour)
    canvas.text(_WIDTH / 2, bottom + 34, alt, size=11, anchor="middle", fill=theme.faint)
    return canvas.render("What was sent and what arrived", alt)
