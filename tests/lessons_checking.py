"""Checks answers at the same time, in processes of their own: most of a check is waiting."""

import shutil
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pytest

from netsteps.lessons.checking import examine
from netsteps.lessons.exercise import exercise

PROGRAMS = Path(__file__).parent / "lessons_programs"
COMPILERS = {".cpp": ["g++", "-std=c++17", "-pthread"], ".c": ["gcc", "-std=gnu11"]}
AT_ONCE = 6
LONGEST = 20.0  # seconds: a wrong answer is told well before the limit of the whole check


class Job(NamedTuple):
    """An answer: a function of a module, or a file and what it is compiled with.

    attempt, happened, hint: words of the attempt that has to catch it, of what is told of it, and
    of its hint. right: it has to pass instead.
    """

    exercise: str
    place: str
    name: str
    attempt: str = ""
    hint: str = ""
    happened: str = ""
    right: bool = False

    def __str__(self) -> str:
        return f"{self.exercise}-{self.name or self.place}"


def missing_compiler(place: str) -> str | None:
    """Give the compiler that an answer needs, when it is not installed."""
    compiler, *_ = COMPILERS.get(Path(place).suffix, [None])
    return compiler if compiler and shutil.which(compiler) is None else None


def compiled(file: str, folder: str, mistake: str = "") -> list[str]:
    """Compile a program, with a mistake, and give its command."""
    out = str(Path(folder) / "program")
    flags = [f"-D{mistake}"] if mistake else []
    command = [*COMPILERS[Path(file).suffix], "-Wall", *flags, "-o", out, str(PROGRAMS / file)]
    subprocess.run(command, check=True, timeout=60)
    return words_for(file, [out])


def words_for(file: str, program: list[str]) -> list[str]:
    """Give the command of a program with what stands for its arguments."""
    kind = exercise(exercise_of(file)).kind
    return [*program, *(["{host}", "{port}"] if kind == "client" else ["{port}"])]


def exercise_of(file: str) -> str:
    """Give the exercise that a file is an answer to."""
    return Path(file).stem.replace("_", "-")


def complaint(job: Job) -> str:
    """Check an answer, and give what is not right about the report, or ""."""
    with tempfile.TemporaryDirectory(prefix="netsteps-") as folder:
        if Path(job.place).suffix in COMPILERS:
            report = examine(exercise(job.exercise), compiled(job.place, folder, job.name))
        else:
            function = getattr(import_module(job.place), job.name)
            report = examine(exercise(job.exercise), function)
    if job.right:
        return "" if report.passed else str(report)
    as_wanted = (
        not report.passed
        and job.attempt in str(report.failed)
        and job.hint in report.hint
        and job.happened in report.happened
        and bool(report.expected)
        and bool(report.happened)
        and bool(report.hint)
        and report.seconds < LONGEST
    )
    if as_wanted:
        return ""
    wanted = f"caught by …{job.attempt}…, with …{job.happened}… and …{job.hint}…; but"
    return f"{job.place} {job.name}: {wanted}\n{report}"


def complaints(request: pytest.FixtureRequest) -> dict[Job, str]:
    """Check the answers of all tests of a file that are to run, some at once.

    They are the tests with a parameter `job`. Gives what is not right about each report, or "".
    """
    jobs = [
        item.callspec.params["job"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is request.module
        and "job" in item.fixturenames
    ]
    jobs = [job for job in jobs if missing_compiler(job.place) is None]
    with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as pool:
        return dict(zip(jobs, pool.map(complaint, jobs), strict=True))
