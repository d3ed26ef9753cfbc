"""The process that makes a mistake: python -m netsteps.lessons.mistakes.child FOLDER.

A mistake may hang, loop for ever or take all memory, so it is made here and not in the caller's
process. The folder holds job.json; result.json and trace.jsonl are what this process leaves there.
It ends by itself, whatever the program does: a thread watches it.
"""

import contextlib
import json
import linecache
import os
import sys
import threading
import time
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    import netsteps as ns

__all__ = ["main"]

# Of output: a program that writes more goes on for ever.
_MOST_LINES = 10
_MOST_LETTERS = 2_000
_POLL = 0.01  # seconds between two looks at the program
_STUCK = 30  # so many looks that saw no change mean that it waits for ever
_NOBODY = 65534


class _Output(StringIO):
    """What the program prints. One that prints too much is held there, and stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.full = threading.Event()

    def write(self, text: str) -> int:
        """Keep the text, and hold a thread that prints without end."""
        if self.getvalue().count("\n") >= _MOST_LINES or self.tell() >= _MOST_LETTERS:
            self.full.set()
            threading.Event().wait()  # the watching thread ends the process
        super().write(text[:_MOST_LETTERS])
        return len(text)


class _Run:
    """One program, and what is known of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.job: dict[str, Any] = json.loads((folder / "job.json").read_text("utf-8"))
        self.file: str = self.job["file"]
        self.output = _Output()
        self.lock = threading.Lock()
        self.trace: ns.Trace | None = None
        self.views: list[dict[str, str]] = []
        self.began = time.monotonic()

    def go(self) -> None:
        """Run the program, and leave what came of it."""
        source: str = self.job["source"]
        linecache.cache[self.file] = (len(source), None, source.splitlines(True), self.file)
        names: dict[str, Any] = {"__name__": "__main__"}
        code = compile(source, self.file, "exec")
        threading.excepthook = self._failed_thread
        threading.Thread(target=self._watch, daemon=True).start()
        error: BaseException | None = None
        with contextlib.redirect_stdout(self.output), self._recorded(), self._limits():
            try:
                exec(code, names)
            except BaseException as raised:  # noqa: BLE001 - it is what we want to see
                error = raised
        self._look(names, error)
        self._leave("ended" if error is None else "error", error)

    @contextlib.contextmanager
    def _recorded(self) -> "Iterator[None]":
        """Record the sockets: of netsteps, or of a program that does not know of it."""
        # An ordinary user may not be able to read root's Python.
        import socket  # noqa: F401

        if not self.job["recorded"]:
            yield
            return
        # What the program would load in the middle of its steps, and the picture show as a gap.
        import encodings.idna  # noqa: F401

        import netsteps as ns

        with ns.watch():
            pass
        self.trace = ns.Trace(lines=True)
        with self.trace if self.job["netsteps"] else ns.watch(self.trace):
            yield

    @contextlib.contextmanager
    def _limits(self) -> "Iterator[None]":
        """Be an ordinary user with the memory of a small machine, where the mistake is about it."""
        if memory := self.job["memory"]:
            with contextlib.suppress(ImportError, OSError, ValueError):
                import resource

                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        ordinary = self.job["ordinary_user"] and hasattr(os, "geteuid") and os.geteuid() == 0
        if ordinary:
            os.seteuid(_NOBODY)
        try:
            yield
        finally:
            if ordinary:
                os.seteuid(0)

    def _look(self, names: dict[str, Any], error: BaseException | None) -> None:
        """Draw what the job asks for, of the things that the program has made."""
        if not self.job["views"]:
            return
        from netsteps.lessons.mistakes import pictures

        found = {"error": error, "trace": self.trace, "pictures": pictures}
        for view in self.job["views"]:
            drawing = eval(view, names | found)
            self.views.append(
                {theme: drawing.themed(theme).svg for theme in ("light", "dark")}
                | {"text": drawing.text, "alt": drawing.alt}
            )

    def _failed_thread(self, failed: threading.ExceptHookArgs) -> None:
        """Print what ended a thread of the program, as Python does on the error output."""
        name = failed.thread.name if failed.thread else "a thread"
        said = "" if failed.exc_value is None else _told(failed.exc_value)
        self.output.write(f"Exception in thread {name}: {said}\n")

    # The watching thread

    def _watch(self) -> None:
        """End the process when the program waits for ever, prints for ever, or takes too long."""
        seen: object = None
        unchanged, worked = 0, 0.0
        end = self.began + self.job["limit"]
        while time.monotonic() < end:
            if self.output.full.wait(_POLL):
                self._leave("goes on")
            now, before, worked = self._places(), worked, time.process_time()
            # A thread that computes is seen at the same place, too: where it lets others look.
            idle = worked - before < _POLL / 2
            unchanged = unchanged + 1 if idle and now == seen else 0
            seen = now
            if unchanged >= _STUCK and self.job["may_wait"] and now:
                self._leave("waits")
        self._leave("took too long")

    def _places(self) -> list[tuple[str, int, int]]:
        """Where each thread of the program is: its name, the line, the innermost instruction."""
        threads = {thread.ident: thread.name for thread in threading.enumerate()}
        places = []
        for ident, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way
            line = self._line(frame)
            if line:
                name = threads.get(ident, "")
                places.append(("" if name == "MainThread" else name, line, frame.f_lasti))
        return sorted(places)

    def _line(self, frame: "FrameType | None") -> int:
        """Give the innermost line of the program in this stack, or 0."""
        while frame is not None and frame.f_code.co_filename != self.file:
            frame = frame.f_back
        return 0 if frame is None else frame.f_lineno

    # The result

    def _leave(self, ended: str, error: BaseException | None = None) -> None:
        """Write what came of it, and end the process at once with all that it has open."""
        with self.lock:
            places = self._places()
            result = {
                "ended": ended,
                "error": "" if error is None else _told(error),
                "answers": _answers(error),
                "line": _line_of(error, self.file),
                "output": self.output.getvalue(),
                "waits": [place[:2] for place in places] if ended in {"waits", "goes on"} else [],
                "views": self.views,
                "seconds": time.monotonic() - self.began,
            }
            if self.trace is not None:
                self.trace.stop()
                self.trace.save(self.folder / "trace.jsonl")
            (self.folder / "result.json").write_text(json.dumps(result), "utf-8")
            os._exit(0)


def _told(error: BaseException) -> str:
    """Write the last line of the traceback, with the class that the standard library raises."""
    kind = type(error)
    for base in kind.__mro__:
        if not base.__module__.startswith("netsteps"):
            kind = base
            break
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    text = str(error)
    return f"{module}{kind.__qualname__}" + (f": {text}" if text else "")


def _answers(error: BaseException | None) -> dict[str, str]:
    """Give what an error of netsteps says: its class, the step, the address, why, what to try."""
    if not hasattr(error, "remedy"):
        return {}
    told = {"error": f"netsteps.{type(error).__name__}"}
    for name, of in (
        ("step", "step"),
        ("missing", "missing"),
        ("address", "endpoint"),
        ("cause", "cause"),
        ("remedy", "remedy"),
    ):
        if value := getattr(error, of, None):
            told[name] = str(value)
    return told


def _line_of(error: BaseException | None, file: str) -> int:
    """Give the line of the program that raised the error, or 0."""
    line = 0
    at = None if error is None else error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == file:
            line = at.tb_lineno
        at = at.tb_next
    return line


def main() -> None:
    """Do the job of the folder that the command line names."""
    _Run(Path(sys.argv[1])).go()


if __name__ == "__main__":
    main()
