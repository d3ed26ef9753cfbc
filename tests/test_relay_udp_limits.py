"""The relay of datagrams at its limits: dead targets, many clients, memory, its end, faults."""

import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from netsteps import _core
from udp_relays import PATIENCE, received, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def target() -> "Iterator[ns.UdpReceiver]":
    with ns.UdpReceiver() as receiver:
        yield receiver


def test_a_dead_target_is_told_in_the_log() -> None:
    with ns.UdpReceiver() as gone:
        endpoint = gone.endpoint
    with (
        ns.Relay(endpoint, kind="udp") as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for number in range(3):
            sender.send(b"x")
            deadline = time.monotonic() + PATIENCE
            while relay.report().to_target.refused <= number:
                assert time.monotonic() < deadline
        with ns.UdpReceiver(*endpoint) as target:  # it lives again, and so does the path
            sender.send(b"again")
            assert target.receive(timeout=PATIENCE).data == b"again"
        refused = [one for one in relay.log if one.verdict == "refused"]
        assert {one.rule for one in refused} == {"nobody receives at the target"}


def test_clients_beyond_the_limit_are_refused_and_silent_ones_forgotten() -> None:
    with (
        ns.UdpServer(service="echo") as server,
        ns.Relay(server.endpoint, kind="udp", max_clients=2, idle_timeout=0.2) as relay,
    ):
        clients = [ns.Socket("udp") for _ in range(3)]
        for client in clients:
            client.connect(relay.endpoint)
            client.write(b"x")
        wait_for(relay, 3)
        assert relay.clients == 2
        assert relay.log[-1].rule == "max_clients=2" or relay.report().to_target.refused == 1
        deadline = time.monotonic() + PATIENCE
        while relay.clients:
            assert time.monotonic() < deadline
        clients[2].write(b"y")
        assert clients[2].read(timeout=PATIENCE) == b"y"
        for client in clients:
            client.close()


def test_a_client_is_not_forgotten_while_something_of_it_waits(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", delay=0.3, idle_timeout=0.05) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        sender.send(b"late")
        assert target.receive(timeout=PATIENCE).data == b"late"
    with (  # it waits 0.1 s for later ones
        ns.Relay(target.endpoint, kind="udp", reorder=1.0, idle_timeout=0.02) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        sender.send(b"held")
        assert target.receive(timeout=PATIENCE).data == b"held"


@pytest.mark.parametrize("by", [2, 0.05])
def test_a_copy_is_behind_with_its_original(target: ns.UdpReceiver, by: float) -> None:
    with (
        ns.Relay(
            target.endpoint, kind="udp", reorder=0.5, reorder_by=by, duplicate=1.0, seed=6
        ) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for number in range(20):
            sender.send(b"%d" % number)
        found = [int(data) for data in received(target)]
        held = {one.number for one in relay.log if "reordered" in one.verdicts}
    assert sorted(found) == [number for number in range(20) for _ in range(2)]
    overtaken = [number for number in held if number < 19 and number + 1 not in held]
    assert overtaken
    for number in overtaken:
        assert found.index(number) > found.index(number + 1)


def test_the_log_is_bounded_and_the_counts_are_exact(target: ns.UdpReceiver) -> None:
    for limit in (0, 10):
        with (
            ns.Relay(target.endpoint, kind="udp", log=limit) as relay,
            ns.UdpSender(*relay.endpoint) as sender,
        ):
            for _ in range(50):
                sender.send(b"x")
            report = wait_for(relay, 50)
            assert report.to_target.passed == 50
            assert [one.number for one in relay.log] == list(range(50 - limit, 50))
            assert relay.dropped == report.dropped == (40 if limit else 0)
        received(target, 0.05)


def test_late_datagrams_are_bounded_in_memory(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", delay=60, log=0) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for _ in range(150):
            sender.send_many([bytes(60_000)] * 10)
        # Many do not even fit the socket's buffer; 64 MiB hold about 1100.
        assert wait_for(relay, 1).to_target.late <= 1200


def test_a_stopped_relay_frees_its_port_and_keeps_its_report(target: ns.UdpReceiver) -> None:
    relay = ns.Relay(target.endpoint, kind="udp", delay=60)
    with ns.UdpSender(*relay.endpoint) as sender:
        sender.send(b"x")
        wait_for(relay, 1)
    begin = time.monotonic()
    relay.stop()
    relay.stop()
    assert time.monotonic() - begin < 1
    with ns.UdpReceiver(*relay.endpoint):
        pass
    assert relay.report().to_target.late == 1
    assert len(relay.log) == 1


def test_a_trace_has_each_datagram_with_its_verdict_and_its_origin() -> None:
    with (
        ns.UdpServer(service="discard") as server,
        ns.Trace() as trace,
        ns.Relay(server.endpoint, kind="udp", duplicate=0.3, loss=0.3, seed=4) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for _ in range(30):
            sender.send(b"hello")
        counts = wait_for(relay, 30).to_target
        relay.stop()
    events = [event for event in trace.events if event.step == "relay"]
    came = {event.id: event for event in events if event.call == "recvmmsg"}
    went = [event for event in events if event.call == "sendmmsg"]
    assert len(came) == 30
    assert len(went) == counts.delivered
    assert sum(event.verdict == "lost" for event in came.values()) == counts.lost
    for event in went:
        origin = came[event.origin or 0]
        assert (event.verdict, event.rule) == (origin.verdict, origin.rule)
        assert event.verdict in {"passed", "doubled"}
        assert event.preview == b"hello"
    lost = next(event for event in came.values() if event.verdict == "lost")
    assert lost.rule == "loss=0.3"
    assert lost.local == relay.endpoint


def test_injected_faults_lose_nothing() -> None:
    # Every second read and write is "not ready", and each takes little.
    _core._set_faults(read_max=1, write_partial=0.5, read_block=0.5, write_block=0.5, seed=1)
    try:
        with (
            ns.UdpServer(service="echo") as server,
            ns.Relay(server.endpoint, kind="udp") as relay,
            ns.Socket("udp") as client,
        ):
            client.connect(relay.endpoint)
            for number in range(50):
                client.write(b"%d" % number)
                assert client.receive_from(timeout=PATIENCE).data == b"%d" % number
            assert relay.report().to_client.delivered == 50
    finally:
        _core._set_faults()
