"""Takes the steps of a server in the order that a student gives, with a client that asks."""

from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.exercise import Failed, shown
from netsteps.lessons.exercises.calls import NO_RETURN

if TYPE_CHECKING:
    from netsteps.lessons.subject_function import FunctionSubject

__all__ = ["look", "play"]

_WORDS = ("socket", "bind", "listen", "accept", "read", "write", "close")
_SECONDS = 2.0
_QUESTION, _ANSWER = b"What is two and two?", b"Four."

_HINTS = {
    "socket": "Without a socket there is nothing to take a step with: make one first.",
    "bind": "A server needs an address that its clients know, before it listens.",
    "listen": "Nobody can be accepted before the socket listens: clients are turned away.",
    "accept": (
        "The listening socket only hands out connections. `accept` gives the socket that talks to"
        " this one client, so it comes before the first read and write."
    ),
}


class _Stage:
    """A server of which the next step is unknown, and its client."""

    def __init__(self) -> None:
        self.server: ns.Socket | None = None
        self.connection: ns.Socket | None = None
        self.client: ns.Socket | None = None
        self.heard = b""

    def take(self, step: str) -> None:
        """Take one step. Raises StepError, and Failed for what netsteps has no objection to."""
        if step == "socket":
            self.server = ns.Socket("tcp")
            return
        if self.server is None:
            raise Failed(f"`{step}` on a socket", "there is no socket yet", _HINTS["socket"])
        match step:
            case "bind":
                self.server.bind("127.0.0.1", 0)
            case "listen":
                self.server.listen()
                assert self.server.local is not None
                self.client = ns.Socket("tcp")
                self.client.connect(self.server.local, timeout=_SECONDS)
                self.client.write(_QUESTION)
            case "accept":
                self.connection = self.server.accept(timeout=_SECONDS)
            case "read":
                self.heard = (self.connection or self.server).read(timeout=_SECONDS)
            case "write":
                if self.connection is not None and not self.heard:
                    raise Failed(
                        "the answer comes after the question",
                        "the server wrote before it had read",
                        "TCP would allow it, but how can it answer what it has not read?",
                    )
                (self.connection or self.server).write(_ANSWER)
            case _:
                self.close()

    def close(self) -> None:
        """Close the server's sockets; what the client was written is still there to be read."""
        for socket in (self.connection, self.server):
            if socket is not None:
                socket.close()


def play(subject: "FunctionSubject") -> None:
    """Ask for the steps, and take them. Raises Failed."""
    steps = subject.call()
    stage = _Stage()
    done: list[str] = []
    try:
        for step in steps:
            try:
                stage.take(step)
            except ns.SocketClosed as error:
                raise _failed(
                    step, done, error, "After `close` nothing more can be done."
                ) from error
            except ns.StepError as error:
                hint = _HINTS.get(error.missing or "", "")
                if error.missing is None and step == "bind":
                    hint = _HINTS["bind"]
                raise _failed(step, done, error, hint) from error
            except Failed as failure:
                failure.happened += f", after {_row(done)}"
                raise
            done.append(step)
        assert stage.client is not None
        heard = stage.client.read_all(timeout=_SECONDS)
        if heard != _ANSWER:
            raise Failed(f"the client reads {_ANSWER!r}", f"it read {heard!r}", "")
    finally:
        stage.close()
        if stage.client is not None:
            stage.client.close()


def look(subject: "FunctionSubject") -> None:
    """Ask for the steps, and look whether they are the seven words, each once. Raises Failed."""
    steps = subject.call()
    expected = f"a list of the seven words {', '.join(_WORDS)}"
    if not isinstance(steps, list | tuple):
        hint = 'Give a list of words: return ["...", "..."].'
        if steps is None:
            hint = NO_RETURN
        raise Failed(expected, shown(steps), hint)
    for word in steps:
        if word not in _WORDS:
            hint = (
                "A client connects; a server accepts."
                if word == "connect"
                else "Is it spelt right?"
            )
            raise Failed(expected, f"there is no step {shown(word)}", hint)
    for word in _WORDS:
        if (count := list(steps).count(word)) != 1:
            times = "not there" if count == 0 else f"there {count} times"
            raise Failed(expected, f"`{word}` is {times}", "Each of the words is there once.")


def _failed(step: str, done: list[str], error: ns.SocketError, hint: str) -> Failed:
    return Failed(
        f"`{step}` is possible after {_row(done)}",
        f"{type(error).__name__}: {error.cause}",
        hint or f"Try: {error.remedy}",
    )


def _row(done: list[str]) -> str:
    return ", ".join(done) or "nothing"
