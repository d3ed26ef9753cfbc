"""The exchanges that the golden ladders show: each gives its events."""

import errno
from collections.abc import Callable

from fake_events import MS, FakeEvent, World

SCENES: dict[str, Callable[[], list[FakeEvent]]] = {}


def scene(build: Callable[[World], None]) -> Callable[[World], None]:
    """Register a function that fills a world."""

    def events() -> list[FakeEvent]:
        world = World()
        build(world)
        return world.events

    SCENES[build.__name__] = events
    return build


@scene
def simple(world: World) -> None:
    listener, client, served = world.pair()
    client.write(150, b"hello")
    served.read(170, b"hello")
    served.write(190, b"HELLO")
    client.read(215, b"HELLO")
    client.close(240)
    served.read(260, b"")
    served.close(280)
    listener.close(300)


@scene
def two_events(world: World) -> None:
    socket = world.socket("udp")
    socket.call("socket", "socket", 0)
    socket.close(40)


@scene
def one_write_read_in_three(world: World) -> None:
    _, client, served = world.pair()
    client.write(150, b"hello, dear server")
    served.read(170, b"hello")
    served.read(190, b", dear")
    served.read(230, b" server")


@scene
def two_writes_read_in_one(world: World) -> None:
    _, client, served = world.pair()
    client.write(150, b"hello ")
    client.write(170, b"world")
    served.read(200, b"hello world")


@scene
def half_close(world: World) -> None:
    _, client, served = world.pair()
    client.write(150, b"the question")
    client.finish(160)
    served.read(180, b"the question")
    served.read(190, b"")
    served.write(200, b"the answer")
    client.read(220, b"the answer")
    served.close(240)
    client.read(260, b"")
    client.close(280)


@scene
def reset(world: World) -> None:
    _, client, served = world.pair()
    client.write(150, b"never read")
    served.close(180)
    client.fail("read", "recv", 220, errno.ECONNRESET)
    client.fail("write", "send", 240, errno.EPIPE)
    client.close(260)


@scene
def refused(world: World) -> None:
    client = world.socket()
    client.call("socket", "socket", 0)
    client.peer = "127.0.0.1:9"
    client.fail("connect", "connect", 20, errno.ECONNREFUSED, 80)
    client.close(130)


@scene
def timeout(world: World) -> None:
    listener, client, served = world.pair()
    client.write(150, b"are you there?")
    client.fail("read", "recv", 180, errno.ETIMEDOUT, 500_000)
    client.close(500_300)
    silent = world.socket()
    silent.call("socket", "socket", 500_400)
    silent.peer = "10.255.255.1:80"
    silent.fail("connect", "connect", 500_450, errno.ETIMEDOUT, 2_000_000)
    silent.close(2_500_600)
    served.close(2_500_700)
    listener.close(2_500_800)


@scene
def udp_lost(world: World) -> None:
    receiver = world.bound(0, "127.0.0.1:5555")
    sender = world.socket("udp")
    sender.call("socket", "socket", 20)
    sender.local = "0.0.0.0:40000"
    sender.send_to(40, b"first", "127.0.0.1:5555")
    receiver.receive_from(60, b"first", "127.0.0.1:40000")
    sender.send_to(80, b"second, lost", "127.0.0.1:5555")
    sender.send_to(100, b"third", "127.0.0.1:5555")
    receiver.receive_from(130, b"third", "127.0.0.1:40000")
    sender.send_to(150, b"to another machine", "192.0.2.7:53")
    receiver.close(200)
    sender.close(220)


@scene
def several_clients(world: World) -> None:
    listener = world.listener()
    clients = [world.client(40 + 30 * n, f"127.0.0.1:5000{n}") for n in range(3)]
    served = [world.accept(listener, 200 + 20 * n, f"127.0.0.1:5000{n}") for n in range(3)]
    for number, socket in enumerate(served):
        socket.thread = 2 + number
    for number, client in enumerate(clients):
        client.write(300 + 5 * number, b"I am %d" % number)
    for number in (2, 0, 1):
        served[number].read(330 + 10 * number, b"I am %d" % number)
        served[number].write(340 + 10 * number, b"hello %d" % number)
        clients[number].read(380 + 10 * number, b"hello %d" % number)
        clients[number].close(420 + 10 * number)
        served[number].read(430 + 10 * number, b"")
        served[number].close(440 + 10 * number)
    listener.close(500)


@scene
def outside_peer(world: World) -> None:
    listener = world.listener()
    served = world.accept(listener, 60, "127.0.0.1:38436", took_us=15_000)
    served.read(15_100, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    served.write(15_150, b"HTTP/1.0 200 OK\r\n\r\n<html>")
    served.read(15_220, b"")
    served.close(15_260)
    listener.close(15_300)


@scene
def many_reads(world: World) -> None:
    _, client, served = world.pair()
    for number in range(150):
        client.write(150 + 6 * number, b"line %d\n" % number)
        served.read(154 + 6 * number, b"line %d\n" % number)
    client.close(1100)
    served.read(1120, b"")
    served.close(1140)


@scene
def middle_left_out(world: World) -> None:
    _, client, served = world.pair()
    for number in range(400):
        at = 150 + 20 * number
        client.write(at, b"?" * (number % 5 + 1))
        if number * number % 11 in {1, 5}:
            client.call("look", "recv MSG_PEEK", at + 3)
        if number * number % 13 < 4:
            served.call("look", "recv MSG_PEEK", at + 5)
        served.read(at + 6, b"?" * (number % 5 + 1))
    client.close(9000)
    served.read(9020, b"")
    served.close(9040)


@scene
def idle_fold(world: World) -> None:
    _, client, served = world.pair()
    client.write(150, b"now")
    served.read(170, b"now")
    client.write(1_200_170, b"and later")
    served.call("read", "recv", 180, 1_200_010, data=b"and later", size=9, asked=65536)
    client.close(1_200_260)


@scene
def still_waiting(world: World) -> None:
    listener, client, served = world.pair()
    listener.call("accept", "accept4", 140, None)
    client.write(150, b"?")
    served.read(170, b"?")
    client.call("read", "recv", 180, None, asked=65536)
    served.call("read", "recv", 200, None, asked=65536)


@scene
def hundred_clients(world: World) -> None:
    listener = world.listener()
    for number in range(100):
        at = 100 + 150 * number
        peer = f"127.0.0.1:{50000 + number}"
        client = world.client(at, peer)
        served = world.accept(listener, at + 80, peer)
        client.write(at + 100, b"hello")
        served.read(at + 400 + number % 7 * 100, b"hello")
        served.write(at + 410 + number % 7 * 100, b"HELLO")
        if number == 40:
            client.fail("read", "recv", at + 900, errno.ECONNRESET)
        else:
            client.read(at + 1100, b"HELLO")
        client.close(at + 1200)
        served.read(at + 1250, b"")
        served.close(at + 1300)
    listener.close(100 * 150 + 2 * MS / 1000)


@scene
def not_accepted(world: World) -> None:
    listener = world.listener()
    client = world.client(40)
    client.write(130, b"anybody?")
    client.fail("read", "recv", 150, errno.ETIMEDOUT, 20_000)
    client.close(20_200)
    listener.close(20_300)
