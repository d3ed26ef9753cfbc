"""The result as a picture: how far each figure is from its limit, as bars from one line.

The line in the middle is the limit. A bar to the right is so many times better than it, one to the
left so many times worse, on a scale of doublings; beside it stands the ratio itself.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bench.report import about_run, cells, ratio, required
from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped
from netsteps.show.theme import theme_of

__all__ = ["drawing"]

WIDTH, MARGIN = 1120.0, 24.0
TEXTS, ROW, HEAD, FOOT = 490.0, 40.0, 122.0, 40.0
BAR = 14.0
FIGURES = 210.0
WORST, BEST = 0.25, 8.0  # times the limit; what is beyond has an arrow

Line = Mapping[str, Any]


def times_better(line: Line) -> float | None:
    """Give how many times better than its limit a figure is; None where there is none."""
    if line["ratio"] is None or line["limit"] is None:
        return None
    if not line["limit"] or not line["ratio"]:
        return BEST if line["passed"] else WORST
    better = line["ratio"] / line["limit"]
    return float(better if line["sense"] == "at least" else 1 / better)


def place(times: float, left: float, right: float) -> float:
    """Give where a multiple of the limit lies between the ends of the scale."""
    share = math.log(min(max(times, WORST), BEST) / WORST) / math.log(BEST / WORST)
    return left + share * (right - left)


def drawing(result: Mapping[str, Any], theme: str = "light") -> Drawing:
    """Draw the rows that have a limit. Its text is the table."""
    lines = [line for line in result["rows"] if line["limit"] is not None]
    alt = "How far each figure is from its limit: " + "; ".join(
        f"{line['what']} against {line['against']}: {ratio(line['ratio'], line)}, {required(line)}"
        for line in lines
    )
    text = "\n".join(" | ".join(cells(line)) for line in result["rows"])
    return Drawing(lambda name: draw(result, lines, name), text, alt, theme=theme)


def draw(result: Mapping[str, Any], lines: Sequence[Line], name: str) -> str:
    theme = theme_of(name)
    height = HEAD + ROW * len(lines) + FOOT
    canvas = Canvas(WIDTH, height, theme)
    left, right = MARGIN + TEXTS, WIDTH - MARGIN - FIGURES
    limit = place(1, left, right)
    canvas.text(MARGIN, 34, "netsteps beside its peers, against the limits", size=18, bold=True)
    how = "A bar to the right: so many times better than the limit; to the left: worse."
    for number, part in enumerate((*about_run(result).replace("`", "").split("; "), how)):
        shown = clipped(part, 12, WIDTH - 2 * MARGIN)
        canvas.text(MARGIN, 56 + 17 * number, shown, size=12, fill=theme.faint)
    bottom = height - FOOT + 4
    for times in (0.25, 0.5, 1, 2, 4, 8):
        x = place(times, left, right)
        stroke = theme.ink if times == 1 else theme.grid
        canvas.line(x, HEAD - 6, x, bottom, stroke=stroke, stroke_width=1.5 if times == 1 else 1)
        label = "the limit" if times == 1 else f"{times:g} times"
        canvas.text(
            x, bottom + 16, label, size=11, anchor="middle", fill=theme.faint, bold=times == 1
        )
    for number, line in enumerate(lines):
        y = HEAD + ROW * number
        middle = y + ROW / 2
        if number:
            canvas.line(MARGIN, y, WIDTH - MARGIN, y, stroke=theme.grid)
        room = TEXTS - 16
        canvas.text(MARGIN, middle - 3, clipped(line["what"], 12.5, room), size=12.5)
        canvas.text(MARGIN, middle + 13, f"against {line['against']}", size=11, fill=theme.faint)
        bar(canvas, line, middle, limit, (left, right))
        figure(canvas, line, middle, right + 24)
    return canvas.render(
        "netsteps beside its peers", "Bars from the limit: to the right better, to the left worse."
    )


def bar(canvas: Canvas, line: Line, middle: float, limit: float, ends: tuple[float, float]) -> None:
    """Draw a bar from the limit to its figure, with an arrow where it goes beyond the scale."""
    times = times_better(line)
    if times is None:
        return
    theme = canvas.theme
    colour = theme.blue if line["passed"] else theme.red
    x = place(times, *ends)
    top = middle - BAR / 2
    canvas.rect(min(x, limit), top, max(abs(x - limit), 1.5), BAR, fill=colour)
    if times >= BEST or times <= WORST:
        tip = 9 if times >= BEST else -9
        canvas.path(
            f"M{x:.1f} {top - 3:.1f}l{tip} {BAR / 2 + 3}l{-tip} {BAR / 2 + 3}z", fill=colour
        )


def figure(canvas: Canvas, line: Line, middle: float, x: float) -> None:
    """Write the ratio, what was required, and whether it was reached."""
    theme = canvas.theme
    if line["ratio"] is None:
        canvas.text(x, middle + 4, clipped(line["missing"], 11, FIGURES), size=11, fill=theme.faint)
        return
    word = "reached" if line["passed"] else "not reached"
    colour = theme.blue if line["passed"] else theme.red
    canvas.text(x, middle - 3, ratio(line["ratio"], line), size=13, bold=True)
    canvas.text(x + 88, middle - 3, word, size=11.5, bold=True, fill=colour)
    canvas.text(x, middle + 13, required(line).partition(", aim")[0], size=11, fill=theme.faint)
