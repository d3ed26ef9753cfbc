"""A length of bytes as a bar, and pieces of it below, each in its place."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.tables import printable
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps.show.theme import Theme

__all__ = ["Hole", "Picture", "Piece", "draw"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that came, or was made.

    number: which one it is, or None. start, size: its place in the whole, in bytes. header: bytes
    before it. note: what is to be said of it. kind: "" for one that is taken, "again", "refused".
    """

    number: int | None
    start: int
    size: int
    header: int
    note: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes that are missing, from start to end (not included). name: which pieces these are."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. length: of the whole, in bytes. open_end: nobody knows where it ends."""

    title: str
    noun: str
    length: int
    header: str
    pieces: "Sequence[Piece]"
    holes: "Sequence[Hole]" = field(default_factory=list)
    problems: "Sequence[str]" = field(default_factory=list)
    open_end: bool = False


# The first and the last rows are shown, what lies between is counted.
_FIRST, _LAST = 10, 5
_PROBLEMS = 6
_CUTS = 120  # in the bar of the whole
_HOLES = 120

_MARGIN, _BAR, _WIDTH, _NOTES = 16, 118, 420, 350  # the columns, in pixels
_ROW = 24
_HEADER = 7  # the width of a header, which to scale would hardly be seen
_TEXT = 44  # the width of the bar as text, in characters


def draw(picture: Picture, theme: str = "light", *, details: str = "") -> Drawing:
    """Draw the picture. theme: "light" or "dark". details: an HTML table to unfold below it."""
    alt = picture.title
    if picture.holes:
        alt += "; missing: " + ", ".join(map(_span, picture.holes[:5]))
    return Drawing(
        lambda name: _svg(picture, theme_of(name), alt),
        _text(picture),
        alt,
        details=details,
        theme=theme,
    )


def _rows(picture: Picture) -> list[Piece | int]:
    """Give the pieces to show; a number stands for so many that are left out."""
    pieces = list(picture.pieces)
    if len(pieces) <= _FIRST + _LAST + 1:
        return [*pieces]
    return [*pieces[:_FIRST], len(pieces) - _FIRST - _LAST, *pieces[-_LAST:]]


def _label(picture: Picture, piece: Piece) -> str:
    return picture.noun if piece.number is None else f"{picture.noun} {piece.number:,}"


def _place(piece: Piece) -> str:
    if not piece.size:
        return "no bytes"
    return f"bytes {piece.start:,} to {piece.start + piece.size - 1:,}"


def _span(hole: Hole) -> str:
    name = f"{hole.name}, " if hole.name else ""
    return f"{name}bytes {hole.start:,} to {hole.end - 1:,}"


def _problems(picture: Picture) -> list[str]:
    lines = [f"missing: {_span(hole)}" for hole in picture.holes[:_PROBLEMS]]
    if len(picture.holes) > _PROBLEMS:
        lines.append(f"missing: {len(picture.holes) - _PROBLEMS:,} more gaps")
    lines += [printable(problem) for problem in picture.problems[:_PROBLEMS]]
    if len(picture.problems) > _PROBLEMS:
        lines.append(f"{len(picture.problems) - _PROBLEMS:,} more problems: .problems")
    return lines


def _svg(picture: Picture, theme: "Theme", alt: str) -> str:
    rows, problems = _rows(picture), _problems(picture)
    top = 96
    height = top + _ROW * len(rows) + (12 + 18 * len(problems) if problems else 0) + 14
    width = _BAR + _WIDTH + _NOTES
    canvas = Canvas(width, height, theme)
    canvas.text(
        _MARGIN, 26, clipped(picture.title, 15, width - 2 * _MARGIN, bold=True), size=15,
        bold=True,
        title=picture.title,
    )  # fmt: skip
    _whole(canvas, picture, 44)
    y: float = top
    for row in rows:
        if isinstance(row, int):
            middle = y + _ROW / 2
            for dot in (-6, 0, 6):
                canvas.add("circle", cx=_BAR + _WIDTH / 2 + dot, cy=middle, r=1.5, fill=theme.faint)
            canvas.text(
                _BAR + _WIDTH + 12, middle + 4, f"{row:,} more {picture.noun}s",
                size=11, fill=theme.faint,
            )  # fmt: skip
        else:
            _row(canvas, picture, row, y)
        y += _ROW
    y += 16
    for problem in problems:
        canvas.text(
            _MARGIN, y + 4, clipped(problem, 12, width - 2 * _MARGIN), fill=theme.red, title=problem
        )
        y += 18
    return canvas.render(picture.title, alt)


def _x(picture: Picture, at: int) -> float:
    return _BAR + _WIDTH * min(at, picture.length) / max(picture.length, 1)


def _whole(canvas: Canvas, picture: Picture, y: float) -> None:
    """Draw the whole as a bar, with its cuts and its holes, and its length below."""
    theme = canvas.theme
    canvas.text(_BAR - 14, y + 15, "whole", size=12, anchor="end")
    canvas.rect(_BAR, y, _WIDTH, 22, fill=theme.panel, stroke=theme.ink)
    for place, piece in enumerate(_taken(picture)):
        left, right = _x(picture, piece.start), _x(picture, piece.start + piece.size)
        colour = theme.sky if place % 2 else theme.blue
        canvas.rect(left, y + 1, max(right - left, 0.5), 20, fill=colour, title=_place(piece))
        name = "" if piece.number is None else f"{piece.number:,}"
        if name and text_width(name, 11) + 6 < right - left:
            canvas.text(
                (left + right) / 2, y + 15, name, size=11, anchor="middle", fill=theme.paper
            )
    for hole in picture.holes[:_HOLES]:
        left, right = _x(picture, hole.start), _x(picture, hole.end)
        canvas.rect(
            left, y + 1, max(right - left, 2), 20, fill=theme.paper, stroke=theme.red,
            stroke_dasharray="3 2", title=f"missing: {_span(hole)}",
        )  # fmt: skip
        if text_width("missing", 11) + 6 < right - left:
            canvas.text(
                (left + right) / 2, y + 15, "missing", size=11, anchor="middle", fill=theme.red
            )
    canvas.text(_BAR, y + 36, "0", size=11, fill=theme.faint)
    end = "the end is not known" if picture.open_end else f"{picture.length:,} bytes"
    canvas.text(_BAR + _WIDTH, y + 36, end, size=11, anchor="end", fill=theme.faint)
    left = _BAR + _WIDTH + 12
    canvas.rect(left, y + 5, _HEADER, 12, fill=theme.orange)
    room = _NOTES - 12 - _HEADER - 5 - _MARGIN
    canvas.text(left + _HEADER + 5, y + 15, clipped(picture.header, 11, room), size=11)


def _taken(picture: Picture) -> list[Piece]:
    """Give what is there, in its order; where it is too much to be told apart, in runs."""
    taken = sorted(
        (piece for piece in picture.pieces if not piece.kind and piece.size),
        key=lambda piece: piece.start,
    )
    if len(taken) <= _CUTS:
        return taken
    runs: list[Piece] = []
    for piece in taken:
        if runs and runs[-1].start + runs[-1].size == piece.start:
            before = runs.pop()
            runs.append(Piece(None, before.start, before.size + piece.size, 0))
        else:
            runs.append(Piece(None, piece.start, piece.size, 0))
    return runs


def _row(canvas: Canvas, picture: Picture, piece: Piece, y: float) -> None:
    """Draw one piece in its place, its header before it, and what is to be said of it."""
    theme = canvas.theme
    middle = y + _ROW / 2
    label = clipped(_label(picture, piece), 12, _BAR - _MARGIN - 14)
    canvas.text(_BAR - 14, middle + 4, label, size=12, anchor="end")
    canvas.line(_BAR, middle, _BAR + _WIDTH, middle, stroke=theme.grid)
    left, right = _x(picture, piece.start), _x(picture, piece.start + piece.size)
    colour = theme.red if piece.kind == "refused" else theme.blue
    canvas.rect(left - _HEADER, y + 5, _HEADER, 14, fill=theme.orange, title="header")
    outline = bool(piece.kind)
    canvas.rect(
        left, y + 5, max(right - left, 1.5), 14,
        fill=theme.paper if outline else colour,
        stroke=colour if outline else None,
        stroke_dasharray="4 2" if piece.kind == "refused" else None,
        title=f"{_label(picture, piece)}: {_place(piece)}",
    )  # fmt: skip
    if piece.kind == "refused":
        canvas.line(left, y + 5, right, y + 19, stroke=colour)
    note = f"{_place(piece)}" + (f" - {piece.note}" if piece.note else "")
    canvas.text(
        _BAR + _WIDTH + 12, middle + 4, clipped(note, 11, _NOTES - 12 - _MARGIN), size=11,
        fill=theme.ink if piece.note else theme.faint, title=note,
    )  # fmt: skip


def _text(picture: Picture) -> str:
    rows = _rows(picture)
    labels = [_label(picture, row) for row in rows if isinstance(row, Piece)]
    width = max(map(len, ["whole", *labels]))

    def column(at: int) -> int:
        return min(at, picture.length) * _TEXT // max(picture.length, 1)

    whole = [" "] * _TEXT
    taken = sorted((p for p in picture.pieces if not p.kind), key=lambda piece: piece.start)
    for piece in taken:
        start, end = column(piece.start), column(piece.start + piece.size)
        whole[start:end] = "=" * (end - start)
        if 0 < start < _TEXT:
            whole[start] = "|"
    for hole in picture.holes:
        for place in range(column(hole.start), max(column(hole.end), column(hole.start) + 1)):
            whole[min(place, _TEXT - 1)] = "."
    size_text = "? bytes" if picture.open_end else f"{picture.length:,} bytes"
    lines = [picture.title, f"{'whole':<{width}}   [{''.join(whole)}] {size_text}"]
    for row in rows:
        if isinstance(row, int):
            lines.append(f"{'...':<{width}}   {row:,} more {picture.noun}s")
            continue
        sign = {"again": "-", "refused": "x"}.get(row.kind, "=")
        start = column(row.start)
        size = max(column(row.start + row.size) - start, 1 if row.size else 0)
        bar = f"{' ' * start}#{sign * size}"
        note = f"; {row.note}" if row.note else ""
        lines.append(
            f"{_label(picture, row):<{width}}   {bar:<{_TEXT + 2}} {_place(row)}{note}".rstrip()
        )
    lines.append(f"# {picture.header}")
    return "\n".join([*lines, *_problems(picture)])
