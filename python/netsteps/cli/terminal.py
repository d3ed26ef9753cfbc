"""What every command does with its output: tables, JSON, errors, a progress bar.

Output in a terminal is made with rich, and is plain text everywhere else. What comes from outside
is escaped in both.
"""

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

from netsteps.show.tables import printable, text_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.progress import Progress as Bar

    from netsteps.show import Table

__all__ = ["Progress", "complain", "say", "show_table", "warn"]

# A transfer that is over before needs no bar.
_QUICK = 0.5
# Cells of a piped table are clipped only when something is very wrong with them.
_WIDTH = 500
# The most rows in a terminal: of more, the first and the last. Elsewhere each row is there.
_ROWS = 500


def say(text: str) -> None:
    """Print a line at once, as scripts need that wait for it."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print a line on the error output."""
    print(f"netsteps: {text}", file=sys.stderr, flush=True)


def complain(error: OSError) -> int:
    """Print an error with its answers on the error output, and return the exit code for it."""
    from netsteps import BadArgument, BadHost, BadPayload, BadPort, SocketError

    if not isinstance(error, SocketError):
        about = "" if error.filename is None else f"{error.filename}: "
        warn(printable(f"{about}{error.strerror or error}"))
        return 1
    at = f" {error.endpoint}" if error.endpoint else ""
    warn(printable(f"{error.step}{at}: {error.cause}"))
    if error.remedy:
        print(f"  try: {printable(error.remedy)}", file=sys.stderr, flush=True)
    return 2 if isinstance(error, BadArgument | BadHost | BadPayload | BadPort) else 1


def show_table(
    table: "Table[Any]", objects: "Sequence[Mapping[str, object]]", *, as_json: bool
) -> None:
    """Print a table: as rich's in a terminal, as plain text elsewhere, or as JSON.

    objects: for JSON, one for each row, with the full names and without a unit for people.
    """
    if as_json:
        say(json.dumps(list(objects), indent=2))
        if table.note:
            warn(f"note: {table.note}")
        return
    if sys.stdout.isatty():
        _show_rich(table)
    else:
        say(text_table(list(table.columns), table.cells(), width=_WIDTH))
    if table.note:
        say(f"note: {table.note}")


def _show_rich(table: "Table[Any]") -> None:
    """Print a table that fits the terminal: long cells go on in the next line."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    rows = list(table.cells())
    shown = RichTable(box=box.SIMPLE_HEAD, title=printable(table.caption), title_justify="left")
    for at, title in enumerate(table.columns):
        cells = [row[at] for row in rows if row[at] is not None]
        number = bool(cells) and all(type(cell) is not bool and _number(cell) for cell in cells)
        shown.add_column(title, justify="right" if number else "left", overflow="fold")
    half = _ROWS // 2
    for row in rows[:half] if len(rows) > _ROWS else rows:
        shown.add_row(*(Text(printable(cell)) for cell in row))
    if len(rows) > _ROWS:
        shown.add_row("...")
        for row in rows[-half:]:
            shown.add_row(*(Text(printable(cell)) for cell in row))
    Console(file=sys.stdout).print(shown)
    if len(rows) > _ROWS:
        say(f"note: {len(rows) - _ROWS:,} rows in the middle left out; `| less` has them all")


def _number(cell: object) -> bool:
    return isinstance(cell, int | float)


class Progress:
    """A progress bar on the error output, for transfers that last, and only on a terminal.

    what: what is on its way, in words. total: its bytes, or None where nobody knows. Any thread may
    call any method.
    """

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._bar: Bar | None = None
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Show the bar as soon as the transfer is no quick one, also when nothing moves."""
        if sys.stderr.isatty():
            self._timer = threading.Timer(_QUICK, self._show)
            self._timer.daemon = True
            self._timer.start()

    def update(self, done: int) -> None:
        """Tell how many bytes are done."""
        with self._lock:
            self._done = done
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], completed=done)

    def stop(self) -> None:
        """Leave the bar as it stands. It does not come back."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def _show(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._bar = self._started()

    def _started(self) -> "Bar":
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Bar

        bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
        )
        bar.add_task(printable(self._what), total=self._total, completed=self._done)
        bar.start()
        return bar
