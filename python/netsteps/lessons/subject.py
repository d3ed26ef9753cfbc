"""What is being checked: a function, a server or a client, in processes of its own."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from netsteps.lessons.child.process import Child, Limits, trace_of
from netsteps.lessons.exercise import Failed
from netsteps.lessons.telling import how_it_ended, story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netsteps import Trace

__all__ = ["Answer", "Outcome", "Subject"]

STARTING = 10.0  # seconds for a worker to take the function


@dataclass(frozen=True)
class Answer:
    """What a student wrote, ready to be started any number of times.

    packed: a function as bytes, with the texts of its files; or command: the words of a command, in
    which {host} and {port} stand for what they are.
    """

    name: str
    packed: bytes = b""
    lines: "Mapping[str, str] | None" = None
    command: "Sequence[str] | None" = None
    folder: str | None = None

    def child(
        self,
        limits: Limits,
        values: "Mapping[str, str] | None" = None,
        environment: "Mapping[str, str] | None" = None,
    ) -> Child:
        """Start it: the command with its values, or a worker that has taken the function.

        Raises Failed when it cannot be started.
        """
        if self.command is not None:
            words = [filled(word, values or {}) for word in self.command]
            child = Child(words, limits=limits, folder=self.folder, environment=environment)
            try:
                child.wait_for(lambda: child.pid is not None or not child.alive, STARTING)
                if child.ended is not None and child.ended.problem:
                    problem = f"{words[0]} could not be started: {child.ended.problem}"
                    hint = "Is the path right, and may the file be executed (chmod +x)?"
                    raise Failed(f"a program that runs: {' '.join(words)}", problem, hint)
            except BaseException:
                child.close()
                raise
            return child
        child = Child(limits=limits, folder=self.folder, environment=environment)
        try:
            order = {"do": "take", "function": self.packed, "lines": dict(self.lines or {})}
            child.send(order, STARTING)
            reply = child.reply(STARTING)
            if not isinstance(reply, dict) or "taken" not in reply:
                if isinstance(reply, dict) and "refused" in reply:
                    told, hint = story(reply["refused"])
                else:
                    told, hint = how_it_ended(child), ""
                raise Failed("a function that can be taken into another process", told, hint)
        except BaseException:
            child.close()
            raise
        return child


def filled(word: str, values: "Mapping[str, str]") -> str:
    """Put the values into a word of a command."""
    for name, value in values.items():
        word = word.replace("{" + name + "}", value)
    return word


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

    @property
    def limits(self) -> Limits:
        """The limits of a child that is started now."""
        return replace(Limits(), seconds=max(0.1, self.end - monotonic()))

    def start(self, values: "Mapping[str, str] | None" = None, faults: str | None = None) -> Child:
        """Start a child; it ends with the subject."""
        child = self.answer.child(
            self.limits, values, {"NETSTEPS_FAULTS": faults} if faults else None
        )
        self._children.append(child)
        return child

    @property
    def output(self) -> str:
        """What the program printed so far."""
        return "".join(child.output for child in self._children)

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
        for child in list(self._children):
            child.close()

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
