"""Several threads at once: on one socket, and beside one that waits."""

import queue
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from blocked import CASES
from helpers import PATIENCE, Background, bound, listening, much, pair, until_waiting

if TYPE_CHECKING:
    from collections.abc import Callable

# Beside one that waits


def counted(beside: "Callable[[], object]") -> float:
    """Give how far another thread counts in each second while this one does something else."""
    stop = threading.Event()

    def counting() -> int:
        count = 0
        while not stop.is_set():
            count += 1
        return count

    thread = Background(counting)
    begin = time.perf_counter()
    beside()
    took = time.perf_counter() - begin
    stop.set()
    return thread.result() / took


@pytest.mark.exact_io(reason="measures time")
@pytest.mark.parametrize("name", ["accept", "connect", "read", "receive_from", "write"])
def test_other_threads_run_while_one_waits(name: str) -> None:
    """At least at half of the speed that they have beside a thread that sleeps."""

    def waits() -> None:
        with pytest.raises(ns.TimedOut):
            case.step(0.15)

    with CASES[name]() as case:
        shares = []
        for _ in range(3):
            alone = counted(lambda: time.sleep(0.15))
            shares.append(counted(waits) / alone)
            if shares[-1] >= 0.5:
                break
    assert max(shares) >= 0.5


@pytest.mark.exact_io(reason="measures time")
@pytest.mark.parametrize("name", ["accept", "connect", "read_until", "receive_from", "write"])
def test_a_thread_that_waits_takes_no_processor_time(name: str) -> None:
    with CASES[name]() as case:
        with pytest.raises(ns.TimedOut):
            case.step(0.05)  # fills the buffers that can be filled
        begin = time.process_time()
        with pytest.raises(ns.TimedOut):
            case.step(0.3)
        spent = time.process_time() - begin
    assert spent < 0.03


@pytest.mark.exact_io(reason="measures time")
def test_servers_that_wait_take_no_processor_time() -> None:
    with (
        ns.TcpServer(on_client=lambda connection: connection.read()) as server,
        ns.TcpServer(service="echo"),
        ns.UdpServer(on_datagram=lambda datagram: None),
        ns.UdpServer(service="echo"),
        ns.TcpSender(*server.endpoint),
    ):
        begin = time.process_time()
        time.sleep(0.3)
        assert time.process_time() - begin < 0.03


# On one socket


@pytest.mark.parametrize(("size", "count"), [(much(3200), 2000), (much(320_000), 10)])
def test_what_eight_threads_write_to_one_socket_stays_whole(size: int, count: int) -> None:
    with pair() as (client, connection):

        def writes(number: int) -> None:
            message = bytes([number]) * size
            for _ in range(count):
                client.write(message, timeout=PATIENCE)

        threads = [Background(lambda number=number: writes(number)) for number in range(8)]
        seen = [0] * 8
        for _ in range(8 * count):
            message = connection.read_exactly(size, timeout=PATIENCE)
            assert message == message[:1] * size, "two writes were mixed"
            seen[message[0]] += 1
        for thread in threads:
            thread.result()
    assert seen == [count] * 8


def test_what_four_threads_read_from_one_socket_stays_whole() -> None:
    sent = [bytes([n % 251]) * (n * 37 % 5000) for n in range(800)]
    with pair() as (client, connection):

        def reads() -> list[bytes]:
            got = []
            while (message := connection.read_message(timeout=PATIENCE)) is not None:
                got.append(message)
            return got

        threads = [Background(reads) for _ in range(4)]
        for message in sent:
            client.write_message(message, timeout=PATIENCE)
        client.finish()
        got = [message for thread in threads for message in thread.result()]
    assert sorted(got) == sorted(sent)


def test_a_thread_that_reads_and_one_that_writes_do_not_wait_for_each_other() -> None:
    with pair() as (client, connection), ns.Trace() as trace:
        reader = Background(client.read)
        until_waiting(trace, reader)
        client.write(b"question", timeout=PATIENCE)
        assert connection.read_exactly(8, timeout=PATIENCE) == b"question"
        connection.write(b"answer")
        assert b"answer".startswith(reader.result())


def test_one_datagram_ends_the_wait_of_one_thread() -> None:
    with bound() as socket, ns.Socket("udp") as sender, ns.Trace() as trace:
        got: queue.Queue[bytes] = queue.Queue()
        threads = [Background(lambda: got.put(socket.receive_from().data)) for _ in range(4)]
        for thread in threads:
            until_waiting(trace, thread)
        for number in range(4):
            sender.send_to(bytes([number]), socket.local)
            assert got.get(timeout=PATIENCE) == bytes([number])
        for thread in threads:
            thread.result()


def test_four_threads_accept_from_one_listener() -> None:
    with listening() as listener:

        def serves() -> int:
            served = 0
            for connection in listener:
                with connection:
                    connection.write(connection.read(timeout=PATIENCE))
                served += 1
            return served

        threads = [Background(serves) for _ in range(4)]
        for number in range(100):
            with ns.TcpSender(*listener.local, timeout=PATIENCE) as client:
                client.send(bytes([number]))
                assert client.socket.read(timeout=PATIENCE) == bytes([number])
        listener.close()
        assert sum(thread.result() for thread in threads) == 100


# Closed under way


def test_a_reader_never_gets_a_byte_of_a_socket_that_got_its_number() -> None:
    """One thread reads, one closes, and at once new sockets are opened, full of other bytes."""
    rounds, reused = 600, 0
    work: queue.Queue[ns.Socket | None] = queue.Queue()

    def reads() -> list[str]:
        outcomes = []
        while (socket := work.get(timeout=PATIENCE)) is not None:
            try:
                outcomes.append(repr(socket.read(timeout=PATIENCE)))
            except ns.SocketClosed:
                outcomes.append("closed")
        return outcomes

    thread = Background(reads)
    chance = random.Random(10)
    with listening() as listener:
        for _ in range(rounds):
            victim = ns.Socket("tcp")
            victim.connect(listener.local)
            peer = listener.accept(timeout=PATIENCE)
            number = victim.number
            work.put(victim)
            for _ in range(chance.randrange(300)):  # close now before the read, now within it
                pass
            victim.close()
            fresh = ns.Socket("tcp")
            fresh.connect(listener.local)
            other = listener.accept(timeout=PATIENCE)
            reused += number in {fresh.number, other.number}
            other.write(b"not yours")
            assert fresh.read_exactly(9, timeout=PATIENCE) == b"not yours"
            for socket in (peer, fresh, other):
                socket.close()
        work.put(None)
        assert set(thread.result()) == {"closed"}
    assert reused > rounds // 20, "the numbers were not given again: the test shows nothing"


def test_close_races_with_every_step_and_nothing_breaks() -> None:
    """Whatever the moment: the step ends as it would, or says that the socket is closed."""
    chance = random.Random(9)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with listening() as listener:
            for _ in range(200):
                client = ns.Socket("tcp")
                client.connect(listener.local)
                connection = listener.accept(timeout=PATIENCE)

                def talks(client: ns.Socket = client) -> str:
                    try:
                        while True:
                            client.write(b"x" * 100)
                            client.read(50)
                            client.options.no_delay = True
                            repr(client)
                            _ = client.steps, client.local, client.state
                    except ns.SocketClosed:
                        return "closed"

                def echoes(connection: ns.Socket = connection) -> None:
                    try:
                        while data := connection.read():
                            connection.write(data)
                    except (ns.Reset, ns.BrokenPipe):
                        pass

                threads = [Background(talks), Background(talks), Background(echoes)]
                for _ in range(chance.randrange(2000)):
                    pass
                client.close()
                assert [threads[0].result(), threads[1].result()] == ["closed", "closed"]
                threads[2].result()
                connection.close()
    finally:
        sys.setswitchinterval(before)


@pytest.mark.exact_io(reason="large calls")
def test_threads_that_send_at_once_have_their_bytes_at_their_places_in_the_trace() -> None:
    with ns.Trace(preview=1 << 20) as trace, pair() as (client, connection):

        def send(letter: bytes) -> None:
            for _ in range(20):
                client.send(letter * 400_000, timeout=PATIENCE)

        def receive() -> bytes:
            return b"".join(iter(lambda: connection.read(300_000, timeout=PATIENCE), b""))

        with ThreadPoolExecutor() as pool:
            came = pool.submit(receive)
            list(pool.map(send, [b"a", b"b", b"c", b"d"]))
            client.finish()
            stream = came.result()
    for event in trace.events:
        if event.offset is not None and event.size:
            assert stream[event.offset :][: event.size] == event.preview, event
