"""The report of a check: what was tried, what was expected, what happened, a hint, the ladder."""

from typing import TYPE_CHECKING, Protocol

from netsteps.show.svg import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.drawing import Drawing

__all__ = ["report_html", "report_text", "reports_page", "verdict"]


class _Tried(Protocol):
    """One attempt: its title, and "passed", "failed" or "not tried"."""

    @property
    def title(self) -> str: ...
    @property
    def state(self) -> str: ...


class _Told(Protocol):
    """A report, as these views need it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def passed(self) -> bool: ...
    @property
    def attempts(self) -> "tuple[_Tried, ...]": ...
    @property
    def printed(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def ladder(self) -> "Drawing | None": ...


_SIGNS = {"passed": "ok", "failed": "FAILED", "not tried": "-"}
_PICTURES = {"passed": "✓", "failed": "✗", "not tried": "·"}
_GREEN, _RED, _GREY = "#00795a", "#c23b00", "#808891"
_COLOURS = {"passed": _GREEN, "failed": _RED, "not tried": _GREY}
_LINES = 40  # of what the program printed


def verdict(report: _Told) -> str:
    """Say in one line what came of it."""
    total = len(report.attempts)
    if report.passed:
        return f"{report.name}: passed, all {total} attempts ({report.seconds:.1f} s)"
    done = sum(one.state == "passed" for one in report.attempts)
    return f"{report.name}: failed after {done} of {total} attempts ({report.seconds:.1f} s)"


def report_text(report: _Told, *, ladder: bool = True) -> str:
    """Write a report as text for a terminal. ladder: whether the drawing comes with it."""
    lines = [verdict(report)]
    if not report.passed:
        lines.append("failed after these steps:")
    for number, one in enumerate(report.attempts, 1):
        lines.append(f"  {_SIGNS[one.state]:<7}{number}. {one.title}")
    for name in ("expected", "happened", "hint"):
        if text := getattr(report, name):
            first, *more = text.splitlines()
            lines.append(f"{name + ':':<10}{first}")
            lines += [f"{'':<10}{line}" for line in more]
    if not report.passed and report.printed.strip():
        lines += ["your program printed:", *(f"  {line}" for line in _clipped(report.printed))]
    if ladder and report.ladder is not None:
        lines += ["what went over the network in this attempt:"]
        lines += [f"  {line}".rstrip() for line in report.ladder.text.splitlines()]
    return "\n".join(lines)


def report_html(report: _Told) -> str:
    """Write a report as one HTML element, without script and style sheet."""
    colour = _GREEN if report.passed else _RED
    sign = "✓" if report.passed else "✗"
    headline = f"{report.title}: {verdict(report).partition(': ')[2]}"
    parts = [
        f'<div style="border-left: 4px solid {colour}; padding: 2px 0 2px 12px">',
        f'<div style="color: {colour}; font-weight: bold">{sign} {escape(headline)}</div>',
        '<table style="border-collapse: collapse; margin: 6px 0">',
    ]
    for one in report.attempts:
        tone = _COLOURS[one.state]
        weight = "bold" if one.state == "failed" else "normal"
        parts.append(
            f'<tr style="background: none"><td style="color: {tone}; text-align: center;'
            f' padding: 1px 8px 1px 0">{_PICTURES[one.state]}</td>'
            f'<td style="text-align: left; padding: 1px 0; font-weight: {weight}">'
            f"{escape(one.title)}</td></tr>"
        )
    parts.append("</table>")
    rows = [
        f'<tr style="background: none"><td style="vertical-align: top; text-align: left;'
        f' padding: 1px 12px 1px 0; font-weight: bold">{name}</td>'
        f'<td style="text-align: left; padding: 1px 0; white-space: pre-wrap">'
        f"{_lines(text)}</td></tr>"
        for name in ("expected", "happened", "hint")
        if (text := getattr(report, name))
    ]
    if rows:
        parts.append(f'<table style="border-collapse: collapse">{"".join(rows)}</table>')
    if not report.passed and report.printed.strip():
        text = "<br/>".join(escape(line) for line in _clipped(report.printed))
        parts.append(
            '<div style="margin-top: 6px">your program printed</div>'
            f'<pre style="margin: 2px 0; padding: 4px 8px">{text}</pre>'
        )
    if report.ladder is not None:
        parts.append(
            '<div style="margin-top: 6px">what went over the network in this attempt</div>'
            f"{report.ladder.html}"
        )
    parts.append("</div>")
    return "\n".join(parts)


def reports_page(reports: "Iterable[tuple[str, _Told]]") -> str:
    """Write a page of reports. reports: each with whose it is, or "", before it."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/>',
        "<title>netsteps check</title></head>",
        '<body style="font-family: system-ui, sans-serif; max-width: 1000px; margin: 16px auto">',
    ]
    last = ""
    for who, report in reports:
        if who != last:
            parts.append(f"<h2>{escape(who)}</h2>")
            last = who
        parts.append(f"{report_html(report)}<br/>")
    parts.append("</body>\n</html>\n")
    return "\n".join(parts)


def _lines(text: str) -> str:
    return "<br/>".join(escape(line) for line in text.splitlines())


def _clipped(printed: str) -> list[str]:
    """Give what was printed, of much the beginning and the end."""
    lines = [line[:300] for line in printed.splitlines()]
    if len(lines) <= _LINES:
        return lines
    half = _LINES // 2
    return [*lines[:half], f"... {len(lines) - 2 * half:,} lines ...", *lines[-half:]]
