"""netsteps trace: the program runs as by itself, and what its sockets did is shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import netsteps as ns

CLIENT = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname()) as client:
        connection, _ = server.accept()
        with connection:
            client.sendall(b"hello")
            print("read", connection.recv(100), sys.argv[1:], sys.stdin.read())
"""


def run(*words: str, given: str = "", **how: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "netsteps", "trace", *words],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        **how,  # type: ignore[call-overload]
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "client.py"
    path.write_text(CLIENT)
    return path


def test_a_script_runs_with_its_words_and_input_and_the_table_follows(script: Path) -> None:
    done = run(str(script), "--ladder", "x", given="typed")
    assert (done.returncode, done.stderr) == (0, "")
    first, *table = done.stdout.split("\n")
    assert first == "read b'hello' ['--ladder', 'x'] typed"
    assert any("sendall" in line for line in table)


def test_the_trace_is_saved_and_drawn(script: Path, tmp_path: Path) -> None:
    saved, drawn = tmp_path / "t.jsonl", tmp_path / "t.svg"
    done = run("--quiet", "--lines", "--save", str(saved), "--ladder", str(drawn), str(script))
    assert done.returncode == 0, done.stderr
    events = ns.Trace.load(saved).events
    assert [event.preview for event in events if event.call == "recv"] == [b"hello"]
    assert {event.line for event in events if event.step == "sendall"} == {"client.py:7"}
    assert drawn.read_text().startswith("<svg")
    assert "sendall" not in done.stdout


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit('words')", 1, "words\n"),
        ("raise SystemExit", 0, ""),
        ("import signal, os; os.kill(os.getpid(), signal.SIGTERM)", -15, ""),
    ],
)
def test_the_exit_code_is_the_programs(tmp_path: Path, code: str, status: int, error: str) -> None:
    path = tmp_path / "ends.py"
    path.write_text(code)
    done = run(str(path))
    assert (done.returncode, done.stderr) == (status, error)


@pytest.mark.parametrize("error", ["ValueError('mine')", "KeyboardInterrupt"])
def test_a_traceback_is_the_programs(tmp_path: Path, error: str) -> None:
    path = tmp_path / "fails.py"
    path.write_text(f"def inner():\n    raise {error}\ninner()\n")
    done = run(str(path))
    alone = subprocess.run(
        [sys.executable, path], capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.returncode, done.stderr) == (alone.returncode, alone.stderr)


def test_a_module_runs_as_python_runs_it(script: Path) -> None:
    done = run("-m", "client", "one", cwd=script.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("read b'hello' ['one']")


def test_no_program_is_told() -> None:
    done = run()
    assert done.returncode == 2
    assert "there is no program" in done.stderr


def test_a_script_that_is_not_there_is_told() -> None:
    done = run("no-such-script.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-script.py" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_shows_nothing_of_its_own(tmp_path: Path) -> None:
    path, saved = tmp_path / "forks.py", tmp_path / "t.jsonl"
    path.write_text(
        "import os, socket, sys\n"
        "child = os.fork()\n"
        "socket.socket().close()\n"
        "if child:\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "sys.exit(3)\n"
    )
    done = run("--quiet", "--save", str(saved), str(path))
    assert (done.returncode, done.stderr, done.stdout) == (3, "", f"wrote {saved}\n")
    assert len({event.process for event in ns.Trace.load(saved).events}) == 1
