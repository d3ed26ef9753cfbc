"""What starts servers, relays and peers for a test, and ends them after it."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import netsteps as ns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from netsteps.peers import ScriptedServer, Step
    from netsteps.pytest_plugin.recording import Recording

GRACE = 0.2  # seconds that handlers have to end after the test


class Stops(Protocol):
    """What runs until it is stopped."""

    def stop(self) -> None:
        """End it."""


Peer = TypeVar("Peer", bound=Stops)


class Starts:
    """What all of these share: the last that was started is ended first."""

    def __init__(self, recording: "Recording") -> None:
        self._recording = recording
        self._stack = ExitStack()

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()


class StartsTcpServers(Starts):
    """Starts TCP servers."""

    def __call__(self, *arguments: Any, **settings: Any) -> ns.TcpServer:
        """Start one more. Arguments and errors: those of netsteps.TcpServer."""
        server = ns.TcpServer(*arguments, **settings)
        self._stack.callback(server.stop, GRACE)
        self._recording.note(f"errors of {server!r}", lambda: _errors(server))
        return server


class StartsUdpServers(Starts):
    """Starts UDP servers."""

    def __call__(self, *arguments: Any, **settings: Any) -> ns.UdpServer:
        """Start one more. Arguments and errors: those of netsteps.UdpServer."""
        server = ns.UdpServer(*arguments, **settings)
        self._stack.callback(server.stop, GRACE)
        self._recording.note(f"errors of {server!r}", lambda: _errors(server))
        return server


class StartsRelays(Starts):
    """Starts relays."""

    def __call__(self, target: ns.Endpoint | tuple[str, int | str] | str, **rules: Any) -> ns.Relay:
        """Start one more. Arguments and errors: those of netsteps.Relay."""
        relay = ns.Relay(target, **rules)
        self._stack.callback(relay.stop)
        self._recording.note("relay", lambda: f"{relay!r}\n{relay.report()}")
        return relay


class StartsPeers(Starts):
    """Ends peers that misbehave."""

    def __call__(self, peer: Peer) -> Peer:
        """Take a peer of netsteps.peers, to stop it after the test, and return it."""
        if not callable(getattr(peer, "stop", None)):
            message = f"netsteps_peer takes a peer, not {peer!r}: netsteps_peer(peers.silent())"
            raise TypeError(message)
        self._stack.callback(peer.stop)
        self._recording.note("peer", lambda: repr(peer))
        return peer


class StartsScripts(Starts):
    """Starts peers that play a script, and sees that they could play it to its end."""

    def __call__(self, *scripts: "Sequence[Step]", **settings: Any) -> "ScriptedServer":
        """Start one more. Arguments and errors: those of netsteps.peers.scripted."""
        from netsteps import peers

        peer = peers.scripted(*scripts, **settings)
        self._stack.callback(peer.stop)
        told = False

        def check() -> None:
            __tracebackhide__ = True
            nonlocal told
            try:
                peer.check()
            except AssertionError:
                told = True
                raise

        self._recording.expect(check)
        # When it is the error of the test itself, once is enough.
        self._recording.note("scripted peer", lambda: "" if told else str(peer.failure or peer))
        return peer

    def __exit__(self, *_exception: object) -> None:
        with self._stack:
            self._recording.meet()


def _errors(server: ns.TcpServer | ns.UdpServer) -> str:
    import traceback

    return "\n".join("".join(traceback.format_exception(error)) for error in server.errors)
