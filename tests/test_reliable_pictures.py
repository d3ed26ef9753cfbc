"""Segments over time, one way beside another, and a segment as a packet: as golden pictures."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import golden
import pictures
from netsteps.reliable import Kind, Moment, Segment, SendReport
from netsteps.show.transfer import Course, sequence, throughput
from virtual_path import Path, bad

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing


def pictured(name: str, drawing: "Drawing") -> None:
    """Compare with the golden picture, in which no text is cut off or lies on another."""
    golden.check(name, drawing)
    pictures.check(drawing.svg)


def report_of(window: int, count: int = 60) -> SendReport:
    path = Path(window=window, there=bad(3), back=bad(4))
    path.send(bytes(10 * count))
    path.record.seconds = path.now - 100
    return path.record.report()


def test_stop_and_wait_and_a_sliding_window_over_time() -> None:
    pictured("sequence_stop_and_wait", report_of(1).drawing())
    pictured("sequence_sliding_window", report_of(16).drawing())
    assert "again: the timeout passed" in report_of(1).drawing().svg
    assert "again: three later ones acknowledged" not in report_of(1).drawing().svg
    assert "again: three later ones acknowledged" in report_of(16).drawing().svg


def test_a_report_of_nothing_is_a_picture_too() -> None:
    pictured("sequence_empty", Path().record.report().drawing())


def test_one_segment_that_never_arrives() -> None:
    report = replace(
        Path().record.report(), sent=1, resent_time=2, seconds=7.0,
        moments=(Moment(0.0, 0, "sent"), Moment(1.0, 0, "time"), Moment(3.0, 0, "time")),
        timeouts=((1.0, 2.0), (3.0, 4.0)),
    )  # fmt: skip
    drawing = report.drawing()
    pictures.check(drawing.svg)
    assert "1 segment, 2 sent again" in str(drawing)
    assert "timeout (RTO): 2.00 s to 4.00 s" in str(drawing)


def test_many_segments_are_a_small_picture_that_says_what_it_leaves_out() -> None:
    moments = tuple(Moment(turn / 1000, turn, "sent") for turn in range(50_000))
    report = replace(report_of(1), moments=moments, left_out=123)
    drawing = sequence(report)
    pictures.check(drawing.svg)
    assert len(drawing.svg) < 200_000
    assert "not drawn: 123 later moments" in drawing.svg
    assert "not drawn: 123 later moments" in str(drawing)


def courses() -> list[Course]:
    found = []
    for window, name in ((1, "stop-and-wait"), (16, "sliding window of 16")):
        report = report_of(window)
        come = [moment.at for moment in report.moments if moment.what == "acknowledged"]
        found.append(Course(name, [(at, 1200 * turn) for turn, at in enumerate(come, 1)]))
    steps = [(0.02 + turn / 1000, 7200 * turn) for turn in range(11)]
    found.append(Course("TCP", steps, "without loss: it ends at the relay"))
    line = [(12.0 * part / 50, 1440 * part) for part in range(1, 51)]
    found.append(Course("TCP with loss", line, "RFC 5348 3.1", computed=True))
    return found


def test_several_ways_beside_each_other() -> None:
    drawing = throughput(courses(), "loss 30% and delay 10 ms each way; seed 7")
    pictured("throughput_bad_path", drawing)
    # What was computed says so in every form.
    for form in (drawing.svg, str(drawing), drawing.details):
        assert "computed, not observed; RFC 5348 3.1" in form
        assert "observed; without loss: it ends at the relay" in form
    assert drawing.svg.count("stroke-dasharray") == 2


@pytest.mark.parametrize(
    "some",
    [
        [],
        [Course("nothing", [])],
        [Course("at once", [(0.0, 5)])],
        [Course("one", [(0.5, 5)])],
        [Course("empty", [(0.5, 0)])],
        [Course("the same", [(10.0, 5)])] * 6,
        [Course("quick", [(1e-6, 10**9)]), Course("slow", [(9000.0, 10**9)])],
        [
            Course(f"way {n} with a long name " * 3, [(n + 1.0, 9)], "a note " * 30)
            for n in range(8)
        ],
    ],
)
def test_any_courses_are_a_picture(some: list[Course]) -> None:
    drawing = throughput(some, "a path " * 40)
    pictures.check(drawing.svg)
    pictures.check(drawing.themed("dark").svg)
    assert str(drawing)


def test_text_from_outside_is_escaped() -> None:
    evil = '<script>"&\x1b[2J'
    drawing = throughput([Course(evil, [(1.0, 1)], evil)], evil)
    assert "<script>" not in drawing.svg + drawing.html
    assert "\x1b" not in drawing.svg + str(drawing)


def test_a_segment_is_drawn_as_a_packet() -> None:
    segment = Segment(Kind.DATA, 0x1122334455667788, 3, 80, b"the fourth piece")
    pictured("segment_data", segment.drawing())
    for kind, payload in ((Kind.ACK, b""), (Kind.ACK, b"\x06"), (Kind.REFUSED, bytes(8))):
        drawing = Segment(kind, 1, 2, 3, payload).drawing()
        pictures.check(drawing.svg)
        assert kind.name in str(drawing)


@pytest.mark.parametrize("draw", [report_of(1, 3).drawing, Segment(Kind.ACK, 1, 2).drawing])
def test_there_are_two_themes(draw: object) -> None:
    assert callable(draw)
    assert draw(theme="dark").svg != draw().svg
    with pytest.raises(ValueError, match="no theme"):
        _ = draw(theme="blue").svg
