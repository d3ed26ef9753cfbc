"""A trace on disk: saved, loaded, merged with that of another process, and the lines it notes."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import netsteps as ns
from helpers import PATIENCE, listening, pair

exact = pytest.mark.exact_io(reason="counts calls")

# What an event is compared by: all that it has.
ATTRIBUTES = [name for name in dir(ns.Event) if not name.startswith("_")]


def facts(trace: ns.Trace) -> list[dict[str, object]]:
    return [{name: getattr(event, name) for name in ATTRIBUTES} for event in trace.events]


@pytest.fixture
def trace() -> ns.Trace:
    """Give the trace of a conversation with a failure, a datagram, a hostile text and a wait."""
    with ns.Trace(preview=64, lines=True) as trace:
        with pair("ipv6") as (client, connection):
            client.write(b"<script>\x1b[31m\xff" * 4)
            connection.read(10)
            with pytest.raises(ns.TimedOut):
                client.read(timeout=0.01)
        with ns.UdpReceiver() as receiver, ns.UdpSender(receiver.endpoint) as sender:
            sender.send(b"")
            receiver.receive(timeout=PATIENCE)
    return trace


def test_what_was_saved_is_loaded(trace: ns.Trace, tmp_path: Path) -> None:
    path = trace.save(tmp_path / "trace.jsonl")
    assert path == tmp_path / "trace.jsonl"
    loaded = ns.Trace.load(path)
    assert facts(loaded) == facts(trace)
    assert repr(loaded) == repr(trace)
    assert (loaded.start_ns, loaded.dropped) == (trace.start_ns, trace.dropped)
    assert loaded.processes == trace.processes
    again = loaded.save(str(tmp_path / "again.jsonl"))
    assert Path(again).read_bytes() == path.read_bytes()


def test_the_file_is_json_lines_with_the_names_of_the_attributes(
    trace: ns.Trace, tmp_path: Path
) -> None:
    lines = trace.save(tmp_path / "trace.jsonl").read_text(encoding="utf-8").splitlines()
    head, *events = map(json.loads, lines)
    assert (head["format"], head["version"]) == ("netsteps trace", 1)
    for saved, event in zip(events, trace.events, strict=True):
        assert saved.pop("event") == event.id
        assert bytes.fromhex(saved.pop("preview", "")) == event.preview
        for name, value in saved.items():
            known = getattr(event, name)
            assert value == (str(known) if isinstance(known, ns.Endpoint) else known), name


def test_the_verdict_of_a_relay_is_loaded_and_an_older_file_has_none(tmp_path: Path) -> None:
    common = {"process": 1, "phase": "completed", "socket": 2, "number": 3, "kind": "udp"}
    common |= {"before": "bound", "after": "bound", "thread": 1, "size": 5, "step": "relay"}
    relayed = {"verdict": "late", "rule": "delay=0.05"}
    lines: list[dict[str, object]] = [
        {"format": "netsteps trace", "version": 1},
        {"event": 1, "call": "recvfrom", "start_ns": 1, **common},
        {"event": 2, "call": "recvfrom", "start_ns": 2, **common, **relayed},
        {"event": 3, "call": "sendto", "start_ns": 3, **common, **relayed, "origin": 2},
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    loaded = ns.Trace.load(path)
    told = [(event.verdict, event.rule, event.origin) for event in loaded.events]
    assert told == [(None, None, None), ("late", "delay=0.05", None), ("late", "delay=0.05", 2)]
    again = ns.Trace.load(loaded.save(tmp_path / "again.jsonl"))
    assert facts(again) == facts(loaded)


@pytest.mark.parametrize("name", ["trace", "trace.txt", "trace.jsonl.gz", ".jsonl"])
def test_another_ending_is_refused_and_writes_nothing(
    name: str, trace: ns.Trace, tmp_path: Path
) -> None:
    with pytest.raises(ns.BadArgument, match="jsonl"):
        trace.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_trace_says_which_line(tmp_path: Path, trace: ns.Trace) -> None:
    path = trace.save(tmp_path / "trace.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for text, match in [
        ("", "line 1"),
        ("hello\n", "line 1"),
        ('{"format": "netsteps trace", "version": 9}\n', "version 9"),
        ("".join(lines[:3]) + lines[3][:40], "line 4"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=match) as caught:
            ns.Trace.load(path)
        assert "trace.jsonl" in str(caught.value)
    with pytest.raises(FileNotFoundError) as missing:
        ns.Trace.load(tmp_path / "none.jsonl")
    assert Path(missing.value.filename) == tmp_path / "none.jsonl"


def test_a_trace_that_is_too_long_is_refused_at_its_limit(trace: ns.Trace, tmp_path: Path) -> None:
    path = trace.save(tmp_path / "trace.jsonl")
    count = len(trace.events)
    assert len(ns.Trace.load(path, limit=count).events) == count
    with pytest.raises(ns.MessageTooLarge, match="limit"):
        ns.Trace.load(path, limit=count - 1)


def test_a_loaded_trace_records_nothing(trace: ns.Trace, tmp_path: Path) -> None:
    loaded = ns.Trace.load(trace.save(tmp_path / "trace.jsonl"))
    with pytest.raises(ns.BadArgument):
        loaded.start()
    with pytest.raises(ns.BadArgument), loaded:
        pass
    loaded.stop()


CLIENT = """
import sys
import netsteps as ns
with ns.Trace(lines=True) as trace, ns.Socket("tcp") as client:
    client.connect("127.0.0.1", int(sys.argv[1]))
    client.write(b"hello")
    assert client.read_all(timeout=20) == b"HELLO"
trace.save(sys.argv[2])
"""


@exact
def test_two_processes_are_one_trace_on_one_axis_of_time(tmp_path: Path) -> None:
    script = tmp_path / "client.py"
    script.write_text(CLIENT, encoding="utf-8")
    theirs = tmp_path / "client.jsonl"
    with ns.Trace() as trace, listening() as listener:
        command = [sys.executable, script, str(listener.local.port), theirs]
        with subprocess.Popen(command) as client:
            with listener.accept(timeout=PATIENCE) as connection:
                connection.write(connection.read_exactly(5, timeout=PATIENCE).upper())
            assert client.wait(PATIENCE) == 0
    merged = ns.merge(trace, ns.Trace.load(theirs))
    assert len(merged.processes) == 2
    assert merged.processes[client.pid].endswith(" client.py")
    # What the server wrote ended before the client's read of it did: one clock.
    [answer] = [e for e in merged.events if e.process != client.pid and e.step == "write"]
    [heard, *_] = [e for e in merged.events if e.process == client.pid and e.step == "read_all"]
    assert heard.end_ns is not None
    assert answer.start_ns < heard.end_ns
    lines = {event.line for event in merged.events if event.process == client.pid}
    assert lines <= {f"client.py:{number}" for number in range(4, 8)}
    assert facts(merged) == sorted(facts(merged), key=lambda e: (e["start_ns"], e["process"]))


def test_what_two_traces_of_a_process_both_hold_is_taken_once() -> None:
    with ns.Trace() as whole, pair() as (client, connection):
        client.write(b"one")
        with ns.Trace() as part:
            client.write(b"two")
            connection.read()
    assert facts(ns.merge(whole, part)) == facts(whole)
    assert facts(ns.merge(part, whole)) == facts(whole)
    with pytest.raises(ns.BadArgument):
        ns.merge()


def test_a_trace_of_another_machine_is_not_merged(tmp_path: Path, trace: ns.Trace) -> None:
    path = trace.save(tmp_path / "trace.jsonl")
    head, rest = path.read_text(encoding="utf-8").split("\n", 1)
    other = json.dumps(json.loads(head) | {"machine": "another"})
    path.write_text(f"{other}\n{rest}", encoding="utf-8")
    with pytest.raises(ns.BadArgument, match="clocks"):
        ns.merge(trace, ns.Trace.load(path))


# Lines of the program


def own_line() -> int:
    return sys._getframe(1).f_lineno


@exact
def test_an_event_knows_the_line_that_took_its_step() -> None:
    here = Path(__file__).name
    with pair() as (client, connection), ns.Trace(lines=True) as trace:
        first = own_line() + 1
        client.write(b"hello")
        connection.read()
        client.finish()
        connection.read_all()
        client.close()
        ns.Socket("udp").close()
    lines = [event.line for event in trace.events]
    sixth = f"{here}:{first + 5}"
    assert lines == [f"{here}:{first + place}" for place in range(5)] + [sixth, sixth]


def test_a_handler_in_a_thread_has_its_own_lines() -> None:
    seen = threading.Event()

    def handler(connection: ns.Socket) -> None:
        connection.write(b"hello")
        seen.set()

    with ns.Trace(lines=True) as trace, ns.TcpServer(handler) as server:
        with ns.TcpSender(server.endpoint) as sender:
            assert sender.socket.read_all(timeout=PATIENCE) == b"hello"
        assert seen.wait(PATIENCE)
    [wrote] = [event for event in trace.events if event.step == "write"]
    assert wrote.line == f"{Path(__file__).name}:{handler.__code__.co_firstlineno + 1}"
    # Nobody's line called accept: the server did.
    assert {event.line for event in trace.events if event.step == "accept"} == {None}


def test_lines_are_noted_only_where_they_are_asked_for() -> None:
    with pair() as (client, _), ns.Trace() as plain:
        with ns.Trace(lines=True) as asked:
            client.write(b"x")
        client.write(b"y")
    assert [event.line is None for event in asked.events] == [False]
    assert [event.line for event in plain.events] == [None, None]


# What an event keeps


def test_an_event_keeps_as_much_as_the_trace_asks_for() -> None:
    data = bytes(range(256)) * 4
    with pair() as (client, connection):
        with ns.Trace(preview=1000) as much, ns.Trace(preview=0) as none, ns.Trace() as usual:
            client.write(data)
        connection.read_exactly(len(data), timeout=PATIENCE)
    for trace, size in [(much, 1000), (none, 0), (usual, 32)]:
        joined = b"".join(event.preview for event in trace.events)
        assert data.startswith(joined[:size])
        assert len(trace.events[0].preview) <= size
    assert len(much.events[0].preview) > 32


@exact
def test_offsets_say_where_in_the_stream_the_bytes_stand() -> None:
    with pair() as (client, connection):
        client.write(b"before the trace")
        with ns.Trace() as trace:
            client.write_message(b"12345")
            connection.read(10)
            connection.read(100)
            connection.write(b"ab")
    assert [(event.step, event.offset, event.size) for event in trace.events] == [
        ("write_message", 16, 9),
        ("read", 0, 10),
        ("read", 10, 15),
        ("write", 0, 2),
    ]
    assert trace.events[0].preview == b"\0\0\0\x0512345"


def test_the_bytes_that_are_kept_stay_within_the_bound_on_memory() -> None:
    data = bytes(10_000)
    with pair() as (client, connection), ns.Trace(preview=10_000, memory=100_000) as trace:
        for _ in range(50):
            client.write(data)
            connection.read_exactly(len(data), timeout=PATIENCE)
    kept = sum(len(event.preview) for event in trace.events)
    assert 50_000 < kept < 100_000
    assert trace.dropped > 0


@pytest.mark.parametrize(
    "limits", [{"capacity": 0}, {"preview": -1}, {"memory": 0}, {"capacity": -5}]
)
def test_limits_that_keep_nothing_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ns.BadArgument):
        ns.Trace(**limits)  # type: ignore[arg-type] # one of three integers
