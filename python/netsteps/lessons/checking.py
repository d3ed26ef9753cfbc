"""A check: every attempt of an exercise, one after the other, until one fails."""

import os
import threading
from dataclasses import dataclass
from time import monotonic, monotonic_ns
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.answer import answer_of
from netsteps.lessons.child.travel import CannotTravel
from netsteps.lessons.exercise import CannotTry, Failed
from netsteps.lessons.report import Report, Tried
from netsteps.lessons.slips import hint_of_slip
from netsteps.lessons.telling import UNWRITTEN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from netsteps.lessons.answer import Answer
    from netsteps.lessons.exercise import Attempt, Exercise
    from netsteps.lessons.subject import Subject
    from netsteps.show.drawing import Drawing

__all__ = ["ATTEMPT", "WHOLE", "examine", "refused"]

WHOLE = 60.0  # seconds of a whole check
ATTEMPT = 20.0  # seconds of one attempt
EVENTS = 20_000  # of the checker's own trace
MEMORY = 32 << 20  # bytes of it


def examine(
    exercise: "Exercise",
    answer: "Callable[..., object] | Sequence[str] | Path",
    *,
    time_limit: float = WHOLE,
    folder: str | None = None,
    ascii: bool = False,  # noqa: A002 - the word that says it
    progress: "Callable[[int, str], object] | None" = None,
) -> Report:
    """Check an answer: a function, the words of a command, or a Python file. Gives a Report.

    time_limit: seconds for the whole check. folder: where a command runs. ascii: draw the ladder's
    text without line characters. progress: called before each attempt with its number from 0 and
    its title. Whatever the answer does, this returns in time, and nothing of it is left. Raises
    BadAnswer for what cannot be an answer.
    """
    begin = monotonic()
    if os.name != "posix":
        return refused(
            exercise,
            "a system with processes as on Linux and macOS",
            "the checks do not run on Windows itself",
            "In the Windows Subsystem for Linux (WSL) they do.",
        )
    try:
        taken = answer_of(exercise, answer, folder)
    except CannotTravel as problem:
        return _report(exercise, [], begin, _not_sent(problem))
    subject = _subject(exercise, taken, time_limit)
    check = _Check(exercise, subject, begin, time_limit)
    try:
        for number, attempt in enumerate(exercise.attempts):
            if progress is not None:
                progress(number, attempt.title)
            failure = check.try_one(attempt, last=number == len(exercise.attempts) - 1)
            if failure is not None:
                ladder = check.ladder(ascii=ascii)
                return _report(exercise, check.tried, begin, failure, subject, ladder)
        return _report(exercise, check.tried, begin, None, subject)
    finally:
        check.stop()


def _subject(exercise: "Exercise", answer: "Answer", seconds: float) -> "Subject":
    # A little longer than the check itself, which tells the time limit better.
    seconds += 2.0
    if exercise.kind == "server":
        from netsteps.lessons.subject_server import ServerSubject

        return ServerSubject(answer, seconds, exercise.transport)
    if exercise.kind == "client":
        from netsteps.lessons.subject_client import ClientSubject

        return ClientSubject(answer, seconds)
    from netsteps.lessons.subject_function import FunctionSubject

    return FunctionSubject(answer, seconds)


@dataclass
class _Check:
    """The attempts of one check: the clock, the recording, and what fails."""

    exercise: "Exercise"
    subject: "Subject"
    begin: float
    time_limit: float

    def __post_init__(self) -> None:
        self.tried: list[Tried] = []
        self._trace = ns.Trace(EVENTS, preview=64, memory=MEMORY)
        self._began_ns = 0

    def try_one(self, attempt: "Attempt", *, last: bool) -> Failed | None:
        """Run one attempt; gives what failed in it, or None. last: none comes after it."""
        begin = monotonic()
        left = min(ATTEMPT, self.begin + self.time_limit - begin)
        self._trace = ns.Trace(EVENTS, preview=64, memory=MEMORY)
        self._began_ns = monotonic_ns()
        late = threading.Event()

        def end_it() -> None:
            late.set()
            self.subject.kill()

        watchdog = threading.Timer(max(0.0, left), end_it)
        watchdog.daemon = True
        watchdog.start()
        missing, failure = "", None
        try:
            with self._trace:
                failure = self._run(attempt, last=last)
        except CannotTry as why:
            missing = str(why)
        finally:
            watchdog.cancel()
            watchdog.join()
        if late.is_set():
            failure = Failed(
                "an attempt that comes to its end",
                f"after {left:.0f} s it was not over, and your program was stopped",
                attempt.hint or "It waits for something that does not come, or is very slow.",
            )
        state = "failed" if failure else "not possible" if missing else "passed"
        self.tried.append(Tried(attempt.title, state, monotonic() - begin, missing))
        return failure

    def _run(self, attempt: "Attempt", *, last: bool) -> Failed | None:
        try:
            attempt.run(self.subject)
        except CannotTry:
            raise
        except Failed as failed:
            return self._completed(failed, attempt)
        except (ns.SocketError, AssertionError, EOFError, OSError) as error:
            return self._completed(_of_error(error), attempt)
        except Exception as error:  # noqa: BLE001 - of the attempt, which was not ready for an answer
            return self._completed(_of_surprise(error), attempt)
        if ended := self._server_ended(last=last):
            hint = attempt.hint or "Whatever one client does, the server goes on for the others."
            return self._completed(Failed("a server that goes on", ended, hint), attempt)
        return None

    def _server_ended(self, *, last: bool) -> str:
        """Tell how a server ended, which is to go on; after the last attempt it is waited for."""
        from netsteps.lessons.subject_server import ServerSubject

        if not isinstance(self.subject, ServerSubject):
            return ""
        if last:
            self.subject.settle()
        return self.subject.how_it_ended()

    def _completed(self, failed: Failed, attempt: "Attempt") -> Failed:
        """Add what is known beside it: how the program ended, and the hint of the attempt."""
        happened = failed.happened
        self.subject.settle()
        ended = self.subject.how_it_ended()
        if ended and ended.splitlines()[0] not in happened:
            happened = f"{happened}\n{ended}"
        hint = "" if failed.general and attempt.hint else failed.hint
        hint = hint or getattr(self.subject, "hint_of_end", "") or attempt.hint
        hint = hint_of_slip(happened, getattr(self.subject, "output", "")) or hint
        if "positional argument" in happened and "in line " not in happened:  # of the call itself
            hint = f"It has to begin with `{self.exercise.first_line}`"
        return Failed(failed.expected, happened, hint)

    def ladder(self, *, ascii: bool) -> "Drawing | None":  # noqa: A002
        """Draw what went over the network in the last attempt, as far as it is known."""
        from netsteps.show.ladder import ladder

        theirs = self.subject.traces()
        events = ns.merge(self._trace, *theirs).events if theirs else self._trace.events
        events = [e for e in events if e.end_ns is None or e.end_ns >= self._began_ns]
        own = os.getpid()
        places = self.subject.endpoints() | {
            str(end) for e in events if e.process != own for end in (e.local, e.peer) if end
        }
        ours = {
            e.socket for e in events if e.process == own and {str(e.local), str(e.peer)} & places
        }
        kept = [e for e in events if e.process != own or e.socket in ours]
        return ladder(kept, ascii=ascii) if kept else None

    def stop(self) -> None:
        """End the program, and everything that came of it."""
        self.subject.close()


def _of_error(error: BaseException) -> Failed:
    """Tell of what a step of the checker ran into: that is what the program did."""
    if isinstance(error, AssertionError):  # of a scripted peer
        reason = getattr(error, "reason", None) or str(error)
        expected, got = getattr(error, "expected", None), getattr(error, "got", None)
        if expected is not None:
            from netsteps.lessons.exercise import shown

            wanted = expected if isinstance(expected, str) else shown(expected)
            came = "" if got is None else f": {shown(got) if got else 'no bytes'}"
            return Failed(wanted, f"{reason}{came}")
        return Failed("a program that does its part of the conversation", str(reason))
    if isinstance(error, ns.SocketError):
        expected, happened = _WORDS.get(type(error).__name__, ("", ""))
        step = f"(the checker's {error.step}: {error.cause})"
        return Failed(expected or "a program that answers", f"{happened}\n{step}".strip())
    return Failed("a program that does its part", f"{type(error).__name__}: {error}")


_WORDS = {
    "TimedOut": ("an answer in time", "nothing came"),
    "UnexpectedEnd": ("the whole answer", "the connection ended before"),
    "Reset": ("an answer", "your program cut the connection (a reset)"),
    "BrokenPipe": ("a program that goes on reading", "your program had closed the connection"),
    "Refused": ("a program that listens", "nobody listens there"),
}


def _of_surprise(error: Exception) -> Failed:
    return Failed(
        "an answer that the check can understand",
        f"the check met {type(error).__name__}: {error}",
        "Look at what your function gives back: is it of the type that the task names?",
    )


def refused(exercise: "Exercise", expected: str, happened: str, hint: str = "") -> Report:
    """Give the report of what could not even be tried."""
    return _report(exercise, [], monotonic(), Failed(expected, happened, hint))


def _not_sent(problem: CannotTravel) -> Failed:
    expected = "a function that can run in a process of its own"
    if problem.name is None:
        return Failed(expected, f"it cannot be sent there: {problem.why}")
    kind = f"a {problem.kind}"
    return Failed(
        expected,
        f"it uses `{problem.name}`, {kind}, which was made outside of it and cannot be sent there",
        f"Make `{problem.name}` inside the function, or take it as an argument.",
    )


def _report(  # noqa: PLR0917 - all of what is known
    exercise: "Exercise",
    tried: "Sequence[Tried]",
    begin: float,
    failed: Failed | None,
    subject: "Subject | None" = None,
    ladder: "Drawing | None" = None,
) -> Report:
    """Put the report together. tried: the attempts that were run; none where it came to none."""
    left = [Tried(attempt.title, "not tried") for attempt in exercise.attempts[len(tried) :]]
    if not tried:
        left[0] = Tried(left[0].title, "failed")
    unwritten = failed is not None and UNWRITTEN in failed.happened
    return Report(
        name=exercise.name,
        title=exercise.title,
        attempts=(*tried, *left),
        expected=failed.expected if failed else "",
        happened=failed.happened if failed else "",
        hint=failed.hint if failed else "",
        printed=subject.output if subject is not None else "",
        seconds=monotonic() - begin,
        unwritten=unwritten,
        process=subject.process if subject is not None else None,
        ladder=None if unwritten else ladder,  # nothing of it is the student's yet
    )
