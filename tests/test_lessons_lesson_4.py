"""The function exercise of lesson 4: what is right passes, each usual mistake gets its own hint."""

import socket
import time
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from netsteps.lessons import check

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.exact_io("a connect that has time to fail is part of the answers")


def with_netsteps(host: str, port: int) -> str:
    with ns.Socket("tcp", ns.Endpoint(host, port).family) as asking:
        try:
            asking.connect(host, port, timeout=2)
        except ns.Refused:
            return "refused"
        except ns.TimedOut:
            return "silent"
    return "open"


def with_the_standard_library(host: str, port: int) -> str:
    try:
        with socket.create_connection((host, port), timeout=2):
            return "open"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"


def not_written(host: str, port: int) -> str:
    raise NotImplementedError


def gives_a_truth_value(host: str, port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((host, port)) == 0


def lets_it_raise(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=2):
        return "open"


def catches_too_much(host: str, port: int) -> str:
    try:
        return lets_it_raise(host, port)
    except OSError:
        return "refused"


def waits_for_ever(host: str, port: int) -> str:
    time.sleep(0)
    try:
        with socket.create_connection((host, port)):
            return "open"
    except ConnectionRefusedError:
        return "refused"


def keeps_them_open(host: str, port: int, kept: "list[socket.socket]" = []) -> str:  # noqa: B006 - it is the mistake
    try:
        kept.append(socket.create_connection((host, port), timeout=2))
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"
    return "open"


def says_hello(host: str, port: int) -> str:
    try:
        with socket.create_connection((host, port), timeout=2) as asking:
            asking.sendall(b"hello")
            return "open"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"


def remembers(host: str, port: int, known: "dict[int, str]" = {}) -> str:  # noqa: B006 - it is the mistake
    return known.setdefault(port, with_the_standard_library(host, port))


def knows_only_ipv4(host: str, port: int) -> str:
    with socket.socket(socket.AF_INET) as asking:
        asking.settimeout(2)
        try:
            asking.connect((host, port))
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "silent"
    return "open"


def has_ipv6() -> bool:
    try:
        with ns.Socket("tcp", "ipv6") as one:
            one.bind("::1", 0)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("answer", [with_netsteps, with_the_standard_library])
def test_what_is_right_passes(answer: "Callable[[str, int], str]") -> None:
    report = check.port_status(answer)
    assert report.passed, report


@pytest.mark.parametrize(
    ("answer", "passed", "hint"),
    [
        (not_written, 0, "raise NotImplementedError"),
        (gives_a_truth_value, 0, "one of the words 'open', 'refused', 'silent'"),
        (lets_it_raise, 1, "ConnectionRefusedError (ns.Refused) or TimeoutError"),
        (catches_too_much, 2, "Catch each of the two by its own name"),
        (waits_for_ever, 2, "Give it a time limit"),
        (keeps_them_open, 3, "Close the socket on every way out"),
        (says_hello, 3, "To look is enough"),
        (remembers, 4, "Ask anew each time"),
        (knows_only_ipv4, 5, "needs a socket of that family"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_port_status_is_told_why(
    answer: "Callable[[str, int], object]", passed: int, hint: str
) -> None:
    if answer is knows_only_ipv4 and not has_ipv6():
        pytest.skip("this computer has no IPv6")
    report = check.port_status(answer)
    assert [one.state for one in report.attempts].count("passed") == passed, report
    assert hint in report.hint, report
    assert report.happened
