"""netsteps trace: the program runs as by itself, and what its sockets did is shown."""

import os
import signal
import subprocess
import sys
import zipfile
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


def alone(*words: str, **how: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
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
    assert done.stdout == "read b'hello' [] \n"


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
    assert done.stdout.startswith("nothing was recorded")


@pytest.mark.parametrize("error", ["ValueError('mine')", "KeyboardInterrupt"])
def test_a_traceback_is_the_programs(tmp_path: Path, error: str) -> None:
    path = tmp_path / "fails.py"
    path.write_text(f"def inner():\n    raise {error}\ninner()\n")
    assert run("--quiet", path.name, cwd=tmp_path).stderr == alone(path.name, cwd=tmp_path).stderr


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
    assert (done.returncode, done.stderr, done.stdout) == (3, "", "")
    assert len({event.process for event in ns.Trace.load(saved).events}) == 1


PROGRAMS = {
    "where it is": "import sys; print(__file__, __name__, __spec__, sys.argv, sys.path[0])",
    "a pool that nobody closes": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "print(ThreadPoolExecutor().submit(int, '5').result())"
    ),
    "a thread that goes on": (
        "import pickle, threading, time\n"
        "class Thing: pass\n"
        "def late():\n"
        "    time.sleep(0.1)\n"
        "    print(type(pickle.loads(pickle.dumps(Thing()))) is Thing)\n"
        "    raise ValueError('late')\n"
        "threading.Thread(target=late, name='one').start()"
    ),
    "no Python": "def f(:",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_cannot_tell(name: str, tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(PROGRAMS[name])
    traced, plain = run("--quiet", "it.py", "x", cwd=tmp_path), alone("it.py", "x", cwd=tmp_path)
    assert (traced.returncode, traced.stdout) == (plain.returncode, plain.stdout)
    assert traced.stderr == plain.stderr


@pytest.mark.parametrize("form", ["folder", "zip", "module"])
def test_a_folder_a_zip_file_and_a_module_run_as_python_runs_them(
    form: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    main = tmp_path / "folder" / "__main__.py"
    main.write_text("import sys; print(__file__, __spec__.name, sys.argv, sys.path[0])")
    words = ["folder"]
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "it.zip", "w") as packed:
            packed.write(main, "__main__.py")
        words = ["it.zip"]
    elif form == "module":
        words = ["-m", "folder"]
    traced, plain = run("--quiet", *words, cwd=tmp_path), alone(*words, cwd=tmp_path)
    assert (traced.returncode, traced.stderr) == (0, "")
    assert traced.stdout == plain.stdout


def test_a_module_that_is_not_there_is_told_as_python_tells_it() -> None:
    traced, plain = run("--quiet", "-m", "no_such_module"), alone("-m", "no_such_module")
    assert (traced.returncode, traced.stderr) == (plain.returncode, plain.stderr)


def test_what_a_program_does_at_its_exit_is_shown_too(tmp_path: Path) -> None:
    path = tmp_path / "late.py"
    path.write_text(
        "import atexit, socket\n"
        "def late():\n"
        "    print('late')\n"
        "    socket.socket().close()\n"
        "atexit.register(late)\n"
    )
    first, *table = run(str(path)).stdout.splitlines()
    assert first == "late"
    assert [line.split()[4] for line in table[2:]] == ["socket", "close"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_server_that_is_ended_from_outside_leaves_its_trace(name: str, tmp_path: Path) -> None:
    path, saved = tmp_path / "server.py", tmp_path / "t.jsonl"
    path.write_text(
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    print('ready', flush=True)\n"
        "    server.accept()\n"
    )
    command = [sys.executable, "-m", "netsteps", "trace", "--quiet", "--save", saved, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        number = getattr(signal, name)
        server.send_signal(number)
        assert server.wait(20) == -number
    assert "listen" in {event.step for event in ns.Trace.load(saved).events}


@pytest.mark.parametrize("words", [["--ladder", "x.png"], ["--save", "no-such-folder/t.jsonl"]])
def test_a_file_that_cannot_be_written_is_told_before_the_program_runs(
    words: list[str], script: Path
) -> None:
    done = run(*words, str(script))
    assert (done.returncode, done.stdout) == (2, "")
    assert words[1] in done.stderr


def test_the_traces_of_two_programs_are_shown_as_one(tmp_path: Path) -> None:
    server = [sys.executable, "-u", "-m", "netsteps", "trace", "--quiet", "--save", "s.jsonl"]
    server += ["-m", "http.server", "0"]
    fetch = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).status)"
    (tmp_path / "client.py").write_text(fetch)
    with subprocess.Popen(
        server, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path
    ) as served:
        assert served.stdout is not None
        port = served.stdout.readline().split("port ")[1].split()[0]
        url = f"http://127.0.0.1:{port}/"
        done = run("--quiet", "--save", "c.jsonl", "client.py", url, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "200\n", "")
        served.terminate()
    shown = alone("-m", "netsteps", "show", "c.jsonl", "s.jsonl", "--ladder", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "1 connection, 2 processes" in shown.stdout
    assert "GET / HTTP" in shown.stdout
    assert "outside" not in shown.stdout
    assert "not accepted" not in shown.stdout


def test_a_capture_is_shown_alone(tmp_path: Path) -> None:
    done = alone("-m", "netsteps", "show", "a.jsonl", "b.pcapng", cwd=tmp_path)
    assert done.returncode == 2
    assert "b.pcapng" in done.stderr
