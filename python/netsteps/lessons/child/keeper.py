"""The keeper: starts the worker, holds its limits, and ends it with all that came of it.

It runs as a script of its own, `python -P keeper.py`, and imports the standard library alone. Its
input is one line, what to run (a JSON object, see Plan in process.py), and then one word a line:
"pids" asks for the processes, "end" ends everything, and so does the end of the input, which is
also what a killed caller leaves. Its output is one JSON object a line:

    {"started": pid}                     the worker runs
    {"failed": text}                     the command cannot be run
    {"output": text, "stream": 1|2}      what it printed, as latin-1
    {"pids": [...]}                      the processes that came of it
    {"ended": code}                      the worker is over: its code, or -N for the signal N
    {"stopped": reason}                  a limit ended it: "time", "memory", "output", "processes"

The worker is the leader of a process group, so that one kill(2) reaches the group. What has left
the group is found because orphans come back to the keeper (prctl(2), PR_SET_CHILD_SUBREAPER).
"""

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

TICK = 0.05  # seconds between two looks at memory and processes
PIECE = 65536
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110 - not in every kernel
GIVE_UP = 5.0  # seconds for killed processes to go


def prctl(option: int, value: int) -> None:
    """Set something of this process (prctl(2)); elsewhere than on Linux nothing."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def own_hosts(path: str) -> None:
    """Let this process find another file as /etc/hosts, in a mount namespace of its own.

    An ordinary user gets one together with a user namespace, where the system permits it
    (unshare(2), mount(2), user_namespaces(7)). Raises OSError where it does not.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *arguments: object) -> None:
        if getattr(libc, name)(*arguments):
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")

    users = {"uid": os.getuid(), "gid": os.getgid()}
    try:
        call("unshare", CLONE_NEWNS)
    except OSError:
        call("unshare", CLONE_NEWNS | CLONE_NEWUSER)
        with contextlib.suppress(OSError), open("/proc/self/setgroups", "w") as file:  # noqa: PTH123
            file.write("deny")
        for name, number in users.items():
            with open(f"/proc/self/{name}_map", "w") as file:  # noqa: PTH123
                file.write(f"{number} {number} 1")
    call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    call("mount", path.encode(), b"/etc/hosts", None, MS_BIND, None)


def descendants() -> list[int]:
    """Give the processes that came of this one and live. Elsewhere than on Linux: none."""
    found: list[int] = []
    todo = [os.getpid()]
    while todo:
        for pid in children_of(todo.pop()):
            todo.append(pid)
            if not is_over(pid):
                found.append(pid)
    return found


def children_of(pid: int) -> list[int]:
    """Give the children of a process, those that nobody has waited for too (proc(5))."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib takes long to load
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123
                found += map(int, file.read().split())
    except FileNotFoundError:
        if not CHILDREN:
            return [one for one in everybody() if parent_of(one) == pid]
    except OSError:
        pass
    return found


def everybody() -> list[int]:
    """Give the processes of the machine."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return []


def fields_of(pid: int) -> list[bytes]:
    """Give what the kernel says of a process, from its state on; [] when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def parent_of(pid: int) -> int:
    """Give the parent of a process; 0 when there is none."""
    fields = fields_of(pid)
    return int(fields[1]) if len(fields) > 1 else 0


def is_over(pid: int) -> bool:
    """Say whether a process has ended, and is only waited for."""
    return fields_of(pid)[:1] in ([], [b"Z"], [b"X"])


def shared_memory_of(pids: list[int]) -> int:
    """Give the same with what forked processes still share counted once, which takes longer."""
    kilobytes = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
                lines = file.read().split(b"\n")
            kilobytes += sum(int(one.split()[1]) for one in lines if one.startswith(b"Pss_Anon:"))
        except (OSError, ValueError, IndexError):
            continue
    return kilobytes * 1024


def memory_of(pids: list[int]) -> int:
    """Give the bytes of memory that the processes hold, each for itself."""
    pages = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
                resident, shared = file.read().split()[1:3]
            pages += int(resident) - int(shared)
        except (OSError, ValueError):
            continue
    return pages * resource.getpagesize()


class Keeper:
    """One worker: its pipes, its limits, and its end."""

    def __init__(self, plan: dict[str, Any], said: int) -> None:
        self.plan = plan
        self.said = said
        self.worker = 0
        self.alive = False
        self.printed = 0
        self.stopped = False
        self.outputs: dict[int, int] = {}  # descriptor: stream
        self.asked = b""

    def tell(self, **what: object) -> None:
        """Write one line to the caller. When nobody reads it, everything ends."""
        data = json.dumps(what).encode() + b"\n"
        while data:
            data = data[os.write(self.said, data) :]

    def start(self) -> None:
        """Fork the worker and set its limits. A command that cannot be run is told."""
        pipes = [os.pipe() for _ in range(2)]
        status, told = os.pipe()
        parent = os.getpid()
        self.worker = os.fork()
        if not self.worker:
            try:
                os.close(status)
                self._become(pipes, parent, told)
            except BaseException as error:  # noqa: BLE001 - told to the caller
                with contextlib.suppress(OSError):
                    os.write(told, str(getattr(error, "strerror", None) or error).encode())
            finally:
                os._exit(127)
        os.close(told)
        for descriptor in self.plan.get("channel", ()):
            os.close(descriptor)
        for stream, (reading, writing) in enumerate(pipes, 1):
            os.close(writing)
            os.set_blocking(reading, False)
            self.outputs[reading] = stream
        with contextlib.suppress(OSError):
            os.setpgid(self.worker, self.worker)  # both do it: whoever comes first
        problem = os.read(status, 4096)  # closed by exec, or by the worker
        os.close(status)
        self.alive = True
        if problem:
            self.tell(failed=problem.decode(errors="replace"))
        else:
            self.tell(started=self.worker)

    def _become(self, pipes: list[tuple[int, int]], parent: int, told: int) -> None:
        """In the forked process: be the worker. Does not return."""
        os.setpgid(0, 0)
        if hosts := self.plan.get("hosts"):
            own_hosts(hosts)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(127)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(pipes[0][1], 1)
        os.dup2(pipes[1][1], 2)
        for descriptor in (nothing, self.said, *pipes[0], *pipes[1]):
            os.close(descriptor)
        limit("RLIMIT_CORE", 0)
        limit("RLIMIT_FSIZE", self.plan["file_size"])
        limit("RLIMIT_DATA", self.plan["data"])
        if folder := self.plan.get("folder"):
            os.chdir(folder)
        if command := self.plan.get("command"):
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.execvpe(command[0], command, self.plan["environment"])
        os.environ.clear()
        os.environ.update(self.plan["environment"])
        sys.path[:] = self.plan["path"]
        # New ones: those of the keeper know what their descriptors were before.
        for number, name in ((1, "stdout"), (2, "stderr")):
            stream = open(  # noqa: SIM115 - as long as the process
                number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
            )
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        from netsteps.lessons.child.worker import main

        os.close(told)
        os._exit(main(*self.plan["channel"]))

    def run(self) -> None:
        """Go on until the caller has enough."""
        end = time.monotonic() + self.plan["seconds"]
        look = 0.0
        while True:
            now = time.monotonic()
            if now >= end and not self.stopped:
                self.stop("time")
            if now >= look and not self.stopped:
                self.look()
                look = now + TICK
            ready, _, _ = select.select([0, *self.outputs], [], [], TICK)
            for descriptor in ready:
                if descriptor:
                    self.take_output(descriptor)
                elif not self.obey():
                    return
            self.reap()

    def look(self) -> None:
        """Hold the limits of memory and processes."""
        pids = descendants()
        if len(pids) > self.plan["processes"]:
            self.stop("processes")
        elif memory_of(pids) > self.plan["memory"] and shared_memory_of(pids) > self.plan["memory"]:
            self.stop("memory")

    def stop(self, reason: str) -> None:
        """End everything because of a limit."""
        self.stopped = True
        self.tell(stopped=reason)
        self.kill()

    def take_output(self, descriptor: int) -> None:
        """Hand on what was printed, up to the limit."""
        try:
            data = os.read(descriptor, PIECE)
        except BlockingIOError:
            return
        if not data:
            os.close(descriptor)
            del self.outputs[descriptor]
            return
        if self.stopped:
            return
        self.printed += len(data)
        self.tell(output=data.decode("latin-1"), stream=self.outputs[descriptor])
        if self.printed > self.plan["output"]:
            self.stop("output")

    def obey(self) -> bool:
        """Read what the caller asks for; false at the end."""
        data = os.read(0, PIECE)
        *words, self.asked = (self.asked + data).split(b"\n")
        if not data or b"end" in words:
            return False
        if b"pids" in words:
            self.tell(pids=descendants() or ([self.worker] if self.alive else []))
        return True

    def reap(self) -> None:
        """Take the children that are over, orphans too; tell when the worker is one of them."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid == self.worker and self.alive:
                    self.alive = False
                    for descriptor in list(self.outputs):
                        self.drain(descriptor)
                    self.tell(ended=os.waitstatus_to_exitcode(status))

    def drain(self, descriptor: int) -> None:
        """Take what the worker had printed when it ended."""
        while descriptor in self.outputs and not self.stopped:
            if not select.select([descriptor], [], [], 0)[0]:
                return
            self.take_output(descriptor)

    def kill(self) -> None:
        """Kill the group, then whatever has left it, until nothing is there."""
        end = time.monotonic() + GIVE_UP
        while time.monotonic() < end:
            if self.worker:
                # The group first: one call that no fork in it can outrun.
                with contextlib.suppress(OSError):
                    os.killpg(self.worker, signal.SIGKILL)
            left = descendants()
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.reap()
            if not left and not self.alive:
                return
            time.sleep(0.001)


def limit(name: str, most: int) -> None:
    """Set a limit of the system, never above the one that is there (setrlimit(2))."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(kind, (most, most))


def main() -> int:
    """Run the plan of the first line, and leave nothing behind."""
    # What a worker prints must not be mistaken for our words: those get a descriptor of their own.
    said = os.dup(1)
    os.dup2(2, 1)
    plan = json.loads(read_line())
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    keeper = Keeper(plan, said)
    try:
        keeper.start()
        keeper.run()
    except BrokenPipeError:
        return 1
    finally:
        keeper.stopped = True
        with contextlib.suppress(BrokenPipeError):
            keeper.kill()
    return 0


def read_line() -> bytes:
    """Read the first line, and nothing of what follows."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return bytes(line)


if __name__ == "__main__":
    sys.exit(main())
