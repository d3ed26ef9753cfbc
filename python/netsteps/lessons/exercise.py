r"""Exercises: what is to be written, and the attempts that try it.

How an exercise is written, in a file of netsteps/lessons/exercises/ that PLACES below names:

    from netsteps.lessons.exercise import Attempt, Exercise, Failed, same

    def cuts_evenly(subject):  # a FunctionSubject
        same([b"ab", b"cd"], subject.call(b"abcd", 2), hint="Take `size` bytes at a time.")

    def refuses_zero(subject):
        outcome = subject.outcome(b"abcd", 0)
        if not outcome.raised("ValueError"):
            raise Failed("a ValueError", str(outcome), "No part can have 0 bytes: say so.")

    EXERCISES = (
        Exercise(
            name="split-message",
            lesson=1,
            title="Cut a message into parts",
            task="Write split_message(message, size): a list of parts of at most size bytes.",
            kind="function",
            attempts=(
                Attempt("4 bytes in parts of 2", cuts_evenly),
                Attempt("a size of 0", refuses_zero),
            ),
        ),
    )

`run` of an attempt gets the subject, returns when all is well, and raises Failed when it is not.
What else it raises is told as well as it can be: a TimedOut, Reset, UnexpectedEnd, Refused of the
checker's own socket is what the student's program did, and so is an AssertionError of a scripted
peer (`with peers.scripted(…) as peer`). Give every wait a timeout; the hint of such a failure is
the attempt's own `hint=`. An attempt may also take a hint for everything that fails in it there.
When the student's program has ended meanwhile, the report tells that and where, by itself.

The subjects (subject_function.py, subject_server.py, subject_client.py):

function: `subject.call(*args, timeout=5.0)` gives what the function returned. When it raises,
    hangs, or ends its process, that is a Failed by itself. `subject.outcome(*args)` gives an
    Outcome: `.value`, or `.error` (type name), `.text`; `.raised("ValueError")` is true for
    derived types, too.
    Values come back as plain types (bytes, str, int, list, tuple, dict, set, …; a namedtuple is a
    tuple); anything else is a wire.Thing with `.type_name` and `.text`.
    A function that takes a socket: the socket is connected to the checker.

        with subject.with_socket(5) as talk:      # calls function(socket, 5) in the child
            talk.peer.write(b"he")                # our end: a netsteps.Socket
            talk.peer.write(b"llo")
            same(b"hello", talk.result(), hint="…")   # or talk.outcome()

    with_socket(…, style="socket") hands the function a socket of the standard library's form.
    faults="short" makes that socket's reads and sends short, by the real switch of the core.

server: the student's server listens on subject.endpoint; one process for all attempts, so that
    each also shows that those before did no harm. `subject.connect(timeout=2.0)` gives a connected
    netsteps.Socket (of UDP: a socket whose peer is the server). `.alive`, `.output`.

client: `run = subject.run(endpoint)` starts the student's client towards that endpoint (where the
    checker, or a peer of netsteps.peers, listens); `run.wait(timeout=5.0)` gives the answer as
    bytes (what a function returned, str as UTF-8; what a command printed on its standard output).
    `run.outcome(timeout=5.0)` is an Outcome, for attempts in which failing is right; `run.output`.
    A function stays in its process after it has returned, so that what it did not close is seen.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "PLACES",
    "Attempt",
    "CannotTry",
    "Exercise",
    "Failed",
    "all_exercises",
    "exercise",
    "same",
]

# The exercises in the order of the lessons, and the file of each below netsteps/lessons/exercises.
PLACES = {
    "split-message": "lesson_1",
    "join-parts": "lesson_1",
    "read-the-envelope": "lesson_1",
    "first-client": "clients",
    "order-of-steps": "lesson_1",
    "kind-of-port": "lesson_2",
    "scope-of-address": "lesson_2",
    "port-to-bytes": "lesson_2",
    "peel-the-layers": "lesson_2",
    "datagram-echo": "servers",
    "echo-server": "servers",
    "read-exactly": "lesson_3",
    "send-all": "lesson_3",
    "open-connection": "clients",
    "line-client": "clients",
    "many-clients": "servers",
    "who-am-i": "servers",
    "message-server": "servers",
    "port-status": "lesson_4",
    "word-count": "servers",
    "ask-again": "clients",
    "put-in-order": "lesson_5",
    "keep-up": "lesson_5",
    "tcp-or-udp": "lesson_5",
}


class Failed(Exception):
    """An attempt failed.

    expected: what should have happened. happened: what did. hint: what to look at, in words that
    help without giving the solution away. general: the hint fits any exercise, and gives way to
    that of the attempt.
    """

    def __init__(
        self, expected: str, happened: str, hint: str = "", *, general: bool = False
    ) -> None:
        super().__init__(f"expected {expected}; {happened}")
        self.expected = expected
        self.happened = happened
        self.hint = hint
        self.general = general


class CannotTry(Exception):
    """An attempt cannot be made on this machine; its text says what is missing.

    The report tells it, and the others decide: what was not tried is not said to have passed.
    """


@dataclass(frozen=True)
class Attempt:
    """One thing that is tried.

    title: as a line of a list: "a message of 3 bytes, one byte at a time". run: takes the subject,
    and raises Failed, or CannotTry. hint: for what fails in it without a hint of its own.
    """

    title: str
    run: "Callable[[Any], None]"
    hint: str = ""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    name: "echo-server", which is check.echo_server too. lesson: 1 to 5. title: a few words. task:
    what is to be written, in one paragraph. kind: what that is. transport: of a server or client.
    attempts: in an order that teaches, the plain ones first. example: how the first line of the
    answer looks, "def echo_server(port):"; by default it follows from name and kind.
    """

    name: str
    lesson: int
    title: str
    task: str
    kind: Literal["function", "server", "client"]
    attempts: tuple[Attempt, ...]
    transport: Literal["tcp", "udp"] = "tcp"
    example: str = ""

    @property
    def function(self) -> str:
        """The name that a function for it has: "echo_server"."""
        return self.name.replace("-", "_")

    @property
    def first_line(self) -> str:
        """How the answer begins in Python."""
        arguments = {"function": "…", "server": "port", "client": "host, port"}[self.kind]
        return self.example or f"def {self.function}({arguments}):"


def exercise(name: str) -> Exercise:
    """Give the exercise of a name. Raises KeyError for another name."""
    place = PLACES[name]
    module = import_module(f"netsteps.lessons.exercises.{place}")
    found: Exercise = next(one for one in module.EXERCISES if one.name == name)
    return found


def all_exercises() -> list[Exercise]:
    """Give every exercise, in the order of the lessons."""
    return [exercise(name) for name in PLACES]


def same(expected: object, got: object, hint: str = "", *, what: str = "") -> None:
    """Raise Failed when two values differ; of bytes it says where.

    what: of what they are, in words ("the answer"), for the text of the failure.
    """
    if type(expected) is type(got) and expected == got:
        return
    if isinstance(expected, bytes) and isinstance(got, bytes | bytearray) and got == expected:
        return
    about = f"{what}: " if what else ""
    raise Failed(f"{about}{shown(expected)}", _happened(expected, got), hint)


def _happened(expected: object, got: object) -> str:
    if isinstance(expected, bytes) and isinstance(got, bytes):
        return f"{shown(got)}{_where(expected, got)}"
    if type(expected) is not type(got):
        return f"{shown(got)}, of type {_type_of(got)} and not {_type_of(expected)}"
    return shown(got)


def _type_of(value: object) -> str:
    return getattr(value, "type_name", None) or type(value).__name__


def _where(expected: bytes, got: bytes) -> str:
    """Say in which way two byte strings differ."""
    if not got:
        return "" if not expected else " (no bytes at all)"
    if expected.startswith(got):
        return f" (the first {len(got):,} of {len(expected):,} bytes; the rest is missing)"
    if got.startswith(expected):
        return f" ({len(got) - len(expected):,} bytes too many, after the right ones)"
    pairs = zip(expected, got, strict=False)
    place = next(at for at, (one, other) in enumerate(pairs) if one != other)
    return f" (the first difference is at byte {place})"


def shown(value: object, most: int = 120) -> str:
    """Write a value as Python would, and of a long one the beginning and how long it is."""
    if isinstance(value, bytes | bytearray | str) and len(value) > most // 2:
        unit = "characters" if isinstance(value, str) else "bytes"
        return f"{value[: most // 2]!r}… ({len(value):,} {unit})"
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"
