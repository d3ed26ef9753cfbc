"""A script that is played with one connection, and the error that tells what went wrong."""

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from netsteps import BrokenPipe, Reset, SocketClosed, SocketError
from netsteps.peers.actions import Close, Pause, ResetStep, Step, StepFailed
from netsteps.peers.conversation import Conversation, Stopped
from netsteps.peers.showing import compared, shown

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from netsteps import Socket

__all__ = ["Play", "ScriptError", "checked"]

LIMIT = 1 << 30  # bytes, in each direction
UNASKED = 4096  # bytes that came without being expected: as many are shown


class ScriptError(AssertionError):
    """A script was not played to its end. The text has the steps and what was on the wire.

    reason: why, in words. step: the number of the step that failed, counted from 1, or None where
    it was none of them. steps: the steps as text, with what became of each. expected, got: what
    the step wanted and what came (bytes, or words), or None. ladder: what was on the wire, as text.
    """

    def __init__(
        self,
        reason: str,
        *,
        step: int | None = None,
        steps: "Sequence[str]" = (),
        expected: bytes | str | None = None,
        got: bytes | None = None,
        ladder: str = "",
    ) -> None:
        lines = [reason, "failed after these steps:", *(f"  {line}" for line in steps)]
        if ladder:
            lines += ["on the wire:", *(f"  {line}".rstrip() for line in ladder.splitlines())]
        super().__init__("\n".join(lines))
        self.reason = reason
        self.step = step
        self.steps = tuple(steps)
        self.expected = expected
        self.got = got
        self.ladder = ladder


class Failure(NamedTuple):
    """What went wrong: the number of the step counted from 0, or None, and why."""

    step: int | None
    cause: StepFailed


class Play:
    """One script with one connection.

    who: the other side, in words ("the client 127.0.0.1:5000"). timeout: seconds that a step waits.
    talk: how: in a stream, or in datagrams.
    """

    def __init__(
        self,
        script: "Sequence[Step]",
        stopping: "threading.Event",
        *,
        timeout: float,
        talk: type[Conversation] = Conversation,
    ) -> None:
        self.script = script
        self._stopping = stopping
        self._timeout = timeout
        self._talk = talk
        self.who = "the peer"
        self.took: list[float] = []  # seconds of each step that was done
        self.failure: Failure | None = None
        self.over = False
        self.conversation: Conversation | None = None

    @property
    def whole(self) -> bool:
        """Whether all of its steps have been done."""
        return self.over and len(self.took) == len(self.script)

    def run(self, socket: "Socket") -> None:
        """Play it to its end. Afterwards the connection is finished, and still open to be read."""
        conversation = self._talk(socket, self._stopping, seconds=self._timeout, limit=LIMIT)
        self.conversation = conversation
        try:
            self._play(conversation)
        except (SocketClosed, Stopped):
            pass  # stopped: what was done is known
        finally:
            if self.failure is not None:
                with suppress(SocketError):  # closed by a step
                    conversation.reset()  # so that the program under test does not wait for more
            self.over = True

    def _play(self, conversation: Conversation) -> None:
        taken = b""
        for number, step in enumerate(self.script):
            begin = monotonic()
            conversation.lasts(self._timeout if step.timeout is None else step.timeout)
            try:
                took = step.play(conversation, taken)
            except StepFailed as failed:
                self.failure = Failure(number, failed)
                return
            except (SocketClosed, Stopped):
                raise
            except SocketError as error:
                self.failure = Failure(number, StepFailed(str(error)))
                return
            except Exception as error:  # noqa: BLE001 - of a function that send was given
                self.failure = Failure(number, StepFailed(f"{type(error).__name__}: {error}"))
                return
            taken = taken if took is None else took
            self.took.append(monotonic() - begin)
        if conversation.peer_finished:
            conversation.close()
        elif not self.script[-1].ends_writing:
            with suppress(BrokenPipe, Reset):  # cut after the last step, as the peer may
                conversation.finish()

    def end(self) -> None:
        """Look for bytes that no step expected, and close. Called when the script is over."""
        conversation = self.conversation
        if conversation is None or self.failure is not None or not self.whole:
            return
        if isinstance(self.script[-1], (Close, ResetStep)) or conversation.peer_finished:
            conversation.close()
            return
        try:
            data = conversation.read_waiting(UNASKED)
        except SocketError:
            data = b""
        conversation.close()
        if data:
            reason = "bytes came after the last step, which no step expects"
            self.failure = Failure(None, StepFailed(reason, "nothing more", data))

    def lines(self) -> list[str]:
        """Write the steps with what became of each, and of the failed one what was expected."""
        lines = []
        for number, step in enumerate(self.script):
            if number < len(self.took):
                lines.append(f"done    {number + 1}. {step}")
                if not isinstance(step, Pause) and self.took[number] >= 0.1:
                    lines[-1] += f"  ({self.took[number]:.3g} s)"
            elif self.failure is not None and self.failure.step == number:
                lines += [f"FAILED  {number + 1}. {step}", *details(self.failure.cause)]
            else:
                lines.append(f"-       {number + 1}. {step}")
        if self.failure is not None and self.failure.step is None:
            lines += ["FAILED  after the last step", *details(self.failure.cause)]
        return lines

    def reason(self) -> str:
        """Say in one line what went wrong, or how far it is."""
        if self.failure is None:
            done = len(self.took)
            return f"{done} of {len(self.script)} steps were done with {self.who}"
        number, cause = self.failure
        if number is None:
            return f"{cause.reason} ({self.who})"
        return f"step {number + 1}, {self.script[number]}: {cause.reason} ({self.who})"


def details(cause: StepFailed) -> list[str]:
    """Write what was expected and what came, below a step."""
    lines = [cause.reason]
    if cause.expected is not None:
        lines += compared(cause.expected, cause.got)
    elif cause.got is not None:
        lines.append(f"got:      {shown(cause.got)}")
    return [f"           {line}" for line in lines]


def checked(script: "Sequence[Step]", *, kind: str = "tcp") -> tuple[Step, ...]:
    """Give the steps of a script. Raises TypeError and ValueError for one that makes no sense."""
    if isinstance(script, (Step, bytes, str)):
        raise TypeError("a script is a list of steps: [expect(b'…'), send(b'…')]")
    steps = tuple(script)
    if not steps:
        raise ValueError("a script has at least one step")
    writing = reading = ""  # the step that has ended it
    for number, step in enumerate(steps, 1):
        if not isinstance(step, Step):
            raise TypeError(f"step {number} is no step but {step!r}: expect(…), send(…), pause(…)")
        if kind == "udp" and not step.for_datagrams:
            raise ValueError(f"step {number}, {step}: datagrams have no connection to end or cut")
        if writing and reading and not isinstance(step, Pause):
            raise ValueError(f"step {number}, {step}: nothing can follow {reading}")
        if writing and step.writes:
            raise ValueError(f"step {number}, {step}: nothing can be sent after {writing}")
        if reading and step.reads:
            raise ValueError(f"step {number}, {step}: nothing can come after {reading}")
        writing = f"step {number}, {step}" if step.ends_writing else writing
        reading = f"step {number}, {step}" if step.ends_reading else reading
    return steps
