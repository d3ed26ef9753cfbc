"""A server: one process for all attempts, listening on a port that the checker has chosen."""

from time import monotonic
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.exercise import Failed
from netsteps.lessons.ports import free_port, listening
from netsteps.lessons.subject import Answer, Subject
from netsteps.lessons.telling import how_it_ended, story

if TYPE_CHECKING:
    from netsteps.lessons.child.process import Child

__all__ = ["ServerSubject"]

READY = 5.0  # seconds until a function listens
READY_COMMAND = 15.0  # a command may have to start a virtual machine first
LOOK = 0.004  # seconds between two looks at the kernel's tables
SETTLE = 0.2  # seconds for a server that crashes to be over
TRIES = 3  # other ports, when somebody else has taken ours


class ServerSubject(Subject):
    """A server that a student wrote.

    endpoint: where it listens. connect() gives a connected socket.
    """

    def __init__(self, answer: Answer, seconds: float, transport: str = "tcp") -> None:
        super().__init__(answer, seconds)
        self._transport = transport
        self._child: Child | None = None
        self._raised: tuple[str, str] | None = None
        self.port = 0

    @property
    def endpoint(self) -> ns.Endpoint:
        """Where it listens; it is started when this is first asked for. Raises Failed."""
        self.ready()
        return ns.Endpoint("127.0.0.1", self.port)

    def ready(self) -> None:
        """Start it, and wait until it listens. Raises Failed when it does not."""
        if self._child is not None:
            return
        for last in (False,) * (TRIES - 1) + (True,):
            self.port = free_port(self._transport)
            self._child = self.start({"port": str(self.port), "host": "127.0.0.1"})
            if self.answer.command is None:
                self._child.send({"do": "call", "args": (self.port,)}, READY)
            if self._wait(self._child, last=last):
                return
            self._child.close()

    def connect(self, timeout: float = 2.0) -> ns.Socket:
        """Connect to it, and give the socket. timeout: seconds. Raises Failed when it refuses."""
        endpoint = self.endpoint
        socket = ns.Socket("udp" if self._transport == "udp" else "tcp")
        try:
            socket.connect(endpoint, timeout=timeout)
        except BaseException:
            socket.close()
            raise
        return socket

    def how_it_ended(self) -> str:
        """Tell how it ended: a server goes on for ever."""
        child = self._child
        if child is None:
            return ""
        self._look_for_return(child)
        if self._raised is not None:
            return self._raised[0]
        return how_it_ended(child)

    def settle(self) -> bool:
        """Wait a moment: a server that crashes ends its connections before its process."""
        child = self._child
        if child is None or self.how_it_ended():
            return child is not None
        return child.wait_for(lambda: child.has_reply() or not child.alive, SETTLE)

    @property
    def hint_of_end(self) -> str:
        """A hint that belongs to what it raised, or ""."""
        return self._raised[1] if self._raised is not None else ""

    @property
    def alive(self) -> bool:
        """Whether it serves: its process runs, and its function has not returned."""
        return not self.how_it_ended() and self._child is not None

    def endpoints(self) -> set[str]:
        """Give where it listens."""
        return {f"127.0.0.1:{self.port}"}

    def _look_for_return(self, child: "Child") -> None:
        """See whether the function has returned or raised meanwhile."""
        if self._raised is not None or self.answer.command is not None:
            return
        reply = child.reply(0)
        if isinstance(reply, dict) and "value" in reply:
            self._raised = (
                "your function returned, and with it the server ended",
                "A server goes on for ever: accept belongs into a loop without an end.",
            )
        elif isinstance(reply, dict) and "raised" in reply:
            told, hint = story(reply["raised"])
            self._raised = (f"your server ended: {told}", hint)

    def _wait(self, child: "Child", *, last: bool) -> bool:
        """Wait until it listens; false when somebody else has the port and another may be tried."""
        limit = READY if self.answer.command is None else READY_COMMAND
        end = monotonic() + limit
        expected = f"a server on 127.0.0.1:{self.port} ({self._transport.upper()})"
        while True:
            places = listening(child.pids())
            for place in places:
                if place.port == self.port and place.transport == self._transport:
                    if place.ip in {"127.0.0.1", "0.0.0.0", "::"}:
                        return True
                    raise Failed(
                        expected,
                        f"it listens on {place}",
                        "Bind 127.0.0.1: that is where its clients look for it.",
                    )
            if ended := self.how_it_ended():
                if not last and self._taken_by_another():
                    self._raised = None
                    return False
                raise Failed(expected, ended, self.hint_of_end or _NOT_YET)
            if monotonic() >= end:
                break
            child.wait_for(lambda: not child.alive, LOOK)
        if places:
            others = ", ".join(f"{place} ({place.transport.upper()})" for place in places)
            raise Failed(
                expected,
                f"it listens on {others}",
                "Bind the port that your program is given, and not one of your own.",
            )
        raise Failed(expected, f"after {limit:g} s it did not listen anywhere", _NOT_YET)

    def _taken_by_another(self) -> bool:
        """Say whether it ended because another program was quicker with the port."""
        told = self._raised[0] if self._raised is not None else self.output
        return "in use" in told.lower()


_NOT_YET = "The steps of a server: socket, bind, listen, and then accept in a loop."
