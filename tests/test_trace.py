"""A trace: every call of every socket of the process, once, in bounded memory."""

import gc
import threading
import time

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, bound, listening, pair, until_waiting

exact = pytest.mark.exact_io(reason="counts calls")


def conversation() -> None:
    with listening() as listener, ns.Socket("tcp") as client:
        client.connect(listener.local)
        with listener.accept(timeout=PATIENCE) as connection:
            client.write(b"hello")
            assert connection.read_exactly(5, timeout=PATIENCE) == b"hello"
            client.finish()
            assert connection.read(timeout=PATIENCE) == b""


@exact
def test_every_step_is_recorded_once_in_its_order() -> None:
    with ns.Trace() as trace:
        conversation()
    assert [(event.step, event.call, event.phase) for event in trace.events] == [
        ("socket", "socket", "completed"),
        ("bind", "bind", "completed"),
        ("listen", "listen", "completed"),
        ("socket", "socket", "completed"),
        ("connect", "connect", "completed"),
        ("accept", "accept4", "completed"),
        ("accepted", "accepted", "completed"),
        ("write", "send", "completed"),
        ("read_exactly", "recv", "completed"),
        ("finish", "shutdown", "completed"),
        ("read", "recv", "completed"),
        ("close", "close", "completed"),
        ("close", "close", "completed"),
        ("close", "close", "completed"),
    ]


def test_an_event_says_who_what_how_much_and_when() -> None:
    begin = time.monotonic_ns()
    with pair() as (client, connection):
        with ns.Trace() as trace:
            client.send(b"x" * 100)
        end = time.monotonic_ns()
        [event] = trace.events
        assert (event.kind, event.number) == ("tcp", client.number)
        assert (event.local, event.peer) == (client.local, client.peer)
        assert event.asked == 100
        assert event.size is not None
        assert 0 < event.size <= 100
        assert event.preview == b"x" * min(32, event.size)
        assert (event.error, event.errno) == (None, None)
        assert (event.before, event.after) == ("connected", "connected")
        assert event.end_ns is not None
        assert begin <= event.start_ns <= event.end_ns <= end
        assert event.thread == threading.get_native_id()
        assert "send" in repr(event)
        connection.read_exactly(event.size, timeout=PATIENCE)


def test_ids_grow_and_a_socket_keeps_its_serial_when_its_number_is_given_again() -> None:
    with ns.Trace() as trace:
        for _ in range(3):
            ns.Socket("tcp").close()
    ids = [event.id for event in trace.events]
    assert ids == sorted(set(ids))
    assert len({event.socket for event in trace.events}) == 3
    assert len({event.number for event in trace.events}) == 1


def test_a_failure_is_recorded_with_its_error_and_number() -> None:
    with ns.Socket("tcp") as dead, ns.Socket("tcp") as client:
        dead.bind("127.0.0.1", 0)
        with ns.Trace() as trace, pytest.raises(ns.Refused) as caught:
            client.connect(dead.local)
        event = trace.events[-1]
        assert (event.step, event.phase, event.errno) == ("connect", "failed", caught.value.errno)
        assert event.error is not None
        assert caught.value.cause in event.error
        assert (event.before, event.after, event.peer) == ("created", "created", dead.local)


def test_a_call_that_waits_is_seen_while_it_waits() -> None:
    with bound() as socket, ns.Socket("udp") as sender, ns.Trace() as trace:
        thread = Background(socket.receive_from)
        until_waiting(trace, thread)
        [waiting] = [event for event in trace.events if event.phase == "started"]
        assert (waiting.step, waiting.end_ns, waiting.local) == ("receive_from", None, socket.local)
        sender.send_to(b"x", socket.local)
        assert thread.result().data == b"x"
        [done] = [event for event in trace.events if event.id == waiting.id]
        assert (done.phase, done.size) == ("completed", 1)
        assert done.peer is not None
        assert done.peer == ("127.0.0.1", sender.local.port)
        assert done.thread == waiting.thread == thread.native_id


def test_the_states_of_a_conversation_are_in_it() -> None:
    with ns.Trace() as trace:
        conversation()
    moves = [(event.before, event.after) for event in trace.events if event.before != event.after]
    for move in [
        ("created", "bound"),
        ("bound", "listening"),
        ("created", "connected"),
        ("connected", "finished"),
        ("connected", "peer finished"),
        ("peer finished", "closed"),
        ("finished", "closed"),
        ("listening", "closed"),
    ]:
        assert move in moves


# How much it keeps


def test_the_newest_are_kept_and_the_others_counted() -> None:
    with bound() as socket:
        with ns.Trace(capacity=10) as trace:
            for number in range(25):
                socket.send_to(bytes([number]), socket.local)
        assert [event.preview[0] for event in trace.events] == list(range(15, 25))
        assert (trace.dropped, trace.capacity) == (15, 10)
        assert "15" in repr(trace)


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_trace_that_keeps_nothing_is_refused(capacity: int) -> None:
    with pytest.raises(ns.BadArgument):
        ns.Trace(capacity=capacity)


def test_nothing_is_recorded_before_and_after() -> None:
    with bound() as socket:
        trace = ns.Trace()
        socket.send_to(b"before", socket.local)
        assert trace.events == []
        trace.start()
        trace.start()
        socket.send_to(b"within", socket.local)
        trace.stop()
        trace.stop()
        socket.send_to(b"after", socket.local)
        assert [event.preview for event in trace.events] == [b"within"]


def test_traces_can_be_nested_and_are_apart() -> None:
    with bound() as socket, ns.Trace() as outer:
        socket.send_to(b"1", socket.local)
        with ns.Trace() as inner:
            socket.send_to(b"2", socket.local)
        socket.send_to(b"3", socket.local)
    assert [event.preview for event in inner.events] == [b"2"]
    assert [event.preview for event in outer.events if event.step == "send_to"] == [
        b"1",
        b"2",
        b"3",
    ]


def test_a_trace_that_was_forgotten_records_no_more() -> None:
    trace = ns.Trace()
    trace.start()
    del trace
    gc.collect()
    with bound() as socket, ns.Trace() as other:
        socket.send_to(b"x", socket.local)
    assert len(other.events) == 1


def test_a_trace_survives_an_error_within() -> None:
    trace = ns.Trace()

    def fails() -> None:
        with trace:
            ns.Socket("tcp").close()
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert [event.step for event in trace.events] == ["socket", "close"]
    ns.Socket("tcp").close()
    assert len(trace.events) == 2


def test_the_events_of_all_threads_are_in_it() -> None:
    with ns.Trace() as trace:
        threads = [Background(conversation) for _ in range(4)]
        for thread in threads:
            thread.result()
    assert {event.thread for event in trace.events} == {thread.native_id for thread in threads}


def test_the_clients_of_a_server_are_in_it() -> None:
    with (
        ns.Trace() as trace,
        ns.TcpServer(service="echo") as server,
        ns.TcpSender(*server.endpoint) as sender,
    ):
        sender.send(b"hello")
        assert sender.socket.read_exactly(5, timeout=PATIENCE) == b"hello"
    steps = {event.step for event in trace.events}
    assert {"bind", "listen", "accept", "connect", "write", "close"} <= steps


# How it is shown


def test_it_shows_itself_in_the_terminal_and_in_a_notebook() -> None:
    with ns.Trace() as trace:
        conversation()
    text = repr(trace)
    assert text == repr(trace.table())
    assert len(text.split("\n")) >= 2 + len(trace.events)
    for word in ("connect", "accept4", "b'hello'", "listening", "peer finished"):
        assert word in text
    html = trace._repr_html_()
    assert html.count("<tr>") >= len(trace.events)
    assert "hello" in html


def test_an_empty_trace_shows_itself_too() -> None:
    trace = ns.Trace()
    assert "0 events" in trace._repr_html_()
    assert repr(trace)


def test_hostile_bytes_are_escaped_in_both_views() -> None:
    with bound() as socket, ns.Trace() as trace:
        socket.send_to(b"<b>\x1b[2J\x00", socket.local)
    assert "\x1b" not in repr(trace)
    assert "<b>" not in trace._repr_html_()
