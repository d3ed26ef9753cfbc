"""The plugin costs nothing where it is not used, and can be chosen and left out by name."""

import subprocess
import sys

import pytest

from plugin_runs import run

pytest_plugins = ["pytester"]

LOADED = """
import sys
print("LOADED", sorted(name for name in sys.modules if name.startswith("netsteps")))
"""
FIXTURES = (
    "endpoint",
    "hold",
    "peer",
    "relay",
    "scripted",
    "tcp_echo",
    "tcp_server",
    "trace",
    "udp_echo",
    "udp_server",
)
UNUSED = "LOADED ['netsteps_pytest']"


def test_a_run_that_does_not_use_it_loads_one_small_module(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"def test_it():\n    assert True\n{LOADED}")
    pytester.makeconftest(f"def pytest_unconfigure():\n    {LOADED.strip().replace(chr(10), '; ')}")
    result = pytester.runpytest_subprocess("-s", "-W", "error")
    result.assert_outcomes(passed=1)
    found = [line for line in result.outlines if "LOADED" in line]
    assert found
    assert all(line.endswith(UNUSED) for line in found), found


def test_the_small_module_imports_nothing_but_pytest() -> None:
    code = """
import sys, typing, pytest
before = set(sys.modules)
import netsteps_pytest
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["netsteps_pytest"]


def test_a_test_that_uses_it_loads_the_rest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"def test_it(netsteps_tcp_echo):\n    {LOADED.strip().replace(chr(10), '; ')}"
    )
    result = pytester.runpytest_subprocess("-s")
    result.assert_outcomes(passed=1)
    assert "netsteps.pytest_plugin.hooks" in result.stdout.str()


def test_it_can_be_left_out_by_name(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(netsteps_trace): pass", "-p", "no:netsteps")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'netsteps_trace' not found*"])


def test_it_can_be_chosen_by_name(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = run(pytester, "def test_it(netsteps_trace): pass", "-p", "netsteps")
    result.assert_outcomes(passed=1)


def test_it_lists_its_fixtures_markers_and_options(pytester: pytest.Pytester) -> None:
    short = run(pytester, "", "--fixtures").stdout.str()
    long = run(pytester, "", "--fixtures", "-v").stdout.str().split("from netsteps_pytest")[1]
    for name in FIXTURES:
        assert f"\nnetsteps_{name} -- " in short
        assert f"\nnetsteps_{name} -- " in long
    assert "Start TCP servers: server = netsteps_tcp_server(on_client=handler)." in short
    assert long.count("Gives: ") == len(FIXTURES)
    markers = run(pytester, "", "--markers").stdout.str()
    for name in ("timeout(seconds)", "leaks", "keeps_sockets(reason)"):
        assert f"@pytest.mark.netsteps_{name}: " in markers
    result = run(pytester, "", "--help")
    result.stdout.fnmatch_lines(
        ["*--netsteps-leaks*", "*--netsteps-trace=*", "*--netsteps-artifacts=DIR*"]
    )
    result.stdout.fnmatch_lines(["*netsteps_leaks (bool)*", "*netsteps_trace (string)*"])
