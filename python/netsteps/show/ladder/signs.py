"""Signs: each is a shape, so that no meaning hangs on a colour alone."""

from typing import TYPE_CHECKING

from netsteps.show.svg import number

if TYPE_CHECKING:
    from netsteps.show.svg import Canvas

__all__ = ["arrow_head", "break_mark", "dot", "fin_head", "sign", "verdict_sign"]

_THIN = 1.6


def _points(*points: tuple[float, float]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def arrow_head(
    canvas: "Canvas",
    x: float,
    y: float,
    way: tuple[float, float],
    colour: str,
    *,
    hollow: bool = False,
) -> None:
    """Draw the head of an arrow whose point is at x, y. way: its direction, of length 1."""
    dx, dy = way
    back, half = 9.0, 3.8
    points = _points(
        (x, y),
        (x - back * dx - half * dy, y - back * dy + half * dx),
        (x - back * dx + half * dy, y - back * dy - half * dx),
    )
    fill = canvas.theme.paper if hollow else colour
    canvas.add("polygon", points=points, fill=fill, stroke=colour, stroke_width=1.2)


def fin_head(canvas: "Canvas", x: float, y: float, way: tuple[float, float], colour: str) -> None:
    """Draw the head of a FIN: an arrow that stops at a bar."""
    dx, dy = way
    arrow_head(canvas, x - 2.5 * dx, y - 2.5 * dy, way, colour)
    half = 6.0
    canvas.line(
        x - half * dy, y + half * dx, x + half * dy, y - half * dx, stroke=colour, stroke_width=2.4
    )


def dot(canvas: "Canvas", x: float, y: float, colour: str) -> None:
    """Draw the mark of a plain step."""
    canvas.add("circle", cx=x, cy=y, r=3.2, fill=colour)


def sign(canvas: "Canvas", name: str, x: float, y: float, colour: str) -> None:
    """Draw the sign of a result on its lifeline."""
    theme = canvas.theme
    paper = theme.paper
    match name:
        case "end":  # the peer's FIN was read: a bar, no more comes
            canvas.rect(x - 6, y - 2, 12, 4, fill=colour)
        case "half-close":  # one half is closed
            canvas.add("circle", cx=x, cy=y, r=5.5, fill=paper, stroke=colour, stroke_width=_THIN)
            canvas.path(f"M{number(x)} {number(y - 5.5)} a5.5 5.5 0 0 1 0 11 z", fill=colour)
        case "close":  # a square: stopped
            canvas.rect(x - 4.5, y - 4.5, 9, 9, fill=colour)
        case "reset":  # a flash
            points = ((1, -8), (-5, 1), (-1, 1), (-2, 8), (5, -2), (1, -2))
            moved = _points(*((x + dx, y + dy) for dx, dy in points))
            canvas.add("polygon", points=moved, fill=theme.red, stroke=paper, stroke_width=0.8)
        case "refused":  # no entry
            canvas.add("circle", cx=x, cy=y, r=6.5, fill=theme.red)
            canvas.rect(x - 4.2, y - 1.4, 8.4, 2.8, fill=paper)
        case "timeout":  # a clock
            canvas.add("circle", cx=x, cy=y, r=6, fill=paper, stroke=theme.red, stroke_width=_THIN)
            canvas.path(
                f"M{number(x)} {number(y - 4)} V{number(y)} H{number(x + 3.2)}",
                stroke=theme.red,
                stroke_width=_THIN,
            )
        case "failed" | "lost":  # a cross
            for one, other in ((-1, 1), (1, -1)):
                canvas.line(
                    x - 4.5,
                    y + 4.5 * one,
                    x + 4.5,
                    y + 4.5 * other,
                    stroke=theme.red,
                    stroke_width=2.4,
                )
        case "waiting":  # hollow: not done yet
            canvas.add("circle", cx=x, cy=y, r=4, fill=paper, stroke=colour, stroke_width=_THIN)
        case "unread":  # an open box: it lies there
            canvas.path(
                f"M{number(x - 5)} {number(y - 5)} v10 h10 v-10", stroke=colour, stroke_width=_THIN
            )
        case _:
            dot(canvas, x, y, colour)


def verdict_sign(canvas: "Canvas", name: str, x: float, y: float) -> None:
    """Draw the sign of what a relay did, in a square of 12 pixels round x, y."""
    theme = canvas.theme
    red, ink, at = theme.red, theme.ink, f"M{number(x)} {number(y)}"
    match name:
        case "late":  # a clock
            canvas.add("circle", cx=x, cy=y, r=5, fill=theme.paper, stroke=ink, stroke_width=1.3)
            canvas.path(f"M{number(x)} {number(y - 3.4)} v3.4 h2.6", stroke=ink, stroke_width=1.3)
        case "doubled":  # one becomes two
            canvas.path(f"{at} m-5 0 h3 l3 -3.6 h4 m-7 3.6 l3 3.6 h4", stroke=ink, stroke_width=1.5)
        case "reordered":  # two that cross
            canvas.path(f"{at} m-5 -3.6 l10 7.2 m-10 0 l10 -7.2", stroke=ink, stroke_width=1.5)
        case "corrupted":  # a line that is broken
            canvas.path(
                f"{at} m-6 0 h2.4 l1.6 -4.6 l4 9.2 l1.6 -4.6 h2.4", stroke=red, stroke_width=1.5
            )
        case "split":  # one becomes short pieces
            canvas.path(f"{at} m-6 0 h3.2 m1.2 0 h3.2 m1.2 0 h3.2", stroke=ink, stroke_width=3)
        case "glued":  # pieces become one
            canvas.path(f"{at} m-6 0 h12", stroke=ink, stroke_width=3)
        case "stalled" | "silent":  # a pause
            canvas.path(f"{at} m-2.4 -4.5 v9 m4.8 -9 v9", stroke=ink, stroke_width=2.4)
        case "cut":  # a way that ends at a wall
            canvas.path(f"{at} m-6 0 h7 m1.4 -5 v10", stroke=red, stroke_width=2)
        case "too big":  # a square that is crossed out
            canvas.path(f"{at} m-4.5 -4.5 h9 v9 h-9 z m0 9 l9 -9", stroke=red, stroke_width=1.6)
        case "reset" | "refused":
            sign(canvas, name, x, y, red)
        case "passed":
            dot(canvas, x, y, ink)
        case _:  # "lost", "failed", and what a later relay may tell
            sign(canvas, "lost", x, y, red)


def break_mark(
    canvas: "Canvas", x: float, top: float, bottom: float, *, colour: str, paper: str
) -> None:
    """Break a line that runs down: a zigzag over the part that is not in proportion."""
    middle = (top + bottom) / 2
    canvas.line(x, top, x, bottom, stroke=paper, stroke_width=3)
    path = f"M{number(x)} {number(top)} V{number(middle - 7)} l4 3.5 l-8 7 l4 3.5 V{number(bottom)}"
    canvas.path(path, stroke=colour, stroke_width=1.3)
