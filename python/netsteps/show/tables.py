"""Tables, as aligned text for a terminal and as HTML for a notebook.

What is shown may come from a peer or from another program: text is escaped for HTML, and control
characters, which could rewrite a terminal, are shown as escapes.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["html_table", "printable", "text_table"]

_GAP = "  "


def text_table(
    columns: "Sequence[str]",
    rows: "Iterable[Sequence[object]]",
    *,
    width: int = 60,
    limit: int | None = None,
) -> str:
    """Lay the rows out under the column titles, in aligned plain text without a final newline.

    columns: the titles. rows: one sequence of cells for each row, as many cells as there are
    titles. A column of numbers is aligned to the right, every other one to the left. None is "-",
    bytes and control characters are escaped. width: the most characters of one cell; a longer one
    is clipped and ends in "...". limit: the most rows; what is left out is counted in a last line.

    Raises ValueError when a row has more or fewer cells than there are titles.
    """
    shown, left_out = _limited(rows, limit)
    columns = [printable(title) for title in columns]
    cells = [[_clipped(printable(cell), width) for cell in row] for row in shown]
    numeric = _numeric_columns(columns, shown)
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    rule = ["-" * size for size in widths]
    lines = [
        _GAP.join(
            cell.rjust(size) if right else cell.ljust(size)
            for cell, size, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in (columns, rule, *cells)
    ]
    if left_out:
        lines.append(_left_out(left_out))
    return "\n".join(lines)


def html_table(
    columns: "Sequence[str]",
    rows: "Iterable[Sequence[object]]",
    caption: str = "",
    *,
    width: int = 200,
    limit: int | None = None,
) -> str:
    """Write the same table as an HTML element, for a notebook's `_repr_html_`.

    The arguments are those of `text_table`, with a caption above the table. Everything is escaped.
    There is no script and no style sheet, and no colour: the page's own theme, dark or light, and a
    sanitiser that strips all of these, leave a table that can be read.

    Raises ValueError when a row has more or fewer cells than there are titles.
    """
    from html import escape  # here, for a quick `import netsteps`

    shown, left_out = _limited(rows, limit)
    columns = [printable(title) for title in columns]
    # Said in each cell, because notebooks align every cell to the right by default.
    sides = ["right" if right else "left" for right in _numeric_columns(columns, shown)]

    def line(tag: str, cells: "Iterable[str]") -> str:
        inner = "".join(
            f'<{tag} style="text-align: {side}; white-space: nowrap">{escape(cell)}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
        )
        return f"<tr>{inner}</tr>"

    parts = ["<table>"]
    if caption:
        parts.append(f'<caption style="text-align: left">{escape(printable(caption))}</caption>')
    parts += ["<thead>", line("th", columns), "</thead>", "<tbody>"]
    parts += [line("td", (_clipped(printable(cell), width) for cell in row)) for row in shown]
    if left_out:
        note = escape(_left_out(left_out))
        parts.append(f'<tr><td colspan="{len(sides)}" style="text-align: left">{note}</td></tr>')
    parts += ["</tbody>", "</table>"]
    return "\n".join(parts)


def _limited(
    rows: "Iterable[Sequence[object]]", limit: int | None
) -> "tuple[list[Sequence[object]], int]":
    """Split the rows into those to show and the number of those left out."""
    all_rows = list(rows)
    shown = all_rows if limit is None else all_rows[:limit]
    return shown, len(all_rows) - len(shown)


def _left_out(count: int) -> str:
    return f"... and {count} more {'row' if count == 1 else 'rows'}"


def _numeric_columns(columns: "Sequence[str]", rows: "list[Sequence[object]]") -> list[bool]:
    """Say for each column whether it holds numbers and nothing else (None aside)."""
    if not rows:
        return [False] * len(columns)
    return [
        any(cell is not None for cell in cells)
        and all(
            cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool))
            for cell in cells
        )
        for _, *cells in zip(columns, *rows, strict=True)
    ]


def printable(cell: object) -> str:
    """Write a cell, or any text from outside, as printable text in one line.

    None is "-", a truth value yes or no, bytes are written as Python does, and every character
    that a terminal would act on is shown as an escape.
    """
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    text = repr(bytes(cell)) if isinstance(cell, bytes | bytearray | memoryview) else str(cell)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."
