"""What the report of a failed test shows, and the files that it leaves."""

import os
from pathlib import Path

import pytest

import netsteps as ns
from netsteps.pytest_plugin.artifacts import LONGEST, safe_name
from plugin_runs import run

pytest_plugins = ["pytester"]

FAILS = """
def talks(endpoint):
    with ns.TcpSender(*endpoint) as client:
        client.send(b"x" * 50 + b"the end")
        return client.socket.read_exactly(57, timeout=5)

def test_fails(netsteps_tcp_echo):
    assert talks(netsteps_tcp_echo.endpoint) == b"another"

def test_passes(netsteps_tcp_echo):
    assert talks(netsteps_tcp_echo.endpoint)
"""
UNMARKED = """
def test_fails():
    with ns.Socket("tcp"):
        assert 1 == 2
"""


def test_a_failure_shows_the_ladder(pytester: pytest.Pytester) -> None:
    result = run(pytester, FAILS)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*- netsteps: ladder -*", "*server 127.0.0.1:*client 127.0.0.1:*", "*handshake*", "*57 B*"]
    )
    assert result.stdout.str().count("netsteps: ladder") == 1
    assert "artifacts" not in result.stdout.str()


def test_an_error_of_a_fixture_shows_it_too(pytester: pytest.Pytester) -> None:
    code = """
@pytest.fixture
def refused(netsteps_endpoint):
    with ns.Socket("tcp") as client:
        client.connect(*netsteps_endpoint)

def test_it(refused):
    pass
"""
    result = run(pytester, code)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*netsteps: ladder*", "*refused*"])


def test_which_tests_are_recorded_can_be_chosen(pytester: pytest.Pytester) -> None:
    for options, shown in (((), 0), (("--netsteps-trace=all",), 1), (("--netsteps-trace=off",), 0)):
        result = run(pytester, UNMARKED, *options)
        result.assert_outcomes(failed=1)
        assert result.stdout.str().count("netsteps: ladder") == shown
    result = run(pytester, FAILS, "--netsteps-trace=off")
    result.assert_outcomes(failed=1, passed=1)
    assert "netsteps: ladder" not in result.stdout.str()
    pytester.makeini("[pytest]\nnetsteps_trace = all\n")
    assert "netsteps: ladder" in run(pytester, UNMARKED).stdout.str()
    pytester.makeini("[pytest]\nnetsteps_trace = some\n")
    result = run(pytester, UNMARKED)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "netsteps_trace is one of used, all, off" in result.stderr.str()


def test_the_ladder_is_drawn_without_line_characters_where_these_cannot_be_shown(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")
    result = run(pytester, FAILS)
    result.assert_outcomes(failed=1, passed=1)
    assert "netsteps: ladder" in result.stdout.str()
    assert result.stdout.str().isascii()


def artifacts(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir()}


@pytest.mark.parametrize("way", ["option", "ini", "xdist"])
def test_a_failure_leaves_its_files(pytester: pytest.Pytester, way: str) -> None:
    options = {
        "option": ["--netsteps-artifacts=out/files"],
        "ini": [],
        "xdist": ["--netsteps-artifacts=out/files", "-n", "2"],
    }
    if way == "ini":
        pytester.makeini("[pytest]\nnetsteps_artifacts = out/files\n")
    result = run(pytester, FAILS, *options[way])
    result.assert_outcomes(failed=1, passed=1)
    files = artifacts(pytester.path / "out" / "files")
    assert set(files) == {f"test_it.py.test_fails.{end}" for end in ("svg", "pcapng", "jsonl")}
    for path in files.values():
        result.stdout.fnmatch_lines([str(path)])
    assert files["test_it.py.test_fails.svg"].read_text(encoding="utf-8").startswith("<svg")
    sent = b"".join(
        packet.payload
        for packet in ns.read_packets(files["test_it.py.test_fails.pcapng"]).packets
        if packet is not None
    )
    assert sent.count(b"the end") == 2, "whole, there and back"
    trace = ns.Trace.load(files["test_it.py.test_fails.jsonl"])
    lines = {event.line for event in trace.events if event.step == "connect"}
    assert [str(line)[:11] for line in lines] == ["test_it.py:"]


def test_a_folder_that_cannot_be_written_fails_no_report(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("file").write_text("in the way")
    result = run(pytester, FAILS, "--netsteps-artifacts=file/below")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*netsteps: artifacts*", "not available: NotADirectoryError*"])


def test_it_works_in_several_processes(pytester: pytest.Pytester) -> None:
    code = (
        FAILS
        + """
@pytest.mark.netsteps_timeout(0.3)
def test_hangs(netsteps_tcp_echo):
    with ns.TcpSender(*netsteps_tcp_echo.endpoint) as client:
        client.socket.read()

KEPT = []

@pytest.mark.netsteps_leaks
def test_leaks():
    KEPT.append(ns.Socket("tcp"))

@pytest.mark.parametrize("number", range(6))
@pytest.mark.netsteps_leaks
def test_passes_too(number, netsteps_endpoint, netsteps_udp_echo):
    assert netsteps_endpoint.port
"""
    )
    result = run(pytester, code, "-n", "2")
    result.assert_outcomes(failed=2, passed=8, errors=1)
    text = result.stdout.str()
    assert text.count("netsteps: ladder") == 3
    assert "where every thread stood" in text
    assert "opened at test_it.py:" in text


def test_reports_of_junit_have_it(pytester: pytest.Pytester) -> None:
    result = run(pytester, FAILS, "--junit-xml=out.xml", "-o", "junit_logging=all")
    result.assert_outcomes(failed=1, passed=1)
    assert (pytester.path / "out.xml").exists()


# Names of files


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("test_x.py::test_y", "test_x.py.test_y"),
        ("tests/unit/test_x.py::test_y", "tests.unit.test_x.py.test_y"),
        ("test_x.py::test_y[1-a]", "test_x.py.test_y_1-a-"),
        ("test_x.py::TestIt::test_y", "test_x.py.TestIt.test_y-"),
        ("../../etc/passwd", "etc.passwd-"),
        ("con.py::test", "test-con.py.test-"),
        ('test_x.py::test_y[\u00e9\n\x00/\\:*?"<>|]', "test_x.py.test_y-"),
        ("::", "test-"),
    ],
)
def test_a_name_is_safe(test: str, name: str) -> None:
    made = safe_name(test)
    assert made.startswith(name)
    assert len(made) == len(name) + (8 if name.endswith("-") else 0)


def test_names_stay_apart_and_short() -> None:
    tests = [
        "t.py::test[a/b]",
        "t.py::test[a.b]",
        "t.py::test[a:b]",
        "t.py::Test",
        "t.py::test",
        "t.py::" + "x" * 300,
        "t.py::" + "x" * 301,
        "t.py::test[\udcff]",
    ]
    names = [safe_name(test) for test in tests]
    assert len({name.lower() for name in names}) == len(tests)
    assert all(len(os.fsencode(name)) <= LONGEST for name in names)
    assert all(name.isascii() and not set(name) & set('/\\:*?"<>| ') for name in names)
    assert names == [safe_name(test) for test in tests], "the same in every run"
