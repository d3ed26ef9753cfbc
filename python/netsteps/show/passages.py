"""What a relay did with each packet: a table of runs, and in a notebook a strip of marks."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, SupportsIndex, TypeVar, overload

from netsteps.show.strip import strip
from netsteps.show.tables import html_table, text_table
from netsteps.show.units import Quantity, plural, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from netsteps.show.drawing import Drawing

__all__ = ["AnyPassage", "Passages", "log"]

_ROWS = 200


class _Passage(Protocol):
    """One packet or chunk (netsteps.Passage)."""

    @property
    def time(self) -> float: ...
    @property
    def way(self) -> str: ...
    @property
    def client(self) -> object: ...
    @property
    def number(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def verdict(self) -> str: ...
    @property
    def verdicts(self) -> "Sequence[str]": ...
    @property
    def rule(self) -> str: ...
    @property
    def delay(self) -> float: ...
    @property
    def behind(self) -> int: ...


AnyPassage = TypeVar("AnyPassage", bound=_Passage)


@dataclass(slots=True)
class _Run:
    """Passages that came one after the other, of one client and direction, to the same end."""

    first: _Passage
    last: _Passage
    count: int = 1
    size: int = 0
    delays: list[float] = field(default_factory=list)  # the shortest and the longest

    @property
    def numbers(self) -> str:
        """Which they are: 3, or 3-14."""
        if self.count == 1:
            return str(self.first.number)
        return f"{self.first.number}-{self.last.number}"

    @property
    def held(self) -> Quantity | str:
        """How long they were held back."""
        shortest, longest = self.delays
        if not longest:
            return " "
        text = _time(longest)
        if shortest != longest and _time(shortest) != text:
            text = f"{_time(shortest)} to {text}"
        return Quantity(longest, text)


def _runs(passages: "Iterable[_Passage]") -> "Iterator[_Run]":
    run: _Run | None = None
    key: object = None
    for one in passages:
        own = (one.way, str(one.client), tuple(one.verdicts), one.rule)
        if run is None or own != key:
            if run is not None:
                yield run
            run, key = _Run(one, one, size=one.size, delays=[one.delay] * 2), own
            continue
        run.last = one
        run.count += 1
        run.size += one.size
        run.delays = [min(run.delays[0], one.delay), max(run.delays[1], one.delay)]
    if run is not None:
        yield run


def _time(seconds: float) -> str:
    return time_text(round(seconds * 1e9))


_COLUMNS = ("s", "way", "client", "number", "times", "bytes", "verdict", "rule", "held back")


def _row(run: _Run) -> list[object]:
    one = run.first
    return [
        Quantity(one.time, f"{one.time:.6f}"),
        one.way,
        str(one.client),
        run.numbers,
        Quantity(run.count, f"{run.count:,}" if run.count > 1 else ""),
        Quantity(run.size, f"{run.size:,}"),
        " + ".join(one.verdicts) or one.verdict,
        one.rule or " ",
        run.held,
    ]


class Passages(list[AnyPassage]):
    """A list of passages that shows itself: a table of runs of equal ones, in a notebook a picture.

    dropped: how many older ones the relay let go.
    """

    __slots__ = ("dropped",)

    def __init__(self, passages: "Iterable[AnyPassage]" = (), dropped: int = 0) -> None:
        super().__init__(passages)
        self.dropped = dropped

    @overload
    def __getitem__(self, index: SupportsIndex) -> AnyPassage: ...
    @overload
    def __getitem__(self, index: slice) -> "Passages[AnyPassage]": ...
    def __getitem__(self, index: SupportsIndex | slice) -> "AnyPassage | Passages[AnyPassage]":
        if isinstance(index, slice):
            return Passages(super().__getitem__(index))
        return super().__getitem__(index)

    def drawing(self, *, theme: str = "light") -> "Drawing":
        """Draw a mark for each. theme: "light" or "dark"."""
        return strip(self, dropped=self.dropped, theme=theme, details=self._table)

    def __repr__(self) -> str:
        return self._text(None)

    def _text(self, limit: int | None) -> str:
        text = text_table(_COLUMNS, map(_row, _runs(self)), limit=limit)
        return f"{text}\nnote: {self._note()}" if self.dropped else text

    def _note(self) -> str:
        return f"{plural(self.dropped, 'older packet')} not kept: Relay(log=)"

    def _table(self) -> str:
        caption = f"{plural(len(self), 'packet')}, those that are alike in one row"
        caption = f"{caption} ({self._note()})" if self.dropped else caption
        return html_table(_COLUMNS, map(_row, _runs(self)), caption, limit=_ROWS)

    def _repr_html_(self) -> str:
        return self.drawing().html

    def _repr_pretty_(self, printer: "_Printer", cycle: bool) -> None:
        """Write what a notebook keeps beside the HTML (IPython's display protocol)."""
        del cycle
        printer.text(self._text(_ROWS))


class _Printer(Protocol):
    def text(self, text: str, /) -> None: ...


def log(passages: "Iterable[AnyPassage]", dropped: int = 0) -> Passages[AnyPassage]:
    """Make the list that Relay.log is. dropped: how many older ones are gone."""
    return Passages(passages, dropped)
