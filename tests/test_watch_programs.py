"""Programs of others, over netsteps.compat and under `netsteps trace`.

They work as before, and their ladders make sense.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

import netsteps as ns
from real_programs import PROGRAMS, Program

HERE = Path(__file__).parent
# What `netsteps trace` does, without a recording: the class alone.
OVER_THE_CLASS = """
import runpy, socket, ssl, sys
from netsteps import compat
for name in ("socket", "SocketType", "create_connection", "create_server", "socketpair"):
    setattr(socket, name, getattr(compat, name))
sys.argv[:] = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def lacks(program: Program) -> str:
    """Tell what is not installed."""
    modules = [f"Python's {name}" for name in program.modules if find_spec(name) is None]
    commands = [name for name in program.commands if shutil.which(name) is None]
    lacking = ", ".join(modules + commands)
    return lacking and f"{lacking}: see tests/packages.sh, and the extra `programs`"


ALL = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            bool(lacks(program)),
            reason=lacks(program),
        ),
    )
    for name, program in PROGRAMS.items()
]


# A kernel that is not ready after it has said so is left out: asyncio's own wake-up would be lost.
FAULTS = "read_max=1000,write_partial=0.5,seed=5"


def run(*words: str, faults: str = "") -> tuple[int, str, str]:
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        env={**os.environ, "PYTHONPATH": path, "NETSTEPS_FAULTS": faults},
    )
    return done.returncode, done.stdout, done.stderr


def test_there_are_at_least_thirty() -> None:
    assert len(PROGRAMS) >= 30


@pytest.mark.parametrize("name", ALL)
def test_a_program_works_as_before_and_its_ladder_makes_sense(name: str, tmp_path: Path) -> None:
    saved = str(tmp_path / "trace.jsonl")
    alone = run("-m", "real_programs", name)
    assert (alone[0], alone[2]) == (0, "")
    assert run("-c", OVER_THE_CLASS, "real_programs", name) == alone
    watched = ("-m", "netsteps", "trace", "--quiet", "--save", saved, "-m", "real_programs", name)
    assert run(*watched) == alone

    program, trace = PROGRAMS[name], ns.Trace.load(saved)
    over_the_internet = [event for event in trace.events if event.local or event.peer]
    if not program.shows and not over_the_internet:
        return  # a Unix socket
    for words in program.shows:
        assert any(event.preview.startswith(words) for event in trace.events), words
    failed = {event.step for event in trace.events if event.phase == "failed"}
    assert failed <= {*program.fails, *(("connect",) if program.one_sided else ())}
    if not program.one_sided:
        assert sent(trace) == received(trace)
    ladder = str(trace.ladder())
    if not program.one_sided:
        # Every connection is one arrow from end to end, and nobody is outside who is known.
        assert ("handshake" in ladder) == any(event.step == "accepted" for event in trace.events)
        assert ladder.count("outside") == ("connect" in program.fails), ladder


@pytest.mark.parametrize(
    "name", [name for name in ALL if not PROGRAMS[str(name.values[0])].sends_once]
)
def test_a_program_works_over_a_socket_that_does_a_part_of_it(name: str) -> None:
    alone = run("-m", "real_programs", name)
    assert run("-c", OVER_THE_CLASS, "real_programs", name, faults=FAULTS) == alone


def sent(trace: ns.Trace) -> "Counter[tuple[str, str]]":
    """Count the bytes that went, from where to where."""
    return moved(trace, {"send", "sendto", "sendmsg", "sendfile"})


def received(trace: ns.Trace) -> "Counter[tuple[str, str]]":
    """Count the bytes that came: from where to where they went."""
    came = moved(trace, {"recv", "recvfrom", "recvmsg"})
    return Counter({(peer, local): size for (local, peer), size in came.items()})


def moved(trace: ns.Trace, calls: set[str]) -> "Counter[tuple[str, str]]":
    count: Counter[tuple[str, str]] = Counter()
    for event in trace.events:
        if event.call in calls and event.kind == "tcp" and event.size:
            count[str(event.local), str(event.peer)] += event.size
    return count
