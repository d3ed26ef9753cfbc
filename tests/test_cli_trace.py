"""netsteps trace: the program runs as by itself, and what its sockets did is shown."""

import os
import re
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


STANDS = """
import atexit, os, pickle, socket, sys, threading, time
class Own: pass
def tell(when):
    print(when, __file__, sys.argv, sys.path[0], pickle.loads(pickle.dumps(Own())).__module__)
    print(sorted(globals()), __spec__ and __spec__.name, __package__, sys.stdout.errors)
tell("main")
atexit.register(tell, "atexit")
def late():
    threading.main_thread().join()
    tell("thread")
threading.Thread(target=late).start()
def ends():
    sys.exit(4)
threading.Thread(target=ends).start()
sys.exit("the last words")
"""


@pytest.mark.parametrize("way", ["script", "relative", "folder", "module", "package"])
def test_a_program_finds_all_as_python_has_it(tmp_path: Path, way: str) -> None:
    (tmp_path / "stands.py").write_text(STANDS)
    for folder in ("folder", "package"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__main__.py").write_text(STANDS)
    words = {
        "script": (str(tmp_path / "stands.py"),),
        "relative": ("./folder/../stands.py",),
        "folder": ("folder",),
        "module": ("-m", "stands"),
        "package": ("-m", "package"),
    }[way]
    traced = run("--quiet", *words, "--", "-x", cwd=tmp_path)
    expected = alone(*words, "--", "-x", cwd=tmp_path)
    assert (traced.returncode, traced.stdout) == (expected.returncode, expected.stdout)
    assert traced.stderr == expected.stderr
    assert traced.stdout.count("__main__\n") == 3


@pytest.mark.parametrize(
    "words", [("-m", "no_such_module"), ("-m", "fails"), ("fails.py",), ("wrong.py",), ("empty",)]
)
def test_what_goes_wrong_is_told_as_python_tells_it(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "fails.py").write_text(
        "try:\n    {}[1]\nexcept KeyError:\n    raise ValueError('mine')\n"
    )
    (tmp_path / "wrong.py").write_text("x = = 1\n")
    (tmp_path / "empty").mkdir()
    traced, expected = run("--quiet", *words, cwd=tmp_path), alone(*words, cwd=tmp_path)
    assert (traced.returncode, traced.stderr) == (expected.returncode, expected.stderr)


@pytest.mark.parametrize(
    "end",
    [
        "",
        "sys.exit(2**40 + 7)",
        "raise ExceptionGroup('both', [ValueError(1), TypeError(2)])",
        "sys.excepthook = lambda *error: 1 / 0; raise ValueError",
        "class Own(BaseException): pass\nraise Own",
        "os._exit(3)",
        "os.abort()",
        "os.execv(sys.executable, [sys.executable, '-c', 'print(5)'])",
        "signal.signal(15, lambda *_: sys.exit(9)); os.kill(os.getpid(), 15); time.sleep(9)",
        "threading.Thread(target=lambda: 1 / 0).start()",
        "[threading.Thread(target=server.accept, daemon=True).start() for _ in range(3)]",
        "print(input('? '), sys.stdin.read())",
    ],
)
def test_every_end_is_the_programs_own(tmp_path: Path, end: str) -> None:
    """With sockets that nobody has closed: nothing is said of them, either."""
    path = tmp_path / "ends.py"
    path.write_text(
        "import os, signal, socket, sys, threading, time\n"
        "made = [*socket.socketpair(), socket.socket()]\n"
        f"server = socket.create_server(('127.0.0.1', 0))\n{end}\n"
    )
    outcomes = []
    for words in ([], ["-m", "netsteps", "trace", "--quiet"]):
        done = subprocess.run(
            [sys.executable, *words, path],
            input="one\ntwo\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        outcomes.append((done.returncode, done.stdout, re.sub("0x[0-9a-f]+", "", done.stderr)))
    assert outcomes[0] == outcomes[1]


def test_what_threads_and_atexit_functions_do_is_shown(tmp_path: Path) -> None:
    path, saved = tmp_path / "late.py", tmp_path / "t.jsonl"
    path.write_text(
        "import atexit, socket, threading\n"
        "def use(port):\n"
        "    socket.create_server(('127.0.0.1', 0)).close()\n"
        "def late():\n"
        "    threading.main_thread().join()\n"
        "    use(0)\n"
        "threading.Thread(target=late).start()\n"
        "atexit.register(use, 0)\n"
    )
    done = run("--quiet", "--save", str(saved), str(path))
    assert done.returncode == 0, done.stderr
    assert [event.step for event in ns.Trace.load(saved).events].count("listen") == 2


def test_the_files_are_where_the_command_was_given(script: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    text = script.read_text()
    script.write_text(text + "import os; os.chdir('elsewhere'); sys.path.clear()\n")
    done = run("--save", "t.jsonl", "--ladder", "t.svg", "client.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in tmp_path.glob("t.*")} == {"t.jsonl", "t.svg"}


@pytest.mark.parametrize(
    "words", [("--save", "t.foo"), ("--ladder", "t.png"), ("--save", "nowhere/t.jsonl")]
)
def test_a_file_that_cannot_be_is_told_before_the_program_runs(
    script: Path, words: tuple[str, ...]
) -> None:
    done = run(*words, script.name, cwd=script.parent)
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


def test_a_file_that_cannot_be_written_is_told_and_the_rest_is_done(
    script: Path, tmp_path: Path
) -> None:
    script.write_text("import os, sys; os.mkdir('t.jsonl')\n" + script.read_text() + "sys.exit(7)")
    done = run("--save", "t.jsonl", "--ladder", "t.svg", "client.py", cwd=tmp_path)
    assert done.returncode == 7
    assert "t.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "t.svg").exists()


@pytest.mark.parametrize(
    "change",
    [
        "sys.stdout.close()",
        "sys.stdout = None",
        "sys.stdout = io.StringIO()",
        "sys.stdout = io.TextIOWrapper(sys.stdout.detach())",
        "os.close(1)",
    ],
)
def test_an_output_that_the_program_took_away_is_no_error(tmp_path: Path, change: str) -> None:
    path, saved = tmp_path / "takes.py", tmp_path / "t.jsonl"
    path.write_text(f"import io, os, socket, sys\nsocket.socket().close()\n{change}\n")
    done = run("--save", str(saved), str(path))
    expected = alone(str(path))
    assert done.returncode == expected.returncode
    assert [line for line in done.stderr.splitlines() if "wrote" not in line] == (
        expected.stderr.splitlines()
    )
    assert len(ns.Trace.load(saved).events) == 2
