"""A server: one process for all attempts, listening on a port that the checker has chosen."""

import os
import signal
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.exercise import Failed
from netsteps.lessons.ports import Listening, can_look, free_port, is_free, listening
from netsteps.lessons.subject import Subject
from netsteps.lessons.telling import how_it_ended, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsteps.lessons.answer import Answer
    from netsteps.lessons.child.process import Child

__all__ = ["ServerSubject"]

HOST = "127.0.0.1"
REACHED = {HOST, "0.0.0.0", "::"}  # a client of HOST comes to all of these
IN_BACKGROUND = {"TcpServer", "UdpServer"}  # one that is returned goes on
READY = 8.0  # seconds until a function listens
READY_COMMAND = 15.0  # a command may have to start a virtual machine first
LOOK = 0.004  # seconds between two looks at the kernel's tables
ELSEWHERE = 2.0  # seconds for one that already listens on another port
SETTLE = 0.2  # seconds for a server that crashes to be over
TRIES = 3  # other ports, when somebody else has taken ours


class ServerSubject(Subject):
    """A server that a student wrote.

    endpoint: where it listens. connect() gives a connected socket.
    """

    def __init__(self, answer: "Answer", seconds: float, transport: str = "tcp") -> None:
        super().__init__(answer, seconds)
        self._transport = transport
        self._child: Child | None = None
        self._raised: tuple[str, str] | None = None
        self.port = 0

    @property
    def endpoint(self) -> ns.Endpoint:
        """Where it listens; it is started when this is first asked for. Raises Failed."""
        self.ready()
        return ns.Endpoint(HOST, self.port)

    def ready(self) -> None:
        """Start it, and wait until it listens. Raises Failed when it does not."""
        if self._child is not None:
            return
        command = self.answer.command
        if command is not None and command.fixed_port is not None:
            self.port = command.fixed_port
            self._needs_free()
            self._child = self.start()
            self._wait(self._child, last=True)
            return
        for last in (False,) * (TRIES - 1) + (True,):
            if command is None or not command.asked:
                self.port = free_port(self._transport)
            self._child = self.start({"port": str(self.port), "host": HOST})
            if command is None:
                self._child.send({"do": "call", "args": (self.port,)}, READY)
            if self._wait(self._child, last=last):
                return
            self._child.close()

    def _needs_free(self) -> None:
        if is_free(self._transport, HOST, self.port):
            return
        raise Failed(
            f"port {self.port} to be free for your program",
            "another program has it, or had it a moment ago",
            "Write {port} in place of the number, and each check takes a free port. Or end the"
            f" other program (`netsteps connections --port {self.port}` names it); after a server"
            " has closed its connections first, the port is kept for a minute (TIME_WAIT).",
        )

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

    @contextmanager
    def paused(self) -> "Iterator[None]":
        """Let its processes stand still meanwhile: what comes waits in the kernel. SIGSTOP."""
        pids = self._child.pids() if self._child is not None else []
        try:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

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
        return {f"{HOST}:{self.port}"}

    def _look_for_return(self, child: "Child") -> None:
        """See whether the function has returned or raised meanwhile."""
        if self._raised is not None or self.answer.command is not None:
            return
        reply = child.reply(0)
        if isinstance(reply, dict) and "value" in reply:
            if getattr(reply["value"], "type_name", "") in IN_BACKGROUND:
                return
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
        elsewhere = monotonic() + ELSEWHERE
        looks = 0
        while True:
            # Its children are looked at from time to time alone: a server seldom has some.
            places = self._places(child.pids() if looks % 8 == 7 else [child.pid or 0])
            looks += 1
            if self._is_there(places):
                return True
            if ended := self.how_it_ended():
                if not last and self._taken_by_another():
                    self._raised = None
                    return False
                raise Failed(self._expected(), ended, self._why_it_ended(ended))
            now = monotonic()
            if now >= end or (places and now >= elsewhere):
                break
            child.wait_for(lambda: not child.alive or child.has_reply(), LOOK)
        if places := self._places(child.pids()):
            others = ", ".join(f"{place} ({place.transport.upper()})" for place in places)
            raise Failed(self._expected(), f"it listens on {others}", _OTHER_PORT)
        raise Failed(
            self._expected(), f"after {limit:g} s it did not listen anywhere", self._not_yet()
        )

    def _places(self, pids: list[int]) -> list[Listening]:
        """Give where it listens, as far as this system can tell."""
        if can_look():
            return listening(pids)
        if not self.port or is_free(self._transport, HOST, self.port):
            return []
        return [Listening(HOST, self.port, self._transport)]

    def _is_there(self, places: list[Listening]) -> bool:
        """Say whether one of the places is where its clients look. Raises Failed for a near one."""
        asked = self.answer.command is not None and self.answer.command.asked
        for place in places:
            if place.transport != self._transport or (place.port != self.port and not asked):
                continue
            # The tables do not say IPV6_V6ONLY: then 127.0.0.1 is free beside it.
            if place.ip == "::" and is_free(self._transport, HOST, place.port):
                raise Failed(
                    self._expected(), f"it listens on {place}, for IPv6 alone", _IPV6_ALONE
                )
            if place.ip in REACHED:
                self.port = place.port
                return True
            raise Failed(
                self._expected(),
                f"it listens on {place}",
                f"Bind {HOST}: that is where its clients look for it.",
            )
        return False

    def _expected(self) -> str:
        where = f"on {HOST}:{self.port}" if self.port else f"on {HOST}"
        return f"a server {where} ({self._transport.upper()})"

    def _why_it_ended(self, ended: str) -> str:
        """Give the hint for a server that was over before it listened."""
        from netsteps.lessons.exercises.causes import cause_of_death

        if "] connect " in ended:
            return f"{self._not_yet()} connect is the step of a client."
        if self.hint_of_end:
            return self.hint_of_end
        if ended.endswith("exit code 0"):
            return _TOO_SOON
        return cause_of_death(self) or self._not_yet()

    def _not_yet(self) -> str:
        return _STEPS_UDP if self._transport == "udp" else _STEPS

    def _taken_by_another(self) -> bool:
        """Say whether it ended because another program was quicker with the port."""
        told = self._raised[0] if self._raised is not None else self.output
        return "in use" in told.lower()


_STEPS = "The steps of a server: socket, bind, listen, and then accept in a loop."
_STEPS_UDP = "The steps of a UDP server: socket, bind, and then receive and answer in a loop."
_OTHER_PORT = (
    "Bind the port that your program is given, and not one of your own: the check gives it as the"
    " last word of the command (argv[1], sys.argv[1], args[0])."
)
_IPV6_ALONE = (
    f"Its clients come to {HOST}. Bind that, or 0.0.0.0 (INADDR_ANY); or turn IPV6_V6ONLY off, and"
    " the socket takes clients of IPv4, too."
)
_TOO_SOON = (
    "The server ended before it listened. A checked program stays in the foreground: no daemon(),"
    " no fork() whose parent exits. And its input is empty: cin and getchar() give the end of the"
    " file at once, so a server can neither ask for its port nor wait for Enter."
)
