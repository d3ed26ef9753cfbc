"""The retransmission timer, by the numbers of RFC 6298."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsteps.reliable.timer import RetransmissionTimer


def timer(**settings: float) -> RetransmissionTimer:
    return RetransmissionTimer(**{"least": 0.001, "most": 60.0, **settings})


def test_before_the_first_sample_it_is_one_second() -> None:
    assert timer().rto == 1.0
    assert timer().srtt is None
    assert timer(most=0.2).rto == 0.2
    assert timer(least=2.0).rto == 2.0


def test_the_first_sample_is_the_mean_and_half_of_it_the_variation() -> None:
    one = timer()
    one.sample(0.1)
    assert (one.srtt, one.rttvar) == (0.1, 0.05)
    assert one.rto == pytest.approx(0.1 + 4 * 0.05)


def test_a_later_sample_moves_the_mean_by_an_eighth_and_the_variation_by_a_quarter() -> None:
    one = timer()
    one.sample(0.1)
    one.sample(0.2)
    # The variation is measured against the mean before this sample: |0.1 - 0.2|.
    assert one.rttvar == pytest.approx(0.75 * 0.05 + 0.25 * 0.1)
    assert one.srtt == pytest.approx(0.875 * 0.1 + 0.125 * 0.2)
    assert one.rto == pytest.approx(one.srtt + 4 * one.rttvar)


def test_each_timeout_doubles_it_until_the_most_and_a_sample_ends_that() -> None:
    one = timer(most=5.0)
    seen = []
    for _ in range(4):
        one.back_off()
        seen.append(one.rto)
    assert seen == [2.0, 4.0, 5.0, 5.0]
    one.sample(0.1)
    assert one.rto == pytest.approx(0.3)


def test_it_is_never_less_than_the_least() -> None:
    one = timer(least=0.2)
    for _ in range(100):
        one.sample(0.001)
    assert one.rto == 0.2


def test_a_steady_path_is_waited_for_no_less_than_the_clock_can_tell() -> None:
    one = timer(granularity=0.01)
    for _ in range(300):
        one.sample(0.1)
    assert one.rto == pytest.approx(0.11)


def test_a_path_slower_than_the_most_is_waited_for() -> None:
    one = timer(most=0.5)
    for _ in range(100):
        one.sample(2.0)
    assert one.rto > 2.0
    one.back_off()
    assert 2.0 < one.rto < 2.1


@given(st.lists(st.one_of(st.floats(0, 100), st.none()), max_size=50))
def test_whatever_comes_it_stays_within_its_bounds(happened: list[float | None]) -> None:
    one = timer(least=0.05, most=3.0)
    for rtt in happened:
        before = one.rto
        if rtt is None:
            one.back_off()
            assert one.rto == max(before, min(before * 2, 3.0))
        else:
            one.sample(rtt)
            assert one.srtt is not None
            assert one.rto > one.srtt
        assert one.rto >= 0.05
