"""Measure netsteps beside its peers, in one alternating run.

    make bench                          everything, in less than ten minutes
    make bench ROUNDS=3 ONLY=udp        a part, quickly
    make bench ONLY=tcp-echo,idle EACH=2
    make bench README=1                 everything, and the README shows it from then on

The same without make, from the project's directory:

    PYTHONPATH=tests python -m bench --rounds 3 --only udp

Only loopback is used. Ctrl-C ends it, and everything that it has started.
"""

import argparse
import shlex
import shutil
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from bench import machine
from bench.cases import ALL
from bench.measure import Case, Figures, MeasureError, Progress, Result, judged, measured
from bench.picture import drawing
from bench.processes import HERE, PEERS, Bench
from bench.report import (
    about_run,
    as_json,
    load,
    readme_section,
    terminal_table,
    with_section,
    written,
)

ROOT = HERE.parent.parent
RESULTS = HERE / "results"
README = ROOT / "README.md"
NAME = "latest"
# Short measurements, many rounds: the machine drifts from second to second, and what is measured in
# one round is compared with each other.
ROUNDS, SECONDS = 15, 0.5


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rounds", type=int, default=ROUNDS, help=f"how often each is measured ({ROUNDS})")
    add("--seconds", type=float, default=SECONDS, help=f"for one measurement ({SECONDS:g})")
    add("--only", default="", help="groups or words of cases, with commas between; --list tells")
    add("--list", action="store_true", help="list the cases and end")
    add("--out", type=Path, default=PEERS, help=f"folder for {NAME}.json and {NAME}.svg")
    add("--check", action="store_true", help="exit with 1 when a limit is not reached")
    add("--readme", action="store_true", help="save it as the result that README.md shows")
    add("--redraw", action="store_true", help="write that result's table and picture anew, and end")
    given = parser.parse_args(arguments)
    if given.rounds < 1 or not 0.05 <= given.seconds <= 60:
        parser.error("at least one round, and 0.05 to 60 seconds")
    if given.readme and given.only:
        parser.error("--readme shows everything, not a part")
    return given


def chosen(only: str) -> list[Case]:
    words = [word.strip().lower() for word in only.split(",") if word.strip()]
    return [
        case
        for case in ALL
        if not words or any(word in f"{case.group} {case.name}".lower() for word in words)
    ]


def measure(case: Case, bench: Bench, progress: Progress, place: int, rounds: int) -> Figures:
    """Measure one case; one that cannot begin says why in all its rows."""
    progress.at(place, 0)
    try:
        with case.open(bench) as contenders:
            often = rounds * case.often
            return measured(contenders, often, lambda number: progress.at(place, number))
    except MeasureError as error:
        names = {name for row in case.rows for name in (row.ours, row.theirs) if name}
        return Figures(missing=dict.fromkeys(names, f"failed: {error}"))


def command(given: argparse.Namespace) -> str:
    """Give the command as somebody would type it again."""
    words = ["make bench"]
    if given.rounds != ROUNDS:
        words.append(f"ROUNDS={given.rounds}")
    if given.seconds != SECONDS:
        words.append(f"EACH={given.seconds:g}")
    if given.only:
        words.append(f"ONLY={shlex.quote(given.only)}")
    return " ".join(words)


def tell(text: str) -> None:
    """Write the progress over itself in a terminal, and on lines elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif ": round 1 of " in text:
        print(text, file=sys.stderr, flush=True)


def saved(result: dict[str, Any], folder: Path) -> None:
    """Write a result and its picture."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.json").write_text(written(result), encoding="utf-8")
    drawing(result).save(folder / f"{NAME}.svg")


def show_in_readme(result: dict[str, Any]) -> None:
    """Save the result where the README shows it, and write its section."""
    saved(result, RESULTS)
    picture = (RESULTS / f"{NAME}.svg").relative_to(ROOT).as_posix()
    readme = README.read_text(encoding="utf-8")
    README.write_text(with_section(readme, readme_section(result, picture)), encoding="utf-8")
    print("README.md shows", result["date"])


def run(given: argparse.Namespace, cases: Sequence[Case]) -> list[Result]:
    """Measure the cases, print their rows and save them; those that were done when it was ended."""
    bench = Bench(given.seconds)
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command(given),
        "rounds": given.rounds,
        "seconds": given.seconds,
        "machine": machine.described(),
    }
    if bench.load == bench.server:
        print("only one processor: servers and loads share it, so the figures mean little")
    progress = Progress(cases, given.rounds, tell)
    done: list[tuple[Case, Figures]] = []
    rows: list[Result] = []
    try:
        for place, case in enumerate(cases):
            figures = measure(case, bench, progress, place, given.rounds)
            done.append((case, figures))
            rows += judged(case, figures)
    finally:
        tell("")
        result = as_json(done, rows, about)
        if rows:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            print(f"\r{terminal_table(result['rows'], width)}\n\n{about_run(result)}")
    saved(result, given.out)
    print(f"saved as {given.out / NAME}.json and .svg")
    if given.readme:
        show_in_readme(result)
    return rows


def ended(number: int, frame: object) -> NoReturn:
    """End as Ctrl-C does: what was started is ended first."""
    del number, frame
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    given = parsed(arguments)
    if given.redraw:
        show_in_readme(load(RESULTS / f"{NAME}.json"))
        return 0
    cases = chosen(given.only)
    if given.list or not cases:
        for case in ALL:
            print(f"{case.group:12} {case.name}")
        return 0 if given.list else 2
    signal.signal(signal.SIGTERM, ended)
    try:
        rows = run(given, cases)
    except KeyboardInterrupt:
        print("\nended before its end", file=sys.stderr)
        return 130
    missed = [row for row in rows if row.passed is False or row.missing]
    return 1 if given.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
