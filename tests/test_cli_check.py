"""netsteps check: one program, a class, JSON, JUnit, pages, and what cannot be meant."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from helpers import until
from lessons_fixtures import RIGHT_CLIENT, RIGHT_ECHO, WRONG_ECHO, take_their_places
from netsteps.cli import main
from netsteps.lessons.junit import junit
from netsteps.lessons.report import Report, Tried
from peers import NETSTEPS

UNWRITTEN = "def split_message(data):\n    raise NotImplementedError\n"

Run = "Callable[..., tuple[int, str, str]]"


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `netsteps check` in this process, with the small exercises."""
    take_their_places(monkeypatch)

    def run(*words: str | Path) -> tuple[int, str, str]:
        try:
            code = main(["check", *map(str, words)])
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def server(tmp_path: Path) -> Path:
    path = tmp_path / "server.py"
    path.write_text(RIGHT_ECHO)
    return path


def test_a_command_stands_after_two_hyphens(check: Run, server: Path) -> None:
    code, out, err = check("echo-server", "--", sys.executable, server, "{port}")
    assert (code, err) == (0, "")
    assert out.startswith("echo-server: passed, all 2 attempts")


def test_options_may_stand_on_both_sides_of_the_name(check: Run, server: Path) -> None:
    for words in (["--json", "echo-server"], ["echo-server", "--json"]):
        code, out, _ = check(*words, "--", sys.executable, server, "{port}")
        assert code == 0
        assert json.loads(out)["passed"] is True


def test_a_failure_is_told_and_the_exit_code_is_1(check: Run, tmp_path: Path) -> None:
    path = tmp_path / "server.py"
    path.write_text(WRONG_ECHO)
    code, out, _ = check("echo-server", path)
    assert code == 1
    for part in ("FAILED 2. in two parts", "hint:     One read is not one message.", "connect"):
        assert part in out


def test_the_list_and_a_task(check: Run) -> None:
    code, out, _ = check("--list")
    assert code == 0
    assert "echo-server" in out
    assert json.loads(check("--list", "--json")[1])[0]["attempts"] == ["two bytes", "text"]
    code, out, _ = check("first-client")
    assert code == 0
    assert "def first_client(host, port):" in out
    assert "netsteps check first-client -- COMMAND {host} {port}" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which exercise?"),
        (["echo_serve"], "Is echo-server meant?"),
        (["nonsense"], "there is no exercise 'nonsense'"),
        (["echo-server", "missing.py"], "there is no file missing.py"),
        (["echo-server", "a.py", "--", "./b"], "one program at a time"),
        (["split-message", "--", "./b"], "a function of Python"),
        (["--all", "missing"], "there is no folder missing"),
        (["--all", ".", "--junit", "missing/x.xml"], "there is no such folder"),
        (["--html", "missing/x.html", "echo-server", "--", "./b"], "there is no such folder"),
        (["--all", ".", "--", "./b"], "-- COMMAND is for one of them"),
        (["--all", ".", "nonsense"], "there is no exercise"),
        (["echo-server", "--time-limit", "0", "--", "./b"], "no time in seconds"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(check: Run, words: list[str], said: str) -> None:
    code, out, err = check(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


# A class


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a class of three: all right; one wrong and one program; nothing but one unwritten."""
    files = {
        "ada/echo-server.py": RIGHT_ECHO,
        "ada/first_client.py": RIGHT_CLIENT,
        "bob/echo_server.py": WRONG_ECHO,
        "bob/first-client": f"#!{sys.executable}\n{RIGHT_CLIENT}",
        "cy/lesson 1.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": UNWRITTEN}]}),
        "cy/notes.txt": "nothing yet",
        ".git/echo-server.py": "not a student",
    }
    root = tmp_path / "class"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "bob/first-client").chmod(0o755)
    return root


def test_a_class_is_a_table_and_what_failed(check: Run, folder: Path) -> None:
    code, out, _ = check("--all", folder)
    assert code == 1
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()[2:5]}
    assert out.split()[:4] == ["student", "split-message", "first-client", "echo-server"]
    assert " ".join(rows["ada"]) == "- passed passed 2 of 3"
    assert " ".join(rows["bob"]) == "- passed failed 1/2 1 of 3"
    assert " ".join(rows["cy"]) == "unwritten - - 0 of 3"
    assert "bob: echo-server: failed after 1 of 2 attempts" in out
    assert "hint:     One read is not one message." in out
    assert "git" not in out
    assert "cy: " not in out


def test_what_is_asked_for_by_name_and_missing_has_failed(check: Run, folder: Path) -> None:
    code, out, _ = check("--all", folder, "echo-server")
    assert code == 1
    assert "missing" in next(line for line in out.splitlines() if line.startswith("cy"))


def test_a_class_as_json_junit_and_a_page(check: Run, folder: Path, tmp_path: Path) -> None:
    xml, page = tmp_path / "class.xml", tmp_path / "class.html"
    code, out, err = check("--all", folder, "--json", "--junit", xml, "--html", page)
    assert code == 1
    told = {(one["student"], one["exercise"]): one["passed"] for one in json.loads(out)}
    assert told == {
        ("ada", "first-client"): True,
        ("ada", "echo-server"): True,
        ("bob", "first-client"): True,
        ("bob", "echo-server"): False,
        ("cy", "split-message"): False,
    }
    root = ET.parse(xml).getroot()
    assert [suite.get("name") for suite in root] == [
        "ada/first-client",
        "ada/echo-server",
        "bob/first-client",
        "bob/echo-server",
        "cy/split-message",
    ]
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("8", "2", "1")
    assert '<h2 id="2">bob</h2>' in page.read_text(encoding="utf-8")
    assert f"wrote {xml}" in err


def test_a_student_who_handed_nothing_in_has_a_row(check: Run, folder: Path) -> None:
    (folder / "dot").mkdir()
    _, out, _ = check("--all", folder)
    assert next(line for line in out.splitlines() if line.startswith("dot")).split() == [
        *["dot", "-", "-", "-", "0", "of", "3"]
    ]


def test_a_file_that_looks_like_an_answer_and_is_none_is_named(check: Run, folder: Path) -> None:
    for name in ("cy/echo_server.cpp", "cy/Echo-Server", "cy/first-client", "bob/echo_server.cc"):
        (folder / name).write_text("not compiled")
    (folder / "cy/first-client").chmod(0o755)
    _, _, err = check("--all", folder)
    assert "cy/echo_server.cpp is not checked: compile it to echo-server" in err
    assert "cy/Echo-Server is not checked: its name has to be echo-server" in err
    (folder / "cy/first-client").chmod(0o644)
    (folder / "cy/Echo-Server").unlink()
    _, _, err = check("--all", folder)
    assert "cy/first-client is not checked: it may not be executed (chmod +x)" in err
    assert "bob" not in err  # whose program is there


def test_the_page_of_a_class_begins_with_its_table(
    check: Run, folder: Path, tmp_path: Path
) -> None:
    page = tmp_path / "class.html"
    check("--all", folder, "--html", page)
    text = page.read_text(encoding="utf-8")
    assert text.index("<table") < text.index('<h2 id="1">ada</h2>')
    assert '<a href="#2">bob</a>' in text
    assert "failed 1/2" in text


def test_a_folder_without_students_is_told(check: Run, tmp_path: Path) -> None:
    code, _, err = check("--all", tmp_path)
    assert code == 1
    assert "no folder with a file that is named after an exercise" in err


# JUnit


def test_junit_has_a_case_for_each_attempt_and_takes_any_text() -> None:
    report = Report(
        name="echo-server",
        title="Echo",
        attempts=(
            Tried("one", "passed", 0.5),
            Tried("two <&> \x00\x1b", "failed", 1.25),
            Tried("three", "not tried"),
        ),
        expected="b'\\x00'",
        happened="\x07 \ud800 nothing\nat all",
        hint="look",
        printed="\x1b[31m",
        seconds=2.0,
    )
    root = ET.fromstring(junit([("", report), ("ada", report)]))
    assert root.tag == "testsuites"
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "2",
        "errors": "0",
        "skipped": "2",
    }
    first, second = root
    assert (first.get("name"), second.get("name")) == ("echo-server", "ada/echo-server")
    cases = first.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["skipped"]]
    assert cases[1].get("classname") == "echo-server"
    assert cases[1].get("time") == "1.250"
    failure = cases[1].find("failure")
    assert failure is not None
    assert "nothing at all" in str(failure.get("message"))
    assert "hint:     look" in str(failure.text)
    assert first.findtext("system-out") == "\N{REPLACEMENT CHARACTER}[31m"


# Ctrl-C


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_ctrl_c_ends_a_check_and_the_program(tmp_path: Path) -> None:
    running = tmp_path / "running"
    program = tmp_path / "server.py"
    program.write_text(
        f"import os, time\nopen({str(running)!r}, 'w').write(str(os.getpid()))\ntime.sleep(100)\n"
    )
    with subprocess.Popen(
        [*NETSTEPS, "check", "echo-server", str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as checker:
        until(lambda: running.exists() and running.read_text(), "the program to run")
        checker.send_signal(signal.SIGINT)
        out, err = checker.communicate(timeout=10)
    assert (checker.returncode, out, err) == (130, b"", b"")
    with pytest.raises(ProcessLookupError):
        os.kill(int(running.read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="a signal to a process")
def test_ctrl_c_in_a_class_shows_what_was_checked_until_then(tmp_path: Path) -> None:
    running, root, xml = tmp_path / "running", tmp_path / "class", tmp_path / "class.xml"
    for name, text in {
        "ada": "def split_message(message, size):\n    return 0\n",
        "bob": f"import time\nopen({str(running)!r}, 'w').write('1')\ntime.sleep(100)\n"
        "def split_message(message, size): ...\n",
    }.items():
        (root / name).mkdir(parents=True)
        (root / name / "split-message.py").write_text(text)
    with subprocess.Popen(
        [*NETSTEPS, "check", "--all", str(root), "--junit", str(xml)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as checker:
        until(lambda: running.exists() and running.read_text(), "the second check to run")
        checker.send_signal(signal.SIGINT)
        out, err = checker.communicate(timeout=10)
    assert checker.returncode == 130
    assert "ada" in out
    assert "interrupted: 1 of 2" in err
    assert len(ET.parse(xml).getroot()) == 1
