"""Scripted peers: each plays a list of steps with the program under test."""

import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from netsteps import Socket, SocketError, Trace
from netsteps.peers.actions import StepFailed
from netsteps.peers.checks import duration, target
from netsteps.peers.script import Failure, Play, ScriptError, checked
from netsteps.peers.threads import Listening, Running
from netsteps.show.ladder import ladder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from netsteps import Endpoint, Event
    from netsteps.peers.actions import Step
    from netsteps.show.drawing import Drawing

__all__ = ["ScriptedClient", "ScriptedServer"]

EVENTS = 20_000  # of the trace: older ones are let go
MEMORY = 32 << 20  # bytes of it


class Scripts(Running, ABC):
    """What the scripted peers of both sides share: their plays, their trace, and the end.

    As a context manager it waits at the end of the block until its scripts have been played, and
    raises ScriptError where one failed. When the block itself raises, its error goes on, with a
    note that tells how far the scripts were.
    """

    def __init__(self, timeout: float) -> None:
        super().__init__()
        waits = duration(timeout, "timeout")
        if waits is None:
            raise TypeError("timeout is a number of seconds: every wait of a script has an end")
        self.timeout = waits
        self._plays: list[Play] = []
        self._extra: Failure | None = None  # of no play
        self._raised: ScriptError | None = None
        self._changed = threading.Condition()
        self._trace = Trace(EVENTS, preview=256, memory=MEMORY)
        self._ends: set[tuple[str, str]] = set()  # of our connections
        self._trace.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: "TracebackType | None",
    ) -> None:
        del kind, traceback
        try:
            if error is None:
                self.check()
        finally:
            self.stop()
        if error is not None and error is not self._raised:
            failure = self.failure
            error.add_note(str(failure) if failure else self._progress())

    def check(self) -> None:
        """Wait until every script has been played to its end, and stop the peer.

        Each step waits no longer than its timeout; so does this for a client that has not come.
        Raises ScriptError where a script failed, each time that it is called. Ctrl-C ends it.
        """
        __tracebackhide__ = True  # pytest shows the line of the test, and no lines of this one
        if not self._is_ours():
            return  # a forked child: the scripts are played in its parent
        end = monotonic() + self.timeout
        with self._changed:
            while not self._settled():
                late = any(play.conversation is None for play in self._plays)
                if (late and monotonic() >= end) or self._stopping.is_set():
                    break
                self._changed.wait(0.2 if not late else max(0.0, min(0.2, end - monotonic())))
        for play in self._plays:
            play.end()
        if self._stopping.is_set():
            if not all(play.whole for play in self._plays) and self.failure is None:
                reason = "the peer was stopped before its script was played to the end"
                self._extra = Failure(None, StepFailed(reason))
        elif not self._settled():
            self._extra = self._missing()
        elif self.failure is None:
            self._last_look()
        self.stop()
        self._raised = self.failure
        if self._raised is not None:
            raise self._raised

    @property
    def failure(self) -> ScriptError | None:
        """The error that check() raises, as far as it is known by now; it waits for nothing."""
        for number, play in enumerate(self._plays):
            if play.failure is not None:
                return self._error(play.reason(), play.failure, self._lines(number))
        if self._extra is not None:
            return self._error(self._extra.cause.reason, self._extra, self._lines(None))
        return None

    @property
    def done(self) -> bool:
        """Whether every script has been played to its end, so far without a failure."""
        return all(play.whole for play in self._plays) and self.failure is None

    @property
    def received(self) -> list[bytes]:
        """What each connection has received: the first 256 KiB of it."""
        conversations = [play.conversation for play in self._plays]
        return [conversation.received for conversation in conversations if conversation]

    @property
    def trace(self) -> Trace:
        """The Trace that runs while the peer does. It records every socket of the process."""
        return self._trace

    def ladder(self) -> "Drawing":
        """Draw what was on the wire of this peer: both ends, where the other is netsteps too.

        Print it for the text, `.save("x.svg")` for a file.
        """
        return ladder(self._events(), dropped=self._trace.dropped)

    def stop(self) -> None:
        """End it as it is: close its sockets, end its threads, stop its trace. It raises nothing
        of the scripts; check() does. Twice is no error.
        """  # noqa: D205 - one sentence more
        super().stop()
        self._trace.stop()

    # Inside

    def _last_look(self) -> None:
        """Look for what came unasked, when all scripts have been played."""

    def _settled(self) -> bool:
        return (
            self._extra is not None
            or any(play.failure for play in self._plays)
            or all(play.over for play in self._plays)
        )

    @abstractmethod
    def _missing(self) -> Failure:
        """Tell what is missing for the scripts to begin."""

    def _run(self, play: Play, socket: Socket) -> None:
        self._ends.add((str(socket.local), str(socket.peer)))
        play.run(socket)
        with self._changed:
            self._changed.notify_all()

    def _fails(self, failure: Failure) -> None:
        with self._changed:
            self._extra = self._extra or failure
            self._changed.notify_all()

    def _events(self) -> "list[Event]":
        """Give the events of our sockets, and of those at the other ends of our connections."""
        events = self._trace.events
        both = self._ends | {(peer, local) for local, peer in self._ends}
        ours = {event.socket for event in events if (str(event.local), str(event.peer)) in both} | {
            event.socket for event in events if self._is_listener(event)
        }
        return [event for event in events if event.socket in ours]

    def _is_listener(self, event: "Event") -> bool:
        del event
        return False

    def _lines(self, failed: int | None) -> list[str]:
        """Write the steps of the script that failed; of several, the others in one line each."""
        lines = []
        for number, play in enumerate(self._plays):
            if number == failed or len(self._plays) == 1:
                lines += [f"script {number + 1}:"] * (len(self._plays) > 1) + play.lines()
            else:
                lines.append(f"script {number + 1}: {play.reason()}")
        return lines

    def _error(self, reason: str, failure: Failure, lines: "Sequence[str]") -> ScriptError:
        step = None if failure.step is None else failure.step + 1
        cause = failure.cause
        return ScriptError(
            reason,
            step=step,
            steps=lines,
            expected=cause.expected,
            got=cause.got,
            ladder=self.ladder().text if self._events() else "",
        )

    def _progress(self) -> str:
        """Say how far the scripts were when the test failed for another reason."""
        lines = ["the scripted peer had come to:", *(f"  {line}" for line in self._lines(None))]
        if self._events():
            lines += ["on the wire:", *(f"  {line}" for line in self.ladder().text.splitlines())]
        return "\n".join(lines)


class ScriptedServer(Scripts, Listening):
    """A server that plays a script with each client, in the order in which they connect.

    Made by netsteps.peers.scripted.
    """

    def __init__(
        self, scripts: "Sequence[Sequence[Step]]", host: str, port: int, timeout: float
    ) -> None:
        checked_scripts = [checked(script) for script in scripts]
        if not checked_scripts:
            raise TypeError("scripted takes a list of steps for each client")
        Scripts.__init__(self, timeout)
        try:
            self._listen(host, port)
        except BaseException:
            self._trace.stop()
            raise
        self._plays = [
            Play(script, self._stopping, timeout=self.timeout) for script in checked_scripts
        ]
        self._came = 0
        self._start("scripted peer", lambda: self._accept(self._serve))

    def _serve(self, socket: Socket) -> "Callable[[], None]":
        """Give each client its script, in the order in which they came."""
        with self._lock:
            number = self._came
            self._came += 1
        if number < len(self._plays):
            play = self._plays[number]
            play.who = f"the client {socket.peer}"
            return partial(self._run, play, socket)
        return partial(self._too_many, number, socket)

    def _too_many(self, number: int, socket: Socket) -> None:
        many = "one script" if len(self._plays) == 1 else f"{len(self._plays)} scripts"
        reason = f"client {number + 1} connected ({socket.peer}), and there is {many}"
        self._ends.add((str(socket.local), str(socket.peer)))
        with suppress(SocketError):  # stopped meanwhile
            socket.options.linger = 0
            socket.close()
        self._fails(Failure(None, StepFailed(reason)))

    def _last_look(self) -> None:
        """Take the clients that have connected and were not accepted yet: each is one too many."""
        with suppress(SocketError):  # nobody, or stopped
            while True:
                connection = self._listener.accept(timeout=0)
                number, self._came = self._came, self._came + 1
                self._too_many(number, connection)

    def _missing(self) -> Failure:
        count, of = min(self._came, len(self._plays)), len(self._plays)
        came = "no client connected" if not count else f"only {count} of {of} clients connected"
        reason = f"{came} to {self.endpoint} within {self.timeout:g} s of the wait for the end"
        return Failure(None, StepFailed(reason))

    def _is_listener(self, event: "Event") -> bool:
        return event.peer is None and event.local == self.endpoint

    def __repr__(self) -> str:
        return f"<scripted peer on {self.endpoint}: {self._came} of {len(self._plays)} clients>"


class ScriptedClient(Scripts):
    """A client that plays a script with the server under test.

    Made by netsteps.peers.client.scripted.
    """

    def __init__(
        self, endpoint: "Endpoint | tuple[str, int]", script: "Sequence[Step]", timeout: float
    ) -> None:
        steps = checked(script)
        self._target = target(endpoint)
        super().__init__(timeout)
        self._plays = [Play(steps, self._stopping, timeout=self.timeout)]
        self._plays[0].who = f"the server {self._target}"
        self._start("scripted peer", self._connect)

    @property
    def endpoint(self) -> "Endpoint":
        """The server that it talks to."""
        return self._target

    def _connect(self) -> None:
        socket = Socket("tcp", self._target.family)
        if not self._owns(socket):
            return
        try:
            socket.connect(self._target, timeout=self.timeout)
            socket.options.no_delay = True
        except SocketError as error:
            if not self._stopping.is_set():
                self._fails(Failure(None, StepFailed(f"the peer could not connect: {error}")))
            return
        self._run(self._plays[0], socket)

    def _missing(self) -> Failure:
        return Failure(None, StepFailed("the peer has not connected"))

    def __repr__(self) -> str:
        return f"<scripted peer of {self._target}: {self._plays[0].reason()}>"
