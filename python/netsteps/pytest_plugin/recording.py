"""What is recorded of one test, and what its report shows of it."""

import sys
import threading
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from netsteps.pytest_plugin.artifacts import write
from netsteps.pytest_plugin.openers import opener_of
from netsteps.pytest_plugin.sockets import describe, open_sockets
from netsteps.pytest_plugin.stacks import stacks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEPS = 100  # drawn in the report; of more, what is alike is folded and counted
MEMORY = 64 * 1024 * 1024  # bytes for the events of one test


class Recording:
    """One test: its trace, and the sections that its report gets when it fails.

    test: the node id. folder: for the artifacts, or None.
    """

    def __init__(self, test: str, folder: "Path | None") -> None:
        self._test = test
        self._folder = folder
        self._sections: list[tuple[str, str]] = []
        self._notes: list[tuple[str, Callable[[], str]]] = []
        self._expected: list[Callable[[], None]] = []
        self._drawn = False
        self.failed = False
        # A capture file is of use with all bytes; for the ladder the first are enough.
        self.trace = ns.Trace(preview=65535 if folder else 32, lines=True, memory=MEMORY)

    def note(self, title: str, text: "Callable[[], str]") -> None:
        """Have something else in the report of a failure: what a server or a relay has to say."""
        self._notes.append((title, text))

    def expect(self, check: "Callable[[], None]") -> None:
        """Have something checked when the test function has ended well: what it raises fails it."""
        self._expected.append(check)

    def meet(self) -> None:
        """Check what was expected, once, unless the test has failed anyway."""
        __tracebackhide__ = True
        while self._expected:
            check = self._expected.pop(0)
            if not self.failed:
                check()

    def time_over(self, thread: int) -> None:
        """Note where everything stands. thread: that of the test, which is not this one."""
        text = stacks(thread, without=threading.get_ident())
        self._sections.append(("where every thread stood", text))
        self._sections.append(("open sockets", _never_raising(_open_sockets) or "none"))
        if self.trace.events:
            self._drawn = True
            self._sections.append(("ladder, when the time was over", _never_raising(self._ladder)))

    def sections(self) -> list[tuple[str, str]]:
        """Give the sections for the report of a failure: titles and texts. Each is given once."""
        given = [*self._sections]
        self._sections = []
        for title, text in self._notes:
            given.append((title, _never_raising(text)))
        self._notes = []
        if self.trace.events:
            if not self._drawn:
                given.append(("ladder", _never_raising(self._ladder)))
                self._drawn = True
            if self._folder is not None:
                given.append(("artifacts", _never_raising(self._write)))
        return [(f"netsteps: {title}", text) for title, text in given if text]

    def _ladder(self) -> str:
        text = str(self.trace.ladder(limit=STEPS, ascii=not _unicode()))
        dropped = self.trace.dropped
        return text + (f"\n({dropped} earlier events were let go)" if dropped else "")

    def _write(self) -> str:
        assert self._folder is not None
        return "\n".join(map(str, write(self.trace, self._folder, self._test)))


RECORDING = pytest.StashKey[Recording]()


def _open_sockets() -> str:
    lines = []
    for number in sorted(open_sockets().values()):
        opener = opener_of(number)
        lines.append(describe(number) + (f", opened at {opener}" if opener else ""))
    return "\n".join(lines)


def _never_raising(text: "Callable[[], str]") -> str:
    """Give the text, or why there is none: a report must not fail for what is added to it."""
    try:
        return text()
    except Exception as error:  # noqa: BLE001 - told in its place
        return f"not available: {type(error).__name__}: {error}"


def _unicode() -> bool:
    encoding = getattr(sys.__stdout__, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")
