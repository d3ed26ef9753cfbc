"""Where every thread stands."""

import sys
import threading
import traceback

_MACHINERY = ("/_pytest/", "/pluggy/", "/xdist/", "/execnet/")
_BEGINS = ("_bootstrap", "_bootstrap_inner")  # of every thread of threading


def stacks(test: int | None = None, without: int | None = None) -> str:
    """Write the stack of each thread of Python, without pytest's own frames at its beginning.

    test: the number (ident) of the thread that runs the test. without: of one to leave out.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"thread {names.get(ident, ident)}{', the test' if ident == test else ''}:\n"
        + "".join(_lines(frame))
        for ident, frame in sys._current_frames().items()  # noqa: SLF001 - the only way to other threads
        if ident != without
    ).rstrip()


def _lines(frame: object) -> list[str]:
    summary = traceback.extract_stack(frame)  # type: ignore[arg-type] # a frame
    own = 0
    for place, entry in enumerate(summary):
        file = entry.filename.replace("\\", "/")
        if any(name in file for name in _MACHINERY) or (
            file.endswith("/threading.py") and entry.name in _BEGINS
        ):
            own = place + 1
    return traceback.StackSummary(summary[own:] or summary[-1:]).format()
