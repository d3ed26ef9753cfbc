"""What the attempts against clients share: the checker listens, the client under test connects."""

from time import monotonic
from typing import TYPE_CHECKING, NoReturn, Self

import netsteps as ns
from netsteps.lessons.exercise import Failed
from netsteps.lessons.exercises.causes import cause_of_death, useful
from netsteps.lessons.exercises.talk import PATIENCE, Talk
from netsteps.peers.showing import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsteps.lessons.subject_client import ClientSubject, Run

__all__ = ["STARTING", "Host", "answer_is", "answer_of", "hint_of"]

STARTING = 8.0  # seconds until a program connects: some start a virtual machine first
HINTS = {
    "silent": "The client has to speak first: write, and only then read.",
    "ended": "The client closed the connection before everything was said.",
    "cut": "The client cut the connection (RST). That happens when it ends, or closes, with bytes"
    " that it has not read: read until b'' comes, and close then.",
    "died": "The client ended with an error: look at what it printed.",
    "unread": "The client does not read what is sent to it.",
    "open": "The client has given its answer, and its connection is still open: close the socket"
    " (or use it in a with statement).",
}
NOT_THERE = (
    "The client has to connect to the host and the port that it is given (the arguments, the host"
    " first), and to no others. Its input is empty: it cannot ask for them."
)
WENT_WRONG = (
    "The client was connected, and ended with this error in place of an answer. Look at the line"
    " that it comes from, and at what was said until then."
)
UNTIL_THE_END = (
    "The client did not come back. After b'' (recv in C: 0) there is nothing more to read: leave"
    " the loop, close the socket, and return the answer."
)


class Host:
    """A server of the checker for one client under test. As a context manager it is closed.

    hints: those that differ from HINTS. ip: where it listens. bound: a socket that is bound, to
    listen on. name: the host that the client is given, in place of the address; hosts: what it
    has to find in its hosts file. never: the hint when no connection comes.
    """

    def __init__(
        self,
        subject: "ClientSubject",
        hints: "Mapping[str, str] | None" = None,
        *,
        ip: str = "127.0.0.1",
        bound: ns.Socket | None = None,
        name: str | None = None,
        hosts: str | None = None,
        never: str = "",
    ) -> None:
        self._hints = {**HINTS, **(hints or {})}
        self._never = never or NOT_THERE
        self._listener = bound or ns.Socket("tcp", "ipv6" if ":" in ip else "ipv4")
        try:
            if bound is None:
                self._listener.bind(ip, 0)
            self._listener.listen()
            endpoint = self._listener.local
            assert endpoint is not None  # it is bound
            where = (name, endpoint.port) if name is not None else endpoint
            self.run = subject.run(where, hosts=hosts)
        except BaseException:
            self._listener.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.close()

    def client(self) -> Talk:
        """Accept the client. Raises Failed when it does not come."""
        end, wait = monotonic() + STARTING, 0.1
        while True:
            try:
                socket = self._listener.accept(timeout=wait)
            except ns.TimedOut:
                wait = min(2 * wait, 1.0)  # few looks, for a short ladder
                if self.run.trouble() or not self.run.alive or monotonic() >= end:
                    break
            else:
                return Talk(self.run, socket, self._hints, "the client")
        raise self._never_came()

    def _never_came(self) -> Failed:
        """Tell why there is no connection."""
        expected = f"a connection to {self._listener.local}"
        if trouble := self.run.trouble():
            return Failed(expected, trouble, hint_of(self.run) or self._never)
        happened = f"none came within {STARTING:g} s"
        if not self.run.alive:
            answer = self.run.wait(0)
            happened = f"the client ended without one, and its answer was {shown(answer)}"
        return Failed(expected, happened, self._never)


def hint_of(run: "Run") -> str:
    """Give the hint that belongs to how a client failed, or ""."""
    try:
        run.wait(0)
    except Failed as failed:
        return cause_of_death(run) or useful(failed.hint) or ""
    return ""


def answer_of(run: "Run", late: str = UNTIL_THE_END) -> bytes:
    """Wait for the client's answer. Raises Failed when none comes. late: the hint for that."""
    begin = monotonic()
    try:
        return run.wait(PATIENCE)
    except Failed as failed:
        hint = failed.hint
        if monotonic() - begin >= PATIENCE:
            hint = late
        elif run.trouble():
            hint = hint_of(run) or (WENT_WRONG if late == UNTIL_THE_END else late)
        raise Failed(failed.expected, failed.happened, hint) from None


def answer_is(run: "Run", wanted: bytes, hint: str, *, late: str = UNTIL_THE_END) -> None:
    """See that the client gives this answer. A program may print a line feed behind it."""
    answer = answer_of(run, late)
    if wanted in {answer, answer.removesuffix(b"\n").removesuffix(b"\r")}:
        return
    if len(wanted) > 60:
        differs(answer, wanted, hint)
    raise Failed(f"the answer {wanted!r}", f"{shown(answer)} was returned", hint)


def differs(answer: bytes, wanted: bytes, hint: str) -> NoReturn:
    """Tell how a long answer differs."""
    if wanted.startswith(answer):
        happened = f"only the first {len(answer):,} bytes were returned"
    else:
        happened = f"another answer, of {len(answer):,} bytes, was returned: {shown(answer, 20)}"
    raise Failed(f"all {len(wanted):,} bytes of the answer", happened, hint)
