"""The exercises of lesson 1: a stub fails, a solution passes, each usual mistake gets its hint."""

from collections.abc import Callable

import pytest

from netsteps.lessons import check
from netsteps.lessons.report import Report


def stub(*_values: object) -> object:
    # YOUR CODE HERE
    raise NotImplementedError


@pytest.mark.parametrize(
    "checked",
    [check.split_message, check.join_parts, check.read_the_envelope, check.order_of_steps],
)
def test_what_is_not_written_yet_fails_and_says_so(checked: Callable[..., object]) -> None:
    report = checked(stub)
    assert not report
    assert "not written yet" in report.happened
    assert "raise NotImplementedError" in report.hint


# split-message


def split(message: bytes, size: int) -> list[bytes]:
    if size < 1:
        raise ValueError(size)
    return [message[start : start + size] for start in range(0, len(message), size)]


def split_with_a_loop(message: bytes, size: int) -> list[bytes]:
    if size <= 0:
        error = "a part has at least one byte"
        raise ValueError(error)
    parts = []
    while message:
        parts.append(message[:size])
        message = message[size:]
    return parts


def split_without_the_rest(message: bytes, size: int) -> list[bytes]:
    return [message[number * size : (number + 1) * size] for number in range(len(message) // size)]


def split_filled_up(message: bytes, size: int) -> list[bytes]:
    return [part.ljust(size, b"\0") for part in split(message, size)]


def split_with_an_empty_part(message: bytes, size: int) -> list[bytes]:
    count = len(message) // size + 1
    return [message[number * size : (number + 1) * size] for number in range(count)]


def split_never_empty(message: bytes, size: int) -> list[bytes]:
    return split(message, size) or [b""]


def split_without_a_look_at_size(message: bytes, size: int) -> list[bytes]:
    return [message[start : start + size] for start in range(0, len(message), size)]


def split_as_tuple(message: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(split(message, size))


def split_overlapping(message: bytes, size: int) -> list[bytes]:
    return [message[start : start + size + 1] for start in range(0, len(message), size)]


def split_and_forgotten(message: bytes, size: int) -> None:
    split(message, size)


def split_without_end(message: bytes, size: int) -> list[bytes]:
    parts = []
    while message:
        parts.append(message[:size])
        message = message[size:]
    return parts


def split_lazily(message: bytes, size: int) -> object:
    return (message[start : start + size] for start in range(0, len(message), size))


@pytest.mark.parametrize("answer", [split, split_with_a_loop])
def test_a_message_is_split(answer: Callable[..., object]) -> None:
    report = check.split_message(answer)
    assert report.passed, report


# join-parts

Parts = list[tuple[int, int, bytes]]


def join(parts: Parts) -> bytes:
    came = {number: data for number, _, data in parts}
    for number in range(parts[0][1]):
        if number not in came:
            error = f"part {number} is missing"
            raise ValueError(error)
    return b"".join(came[number] for number in sorted(came))


def join_as_they_come(parts: Parts) -> bytes:
    return b"".join(data for *_, data in parts)


def join_sorted(parts: Parts) -> bytes:
    return b"".join(data for *_, data in sorted(parts))


def join_different_data(parts: Parts) -> bytes:
    seen: list[bytes] = []
    for *_, data in sorted(parts):
        if data not in seen:
            seen.append(data)
    return b"".join(seen)


def join_by_text(parts: Parts) -> bytes:
    came = {str(number): data for number, _, data in parts}
    return b"".join(came[number] for number in sorted(came))


def join_with_holes(parts: Parts) -> bytes:
    came = {number: data for number, _, data in parts}
    return b"".join(came[number] for number in sorted(came))


def join_up_to_the_last_that_came(parts: Parts) -> bytes:
    came = {number: data for number, _, data in parts}
    for number in range(max(came)):
        if number not in came:
            raise ValueError(number)
    return join_with_holes(parts)


def join_counted(parts: Parts) -> bytes:
    if len(parts) < parts[0][1]:
        numbers = {number for number, *_ in parts}
        raise ValueError(min(set(range(parts[0][1])) - numbers))
    return join_with_holes(parts)


def join_without_a_number(parts: Parts) -> bytes:
    if len({number for number, *_ in parts}) < parts[0][1]:
        error = "a part is missing"
        raise ValueError(error)
    return join_with_holes(parts)


def join_key_error(parts: Parts) -> bytes:
    came = {number: data for number, _, data in parts}
    return b"".join(came[number] for number in range(parts[0][1]))


def join_as_text(parts: Parts) -> str:
    return join(parts).decode()


def test_parts_are_joined() -> None:
    report = check.join_parts(join)
    assert report.passed, report


# read-the-envelope


def envelope(packet: bytes) -> tuple[str, int, bytes]:
    size = (packet[0] & 15) * 4
    where = ".".join(map(str, packet[16:20]))
    return where, packet[size + 2] << 8 | packet[size + 3], packet[size + 8 :]


def envelope_without_options(packet: bytes) -> tuple[str, int, bytes]:
    where = ".".join(map(str, packet[16:20]))
    return where, int.from_bytes(packet[22:24], "big"), packet[28:]


def envelope_of_the_sender(packet: bytes) -> tuple[str, int, bytes]:
    return ".".join(map(str, packet[12:16])), *envelope(packet)[1:]


def envelope_little(packet: bytes) -> tuple[str, int, bytes]:
    where, _, message = envelope_without_options(packet)
    return where, int.from_bytes(packet[22:24], "little"), message


def envelope_from_port(packet: bytes) -> tuple[str, int, bytes]:
    where, _, message = envelope(packet)
    return where, int.from_bytes(packet[20:22], "big"), message


def envelope_with_the_header(packet: bytes) -> tuple[str, int, bytes]:
    where, port, _ = envelope(packet)
    return where, port, packet[20:]


def envelope_with_raw_address(packet: bytes) -> tuple[bytes, int, bytes]:
    return packet[16:20], *envelope(packet)[1:]


def test_the_envelope_is_read() -> None:
    report = check.read_the_envelope(envelope)
    assert report.passed, report


# order-of-steps

RIGHT = ["socket", "bind", "listen", "accept", "read", "write", "close"]


def test_the_steps_in_order_pass() -> None:
    report = check.order_of_steps(lambda: RIGHT)
    assert report.passed, report


@pytest.mark.parametrize(
    ("order", "happened", "hint"),
    [
        ("bind socket listen accept read write close", "no socket yet", "make one first"),
        ("socket listen bind accept read write close", "StepError", "needs an address"),
        ("socket bind accept listen read write close", "StepError", "before the socket listens"),
        ("socket bind listen read accept write close", "StepError", "only hands out"),
        ("socket bind listen accept write read close", "wrote before it had read", "not read?"),
        ("socket bind listen accept read close write", "SocketClosed", "After `close`"),
        ("socket bind listen accept read write", "`close` is not there", "once"),
        ("socket bind bind listen accept read write close", "there 2 times", "once"),
        ("socket bind listen connect read write close", "no step 'connect'", "a server accepts"),
    ],
)
def test_steps_in_another_order_say_what_is_missing(order: str, happened: str, hint: str) -> None:
    words = order.split()
    report = check.order_of_steps(lambda: words)
    assert happened in report.happened
    assert hint in report.hint


def test_steps_that_are_no_list_are_told() -> None:
    assert "list of words" in check.order_of_steps(lambda: "socket, bind").hint
    assert "without `return`" in check.order_of_steps(lambda: None).hint


# Words of the attempt that catches it, and of its hint.
@pytest.mark.parametrize(
    ("checked", "answer", "failed", "hint"),
    [
        (
            check.split_message,
            split_without_the_rest,
            "7 bytes",
            "the last part may be short, but it counts",
        ),
        (
            check.split_message,
            split_filled_up,
            "7 bytes",
            "the last part may be short, and is not filled up",
        ),
        (check.split_message, split_with_an_empty_part, "6 bytes", "One of the parts is empty"),
        (check.split_message, split_never_empty, "0 bytes", "no parts"),
        (check.split_message, split_without_a_look_at_size, "size of -1", "Look at `size` first"),
        (check.split_message, split_as_tuple, "6 bytes", "Give a list"),
        (check.split_message, split_lazily, "6 bytes", "of type generator"),
        (
            check.split_message,
            split_without_end,
            "size of 0",
            "its loop has no end. No part can be of this size",
        ),
        (check.split_message, split_overlapping, "6 bytes", "does not fit into its packet"),
        (check.split_message, split_and_forgotten, "6 bytes", "without `return`"),
        (check.join_parts, join_as_they_come, "another order", "overtake"),
        (check.join_parts, join_sorted, "twice", "may come twice"),
        (check.join_parts, join_different_data, "same data", "Only the number tells"),
        (check.join_parts, join_by_text, "twelve", "2 comes before 10"),
        (check.join_parts, join_with_holes, "part 1 of three", "look whether each number is there"),
        (check.join_parts, join_up_to_the_last_that_came, "the last part", "`total`"),
        (check.join_parts, join_counted, "another came twice", "do not count them"),
        (
            check.join_parts,
            join_without_a_number,
            "part 1 of three",
            "the number of the missing part in it, 1",
        ),
        (check.join_parts, join_key_error, "part 1 of three", "raise ValueError"),
        (check.join_parts, join_as_text, "in order", "bytes"),
        (check.read_the_envelope, envelope_without_options, "28 bytes", "(packet[0] & 15) * 4"),
        (check.read_the_envelope, envelope_of_the_sender, "the lesson", "address of the sender"),
        (check.read_the_envelope, envelope_little, "the lesson", "wrong way round"),
        (check.read_the_envelope, envelope_from_port, "the lesson", "port of the sender"),
        (check.read_the_envelope, envelope_with_the_header, "the lesson", "8 bytes"),
        (check.read_the_envelope, envelope_with_raw_address, "the lesson", "text with dots"),
    ],
)
def test_a_usual_mistake_gets_its_hint(
    checked: Callable[..., Report], answer: Callable[..., object], failed: str, hint: str
) -> None:
    report = checked(answer)
    assert failed in (report.failed or "")
    assert hint in report.hint
