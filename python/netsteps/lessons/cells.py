"""A notebook as an answer: the functions of its cells, without running anything else in them."""

import ast
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["definitions"]

_KEPT = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(path: "Path") -> str:
    """Give what the cells of a notebook define, as the text of a program.

    Kept are imports, functions, classes and names for plain values; demonstrations, checks and
    magics are left out, so that a notebook of any length is taken at once. A later definition
    replaces an earlier one, as in a kernel that has run all cells. "" for what is no notebook.
    """
    try:
        notebook = json.loads(path.read_bytes())
        cells = [_text(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return "\n\n".join(part for cell in cells for part in _parts(cell))


def _text(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _parts(cell: str) -> "Iterator[str]":
    """Give the definitions of a cell; nothing of a cell that is not Python."""
    lines = ["" if line.lstrip()[:1] in {"%", "!"} else line for line in cell.split("\n")]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        if isinstance(node, _KEPT) or _is_plain(node):
            decorators: list[ast.expr] = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(one.lineno for one in decorators)])
            yield "\n".join(lines[first - 1 : node.end_lineno])


def _is_plain(node: ast.stmt) -> bool:
    """Say whether a statement gives a name to a plain value: SIZE = 1472."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    try:
        ast.literal_eval(node.value)
    except (ValueError, TypeError, RecursionError):
        return False
    return True
