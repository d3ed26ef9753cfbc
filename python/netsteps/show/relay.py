"""What a relay did: its report and its log, as they show themselves."""

from typing import TYPE_CHECKING, Protocol

from netsteps.show.passages import AnyPassage, Passages, log
from netsteps.show.relay_bars import Counts, bars
from netsteps.show.tables import html_table, text_table
from netsteps.show.units import Quantity, size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["log_table", "report_html", "report_text"]

COLUMNS = ("", "to target", "to client")
# What is always shown, and what only where it happened, with how it is called.
_ALWAYS = (("came", "came"), ("delivered", "delivered"))
_BEFELL = (
    ("passed", "passed"),
    ("late", "late"),
    ("reordered", "reordered"),
    ("doubled", "doubled"),
    ("corrupted", "corrupted"),
    ("lost", "lost"),
    ("too_big", "too big"),
    ("split", "split"),
    ("glued", "glued"),
    ("stalled", "stalled"),
    ("cut", "cut"),
    ("reset", "reset"),
    ("refused", "refused"),
    ("silent", "silent"),
    ("failed", "failed"),
)


class _Report(Protocol):
    @property
    def to_target(self) -> Counts: ...
    @property
    def to_client(self) -> Counts: ...
    @property
    def clients(self) -> int: ...
    @property
    def dropped(self) -> int: ...


def report_text(report: _Report) -> str:
    """Write the counts of both directions as a table in plain text, without a final newline."""
    return f"{text_table(COLUMNS, _rows(report))}\n{_below(report)}"


def report_html(report: _Report) -> str:
    """Draw the same for a notebook, with the table to unfold below."""
    table = html_table(COLUMNS, _rows(report), f"What a relay did ({_below(report)})")
    return bars(report, details=table).html


def log_table(passages: "Iterable[AnyPassage]", dropped: int) -> Passages[AnyPassage]:
    """Make the list of passages that shows itself. dropped: how many older ones are gone."""
    return log(passages, dropped)


def _rows(report: _Report) -> "Iterator[list[object]]":
    ways = (report.to_target, report.to_client)
    for name, title in _ALWAYS:
        yield [title, *(getattr(way, name) for way in ways)]
        sizes = (getattr(way, f"{name}_bytes") for way in ways)
        yield ["  bytes", *(Quantity(size, size_text(size)) for size in sizes)]
    for name, title in _BEFELL:
        counts = [getattr(way, name) for way in ways]
        if any(counts):
            yield [title, *counts]


def _below(report: _Report) -> str:
    clients = f"{report.clients} client{'' if report.clients == 1 else 's'}"
    if not report.dropped:
        return clients
    return f"{clients}, {report.dropped} passages no longer in the log"
