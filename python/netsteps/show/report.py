"""The report of a check: what was tried, what was expected, what happened, a hint, the ladder."""

from typing import TYPE_CHECKING, Protocol

from netsteps.show.svg import escape
from netsteps.show.tables import printable
from netsteps.show.units import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.drawing import Drawing
    from netsteps.show.listing import Table

__all__ = ["report_html", "report_text", "reports_page", "verdict"]


class _Tried(Protocol):
    """One attempt: its title, and "passed", "failed", "not tried" or "not possible", and why."""

    @property
    def title(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def why(self) -> str: ...


class _Told(Protocol):
    """A report, as these views need it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def passed(self) -> bool: ...
    @property
    def unwritten(self) -> bool: ...
    @property
    def process(self) -> int | None: ...
    @property
    def attempts(self) -> "tuple[_Tried, ...]": ...
    @property
    def printed(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def ladder(self) -> "Drawing | None": ...


_SIGNS = {"passed": "ok", "failed": "FAILED", "not tried": "-", "not possible": "-"}
_PICTURES = {"passed": "✓", "failed": "✗", "not tried": "·", "not possible": "·"}
_GREEN, _RED, _BLUE, _GREY = "#00795a", "#c23b00", "#0072b2", "#808891"
_COLOURS = {"passed": _GREEN, "failed": _RED, "not tried": _GREY, "not possible": _GREY}
_LINES = 40  # of what the program printed
_CELL = "text-align: left; vertical-align: top; border: none; padding: 1px 12px 1px 0"
_MONO = "font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def verdict(report: _Told) -> str:
    """Say in one line what came of it."""
    return f"{report.name}: {_outcome(report)}"


def _outcome(report: _Told) -> str:
    total = len(report.attempts)
    took = f"({report.seconds:.1f} s)"
    if report.unwritten:
        return "not written yet"
    done = sum(one.state == "passed" for one in report.attempts)
    if report.passed and done < total:
        return f"passed, {done} of {plural(total, 'attempt')}; no more can be made here {took}"
    if report.passed:
        return f"passed, {'all ' if total > 1 else ''}{plural(total, 'attempt')} {took}"
    return f"failed after {done} of {plural(total, 'attempt')} {took}"


def _titled(one: _Tried) -> str:
    return f"{one.title} (not possible here: {one.why})" if one.why else one.title


def _answers(report: _Told) -> list[tuple[str, str]]:
    """Give what is told of the attempt that failed: names, and texts."""
    names = ("hint",) if report.unwritten else ("expected", "happened", "hint")
    return [(name, text) for name in names if (text := getattr(report, name))]


def report_text(report: _Told, *, short: bool = False) -> str:
    """Write a report as text for a terminal.

    short: only what failed of what was tried, and no drawing.
    """
    lines = [verdict(report)]
    if report.unwritten:
        lines.append("what will be tried:")
    elif not report.passed and not short:
        lines.append("failed after these steps:")
    for number, one in enumerate(report.attempts, 1):
        if short and one.state != "failed":
            continue
        sign = "-" if report.unwritten else _SIGNS[one.state]
        lines.append(f"  {sign:<7}{number}. {_titled(one)}")
    for name, text in _answers(report):
        first, *more = _wrapped(text) if name == "hint" else text.splitlines()
        lines.append(f"{name + ':':<10}{first}")
        lines += [f"{'':<10}{line}" for line in more]
    if not report.passed and report.printed.strip():
        lines += ["your program printed:", *(f"  {line}" for line in _clipped(report.printed))]
    if report.ladder is not None and not short:
        lines.append(f"{_above(report)}:")
        lines += [f"  {line}".rstrip() for line in report.ladder.text.splitlines()]
    return "\n".join(printable(line) for line in lines)


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap  # here, for a quick `import netsteps`

    return wrap(text, 88, break_long_words=False, break_on_hyphens=False)


def _above(report: _Told) -> str:
    mine = f" (process {report.process} is your program)" if report.process else ""
    return f"what went over the network in this attempt{mine}"


def report_html(report: _Told) -> str:
    """Write a report as one HTML element, without script and style sheet."""
    colour = _BLUE if report.unwritten else _GREEN if report.passed else _RED
    sign = "✎" if report.unwritten else "✓" if report.passed else "✗"
    headline = escape(f"{sign} {report.title}: {_outcome(report)}")
    parts = [
        f'<div style="border-left: 4px solid {colour}; padding: 2px 0 2px 12px; font-size: 13px">',
        f'<div style="color: {colour}; font-weight: bold; font-size: 14px">{headline}</div>',
        "<div>what will be tried:</div>" if report.unwritten else "",
        _tried_html(report),
        _answers_html(report),
    ]
    if not report.passed and report.printed.strip():
        text = "<br/>".join(_spaced(line) for line in _clipped(report.printed))
        parts.append(
            '<div style="margin-top: 6px">your program printed</div>'
            f'<div style="{_MONO}; white-space: pre-wrap; border: 1px solid {_GREY};'
            f' padding: 4px 8px; margin: 2px 0">{text}</div>'
        )
    if report.ladder is not None:
        parts.append(f'<div style="margin-top: 6px">{_above(report)}</div>{report.ladder.html}')
    parts.append("</div>")
    return "\n".join(parts)


def _tried_html(report: _Told) -> str:
    rows = []
    for one in report.attempts:
        state = "not tried" if report.unwritten else one.state
        weight = "bold" if state == "failed" else "normal"
        rows.append(
            f'<tr style="background: none"><td style="{_CELL}; padding-right: 8px;'
            f' color: {_COLOURS[state]}">{_PICTURES[state]}</td>'
            f'<td style="{_CELL}; font-weight: {weight}">{escape(_titled(one))}</td></tr>'
        )
    return f'<table style="border-collapse: collapse; margin: 6px 0">{"".join(rows)}</table>'


def _answers_html(report: _Told) -> str:
    rows = [
        f'<tr style="background: none"><td style="{_CELL}; font-weight: bold">{name}</td>'
        f'<td style="{_CELL}; white-space: pre-wrap">{_with_code(text)}</td></tr>'
        for name, text in _answers(report)
    ]
    return f'<table style="border-collapse: collapse">{"".join(rows)}</table>' if rows else ""


def reports_page(
    reports: "Iterable[tuple[str, _Told]]", table: "Table[dict[str, str]] | None" = None
) -> str:
    """Write a page of reports. reports: each with whose it is, or "", before it.

    table: of the class, with a row for each student, which the page begins with.
    """
    reports = list(reports)
    numbers = {name: number for number, name in enumerate(dict(reports), 1)}
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/>',
        "<title>netsteps check</title></head>",
        '<body style="font-family: system-ui, sans-serif; max-width: 1000px; margin: 16px auto">',
    ]
    if table is not None:
        parts.append(_class_html(table, numbers))
    last = ""
    for who, report in reports:
        if who != last:
            parts.append(f'<h2 id="{numbers[who]}">{escape(who)}</h2>')
            last = who
        parts.append(f"{report_html(report)}<br/>")
    parts.append("</body>\n</html>\n")
    return "\n".join(parts)


def _class_html(table: "Table[dict[str, str]]", numbers: "dict[str, int]") -> str:
    """Write the table of a class; each student's name leads to the reports."""
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in table.columns)
    rows = []
    for student, *cells in table.cells():
        name = escape(str(student))
        if number := numbers.get(str(student)):
            name = f'<a href="#{number}">{name}</a>'
        results = "".join(
            f'<td style="{_CELL}; color: {_colour(str(cell))}">{escape(str(cell))}</td>'
            for cell in cells
        )
        rows.append(f'<tr><td style="{_CELL}">{name}</td>{results}</tr>')
    return (
        f'<table style="border-collapse: collapse; font-size: 14px"><tr>{head}</tr>\n'
        + "\n".join(rows)
        + "</table>"
    )


def _colour(cell: str) -> str:
    if cell == "passed":
        return _GREEN
    return _RED if cell.startswith(("failed", "missing")) else "inherit"


def _with_code(text: str) -> str:
    """Write lines of text, with what stands between backticks as code."""
    lines = []
    for line in text.splitlines():
        pieces = line.split("`")
        whole = len(pieces) % 2 == 1  # each backtick has its partner
        written = [
            f"<code>{escape(piece)}</code>" if number % 2 else escape(piece)
            for number, piece in enumerate(pieces)
        ]
        lines.append("".join(written) if whole else escape(line))
    return "<br/>".join(lines)


def _spaced(line: str) -> str:
    return escape(line.expandtabs())


def _clipped(printed: str) -> list[str]:
    """Give what was printed, of much the beginning and the end."""
    lines = [line[:300] for line in printed.splitlines()]
    if len(lines) <= _LINES:
        return lines
    half = _LINES // 2
    return [*lines[:half], f"... {len(lines) - 2 * half:,} lines ...", *lines[-half:]]
