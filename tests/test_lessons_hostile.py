"""Whatever an answer does, the checker is not harmed, comes back in time, and nothing is left."""

import ctypes
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from helpers import PATIENCE, until
from netsteps.lessons.checking import examine
from netsteps.lessons.child.process import Child
from netsteps.lessons.exercise import Attempt, Exercise, same
from netsteps.lessons.subject_function import FunctionSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netsteps.lessons.report import Report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

MARK = "NETSTEPS_TEST_MARK"
LIMIT = 1.0  # seconds of a call


def exercise_of(timeout: float) -> Exercise:
    def answers(subject: FunctionSubject) -> None:
        same(42, subject.call(timeout=timeout))

    return Exercise(
        name="the-answer",
        lesson=1,
        title="The answer",
        task="Write the_answer(), which returns 42.",
        kind="function",
        attempts=(Attempt("call it", answers),),
    )


IMPATIENT = exercise_of(LIMIT)  # for what never returns
ANSWER = exercise_of(8.0)  # for what returns, or what another limit is to end


def marked(mark: str) -> list[str]:
    """Give the command lines of the processes that came of this test."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            if f"{MARK}={mark}".encode() in environment.split(b"\0") and folder.name != str(
                os.getpid()
            ):
                found.append(f"{folder.name} {(folder / 'cmdline').read_bytes()!r}")
        except OSError:
            continue
    return found


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> "Iterator[str]":
    """Every process, thread and descriptor that a check made is gone when it returns."""
    mark = uuid4().hex
    monkeypatch.setenv(MARK, mark)
    threads, descriptors = threading.active_count(), list(Path("/proc/self/fd").iterdir())
    yield mark
    assert marked(mark) == []
    assert threading.active_count() <= threads
    assert len(list(Path("/proc/self/fd").iterdir())) <= len(descriptors)


def told(answer: "Callable[..., object]", exercise: Exercise) -> "Report":
    begin = time.monotonic()
    report = examine(exercise, answer, time_limit=PATIENCE)
    assert time.monotonic() - begin < 2 * PATIENCE
    assert report.printed.count("Traceback") == 0, report.printed
    return report


# Answers


def loops() -> None:
    while True:
        pass


def holds_the_interpreter() -> None:
    re.match("(a+)+$", "a" * 60 + "b")


def ignores_signals() -> None:
    for number in {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
        signal.signal(number, signal.SIG_IGN)
    time.sleep(100)


def waits_for_input() -> object:
    return input("what? ")


def leaves_at_once() -> None:
    os._exit(3)


def exits() -> None:
    sys.exit("enough")


def aborts() -> None:
    os.abort()


def reads_nowhere() -> None:
    ctypes.string_at(0)


def recurses() -> object:
    return recurses()


def takes_all_memory() -> None:
    taken = []
    while True:
        taken.append(bytearray(1 << 24))


def asks_for_a_terabyte() -> None:
    bytearray(1 << 40)


def prints_without_end() -> None:
    while True:
        sys.stdout.write("again and again " * 100)


def leaves_a_child() -> int:
    if os.fork() == 0:
        time.sleep(100)
    return 42


def leaves_a_daemon() -> int:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(100)
        os._exit(0)
    return 42


def leaves_a_program() -> int:
    subprocess.Popen(["sleep", "100"], start_new_session=True)
    return 42


def leaves_threads() -> int:
    for _ in range(20):
        threading.Thread(target=time.sleep, args=(100,)).start()
    return 42


def forks_without_end() -> None:
    while True:
        if os.fork() == 0:
            time.sleep(100)


def returns_twice() -> int:
    os.fork()
    return 42


def kills_its_keeper() -> int:
    subprocess.Popen(["sleep", "100"], start_new_session=True)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(100)
    return 42


def closes_every_descriptor() -> int:
    os.closerange(0, 100)
    return 42


def writes_into_every_descriptor() -> int:
    for number in range(3, 30):
        try:
            os.write(number, b"\0\0\0\5nonsense" * 10)
        except OSError:
            continue
    return 42


def says_too_long_a_message() -> int:
    for number in range(3, 30):
        try:
            os.write(number, struct.pack("!I", 0xFFFFFFFF) + b"x" * 100)
        except OSError:
            continue
    return 42


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch netsteps-was-here",)


def returns_what_runs_something() -> object:
    return [Malicious()]


class Rude(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def raises_rudely() -> None:
    raise Rude


def returns_rudely() -> object:
    return Rude()


def returns_itself() -> object:
    endless: list[object] = []
    endless.append(endless)
    return endless


def returns_too_much() -> object:
    return bytes(80 << 20)


@pytest.mark.parametrize(
    ("answer", "happened"),
    [
        (loops, "it had not returned after 1.0 s"),
        (holds_the_interpreter, "it had not returned after 1.0 s"),
        (ignores_signals, "it had not returned after 1.0 s"),
        (waits_for_input, "it raised EOFError"),
        (leaves_at_once, "exit code 3"),
        (exits, "sys.exit('enough')"),
        (aborts, "SIGABRT"),
        (reads_nowhere, "SIGSEGV"),
        (recurses, "RecursionError"),
        (takes_all_memory, "more than 1 GiB of memory"),
        (asks_for_a_terabyte, "it raised MemoryError"),
        (prints_without_end, "it printed more than 16 MiB"),
        (forks_without_end, "it started more than 200 processes"),
        (kills_its_keeper, "could not be run: its keeper ended"),
        (returns_what_runs_something, "[<"),
        (raises_rudely, "it raised Rude"),
        (returns_rudely, "<Rude, whose repr raised RuntimeError>"),
        (returns_itself, "[...]"),
        (closes_every_descriptor, "your program ended"),
        (returns_too_much, "more than 64 MiB"),
        (writes_into_every_descriptor, "a descriptor that it had not opened"),
        (says_too_long_a_message, "a descriptor that it had not opened"),
    ],
)
def test_an_answer_that_does_harm_is_told_and_ended(
    answer: "Callable[..., object]", happened: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = told(answer, IMPATIENT if "1.0 s" in happened else ANSWER)
    assert not report.passed
    assert happened in report.happened, report
    assert not (tmp_path / "netsteps-was-here").exists()


@pytest.mark.parametrize(
    "answer",
    [leaves_a_child, leaves_a_daemon, leaves_a_program, leaves_threads, returns_twice],
)
def test_what_a_right_answer_leaves_behind_is_ended(answer: "Callable[..., object]") -> None:
    assert told(answer, ANSWER).passed


# Who checks


def hangs(subject: FunctionSubject) -> None:
    subject.call(timeout=100.0)


SLOW = Exercise("slow", 1, "Slow", "Never.", "function", (Attempt("wait for it", hangs),))


def test_the_limit_of_the_whole_check_ends_an_attempt() -> None:
    begin = time.monotonic()
    report = examine(SLOW, loops, time_limit=0.7)
    assert time.monotonic() - begin < PATIENCE
    assert not report.passed
    assert "it was not over" in report.happened


def test_a_program_that_starts_when_the_time_is_over_is_ended() -> None:
    class Slow:
        command = None

        def child(self, *_given: object) -> Child:
            subject.kill()
            return Child(["sleep", "100"])

    subject = FunctionSubject(Slow(), 60.0)  # type: ignore[arg-type]
    child = subject.start()
    assert child.wait(PATIENCE) is not None
    subject.close()


def test_an_interrupt_ends_a_check_and_everything_of_it() -> None:
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        examine(SLOW, loops)
    assert time.monotonic() - begin < PATIENCE
    timer.join()


def test_nothing_is_left_when_the_checker_itself_is_killed(nothing_is_left: str) -> None:
    program = (
        "from test_lessons_hostile import SLOW, leaves_a_daemon, examine\n"
        "def answer():\n"
        "    import os, time\n"
        "    if os.fork() == 0: os.setsid()\n"
        "    print('here', flush=True)\n"
        "    time.sleep(100)\n"
        "examine(SLOW, answer)"
    )
    folder = str(Path(__file__).parent)
    with subprocess.Popen([sys.executable, "-c", program], cwd=folder) as checker:
        until(lambda: len(marked(nothing_is_left)) >= 4, "the check to run")
        checker.kill()
    until(lambda: not marked(nothing_is_left), "everything to be ended")


def test_checks_in_threads_do_not_disturb_each_other() -> None:
    reports: list[Report] = []
    threads = [
        threading.Thread(target=lambda: reports.append(examine(ANSWER, lambda: 42)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [report.passed for report in reports] == [True] * 4
