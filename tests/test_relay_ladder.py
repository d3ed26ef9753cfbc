"""Ladders of real relays: what the kernel did, between real sockets at both ends."""

from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, listening, until
from netsteps.show.ladder.build import model_of
from picture_boxes import collisions

if TYPE_CHECKING:
    from pathlib import Path

    from netsteps.show.ladder.model import Link

exact = pytest.mark.exact_io(reason="counts calls")


def passages(trace: ns.Trace) -> "list[Link]":
    return [link for link in model_of(trace.events).links if link.kind == "passage"]


def sent_over(count: int, **rules: object) -> tuple[ns.Trace, ns.Relay, list[bytes]]:
    """Send datagrams over a relay, and give what came."""
    with ns.Trace(preview=64) as trace, ns.UdpReceiver() as receiver:
        relay = ns.Relay(receiver.endpoint, kind="udp", **rules)  # type: ignore[arg-type]
        with relay, ns.UdpSender(relay.endpoint) as sender:
            for number in range(count):
                sender.send(b"packet %d" % number)
            until(lambda: relay.report().to_target.came == count, "all came")
            counts = relay.report().to_target
            due = count - counts.lost - counts.too_big + counts.doubled
            came = [receiver.receive(timeout=PATIENCE).data for _ in range(due)]
    return trace, relay, came


@exact
def test_what_a_relay_loses_ends_in_its_lane_and_all_else_arrives() -> None:
    trace, relay, came = sent_over(30, loss=0.3, seed=5)
    lost = [one.number for one in relay.log if one.verdict == "lost"]
    assert 3 < len(lost) < 20
    drawn = passages(trace)
    assert [n for n, link in enumerate(drawn) if link.target is None] == lost
    arrows = [link for link in model_of(trace.events).links if link.kind == "datagram"]
    assert {link.fate for link in arrows} == {"read"}
    assert len(arrows) == 30 + len(came)
    drawing = trace.ladder()
    assert drawing.svg.count(">lost: loss=0.3<") == len(lost)
    assert drawing.text.count("lost: loss=0.3") == len(lost)
    assert collisions(drawing.svg) == []


@exact
def test_a_late_packet_is_drawn_as_late_as_it_was() -> None:
    trace, relay, came = sent_over(3, delay=0.03)
    assert len(came) == 3
    for link, one in zip(passages(trace), relay.log, strict=True):
        assert link.source is not None
        assert link.target is not None
        assert one.delay == pytest.approx(0.03)
        assert link.target.at_ns - link.source.at_ns >= 29_000_000
    assert ": delay=0.03<" in trace.ladder().svg


@exact
def test_a_doubled_packet_leaves_the_relay_twice() -> None:
    trace, _, came = sent_over(4, duplicate=1.0, seed=1)
    assert sorted(came) == sorted([b"packet %d" % n for n in range(4)] * 2)
    drawn = passages(trace)
    assert [link.copy for link in drawn] == [0, 1] * 4
    assert all(link.target is not None for link in drawn)
    assert trace.ladder().svg.count(">doubled: duplicate=1<") == 4


@exact
def test_a_stream_that_is_reset_says_so_in_the_lane() -> None:
    with (
        ns.Trace() as trace,
        listening() as listener,
        ns.Relay(listener.local, reset_after=20, seed=1) as relay,
        ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client,
        listener.accept(timeout=PATIENCE) as target,
    ):
        client.write(b"0123456789")
        assert target.read_exactly(10, timeout=PATIENCE) == b"0123456789"
        client.write(b"abcdefghijklmnop")
        with pytest.raises(ns.Reset):
            client.read(timeout=PATIENCE)
    [talk] = model_of(trace.events).conversations
    assert (talk.left.local, talk.right.peer) == (str(listener.local), str(relay.endpoint))
    drawing = trace.ladder()
    assert drawing.svg.count(">reset: reset_after=20<") == 1
    assert "RST" in drawing.text
    assert collisions(drawing.svg) == []


@exact
def test_a_stream_in_pieces_has_one_passage_for_each_piece() -> None:
    data = bytes(range(48, 108))
    with (
        ns.Trace(preview=64) as trace,
        listening() as listener,
        ns.Relay(listener.local, chunk=9, seed=2) as relay,
        ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client,
        listener.accept(timeout=PATIENCE) as target,
    ):
        client.write(data)
        assert target.read_exactly(len(data), timeout=PATIENCE) == data
    drawn = [link for link in passages(trace) if link.size]
    assert sum(link.size for link in drawn) == len(data)
    assert len(drawn) >= len(data) / 9
    assert {link.size for link in drawn} <= set(range(1, 10))
    assert "split: chunk=9" in trace.ladder().svg


@exact
def test_a_saved_trace_of_a_relay_gives_the_same_ladder(tmp_path: "Path") -> None:
    trace, _, _ = sent_over(10, loss=0.3, delay=0.002, jitter=0.002, duplicate=0.2, seed=3)
    loaded = ns.Trace.load(trace.save(tmp_path / "trace.jsonl"))
    assert loaded.ladder().svg == trace.ladder().svg
    assert str(loaded.table()) == str(trace.table())
    assert "loss=0.3" in str(trace.table())


def test_the_log_and_the_report_draw_themselves() -> None:
    _, relay, _ = sent_over(20, loss=0.3, seed=5)
    assert relay.log.drawing().text.startswith("to target: 20 packets came")
    assert "lost: loss=0.3" in relay.log.drawing().svg
    assert "<img" in relay.log._repr_html_()
    assert "<img" in relay.report()._repr_html_()
    assert "<table>" in relay.report()._repr_html_()


@exact
def test_a_relay_that_says_nothing_is_a_relay_in_the_ladder() -> None:
    with (
        ns.Trace() as trace,
        listening() as listener,
        ns.Relay(listener.local, silent=True) as relay,
    ):
        with ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client:
            client.write(b"anybody?")
            until(lambda: relay.report().clients == 1, "the relay takes it")
        until(lambda: relay.clients == 0, "the relay lets go")
    drawing = trace.ladder()
    assert "relay (TCP)" in drawing.svg
    assert ">silent: silent=True<" in drawing.svg


@exact
def test_both_ends_of_a_cut_tell_the_rule() -> None:
    with (
        ns.Trace() as trace,
        listening() as listener,
        ns.Relay(listener.local, reset_after=3) as relay,
        ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client,
        listener.accept(timeout=PATIENCE) as target,
    ):
        client.write(b"abcdef")
        assert target.read_exactly(3, timeout=PATIENCE) == b"abc"
        with pytest.raises(ns.Reset):
            target.read(timeout=PATIENCE)
        with pytest.raises(ns.Reset):
            client.read(timeout=PATIENCE)
    cut = [event for event in trace.events if event.verdict == "reset" and event.call == "close"]
    assert [event.rule for event in cut] == ["reset_after=3"] * 2
