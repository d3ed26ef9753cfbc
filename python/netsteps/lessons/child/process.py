"""The caller's side: start a child, talk with it, and end it with everything that came of it."""

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from pickle import UnpicklingError
from struct import pack, unpack
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from netsteps.lessons.child import wire
from netsteps.lessons.child.leftovers import MARK, end_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

__all__ = ["Child", "Ended", "Limits", "can_have_hosts", "trace_of"]

_MIB = 1 << 20
_PIECE = 65536
_LEAVE = 6.0  # seconds for a keeper to end everything
_KEPT = 64 * 1024  # characters of each end of what was printed


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take. seconds: of its whole life; the sizes in bytes."""

    seconds: float = 60.0
    memory: int = 1024 * _MIB  # of all its processes together, looked at every 50 ms
    data: int = 4096 * _MIB  # of one process, held by the system (RLIMIT_DATA)
    output: int = 16 * _MIB  # what it may print
    file_size: int = 256 * _MIB  # of one file that it writes
    processes: int = 200


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended. code: its exit code, -N for the signal N; None where it cannot be run.

    limit: which limit ended it: "time", "memory", "output" or "processes"; or None. problem: why it
    cannot be run, or "".
    """

    code: int | None
    limit: str | None = None
    problem: str = ""


@dataclass
class _Printed:
    """What came on one stream: all of it up to a limit, then its beginning and its end."""

    most: int
    begin: bytearray = field(default_factory=bytearray)
    end: bytearray = field(default_factory=bytearray)
    size: int = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        room = self.most - len(self.begin)
        self.begin += data[:room]
        self.end = (self.end + data[room:])[-_KEPT:]

    def all(self) -> bytes:
        left_out = self.size - len(self.begin) - len(self.end)
        if not left_out:
            return bytes(self.begin + self.end)
        return bytes(self.begin) + b"\n... %d bytes are left out ...\n" % left_out + bytes(self.end)


class Child:
    """A function or a command in a process of its own. A context manager: its end ends the child.

    command: the words of a command, or None for a worker that waits for a function. environment:
    what is added to this process's. hosts: the path of a file that it finds as /etc/hosts (Linux,
    where can_have_hosts() is true). Raises OSError when no process can be started.
    """

    def __init__(
        self,
        command: "Sequence[str] | None" = None,
        *,
        limits: Limits | None = None,
        environment: "Mapping[str, str] | None" = None,
        folder: str | None = None,
        hosts: str | None = None,
    ) -> None:
        self.limits = limits = limits or Limits()
        self.changed = threading.Condition()
        self.pid: int | None = None
        self.ended: Ended | None = None
        self.broken = False  # what came on the channel is no message
        self._limit: str | None = None
        self._printed = {1: _Printed(4 * _MIB), 2: _Printed(_KEPT)}
        self._both = _Printed(_KEPT)
        self._replies: list[bytes] = []
        self._pids: list[int] | None = None
        self._over = False
        self._closed = False
        self._reading, self._writing = -1, -1
        self._mark = uuid4().hex
        plan: dict[str, Any] = {
            "seconds": limits.seconds,
            "memory": limits.memory,
            "data": limits.data,
            "output": limits.output,
            "file_size": limits.file_size,
            "processes": limits.processes,
            "environment": {
                **_environment(),
                "PYTHONUNBUFFERED": "1",
                **(environment or {}),
                MARK: self._mark,
            },
            "folder": folder,
            "hosts": hosts,
        }
        theirs: tuple[int, ...] = ()
        if command is not None:
            plan["command"] = [str(word) for word in command]
        else:
            theirs_in, self._writing = os.pipe()
            self._reading, theirs_out = os.pipe()
            theirs = (theirs_in, theirs_out)
            os.set_blocking(self._writing, False)
            plan |= {"channel": theirs, "path": sys.path}
        try:
            self._keeper = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__).with_name("keeper.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=theirs,
                env={**_environment(), MARK: self._mark},
                start_new_session=True,  # the terminal's Ctrl-C is for the caller alone
            )
        except BaseException:
            self._close_channel()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._orders, self._news = self._keeper.stdin, self._keeper.stdout
        self._thread = threading.Thread(target=self._listen, name="netsteps child", daemon=True)
        self._thread.start()
        try:
            self._order(json.dumps(plan).encode() + b"\n")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # What it says

    @property
    def output(self) -> str:
        """What it printed so far, on both streams."""
        with self.changed:
            return self._both.all().decode(errors="replace")

    @property
    def printed(self) -> bytes:
        """What it printed on its standard output so far."""
        with self.changed:
            return self._printed[1].all()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.ended is None

    def wait_for(self, true: "Callable[[], bool]", timeout: float) -> bool:
        """Wait until something about it is true. Ctrl-C ends the wait."""
        with self.changed:
            return self.changed.wait_for(true, timeout)

    def wait(self, timeout: float) -> Ended | None:
        """Wait for its end; None when it goes on."""
        self.wait_for(lambda: self.ended is not None, timeout)
        return self.ended

    def pids(self, timeout: float = 2.0) -> list[int]:
        """Give its processes: itself and all that came of it."""
        with self.changed:
            self._pids = None
        self._order(b"pids\n")
        self.wait_for(lambda: self._pids is not None or self._over, timeout)
        return pids if (pids := self._reported()) is not None else []

    def _reported(self) -> list[int] | None:
        return self._pids

    def send(self, order: "Mapping[str, object]", timeout: float) -> bool:
        """Send a message to the worker; false when it does not take it in time, or is over."""
        import pickle

        data = pickle.dumps(order, protocol=5)
        view = memoryview(pack("!I", len(data)) + data)
        end = monotonic() + timeout
        while view:
            try:
                view = view[os.write(self._writing, view) :]
            except BlockingIOError:
                if monotonic() >= end or not self.alive:
                    return False
                select.select([], [self._writing], [], 0.05)
            except OSError:
                return False
        return True

    def has_reply(self) -> bool:
        """Whether a message of the worker is there."""
        return bool(self._replies)

    def reply(self, timeout: float) -> object:
        """Give the next message of the worker, or None when none comes in time, or it is over."""
        self.wait_for(lambda: bool(self._replies) or self.ended is not None or self.broken, timeout)
        with self.changed:
            if not self._replies:
                return None
            data = self._replies.pop(0)
        try:
            return wire.taken(data)
        except UnpicklingError:
            self.broken = True
            return None

    # Its end

    def kill(self) -> None:
        """Begin to end it, and everything that came of it. Any thread may call this."""
        with suppress(OSError, ValueError):
            self._order(b"end\n")

    def close(self) -> None:
        """End it, and everything that came of it; nothing is left when this returns."""
        if self._closed:
            return
        self._closed = True
        self.kill()
        with suppress(OSError):
            self._orders.close()
        try:
            self._keeper.wait(_LEAVE)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        finally:
            if self._keeper.returncode:  # it was killed: its worker may have done it
                end_all(self._mark)
            if self._keeper.returncode is None:  # interrupted: the keeper goes on alone
                self._closed = False
            else:
                self._thread.join(_LEAVE)
                self._news.close()
                self._close_channel()

    def _close_channel(self) -> None:
        for descriptor in (self._reading, self._writing):
            if descriptor != -1:
                os.close(descriptor)
        self._reading, self._writing = -1, -1

    def _order(self, line: bytes) -> None:
        with suppress(BrokenPipeError):
            self._orders.write(line)
            self._orders.flush()

    # The thread that listens

    def _listen(self) -> None:
        news, channel = b"", bytearray()
        sources = [self._news.fileno()] + [self._reading] * (self._reading != -1)
        while sources:
            ready, _, _ = select.select(sources, [], [])
            for source in ready:
                data = os.read(source, _PIECE)
                if not data:
                    sources.remove(source)
                    if source != self._reading:
                        sources.clear()
                        break
                elif source == self._reading:
                    channel += data
                    self._take_replies(channel, sources)
                else:
                    *lines, news = (news + data).split(b"\n")
                    for line in lines:
                        self._take(json.loads(line))
        with self.changed:
            self._over = True
            if self.ended is None:
                self.ended = Ended(None, self._limit, "its keeper ended")
            self.changed.notify_all()

    def _take_replies(self, channel: bytearray, sources: list[int]) -> None:
        while len(channel) >= 4:
            (size,) = unpack("!I", channel[:4])
            if size > wire.LIMIT:
                sources.remove(self._reading)  # nobody reads the rest
                with self.changed:
                    self.broken = True
                    self.changed.notify_all()
                return
            if len(channel) < 4 + size:
                return
            with self.changed:
                self._replies.append(bytes(channel[4 : 4 + size]))
                self.changed.notify_all()
            del channel[: 4 + size]

    def _take(self, news: dict[str, Any]) -> None:
        with self.changed:
            match news:
                case {"output": str(text), "stream": int(stream)}:
                    data = text.encode("latin-1")
                    self._printed[stream].add(data)
                    self._both.add(data)
                case {"started": int(pid)}:
                    self.pid = pid
                case {"failed": str(problem)}:
                    self.ended = Ended(None, None, problem)
                case {"stopped": str(limit)}:
                    self._limit = limit
                case {"pids": list(pids)}:
                    self._pids = pids
                case {"ended": int(code)} if self.ended is None:
                    self.ended = Ended(code, self._limit)
            self.changed.notify_all()


def _environment() -> dict[str, str]:
    """Give this process's environment, without the faults that it is tested under itself."""
    return {name: value for name, value in os.environ.items() if name != "NETSTEPS_FAULTS"}


def trace_of(child: Child, timeout: float = 2.0) -> Any:  # noqa: ANN401 - a Trace or None
    """Give what a worker has recorded, as a Trace; None when it cannot tell any more."""
    import netsteps as ns

    if not child.alive:
        return None
    with tempfile.TemporaryDirectory(prefix="netsteps-") as folder:
        path = Path(folder) / "trace.jsonl"
        if not child.send({"do": "trace", "path": str(path)}, timeout):
            return None
        end = monotonic() + timeout
        while (left := end - monotonic()) > 0:
            reply = child.reply(left)
            if reply is None:
                return None
            if isinstance(reply, dict) and "saved" in reply:
                return ns.Trace.load(path) if reply["saved"] else None
    return None


@cache
def can_have_hosts() -> bool:
    """Tell whether a child can be given a hosts file of its own: it is tried once, with `true`."""
    if sys.platform != "linux":
        return False
    with tempfile.NamedTemporaryFile() as empty, Child(["true"], hosts=empty.name) as child:
        ended = child.wait(2.0)
    return ended is not None and ended.code == 0
