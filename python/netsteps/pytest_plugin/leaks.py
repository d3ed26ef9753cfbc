"""The check that a test leaves no socket open, with the line that opened it."""

import gc
import re
import sys
import time
import warnings
from typing import TYPE_CHECKING

from netsteps.pytest_plugin.openers import opener_of, unwatch, watch
from netsteps.pytest_plugin.sockets import describe, open_sockets

if TYPE_CHECKING:
    from typing import Self

GRACE = 1.0  # seconds in which the threads of servers that were stopped may end
_UNCLOSED = re.compile("unclosed <.*socket", re.IGNORECASE)
_NUMBER = re.compile(r"\b(?:fd|number)=(\d+)")


class LeakCheck:
    """Looks at the open sockets before a test and after it.

    Left open is what the kernel lists at the end and did not at the beginning. Forgotten is what
    only the garbage collector closed, plain or netsteps: it warns of each (ResourceWarning), which
    is caught here so that the test is told of, and not the one that happens to run.
    It works inside its `with` block. excused: set for a test that failed, whose traceback keeps
    what the test had open.
    """

    def __init__(self) -> None:
        self.excused = False
        self._allowed: set[str] = set()
        self._forgotten: list[str] = []
        self._warnings = warnings.catch_warnings()

    def __enter__(self) -> "Self":
        self._allowed = set(open_sockets())
        watch(self)
        self._warnings.__enter__()
        # A warning that is an error, in a place where nothing can be raised, goes to the hook.
        warnings.filterwarnings("error", _UNCLOSED.pattern, ResourceWarning)
        self._hook, sys.unraisablehook = sys.unraisablehook, self._unraisable
        return self

    def __exit__(self, *_exception: object) -> None:
        sys.unraisablehook = self._hook
        self._warnings.__exit__(None, None, None)
        unwatch(self)

    def _unraisable(self, unraisable: "sys.UnraisableHookArgs") -> None:
        error = unraisable.exc_value
        if not isinstance(error, ResourceWarning) or not _UNCLOSED.match(str(error)):
            self._hook(unraisable)
            return
        found = _NUMBER.search(str(error))
        text = str(error).removeprefix("unclosed ")
        self._forgotten.append(_told(text, int(found[1]) if found else None))

    def allow(self, names: set[str]) -> None:
        """Let these stay open: a fixture of a module or a session has opened them."""
        self._allowed |= names

    def complaint(self) -> str | None:
        """Say what was left open and what was forgotten, or None. Waits for servers' threads."""
        end = time.monotonic() + GRACE
        while left := self._left():
            gc.collect()
            if time.monotonic() > end:
                break
            time.sleep(0.01)
        parts = []
        if left:
            lines = [_told(describe(number), number) for number in sorted(left.values())]
            parts.append(f"the test left {_count(len(left))} open:\n" + "\n".join(lines))
            self._allowed |= left.keys()
        if self._forgotten:
            parts.append(
                f"the test forgot {_count(len(self._forgotten))}, closed only by the garbage "
                "collector:\n" + "\n".join(self._forgotten)
            )
            self._forgotten = []
        return "\n".join(parts) or None

    def _left(self) -> dict[str, int]:
        return {
            name: number for name, number in open_sockets().items() if name not in self._allowed
        }


def _count(number: int) -> str:
    return "a socket" if number == 1 else f"{number} sockets"


def _told(text: str, number: int | None) -> str:
    opener = None if number is None else opener_of(number)
    where = f"opened at {opener}" if opener else "not opened by Python code: a server's client, C"
    return f"  {text}\n      {where}"
