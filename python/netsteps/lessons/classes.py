"""A class: a folder with a folder for each student, and in that a file for each exercise."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.lessons.answer import BadAnswer, defines
from netsteps.lessons.checking import examine, refused
from netsteps.lessons.exercise import PLACES, exercise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from netsteps.lessons.exercise import Exercise
    from netsteps.lessons.report import Report

__all__ = ["Work", "check_work", "passed_over", "students_in", "work_in"]


@dataclass(frozen=True)
class Work:
    """One exercise of one student: path is its file, or None where there is none."""

    student: str
    exercise: "Exercise"
    path: "Path | None"


def work_in(folder: "Path", names: "Sequence[str]" = ()) -> list[Work]:
    """Find the work of a class: student by student, in the order of the lessons.

    names: the exercises that everybody has to have; by default all that are there. Raises OSError
    when the folder cannot be read, KeyError for a name that is no exercise.
    """
    folder = folder.resolve()  # each program runs in the folder of its student
    wanted = [exercise(name) for name in names or PLACES]
    return [
        Work(student.name, one, path)
        for student in students_in(folder)
        for one in wanted
        if (path := file_of(student, one)) is not None or names
    ]


def students_in(folder: "Path") -> "list[Path]":
    """Give the folders of the students, sorted by their names."""
    return sorted(
        path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
    )


def passed_over(folder: "Path", names: "Sequence[str]" = ()) -> "list[tuple[str, str]]":
    """Name the files that look like an answer where no answer was found, and say why each is none.

    Gives student/file, and what to do about it: a source that is not compiled, a file that may not
    be executed, a name that differs in its letters.
    """
    wanted = {one.function: one for one in map(exercise, names or PLACES)}
    found = []
    for student in students_in(folder.resolve()):
        for path in sorted(student.iterdir()):
            one = wanted.get(path.stem.lower().replace("-", "_").replace(" ", "_"))
            if one is None or not path.is_file() or file_of(student, one) is not None:
                continue
            if path.suffix not in {"", ".py", ".jar"}:
                why = f"compile it to {one.name}, which may be executed"
            elif path.stem not in {one.name, one.function}:
                why = f"its name has to be {one.name}{path.suffix}"
            else:
                why = "it may not be executed (chmod +x)"
            found.append((f"{student.name}/{path.name}", why))
    return found


def file_of(student: "Path", one: "Exercise") -> "Path | None":
    """Find the file of an exercise: NAME.py, NAME.jar, NAME that may be executed, or a notebook.

    The name is that of the exercise or of its function: echo-server, echo_server. A notebook of any
    name is taken when one of its cells defines the function.
    """
    for path in _candidates(student, one):
        if path.is_file() and (path.suffix or os.access(path, os.X_OK)):
            return path
    return next(
        (book for book in sorted(student.glob("*.ipynb")) if defines(book, one.function)), None
    )


def _candidates(student: "Path", one: "Exercise") -> "Iterator[Path]":
    for ending in (".py", "", ".jar"):
        for name in (one.name, one.function):
            yield student / f"{name}{ending}"


def check_work(
    work: Work,
    *,
    time_limit: float,
    ascii: bool = False,  # noqa: A002 - the word that says it
    progress: "Callable[[int, str], object] | None" = None,
) -> "Report":
    """Check one piece of work, in the folder of its student. Gives a Report in any case."""
    one, path = work.exercise, work.path
    if path is None:
        return refused(one, "a file of this exercise", "there is none")
    answer: Path | list[str] = path
    if path.suffix not in {".py", ".ipynb"}:
        host = ["{host}"] if one.kind == "client" else []
        answer = [*(["java", "-jar"] if path.suffix == ".jar" else []), str(path), *host, "{port}"]
    try:
        return examine(
            one,
            answer,
            time_limit=time_limit,
            folder=str(path.parent),
            ascii=ascii,
            progress=progress,
        )
    except BadAnswer as problem:
        return refused(one, "an answer to this exercise", str(problem))
