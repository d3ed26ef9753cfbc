"""Cases, rows and rounds: what is measured against what, and how the figures are told."""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Case",
    "Contenders",
    "Figures",
    "MeasureError",
    "Missing",
    "Progress",
    "Result",
    "Row",
    "judged",
    "measured",
]


class Missing(str):
    """Why something cannot be measured here: "uvloop is not installed"."""

    __slots__ = ()


class MeasureError(Exception):
    """A measurement that failed: the program ended with an error, or bytes were wrong."""


# One measurement: it takes about as long as the run's `seconds`, and gives one figure.
Measure = Callable[[], float]
Contenders = dict[str, "Measure | Missing"]


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure of ours against one of theirs.

    what: what is measured. against: beside what. ours, theirs: names of contenders of the case;
    without theirs the figure itself stands for the ratio. limit: what has to be reached, in the
    sense of at_least; None asks for nothing. aim: what we would like. noise: how far from the limit
    still counts as reached. unit: of this row's figures, where it is not that of the case. beside:
    another contender whose figure is shown, where the ratio is not made with it.
    """

    what: str
    against: str
    ours: str
    theirs: str | None
    limit: float | None = None
    at_least: bool = True
    aim: float | None = None
    noise: float = 0.0
    unit: str | None = None
    beside: str | None = None


@dataclass(frozen=True)
class Case:
    """Contenders that are measured side by side, in alternation, and the rows made of that.

    open: begins what they need (servers, files) and gives them by name. unit: of their figures.
    count: how many measurements of about `seconds` a round has, for the time that is left. often:
    how many times as many rounds as asked for, where the figures of one round scatter much.
    """

    group: str
    name: str
    unit: str
    open: Callable[[Any], AbstractContextManager[Contenders]]
    rows: tuple[Row, ...]
    count: float
    often: int = 1


@dataclass
class Figures:
    """What was measured of one case: for each contender its figures, one a round, or why not."""

    values: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """A row with its figures.

    ours, theirs: medians. ratio: of the medians; low, high: the middle half of the rounds' own
    ratios. passed: None when nothing was asked or measured; missing says why.
    """

    group: str
    case: str
    unit: str
    row: Row
    ours: float | None = None
    theirs: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    passed: bool | None = None
    missing: str | None = None


def measured(
    contenders: Contenders, rounds: int, progress: Callable[[int], None] = lambda _: None
) -> Figures:
    """Measure each contender once a round: A B, then B A, so that none always comes first.

    One that fails is not measured again, and the others go on: its rows say why. progress: is
    called with the number of the round, counted from 1.
    """
    figures = Figures()
    for name, measure in contenders.items():
        if isinstance(measure, Missing):
            figures.missing[name] = str(measure)
        else:
            figures.values[name] = []
    for number in range(1, rounds + 1):
        progress(number)
        names = list(figures.values)
        for name in names if number % 2 else reversed(names):
            if name in figures.missing:
                continue
            measure = contenders[name]
            assert not isinstance(measure, Missing)
            try:
                figures.values[name].append(measure())
            except MeasureError as error:
                figures.missing[name] = f"failed: {error}"
    for name in figures.missing:
        figures.values.pop(name, None)
    return figures


def middle_half(values: Sequence[float]) -> tuple[float, float]:
    """Give what a quarter lies below and a quarter above; of few values the least and the most."""
    if len(values) < 4:
        return min(values), max(values)
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def quotient(ours: float, theirs: float) -> float:
    return ours / theirs if theirs else float("inf")


def reached(row: Row, ratio: float) -> bool | None:
    if row.limit is None:
        return None
    return ratio >= row.limit - row.noise if row.at_least else ratio <= row.limit + row.noise


def judged(case: Case, figures: Figures) -> list[Result]:
    """Make the rows of a case of its figures."""
    results = []
    for row in case.rows:
        wanted = [name for name in (row.ours, row.theirs) if name is not None]
        unit = row.unit or case.unit
        missing = [figures.missing[name] for name in wanted if name in figures.missing]
        if missing or any(not figures.values.get(name) for name in wanted):
            reason = missing[0] if missing else "not measured"
            results.append(Result(case.group, case.name, unit, row, missing=reason))
            continue
        mine = figures.values[row.ours]
        ours = statistics.median(mine)
        if row.theirs is None:
            beside = figures.values.get(row.beside or "")
            theirs = statistics.median(beside) if beside else None
            ratio, ratios = ours, mine
        else:
            others = figures.values[row.theirs]
            theirs = statistics.median(others)
            ratio = quotient(ours, theirs)
            ratios = [quotient(a, b) for a, b in zip(mine, others, strict=True)]
        low, high = middle_half(ratios)
        passed = reached(row, ratio)
        results.append(
            Result(case.group, case.name, unit, row, ours, theirs, ratio, low, high, passed)
        )
    return results


class Progress:
    """One line that tells where the run is and about how long it still takes."""

    def __init__(self, cases: Sequence[Case], rounds: int, write: Callable[[str], object]) -> None:
        self._cases = list(cases)
        self._rounds = rounds
        self._write = write
        self._begun = time.monotonic()
        self._all = sum(case.count * case.often for case in cases) * rounds

    def at(self, place: int, number: int) -> None:
        """Tell that this case, counted from 0, is in this round, counted from 1; 0: it begins."""
        case = self._cases[place]
        done = sum(case.count * case.often for case in self._cases[:place]) * self._rounds
        done += case.count * max(number - 1, 0)
        gone = time.monotonic() - self._begun
        left = gone / done * (self._all - done) if done else None
        text = f"{minutes(gone)} gone" + (f", about {minutes(left)} left" if left else "")
        where = f"[{place + 1}/{len(self._cases)}] {case.name}"
        now = f"round {number} of {self._rounds * case.often}" if number else "starting"
        self._write(f"{where}: {now}; {text}")


def minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
