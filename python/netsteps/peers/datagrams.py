"""Scripted peers over UDP: each expect takes one datagram, each send is one."""

from typing import TYPE_CHECKING

from netsteps import Endpoint, Socket, TimedOut
from netsteps.peers.actions import Send, StepFailed
from netsteps.peers.checks import target
from netsteps.peers.conversation import Conversation
from netsteps.peers.script import Failure, Play, checked
from netsteps.peers.scripted import Scripts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps import Event
    from netsteps.peers.actions import Step

__all__ = ["ScriptedUdp"]


class Datagrams(Conversation):
    """A conversation in datagrams: with whoever sent the last one, or with the connected peer."""

    datagrams = True
    _sender: Endpoint | None = None

    def read(self, size: int = 65535) -> bytes:
        """Receive one datagram, whole; size is not asked for."""
        del size
        return self._take(self.left())

    def read_waiting(self, limit: int = 65535) -> bytes:
        """Receive a datagram that is there, or give b""."""
        del limit
        try:
            return self._take(0.0)
        except TimedOut:
            return b""

    def _take(self, timeout: float) -> bytes:
        datagram = self._socket.receive_from(timeout=timeout)
        self._sender = datagram.sender
        self.came(datagram.data)
        return datagram.data

    def send(self, data: bytes) -> None:
        """Send one datagram to the sender of the last one."""
        if self._socket.peer is not None:
            self._socket.send(data, timeout=self.left())
        elif self._sender is not None:
            self._socket.send_to(data, self._sender, timeout=self.left())
        self.sent_bytes += len(data)

    def finish(self) -> None:
        """Do nothing: there is no stream to end."""

    def reset(self) -> None:
        """Close the socket: what comes later is answered by ICMP (port unreachable)."""
        self._socket.close()


class ScriptedUdp(Scripts):
    """A peer that plays a script in datagrams.

    Made by netsteps.peers.scripted_udp and netsteps.peers.client.scripted_udp.
    """

    def __init__(
        self,
        script: "Sequence[Step]",
        timeout: float,
        *,
        bind: tuple[str, int] = ("127.0.0.1", 0),
        connect: "Endpoint | tuple[str, int] | None" = None,
    ) -> None:
        steps = checked(script, kind="udp")
        if connect is None and isinstance(steps[0], Send):
            raise ValueError("step 1 sends, and nobody has sent yet to whom: expect comes first")
        where = bind if connect is None else target(connect)
        super().__init__(timeout)
        host, port = where
        self._socket = Socket("udp", "ipv6" if ":" in host else "ipv4")
        self._owns(self._socket)
        try:
            if connect is None:
                self._socket.bind(host, port)
            else:
                self._socket.connect(host, port)
        except BaseException:
            self.stop()
            raise
        where_now = self._socket.local if connect is None else self._socket.peer
        assert where_now is not None  # it is bound, or connected
        self._endpoint = where_now
        self._plays = [Play(steps, self._stopping, timeout=self.timeout, talk=Datagrams)]
        self._plays[0].who = f"UDP, {'on' if connect is None else 'with'} {self._endpoint}"
        self._start("scripted peer", lambda: self._run(self._plays[0], self._socket))

    @property
    def endpoint(self) -> Endpoint:
        """Where it is bound, or for a client, the server that it talks to."""
        return self._endpoint

    def _missing(self) -> Failure:
        return Failure(None, StepFailed("the script has not begun"))

    def _is_listener(self, event: "Event") -> bool:
        return self._endpoint in {event.local, event.peer} and event.kind == "udp"

    def __repr__(self) -> str:
        return f"<scripted peer: {self._plays[0].reason()}>"
