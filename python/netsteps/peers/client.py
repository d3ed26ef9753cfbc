"""Peers that are clients: they connect to the server under test, and misbehave or play a script."""

from typing import TYPE_CHECKING

from netsteps.peers.scripted import ScriptedClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps import Endpoint
    from netsteps.peers.actions import Step

__all__ = ["scripted"]


def scripted(
    endpoint: "Endpoint | tuple[str, int]", script: "Sequence[Step]", *, timeout: float = 5.0
) -> ScriptedClient:
    r"""Connect to a server, and play a script with it.

        with peers.client.scripted(server.endpoint, [send(b"PING\r\n"), expect(b"+PONG\r\n")]):
            ...

    It connects and plays in a thread of its own; the end of the block, or `.check()`, waits for the
    last step and raises ScriptError where one failed. After the last step it ends its half of the
    connection; bytes of the server that no step expects are a failure too.

    endpoint: the server under test. script: a list of the steps expect, send, pause, finish, close,
    reset, expect_end, expect_reset. timeout: seconds for connect, and for each step.
    Raises TypeError and ValueError for a script that makes no sense.
    """
    return ScriptedClient(endpoint, script, timeout)
