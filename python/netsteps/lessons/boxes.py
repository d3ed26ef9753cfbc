"""Boxes of text between the cells of a lesson: HTML in a notebook, lines in a terminal."""

import re
import sys
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from netsteps.show.theme import LIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COLOURS", "Shown", "box", "html_of", "in_a_kernel", "lines_of", "show"]

# A colour is never all that says something: each box begins with words, too.
COLOURS = {
    "ask": LIGHT.blue,
    "right": LIGHT.green,
    "wrong": LIGHT.red,
    "partly": LIGHT.orange,
}

_CODE = re.compile(r"`([^`]+)`")


class Shown(Protocol):
    """What is on the page, and can be written anew (a DisplayHandle of IPython)."""

    def update(self, bundle: dict[str, str], *, raw: bool) -> None:
        """Write it anew."""


def html_of(text: str) -> str:
    """Escape a text for HTML; what stands between two backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def box(kind: str, title: str, lines: "Iterable[str]") -> dict[str, str]:
    """Make a box in both forms, as a bundle of MIME types.

    kind: a key of COLOURS. title: a few words. lines: one paragraph each, as html_of takes them.
    """
    paragraphs = [line for line in lines if line]
    # A line on the left and no background: it can be read on a dark page and on a light one.
    style = f"border-left: 4px solid {COLOURS[kind]}; padding: 2px 12px; margin: 6px 0"
    inner = "".join(f'<div style="margin: 3px 0">{html_of(line)}</div>' for line in paragraphs)
    return {
        "text/html": f'<div style="{style}"><b>{html_of(title)}</b>{inner}</div>',
        "text/plain": "\n".join([title, *(f"  {line}" for line in paragraphs)]),
    }


def lines_of(choices: "Iterable[str]", mine: int | None = None) -> list[str]:
    """Write a number before each choice, from 1, and mark the one that was chosen."""
    return [
        f"{number}. {choice}" + (" (your choice)" if number == mine else "")
        for number, choice in enumerate(choices, 1)
    ]


def in_a_kernel() -> bool:
    """Tell whether this runs in the kernel of a notebook, and not in a terminal."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def show(bundle: dict[str, str]) -> Shown | None:
    """Show a bundle below the cell that runs, or print its text.

    Returns what can write it anew, or None outside of a notebook.
    """
    if not in_a_kernel():
        sys.stdout.write(f"{bundle['text/plain']}\n")
        return None
    from IPython.display import display

    shown: Shown = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
    return shown
