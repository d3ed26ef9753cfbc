"""Datagrams that nobody should send: nothing breaks, and memory is bounded."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsteps.reliable.receiving import Receiving
from netsteps.reliable.report import SendRecord
from netsteps.reliable.sending import Sending
from netsteps.reliable.timer import RetransmissionTimer
from netsteps.reliable.wire import LARGEST_NUMBER, LARGEST_WINDOW, Kind, Segment, decode, encode
from virtual_path import CONNECTION, Path, bad

near = st.integers(0, 40) | st.integers(0, LARGEST_NUMBER)


def hostile(connection: "st.SearchStrategy[int]") -> "st.SearchStrategy[bytes]":
    def kind(kind: Kind, payload: "st.SearchStrategy[bytes]") -> "st.SearchStrategy[bytes]":
        return st.builds(Segment, st.just(kind), connection, near, near, payload).map(encode)

    return st.one_of(
        st.binary(max_size=60),
        kind(Kind.DATA, st.binary(max_size=40)),
        kind(Kind.ACK, st.binary(max_size=128)),
        kind(Kind.REFUSED, st.binary(min_size=8, max_size=8)),
    )


def sending(window: int = 4) -> Sending:
    return Sending(
        CONNECTION, timer=RetransmissionTimer(), window=window, record=SendRecord(window)
    )


def data(connection: int, number: int, count: int, payload: bytes = b"x" * 10) -> bytes:
    return encode(Segment(Kind.DATA, connection, number, count, payload))


# Who does not know the connection changes nothing


@given(st.lists(hostile(st.integers(0, 10)), max_size=30), st.integers())
@settings(max_examples=100, deadline=None)
def test_a_transfer_beside_forged_datagrams_is_whole(forged: list[bytes], seed: int) -> None:
    draws = random.Random(seed)
    path = Path(there=bad(seed), back=bad(seed + 1))
    message = draws.randbytes(300)
    pieces = [message[at : at + 10] for at in range(0, 300, 10)]
    path.sending.begin(iter(pieces), 30)
    while not path.sending.finished:
        for datagram in path.sending.due(path.now):
            path.sent.append((path.now, datagram))
            path._go(datagram, path.there(0), to_receiver=True)
        if forged:
            one = forged.pop()
            path.sending.arrived(one, path.now)
            path.receiving.arrived(one, "sender", path.now)
        path._next_thing()
    assert message in path.messages()
    assert path.record.report().acknowledged == 30


def test_another_sender_with_the_same_number_is_another_connection() -> None:
    receiving: Receiving[str] = Receiving()
    receiving.arrived(data(1, 0, 1, b"mine "), "one", 0.0)
    receiving.arrived(data(1, 1, 0, b"forged"), "other", 0.0)
    assert receiving.take() is None
    receiving.arrived(data(1, 1, 0, b"too"), "one", 0.0)
    message = receiving.take()
    assert message is not None
    assert (message.data, message.sender) == (b"mine too", "one")


# Who knows it can spoil that message, and nothing else


@given(st.lists(hostile(st.just(CONNECTION)), max_size=60), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_any_answers_leave_the_sender_within_its_window(answers: list[bytes], window: int) -> None:
    sender = sending(window)
    sender.begin(iter([b"x"] * 100), 100)
    now = 0.0
    for answer in answers:
        now += 0.01
        assert len(sender.due(now)) <= 2 * window
        assert len(sender._in_flight) <= window
        sender.arrived(answer, now)
        assert 0 <= sender.acknowledged_bytes <= 100


@given(st.lists(hostile(st.integers(0, 3)), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_datagrams_leave_the_receiver_within_its_limit(datagrams: list[bytes]) -> None:
    receiving: Receiving[str] = Receiving(limit=100, messages=2)
    for datagram in datagrams:
        answer = receiving.arrived(datagram, "sender", 0.0)
        assert answer is None or decode(answer).kind in {Kind.ACK, Kind.REFUSED}
        for connection in receiving._connections.values():
            assert len(connection.message) <= 100
            assert connection.early_bytes <= 100
            held = sum(len(one.payload) for one in connection.early.values())
            assert connection.early_bytes == held
        assert len(receiving._under_way) <= 2
    seen = receiving.report
    assert seen.received == (
        seen.segments + seen.duplicated + seen.held_back + seen.ignored + seen.refused
    )


@pytest.mark.parametrize("bits", [b"", b"\xff" * 128])
def test_an_acknowledgement_of_what_was_never_sent_is_ignored(bits: bytes) -> None:
    sender = sending(window=4)
    sender.begin(iter([b"x"] * 10), 10)
    sender.due(0.0)
    for number in (5, LARGEST_NUMBER):
        sender.arrived(encode(Segment(Kind.ACK, CONNECTION, number, 0, bits)), 0.1)
    assert sender.record.report().ignored == 2
    assert len(sender._in_flight) == 4


def test_an_old_acknowledgement_does_not_bring_its_window_back() -> None:
    sender = sending(window=4)
    sender.begin(iter([b"x"] * 10), 10)
    sender.due(0.0)
    sender.arrived(encode(Segment(Kind.ACK, CONNECTION, 2, 100)), 0.1)
    sender.arrived(encode(Segment(Kind.ACK, CONNECTION, 1, 0)), 0.2)
    assert len(sender.due(0.3)) == 2


def test_a_refusal_of_an_older_message_is_ignored() -> None:
    sender = sending()
    sender.begin(iter([b"x"]), 1)
    sender.due(0.0)
    sender.arrived(encode(Segment(Kind.ACK, CONNECTION, 1, 9)), 0.1)
    sender.begin(iter([b"y"]), 1)
    sender.arrived(encode(Segment(Kind.REFUSED, CONNECTION, 0, 0, bytes(8))), 0.2)
    assert sender.refused is None


# Floods


def test_a_flood_of_beginnings_takes_bounded_memory_and_leaves_the_living_alone() -> None:
    receiving: Receiving[str] = Receiving(messages=4)
    receiving.arrived(data(CONNECTION, 0, 1), "alive", 0.0)
    for forged in range(10_000):
        receiving.arrived(data(forged, 0, 1), "flood", forged / 10_000)
    assert len(receiving._under_way) == 4
    assert len(receiving._connections) <= 4096
    receiving.arrived(data(CONNECTION, 1, 0), "alive", 1.0)
    message = receiving.take()
    assert message is not None
    assert message.sender == "alive"


def test_the_silent_make_room_after_a_minute() -> None:
    receiving: Receiving[str] = Receiving(messages=1)
    receiving.arrived(data(1, 0, 1), "silent", 0.0)
    answer = receiving.arrived(data(2, 0, 0), "new", 59.0)
    assert answer is not None
    assert decode(answer).count == 0  # a closed window
    assert receiving.take() is None
    receiving.arrived(data(2, 0, 0), "new", 60.0)
    assert receiving.take() is not None


def test_a_sender_that_gives_up_again_and_again_makes_room_for_itself_alone() -> None:
    receiving: Receiving[str] = Receiving(messages=3)
    receiving.arrived(data(CONNECTION, 0, 1), "other", 0.0)
    for given_up in range(100):
        receiving.arrived(data(given_up, 0, 1), "sender", 0.0)
    receiving.arrived(data(99, 1, 0), "sender", 0.0)
    receiving.arrived(data(CONNECTION, 1, 0), "other", 0.0)
    assert [one.sender for one in iter(receiving.take, None)] == ["sender", "other"]


def test_many_senders_of_one_message_each_are_all_heard() -> None:
    receiving: Receiving[str] = Receiving()
    for number in range(2000):
        receiving.arrived(data(number, 0, 0), "sender", 0.0)
    assert receiving.report.messages == 2000


def test_a_refused_message_holds_nothing_not_even_what_came_early() -> None:
    receiving: Receiving[str] = Receiving(limit=100)
    receiving.arrived(data(1, 1, 1), "sender", 0.0)
    answer = receiving.arrived(data(1, 0, 26), "sender", 0.0)
    assert answer is not None
    assert decode(answer).kind is Kind.REFUSED
    [connection] = receiving._connections.values()
    assert (connection.early, connection.early_bytes, receiving._under_way) == ({}, 0, {})


def test_empty_messages_that_nobody_takes_are_bounded() -> None:
    receiving: Receiving[str] = Receiving(limit=10_000)
    for number in range(1000):
        receiving.arrived(data(1, number, 0, b""), "sender", 0.0)
    assert receiving.report.messages == 40


def test_what_is_far_ahead_is_not_kept() -> None:
    receiving: Receiving[str] = Receiving()
    receiving.arrived(data(1, 1, 1), "sender", 0.0)
    answer = receiving.arrived(data(1, LARGEST_WINDOW, 1), "sender", 0.0)
    assert answer is not None
    assert list(decode(answer).selective()) == [1]
    assert receiving.report.held_back == 1
    # What begins nowhere near 0 is left over from a connection that was forgotten.
    assert receiving.arrived(data(2, LARGEST_WINDOW, 1), "sender", 0.0) is None


def test_the_last_message_is_acknowledged_again_and_given_once() -> None:
    receiving: Receiving[str] = Receiving()
    answers = {receiving.arrived(data(1, 0, 0), "sender", float(turn)) for turn in range(100)}
    assert len(answers) == 1
    assert receiving.take() is not None
    assert receiving.take() is None
    assert receiving.report.duplicated == 99
