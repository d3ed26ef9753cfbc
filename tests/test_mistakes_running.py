"""The process that makes a mistake is bounded: in time, in output, and in what is left of it."""

import _thread
import os
import tempfile
import threading
from pathlib import Path

import pytest

from helpers import PATIENCE, until
from netsteps.lessons.mistakes.running import Program, Ran


def run(source: str, **more: object) -> Ran:
    with Program(source, file="wrong.py", **more) as program:  # type: ignore[arg-type]
        return program.wait()


def test_an_error_is_told_with_its_line_and_the_output_before_it() -> None:
    ran = run("print('one')\n\nraise ValueError('no')\n", recorded=False)
    assert (ran.ended, ran.error, ran.line) == ("error", "ValueError: no", 3)
    assert ran.output == "one\n"


def test_an_error_of_netsteps_is_told_as_the_standard_one_with_its_answers() -> None:
    ran = run(
        "import socket\nsilent = socket.socket()\nsilent.bind(('127.0.0.1', 0))\n"
        "socket.socket().connect(silent.getsockname())\n"
    )
    assert ran.error.startswith("ConnectionRefusedError: [Errno ")
    assert ran.answers["error"] == "netsteps.Refused"
    assert "nobody listens on TCP port" in ran.answers["cause"]


def test_a_module_is_named_as_python_names_it() -> None:
    ran = run("import socket\nraise socket.gaierror(-2, 'x')\n", recorded=False)
    assert ran.error == "socket.gaierror: [Errno -2] x"


def test_one_that_takes_too_long_is_ended() -> None:
    ran = run("while True:\n    pass\n", recorded=False, limit=0.3)
    assert (ran.ended, ran.output) == ("took too long", "")


def test_one_that_computes_is_not_taken_for_one_that_waits() -> None:
    source = "import time\nwhile time.process_time() < 1.0:\n    pass\nprint('done')\n"
    ran = run(source, recorded=False, may_wait=True, limit=PATIENCE)
    assert (ran.ended, ran.output) == ("ended", "done\n")


def test_one_that_prints_without_end_is_ended() -> None:
    ran = run("while True:\n    print('x')\n", recorded=False)
    assert (ran.ended, ran.output) == ("goes on", "x\n" * 10)


def test_a_large_text_is_cut() -> None:
    ran = run("while True:\n    print('x' * 1_000_000, end='')\n", recorded=False)
    assert ran.ended == "goes on"
    assert len(ran.output) < 5_000


def test_a_thread_that_fails_is_told() -> None:
    source = (
        "import threading\n"
        "t = threading.Thread(target=lambda: 1 / 0, name='worker')\n"
        "t.start()\nt.join()\n"
    )
    ran = run(source, recorded=False)
    assert ran.output == "Exception in thread worker: ZeroDivisionError: division by zero\n"


def test_one_that_kills_its_process_is_an_error_here() -> None:
    with pytest.raises(RuntimeError, match="left no result: no word"):
        run("import os\nos._exit(3)\n", recorded=False)


def test_a_file_called_socket_in_the_callers_folder_is_not_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "socket.py").write_text("raise RuntimeError('the wrong one')\n")
    monkeypatch.chdir(tmp_path)
    assert run("import socket\nprint(socket.AF_INET > 0)\n").output == "True\n"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the system has no user numbers")
def test_an_ordinary_user_is_none_that_may_all() -> None:
    ran = run("import os\nprint(os.geteuid() != 0)\n", ordinary_user=True)
    assert (ran.ended, ran.output) == ("ended", "True\n")


def test_nothing_is_left_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads = threading.active_count()
    with Program("print(1)\n", file="wrong.py", recorded=False) as program:
        program.wait()
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_an_interrupt_ends_the_wait_and_the_process(tmp_path: Path) -> None:
    here = tmp_path / "pid"
    source = f"import os, pathlib\npathlib.Path({str(here)!r}).write_text(str(os.getpid()))\n"
    program = Program(f"{source}while True:\n    pass\n", file="wrong.py", recorded=False)
    until(lambda: here.exists() and here.read_text(), "it runs")
    timer = threading.Timer(0.05, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt), program:
        program.wait()
    timer.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(here.read_text()), 0)


def test_the_faults_of_our_own_tests_are_not_its(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETSTEPS_FAULTS", "seed=1")
    ran = run("import os\nprint('NETSTEPS_FAULTS' in os.environ)\n", recorded=False)
    assert ran.output == "False\n"
