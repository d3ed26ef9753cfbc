"""Run CPython's own socket tests with another class in the place of socket.socket.

    python tests/conformance/run_cpython.py core optional
    python tests/conformance/run_cpython.py --socket socket:socket --save /tmp/standard.json core
    NETSTEPS_FAULTS=write_partial=0.5,read_block=0.3,write_block=0.3,seed=3 python ... core optional
    python tests/conformance/run_cpython.py --only 'Recvmsg*' --baseline /tmp/standard.json core

Each test class has a process of its own: the tests import modules that keep what they find. A test
that hangs or takes the interpreter with it is one that failed, and the class goes on after it.
The last line is "N passed, N failed". Exit status 1 for a failure that is not expected, 2 when
nothing was run.
"""

import argparse
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cpython_tests import NEVER, SUITES, Choice, may_fail

HERE = Path(__file__).parent
OUTCOMES = ("passed", "failed", "skipped")


class Child:
    """A process that runs tests, and what it tells."""

    def __init__(self, arguments: argparse.Namespace, todo: dict[str, Any], log: Path) -> None:
        self.patience = float(arguments.patience)
        self.read, write = os.pipe()
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
            "PYTHONWARNINGS": "ignore",
        }
        with log.open("ab") as told:
            self.process = subprocess.Popen(
                [sys.executable, HERE / "cpython_child.py", str(write), arguments.socket],
                stdin=subprocess.PIPE,
                stdout=told,
                stderr=told,
                pass_fds=[write],
                start_new_session=True,
                cwd=arguments.scratch,
                env=environment,
            )
        os.close(write)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(todo).encode())
        self.process.stdin.close()

    def events(self) -> Iterator[dict[str, Any]]:
        """Give what it tells, up to its end or to a silence ({"what": "hangs"})."""
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.read, selectors.EVENT_READ)
            while True:
                if not selector.select(self.patience):
                    yield {"what": "hangs"}
                    return
                data = os.read(self.read, 1 << 16)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                yield from map(json.loads, lines)

    def end(self) -> None:
        """End it and what it started: it leads a group of its own."""
        try:
            os.kill(self.process.pid, signal.SIGUSR2)  # tracebacks of every thread to the log
            if self.process.poll() is None:
                time.sleep(0.1)
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.read)


def tests_of(arguments: argparse.Namespace) -> dict[tuple[str, str], list[str]]:
    """List the tests of the suites that were asked for."""
    choice = Choice(arguments.suites)
    found: dict[tuple[str, str], list[str]] = {}
    child = Child(arguments, {"list": list(choice.patterns)}, arguments.scratch / "list.log")
    for event in child.events():
        if event["what"] == "missing":
            print(f"{event['module']} is not run: {event['words']}")
        if event["what"] != "test" or not choice.takes(event["module"], event["cls"]):
            continue
        name = f"{event['module']}.{event['cls']}.{event['name']}"
        if name not in NEVER and (not arguments.only or fnmatchcase(event["cls"], arguments.only)):
            found.setdefault((event["module"], event["cls"]), []).append(event["name"])
    child.end()
    return found


def run_class(
    arguments: argparse.Namespace, module: str, cls: str, names: list[str]
) -> tuple[dict[str, dict[str, Any]], Counter[str]]:
    """Run the tests of one class, in as many processes as it takes."""
    results: dict[str, dict[str, Any]] = {}
    made: Counter[str] = Counter()
    left = list(names)
    while left:
        todo = {"module": module, "class": cls, "names": left}
        child = Child(arguments, todo, arguments.scratch / f"{module}.{cls}.log")
        running, whole = "", False
        why = "the interpreter ended"
        for event in child.events():
            match event["what"]:
                case "begin":
                    running = event["name"]
                case "end":
                    results[event["name"]] = event
                    running = ""
                case "all":
                    whole = True
                    results |= {name: event for name in left if name not in results}
                case "over":
                    whole = True
                    made.update(event["made"])
                case "hangs":
                    why = f"no answer for {arguments.patience} s"
        child.end()
        left = [name for name in left if name not in results]
        if left and (running or not whole):
            lost = running or left[0]
            results[lost] = {"outcome": "failed", "words": why}
            left.remove(lost)
        elif left:
            results |= {name: {"outcome": "failed", "words": "it never ran"} for name in left}
            left = []
    return results, made


def report(
    arguments: argparse.Namespace, results: dict[str, dict[str, Any]], made: Counter[str]
) -> int:
    """Say what failed and was lost, and give the exit status."""
    counts = Counter(result["outcome"] for result in results.values())
    failed = [name for name, result in results.items() if result["outcome"] == "failed"]
    for name in failed:
        last = (results[name]["words"].strip().split("\n") or [""])[-1]
        print(f"failed: {name}: {last[:150]}")
    reached = sum(bool(r.get("calls")) for r in results.values() if r["outcome"] == "passed")
    print(f"{reached} of the tests that passed called the class")
    print("sockets made:", ", ".join(f"{count} {name}" for name, count in made.most_common()))
    if arguments.save:
        arguments.save.write_text(json.dumps(results, indent=0))
    lost = [name for name in failed if not may_fail(name)]
    if arguments.baseline:
        baseline = json.loads(arguments.baseline.read_text())
        passed = {name for name, result in baseline.items() if result["outcome"] == "passed"}
        lost = [
            name
            for name, result in results.items()
            if name in passed and result["outcome"] != "passed" and not may_fail(name)
        ]
        print(f"{len(lost)} tests pass there and not here: {', '.join(lost)}")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if lost else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("suites", nargs="*", metavar="suite", help=", ".join(SUITES))
    parser.add_argument("--socket", default="netsteps.compat:socket", help="module:Class")
    parser.add_argument("--only", help="a pattern of class names")
    parser.add_argument("--patience", type=float, default=60, help="seconds without a sign of life")
    parser.add_argument("--save", type=Path, help="a file for the results")
    parser.add_argument("--baseline", type=Path, help="results of another class to compare with")
    arguments = parser.parse_args()
    arguments.suites = arguments.suites or ["core"]
    if unknown := set(arguments.suites) - SUITES.keys():
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    arguments.scratch = Path(tempfile.mkdtemp(prefix="netsteps-cpython-"))
    found = tests_of(arguments)
    if not found:
        print(f"nothing to run; see {arguments.scratch}\n0 passed, 1 failed")
        return 2
    print(f"Python {sys.version.split()[0]}, {arguments.socket}; logs in {arguments.scratch}")
    results: dict[str, dict[str, Any]] = {}
    made: Counter[str] = Counter()
    for (module, cls), names in found.items():
        begun = time.monotonic()
        of_class, its_own = run_class(arguments, module, cls, names)
        counts = Counter(result["outcome"] for result in of_class.values())
        numbers = " ".join(f"{counts[outcome]:4} {outcome}" for outcome in OUTCOMES)
        print(f"{module}.{cls:50} {numbers} {time.monotonic() - begun:6.1f} s", flush=True)
        results |= {f"{module}.{cls}.{name}": result for name, result in of_class.items()}
        made += its_own
    return report(arguments, results, made)


if __name__ == "__main__":
    sys.exit(main())
