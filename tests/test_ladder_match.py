"""What a ladder finds in events: who was connected, and which call received what was sent."""

from dataclasses import replace

import pytest

import netsteps as ns
from fake_events import FakeEvent, World
from helpers import PATIENCE
from ladder_scenes import SCENES
from netsteps.show.ladder import ladder
from netsteps.show.ladder.build import model_of
from netsteps.show.ladder.model import Link, Model


def links(events: list[FakeEvent], *kinds: str) -> list[Link]:
    return [link for link in model_of(events).links if not kinds or link.kind in kinds]


def parts(events: list[FakeEvent]) -> list[tuple[int, int, str]]:
    return [(link.first, link.size, link.fate) for link in links(events, "data", "datagram")]


def test_one_write_read_in_three_is_three_arrows() -> None:
    events = SCENES["one_write_read_in_three"]()
    assert parts(events) == [(0, 5, "read"), (5, 6, "read"), (11, 7, "read")]
    found = links(events, "data")
    assert len({id(link.source) for link in found}) == 1
    assert [link.preview for link in found] == [b"hello", b", dear", b" server"]


def test_two_writes_read_in_one_are_two_arrows_to_one_call() -> None:
    found = links(SCENES["two_writes_read_in_one"](), "data")
    assert len({id(link.target) for link in found}) == 1
    assert [link.preview for link in found] == [b"hello ", b"world"]


def test_bytes_that_no_call_took_are_unread() -> None:
    assert parts(SCENES["reset"]()) == [(0, 10, "unread")]
    assert parts(SCENES["not_accepted"]()) == [(0, 8, "unread")]


def test_positions_are_counted_where_a_recording_has_none() -> None:
    events = SCENES["one_write_read_in_three"]()
    without = [replace(event, offset=None) for event in events]
    assert parts(without) == parts(events)


def test_a_trace_that_began_late_matches_by_position() -> None:
    _, client, served = (world := World()).pair()
    client.write(150, b"before")
    served.read(160, b"before")
    client.write(170, b"after")
    served.read(180, b"after")
    late = [event for event in world.events if event.start_ns >= 165_000]
    assert parts(late) == [(6, 5, "read")]


def test_an_arrow_never_goes_back_in_time() -> None:
    _, client, served = (world := World()).pair()
    client.write(150, b"x", took_us=900)
    served.read(140, b"x", took_us=30)
    [link] = links(world.events, "data")
    assert link.source is not None
    assert link.target is not None
    assert link.source.at_ns <= link.target.at_ns


def test_an_address_that_is_used_again_is_another_connection() -> None:
    world = World()
    listener = world.listener()
    for at in (100, 1000):
        client = world.client(at)
        served = world.accept(listener, at + 80, "127.0.0.1:50001")
        client.write(at + 100, b"%d" % at)
        served.read(at + 110, b"%d" % at)
        client.close(at + 120)
        served.close(at + 130)
    model = model_of(world.events)
    assert len(model.conversations) == 2
    assert {talk.left.listener for talk in model.conversations} == {model.lines[0]}
    assert parts(world.events) == [(0, 3, "read"), (0, 4, "read")]


def test_both_ends_in_two_processes_are_one_connection() -> None:
    world = World()
    _, client, served = world.pair()
    events = [
        replace(event, process=9, socket=1) if event.socket == client.socket else event
        for event in world.events
    ]
    [talk] = model_of(events).conversations
    assert (talk.right.process, talk.left.process) == (9, served.process)
    assert "process 9" in ladder(events).svg


def test_the_ends_of_streams_are_matched_with_who_saw_them() -> None:
    fins = links(SCENES["half_close"](), "fin")
    assert [(link.begin.side, link.fate) for link in fins] == [("right", "read"), ("left", "read")]
    assert fins[0].source is not None
    assert fins[0].source.sign == "half-close"
    [reset] = links(SCENES["reset"](), "reset")
    assert reset.source is not None
    assert reset.source.name == "close"


def test_a_datagram_that_no_call_received_is_lost_and_one_to_nobody_here_unseen() -> None:
    events = SCENES["udp_lost"]()
    assert [fate for _, _, fate in parts(events)] == ["read", "lost", "read", "unseen"]


def test_equal_datagrams_are_matched_in_order_and_senders_told_apart_by_port() -> None:
    world = World()
    receiver = world.bound(0, "0.0.0.0:5555")
    senders = []
    for number in (1, 2):
        sender = world.socket("udp")
        sender.call("socket", "socket", 20)
        sender.local = f"0.0.0.0:4000{number}"
        sender.send_to(30 + number, b"same", "127.0.0.1:5555")
        senders.append(sender)
    receiver.receive_from(50, b"same", "127.0.0.1:40002")
    receiver.receive_from(60, b"same", "127.0.0.1:40001")
    found = links(world.events, "datagram")
    moments = {link.begin.socket: link.target.start_ns for link in found if link.target is not None}
    assert moments == {senders[0].socket: 60_000, senders[1].socket: 50_000}


def test_a_datagram_that_a_small_buffer_cut_is_matched_and_so_is_one_without_a_sender() -> None:
    world = World()
    receiver = world.bound(0, "127.0.0.1:5555")
    sender = world.bound(20, "127.0.0.1:40000")
    sender.send_to(40, b"0123456789", "127.0.0.1:5555")
    sender.send_to(50, b"whole", "127.0.0.1:5555")
    receiver.receive_from(60, b"0123", "127.0.0.1:40000")
    receiver.receive_from(70, b"whole", None)
    assert [fate for _, _, fate in parts(world.events)] == ["read", "read"]


# Folding


def model(events: list[FakeEvent], limit: int = 200) -> Model:
    return model_of(events, limit=limit)


def test_a_run_of_equal_calls_is_one_step_with_its_sums() -> None:
    runs = [step for step in model(SCENES["many_reads"]()).steps if step.count > 1]
    assert [(step.name, step.count, step.out, step.into) for step in runs] == [
        ("write", 150, 1240, 0),
        ("read", 150, 0, 1240),
    ]
    [link] = [link for link in model(SCENES["many_reads"]()).links if link.kind == "data"]
    assert (link.count, link.size) == (150, 1240)


def test_everything_left_out_is_counted() -> None:
    events = SCENES["middle_left_out"]()
    small = model(events, limit=40)
    accepted = 1  # drawn with its accept
    drawn = sum(step.count for step in small.steps)
    assert drawn + sum(small.gap.values()) + accepted == len(events)
    assert "left out" in ladder(events, limit=40).text


def test_a_hundred_clients_are_one_of_each_kind() -> None:
    drawn = model(SCENES["hundred_clients"]())
    shown = [talk for talk in drawn.conversations if not talk.folded]
    assert [(talk.number, talk.alike) for talk in shown] == [(1, 99), (41, 1)]
    assert "100 conversations of 2 kinds" in " ".join(drawn.notes)


# A real recording


@pytest.mark.exact_io(reason="counts calls")
def test_a_real_exchange_is_matched() -> None:
    with ns.Trace() as trace:
        server = ns.Socket("tcp")
        server.bind("127.0.0.1", 0)
        server.listen()
        with ns.Socket("tcp") as client:
            client.connect(server.local)
            with server.accept(timeout=PATIENCE) as served:
                client.write(b"hello, dear server")
                for size in (5, 6, 7):
                    served.read_exactly(size, timeout=PATIENCE)
                client.finish()
                served.read(timeout=PATIENCE)
        server.close()
    found = model_of(trace.events, start_ns=trace.start_ns)
    [talk] = found.conversations
    assert (talk.left.role, talk.right.role) == ("accepted", "client")
    data = [link for link in found.links if link.kind == "data"]
    assert [(link.first, link.size) for link in data] == [(0, 5), (5, 6), (11, 7)]
    assert "bytes 5-10" in trace.ladder().svg
