"""A file across a bad path, whole; and how the counts of both ends agree with the relay's."""

import os
from pathlib import Path
from typing import Any

import pytest

import netsteps as ns
from helpers import PATIENCE, until

# Back-off to 0.2 s: these paths answer within some milliseconds, and a test is no lecture.
QUICK = {"min_rto": 0.02, "max_rto": 0.2}


def agree(relay: ns.Relay, sender: ns.ReliableUdpSender, receiver: ns.ReliableUdpReceiver) -> None:
    """Look until nothing is under way any more; then everything that was sent is accounted for."""

    def settled() -> bool:
        there, back = relay.report().to_target, relay.report().to_client
        return (
            there.delivered >= there.came - there.lost
            and receiver.report.received == there.delivered
            and back.came == receiver.report.acks
            and there.came == sender.report.sent + sender.report.resent
        )

    until(settled, "the relay's counts are those of both ends")
    there, seen, sent = relay.report().to_target, receiver.report, sender.report
    assert there.delivered <= there.came - there.lost + there.doubled
    assert seen.received == (
        seen.segments + seen.duplicated + seen.held_back + seen.ignored + seen.refused
    )
    assert seen.ignored <= there.corrupted
    assert sent.sent == sent.acknowledged == seen.segments
    assert sent.bytes == seen.bytes
    assert sent.acks + sent.ignored <= relay.report().to_client.delivered


@pytest.mark.parametrize("window", [1, 32])
@pytest.mark.parametrize(
    "rules",
    [
        {"loss": 0.3},
        {"loss": 0.3, "reorder": 0.2, "duplicate": 0.1, "delay": 0.002},
        {"loss": 0.1, "corrupt": 0.2},
        {"duplicate": 1.0},
        {"delay": 0.005, "jitter": 0.005},
    ],
    ids=",".join,
)
def test_a_file_across_a_bad_path_is_whole(
    tmp_path: Path, window: int, rules: dict[str, Any]
) -> None:
    data = os.urandom(24_000 if window == 1 else 200_000)
    (tmp_path / "file").write_bytes(data)
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", seed=7, **rules) as relay,
        ns.ReliableUdpSender(relay.endpoint, window=window, **QUICK) as sender,
    ):
        sender.send_file(tmp_path / "file", timeout=30)
        receiver.receive(timeout=PATIENCE).save(tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == data
        agree(relay, sender, receiver)
        if "loss" in rules:
            report = relay.report()
            assert report.to_target.lost + report.to_client.lost > 0
            assert sender.report.resent > 0


def test_many_messages_over_one_bad_path_arrive_once_and_in_order() -> None:
    messages = [os.urandom(10 * turn) for turn in range(60)]
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", loss=0.2, duplicate=0.3, seed=3) as relay,
        ns.ReliableUdpSender(relay.endpoint, size=100, **QUICK) as sender,
    ):
        for message in messages:
            sender.send(message, timeout=PATIENCE)
        assert [receiver.receive(timeout=PATIENCE).data for _ in messages] == messages
        agree(relay, sender, receiver)


def test_a_partition_is_outlasted() -> None:
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", seed=1) as relay,
        ns.ReliableUdpSender(relay.endpoint, window=4, **QUICK) as sender,
    ):
        sender.send(b"before", timeout=PATIENCE)
        with relay.partition(), pytest.raises(ns.TimedOut, match="of 3,000 bytes"):
            sender.send(bytes(3000), timeout=0.3)
        sender.send(b"after", timeout=PATIENCE)
        assert [receiver.receive(timeout=PATIENCE).data for _ in range(2)] == [b"before", b"after"]


def test_a_small_mtu_is_told_apart_by_nothing_but_the_timeout_and_a_smaller_size_helps() -> None:
    with (
        ns.ReliableUdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", mtu=600, seed=1) as relay,
    ):
        with (
            ns.ReliableUdpSender(relay.endpoint) as sender,
            pytest.raises(ns.TimedOut, match="never answered"),
        ):
            sender.send(bytes(3000), timeout=0.2)
        with ns.ReliableUdpSender(relay.endpoint, size=500) as sender:
            sender.send(bytes(3000), timeout=PATIENCE)
        assert len(receiver.receive(timeout=PATIENCE)) == 3000


def test_the_same_path_gives_the_first_segments_the_same_fate() -> None:
    fates = []
    for _ in range(2):
        with (
            ns.ReliableUdpReceiver() as receiver,
            ns.Relay(receiver.endpoint, kind="udp", loss=0.3, seed=11) as relay,
            ns.ReliableUdpSender(relay.endpoint, window=1, **QUICK) as sender,
        ):
            sender.send(bytes(7200), timeout=30)
            there = [one for one in relay.log if one.way == "to target"]
            fates.append([one.verdict for one in there])
    shorter = min(map(len, fates))
    assert shorter >= 6
    assert fates[0][:shorter] == fates[1][:shorter]
