"""A trace that samples: what it keeps, and that nobody else feels the thread that does it."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

import netsteps as ns
from helpers import child_says, listening, pair, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

OFTEN = 0.0002  # seconds


def samplers() -> int:
    """Count the threads of this process that sample."""
    names = [task / "comm" for task in Path("/proc/self/task").iterdir()]
    return sum(name.read_text().startswith("netsteps sample") for name in names)


def test_a_trace_samples_from_start_to_stop() -> None:
    before = samplers()
    with ns.Trace(sample=OFTEN) as trace, pair() as (client, connection):
        until(lambda: samplers() == before + 1, "a thread looks")
        client.write(b"x" * 1000)
        until(lambda: any(sample.unread == 1000 for sample in trace.samples), "it was seen")
        connection.read_exactly(1000)
    assert samplers() == before
    times = [sample.time_ns for sample in trace.samples]
    assert times == sorted(times)
    assert {sample.process for sample in trace.samples} == {os.getpid()}
    assert trace.start_ns <= times[-1] <= time.monotonic_ns()
    assert repr(trace.samples[0]).startswith("<Sample of socket #")


def test_without_a_period_nothing_is_sampled() -> None:
    before = samplers()
    with ns.Trace() as trace, pair():
        assert samplers() == before
    assert trace.samples == []


def test_an_idle_socket_is_a_few_samples() -> None:
    with ns.Trace(sample=OFTEN) as trace, pair():
        begun = time.monotonic()
        until(lambda: time.monotonic() > begun + 0.1, "time passes")
    assert len(trace.samples) < 30


def test_a_queue_is_sampled() -> None:
    with ns.Trace(sample=OFTEN) as trace, listening(backlog=5) as listener:
        with ns.Socket("tcp") as client:
            client.connect(listener.local)
            until(lambda: any(sample.queue == 1 for sample in trace.samples), "it waits")
        seen = [sample for sample in trace.samples if sample.queue is not None]
    assert {sample.queue_limit for sample in seen} == {5}


def test_descriptors_are_free_as_soon_as_they_are_closed() -> None:
    with ns.Trace(sample=OFTEN):
        for _ in range(300):
            socket = ns.Socket("udp")
            number = socket.number
            socket.close()
            again = ns.Socket("udp")
            # The kernel gives the lowest free number: ours, unless it was still taken.
            assert again.number == number
            again.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a fork beside threads
def test_a_fork_finds_no_lock_held_and_samples_its_own() -> None:
    def child(trace: ns.Trace, ends: tuple[ns.Socket, ns.Socket]) -> int:
        client, connection = ends
        client.write(b"x")
        connection.read_exactly(1)
        with ns.Socket("udp"), ns.Trace(sample=OFTEN) as own:
            until(lambda: own.samples, "the child's are seen")
        trace.stop()
        return 0 if {sample.process for sample in own.samples} == {os.getpid()} else 2

    with ns.Trace(sample=0.00005) as trace, pair() as ends:
        for _ in range(30):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    status = child(trace, ends)
                finally:
                    os._exit(status)
            assert end_of(pid) == 0
        assert samplers() >= 1


def end_of(pid: int) -> int:
    ended: list[int] = []

    def reaped() -> bool:
        which, status = os.waitpid(pid, os.WNOHANG)
        ended.extend([os.waitstatus_to_exitcode(status)] if which else [])
        return bool(ended)

    until(reaped, "the child ends")
    return ended[0]


def test_the_interpreter_ends_with_a_sampler_on() -> None:
    code = """
import netsteps as ns
trace = ns.Trace(sample=0.00005)
trace.start()
server = ns.TcpServer(service="echo")
with ns.Socket("tcp") as client:
    client.connect(server.endpoint)
    client.write(b"x")
    client.read()
print("end")
"""
    for _ in range(5):
        assert child_says(code) == "end\n"


def test_many_threads_that_open_and_close_are_sampled_safely() -> None:
    def work() -> None:
        for _ in range(50):
            with pair() as (client, connection):
                client.write(b"hello")
                assert connection.read_exactly(5) == b"hello"

    with ns.Trace(sample=0.00005) as trace:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert trace.samples
