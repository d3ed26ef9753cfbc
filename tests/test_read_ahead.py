"""Reads that take more than they give, and reads that wait inside their call.

Nothing is lost, and the calls are few.
"""

import os
import random
import select
import shutil
import struct
import time
from pathlib import Path

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, child_says, pair, until

strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def framed(message: bytes) -> bytes:
    return struct.pack("!I", len(message)) + message


@pytest.mark.parametrize("seed", range(8))
def test_messages_lines_and_raw_reads_of_one_stream_are_in_order(seed: int) -> None:
    chance = random.Random(seed)
    parts = []
    for number in range(300):
        body = (b"%d " % number) + b"x" * chance.choice((0, 1, 5, 60, 3000))
        parts.append((chance.choice(("message", "line", "exactly", "read", "into")), body))

    def send(client: ns.Socket) -> None:
        stream = b"".join(
            framed(body) if kind == "message" else body + b"\n" if kind == "line" else body
            for kind, body in parts
        )
        while stream:
            size = chance.randint(1, 20_000)
            client.write(stream[:size], timeout=PATIENCE)
            stream = stream[size:]
        client.finish()

    with pair() as (client, connection):
        sender = Background(lambda: send(client))
        for kind, body in parts:
            if kind == "message":
                assert connection.read_message(timeout=PATIENCE) == body
            elif kind == "line":
                assert connection.read_until(b"\n", timeout=PATIENCE) == body + b"\n"
            elif kind == "exactly":
                assert connection.read_exactly(len(body), timeout=PATIENCE) == body
            elif kind == "read":
                got = b""
                while len(got) < len(body):
                    got += connection.read(len(body) - len(got), timeout=PATIENCE)
                assert got == body
            else:
                room = memoryview(bytearray(len(body)))
                at = 0
                while at < len(body):
                    at += connection.read_into(room[at:], timeout=PATIENCE)
                assert bytes(room) == body
        assert connection.read_message(timeout=PATIENCE) is None
        assert connection.read(timeout=PATIENCE) == b""
        sender.result()


@pytest.mark.exact_io(reason="counts what the kernel has left")
def test_the_peers_end_comes_after_what_is_kept() -> None:
    with pair() as (client, connection):
        client.write(framed(b"one") + framed(b"two") + b"rest")
        client.finish()
        assert connection.read_message(timeout=PATIENCE) == b"one"
        assert connection.state == "connected", "the end is seen when it is read"
        assert connection.read_message(timeout=PATIENCE) == b"two"
        assert connection.read_all(timeout=PATIENCE) == b"rest"
        assert connection.state == "peer finished"


@pytest.mark.exact_io(reason="what one call takes")
def test_a_close_with_kept_bytes_tells_the_peer_that_they_were_not_read() -> None:
    with pair() as (client, connection):
        client.write(framed(b"one") + framed(b"two"))
        assert connection.read_message(timeout=PATIENCE) == b"one"
        connection.close()
        with pytest.raises(ns.Reset):
            client.read(timeout=PATIENCE)


@pytest.mark.exact_io(reason="keeps what one read took")
def test_a_close_with_kept_bytes_does_not_cut_a_copy_of_the_descriptor() -> None:
    with pair() as (client, connection):
        client.write(framed(b"one") + framed(b"two"))
        assert connection.read_message(timeout=PATIENCE) == b"one"
        copy = os.dup(connection.fileno())
        connection.close()
        os.write(copy, b"last words")
        os.close(copy)
        assert client.read_all(timeout=PATIENCE) == b"last words"


def test_no_more_than_the_message_is_taken_from_a_descriptor_of_others() -> None:
    with pair() as (client, connection):
        descriptor = connection.fileno()
        client.write(framed(b"one") + b"for another program")
        assert connection.read_message(timeout=PATIENCE) == b"one"
        assert select.select([descriptor], [], [], 0)[0] == [descriptor]
        assert os.read(descriptor, 100) == b"for another program"


def test_a_descriptor_is_non_blocking_for_whoever_asks_after_many_waits() -> None:
    with pair() as (client, connection):
        echo = Background(lambda: answer(connection, 10))
        for _ in range(10):
            client.write(b"question", timeout=PATIENCE)
            client.read_exactly(8, timeout=PATIENCE)
        echo.result()
        assert not os.get_blocking(client.fileno())
        assert not os.get_blocking(connection.fileno())


def answer(connection: ns.Socket, times: int) -> None:
    for _ in range(times):
        connection.write(connection.read_exactly(8))


def until_it_waits_in_its_call(client: ns.Socket) -> None:
    for _ in range(20):
        time.sleep(0.002)  # so that the other thread's read has to wait, each time
        client.write(b"question", timeout=PATIENCE)
        client.read_exactly(8, timeout=PATIENCE)


def test_close_ends_a_read_that_waits_in_its_call() -> None:
    with pair() as (client, connection):
        echo = Background(lambda: answer(connection, 1000))
        until_it_waits_in_its_call(client)
        begun = time.monotonic()
        connection.close()
        with pytest.raises(ns.SocketClosed):
            echo.result()
        assert time.monotonic() - begun < PATIENCE
        assert client.read(timeout=PATIENCE) == b""


INTERRUPTED = """
import os, signal, threading, time
import netsteps as ns
server = ns.Socket("tcp"); server.bind("127.0.0.1", 0); server.listen()
client = ns.Socket("tcp"); client.connect(server.local); connection = server.accept()
def answer():
    for _ in range(20):
        data = connection.read_exactly(8)
        time.sleep(0.002)
        connection.write(data)
    reading.wait()
    time.sleep(0.02)
    begun.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
begun = []
reading = threading.Event()
thread = threading.Thread(target=answer); thread.start()
for _ in range(20):
    client.write(b"question"); client.read_exactly(8)
try:
    reading.set()
    client.read()
except KeyboardInterrupt:
    print(time.monotonic() - begun[0] < 0.2)
thread.join(); client.close(); connection.close(); server.close()
"""


def test_an_interrupt_ends_a_read_that_waits_in_its_call() -> None:
    assert child_says(INTERRUPTED) == "True\n"


def test_two_threads_that_read_at_once_lose_nothing() -> None:
    with pair() as (client, connection):
        got: list[int] = []

        def read() -> None:
            while data := connection.read(timeout=PATIENCE):
                got.append(len(data))

        readers = [Background(read) for _ in range(2)]
        for _ in range(200):
            client.write(b"x" * 7, timeout=PATIENCE)
            time.sleep(0.0005)
        client.finish()
        for reader in readers:
            reader.result()
        assert sum(got) == 1400


def test_many_clients_at_once_are_answered() -> None:
    def echo(connection: ns.Socket) -> None:
        while data := connection.read():
            connection.write(data)

    with ns.TcpServer(on_client=echo, backlog=1000) as server:
        clients = [ns.Socket.open(server.endpoint, timeout=PATIENCE) for _ in range(200)]
        try:
            for number, client in enumerate(clients):
                client.write(b"%d" % number)
            for number, client in enumerate(clients):
                assert client.read_exactly(len(str(number)), timeout=PATIENCE) == b"%d" % number
        finally:
            for client in clients:
                client.close()


CALLS = """
import subprocess, sys, os, threading, time
import netsteps as ns
work, trace = sys.argv[1:]
server = ns.Socket("tcp"); server.bind("127.0.0.1", 0); server.listen()
client = ns.Socket("tcp"); client.connect(server.local); connection = server.accept()
def answer():
    while data := connection.read():
        time.sleep(0.001)
        connection.write(data)
if work == "questions":
    thread = threading.Thread(target=answer); thread.start()
    def ask():
        client.write(b"question"); client.read()
    for _ in range(10): ask()
command = ["strace", "-f", "-e", "trace=recvfrom,sendto,sendmsg,ppoll", "-o", trace]
command += ["-p", str(os.getpid())]
tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
tracer.stderr.readline()
if work == "questions":
    for _ in range(20): ask()
else:
    for _ in range(20): client.write_message(b"message")
    for _ in range(20): assert connection.read_message() == b"message"
tracer.terminate(); tracer.wait(); tracer.stderr.close()
client.finish()
if work == "questions": thread.join()
client.close(); connection.close(); server.close()
"""


def calls(tmp_path: Path, work: str) -> list[str]:
    trace = tmp_path / "calls"
    child_says(CALLS, work, str(trace))
    lines = [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines()]
    return [line.split("(")[0] for line in lines if line[:4] in ("recv", "send", "ppol")]


@strace
@pytest.mark.exact_io(reason="counts system calls")
def test_a_message_is_one_call_each_way_and_messages_that_wait_together_are_one(
    tmp_path: Path,
) -> None:
    made = calls(tmp_path, "messages")
    assert made[:20] == ["sendmsg"] * 20
    # The kernel gives 17 small segments at a time.
    assert set(made[20:]) == {"recvfrom"}
    assert len(made[20:]) <= 3


@strace
@pytest.mark.exact_io(reason="counts system calls")
def test_a_question_and_its_answer_are_four_calls_of_both_ends(tmp_path: Path) -> None:
    made = calls(tmp_path, "questions")
    assert made.count("ppoll") <= 2
    assert made.count("recvfrom") <= 44
    assert 40 <= made.count("sendto") <= 41


def test_receive_into_fills_the_callers_memory() -> None:
    with ns.TcpReceiver() as receiver:
        room = bytearray(10)
        with ns.TcpSender(receiver.endpoint) as sender:
            sender.send(b"bytes")
            at = 0
            while at < 5:
                at += receiver.receive_into(memoryview(room)[at:], timeout=PATIENCE)
        assert room == b"bytes" + bytes(5)
        assert receiver.receive_into(room, timeout=PATIENCE) == 0


def test_a_buffer_without_room_is_not_taken_for_the_end() -> None:
    with ns.TcpReceiver() as receiver, ns.TcpSender(receiver.endpoint) as sender:
        sender.send(b"here")
        for empty in (bytearray(), memoryview(bytearray(4))[4:]):
            with pytest.raises(ns.BadArgument, match="no room"):
                receiver.receive_into(empty, timeout=PATIENCE)
            with pytest.raises(ns.BadArgument, match="no room"):
                sender.socket.read_into(empty, timeout=PATIENCE)
        sender.finish()
        assert receiver.receive_all(timeout=PATIENCE) == b"here"


def test_a_receiver_that_was_closed_before_blames_no_other_thread() -> None:
    receiver = ns.TcpReceiver()
    receiver.close()
    for take in (receiver.receive, receiver.receive_message, receiver.next_sender):
        with pytest.raises(ns.SocketClosed, match="this socket is closed"):
            take()


FORKED = """
import os
import netsteps as ns
server = ns.Socket("tcp"); server.bind("127.0.0.1", 0); server.listen()
client = ns.Socket("tcp"); client.connect(server.local); connection = server.accept()
client.write_message(b"one"); client.write_message(b"two")
assert connection.read_message() == b"one"
closed, told = os.pipe()
child = os.fork()
if child == 0:
    os.read(closed, 1)
    connection.write(b"bye")
    os._exit(0)
connection.close()
os.write(told, b"x")
os.waitpid(child, 0)
print(client.read_all(timeout=10))
client.close(); server.close(); os.close(closed); os.close(told)
"""


@pytest.mark.exact_io(reason="nothing is read ahead byte by byte")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_close_with_bytes_read_ahead_does_not_cut_the_connection_of_a_child() -> None:
    assert child_says(FORKED) == "b'bye'\n"


@pytest.mark.exact_io(reason="nothing is read ahead byte by byte")
def test_a_connection_that_has_sent_a_file_still_reads_ahead(tmp_path: Path) -> None:
    """Its descriptor is nobody else's."""
    (file := tmp_path / "file").write_bytes(b"a file")
    with pair() as (client, connection):
        assert connection.write_file(file) == 6
        client.write_message(b"one")
        client.write_message(b"two")
        assert client.read_exactly(6, timeout=PATIENCE) == b"a file"
        until(lambda: connection.buffers.unread == 14, "both messages")
        assert connection.read_message(timeout=PATIENCE) == b"one"
        assert connection.buffers.unread == 0
        assert connection.read_message(timeout=PATIENCE) == b"two"
