"""Runs of pytest in a process of their own, for the tests of the plugin."""

import pytest

# What changes what pytest prints: with CI its summary repeats each failure whole.
OUTSIDE = ("CI", "BUILD_NUMBER", "FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS")

# What the tests of the inner runs begin with.
HEAD = """
import socket, threading, time
import pytest
import netsteps as ns
"""


def run(pytester: pytest.Pytester, code: str, *options: str, **files: str) -> pytest.RunResult:
    """Run the tests of a file in a pytest of its own: warnings are errors, markers strict.

    files: further ones, by the names of their modules. The entry point has loaded the plugin, so
    nothing here names it.
    """
    files = {"test_it": code, **files}
    pytester.makepyfile(**{name: f"{HEAD}\n{text}" for name, text in files.items()})
    with pytest.MonkeyPatch.context() as environment:
        for name in OUTSIDE:
            environment.delenv(name, raising=False)
        return pytester.runpytest_subprocess(
            "-W", "error", "--strict-markers", "-p", "no:cacheprovider", *options, timeout=60
        )
