"""Both halves over a path without sockets: every loss of a short message, and random bad paths."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsteps.reliable.report import MOST_MOMENTS, SendRecord
from netsteps.reliable.sending import LATER
from netsteps.reliable.wire import decode
from virtual_path import DELAY, Path, bad, first


def numbers(path: Path) -> list[int]:
    return [decode(datagram).number for _, datagram in path.sent]


# The good path


def test_stop_and_wait_waits_for_each() -> None:
    path = Path(window=1)
    path.send(bytes(50))
    assert numbers(path) == [0, 1, 2, 3, 4]
    times = [at for at, _ in path.sent]
    assert times == pytest.approx([100 + 2 * DELAY * turn for turn in range(5)])
    assert path.most_in_flight == 1


def test_a_window_of_four_sends_four_in_one_round_trip() -> None:
    path = Path(window=4)
    path.send(bytes(120))
    assert numbers(path) == list(range(12))
    assert path.now - 100 == pytest.approx(3 * 2 * DELAY)
    assert path.most_in_flight == 4


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 1000])
def test_a_message_of_any_length_arrives(length: int) -> None:
    message = random.Random(length).randbytes(length)
    path = Path()
    path.send(message)
    assert path.messages() == [message]


def test_messages_arrive_in_their_order_over_one_connection() -> None:
    path = Path(there=bad(1), back=bad(2))
    sent = [bytes([number]) * 25 * number for number in range(20)]
    for message in sent:
        path.send(message)
    assert path.messages() == sent


# The bad path


@pytest.mark.parametrize("window", [1, 2, 3])
def test_whatever_of_the_first_ten_datagrams_is_lost_it_arrives_once(window: int) -> None:
    message = bytes(range(30))
    for lost in itertools.product([False, True], repeat=10):
        path = Path(window=window, there=first(lost[:5]), back=first(lost[5:]))
        path.send(message)
        path.settle()
        assert path.messages() == [message], lost
        assert path.most_in_flight <= window


@given(
    st.binary(max_size=400),
    st.integers(1, 40),
    st.integers(1, 30),
    st.randoms(use_true_random=False),
    st.floats(0, 0.6),
)
@settings(max_examples=150, deadline=None)
def test_a_path_that_loses_doubles_and_reorders_brings_it_whole(
    message: bytes, window: int, size: int, draws: random.Random, loss: float
) -> None:
    path = Path(
        window=window,
        there=bad(draws.random(), loss=loss),
        back=bad(draws.random(), loss=loss),
    )
    path.send(message, size=size)
    path.send(b"and another", size=size)
    path.settle()
    assert path.messages() == [message, b"and another"]
    assert path.most_in_flight <= window
    report, seen = path.record.report(), path.receiving.report
    assert report.sent == report.acknowledged == seen.segments
    assert report.bytes == seen.bytes == len(message) + 11
    assert report.sent + report.resent == len(path.sent)
    assert seen.received == (
        seen.segments + seen.duplicated + seen.held_back + seen.ignored + seen.refused
    )
    assert seen.acks == len(path.answered) == seen.received
    assert not report.ignored


@given(st.integers())
@settings(max_examples=60, deadline=None)
def test_one_changed_bit_in_a_fifth_of_all_datagrams_is_only_a_loss(seed: int) -> None:
    draws = random.Random(seed)

    def damage(datagram: bytes, _turn: int) -> bytes:
        changed = bytearray(datagram)
        if draws.random() < 0.2:
            bit = draws.randrange(len(datagram) * 8)
            changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    message = draws.randbytes(300)
    path = Path(there=bad(draws.random()), back=bad(draws.random()), damage=damage)
    path.send(message)
    assert path.messages() == [message]


# What is sent again, and when


def test_only_what_was_lost_is_sent_again() -> None:
    path = Path(window=8, there=lambda turn: () if turn == 2 else (DELAY,))
    path.send(bytes(200))
    assert sorted(numbers(path)) == sorted([*range(20), 2])


def test_three_later_ones_acknowledged_are_not_waited_out() -> None:
    path = Path(window=8, there=lambda turn: () if turn == 0 else (DELAY,), least=5.0)
    path.send(bytes(80))
    report = path.record.report()
    assert (report.resent_lost, report.resent_time) == (1, 0)
    # The fourth, acknowledged after one round trip, shows it; one more brings it.
    assert path.now - 100 == pytest.approx(4 * DELAY)
    assert LATER == 3


def test_a_change_of_order_of_two_places_is_no_loss() -> None:
    path = Path(window=8, there=lambda turn: (DELAY * (1.02 if turn == 0 else 1),))
    path.send(bytes(30))
    assert path.record.report().resent == 0
    assert path.receiving.report.early == 2


def test_a_lost_acknowledgement_costs_nothing_when_a_later_one_comes() -> None:
    path = Path(window=8, back=first([True] * 7))
    path.send(bytes(80))
    assert path.record.report().resent == 0


def test_without_an_answer_the_waits_double() -> None:
    path = Path(window=1, there=first([True] * 4))
    path.send(b"x")
    times = [at - 100 for at, _ in path.sent]
    assert times == pytest.approx([0, 1, 3, 7, 15])
    # Karn's rule: nobody knows which of the five was acknowledged.
    assert path.record.report().samples == ()
    path.send(b"y")
    assert [rtt for _, rtt in path.record.report().samples] == pytest.approx([2 * DELAY])


def test_no_segment_is_sent_twice_by_the_timer_within_one_timeout() -> None:
    path = Path(window=16, there=bad(5, loss=0.5), back=bad(6, loss=0.5))
    path.send(bytes(1000))
    last: dict[int, float] = {}
    for at, number, what in path.record.report().moments:
        if what == "time":
            assert at - last[number] >= path.least - 1e-9
        if what != "acknowledged":
            last[number] = at


def test_a_sliding_window_is_faster_than_stop_and_wait_over_the_same_path() -> None:
    took = []
    for window in (1, 8, 32):
        path = Path(window=window, there=bad(3), back=bad(4))
        path.send(bytes(2000))
        took.append(path.now - 100)
    assert took[0] > 4 * took[1] > 8 * took[2]


# The room of the receiver


def test_a_receiver_that_nobody_asks_closes_the_window_and_opens_it_again() -> None:
    path = Path(limit=300)
    path.send(bytes(100))
    with pytest.raises(AssertionError, match="not acknowledged after"):
        path.send(bytes(100), until=2)
    assert path.most_in_flight <= 4
    assert path.messages() == [bytes(100)]
    while not path.sending.finished:
        for datagram in path.sending.due(path.now):
            path.sent.append((path.now, datagram))
            path._go(datagram, (DELAY,), to_receiver=True)
        path._next_thing()
    assert path.messages() == [bytes(100)]


def test_a_message_that_is_too_large_is_refused_at_its_first_segment() -> None:
    path = Path(limit=99)
    path.send(bytes(1000), size=10)
    assert path.sending.refused == 99
    assert path.receiving.report.segments == 0
    assert not path.messages()


def test_the_largest_message_is_taken() -> None:
    for length in (91, 99, 100):
        path = Path(limit=100)
        path.send(bytes(length), size=10)
        assert path.messages() == [bytes(length)]


# The report


def test_the_lists_of_a_report_are_bounded_and_the_counts_are_not() -> None:
    record = SendRecord(1)
    for turn in range(MOST_MOMENTS + 10):
        record.sent(turn, turn)
        record.sample(turn, 0.5)
    report = record.report()
    assert report.sent == MOST_MOMENTS + 10
    assert len(report.moments) == len(report.samples) == MOST_MOMENTS
    assert report.left_out == 20
    assert report.rtt == 0.5


def test_a_report_says_what_it_is_about() -> None:
    path = Path(window=1, there=bad(9))
    path.send(bytes(100))
    path.record.seconds = path.now - 100
    text = repr(path.record.report())
    assert "stop-and-wait" in text
    assert "sent again, timeout" in text
    assert "<table>" in path.record.report()._repr_html_()
    assert "duplicated" in repr(path.receiving.report)
