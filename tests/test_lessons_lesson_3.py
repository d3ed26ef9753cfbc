"""The exercises of lesson 3: what is right passes, and each usual mistake gets its own hint."""

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from netsteps.lessons import check

if TYPE_CHECKING:
    from collections.abc import Callable

    import netsteps as ns

pytestmark = pytest.mark.exact_io("short reads are the check's own doing")


def read_exactly(connection: "ns.Socket", count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.read(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def reads_once(connection: "ns.Socket", count: int) -> bytes:
    return connection.read(count)


def reads_too_much(connection: "ns.Socket", count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += connection.read()
    return data[:count]


def reads_on_at_the_end(connection: "ns.Socket", count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += connection.read(count - len(data))
    return data


def gives_what_came(connection: "ns.Socket", count: int) -> bytes:
    data = b""
    while len(data) < count and (more := connection.read(count - len(data))):
        data += more
    return data


def reads_before_it_looks(connection: "ns.Socket", count: int) -> bytes:
    data = connection.read(count)
    while len(data) < count:
        data += connection.read(count - len(data))
    return data


def lets_another_do_it(connection: "ns.Socket", count: int) -> bytes:
    return connection.read_exactly(count)


def send_all(connection: "ns.Socket", data: bytes) -> None:
    while data:
        data = data[connection.send(data) :]


def sends_once(connection: "ns.Socket", data: bytes) -> None:
    connection.send(data)


def sends_again(connection: "ns.Socket", data: bytes) -> None:
    sent = 0
    while sent < len(data):
        sent += connection.send(data)


def never_gives_up(connection: "ns.Socket", data: bytes) -> None:
    while data:
        with suppress(OSError):
            data = data[connection.send(data) :]


def says_nothing(connection: "ns.Socket", data: bytes) -> None:
    try:
        send_all(connection, data)
    except OSError:
        return


def writes(connection: "ns.Socket", data: bytes) -> None:
    connection.write(data)


def not_written(*_: object) -> None:
    raise NotImplementedError


def test_what_is_right_passes() -> None:
    assert check.read_exactly(read_exactly).passed
    assert check.send_all(send_all).passed


@pytest.mark.parametrize(
    ("answer", "passed", "hint"),
    [
        (not_written, 0, "Replace the line `raise NotImplementedError`"),
        (reads_once, 1, "may be less than you asked for"),
        (reads_too_much, 3, "Never ask for more than are still missing"),
        (reads_before_it_looks, 4, "For 0 bytes there is nothing to wait for"),
        (reads_on_at_the_end, 5, "the peer has finished"),
        (gives_what_came, 5, "raise EOFError"),
        (lets_another_do_it, 6, "you write that loop yourself"),
    ],
)
def test_a_wrong_read_exactly_is_told_why(
    answer: "Callable[..., object]", passed: int, hint: str
) -> None:
    report = check.read_exactly(answer)
    done = [one.state for one in report.attempts].count("passed")
    assert (report.passed, done) == (False, passed)
    assert hint in report.hint


@pytest.mark.parametrize(
    ("answer", "passed", "hint"),
    [
        (not_written, 0, "Replace the line `raise NotImplementedError`"),
        (sends_once, 1, "send returns how many bytes the kernel took"),
        (sends_again, 1, "arrives twice"),
        (never_gives_up, 4, "Do not catch it and try again"),
        (says_nothing, 4, "let the caller know"),
        (writes, 5, "write is such a loop already"),
    ],
)
def test_a_wrong_send_all_is_told_why(
    answer: "Callable[..., object]", passed: int, hint: str
) -> None:
    report = check.send_all(answer)
    done = [one.state for one in report.attempts].count("passed")
    assert (report.passed, done) == (False, passed)
    assert hint in report.hint
