"""Checks in the kernel of a notebook: answers of other cells, and the interrupt."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from notebook_runs import execute, outputs_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

pytestmark = pytest.mark.netsteps_keeps_sockets("nbclient's own, to the kernel")

LIBRARY = str(Path(__file__).parent)
IMPORTS = f"""\
import sys
sys.path.insert(0, {LIBRARY!r})
import socket
from lessons_fixtures import DOUBLE, ECHO
from netsteps.lessons.checking import examine
"""


def notebook(*cells: str) -> "NotebookNode":
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def test_an_answer_uses_what_other_cells_have_made_and_is_told_by_its_lines(
    quiet_machine: Path,
) -> None:
    made = execute(
        notebook(
            IMPORTS,
            "TWICE = 2\ndef helper(data):\n    return data * TWICE",
            "def answer(data):\n    if isinstance(data, str):\n        raise TypeError\n"
            "    return helper(data)\nexamine(DOUBLE, answer)",
            "def helper(data):\n    return data / TWICE\nexamine(DOUBLE, answer)",
            "connection = socket.socket()\ndef sends(data):\n    connection.send(data)\n"
            "report = examine(DOUBLE, sends)\nconnection.close()\nreport",
        ),
        quiet_machine,
    )
    right, wrong, outside = (output.data["text/plain"] for output in outputs_of(made))
    assert "passed, all 2 attempts" in right
    assert "it raised TypeError: unsupported operand" in wrong
    assert "in line 2 (helper): return data / TWICE" in wrong
    assert "called in line 4 (answer): return helper(data)" in wrong
    assert "it uses `connection`, a socket" in outside
    assert all("text/html" in output.data for output in outputs_of(made))


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts by a signal")
def test_an_interrupt_ends_a_check_and_the_kernel_goes_on(quiet_machine: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(Exception, match="KeyboardInterrupt"):
        execute(
            notebook(
                IMPORTS,
                "import dataclasses, os, signal, threading\n"
                "from netsteps.lessons.exercise import Attempt\n"
                "def answer(data):\n    while True:\n        pass\n"
                "threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
                "slow = Attempt('wait', lambda subject: subject.call(b'', timeout=100))\n"
                "examine(dataclasses.replace(DOUBLE, attempts=(slow,)), answer)",
            ),
            quiet_machine,
        )
    assert time.monotonic() - begin < 30.0
