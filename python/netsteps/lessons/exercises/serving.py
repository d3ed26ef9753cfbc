"""What the attempts against servers share: connecting, and hostile clients that come and go."""

from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.exercise import Failed
from netsteps.lessons.exercises.causes import cause_of_death, of_end
from netsteps.lessons.exercises.talk import GENERAL, PATIENCE, Talk, has_ended

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsteps.lessons.subject_server import ServerSubject

__all__ = ["client_of", "gone_before_the_answer", "resets_and_leaves"]


def client_of(
    server: "ServerSubject",
    hints: "Mapping[str, str]",
    *,
    local: str | None = None,
) -> Talk:
    """Connect to the server under test. local: the address to come from. Raises Failed."""
    try:
        socket = connected(server.endpoint, local)
    except ns.SocketError as error:
        happened = error.cause or str(error)
        hint = {**GENERAL, **hints}["refused"]
        if has_ended(server):
            hint = cause_of_death(server) or of_end(server) or hint
        raise Failed(f"a connection to {server.endpoint}", happened, hint) from None
    return Talk(server, socket, hints, "the server")


def connected(endpoint: ns.Endpoint, local: str | None = None) -> ns.Socket:
    """Connect, from this address of the machine where it is given."""
    socket = ns.Socket("tcp")
    try:
        if local is not None:
            socket.bind(local, 0)
        socket.connect(endpoint, timeout=PATIENCE)
    except BaseException:
        socket.close()
        raise
    return socket


def resets_and_leaves(
    server: "ServerSubject", hints: "Mapping[str, str]", data: bytes, *, times: int = 1
) -> None:
    """Connect, say something, and cut the connection."""
    for _ in range(times):
        with client_of(server, hints) as rude:
            if data:
                rude.say(data)
            rude.reset()


def gone_before_the_answer(
    server: "ServerSubject", hints: "Mapping[str, str]", data: bytes
) -> None:
    """Say something and its end, and be gone before the answer can be read."""
    with client_of(server, hints) as rude:
        rude.say(data)
        rude.finish()
        rude.reset()
