"""What came of a check."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netsteps.show.report import report_html, report_text

if TYPE_CHECKING:
    from typing import Self

    from netsteps.lessons.exercise import Exercise
    from netsteps.show.drawing import Drawing

__all__ = ["Report", "Task", "Tried"]


class Task(str):
    """What an exercise asks for: a text that shows itself."""

    __slots__ = ()

    def __new__(cls, one: "Exercise") -> "Self":
        """Write it: the title, the task, how the answer begins, and what is tried."""
        from textwrap import fill

        tried = (f"  {number}. {at.title}" for number, at in enumerate(one.attempts, 1))
        return super().__new__(
            cls,
            "\n".join(
                [
                    one.title,
                    "",
                    fill(one.task, 80),
                    "",
                    one.first_line,
                    "",
                    "What is tried:",
                    *tried,
                ]
            ),
        )

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Tried:
    """One attempt of a check.

    state: "passed", "failed", "not tried" after one that failed, or "not possible" on this machine,
    which why tells. seconds: that it took.
    """

    title: str
    state: str
    seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True, repr=False)
class Report:
    """What came of a check; true when it passed. It shows itself in a notebook and a terminal.

    name, title: of the exercise. attempts: what was tried, in order; nothing was tried after the
    first that failed. expected, happened, hint: of that one. printed: what the program printed.
    unwritten: it is still as it was handed out. process: the number of its process, where there was
    one. ladder: a Drawing of what went over the network in the attempt that failed, or None.
    """

    name: str
    title: str
    attempts: tuple[Tried, ...]
    expected: str = ""
    happened: str = ""
    hint: str = ""
    printed: str = ""
    seconds: float = 0.0
    unwritten: bool = False
    process: int | None = None
    ladder: "Drawing | None" = field(default=None, compare=False)

    @property
    def passed(self) -> bool:
        """Whether every attempt passed that was possible on this machine, and one was."""
        states = {one.state for one in self.attempts}
        return "passed" in states and states <= {"passed", "not possible"}

    def __bool__(self) -> bool:
        return self.passed

    @property
    def failed(self) -> str | None:
        """The title of the attempt that failed, or None."""
        return next((one.title for one in self.attempts if one.state == "failed"), None)

    def as_dict(self) -> dict[str, object]:
        """Give it as plain values, for JSON."""
        return {
            "exercise": self.name,
            "title": self.title,
            "passed": self.passed,
            "unwritten": self.unwritten,
            "seconds": round(self.seconds, 3),
            "attempts": [
                {
                    "title": one.title,
                    "state": one.state,
                    "seconds": round(one.seconds, 3),
                    "why": one.why,
                }
                for one in self.attempts
            ],
            "failed": self.failed,
            "expected": self.expected,
            "happened": self.happened,
            "hint": self.hint,
            "printed": self.printed,
            "ladder": self.ladder.text if self.ladder is not None else "",
        }

    def __str__(self) -> str:
        return report_text(self)

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Give what a notebook shows (IPython's display protocol)."""
        del include, exclude
        return {"text/plain": str(self), "text/html": report_html(self)}
