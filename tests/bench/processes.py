"""The programs that are measured: started on one processor each, and ended by their ids.

A server tells its port on the first line. It ends when its input is closed (those in Python) or
with the process that started it (those in C), so that nothing is left even when this is killed.
"""

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO

from bench.machine import pinned, processors
from bench.measure import MeasureError, Missing

__all__ = ["Bench", "Program"]

HERE = Path(__file__).parent
PEERS = HERE.parent.parent / "target" / "bench"
# So many seconds longer than it is meant to a program may take before it is taken for hanging.
PATIENCE = 30.0

Command = Sequence[object]


def words(line: str) -> dict[str, float]:
    """Read "name value name value"."""
    parts = line.split()
    try:
        return {name: float(value) for name, value in zip(parts[::2], parts[1::2], strict=True)}
    except ValueError:
        raise MeasureError(f"a line that tells no figures: {line!r}") from None


class Program:
    """A running program, and what its first line told. patience: seconds for each of its lines."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", name: str, errors: IO[bytes], patience: float
    ) -> None:
        self._process = process
        self._errors = errors
        self._patience = patience
        self._came = b""
        self.name = name
        self.pid = process.pid
        self.told = self.figures()

    def figures(self) -> dict[str, float]:
        """Read the figures of its next line; it has to come, or the program has failed."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + self._patience
        while b"\n" not in self._came:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise MeasureError(f"{self.name} said nothing for {self._patience:.0f} s")
            more = os.read(self._process.stdout.fileno(), 4096)
            if not more:
                raise MeasureError(f"{self.name} ended: {self.complaint()}")
            self._came += more
        line, _, self._came = self._came.partition(b"\n")
        return words(line.decode())

    @property
    def port(self) -> int:
        """The port that it told."""
        return int(self.told["port"])

    def memory(self) -> float:
        """Give its resident memory in bytes (proc(5), VmRSS)."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return float(line.split()[1]) * 1024
        raise MeasureError(f"{self.name} has no memory: it has ended")

    def complaint(self) -> str:
        """Give the last line of its errors."""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")


class Bench:
    """What the cases measure with: programs, processors and the time for one measurement.

    seconds: for one measurement. load, server: the processors of those who ask and who answer.
    """

    def __init__(self, seconds: float = 1.0, peers: Path = PEERS) -> None:
        self.seconds = seconds
        self._peers = peers
        available = processors()
        self.load, self.server = available[0], available[-1]

    def peer(self, name: str, *arguments: object) -> list[object]:
        """Give the command of a program in C."""
        path = self._peers / name
        if not path.exists():
            raise MeasureError(f"{name} was not built: is there a C compiler?")
        return [path, *arguments]

    @staticmethod
    def program(name: str, *arguments: object) -> list[object]:
        """Give the command of a program in Python."""
        return [sys.executable, "-P", HERE / "programs" / f"{name}.py", *arguments]

    @contextmanager
    def started(self, command: Command, processor: int | None = None) -> Iterator[Program]:
        """Run a program until the block is left; without a processor it runs anywhere."""
        place = nullcontext() if processor is None else pinned(processor)
        with tempfile.TemporaryFile() as errors:
            with place:
                process = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    process_group=0,  # Ctrl-C is for us alone: we end what we have started
                    env=environment(),
                )
            try:
                yield Program(process, named(command), errors, self.seconds + PATIENCE)
            finally:
                process.kill()
                process.communicate()

    def serving(self, command: Command) -> AbstractContextManager[Program]:
        """Run a server on its processor until the block is left."""
        return self.started(command, self.server)

    def run(self, command: Command, processor: int | None = None) -> dict[str, float]:
        """Run a program to its end, and give its figures."""
        with self.started(command, processor) as program:
            if wrong := program.told.get("wrong"):
                raise MeasureError(f"{program.name}: {wrong:.0f} answers were wrong")
            return program.told


def named(command: Command) -> str:
    """Give a program's name without paths: "servers.py uvloop-lines"."""
    own = [word for word in command if word not in {sys.executable, "-P"}]
    return " ".join(Path(str(word)).name for word in own[:3])


def environment() -> dict[str, str]:
    """Give this process's environment, without what would make calls fail on purpose."""
    return {name: value for name, value in os.environ.items() if name != "NETSTEPS_FAULTS"}


def uvloop() -> Missing | None:
    """Say why there is no uvloop, or nothing."""
    from importlib.util import find_spec

    return None if find_spec("uvloop") else Missing("uvloop is not installed")
