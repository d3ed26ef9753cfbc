"""Ladders with a relay between the two ends: what it did with each packet is made by hand."""

import errno
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from fake_events import FakeEvent, FakeSocket, World

SCENES: dict[str, Callable[[], list[FakeEvent]]] = {}
TARGET, DOOR, OUT, SENDER = (f"127.0.0.1:{port}" for port in (6666, 5000, 40001, 50001))


def scene(build: Callable[[World], None]) -> Callable[[World], None]:
    """Register a function that fills a world."""

    def events() -> list[FakeEvent]:
        world = World()
        build(world)
        return world.events

    SCENES[build.__name__] = events
    return build


@dataclass
class FakeRelay:
    """A relay of datagrams: one socket for the clients, one to the target for each of them."""

    world: World
    local: str = DOOR
    target: str = TARGET
    first: int = 40001  # the port of its first socket to the target
    thread: int = 9
    door: FakeSocket = field(init=False)
    flows: dict[str, FakeSocket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.door = self.world.bound(2, self.local)
        self.door.thread = self.thread

    def flow(self, client: str) -> FakeSocket:
        if client not in self.flows:
            made = self.world.socket("udp", thread=self.thread)
            made.local = f"127.0.0.1:{self.first + len(self.flows)}"
            self.flows[client] = made
        return self.flows[client]

    def pass_on(
        self,
        us: float,
        data: bytes,
        verdict: str = "passed",
        rule: str | None = None,
        *,
        late: Iterable[float] = (4,),
        client: str = SENDER,
        back: bool = False,
        changed: bytes | None = None,
    ) -> None:
        """Receive a packet at `us`; send it on so much later, each time that `late` names."""
        came, went = (self.flow(client), self.door) if back else (self.door, self.flow(client))
        told: dict[str, object] = {"verdict": verdict, "rule": rule}
        source = self.target if back else client
        size = len(data)
        came.call("relay", "recvmmsg", us, 1, data=data, size=size, peer=source, **told)
        origin = self.world.events[-1].id
        data = changed or data
        told["origin"] = origin
        for by in late:
            peer = client if back else self.target
            went.call("relay", "sendmmsg", us + by, 1, data=data, size=size, peer=peer, **told)


def ends(world: World) -> tuple[FakeSocket, FakeSocket, FakeRelay]:
    receiver = world.bound(0, TARGET)
    relay = FakeRelay(world)
    sender = world.socket("udp")
    sender.call("socket", "socket", 20)
    sender.local = SENDER
    return receiver, sender, relay


@scene
def each_verdict(world: World) -> None:
    receiver, sender, relay = ends(world)
    at = 100.0
    for data, verdict, rule in (
        (b"passed", "passed", None),
        (b"lost", "lost", "loss=0.2"),
        (b"too big", "too big", "mtu=500"),
        (b"parted", "lost", "partition"),
    ):
        sender.send_to(at, data, DOOR)
        late = (4,) if verdict == "passed" else ()
        relay.pass_on(at + 20, data, verdict, rule, late=late)
        if late:
            receiver.receive_from(at + 50, data, OUT)
        at += 100
    sender.send_to(at, b"late", DOOR)
    relay.pass_on(at + 20, b"late", "late", "delay=0.05", late=(50_030,))
    sender.send_to(at + 100, b"twice", DOOR)
    relay.pass_on(at + 120, b"twice", "doubled", "duplicate=0.1", late=(4, 30))
    receiver.receive_from(at + 170, b"twice", OUT)
    receiver.receive_from(at + 190, b"twice", OUT)
    sender.send_to(at + 250, b"broken", DOOR)
    relay.pass_on(at + 270, b"broken", "corrupted", "corrupt=0.01", changed=b"brokeN")
    receiver.receive_from(at + 300, b"brokeN", OUT)
    sender.send_to(at + 350, b"held back", DOOR)
    relay.pass_on(at + 370, b"held back", "reordered", "reorder=0.1", late=(120,))
    sender.send_to(at + 420, b"overtakes", DOOR)
    relay.pass_on(at + 440, b"overtakes")
    receiver.receive_from(at + 470, b"overtakes", OUT)
    receiver.receive_from(at + 510, b"held back", OUT)
    receiver.receive_from(at + 50_060, b"late", OUT)


@scene
def answers_are_lost(world: World) -> None:
    receiver, sender, relay = ends(world)
    for number in range(3):
        at, data = 100 + 200 * number, b"question %d" % number
        sender.send_to(at, data, DOOR)
        relay.pass_on(at + 15, data)
        receiver.receive_from(at + 40, data, OUT)
        receiver.send_to(at + 60, b"answer %d" % number, OUT)
        lost = number == 1
        relay.pass_on(
            at + 80,
            b"answer %d" % number,
            "lost" if lost else "passed",
            "loss=0.3" if lost else None,
            late=() if lost else (4,),
            back=True,
        )
        if not lost:
            sender.receive_from(at + 110, b"answer %d" % number, DOOR)


@scene
def only_the_sender(world: World) -> None:
    relay = FakeRelay(world)
    sender = world.socket("udp")
    sender.call("socket", "socket", 20)
    sender.local = SENDER
    for number in range(4):
        data = b"packet %d" % number
        sender.send_to(100 + 100 * number, data, DOOR)
        lost = number % 2
        late = () if lost else (20_000,)
        told = ("lost", "burst") if lost else ("late", "delay=0.02")
        relay.pass_on(120 + 100 * number, data, *told, late=late)


@scene
def only_the_relay(world: World) -> None:
    relay = FakeRelay(world)
    relay.pass_on(100, b"one", "late", "delay=0.001", late=(1_000,))
    relay.pass_on(200, b"two", "lost", "loss=0.5", late=(), client="127.0.0.1:50002")
    relay.pass_on(2_000, b"answer", back=True)


@scene
def two_clients(world: World) -> None:
    receiver, _, relay = ends(world)
    others = []
    for number in range(2):
        client = world.socket("udp")
        client.call("socket", "socket", 60 + number)
        client.local = f"127.0.0.1:{50001 + number}"
        others.append(client)
    for number, client in enumerate(others):
        data = b"from %d" % number
        client.send_to(100 + 100 * number, data, DOOR)
        assert client.local is not None
        relay.pass_on(120 + 100 * number, data, client=client.local)
        receiver.receive_from(150 + 100 * number, data, f"127.0.0.1:{40001 + number}")


@scene
def two_relays_in_a_row(world: World) -> None:
    receiver = world.bound(0, TARGET)
    near = FakeRelay(world, target="127.0.0.1:5001")
    far = FakeRelay(world, local="127.0.0.1:5001", first=41001, thread=10)
    sender = world.socket("udp")
    sender.call("socket", "socket", 20)
    sender.local = SENDER
    for number in range(3):
        at, data = 100 + 200 * number, b"packet %d" % number
        sender.send_to(at, data, DOOR)
        lost = number == 1
        near.pass_on(at + 20, data, "late", "delay=0.01", late=(10_000,))
        if lost:
            far.pass_on(at + 10_050, data, "lost", "loss=0.1", late=(), client=OUT)
        else:
            far.pass_on(at + 10_050, data, client=OUT)
            receiver.receive_from(at + 10_080, data, "127.0.0.1:41001")


@scene
def beside_a_direct_way(world: World) -> None:
    receiver, sender, relay = ends(world)
    sender.send_to(100, b"through the relay", DOOR)
    relay.pass_on(120, b"through the relay", "late", "delay=0.0005", late=(500,))
    other = world.socket("udp")
    other.call("socket", "socket", 150)
    other.local = "127.0.0.1:50009"
    other.send_to(200, b"direct", TARGET)
    receiver.receive_from(240, b"direct", "127.0.0.1:50009")
    receiver.receive_from(660, b"through the relay", OUT)


@scene
def a_thousand_packets(world: World) -> None:
    receiver, sender, relay = ends(world)
    for number in range(1000):
        at, data = 100 + 40 * number, b"packet %d" % number
        sender.send_to(at, data, DOOR)
        if number * number % 7 == 2:
            relay.pass_on(at + 10, data, "lost", "loss=0.3", late=())
        else:
            relay.pass_on(at + 10, data)
            receiver.receive_from(at + 20, data, OUT)


@dataclass
class FakeTcpRelay:
    """A relay of connections: what it accepted, and what it opened to the target."""

    world: World
    listener: FakeSocket
    served: FakeSocket
    opened: FakeSocket

    def move(
        self,
        us: float,
        data: bytes,
        verdict: str = "passed",
        rule: str | None = None,
        *,
        pieces: Iterable[tuple[float, int]] = (),
        back: bool = False,
    ) -> None:
        """Read a chunk, and write its pieces: each so much later, and so long."""
        came, went = (self.opened, self.served) if back else (self.served, self.opened)
        told: dict[str, object] = {"verdict": verdict, "rule": rule}
        came.call("relay", "recv", us, 2, data=data, size=len(data), asked=65536, **told)
        told["origin"] = self.world.events[-1].id
        at = 0
        for by, size in pieces or ((5, len(data)),):
            part = data[at : at + size]
            if part:
                went.call("relay", "send", us + by, 2, data=part, size=len(part), **told)
            at += size


def tcp_ends(world: World) -> tuple[FakeSocket, FakeSocket, FakeTcpRelay]:
    """Give the server's connection, the client, and the relay between them."""
    target = world.listener(0, TARGET)
    door = world.listener(30, DOOR)
    client = world.client(60, SENDER, DOOR)
    door.thread = 9
    served = world.accept(door, 140, SENDER)
    opened = world.client(150, OUT, TARGET)
    opened.thread = 9
    # The opening is a step of the relay's thread too.
    world.events[-2:] = [event_of(event, thread=9) for event in world.events[-2:]]
    server = world.accept(target, 230, OUT)
    return server, client, FakeTcpRelay(world, door, served, opened)


def event_of(event: FakeEvent, **changed: object) -> FakeEvent:
    return FakeEvent(**vars(event) | changed)  # type: ignore[arg-type]


@scene
def stream_in_pieces(world: World) -> None:
    server, client, relay = tcp_ends(world)
    client.write(300, b"hello, dear server")
    relay.move(320, b"hello, dear server", "split", "chunk=8", pieces=((5, 5), (30, 6), (60, 7)))
    server.read(335, b"hello")
    server.read(362, b", dear")
    server.read(395, b" server")
    server.write(420, b"the answer")
    relay.move(440, b"the answer", "late", "delay=0.03", pieces=((30_040, 10),), back=True)
    client.read(30_500, b"the answer")
    client.close(30_600)
    relay.served.call("relay", "recv", 30_620, 2, size=0, asked=65536)
    relay.opened.finish(30_630)
    server.read(30_650, b"")
    server.close(30_670)
    relay.opened.call("relay", "recv", 30_690, 2, size=0, asked=65536)
    relay.opened.close(30_700)
    relay.served.close(30_705)


@scene
def stream_reset(world: World) -> None:
    server, client, relay = tcp_ends(world)
    client.write(300, b"GET / HTTP/1.1\r\n\r\n")
    relay.move(320, b"GET / HTTP/1.1\r\n\r\n")
    server.read(345, b"GET / HTTP/1.1\r\n\r\n")
    server.write(380, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 81)
    relay.move(
        400, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 81, "reset", "reset_after=60", back=True,
        pieces=((5, 60),),
    )  # fmt: skip
    told: dict[str, object] = {"verdict": "reset", "rule": "reset_after=60"}
    relay.served.call("relay", "close", 440, 2, after="reset", **told)
    relay.opened.call("relay", "close", 445, 2, after="reset", **told)
    client.read(430, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 41)
    client.fail("read", "recv", 470, errno.ECONNRESET)
    client.close(500)
    server.fail("read", "recv", 520, errno.ECONNRESET)
    server.close(540)


@scene
def stream_stalls(world: World) -> None:
    server, client, relay = tcp_ends(world)
    client.write(300, b"some bytes")
    relay.move(320, b"some bytes")
    server.read(345, b"some bytes")
    client.write(400, b"and more of them")
    relay.move(420, b"and more of them", "stalled", "stall_after=14", pieces=((5, 4),))
    server.read(450, b"and ")
    client.fail("read", "recv", 500, errno.ETIMEDOUT, 300_000)
    client.close(300_600)


@scene
def refused_by_the_relay(world: World) -> None:
    door = world.listener(0, DOOR)
    door.thread = 9
    client = world.client(40, SENDER, DOOR)
    served = world.accept(door, 120, SENDER)
    told: dict[str, object] = {"verdict": "refused", "rule": "refuse=True"}
    served.call("relay", "close", 140, 2, after="reset", **told)
    client.fail("read", "recv", 170, errno.ECONNRESET)
    client.close(200)


@scene
def target_not_in_the_trace(world: World) -> None:
    door = world.listener(0, DOOR)
    door.thread = 9
    client = world.client(40, SENDER, DOOR)
    served = world.accept(door, 120, SENDER)
    opened = world.client(130, OUT, TARGET)
    opened.thread = 9
    world.events[-2:] = [event_of(event, thread=9) for event in world.events[-2:]]
    relay = FakeTcpRelay(world, door, served, opened)
    client.write(250, b"hello")
    relay.move(270, b"hello", "late", "delay=0.01", pieces=((10_000, 5),))
    relay.move(10_900, b"HELLO", back=True)
    client.read(10_950, b"HELLO")
