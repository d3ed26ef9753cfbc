"""`import netsteps` is quick, and loads nothing that only some functions need."""

import os
import subprocess
import sys
from time import perf_counter

LIMIT = 0.025  # seconds over the start of a bare interpreter
ROUNDS = 9
HEAVY = ("psutil", "rich", "asyncio", "IPython", "numpy")

# Settings that would make every start slow, or time something else.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME", "PYTHONDEVMODE"}
}


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=ENVIRONMENT
    ).stdout


def seconds(code: str) -> float:
    begin = perf_counter()
    run(code)
    return perf_counter() - begin


def test_import_costs_at_most_25_ms_over_a_bare_interpreter() -> None:
    run("import netsteps")  # compiles the bytecode and warms the disk cache
    # Bare and with the import in turn, so that a change in load meets both. Load only ever adds to
    # a time: the quickest of each is the nearest to what the start itself costs.
    times = [(seconds("pass"), seconds("import netsteps")) for _ in range(ROUNDS)]
    bare = min(bare for bare, _ in times)
    loaded = min(loaded for _, loaded in times)
    assert loaded - bare <= LIMIT, f"{(loaded - bare) * 1000:.1f} ms over {bare * 1000:.1f} ms"


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, netsteps; print(*(set({HEAVY!r}) & set(sys.modules)))"
    assert run(code).split() == []
