"""How far a check is: a bar on the error output, and only in a terminal."""

import sys
from typing import TYPE_CHECKING

from netsteps.show.tables import printable

if TYPE_CHECKING:
    from typing import Self

    from rich.progress import Progress

__all__ = ["Steps"]

_LONG = 60  # characters of a title


class Steps:
    """A bar of so many attempts. A context manager; it is gone when the checks are over."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done, self._before = 0, ""
        self._bar: Progress | None = None

    def __enter__(self) -> "Self":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            self._bar = Progress(
                BarColumn(20),
                MofNCompleteColumn(),
                TextColumn("{task.description}", markup=False),
                console=Console(file=sys.stderr),
                transient=True,
            )
            self._bar.add_task("", total=self._total)
            self._bar.start()
        return self

    def begin(self, done: int, before: str) -> None:
        """Begin with another check: how many attempts are behind us, and what titles begin with."""
        self._done, self._before = done, before

    def at(self, number: int, title: str) -> None:
        """Tell which attempt runs now, counted from 0."""
        if self._bar is not None:
            title = printable(self._before + title)[:_LONG]
            done = self._done + number
            self._bar.update(self._bar.task_ids[0], completed=done, description=title)

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __exit__(self, *exception: object) -> None:
        self.stop()
