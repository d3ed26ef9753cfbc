"""netsteps check: a program, or those of a whole class, against the exercises of the lessons."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from netsteps.cli.check_progress import Steps
from netsteps.cli.show import shows_lines
from netsteps.cli.terminal import say, show_table, warn
from netsteps.lessons.answer import BadAnswer
from netsteps.lessons.checking import examine
from netsteps.lessons.classes import Work, check_work, passed_over, students_in, work_in
from netsteps.lessons.exercise import PLACES, all_exercises, exercise
from netsteps.show.report import report_text
from netsteps.show.tables import printable

if TYPE_CHECKING:
    import argparse

    from netsteps.lessons.exercise import Exercise
    from netsteps.lessons.report import Report
    from netsteps.show import Table

__all__ = ["check"]


def check(options: "argparse.Namespace") -> int:
    """Check what was asked for; 0 when all passed, 1 when something failed."""
    if options.list:
        return _list(options)
    if options.folder is not None:
        return _class(options)
    if not options.words:
        options.usage_error("which exercise? `netsteps check --list` names them")
    name, *files = options.words
    one = _exercise(options, name)
    if len(files) + bool(options.program) > 1:
        options.usage_error(
            "one program at a time: a file, or -- and a command (--all DIR for many)"
        )
    if not files and not options.program:
        return _task(one)
    return _one(options, one, Path(files[0]) if files else options.program)


def _exercise(options: "argparse.Namespace", name: str) -> "Exercise":
    if name not in PLACES:
        from difflib import get_close_matches

        near = get_close_matches(name.replace("_", "-"), PLACES, 1, 0.5)
        meant = f" Is {near[0]} meant?" if near else ""
        _refuse(
            options, f"there is no exercise {name!r}.{meant} `netsteps check --list` names them."
        )
    return exercise(name)


def _refuse(options: "argparse.Namespace", text: str) -> NoReturn:
    options.usage_error(printable(text))
    raise SystemExit(2)


def _list(options: "argparse.Namespace") -> int:
    from netsteps.lessons.check import exercises

    objects = [
        {
            "name": one.name,
            "lesson": one.lesson,
            "kind": one.kind,
            "transport": one.transport if one.kind != "function" else None,
            "title": one.title,
            "task": one.task,
            "attempts": [attempt.title for attempt in one.attempts],
        }
        for one in all_exercises()
    ]
    show_table(exercises(), objects, as_json=options.json)
    return 0


def _task(one: "Exercise") -> int:
    """Say what is to be written, and how it is checked."""
    from netsteps.lessons.check import task

    arguments = {"server": " {port}", "client": " {host} {port}"}.get(one.kind)
    say(task(one.name))
    say(f"\nCheck it:\n  netsteps check {one.name} FILE.py    (or a notebook)")
    if arguments:
        say(f"  netsteps check {one.name} -- COMMAND{arguments}")
    return 0


def _one(options: "argparse.Namespace", one: "Exercise", answer: "Path | list[str]") -> int:
    if isinstance(answer, Path) and not answer.is_file():
        _refuse(options, f"there is no file {answer}; a command stands after --")
    with Steps(len(one.attempts)) as steps:
        try:
            report = examine(
                one,
                answer,
                time_limit=options.time_limit,
                ascii=not shows_lines(),
                progress=steps.at,
            )
        except BadAnswer as problem:
            steps.stop()
            _refuse(options, str(problem))
    if options.json:
        say(json.dumps(report.as_dict(), indent=2))
    else:
        _print(report_text(report))
    _write(options, [("", report)])
    return 0 if report.passed else 1


def _class(options: "argparse.Namespace") -> int:
    folder = Path(options.folder)
    if options.program:
        _refuse(options, "--all DIR looks for the programs itself; -- COMMAND is for one of them")
    for name in options.words:
        _exercise(options, name)
    if not folder.is_dir():
        _refuse(options, f"there is no folder {folder}")
    works = work_in(folder, options.words)
    if not works:
        warn(f"{folder} holds no folder with a file that is named after an exercise")
        return 1
    reports: list[tuple[Work, Report]] = []
    try:
        _check_all(options, works, reports)
    except KeyboardInterrupt:
        if reports:
            warn(f"interrupted: {len(reports)} of {len(works)} programs were checked")
            _tell_class(options, reports)
        raise
    _tell_class(options, reports)
    return 0 if all(report.passed for _, report in reports) else 1


def _check_all(
    options: "argparse.Namespace", works: list[Work], reports: "list[tuple[Work, Report]]"
) -> None:
    """Check one after the other, and add each report as soon as it is there."""
    with Steps(sum(len(work.exercise.attempts) for work in works)) as steps:
        done = 0
        for work in works:
            steps.begin(done, f"{work.student} {work.exercise.name}: ")
            report = check_work(
                work,
                time_limit=options.time_limit,
                ascii=not shows_lines(),
                progress=steps.at,
            )
            reports.append((work, report))
            done += len(work.exercise.attempts)


def _tell_class(options: "argparse.Namespace", reports: "list[tuple[Work, Report]]") -> None:
    """Print the class, name what was left aside, and write the files."""
    folder = Path(options.folder)
    table = _table(reports, [student.name for student in students_in(folder)])
    _print_class(options, reports, table)
    for name, why in passed_over(folder, options.words):
        warn(printable(f"{name} is not checked: {why}"))
    _write(options, [(work.student, report) for work, report in reports], table)


def _print_class(
    options: "argparse.Namespace",
    reports: "list[tuple[Work, Report]]",
    table: "Table[dict[str, str]]",
) -> None:
    if options.json:
        objects = [{"student": work.student, **report.as_dict()} for work, report in reports]
        say(json.dumps(objects, indent=2))
        return
    show_table(table, [], as_json=False)
    for work, report in reports:
        if not report.passed and not report.unwritten and work.path is not None:
            said = report_text(report, short=True)
            _print(f"\n{printable(work.student)}: {said}")


def _table(reports: "list[tuple[Work, Report]]", students: list[str]) -> "Table[dict[str, str]]":
    """Make the table of a class: a row for each student, a column for each exercise."""
    from netsteps.show import Table

    rows = {student: {"student": student} for student in students}
    names = {work.exercise.name for work, _ in reports}
    for work, report in reports:
        row = rows[work.student]
        row[work.exercise.name] = _cell(work, report)
    for row in rows.values():
        passed = sum(cell == "passed" for cell in row.values())
        row["passed"] = f"{passed} of {len(names)}"
    shown = ["student", *(name for name in PLACES if name in names), "passed"]
    return Table(rows.values(), columns={name: partial(_of, name) for name in shown})


def _of(name: str, row: dict[str, str]) -> str:
    return row.get(name, "-")


def _cell(work: Work, report: "Report") -> str:
    if report.passed:
        return "passed"
    if work.path is None:
        return "missing"
    if report.unwritten:
        return "unwritten"
    done = sum(one.state == "passed" for one in report.attempts)
    return f"failed {done}/{len(report.attempts)}"


def _print(text: str) -> None:
    """Print a report; in a terminal with colours, and always with words."""
    if not sys.stdout.isatty():
        say(text)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False)
    for line in text.splitlines():
        console.print(Text(line, style=_style(line)), soft_wrap=True)


def _style(line: str) -> str:
    for start, style in _STYLES.items():
        if line.startswith(start):
            return style
    return ""


_STYLES = {
    "  ok ": "green",
    "  FAILED ": "bold red",
    "expected:": "bold",
    "happened:": "bold red",
    "hint:": "bold cyan",
}


def _write(
    options: "argparse.Namespace",
    reports: "list[tuple[str, Report]]",
    table: "Table[dict[str, str]] | None" = None,
) -> None:
    """Write the files that were asked for. table: of a class, for the head of its page."""
    if options.junit:
        from netsteps.lessons.junit import junit

        Path(options.junit).write_text(junit(reports), encoding="utf-8")
        warn(f"wrote {options.junit}")
    if options.html:
        from netsteps.show.report import reports_page

        Path(options.html).write_text(reports_page(reports, table), encoding="utf-8")
        warn(f"wrote {options.html}")
