"""What stands below the ladder: cuts of streams, all conversations at a glance, signs, notes."""

from typing import TYPE_CHECKING

from netsteps.show.ladder.legend import draw_legend, legend_height
from netsteps.show.ladder.overview import draw_overview, overview_height
from netsteps.show.ladder.ribbon import draw_ribbons, ribbons_height
from netsteps.show.svg import text_width

if TYPE_CHECKING:
    from netsteps.show.ladder.layout import Picture
    from netsteps.show.svg import Canvas

__all__ = ["draw_extras", "extras_height"]

_NOTE = 11.0
_LEADING = 16.0
_MARGIN = 12.0


def extras_height(picture: "Picture") -> float:
    """Give the height of all that stands below the ladder, in pixels."""
    return (
        ribbons_height(picture)
        + overview_height(picture)
        + legend_height(picture)
        + _LEADING * len(_notes(picture))
        + _MARGIN
    )


def draw_extras(canvas: "Canvas", picture: "Picture", top: float) -> None:
    """Draw all that stands below the ladder."""
    for draw, height in (
        (draw_ribbons, ribbons_height),
        (draw_overview, overview_height),
        (draw_legend, legend_height),
    ):
        draw(canvas, picture, top)
        top += height(picture)
    for line in _notes(picture):
        canvas.text(_MARGIN, top + 11, line, size=_NOTE, fill=canvas.theme.faint)
        top += _LEADING


def _notes(picture: "Picture") -> list[str]:
    """Break the notes into lines."""
    lines: list[str] = []
    room = picture.width - 2 * _MARGIN
    for note in picture.model.notes:
        line = ""
        for word in note.split():
            longer = f"{line} {word}".lstrip()
            if line and text_width(longer, _NOTE) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines
