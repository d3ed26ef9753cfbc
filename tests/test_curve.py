"""The buffers over time as curves: fixed samples as golden pictures, and a real exchange."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import golden
import netsteps as ns
import pictures
from helpers import PATIENCE, Background, pair, until
from netsteps.show.curve import curve
from netsteps.show.series import Line as SeriesLine
from netsteps.show.series import columns, lanes_of, thinned, ticks, time_labels

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing

MS = 1_000_000


@dataclass(frozen=True)
class Sample:
    socket: int
    time_ns: int
    unread: int | None = 0
    unacknowledged: int | None = 0
    receive_capacity: int | None = 131_072
    send_capacity: int | None = 2_626_560
    receive_memory: int | None = 0
    drops: int | None = 0
    peer_window: int | None = 65_536
    retransmissions: int | None = 0
    queue: int | None = None
    queue_limit: int | None = None
    process: int = 1


@dataclass(frozen=True)
class Event:
    socket: int
    step: str
    start_ns: int
    end_ns: int | None
    local: str = "127.0.0.1:50000"
    peer: str | None = "127.0.0.1:6666"
    kind: str = "tcp"
    process: int = 1


SENDER = {"local": "127.0.0.1:50000", "peer": "127.0.0.1:6666"}
READER = {"local": "127.0.0.1:6666", "peer": "127.0.0.1:50000"}


def stalled() -> tuple[list[Sample], list[Event]]:
    """Give a reader that does not read for 200 ms, then ten times."""
    samples = [Sample(3, 0), Sample(4, 0), Sample(3, 10 * MS), Sample(4, 10 * MS)]
    for step in range(8):
        at = 20 + step
        samples += [
            Sample(3, at * MS, unacknowledged=step * 340_000),
            Sample(4, at * MS, unread=min(step * 40_000, 128_000)),
        ]
    samples += [
        Sample(3, 60 * MS, unacknowledged=2_500_000, peer_window=0),
        Sample(3, 210 * MS, unacknowledged=2_500_000, peer_window=0, retransmissions=1),
        Sample(4, 210 * MS, unread=128_000),
    ]
    for step in range(11):
        at = 220 + 10 * step
        samples += [
            Sample(3, at * MS, unacknowledged=2_500_000 - step * 250_000, retransmissions=1),
            Sample(4, at * MS, unread=120_000 - step * 12_000),
        ]
    events = [
        Event(3, "write", 20 * MS, 28 * MS, **SENDER),
        Event(3, "write", 28 * MS, 250 * MS, **SENDER),
        Event(3, "finish", 320 * MS, 320 * MS + 4000, **SENDER),
        *(Event(4, "read", (218 + 10 * n) * MS, (218 + 10 * n) * MS + 5000, **READER)
          for n in range(10)),
    ]  # fmt: skip
    return samples, events


def pictured(name: str, drawing: "Drawing") -> None:
    """Compare with the golden picture, in which no text is cut off or lies on another."""
    golden.check(name, drawing)
    pictures.check(drawing.svg)


def test_a_full_receive_buffer_and_the_sender_that_stops() -> None:
    samples, events = stalled()
    drawing = curve(samples, events)
    pictured("curve_stalled", drawing)
    assert "write waits 230 ms" in drawing.svg
    assert "the peer has no room" in drawing.svg
    assert "socket #3, 127.0.0.1:50000 to 127.0.0.1:6666" in str(drawing)


def test_a_queue_and_dropped_datagrams() -> None:
    samples = [
        Sample(1, at * MS, queue=min(at, 5) if at < 30 else 0, queue_limit=5) for at in range(40)
    ]
    for at in range(40):
        full = at > 12
        memory = min(at * 18_000, 212_000)
        samples.append(
            Sample(
                2, at * MS, unread=None, unacknowledged=None, receive_memory=memory,
                receive_capacity=212_992, drops=(at - 12) * 7 if full else 0, peer_window=None,
                retransmissions=None, process=2,
            )
        )  # fmt: skip
    drawing = curve(samples)
    pictured("curve_queue_and_datagrams", drawing)
    assert "datagrams dropped" in drawing.svg
    assert "socket #2 of process 2" in str(drawing)


def test_without_samples_it_says_that_there_was_nothing() -> None:
    assert str(curve([])) == "no buffer held anything."
    pictured("curve_empty", curve([]))
    idle = curve([Sample(1, 0), Sample(1, 5), Sample(2, 0)])
    assert "2 sockets whose buffers were always empty" in str(idle)


def test_more_sockets_than_can_be_read_are_counted() -> None:
    samples = [
        Sample(number, at * MS, unread=at * number * 10)
        for number in range(1, 41) for at in range(5)
    ]  # fmt: skip
    drawing = curve(samples)
    assert "not drawn: 32 more sockets" in drawing.svg
    assert str(drawing).count("unread") == 8
    assert "socket #40" in drawing.svg
    assert "socket #32" not in drawing.svg


def test_text_from_outside_is_escaped() -> None:
    evil = '<script>"&\x1b[2J'
    samples = [Sample(1, 0), Sample(1, MS, unread=5)]
    drawing = curve(samples, [Event(1, "read", 0, 9, local=evil, peer=evil)])
    assert "<script>" not in drawing.svg
    assert "\x1b" not in drawing.svg + str(drawing)


def test_a_hundred_thousand_samples_are_a_small_picture() -> None:
    samples = [Sample(1, at * 1000, unread=at * 7919 % 100_000) for at in range(100_000)]
    begun = time.perf_counter()
    drawing = curve(samples)
    assert len(drawing.svg) < 150_000
    assert time.perf_counter() - begun < 10


# A real exchange


def most(trace: ns.Trace, name: str) -> int:
    return max((getattr(sample, name) or 0 for sample in trace.samples), default=0)


@pytest.mark.exact_io(reason="a write that is made short is many, none of which waits for long")
def test_a_real_sender_stops_until_the_reader_reads() -> None:
    size = 8_000_000
    with ns.Trace(sample=0.0005) as trace, pair() as (client, connection):
        writing = Background(lambda: client.write(b"x" * size, timeout=PATIENCE))
        until(lambda: most(trace, "unread") > 50_000, "the receive buffer is seen full")
        until(lambda: most(trace, "unacknowledged") > 50_000, "the sender's, too")
        assert connection.read_exactly(size, timeout=PATIENCE) == b"x" * size
        writing.result()
        ends = str(client.local), str(connection.local)
    lanes, _ = lanes_of(trace.samples, trace.events)
    [ours] = [lane for lane in lanes if f"{ends[0]} to {ends[1]}" in lane.name]
    [theirs] = [lane for lane in lanes if f"{ends[1]} to {ends[0]}" in lane.name]
    assert {line.kind for line in ours.lines} >= {"unacknowledged"}
    assert {line.kind for line in theirs.lines} >= {"unread"}
    assert ours.most > 50_000
    assert theirs.most > 50_000
    assert any(what.startswith("write waits") for _, _, what in ours.waits)
    assert "write waits" in curve(trace.samples, trace.events).svg


# What it is made of


@pytest.mark.parametrize(
    ("span", "most", "places"),
    [(10, 5, [0, 2, 4, 6, 8, 10]), (99, 5, [0, 20, 40, 60, 80]), (1, 2, [0, 0.5, 1])],
)
def test_ticks_are_round(span: float, most: int, places: list[float]) -> None:
    assert ticks(span, most) == pytest.approx(places)


def test_ticks_of_things_that_are_counted_are_whole() -> None:
    assert ticks(2.1, 4, whole=True) == [0, 1, 2]


def test_times_are_written_in_one_unit() -> None:
    assert time_labels([0, 50e6, 100e6]) == ["0", "50 ms", "100 ms"]
    assert time_labels([0, 500e6, 1e9, 1.5e9, 2e9]) == ["0", "0.5 s", "1 s", "1.5 s", "2 s"]
    assert time_labels([0, 2e3]) == ["0", "2 us"]


def test_of_many_points_in_a_pixel_the_extremes_stay() -> None:
    points = [(10 + n / 1000, value) for n, value in enumerate([5, 1, 7, 3, 900, 2, 4])]
    assert [value for _, value in thinned(points)] == [5, 1, 900, 4]


def test_columns_hold_the_most_of_their_time_and_nothing_outside_of_it() -> None:
    line = SeriesLine("unread", "unread", [(20, 1), (41, 9), (42, 2)], 79)
    assert columns(line, 0, 100, 5) == [None, 1, 9, 2, None]
