"""One message in several ways through one real bad path, and what TCP would do, computed."""

import pytest

import netsteps as ns
import pictures
from netsteps.reliable import compare
from netsteps.reliable.comparison import tcp_throughput


def test_three_ways_are_observed_and_one_is_computed_and_says_so() -> None:
    found = compare(12_000, loss=0.1, delay=0.002, reorder=0.1, duplicate=0.1, window=16, seed=7)
    names = ["stop-and-wait", "sliding window of 16", "TCP", "TCP with loss"]
    assert [course.name for course in found.courses] == names
    assert [course.computed for course in found.courses] == [False, False, False, True]
    for course in found.courses:
        assert course.points[-1][1] == 12_000
        times = [at for at, _ in course.points]
        assert times == sorted(times)
        # Nothing is faster than one round trip.
        assert course.seconds >= 0.004
    assert found.stop_and_wait.window == 1
    assert found.stop_and_wait.seconds > found.sliding_window.seconds
    assert found.path.endswith("seed 7")
    drawing = found.drawing()
    pictures.check(drawing.svg)
    assert "computed, not observed" in drawing.svg
    assert "without loss: TCP ends at the relay" in drawing.svg
    assert repr(found) == str(drawing)
    assert "text/html" in found._repr_mimebundle_()


def test_without_loss_nothing_is_computed_and_a_drawn_seed_is_told() -> None:
    found = compare(5000, loss=0, delay=0.001)
    assert [course.computed for course in found.courses] == [False, False, False]
    assert found.stop_and_wait.resent == found.sliding_window.resent == 0
    assert int(found.path.rpartition("seed ")[2]) >= 0


def test_a_rate_holds_for_all_of_them() -> None:
    found = compare(60_000, loss=0, delay=0.001, rate=500_000, seed=1)
    for course in found.courses:
        assert course.seconds > 0.06  # some of it may be in the bucket at the beginning


def test_what_tcp_would_reach_is_the_formula_of_rfc_5348() -> None:
    # By hand for s = 1460, R = 0.1, p = 0.01, RTO = 4 R: 1460 / (0.1 * 0.08165 + 0.4 * 0.001843).
    assert tcp_throughput(1460, 0.1, 0.01) == pytest.approx(164_000, rel=0.01)
    # More loss or a longer path is slower, and many losses cost timeouts, not round trips.
    rates = [tcp_throughput(1200, 0.02, loss) for loss in (0.001, 0.01, 0.1, 0.3)]
    assert rates == sorted(rates, reverse=True)
    assert tcp_throughput(1200, 0.0, 0.3) == pytest.approx(tcp_throughput(1200, 0.02, 0.3), rel=0.2)


def test_what_takes_too_long_ends() -> None:
    with pytest.raises(ns.TimedOut):
        compare(5000, loss=1.0, timeout=0.2)
    with pytest.raises(ValueError, match="loss"):
        compare(5000, loss=2.0)
