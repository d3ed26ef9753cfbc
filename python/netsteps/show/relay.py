"""What a relay did: its report and its log, as tables."""

from typing import TYPE_CHECKING, Protocol

from netsteps.show.listing import Table
from netsteps.show.tables import html_table, text_table
from netsteps.show.units import Quantity, size_text, time_text

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


class _Counts(Protocol):
    @property
    def came_bytes(self) -> int: ...
    @property
    def delivered_bytes(self) -> int: ...


class _Report(Protocol):
    @property
    def to_target(self) -> _Counts: ...
    @property
    def to_client(self) -> _Counts: ...
    @property
    def clients(self) -> int: ...
    @property
    def dropped(self) -> int: ...


class _Passage(Protocol):
    @property
    def time(self) -> float: ...
    @property
    def delay(self) -> float: ...
    @property
    def verdicts(self) -> tuple[str, ...]: ...


def report_text(report: _Report) -> str:
    """Write the counts of both directions as a table in plain text, without a final newline."""
    return f"{text_table(COLUMNS, _rows(report))}\n{_below(report)}"


def report_html(report: _Report) -> str:
    """Write the same for a notebook."""
    return html_table(COLUMNS, _rows(report), f"What a relay did ({_below(report)})")


def log_table(passages: "Iterable[_Passage]", dropped: int) -> Table[_Passage]:
    """Make the list of passages that shows itself as a table.

    dropped: how many older ones are gone.
    """
    note = f"{dropped} older ones were let go: log= keeps more" if dropped else None
    return Table(
        passages,
        columns={
            "time": lambda one: _time(one.time),
            "way": "way",
            "client": lambda one: str(getattr(one, "client", "")),
            "number": "number",
            "bytes": "size",
            "verdict": lambda one: " + ".join(one.verdicts),
            "rule": "rule",
            "held back": lambda one: _time(one.delay) if one.delay else None,
        },
        caption="What a relay did with each packet or chunk",
        note=note,
    )


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


def _time(seconds: float) -> Quantity:
    return Quantity(seconds, time_text(round(seconds * 1e9)))
