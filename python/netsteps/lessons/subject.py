"""What is being checked: a function, a server or a client, in processes of its own."""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from netsteps.lessons.answer import Answer
from netsteps.lessons.child.process import Child, Limits, trace_of
from netsteps.lessons.exercise import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsteps import Trace

__all__ = ["Outcome", "Subject"]


@dataclass(frozen=True)
class Outcome:
    """What came of a call: a value, or an exception, or neither.

    value: what was returned. error: the name of the exception's type, or None. bases: the names of
    the types that it is derived from. text: its text. told: all of it in words.
    """

    value: Any = None
    error: str | None = None
    bases: tuple[str, ...] = ()
    text: str = ""
    told: str = ""
    hint: str = ""
    answered: bool = True  # false when it hangs, or its process is over

    def raised(self, *names: str) -> bool:
        """Say whether it raised an exception of one of these types, or of one derived from it."""
        return self.error is not None and any(name in self.bases for name in names)

    def __str__(self) -> str:
        return self.told


class Subject(ABC):
    """What all kinds have in common: the answer, the children, the clock."""

    def __init__(self, answer: Answer, seconds: float) -> None:
        self.answer = answer
        self.end = monotonic() + seconds
        self._children: list[Child] = []
        self._killed = threading.Event()

    @property
    def limits(self) -> Limits:
        """The limits of a child that is started now."""
        return replace(Limits(), seconds=max(0.1, self.end - monotonic()))

    def start(
        self,
        values: "Mapping[str, str] | None" = None,
        faults: str | None = None,
        hosts: str | None = None,
    ) -> Child:
        """Start a child; it ends with the subject. Raises Failed when the time is over."""
        if self._killed.is_set():
            raise Failed("a program that is quick enough", "its time was over")
        child = self.answer.child(
            self.limits, values, {"NETSTEPS_FAULTS": faults} if faults else None, hosts
        )
        self._children.append(child)
        if self._killed.is_set():  # while it was started, when kill() did not know of it yet
            child.kill()
        return child

    @property
    def output(self) -> str:
        """What the program printed so far."""
        return "".join(child.output for child in self._children)

    @property
    def process(self) -> int | None:
        """The number of its process, of the one that was started last."""
        return self._children[-1].pid if self._children else None

    @property
    def alive(self) -> bool:
        """Whether the program runs."""
        return bool(self._children) and self._children[-1].alive

    @abstractmethod
    def how_it_ended(self) -> str:
        """Tell how the program ended, when that is not how it should be; else ""."""

    def settle(self) -> bool:
        """Wait a moment for a program that is about to be over; false when there is none."""
        return not self.alive

    def endpoints(self) -> set[str]:
        """Give the addresses that tell the checker's sockets from others of its process."""
        return set()

    def traces(self) -> "list[Trace]":
        """Give what the children have recorded, of those that can still tell."""
        found = (trace_of(child) for child in self._children[-3:] if self.answer.command is None)
        return [trace for trace in found if trace is not None]

    def kill(self) -> None:
        """End what runs, from any thread: the checker's own waits then end too."""
        self._killed.set()
        for child in list(self._children):
            child.kill()

    def close(self) -> None:
        """End everything that was started."""
        first: BaseException | None = None
        for child in self._children:
            try:
                child.close()
            except BaseException as error:  # noqa: BLE001 - the others are ended as well
                first = first or error
        if first is not None:
            raise first
