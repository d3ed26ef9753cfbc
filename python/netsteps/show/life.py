"""The life of a socket: the state table, with the way that this socket has gone.

Plain data in: the rows of the table, (state, action, next state), and the lines of `socket.steps`.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from netsteps.show.drawing import Drawing
from netsteps.show.tables import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Life", "Row", "Walked", "life_of_error", "life_of_socket", "of_peer"]

Row = tuple[str, str, str]  # a state, what can happen there, and the state after it

_COLUMNS = 80
# What makes a socket; the second one gives it its peer as well.
_MADE = ("socket", "accepted")


class _Line(Protocol):
    """A run of equal steps that end in the same state, as the core keeps it."""

    @property
    def step(self) -> str: ...
    @property
    def action(self) -> str | None: ...
    @property
    def count(self) -> int: ...
    @property
    def failed(self) -> bool: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Walked:
    """A step from one state to another; action is None where the table has no such row."""

    before: str
    action: str | None
    after: str


@dataclass(slots=True)
class Life:
    """What is known of one socket.

    rows: the state table. state: where it stands. began: "socket" or "accepted", or None where it
    is not told. walked: the steps from state to state, in order. stayed, failed: how often each
    step that changed nothing was done, and failed, by state and action. left_out: how many lines
    of its steps the socket has not kept. tried: the step that was out of order. wanted: what it is
    in the table. way: the rows on the way to where it is possible. handed: that way leads over the
    new socket that accept gives.
    """

    kind: str
    rows: list[Row]
    state: str
    name: str = ""
    began: str | None = None
    first: str = "created"
    walked: list[Walked] = field(default_factory=list)
    stayed: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_out: int = 0
    tried: str | None = None
    wanted: str | None = None
    way: list[Row] = field(default_factory=list)
    handed: bool = False
    cause: str = ""
    remedy: str = ""

    @property
    def possible(self) -> list[Row]:
        """The rows of the present state; none where the way to a missing step is shown instead."""
        return [] if self.way else [row for row in self.rows if row[0] == self.state]

    @property
    def goal(self) -> Row | None:
        """The row that the missing steps lead to."""
        if not self.way:
            return None
        at = "connected" if self.handed else self.way[-1][2]
        return next((row for row in self.rows if row[:2] == (at, self.wanted)), None)

    def follow(self, lines: "Iterable[_Line]") -> None:
        """Go the way of these lines, from state to state."""
        here = self.first
        for line in lines:
            if self.began is None:
                self.began = line.step if line.step in _MADE else "socket"
                here = self.first = line.state
                if line.step in _MADE:
                    continue
            again = line.count
            if line.state != here:
                self._step(here, line.action, line.state)
                here, again = line.state, again - 1
            if again and line.action:
                (self.failed if line.failed else self.stayed)[here, line.action] += again
        if here != self.state:  # another thread's step, not yet told
            self._step(here, None, self.state)

    def _step(self, before: str, action: str | None, after: str) -> None:
        """Walk to another state: as the line says, or as the peer did, whom a call told of."""
        ways = [row[1] for row in self.rows if (row[0], row[2]) == (before, after)]
        found = (
            action if action in ways else min(ways, key=lambda way: not of_peer(way), default=None)
        )
        self.walked.append(Walked(before, found, after))


def of_peer(action: str) -> bool:
    """Whether it is not our doing."""
    return action.startswith("peer ")


def life_of_socket(
    rows: "Sequence[Row]",
    kind: str,
    state: str,
    lines: "Iterable[_Line]",
    *,
    left_out: int = 0,
    local: object | None = None,
    peer: object | None = None,
    theme: str = "light",
) -> Drawing:
    """Draw the state table with the way that a socket has gone.

    rows: the state table of its kind, "tcp" or "udp". state: where it stands. lines: its steps.
    left_out: how many lines of them it has not kept. local, peer: its addresses, if it has any.
    theme: "light" or "dark". Raises ValueError for another theme.
    """
    ends = [printable(end) for end in (local, peer) if end is not None]
    life = Life(kind, list(rows), state, " to ".join(ends), left_out=left_out)
    life.follow(lines)
    return _drawing(life, theme)


def life_of_error(
    rows: "Sequence[Row]",
    kind: str,
    state: str,
    action: str,
    path: "Sequence[str]",
    *,
    step: str = "",
    cause: str = "",
    remedy: str = "",
    theme: str = "light",
) -> Drawing:
    """Draw the state table with a step that was out of order.

    rows: the state table of the socket's kind, "tcp" or "udp". state: where it stood. action: what
    was tried, in the words of the table. path: the steps that lead to where it is possible. step:
    the same in the words of the API. cause, remedy: why, and what to try. theme: "light" or "dark".
    Raises ValueError for another theme.
    """
    life = Life(kind, list(rows), state, tried=step or action, wanted=action)
    life.cause, life.remedy = cause, remedy
    here = state
    for missing in path:
        row = next((row for row in rows if row[:2] == (here, missing)), None)
        if row is None:
            break
        life.way.append(row)
        here = row[2]
    life.handed = bool(life.way) and (here, action) not in {row[:2] for row in rows}
    return _drawing(life, theme)


def _drawing(life: Life, theme: str) -> Drawing:
    from netsteps.show.life_picture import picture
    from netsteps.show.theme import theme_of

    drawing = Drawing(lambda name: picture(life, theme_of(name)), text(life), alternative(life))
    return drawing if theme == "light" else drawing.themed(theme)


def title(life: Life) -> str:
    """Write what the drawing shows, in one line."""
    if life.tried is not None:
        return f'{life.tried} on a {life.kind} socket that is "{life.state}": out of order'
    named = f" {life.name}" if life.name else ""
    return f'The life of a {life.kind} socket{named}: now "{life.state}"'


def counted(life: Life, state: str, action: str, sign: str = "x") -> str:
    """Write a step with how often it was done, and failed; sign: how "times" is written."""
    done, failed = life.stayed[state, action], life.failed[state, action]
    times = f" {sign} {done:,}" if done else ""
    return f"{action}{times}{f', {failed:,} failed' if failed else ''}"


def alternative(life: Life) -> str:
    """Tell the drawing to those who do not see it."""
    if life.tried is not None:
        missing = ", then ".join(row[1] for row in life.way)
        return title(life) + (f". Missing: {missing}." if missing else f". {life.cause}.")
    way = ", ".join(f"{step.action or 'unknown steps'} to {step.after}" for step in life.walked)
    can = ", ".join(row[1] for row in life.possible)
    return f"{title(life)}. The way: {life.first}{', ' + way if way else ''}. Possible: {can}."


def text(life: Life) -> str:
    """Write the same as a list, in at most 80 columns."""
    lines = _wrapped(title(life), "")
    lines += _tried(life) if life.tried is not None else _gone(life)
    actions = [row[1] for row in life.possible]
    ours = ", ".join(action for action in actions if not of_peer(action))
    theirs = ", ".join(action for action in actions if of_peer(action))
    if ours:
        lines += _wrapped(ours, "  possible now: ")
    if theirs:
        lines += _wrapped(theirs, "  and the peer: ")
    return "\n".join(lines)


def _gone(life: Life) -> list[str]:
    """Write the way: each step with its number, and below it what changed nothing."""
    steps = [(life.began or "socket", life.first)]
    steps += [(step.action or "...", step.after) for step in life.walked]
    width = max(len(action) for action, _ in steps)
    lines = []
    for number, (action, after) in enumerate(steps, 1):
        now = "  <- now" if number == len(steps) else ""
        lines.append(f"{number:>4}  {action:<{width}}  -> {after}{now}")
        # A state is never left and come to again.
        stays = [row[1] for row in life.rows if row[0] == after]
        told = [
            counted(life, after, action)
            for action in stays
            if life.stayed[after, action] or life.failed[after, action]
        ]
        if told:
            lines += _wrapped(", ".join(told), " " * (width + 11))
    if life.left_out:
        lines += _wrapped(f"{life.left_out:,} lines of its steps were not kept", "  note: ")
    return lines


def _tried(life: Life) -> list[str]:
    """Write the step that was tried, why it cannot be, and the way to it."""
    lines = [f"   x  {life.tried}"]
    if life.cause:
        lines += _wrapped(life.cause, "      ")
    if life.way:
        lines.append("missing:")
    width = max((len(row[1]) for row in life.way), default=0)
    for number, (_, action, after) in enumerate(life.way, 1):
        last = life.handed and number == len(life.way)
        told = "a new socket, connected" if last else after
        lines.append(f"{number:>4}  {action:<{width}}  -> {told}")
    if life.way:
        lines.append(f"{len(life.way) + 1:>4}  {life.tried}")
    if life.remedy:
        lines += _wrapped(life.remedy, "  try: ")
    return lines


def _wrapped(words: str, begin: str) -> list[str]:
    import textwrap

    return textwrap.wrap(
        printable(words), _COLUMNS, initial_indent=begin, subsequent_indent=" " * len(begin)
    )
