"""How a mistake that was made is shown: as text, and as HTML for a notebook.

The HTML has no script and no style sheet, and its few colours are clear enough to stand on a dark
page as on a light one.
"""

import textwrap
from typing import TYPE_CHECKING

from netsteps.show.svg import escape
from netsteps.show.tables import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.lessons.mistakes.model import Made

__all__ = ["html_of", "text_of"]

_COLUMNS = 88
_RED, _GREEN, _BLUE = "194, 59, 0", "0, 121, 90", "0, 114, 178"
_WRAP = "white-space: pre-wrap; word-break: normal; overflow-wrap: break-word; "
_MONO = "font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
_PRE = f"{_MONO}; margin: 4px 0 8px 0; padding: 6px 10px; overflow-x: auto; line-height: 1.35"


def _marked(made: "Made") -> dict[int, str]:
    """Give the lines of the wrong program that matter, and what is said beside each."""
    mistake = made.mistake
    if made.line:
        return {made.line: "fails here"}
    if made.ended == "waits":
        several = len(made.waits) > 1
        marks: dict[int, str] = {}
        for wait in made.waits:
            who = wait.thread or ("main program" if several else "")
            marks[wait.line] = f"{marks[wait.line]} and " if wait.line in marks else ""
            marks[wait.line] += f"{who} waits here".strip()
        return marks
    for number, line in enumerate(mistake.wrong.splitlines(), 1):
        if mistake.line and line.strip() == mistake.line:
            return {number: "for ever" if made.ended == "goes on" else "no error, and yet wrong"}
    return {}


def _verdict(made: "Made") -> str:
    """Say in one line what plain Python gave."""
    match made.ended:
        case "error":
            return made.error
        case "silence":
            return "Silence: no error, no warning."
        case "waits":
            return "Silence: it waits for ever (and was ended here after a moment)."
        case "goes on":
            return "Silence: it goes on for ever (and was ended here after a moment)."
    return f"It {made.ended}."


def text_of(made: "Made") -> str:
    """Write it for a terminal."""
    mistake = made.mistake
    marks = _marked(made)
    lines = [mistake.title, "=" * len(mistake.title), *_wrapped(mistake.why), ""]
    lines += ["The wrong program", "-----------------"]
    for number, line in enumerate(mistake.wrong.splitlines(), 1):
        sign = ">" if number in marks else " "
        said = f"   # <- {marks[number]}" if number in marks else ""
        lines.append(f"{sign}{number:>3}  {line}{said}".rstrip())
    lines += ["", "What plain Python gives", "-----------------------"]
    lines += [f"  {printable(line)}" for line in made.output.splitlines()]
    lines += [f"  {printable(_verdict(made))}", "", *_wrapped(mistake.happens)]
    if made.differs:
        lines += _wrapped(f"On this machine it may differ: {made.differs}.")
    lines += ["", "What netsteps says", "------------------"]
    for line in made.netsteps_says.splitlines():
        indent = " " * 13 if line.startswith("  ") else "  "
        lines += textwrap.wrap(
            printable(line), 100, initial_indent="  ", subsequent_indent=indent
        ) or [""]
    for title, picture in made.pictures:
        lines += ["", title, "-" * len(title), str(picture)]
    lines += ["", "The cure", "--------", *_wrapped(mistake.cure), ""]
    lines += [f"     {line}".rstrip() for line in mistake.right.splitlines()]
    if mistake.elsewhere:
        lines += ["", *_wrapped(f"On other systems: {mistake.elsewhere}")]
    return "\n".join(lines)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _COLUMNS)


def html_of(made: "Made") -> str:
    """Write it for a notebook."""
    mistake = made.mistake
    parts = [
        '<div style="max-width: 920px">',
        f"<h3>{escape(mistake.title)}</h3>",
        f"<p>{escape(mistake.why)}</p>",
        _head("The wrong program", _RED),
        _code(mistake.wrong, _marked(made), _RED),
        _head("What plain Python gives", _RED),
    ]
    said = made.output.splitlines()
    verdict = _verdict(made)
    if made.error:
        said, verdict = [*said, verdict], ""
    if said:
        parts.append(_pre(said, _RED))
    verdict = f"<b>{escape(verdict)}</b> " if verdict else ""
    parts.append(f"<p>{verdict}{escape(mistake.happens)}</p>")
    if made.differs:
        parts.append(f"<p><b>On this machine it may differ:</b> {escape(made.differs)}.</p>")
    parts += [
        _head("What netsteps says", _BLUE),
        _pre(made.netsteps_says.splitlines(), _BLUE),
        "<details><summary>the same mistake with netsteps</summary>",
        _code(mistake.same, {}, _BLUE),
        "</details>",
    ]
    for title, picture in made.pictures:
        parts.append(f'<p style="margin: 12px 0 4px 0"><b>{escape(title)}</b></p>{picture.html}')
    parts += [
        _head("The cure", _GREEN),
        f"<p>{escape(mistake.cure)}</p>",
        _code(mistake.right, {}, _GREEN),
    ]
    if mistake.elsewhere:
        parts.append(f"<p><b>On other systems:</b> {escape(mistake.elsewhere)}</p>")
    parts.append("</div>")
    return "\n".join(parts)


def _head(text: str, colour: str) -> str:
    return f'<h4 style="margin: 12px 0 4px 0; color: rgb({colour})">{escape(text)}</h4>'


def _pre(lines: "Iterable[str]", colour: str) -> str:
    """Write what a program said; long lines are folded."""
    text = "\n".join(map(escape, lines))
    return f'<pre style="{_WRAP}{_PRE}; border-left: 4px solid rgb({colour})">{text}</pre>'


def _code(source: str, marks: dict[int, str], colour: str) -> str:
    """Write a program with numbered lines; the marked ones stand out, by words too."""
    lines = []
    for number, line in enumerate(source.splitlines(), 1):
        written = escape(f"{number:>3}  {line}")
        if number in marks:
            said = escape(f"   # <- {marks[number]}")
            written = f'<b style="background-color: rgba({colour}, 0.16)">{written}{said}</b>'
        lines.append(written)
    text = "\n".join(lines)
    return f'<pre style="{_PRE}; border-left: 4px solid rgb({colour})">{text}</pre>'
