"""Thirty students run lesson 4 at the same time, on one machine: make class-test.

Left out of a plain test run: thirty kernels keep two cores busy for about a minute.
"""

import os
import sys
import time
from pathlib import Path

import pytest

from notebook_runs import (
    NOTEBOOKS,
    checks_of,
    execute_together,
    load_build,
    names_of_lesson,
    outputs_of,
)

pytestmark = [
    pytest.mark.classroom,
    pytest.mark.timeout(1800),
    pytest.mark.netsteps_keeps_sockets("nbclient's own, to the kernels"),
]

SOURCE = NOTEBOOKS / "source" / "04_connect_two_computers.py"
STUDENTS = int(os.environ.get("STUDENTS", "30"))


def test_thirty_copies_of_lesson_4_run_at_once_and_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = load_build()
    copies = [
        build.notebook_of(SOURCE.read_text(encoding="utf-8"), solutions=True)
        for _ in range(STUDENTS)
    ]
    begin = time.monotonic()
    done = execute_together(copies, tmp_path, at_once=STUDENTS)
    with capsys.disabled():
        sys.stdout.write(f"\n{STUDENTS} copies in {time.monotonic() - begin:.0f} s\n")
    for notebook in done:
        bad = [
            output
            for output in outputs_of(notebook)
            if output.output_type == "error" or output.get("name") == "stderr"
        ]
        assert bad == []
        checks = checks_of(notebook)
        assert sorted(checks) == sorted(names_of_lesson(4))
        failed = [report for name, report in checks.items() if f"{name}: passed" not in report]
        assert failed == []
