"""A client: started towards an endpoint of the checker, once for each run."""

import tempfile
from typing import IO, TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.child.process import can_have_hosts
from netsteps.lessons.exercise import Failed, shown
from netsteps.lessons.subject import Outcome, Subject
from netsteps.lessons.subject_function import outcome_of
from netsteps.lessons.telling import how_it_ended

if TYPE_CHECKING:
    from netsteps.lessons.answer import Answer
    from netsteps.lessons.child.process import Child

__all__ = ["ClientSubject", "Run"]

LONGEST = 5.0  # seconds of one run


class ClientSubject(Subject):
    """A client that a student wrote; run() starts it."""

    def __init__(self, answer: "Answer", seconds: float) -> None:
        super().__init__(answer, seconds)
        self._runs: list[Run] = []
        self._endpoints: set[str] = set()
        self._files: list[IO[str]] = []

    @property
    def can_have_hosts(self) -> bool:
        """Whether run() can give it a hosts file of its own on this machine."""
        return can_have_hosts()

    def run(self, endpoint: "ns.Endpoint | tuple[str, int]", hosts: str | None = None) -> "Run":
        """Start it towards an endpoint: an Endpoint, or a host (a name, too) and a port.

        hosts: the text of a hosts file (hosts(5)) that it finds in place of the machine's.
        """
        host, port = (endpoint.ip, endpoint.port) if isinstance(endpoint, ns.Endpoint) else endpoint
        self._endpoints.add(
            str(endpoint) if isinstance(endpoint, ns.Endpoint) else f"{host}:{port}"
        )
        path = None
        if hosts is not None:
            file = tempfile.NamedTemporaryFile("w", prefix="netsteps-hosts-")  # noqa: SIM115 - until close()
            self._files.append(file)
            file.write(hosts)
            file.flush()
            path = file.name
        child = self.start({"host": host, "port": str(port)}, hosts=path)
        if self.answer.command is None:
            child.send({"do": "call", "args": (host, port)}, LONGEST)
        run = Run(self, child, f"{self.answer.name}({host!r}, {port})")
        self._runs.append(run)
        return run

    def close(self) -> None:
        """End everything that was started."""
        try:
            super().close()
        finally:
            for file in self._files:
                file.close()

    def how_it_ended(self) -> str:
        """Tell how the last run ended, when that was not by returning an answer."""
        return self._runs[-1].trouble() if self._runs else ""

    def endpoints(self) -> set[str]:
        """Give where it was sent."""
        return self._endpoints


class Run:
    """One run of a client."""

    def __init__(self, subject: ClientSubject, child: "Child", written: str) -> None:
        self._subject = subject
        self._child = child
        self._written = written
        self._outcome: Outcome | None = None

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._child.output

    @property
    def alive(self) -> bool:
        """Whether its process runs: that of a function does so until the check is over."""
        return self._child.alive

    @property
    def over(self) -> bool:
        """Whether it is at its end: its function returned or raised, or its process is over."""
        if self._outcome is not None or not self._child.alive:
            return True
        return self._child.has_reply()

    def pids(self) -> list[int]:
        """Give its processes."""
        return self._child.pids()

    def wait(self, timeout: float = LONGEST) -> bytes:
        """Wait for its answer: what the function returned, or what the command printed.

        timeout: seconds. Raises Failed when it raises, takes longer, ends with an exit code other
        than 0, or returns neither bytes nor str.
        """
        outcome = self.outcome(timeout)
        if outcome.error is not None:
            raise Failed(f"{self._written} gives the answer", outcome.told, outcome.hint)
        value = outcome.value
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, bytes | bytearray):
            return bytes(value)
        raise Failed(
            f"{self._written} returns bytes",
            f"it returned {shown(value)}",
            "The answer has to be given back: return what was read. (print only shows it.)"
            if value is None
            else f"The answer is one piece of bytes. This is of type {type(value).__name__}:"
            " join what it holds, as in b'|'.join(lines).",
        )

    def outcome(self, timeout: float = LONGEST) -> Outcome:
        """Wait for its end, and give what came of it; Failed when it goes on after timeout seconds.

        A command that ends with another exit code than 0 has the error "exit".
        """
        if self._outcome is None:
            if self._subject.answer.command is None:
                self._outcome = outcome_of(self._child, timeout, self._written)
            else:
                self._outcome = self._of_command(timeout)
        return self._outcome

    def _of_command(self, timeout: float) -> Outcome:
        ended = self._child.wait(timeout)
        if ended is None:
            self._child.close()
            raise Failed(
                "a client that ends with the answer on its output",
                f"it went on after {timeout:g} s, and was stopped",
                "It waits for something that does not come, or its loop has no end.",
                general=True,
            )
        if ended.code != 0:
            return Outcome(error="exit", bases=("exit",), told=how_it_ended(self._child))
        answer = self._child.printed
        return Outcome(answer, told=f"it printed {shown(answer)}")

    def trouble(self) -> str:
        """Tell what it raised or how it ended, if that is known by now and no answer."""
        if self._outcome is not None:
            return "" if self._outcome.error is None else self._outcome.told
        if self._subject.answer.command is None:
            if self._child.alive and not self._child.wait_for(self._child.has_reply, 0):
                return ""
            try:
                outcome = self.outcome(0)
            except Failed as failed:
                return failed.happened
            return "" if outcome.error is None else outcome.told
        ended = self._child.ended
        return how_it_ended(self._child) if ended is not None and ended.code else ""
