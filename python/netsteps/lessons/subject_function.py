"""A function: called in a child, with values or with a socket that is connected to the checker."""

from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import netsteps as ns
from netsteps.lessons.child.wire import LIMIT
from netsteps.lessons.exercise import Failed, shown
from netsteps.lessons.subject import Outcome, Subject
from netsteps.lessons.telling import how_it_ended, story

if TYPE_CHECKING:
    from typing import Self

    from netsteps.lessons.answer import Answer
    from netsteps.lessons.child.process import Child

__all__ = ["FunctionSubject", "Talk"]

LONGEST = 5.0  # seconds of one call


class FunctionSubject(Subject):
    """A function, called as often as an attempt wants, in one child."""

    def __init__(self, answer: "Answer", seconds: float) -> None:
        super().__init__(answer, seconds)
        self._child: Child | None = None
        self._faulty: Child | None = None
        self._endpoints: set[str] = set()

    def call(self, *args: object, timeout: float = LONGEST) -> Any:  # noqa: ANN401
        """Call it, and give what it returned.

        timeout: seconds. Raises Failed when it raises, takes longer, or ends its process.
        """
        return _value(self.outcome(*args, timeout=timeout), self._as_written(args))

    def outcome(self, *args: object, timeout: float = LONGEST) -> Outcome:
        """Call it, and give what came of it: a value or an exception.

        Raises Failed when it takes longer than timeout seconds, or ends its process.
        """
        child = self._running()
        if not child.send({"do": "call", "args": args}, timeout):
            raise Failed(
                f"{self._as_written(args)} returns", self.how_it_ended() or "it takes no call", ""
            )
        return outcome_of(child, timeout, self._as_written(args))

    def with_socket(
        self,
        *args: object,
        style: Literal["netsteps", "socket"] = "netsteps",
        faults: str | None = None,
    ) -> "Talk":
        """Begin to call it with a socket, connected to the checker, before the arguments.

        style: of which form the socket is. faults: as NETSTEPS_FAULTS, for short reads and sends.
        Gives a Talk, for a with statement.
        """
        return Talk(self, self._running(faults), args, style)

    def how_it_ended(self) -> str:
        """Tell how the child ended, or ""."""
        return how_it_ended(self._child) if self._child is not None else ""

    def endpoints(self) -> set[str]:
        """Give the addresses that its sockets were connected to."""
        return self._endpoints

    def _running(self, faults: str | None = None) -> "Child":
        if faults is not None:
            self._faulty = self._faulty or self.start(faults=faults)
            return self._faulty
        if self._child is None:
            self._child = self.start()
        return self._child

    def _as_written(self, args: tuple[object, ...]) -> str:
        return f"{self.answer.name}({', '.join(shown(one, 60) for one in args)})"


class Talk:
    """A call that goes on, and our end of the socket that it was given.

    peer: our end, a netsteps.Socket. result() waits for the call and gives its value, outcome()
    gives a value or an exception. The end of the with statement closes our end.
    """

    def __init__(
        self, subject: FunctionSubject, child: "Child", args: tuple[object, ...], style: str
    ) -> None:
        self._subject = subject
        self._child = child
        self.written = subject._as_written(args).replace("(", "(socket, ", 1).replace(", )", ")")  # noqa: SLF001
        with ns.Socket("tcp") as listener:
            listener.bind("127.0.0.1", 0)
            listener.listen(1)
            where = listener.local
            assert where is not None
            subject.endpoints().add(str(where))
            order = {"do": "call", "connect": (where.ip, where.port), "style": style, "args": args}
            child.send(order, LONGEST)
            self.peer = listener.accept(timeout=LONGEST)

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *exception: object) -> None:
        self.peer.close()

    def result(self, timeout: float = LONGEST) -> Any:  # noqa: ANN401 - a student's value
        """Wait until it returns, and give the value. Raises Failed as FunctionSubject.call."""
        return _value(self.outcome(timeout), self.written)

    def outcome(self, timeout: float = LONGEST) -> Outcome:
        """Wait until it is over, and give what came of it."""
        return outcome_of(self._child, timeout, self.written)


def outcome_of(child: "Child", timeout: float, written: str) -> Outcome:
    """Wait for the end of a call. Raises Failed when there is none in time."""
    begin = monotonic()
    reply = child.reply(timeout)
    if isinstance(reply, dict) and "value" in reply:
        value = reply["value"]
        return Outcome(value, told=f"it returned {shown(value)}")
    if isinstance(reply, dict) and "raised" in reply:
        raised = reply["raised"]
        told, hint = story(raised)
        return Outcome(
            error=raised["type"],
            bases=tuple(raised["bases"]),
            text=raised["text"],
            told=told,
            hint=hint,
        )
    if isinstance(reply, dict) and "too long" in reply:
        size = f"it returned more than {LIMIT >> 20} MiB"
        raise Failed(f"{written} returns a value", size, "Does a loop collect without end?")
    if child.broken:
        raise Failed(
            f"{written} returns",
            "your program wrote into a descriptor that it had not opened",
            "A descriptor is the number of what this program opened; 3, 4, 5 are not free to use.",
        )
    if child.ended is not None:
        raise Failed(f"{written} returns", how_it_ended(child), _hint_of_end(child))
    took = monotonic() - begin
    child.kill()
    raise Failed(
        f"{written} returns",
        f"it had not returned after {took:.1f} s, and was stopped",
        "It waits for something that does not come, or its loop has no end.",
        general=True,
    )


def _hint_of_end(child: "Child") -> str:
    ended = child.ended
    if ended is not None and ended.limit == "memory":
        return "Does a loop collect without end? Is a length used before it is checked?"
    return "A function gives its result with return; nothing in it may end the program."


def _value(outcome: Outcome, written: str) -> Any:  # noqa: ANN401
    if outcome.error is not None:
        raise Failed(f"{written} returns a value", outcome.told, outcome.hint)
    return outcome.value
