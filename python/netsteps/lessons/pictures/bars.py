"""Measured figures side by side: a bar for each, with its number and what is to be said of it."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps.show.theme import Theme

__all__ = ["bars"]

_WIDTH, _ROW, _TOP, _LEFT, _BAR = 760.0, 46.0, 44.0, 210.0, 330.0
_CHARS = 40


def bars(
    title: str, rows: "Sequence[tuple[str, float, str]]", unit: str, *, theme: str = "light"
) -> Drawing:
    """Draw figures as bars below a title.

    rows: for each a name, the figure (0 or more) and a remark. unit: what it is counted in. theme:
    "light" or "dark". Raises ValueError for a theme of another name.
    """
    most = max([value for _, value, _ in rows], default=0) or 1
    alt = f"{title}: " + "; ".join(f"{name} {_figure(value)} {unit}" for name, value, _ in rows)
    wide = max([len(name) for name, _, _ in rows], default=0)
    text = "\n".join(
        [title]
        + [
            f"{name:>{wide}} |{'#' * round(value / most * _CHARS):<{_CHARS}} "
            f"{_figure(value)} {unit}{f'  ({remark})' if remark else ''}"
            for name, value, remark in rows
        ]
    )
    return Drawing(
        lambda name: _drawn((title, alt), rows, unit, most, theme_of(name)), text, alt,
        theme=theme_of(theme).name,
    )  # fmt: skip


def _figure(value: float) -> str:
    """Write a figure with three digits that count, and large ones whole: 0.123, 12.3, 500,000."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _drawn(
    words: tuple[str, str],
    rows: "Sequence[tuple[str, float, str]]",
    unit: str,
    most: float,
    theme: "Theme",
) -> str:
    title, alt = words
    canvas = Canvas(_WIDTH, _TOP + _ROW * len(rows) + 10, theme)
    canvas.text(16, 24, title, size=14, bold=True)
    for row, (name, value, remark) in enumerate(rows):
        y = _TOP + _ROW * row
        colour = (theme.blue, theme.orange, theme.green, theme.purple)[row % 4]
        canvas.text(
            _LEFT - 12, y + 17, clipped(name, 12, _LEFT - 24), size=12, anchor="end", title=name
        )
        wide = max(value / most * _BAR, 1.5)
        canvas.rect(_LEFT, y + 2, wide, 22, rx=3, fill=colour, fill_opacity="0.75")
        canvas.text(_LEFT + wide + 8, y + 18, f"{_figure(value)} {unit}", size=12.5, bold=True)
        canvas.text(
            _LEFT, y + 38, clipped(remark, 11, _WIDTH - _LEFT - 16), size=11, fill=theme.faint
        )
    canvas.line(_LEFT, _TOP, _LEFT, _TOP + _ROW * len(rows) - 4, stroke=theme.faint)
    return canvas.render(title, alt)
