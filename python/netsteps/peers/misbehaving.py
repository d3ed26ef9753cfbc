"""Misbehaving peers: a server that does the same with each of its clients, and a client."""

import threading
from functools import partial
from typing import TYPE_CHECKING, TypedDict

from netsteps import Socket, SocketError, TimedOut
from netsteps.peers.behaviours import await_request
from netsteps.peers.checks import count, duration, payload, target
from netsteps.peers.conversation import Conversation, Over
from netsteps.peers.threads import Listening, Running

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsteps import Endpoint

__all__ = ["Limits", "MisbehavingClient", "MisbehavingServer", "NeverAccepts", "Where"]

SECONDS = 30.0  # that a conversation lasts at most
LIMIT = 64 << 20  # bytes that go in each direction of it at most
AT_ONCE = 100  # clients that are served; more wait in the kernel's queue
KEPT = 100  # conversations of the past that can be looked at
FILLERS = 16  # connections of our own that fill a queue of one place, with a margin


class Limits(TypedDict, total=False):
    """How long and how much: seconds that a conversation lasts, limit of its bytes each way."""

    seconds: float
    limit: int


class Where(Limits, total=False):
    """Where a server listens (host, port), and its limits."""

    host: str
    port: int


class MisbehavingServer(Listening):
    """A server on loopback that misbehaves. Made by the functions of netsteps.peers.

    `.endpoint` is where it listens, `.conversations` has what it did with each client (the last
    100), `.stop()` or the end of the `with` block ends it. Up to 100 clients are served at once.
    name: how it was made. request: how many bytes of the client it reads before it misbehaves, or
    until which bytes have come.
    """

    def __init__(
        self,
        name: str,
        behaviour: "Callable[[Conversation], None]",
        *,
        request: int | bytes = 0,
        receive_buffer: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        seconds: float = SECONDS,
        limit: int = LIMIT,
    ) -> None:
        if isinstance(request, (bytes, bytearray, memoryview)):
            request = payload(request, "request")
            if not request:
                raise ValueError("request is at least one byte; 0 is to wait for none")
        else:
            count(request, "request")
        lasts, most = limits(seconds, limit)
        super().__init__()
        self._name = name
        self._behaviour = behaviour
        self._request = request
        self._lasts, self._most = lasts, most
        self._places = threading.Semaphore(AT_ONCE)
        self._conversations: list[Conversation] = []
        self._listen(host, port, receive_buffer=receive_buffer)
        self._start("peer", lambda: self._accept(self._serve, self._place))

    @property
    def conversations(self) -> list[Conversation]:
        """What it did with each client, in the order in which they came: the last 100."""
        with self._lock:
            return list(self._conversations)

    def _place(self) -> bool:
        """Wait for a place for one more client. False when the peer is stopped before."""
        while not self._stopping.is_set():
            if self._places.acquire(timeout=0.1):
                return True
        return False

    def _serve(self, socket: Socket) -> "Callable[[], None]":
        conversation = Conversation(socket, self._stopping, seconds=self._lasts, limit=self._most)
        conversation.client = socket.peer
        with self._lock:
            self._conversations = [*self._conversations[-KEPT + 1 :], conversation]
        return partial(self._run, conversation)

    def _run(self, conversation: Conversation) -> None:
        try:
            conversation.run(self._misbehave)
        finally:
            self._places.release()

    def _misbehave(self, conversation: Conversation) -> None:
        await_request(conversation, self._request)
        self._behaviour(conversation)

    def __repr__(self) -> str:
        clients = len(self.conversations)
        return f"<peers.{self._name} on {self.endpoint}: {clients} client{'s' * (clients != 1)}>"


class MisbehavingClient(Running):
    """A client that connects to the server under test, and misbehaves. Made by peers.client.

    It connects in a thread of its own, at once. `.conversation` has what became of it; `.wait()`
    and `.wait_for()` are those of the conversation. `.stop()` or the end of the `with` block ends
    it. name: how it was made.
    """

    def __init__(
        self,
        name: str,
        endpoint: "Endpoint | tuple[str, int]",
        behaviour: "Callable[[Conversation], None]",
        *,
        receive_buffer: int | None = None,
        seconds: float = SECONDS,
        limit: int = LIMIT,
    ) -> None:
        self.endpoint = target(endpoint)
        lasts, most = limits(seconds, limit)
        super().__init__()
        self._name = name
        self._behaviour = behaviour
        socket = Socket("tcp", self.endpoint.family)
        if receive_buffer is not None:
            socket.options.receive_buffer = receive_buffer  # before connect: the window grows less
        self._owns(socket)
        self.conversation = Conversation(socket, self._stopping, seconds=lasts, limit=most)
        self._start("peer", partial(self.conversation.run, partial(self._misbehave, socket)))

    def wait(self, timeout: float = 5.0) -> str:
        """Wait until the conversation is over, and give its ending ("ended", "cut", …).

        Raises TimeoutError when it goes on after timeout seconds.
        """
        return self.conversation.wait(timeout)

    def wait_for(self, count: int, timeout: float = 5.0) -> bytes:
        """Wait until count bytes of the server have come, and give them.

        Raises TimeoutError after timeout seconds, EOFError when it is over before.
        """
        return self.conversation.wait_for(count, timeout)

    @property
    def received(self) -> bytes:
        """What came from the server: the first 256 KiB of it."""
        return self.conversation.received

    @property
    def ending(self) -> str:
        """What became of the conversation: "open", and the words of Conversation."""
        return self.conversation.ending

    def _misbehave(self, socket: Socket, conversation: Conversation) -> None:
        try:
            socket.connect(self.endpoint, timeout=conversation.left())
            socket.options.no_delay = True
        except SocketError as error:
            conversation.left()  # stopped?
            conversation.error = error
            raise Over("failed") from None
        conversation.client = socket.local
        self._behaviour(conversation)

    def __repr__(self) -> str:
        return f"<peers.client.{self._name} of {self.endpoint}: {self.conversation!r}>"


class NeverAccepts(Listening):
    """A server whose queue of connections is full, and which never calls accept."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._listen(host, port, backlog=0)
        try:
            self._fill()
        except BaseException:
            self.stop()
            raise

    def _fill(self) -> None:
        """Connect until the kernel does not answer any more."""
        for _ in range(FILLERS):
            filler = Socket("tcp", self.endpoint.family)
            self._owns(filler)
            try:
                filler.connect(self.endpoint, timeout=0.05)
            except TimedOut:
                filler.close()
                return
        message = f"the queue of {self.endpoint} does not fill on this system"
        raise RuntimeError(message)

    def __repr__(self) -> str:
        return f"<peers.never_accepts on {self.endpoint}>"


def limits(seconds: float, limit: int) -> tuple[float, int]:
    """Give the limits of a conversation. Raises TypeError and ValueError, naming the argument."""
    lasts = duration(seconds, "seconds")
    if lasts is None:
        raise TypeError("seconds is a number: every conversation has an end")
    return lasts, count(limit, "limit", 1)
