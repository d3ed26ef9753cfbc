"""A message in parts over a path that loses some: the holes have names, and the counts agree."""

import re

import pytest

import netsteps as ns
from helpers import PATIENCE, until

SIZE, PARTS = 116, 200  # of a part, its header of 16 bytes included; parts of the message


def numbers_in(words: str) -> set[int]:
    """Give the numbers of "3, 5-9 and 12"."""
    found: set[int] = set()
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", words):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def lost_of(relay: ns.Relay) -> set[int]:
    """Give the numbers of the datagrams that the relay lost on their way to the target."""
    return {one.number for one in relay.log if one.way == "to target" and one.verdict == "lost"}


def arrived(receiver: ns.UdpReceiver, relay: ns.Relay) -> None:
    until(
        lambda: (
            receiver.report.received == relay.report().to_target.delivered
            and relay.report().to_target.came >= PARTS
        ),
        "all that the relay passed on is there",
    )


def test_the_holes_are_exactly_what_the_relay_lost() -> None:
    message = bytes(range(250)) * 80
    with (
        ns.UdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", loss=0.2, seed=7) as relay,
        ns.UdpSender(relay.endpoint) as sender,
    ):
        assert sender.send_message(message, size=SIZE) == PARTS
        datagrams: list[ns.Datagram] = []
        while len(datagrams) < PARTS - len(lost_of(relay)):
            datagrams += receiver.receive_many(timeout=PATIENCE)
        joined = ns.join(datagram.data for datagram in datagrams)
        assert joined.message is None
        holes = {number for hole in joined.missing_parts for number in hole}
        assert holes == lost_of(relay)
        assert relay.report().to_target.lost == len(holes) > 0
        assert receiver.report.received == relay.report().to_target.delivered == PARTS - len(holes)


def test_a_late_receiver_names_the_holes_and_its_report_is_the_relays() -> None:
    with (
        ns.UdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", loss=0.02, seed=5) as relay,
        ns.UdpSender(relay.endpoint) as sender,
    ):
        sender.send_message(bytes((SIZE - 16) * PARTS), size=SIZE)
        with pytest.raises(ns.TimedOut) as caught:
            receiver.receive_message(timeout=0.3)
        arrived(receiver, relay)
        lost = lost_of(relay)
        words = re.search(r"parts (.*) of 200 are missing", caught.value.cause)
        assert words is not None
        assert numbers_in(words[1]) == lost
        # What had come up to the first hole.
        assert len(caught.value.partial) == (SIZE - 16) * min(lost)


def test_the_report_counts_what_the_relay_lost_and_doubled() -> None:
    with (
        ns.UdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", loss=0.2, duplicate=0.1, seed=7) as relay,
        ns.UdpSender(relay.endpoint) as sender,
    ):
        sender.send_message(bytes((SIZE - 16) * PARTS), size=SIZE)
        with pytest.raises(ns.TimedOut):
            receiver.receive_message(timeout=0.3)
        arrived(receiver, relay)
        seen, there = receiver.report, relay.report().to_target
        assert there.came == PARTS
        assert (seen.lost, seen.missing) == (0, there.lost)
        assert seen.received == there.delivered == PARTS - there.lost + seen.duplicated
        doubled = [one for one in relay.log if "doubled" in one.verdicts]
        assert seen.duplicated == sum("lost" not in one.verdicts for one in doubled) > 0


def test_the_report_counts_what_came_behind_a_later_one() -> None:
    with (
        ns.UdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", reorder=0.1, seed=7) as relay,
        ns.UdpSender(relay.endpoint) as sender,
    ):
        sender.send_message(bytes((SIZE - 16) * PARTS), size=SIZE)
        message = receiver.receive_message(timeout=PATIENCE)
        assert (len(message), message.parts) == ((SIZE - 16) * PARTS, PARTS)
        there = relay.report().to_target
        held = {one.number for one in relay.log if one.verdict == "reordered"}
        # The last one is held back too, and nothing comes that it could be behind of.
        assert PARTS - 1 in held
        assert receiver.report.reordered == there.reordered - 1 == len(held) - 1 > 0
        assert (there.lost, receiver.report.missing, receiver.report.lost) == (0, 0, 0)


def test_a_path_without_rules_loses_nothing() -> None:
    with (
        ns.UdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp") as relay,
        ns.UdpSender(relay.endpoint) as sender,
    ):
        sender.send_message(bytes(20_000), size=SIZE)
        assert len(receiver.receive_message(timeout=PATIENCE)) == 20_000
        there, seen = relay.report().to_target, receiver.report
        assert there.came == there.delivered == there.passed == seen.received == 200
        assert (seen.lost, seen.missing, seen.duplicated, seen.reordered) == (0, 0, 0, 0)
