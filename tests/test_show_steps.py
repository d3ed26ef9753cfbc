"""The tables of steps and of events, the two sides beside each other, and the units."""

import copy
import pickle
import re
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

import netsteps as ns
from netsteps.show import Table
from netsteps.show.side_by_side import side_by_side, side_by_side_rows
from netsteps.show.steps import table_of_events, table_of_steps
from netsteps.show.units import Quantity, parse_size, rate_text, size_text, time_text


@dataclass(frozen=True)
class Line:
    step: str = "read"
    call: str = "recv"
    count: int = 1
    bytes: int = 0
    note: str | None = None
    failed: bool = False
    start_ns: int = 0
    end_ns: int = 1500
    state: str = "connected"


EVENT = SimpleNamespace(
    id=1,
    phase="completed",
    socket=1,
    number=3,
    kind="tcp",
    step="read",
    call="recv",
    local="127.0.0.1:80",
    peer="127.0.0.1:5000",
    asked=100,
    size=5,
    preview=b"hello",
    error=None,
    errno=None,
    before="connected",
    after="connected",
    start_ns=1_000_000,
    end_ns=1_002_500,
    thread=77,
    process=4711,
    line=None,
    verdict=None,
    rule=None,
)


def event(**changed: object) -> SimpleNamespace:
    return SimpleNamespace(**vars(EVENT) | changed)


def cells(table: "Table[object]") -> dict[str, str]:
    """Give the only row of a table, as it is written, by its titles."""
    [row] = table.cells()
    return {title: str(cell).strip() for title, cell in zip(table.columns, row, strict=True)}


# Steps


def test_steps_are_a_table_of_runs() -> None:
    lines = [
        Line("socket", "socket", state="created"),
        Line("connect", "connect", note="127.0.0.1:80", end_ns=96_500),
        Line("write", "send", count=3, bytes=12_345),
        Line("read", "recv", state="peer finished"),
        Line("write", "send", note="broken pipe", failed=True, state="reset"),
    ]
    assert repr(table_of_steps(lines, 0)).split("\n") == [
        "step     times  bytes     took  state after    note",
        "-------  -----  -----  -------  -------------  -------------------",
        "socket                 1.50 us  created",
        "connect                96.5 us  connected      127.0.0.1:80",
        "write        3  12345  1.50 us  connected",
        "read                0  1.50 us  peer finished",
        "write                  1.50 us  reset          failed: broken pipe",
    ]


def test_the_lines_stay_what_they_are() -> None:
    lines = [Line(), Line("write", "send")]
    table = table_of_steps(lines, 0)
    assert isinstance(table, Table)
    assert list(table) == lines
    assert table[1].step == "write"


def test_lines_that_were_not_kept_are_counted() -> None:
    assert table_of_steps([Line()], 0).note is None
    assert "note: 1 line after the first 64 not kept" in repr(table_of_steps([Line()], 1))
    assert "7 lines after the first 64" in table_of_steps([Line()], 7)._repr_html_()


def test_what_comes_from_outside_is_escaped_in_steps() -> None:
    table = table_of_steps([Line(note="\x1b[2J<b>\u202e")], 0)
    assert "\\x1b[2J<b>\\u202e" in repr(table)
    assert "\\x1b[2J&lt;b&gt;\\u202e" in table._repr_html_()


def test_a_real_socket_shows_its_steps() -> None:
    with ns.Socket("tcp") as server, ns.Socket("tcp") as client:
        server.bind("127.0.0.1", 0)
        server.listen()
        client.connect(server.local)
        with server.accept() as connection:
            for _ in range(3):
                client.write(b"abc")
            client.finish()
            connection.read_all()
            text = repr(client.steps)
            assert re.search(r"^write +3 +9 +[\d.]+ [num]s +connected$", text, re.MULTILINE)
            assert re.search(
                rf"^connect +[\d.]+ [um]s +connected +{server.local}$", text, re.MULTILINE
            )
            assert connection.steps[-1].state == "peer finished"
            assert "<table>" in client.steps._repr_html_()


# Events


def test_an_event_is_a_row() -> None:
    assert cells(table_of_events([event()], 0)) == {
        "ms": "0.000",
        "socket": "tcp 3 #1",
        "step": "read",
        "call": "recv",
        "local -> peer": "127.0.0.1:80 -> 127.0.0.1:5000",
        "bytes": "5 (100)",
        "first bytes": "b'hello'",
        "result": "",
        "took": "2.50 us",
    }


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({"phase": "started", "end_ns": None}, "waiting"),
        ({"before": "created", "after": "bound"}, "bound"),
        ({"size": 0}, "the end"),
        ({"size": 0, "kind": "udp"}, ""),
        (
            {
                "phase": "failed",
                "errno": 111,
                "error": "connect [::1]:9: nobody listens: really. Try: start the server.",
            },
            "ECONNREFUSED: nobody listens: really",
        ),
        ({"phase": "failed", "errno": -2, "error": "open x: no such name."}, "no such name"),
        ({"phase": "failed", "errno": None, "error": "odd"}, "odd"),
        ({"phase": "failed", "error": None}, "failed"),
    ],
)
def test_the_result_is_the_new_state_or_the_error(changed: dict[str, object], result: str) -> None:
    assert cells(table_of_events([event(**changed)], 0))["result"] == result


@pytest.mark.parametrize(
    ("changed", "way"),
    [
        ({"peer": None}, "127.0.0.1:80"),
        ({"local": None}, "-> 127.0.0.1:5000"),
        ({"local": None, "peer": None}, ""),
    ],
)
def test_ends_that_are_not_known_are_left_out(changed: dict[str, object], way: str) -> None:
    assert cells(table_of_events([event(**changed)], 0))["local -> peer"] == way


@pytest.mark.parametrize(
    ("changed", "size", "preview"),
    [
        ({"size": 100}, "100", "b'hello'..."),
        ({"size": None, "preview": b""}, "(100)", ""),
        ({"size": None, "asked": None, "preview": b""}, "", ""),
        ({"preview": bytes(32), "size": 32}, "32 (100)", r"b'\x00\x00\x00'..."),
        ({"preview": b"exactly-17-bytes!", "size": 17}, "17 (100)", "b'exactly-17-bytes!'"),
    ],
)
def test_bytes_are_counted_and_their_beginning_shown(
    changed: dict[str, object], size: str, preview: str
) -> None:
    row = cells(table_of_events([event(**changed)], 0))
    assert (row["bytes"], row["first bytes"]) == (size, preview)


def test_threads_are_numbered_when_there_are_several() -> None:
    assert "thread" not in table_of_events([event(), event()], 0).columns
    table = table_of_events([event(thread=900), event(thread=5), event(thread=900)], 0)
    assert [row[1] for row in table.cells()] == ["T1", "T2", "T1"]


def test_events_that_were_not_kept_are_counted() -> None:
    assert table_of_events([event()], 0).note is None
    assert "3 older events not kept" in repr(table_of_events([event()], 3))
    assert "1 older event not kept" in repr(table_of_events([], 1))


def test_what_comes_from_outside_is_escaped_in_events() -> None:
    evil = event(phase="failed", error="read x: \x1b[2J<b>", preview=b"\x1b<b>")
    table = table_of_events([evil], 0)
    assert "\x1b" not in repr(table)
    assert "\x1b" not in table._repr_html_()
    assert "<b>" not in table._repr_html_()


def test_a_real_trace_shows_itself() -> None:
    with ns.Trace() as trace, ns.Socket("udp") as receiver, ns.Socket("udp") as sender:
        receiver.bind("127.0.0.1", 0)
        sender.send_to(b"hello", receiver.local)
        receiver.receive_from()
        with pytest.raises(TimeoutError):
            receiver.receive_from(timeout=0.01)
    assert len(trace.table()) == len(trace.events)
    text = repr(trace)
    assert "b'hello'" in text
    assert re.search(r"receive_from .* ETIMEDOUT: ", text)
    assert "<table>" in trace._repr_html_()


# Both sides


LEFT = [
    Line("connect", "connect", start_ns=1_000_000, end_ns=1_090_000),
    Line("write", "send", count=2, bytes=2000, start_ns=3_000_000, end_ns=3_010_000),
]
RIGHT = [
    Line("accepted", "accepted", start_ns=2_000_000, end_ns=2_000_050),
    Line("read", "recv", bytes=0, start_ns=4_000_000, end_ns=4_001_000, note="reset", failed=True),
]


def test_both_sides_stand_in_the_order_of_time() -> None:
    assert side_by_side(LEFT, RIGHT, ("client", "server")).split("\n") == [
        "   ms  client                         |  server",
        "-----  -----------------------------  |  ---------------------------",
        "0.000  connect               90.0 us  |",
        "1.000                                 |  accepted       50 ns",
        "2.000  write   x 2  2.00 kB  10.0 us  |",
        "3.000                                 |  read         1.00 us  reset",
    ]


def test_a_row_belongs_to_one_side_and_tells_a_failure() -> None:
    rows = side_by_side_rows(LEFT, RIGHT, ("client", "server"))
    assert [row.side for row in rows] == ["title", "rule", "left", "right", "left", "right"]
    assert [row.failed for row in rows] == [False] * 5 + [True]
    assert rows[-1].text.endswith("  reset")
    assert len({row.text.index("|") for row in rows}) == 1


def test_time_can_begin_before_the_first_step() -> None:
    text = side_by_side(LEFT, RIGHT, ("a", "b"), begin_ns=0)
    assert [line.split()[0] for line in text.split("\n")[2:]] == [
        "1.000",
        "2.000",
        "3.000",
        "4.000",
    ]


def test_a_long_exchange_is_cut_in_the_middle() -> None:
    many = [Line(start_ns=number) for number in range(100)]
    text = side_by_side(many, [], ("a", "b"))
    assert "... 78 more rows ..." in text
    assert len(text.split("\n")) == 2 + 14 + 1 + 8
    kept = table_of_steps(many, 5)
    assert "78 more rows, and what the sockets did not keep" in side_by_side(kept, [], ("a", "b"))


def test_nothing_on_either_side_is_the_titles() -> None:
    assert side_by_side([], [], ("a", "b")) == "ms  a  |  b\n--  -  |  -"


def test_what_comes_from_outside_is_escaped_on_both_sides() -> None:
    evil = replace(RIGHT[1], note="\x1b[2J")
    assert "\x1b" not in side_by_side([evil], [evil], ("\x1b", "\x1b"))


# Units


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (9_994, "9.99 kB"),
        (9_996, "10.0 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (200_000_000, "200 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size_text(count) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 us"),
        (12_345, "12.3 us"),
        (999_600, "1.00 ms"),
        (1_234_567_890, "1.23 s"),
        (119_000_000_000, "119 s"),
        (125_000_000_000, "2 min 5 s"),
        (3_599_600_000_000, "1 h 0 min"),
        (10_800_000_000_000, "3 h 0 min"),
    ],
)
def test_times(ns: int, text: str) -> None:
    assert time_text(ns) == text


def test_rates() -> None:
    assert rate_text(1_210_000_000, 1_000_000_000) == "1.21 GB/s"
    assert rate_text(0, 0) == "0 B/s"


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("65536", 65536), ("64k", 64_000), ("1.5 MB", 1_500_000), ("1GiB", 2**30)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "k", "-1", "1x", "1e5", "1.2.3", "nan", "1 0"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        parse_size(text)


def test_a_quantity_is_a_number_with_a_text_of_its_own() -> None:
    quantity = Quantity(1500, "1.50 us")
    for same in (quantity, copy.copy(quantity), pickle.loads(pickle.dumps(quantity))):
        assert (float(same), str(same)) == (1500.0, "1.50 us")
    assert quantity > Quantity(900, "900 ns")


def test_the_source_line_is_a_column_when_a_trace_has_noted_it() -> None:
    assert "line" not in table_of_events([event()], 0).columns
    table = table_of_events([event(line="client.py:12"), event()], 0)
    assert [str(row[-1]).strip() for row in table.cells()] == ["client.py:12", ""]


def test_the_verdict_of_a_relay_is_a_column_where_there_is_one() -> None:
    assert "verdict" not in table_of_events([event()], 0).columns
    lost, passed = event(verdict="lost", rule="loss=0.2"), event(verdict="passed", rule="")
    table = table_of_events([event(), lost, passed], 0)
    assert [str(row[-1]).strip() for row in table.cells()] == ["", "lost: loss=0.2", "passed"]


def test_the_process_is_a_column_when_there_are_several() -> None:
    assert "process" not in table_of_events([event(), event()], 0).columns
    table = table_of_events([event(), event(process=4712)], 0)
    assert [str(row[1]) for row in table.cells()] == ["4711", "4712"]
