"""Events as a trace gives them, made by hand: every time, size and address is fixed."""

import errno
from dataclasses import dataclass, field

US = 1_000
MS = 1_000_000


@dataclass(frozen=True)
class FakeEvent:
    id: int
    phase: str
    socket: int
    number: int
    kind: str
    step: str
    call: str
    local: str | None
    peer: str | None
    asked: int | None
    size: int | None
    preview: bytes
    error: str | None
    errno: int | None
    before: str
    after: str
    start_ns: int
    end_ns: int | None
    thread: int
    process: int
    offset: int | None
    line: str | None
    verdict: str | None = None
    rule: str | None = None
    origin: int | None = None


@dataclass
class FakeSocket:
    """Makes the events of one socket, in the order of the calls."""

    world: "World"
    kind: str
    socket: int
    local: str | None = None
    peer: str | None = None
    state: str = "created"
    thread: int = 1
    process: int = 4242
    sent: int = 0
    received: int = 0

    def call(
        self, step: str, call: str, us: float, took_us: float | None = 3, **more: object
    ) -> None:
        """Record a call that began at `us` microseconds; took_us None: it waits still."""
        size = more.get("size")
        data = more.pop("data", b"")
        assert isinstance(data, bytes)
        offset = None
        if self.kind == "tcp" and isinstance(size, int):
            moved_out = call == "send"
            offset = self.sent if moved_out else self.received
            if "errno" not in more:
                self.sent += size * moved_out
                self.received += size * (call == "recv")
        after = str(more.pop("after", self.state))
        failed = "errno" in more
        start = round(us * US)
        values: dict[str, object] = {
            "id": len(self.world.events) + 1,
            "phase": "started" if took_us is None else "failed" if failed else "completed",
            "socket": self.socket,
            "number": self.socket + 2,
            "kind": self.kind,
            "step": step,
            "call": call,
            "local": self.local,
            "peer": self.peer,
            "asked": None,
            "size": None,
            "preview": data[:32],
            "error": None,
            "errno": None,
            "before": self.state,
            "after": after,
            "start_ns": start,
            "end_ns": None if took_us is None else start + round(took_us * US),
            "thread": self.thread,
            "process": self.process,
            "offset": offset,
            "line": None,
        }
        self.state = after
        self.world.events.append(FakeEvent(**values | more))  # type: ignore[arg-type]

    def write(self, us: float, data: bytes, took_us: float = 3) -> None:
        self.call("write", "send", us, took_us, data=data, size=len(data), asked=len(data))

    def read(self, us: float, data: bytes, took_us: float = 2) -> None:
        self.call("read", "recv", us, took_us, data=data, size=len(data), asked=65536)

    def fail(self, step: str, call: str, us: float, number: int, took_us: float = 3) -> None:
        name = errno.errorcode[number]
        self.call(step, call, us, took_us, errno=number, error=f"{step}: {name}. Try: again.")

    def send_to(self, us: float, data: bytes, peer: str) -> None:
        size = len(data)
        self.call("send_to", "sendto", us, data=data, size=size, asked=size, peer=peer)

    def receive_from(self, us: float, data: bytes, peer: str | None) -> None:
        size = len(data)
        self.call("receive_from", "recvfrom", us, data=data, size=size, asked=65535, peer=peer)

    def finish(self, us: float) -> None:
        self.call("finish", "shutdown", us, after="finished")

    def close(self, us: float) -> None:
        self.call("close", "close", us, after="closed")


@dataclass
class World:
    """All events of a recording."""

    events: list[FakeEvent] = field(default_factory=list)
    sockets: int = 0

    def socket(self, kind: str = "tcp", **more: object) -> FakeSocket:
        self.sockets += 1
        return FakeSocket(self, kind, self.sockets, **more)  # type: ignore[arg-type]

    def listener(self, us: float = 0, local: str = "127.0.0.1:6666") -> FakeSocket:
        made = self.socket()
        made.call("socket", "socket", us)
        made.local = local
        made.call("bind", "bind", us + 10, after="bound")
        made.call("listen", "listen", us + 20, after="listening")
        return made

    def client(
        self, us: float, local: str = "127.0.0.1:50001", peer: str = "127.0.0.1:6666"
    ) -> FakeSocket:
        made = self.socket()
        made.call("socket", "socket", us)
        made.local, made.peer = local, peer
        made.call("connect", "connect", us + 10, 60, after="connected")
        return made

    def accept(self, listener: FakeSocket, us: float, peer: str, took_us: float = 5) -> FakeSocket:
        listener.call("accept", "accept4", us, took_us)
        made = self.socket(local=listener.local, peer=peer, state="connected")
        made.thread, made.process = listener.thread, listener.process
        made.call("accepted", "accepted", us, took_us)
        return made

    def pair(self) -> tuple[FakeSocket, FakeSocket, FakeSocket]:
        """Give a listener, a client and the connection that was accepted, after 130 us."""
        listener = self.listener()
        client = self.client(40)
        return listener, client, self.accept(listener, 120, "127.0.0.1:50001")

    def bound(self, us: float, local: str) -> FakeSocket:
        made = self.socket("udp")
        made.call("socket", "socket", us)
        made.local = local
        made.call("bind", "bind", us + 10, after="bound")
        return made
