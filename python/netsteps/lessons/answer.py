"""An answer: what a student wrote, as a function, as a function of a file, or as a command."""

import ast
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netsteps.lessons.cells import definitions
from netsteps.lessons.child.process import Child, Limits
from netsteps.lessons.child.travel import packed
from netsteps.lessons.exercise import Failed
from netsteps.lessons.telling import how_it_ended, story

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from netsteps.lessons.exercise import Exercise

__all__ = ["Answer", "BadAnswer", "Command", "answer_of"]

STARTING = 30.0  # seconds for a worker to take the function
_HOST = re.compile(r"\d{1,3}(\.\d{1,3}){3}|localhost|::1", re.IGNORECASE)


class BadAnswer(ValueError):
    """What cannot be an answer to this exercise; the text says why, and what would be."""


@dataclass(frozen=True, slots=True)
class Command:
    """The words of a command, in which the place of the port, and of the host, are known.

    fixed_port: the port that a server was given in the command line, as it stands there. asked: it
    says nothing of a port, so a server has to be looked for.
    """

    words: tuple[str, ...]
    fixed_port: int | None = None
    asked: bool = False

    def filled(self, values: "Mapping[str, str]") -> list[str]:
        """Put host and port into their places."""
        words = list(self.words)
        for name, value in values.items():
            words = [word.replace("{" + name + "}", value) for word in words]
        return words


def command_of(words: "Sequence[str]", kind: str) -> Command:
    """Find the places of host and port in the words of a command.

    {host} and {port} stand for what they are. Without them, a number as the last word is the port:
    a server listens on just that one, a client is sent to others in its place. A client without any
    gets both as its last words; a server without any is asked where it listens.
    """
    words = tuple(words)
    if any("{port}" in word for word in words):
        return Command(words)
    port = int(words[-1]) if len(words) > 1 and words[-1].isdecimal() else None
    if port is not None and not 0 < port < 65536:
        port = None
    if kind == "server":
        return Command(words, fixed_port=port, asked=port is None)
    if port is None:
        return Command((*words, "{host}", "{port}"))
    words = (*words[:-1], "{port}")
    if len(words) > 2 and _HOST.fullmatch(words[-2]):
        words = (*words[:-2], "{host}", "{port}")
    return Command(words)


@dataclass(frozen=True)
class Answer:
    """What a student wrote, ready to be started any number of times.

    name: of the function, or of the program. order: for a worker, what it has to take; or command.
    folder: where it runs.
    """

    name: str
    order: "Mapping[str, object]" = field(default_factory=dict)
    command: Command | None = None
    folder: str | None = None

    def child(
        self,
        limits: Limits,
        values: "Mapping[str, str] | None" = None,
        environment: "Mapping[str, str] | None" = None,
        hosts: str | None = None,
    ) -> Child:
        """Start it: the command with its values, or a worker that has taken the function.

        Raises Failed when it cannot be started.
        """
        words = self.command.filled(values or {}) if self.command is not None else None
        child = Child(
            words, limits=limits, folder=self.folder, environment=environment, hosts=hosts
        )
        try:
            if words is None:
                self._taken_by(child)
            else:
                _started(child, words)
        except BaseException:
            child.close()
            raise
        return child

    def _taken_by(self, child: Child) -> None:
        child.send(self.order, STARTING)
        reply = child.reply(STARTING)
        if isinstance(reply, dict) and "taken" in reply:
            return
        if isinstance(reply, dict) and "refused" in reply:
            told, hint = story(reply["refused"])
        else:
            told = how_it_ended(child) or f"its file was not over after {STARTING:g} s"
            hint = "A file of a function does nothing but define it: calls of it belong elsewhere."
        raise Failed("a function that can be taken into another process", told, hint)


def _started(child: Child, words: "Sequence[str]") -> None:
    child.wait_for(lambda: child.pid is not None or not child.alive, STARTING)
    if child.ended is not None and child.ended.problem:
        raise Failed(
            f"a program that runs: {' '.join(words)}",
            f"{words[0]} could not be started: {child.ended.problem}",
            "Is the path right, is it compiled, and may it be executed (chmod +x)?",
        )


def answer_of(
    exercise: "Exercise",
    answer: "Callable[..., object] | Sequence[str] | Path",
    folder: str | None = None,
) -> Answer:
    """Make an answer of a function, of the words of a command, or of a Python file.

    A file that defines a function of the exercise's name at its top is taken as that function; any
    other is run as a program, with the port, or host and port, as its arguments. Of a notebook
    (.ipynb) the function is taken with what its cells define; nothing else of them runs. Raises
    BadAnswer for what cannot be one, CannotTravel for a function that cannot be sent into another
    process.
    """
    if isinstance(answer, Path):
        return _of_file(exercise, answer, folder)
    if callable(answer):
        data, lines = packed(answer)
        name = getattr(answer, "__name__", exercise.function)
        order = {"do": "take", "function": data, "lines": lines}
        return Answer(exercise.function if name == "<lambda>" else name, order, folder=folder)
    if isinstance(answer, list | tuple) and answer and all(isinstance(w, str) for w in answer):
        if exercise.kind == "function":
            raise BadAnswer(
                f"{exercise.name} asks for a function of Python, which a command is not:"
                f" write {exercise.first_line} into a file, and give the file"
            )
        return Answer(answer[0], command=command_of(answer, exercise.kind), folder=folder)
    name = exercise.function
    raise BadAnswer(
        f"check.{name} takes your function itself, without calling it: check.{name}({name});"
        f" this is {answer!r:.60}, of type {type(answer).__name__}"
    )


def _of_file(exercise: "Exercise", path: Path, folder: str | None) -> Answer:
    path = path.absolute()
    folder = folder or str(path.parent)
    if path.suffix == ".ipynb":
        order = {"do": "take", "file": str(path), "name": exercise.function}
        order["source"] = definitions(path)
        if not has_function(order["source"], exercise.function):
            raise BadAnswer(f"no cell of {path.name} defines {exercise.first_line}")
        return Answer(exercise.function, order, folder=folder)
    if defines(path, exercise.function):
        order = {"do": "take", "file": str(path), "name": exercise.function}
        return Answer(exercise.function, order, folder=folder)
    if exercise.kind == "function":
        raise BadAnswer(f"{path.name} has no function of this name: {exercise.first_line}")
    words = (sys.executable, "-P", str(path))
    return Answer(
        path.name,
        command=Command((*words, *(["{host}"] if exercise.kind == "client" else []), "{port}")),
        folder=folder,
    )


def defines(path: Path, name: str) -> bool:
    """Say whether a file defines a function at its top, or a notebook does in one of its cells."""
    if path.suffix == ".ipynb":
        return has_function(definitions(path), name)
    try:
        return has_function(path.read_bytes(), name)
    except OSError:
        return False


def has_function(source: str | bytes, name: str) -> bool:
    """Say whether a program defines a function at its top; one that is no Python does not."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        for node in tree.body
    )
