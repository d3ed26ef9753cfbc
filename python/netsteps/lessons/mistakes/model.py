"""A mistake, and what came of making it."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import netsteps as ns
    from netsteps.show.drawing import Drawing

__all__ = ["LADDER", "Made", "Mistake", "Wait"]

Ends = Literal["error", "silence", "waits", "goes on"]

WRONG, SAYS, RIGHT = "wrong.py", "with_netsteps.py", "right.py"
# A picture: its title, and "ladder" or an expression over the names of the program with netsteps.
LADDER = ("The wrong program, as it really went", "ladder")
_WORDS = {"silence": "silence", "waits": "waits for ever", "goes on": "goes on for ever"}


def _always() -> str:
    return ""


@dataclass(frozen=True, slots=True, repr=False)
class Mistake:
    """A mistake that people make with sockets. make() makes it; a notebook shows it so, too.

    name: as an attribute of this package. title: what it is, in a sentence. why: what people
    believe who make it. wrong: the program with the mistake, plain Python. ends: what it gives:
    "error", "silence", "waits" or "goes on" (both for ever). happens: what that means. error: the
    last line of its traceback. line: the text of the line that raises it, waits, or is to blame.
    prints: its output, where "…" stands for what differs from run to run. same: the same mistake
    with netsteps. netsteps_says: words of what netsteps then says. cure: what to do. right: the
    program without the mistake. right_prints: its output. views: the pictures, each with its title.
    elsewhere: how other systems differ. lecture: the lecture that it belongs to, 1 to 5. here: says
    why this machine cannot show it. memory, ordinary_user: see Program.
    """

    name: str
    title: str
    why: str
    wrong: str
    ends: Ends
    happens: str
    same: str
    netsteps_says: str
    cure: str
    right: str
    lecture: int
    error: str = ""
    line: str = ""
    prints: str = ""
    right_prints: str = ""
    views: tuple[tuple[str, str], ...] = (LADDER,)
    elsewhere: str = ""
    here: "Callable[[], str]" = _always
    memory: int = 0
    ordinary_user: bool = False

    @property
    def gives(self) -> str:
        """What plain Python gives, in a few words: the error's text, or the kind of silence."""
        return self.error if self.ends == "error" else _WORDS[self.ends]

    def make(self, *, recorded: bool = True) -> "Made":
        """Make the mistake on real sockets, in processes of their own. Takes about a second.

        recorded: whether the sockets are traced; without it there is no ladder. Raises RuntimeError
        when a process ends without a result.
        """
        from netsteps.lessons.mistakes.running import Program

        drawn = [view for _, view in self.views if view != "ladder"]
        with ExitStack() as programs:
            wrong = programs.enter_context(
                Program(
                    self.wrong,
                    file=WRONG,
                    recorded=recorded,
                    may_wait=self.ends == "waits",
                    memory=self.memory,
                    ordinary_user=self.ordinary_user,
                )
            )
            same = programs.enter_context(
                Program(
                    self.same,
                    file=SAYS,
                    netsteps=True,
                    views=drawn,
                    ordinary_user=self.ordinary_user,
                )
            )
            ran, said = wrong.wait(), same.wait()
        drawings = iter(said.drawings)
        pictures: list[tuple[str, Drawing]] = []
        for title, view in self.views:
            if view != "ladder":
                pictures += [(title, drawing) for drawing in [next(drawings, None)] if drawing]
            elif ran.trace is not None and ran.trace.events:
                pictures.append((title, ran.trace.ladder()))
        waits = tuple(
            Wait(name, line, self.wrong.splitlines()[line - 1].strip()) for name, line in ran.waits
        )
        return Made(
            mistake=self,
            ended="silence" if ran.ended == "ended" else ran.ended,
            error=ran.error,
            line=ran.line,
            waits=waits,
            output=ran.output,
            netsteps_says=_says(said.output, said.answers, said.error),
            trace=ran.trace,
            pictures=tuple(pictures),
            seconds=max(ran.seconds, said.seconds),
            differs=self.here(),
        )

    def cured(self) -> str:
        """Run the program without the mistake, and give its output.

        Raises RuntimeError when it fails.
        """
        from netsteps.lessons.mistakes.running import Program

        with Program(self.right, file=RIGHT, recorded=False) as program:
            ran = program.wait()
        if ran.ended != "ended":
            message = f"{self.name}: the right program {ran.ended}: {ran.error} line {ran.line}"
            raise RuntimeError(f"{message}\n{ran.output}")
        return ran.output

    def __repr__(self) -> str:
        return f"<Mistake {self.name}: {self.title}; make() makes it>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Make it, and give what a notebook shows (IPython's display protocol)."""
        return self.make()._repr_mimebundle_(include, exclude)


@dataclass(frozen=True, slots=True)
class Wait:
    """Where a thread waits, or goes round: its name ("" is the main one), the line, its text."""

    thread: str
    line: int
    source: str


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """A mistake that was made. It shows itself: as text, and with its pictures in a notebook.

    ended: "error", "silence", "waits", "goes on", or what was not foreseen. error: the last line of
    the traceback, "" where there was none. line: of the wrong program, where the error was raised;
    0 for nowhere. waits: where its threads were when it was ended. output: what it printed.
    netsteps_says: what netsteps says to the same mistake. trace: of the wrong program, or None.
    pictures: each with its title; the first is .picture. seconds: how long it took. differs: why it
    may be otherwise on this machine, or "".
    """

    mistake: Mistake
    ended: str
    error: str
    line: int
    waits: tuple[Wait, ...]
    output: str
    netsteps_says: str
    trace: "ns.Trace | None"
    pictures: "tuple[tuple[str, Drawing], ...]"
    seconds: float
    differs: str = ""

    @property
    def silence(self) -> bool:
        """Whether plain Python raised nothing."""
        return not self.error

    @property
    def picture(self) -> "Drawing | None":
        """The first of the pictures."""
        return self.pictures[0][1] if self.pictures else None

    @property
    def surprises(self) -> list[str]:
        """Say in what it differs from what the bank tells; empty where it does not."""
        from netsteps.lessons.mistakes.comparing import surprises

        return surprises(self)

    def __repr__(self) -> str:
        from netsteps.lessons.mistakes.page import text_of

        return text_of(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from netsteps.lessons.mistakes.page import html_of

        return html_of(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Give what a notebook shows (IPython's display protocol)."""
        del include, exclude
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def _says(output: str, answers: dict[str, str], error: str) -> str:
    """Write what netsteps said: what the program printed, and the error with its answers."""
    lines = output.splitlines()
    if answers:
        told = dict(answers)
        lines.append(told.pop("error"))
        lines += [f"  {name + ':':<9}{value}" for name, value in told.items()]
    elif error:
        lines.append(error)
    return "\n".join(lines)
