"""Checks wrong answers at the same time, in processes of their own: most of a check is waiting."""

import shutil
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from netsteps.lessons.checking import examine
from netsteps.lessons.exercise import exercise

PROGRAMS = Path(__file__).parent / "lessons_programs"
COMPILERS = {".cpp": ["g++", "-std=c++17", "-pthread"], ".c": ["gcc", "-std=gnu11"]}
AT_ONCE = 6
LONGEST = 20.0  # seconds: a wrong answer is told well before the limit of the whole check


class Job(NamedTuple):
    """A wrong answer: a function of a module, or a file and what it is compiled with.

    attempt, hint: words of the attempt that has to catch it, and of its hint.
    """

    exercise: str
    place: str
    name: str
    attempt: str
    hint: str


def missing_compiler(file: str) -> str | None:
    """Give the compiler that a file needs, when it is not installed."""
    compiler = COMPILERS[Path(file).suffix][0]
    return compiler if shutil.which(compiler) is None else None


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
    """Check a wrong answer, and give what is not right about the report, or ""."""
    with tempfile.TemporaryDirectory(prefix="netsteps-") as folder:
        if Path(job.place).suffix in COMPILERS:
            report = examine(exercise(job.exercise), compiled(job.place, folder, job.name))
        else:
            function = getattr(import_module(job.place), job.name)
            report = examine(exercise(job.exercise), function)
    right = (
        not report.passed
        and job.attempt in str(report.failed)
        and job.hint in report.hint
        and bool(report.expected)
        and bool(report.happened)
        and report.seconds < LONGEST
    )
    if right:
        return ""
    wanted = f"{job.place} {job.name}: caught by …{job.attempt}…, with …{job.hint}…; but"
    return f"{wanted}\n{report}"


def complaints(jobs: list[Job]) -> list[str]:
    """Check wrong answers, some at once, and give what is not right about the reports."""
    with ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as pool:
        return [text for text in pool.map(complaint, jobs) if text]
