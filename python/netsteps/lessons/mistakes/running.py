"""Making a mistake: its programs run in processes of their own, and what came of them is read."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import netsteps as ns
from netsteps.show.drawing import Drawing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

__all__ = ["Program", "Ran"]

LIMIT = 15.0  # seconds that a program gets; those of the bank take less than one
_GRACE = 15.0  # for the start of the process, on a machine that has much to do


class Ran:
    """What came of a program.

    ended: "ended", "error", "waits" (for ever), "goes on" (for ever) or "took too long". error: the
    last line of the traceback. answers: what an error of netsteps says, by name. line: where it was
    raised, 0 for nowhere. waits: for each thread its name ("" is the main one) and its line.
    """

    def __init__(self, result: dict[str, Any], trace: "ns.Trace | None") -> None:
        self.ended: str = result["ended"]
        self.error: str = result["error"]
        self.answers: dict[str, str] = result["answers"]
        self.line: int = result["line"]
        self.output: str = result["output"]
        self.waits: list[tuple[str, int]] = [(name, line) for name, line in result["waits"]]
        self.drawings = [_drawing(view) for view in result["views"]]
        self.seconds: float = result["seconds"]
        self.trace = trace


def _drawing(view: dict[str, str]) -> Drawing:
    return Drawing(view.__getitem__, view["text"], view["alt"])


class Program:
    """A program that is running in a process of its own. In a with statement, which ends it.

    source: its text. file: the name that its lines have. recorded: whether its sockets are traced.
    netsteps: it is written with netsteps. views: what to draw of its names, as expressions.
    may_wait: one that waits for ever is looked for, and not only ended by the time limit.
    memory: the most bytes of address space, 0 for no limit. ordinary_user: not as root. limit: the
    most seconds that it gets.
    """

    def __init__(
        self,
        source: str,
        *,
        file: str,
        recorded: bool = True,
        netsteps: bool = False,
        views: "Sequence[str]" = (),
        may_wait: bool = False,
        memory: int = 0,
        ordinary_user: bool = False,
        limit: float = LIMIT,
    ) -> None:
        self._limit = limit
        self._room = TemporaryDirectory(prefix="netsteps-")
        self._folder = Path(self._room.name)
        job = {
            "source": source,
            "file": file,
            "recorded": recorded,
            "netsteps": netsteps,
            "views": list(views),
            "may_wait": may_wait,
            "memory": memory,
            "ordinary_user": ordinary_user,
            "limit": limit,
        }
        (self._folder / "job.json").write_text(json.dumps(job), "utf-8")
        environment = dict(os.environ)
        environment.pop("NETSTEPS_FAULTS", None)  # these have faults enough
        package = str(Path(ns.__file__).parent.parent)
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, (package, environment.get("PYTHONPATH")))
        )
        with (self._folder / "stderr").open("wb") as errors:
            # -P: a file called socket.py in the caller's folder is not meant.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", f"{__package__}.child", str(self._folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=environment,
            )

    def wait(self) -> Ran:
        """Wait until it has ended. Raises RuntimeError when it left no result."""
        try:
            self._process.wait(self._limit + _GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        result = self._folder / "result.json"
        if not result.exists():
            said = (self._folder / "stderr").read_text("utf-8", "replace")[-2000:]
            raise RuntimeError(f"the process of a mistake left no result: {said or 'no word'}")
        trace = self._folder / "trace.jsonl"
        return Ran(
            json.loads(result.read_text("utf-8")),
            ns.Trace.load(trace) if trace.exists() else None,
        )

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: BaseException | None,
        at: "TracebackType | None",
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._room.cleanup()
