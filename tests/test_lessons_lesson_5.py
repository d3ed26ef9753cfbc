"""The function exercises of lesson 5: right answers pass, each usual mistake gets its own hint."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netsteps.lessons import check
from netsteps.lessons.exercise import exercise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SOURCE = Path(__file__).parent.parent / "notebooks" / "source" / "05_tcp_and_udp.py"

pytestmark = pytest.mark.exact_io("what a relay of a certain rate takes is part of the check")

Ordered = tuple[bytes, list[int]]


def not_written(*_: object) -> None:
    raise NotImplementedError


# put-in-order


def put_in_order(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    parts = {}
    for datagram in datagrams:
        number = int.from_bytes(datagram[:4], "big")
        if len(datagram) >= 4 and number < count:
            parts[number] = datagram[4:]
    missing = [number for number in range(count) if number not in parts]
    end = missing[0] if missing else count
    return b"".join(parts[number] for number in range(end)), missing


def only_the_message(datagrams: "Sequence[bytes]", count: int) -> bytes:
    return put_in_order(datagrams, count)[0]


def as_they_come(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    return b"".join(one[4:] for one in datagrams), []


def host_order(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    parts = {int.from_bytes(one[:4], "little"): one[4:] for one in datagrams}
    return b"".join(parts.get(n, b"") for n in range(count)), []


def last_byte_only(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    ordered = sorted(datagrams, key=lambda one: one[3])
    return b"".join(one[4:] for one in ordered), []


def keeps_doubles(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    return b"".join(one[4:] for one in sorted(datagrams)), []


def jumps_over_gaps(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    parts = {int.from_bytes(one[:4], "big"): one[4:] for one in datagrams}
    message = b"".join(parts[number] for number in sorted(parts))
    return message, [number for number in range(count) if number not in parts]


def up_to_the_highest(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    highest = max(int.from_bytes(one[:4], "big") for one in datagrams)
    return put_in_order(datagrams, highest + 1)


def needs_one(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    assert datagrams[0]
    return put_in_order(datagrams, count)


def empty_is_missing(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    return put_in_order([one for one in datagrams if one[4:]], count)


def trusts_everybody(datagrams: "Sequence[bytes]", count: int) -> Ordered:
    parts = {int.from_bytes(one[:4], "big"): one[4:] for one in datagrams}
    missing = [number for number in range(count) if number not in parts]
    end = missing[0] if missing else max(parts) + 1
    return b"".join(parts.get(number, b"") for number in range(end)), missing


# keep-up


def keep_up(sizes: "Sequence[int]", rate: float) -> list[float]:
    times, before = [], 0
    for size in sizes:
        times.append(before / rate)
        before += size
    return times


def all_at_once(sizes: "Sequence[int]", rate: float) -> list[float]:
    return [0.0] * len(sizes)


def waits_for_itself(sizes: "Sequence[int]", rate: float) -> list[float]:
    return [sum(sizes[: place + 1]) / rate for place in range(len(sizes))]


def evenly(sizes: "Sequence[int]", rate: float) -> list[float]:
    return [place * sizes[0] / rate for place in range(len(sizes))]


def not_added_up(sizes: "Sequence[int]", rate: float) -> list[float]:
    return [place * before / rate for place, before in enumerate([0, *sizes[:-1]])]


def rounds(sizes: "Sequence[int]", rate: float) -> list[float]:
    times = [0.0]
    for size in sizes[:-1]:
        times.append(round(times[-1] + size / rate, 3))
    return times


def gives_one(sizes: "Sequence[int]", rate: float) -> float:
    return sum(sizes) / rate


def always_a_first(sizes: "Sequence[int]", rate: float) -> list[float]:
    return keep_up(sizes, rate) or [0.0]


# tcp-or-udp

UDP = ("phone", "game", "DNS", "NTP", "printer")


def tcp_or_udp(use: str) -> str:
    return "udp" if any(word in use for word in UDP) else "tcp"


def always_tcp(use: str) -> str:
    return "tcp"


def always_udp(use: str) -> str:
    return "udp"


def in_capitals(use: str) -> str:
    return "TCP"


def printers_by_tcp(use: str) -> str:
    return "tcp" if "printer" in use else tcp_or_udp(use)


def test_what_is_right_passes() -> None:
    for report in (
        check.put_in_order(put_in_order),
        check.keep_up(keep_up),
        check.tcp_or_udp(tcp_or_udp),
    ):
        assert report.passed, report


@pytest.mark.parametrize(
    ("answer", "passed", "hint"),
    [
        (not_written, 0, "raise NotImplementedError"),
        (only_the_message, 0, "return message, missing"),
        (host_order, 0, "most significant byte first"),
        (as_they_come, 1, "The order of arrival says nothing"),
        (last_byte_only, 1, "it has four bytes"),
        (keeps_doubles, 2, "may arrive twice"),
        (jumps_over_gaps, 3, "must not jump over a gap"),
        (up_to_the_highest, 4, "in `count`"),
        (needs_one, 5, ""),
        (empty_is_missing, 6, "may carry no data"),
        (trusts_everybody, 7, "Anybody can send to a UDP port"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_put_in_order_is_told_why(
    answer: "Callable[..., object]", passed: int, hint: str
) -> None:
    report = check.put_in_order(answer)
    assert [one.state for one in report.attempts].count("passed") == passed, report
    assert hint in report.hint, report


@pytest.mark.parametrize(
    ("answer", "passed", "hint"),
    [
        (not_written, 0, "raise NotImplementedError"),
        (gives_one, 0, "Return a list"),
        (waits_for_itself, 0, "need not wait for itself"),
        (all_at_once, 1, "All at once"),
        (evenly, 2, "a large one takes longer"),
        (not_added_up, 2, "the times add up"),
        (rounds, 3, "do not round"),
        (always_a_first, 4, ""),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_keep_up_is_told_why(
    answer: "Callable[..., object]", passed: int, hint: str
) -> None:
    report = check.keep_up(answer)
    assert [one.state for one in report.attempts].count("passed") == passed, report
    assert hint in report.hint, report


@pytest.mark.parametrize(
    ("answer", "passed", "hint"),
    [
        (not_written, 0, "raise NotImplementedError"),
        (in_capitals, 0, "One of these two words"),
        (always_udp, 0, "Half a page is no page"),
        (always_tcp, 1, "better a click in the line"),
        (printers_by_tcp, 9, "One datagram can go to all"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_choice_is_argued_with(
    answer: "Callable[[str], object]", passed: int, hint: str
) -> None:
    report = check.tcp_or_udp(answer)
    assert [one.state for one in report.attempts].count("passed") == passed, report
    assert hint in report.hint, report


def test_the_notebook_has_the_uses_as_the_check_asks_for_them() -> None:
    text = SOURCE.read_text(encoding="utf-8")
    listed = re.search(r"^USES = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert listed is not None
    uses = re.findall(r'^    "(.*)",$', listed[1], re.MULTILINE)
    assert uses == [attempt.title for attempt in exercise("tcp-or-udp").attempts]
