"""The relay of datagrams, between real sockets."""

import statistics
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from udp_relays import PATIENCE, received, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def target() -> "Iterator[ns.UdpReceiver]":
    with ns.UdpReceiver() as receiver:
        yield receiver


def test_without_rules_everything_goes_both_ways() -> None:
    with ns.UdpServer(service="echo") as server, ns.Relay(server.endpoint, kind="udp") as relay:
        for size in (0, 1, 1200, 1472, 9000, 65_507):
            with ns.Socket("udp") as client:
                client.connect(relay.endpoint)
                client.write(bytes(size))
                assert client.receive_from(timeout=PATIENCE).data == bytes(size)
                assert client.peer == relay.endpoint
        report = relay.report()
        assert report.clients == relay.clients == 6
        for way in (report.to_target, report.to_client):
            assert (way.came, way.passed, way.delivered) == (6, 6, 6)
            assert way.came_bytes == way.delivered_bytes == 1 + 1200 + 1472 + 9000 + 65_507
        assert [(one.way, one.size, one.verdict) for one in relay.log][:4] == [
            ("to target", 0, "passed"),
            ("to client", 0, "passed"),
            ("to target", 1, "passed"),
            ("to client", 1, "passed"),
        ]


def test_ipv6_and_from_one_family_to_the_other() -> None:
    for here, there in (("::1", "::1"), ("127.0.0.1", "::1"), ("::1", "127.0.0.1")):
        with (
            ns.UdpServer(service="echo", host=there) as server,
            ns.Relay(server.endpoint, kind="udp", host=here) as relay,
            ns.Socket("udp", relay.endpoint.family) as client,
        ):
            client.connect(relay.endpoint)
            client.write(b"hello")
            assert client.read(timeout=PATIENCE) == b"hello"


def test_each_client_gets_its_own_answers() -> None:
    with ns.UdpServer(service="echo") as server, ns.Relay(server.endpoint, kind="udp") as relay:
        clients = [ns.Socket("udp") for _ in range(50)]
        for number, client in enumerate(clients):
            client.connect(relay.endpoint)
            client.write(b"%d" % number)
        for number, client in enumerate(clients):
            assert client.read(timeout=PATIENCE) == b"%d" % number
            client.close()
        assert relay.clients == 50


def test_batches_arrive_whole_and_in_order(target: ns.UdpReceiver) -> None:
    messages = [b"%04d" % number * (1 + number % 300) for number in range(2000)]
    with ns.Relay(target.endpoint, kind="udp") as relay, ns.UdpSender(*relay.endpoint) as sender:
        for at in range(0, len(messages), 50):
            sender.send_many(messages[at : at + 50])
            wait_for(relay, at + 50)
        assert received(target) == messages
        assert relay.report().to_target.delivered == len(messages)


def test_what_is_lost_in_the_report_is_missing_at_the_receiver(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", loss=0.2, seed=7) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for number in range(1000):
            sender.send(b"%d" % number)
            wait_for(relay, number + 1)
        arrived = [int(data) for data in received(target)]
        report = relay.report()
        lost = {one.number for one in relay.log if one.verdict == "lost"}
    assert report.to_target.lost == 1000 - len(arrived) == len(lost)
    assert abs(report.to_target.lost - 200) <= 4 * (1000 * 0.2 * 0.8) ** 0.5
    assert arrived == [number for number in range(1000) if number not in lost]


def test_a_message_in_parts_agrees_with_the_counts(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", duplicate=0.2, reorder=0.1, seed=5) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        data = bytes(range(256)) * 200
        sender.send_message(data)
        assert target.receive_message(timeout=PATIENCE).data == data
        received(target)
        counts = relay.report().to_target
        assert counts.doubled > 0
        assert counts.delivered == counts.came + counts.doubled


def test_a_delay_is_right_to_two_milliseconds(target: ns.UdpReceiver) -> None:
    late = []
    with (
        ns.Relay(target.endpoint, kind="udp", delay=0.03) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for _ in range(40):
            begin = time.monotonic()
            sender.send(b"x")
            target.receive(timeout=PATIENCE)
            late.append(time.monotonic() - begin)
        assert {one.delay for one in relay.log} == {0.03}
    # A busy machine may hold up any one of them, but none may come early.
    assert min(late) >= 0.03
    assert statistics.median(late) < 0.032


def test_a_rate_is_right_to_five_percent(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", rate=200_000, queue=300_000) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        begin = time.monotonic()
        for number in range(250):
            sender.send(bytes(1000))
            wait_for(relay, number + 1)
        for _ in range(250):
            target.receive(timeout=PATIENCE)
        took = time.monotonic() - begin
    assert 250_000 / took == pytest.approx(200_000, rel=0.05)


def test_what_does_not_fit_the_queue_is_lost_by_the_rate(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", rate=1000, queue=500) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for _ in range(20):
            sender.send(bytes(100))
        counts = wait_for(relay, 20).to_target
        assert counts.lost >= 14
        assert {one.rule for one in relay.log} == {"rate=1000"}


def test_jitter_changes_the_order_and_loses_nothing(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", delay=0.02, jitter=0.02, seed=1) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for number in range(100):
            sender.send(b"%d" % number)
        found = [int(data) for data in received(target)]
    assert found != sorted(found)
    assert sorted(found) == list(range(100))


def test_a_reordered_datagram_comes_behind_as_many_as_asked(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", reorder=0.1, reorder_by=3, seed=2) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for number in range(100):
            sender.send(b"%d" % number)
        found = [int(data) for data in received(target)]
        held = {one.number for one in relay.log if one.verdict == "reordered"}
    assert sorted(found) == list(range(100))
    assert held
    for number in held:
        before = found[: found.index(number)]
        behind = [other for other in before if other > number and other not in held]
        assert len(behind) == 3 or number > 90  # nobody follows the last ones


def test_corruption_flips_one_bit(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", corrupt=1.0) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for _ in range(50):
            sender.send(bytes(100))
        for data in received(target):
            assert int.from_bytes(data, "big").bit_count() == 1
        assert relay.report().to_target.corrupted == 50


def test_duplicates_are_the_same_bytes(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", duplicate=1.0, corrupt=1.0) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        sender.send(bytes(100))
        one, other = received(target)
        assert one == other != bytes(100)
        [passage] = relay.log
        assert passage.verdicts == ("doubled", "corrupted")


def test_what_is_larger_than_the_mtu_is_too_big(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp", mtu=1500) as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        sender.send(bytes(1472))
        sender.send(bytes(1473))
        assert received(target) == [bytes(1472)]
        assert [(one.verdict, one.rule) for one in relay.log] == [
            ("passed", ""),
            ("too big", "mtu=1500"),
        ]
        assert relay.report().to_target.too_big == 1


def test_each_direction_has_its_own_rules() -> None:
    with (
        ns.UdpServer(service="echo") as server,
        ns.Relay(
            server.endpoint, kind="udp", to_target=ns.Rules(), to_client=ns.Rules(loss=1.0)
        ) as relay,
        ns.Socket("udp") as client,
    ):
        client.connect(relay.endpoint)
        client.write(b"x")
        with pytest.raises(ns.TimedOut):
            client.read(timeout=0.2)
        report = relay.report()
        assert (report.to_target.passed, report.to_client.lost) == (1, 1)


def test_a_partition_is_switched_while_it_runs(target: ns.UdpReceiver) -> None:
    with (
        ns.Relay(target.endpoint, kind="udp") as relay,
        ns.UdpSender(*relay.endpoint) as sender,
    ):
        for number, parted in enumerate([False, True, False, True, False]):
            if parted:
                relay.partition()
            assert relay.partitioned == parted
            sender.send(b"%d" % number)
            wait_for(relay, number + 1)
            relay.heal()
        with relay.partition() as inside:
            assert inside is relay
            assert relay.partitioned
        assert not relay.partitioned
        assert received(target) == [b"0", b"2", b"4"]
        assert [one.rule for one in relay.log if one.verdict == "lost"] == ["partition"] * 2
