"""The hooks: what happens around each test that uses the plugin."""

import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netsteps.pytest_plugin.leaks import LeakCheck
from netsteps.pytest_plugin.openers import unwatch, watch
from netsteps.pytest_plugin.recording import RECORDING, Recording
from netsteps.pytest_plugin.sockets import open_sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from netsteps.pytest_plugin.limit import TimeLimit

NAME = "netsteps-hooks"  # of the registered Hooks
MODES = ("used", "all", "off")
SECONDS = pytest.StashKey[float]()  # the limit of a test
DEADLINE = pytest.StashKey[float]()  # of its setup and call


class Hooks:
    """Records tests, limits their time, and checks that they close their sockets."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._mode = config.getoption("netsteps_trace") or config.getini("netsteps_trace")
        if self._mode not in MODES:
            raise pytest.UsageError(f"netsteps_trace is one of {', '.join(MODES)}: {self._mode!r}")
        self._leaks = bool(config.getoption("netsteps_leaks") or config.getini("netsteps_leaks"))
        self._folder = self._artifacts()
        # Of the test that runs:
        self._check: LeakCheck | None = None
        self._limit: TimeLimit | None = None

    def _artifacts(self) -> Path | None:
        """Give the folder: an option is relative to where pytest was called, an ini to its file."""
        if option := self._config.getoption("netsteps_artifacts"):
            return self._config.invocation_params.dir / Path(option)
        if ini := self._config.getini("netsteps_artifacts"):
            file = self._config.inipath
            return (file.parent if file else self._config.rootpath) / Path(ini)
        return None

    def recording(self, item: pytest.Item) -> Recording:
        """Give the recording of a test, which begins here if it has not."""
        if RECORDING not in item.stash:
            item.stash[RECORDING] = Recording(item.nodeid, self._folder)
            if self._mode != "off":
                item.stash[RECORDING].trace.start()
        return item.stash[RECORDING]

    # Around the whole test

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> "Generator[None, object, object]":
        """Record the test and compare the open sockets, with all of its fixtures."""
        if self._mode == "all" or (self._mode == "used" and _uses(item)):
            self.recording(item)
        wanted = self._leaks or item.get_closest_marker("netsteps_leaks")
        exempt = item.get_closest_marker("netsteps_keeps_sockets")
        try:
            if not wanted or exempt:
                return (yield)
            with LeakCheck() as self._check:
                return (yield)
        finally:
            self._check = None
            unwatch(item)
            recording = item.stash.get(RECORDING, None)
            if recording is not None:
                recording.trace.stop()
                del item.stash[RECORDING]

    # The phases of a test

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> "Generator[None, object, object]":
        """Limit the setup."""
        self._again(item)
        marker = item.get_closest_marker("netsteps_timeout")
        seconds = None if marker is None else _seconds(marker)
        if seconds is not None:
            watch(item)  # the report of a test that was too slow names the lines
            item.stash[SECONDS] = seconds
            item.stash[DEADLINE] = time.monotonic() + seconds
        result = yield from self._limited(item, seconds)
        if marker is not None and seconds is None:
            given = (*marker.args, *marker.kwargs.values())
            pytest.fail(
                f"netsteps_timeout takes a number of seconds above 0, not {given}", pytrace=False
            )
        return result

    def _again(self, item: pytest.Item) -> None:
        """Begin anew when the test has failed and is tried again (pytest-rerunfailures).

        What excuses the first try does not excuse the second.
        """
        recording = item.stash.get(RECORDING, None)
        if recording is not None and recording.failed:
            recording.trace.stop()
            del item.stash[RECORDING]
            self.recording(item)
        if self._check is not None and self._check.excused:
            self._check.excused = False
            self._check.allow(set(open_sockets()))  # the traceback of the first try keeps some

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> "Generator[None, object, object]":
        """Limit the test function to what the setup has left, and check what was expected."""
        __tracebackhide__ = True  # what was expected of a peer fails here, and says all by itself
        deadline = item.stash.get(DEADLINE, None)
        left = None if deadline is None else max(0.001, deadline - time.monotonic())
        recording = item.stash.get(RECORDING, None)
        return (yield from self._limited(item, left, recording.meet if recording else None))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> "Generator[None, object, object]":
        """Limit the teardown, and look at the open sockets when it is over."""
        result = yield from self._limited(item, item.stash.get(SECONDS, None))
        if self._check is not None and not self._check.excused:
            complaint = self._check.complaint()
            if complaint:
                pytest.fail(complaint, pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, request: pytest.FixtureRequest
    ) -> "Generator[None, object, object]":
        """Allow what is opened by a fixture that outlives the test."""
        check = self._check if request.scope != "function" else None
        before = set(open_sockets()) if check else set()
        try:
            return (yield)
        finally:
            if check:
                check.allow(set(open_sockets()) - before)

    # The time limit

    def _limited(
        self, item: pytest.Item, seconds: float | None, then: "Callable[[], None] | None" = None
    ) -> "Generator[None, object, object]":
        """Do a phase of a test, and what comes then, within so many seconds; None: no limit."""
        __tracebackhide__ = True
        if seconds is None:
            result = yield
            if then:
                then()
            return result
        from netsteps.pytest_plugin.limit import TimeLimit

        limit = self._limit = TimeLimit(
            seconds,
            f"netsteps_timeout: the test took longer than {item.stash[SECONDS]:g} s",
            self.recording(item).time_over,
            lambda: self._last_words(item),
        )
        try:
            with limit:
                result = yield
                if then:
                    then()
                return result
        finally:
            limit.end()

    def _last_words(self, item: pytest.Item) -> None:
        """Write what the report would have said, before the process ends."""
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            seconds = f"{item.stash[SECONDS]:g} s"
            lines = [f"netsteps_timeout: {item.nodeid} took longer than {seconds}, and nothing"]
            lines += ["ends what it waits for: this process ends."]
            for title, text in self.recording(item).sections():
                lines += [f"--- {title} ---", text]
            os.write(2, ("\n" + "\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))

    def pytest_enter_pdb(self) -> None:
        """Let the time stand still for a debugger."""
        if self._limit is not None:
            self._limit.paused = True

    # The report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> "Generator[None, pytest.TestReport, pytest.TestReport]":
        """Add the sections to the report of a failure."""
        report = yield
        failed = call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception)
        if self._check is not None:
            self._check.excused |= failed
        recording = item.stash.get(RECORDING, None)
        if recording is not None:
            recording.failed |= call.excinfo is not None
            if report.failed:
                report.sections += recording.sections()
        return report


def recording_of(request: pytest.FixtureRequest) -> Recording:
    """Give the recording of a fixture's test."""
    hooks = request.config.pluginmanager.get_plugin(NAME)
    assert isinstance(hooks, Hooks)
    node = request.node
    begins = RECORDING not in node.stash
    recording = hooks.recording(node)
    if begins:  # the fixture was asked for by name while the test ran: nobody else ends it
        request.addfinalizer(recording.trace.stop)
    return recording


def _uses(item: pytest.Item) -> bool:
    """Whether a test uses a fixture or a marker of this plugin."""
    return any(
        name.startswith("netsteps_")
        for name in (*getattr(item, "fixturenames", ()), *(m.name for m in item.iter_markers()))
    )


def _seconds(marker: pytest.Mark) -> float | None:
    """Give the limit that a marker sets, or None when it makes no sense."""
    given = (*marker.args, *marker.kwargs.values())
    if len(given) != 1 or not set(marker.kwargs) <= {"seconds"}:
        return None
    try:
        seconds = float(given[0])
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < float("inf") else None
