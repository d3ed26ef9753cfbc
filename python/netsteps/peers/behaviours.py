"""What the misbehaving peers do with a connection, whichever side opened it.

Each function is given the Conversation, and keyword arguments of its own. They know no time and no
limit: the steps of a Conversation do.
"""

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsteps.peers.conversation import Conversation

__all__ = [
    "await_request",
    "closes_early",
    "endless",
    "garbage",
    "one_byte_at_a_time",
    "resets",
    "sends",
    "silent",
    "slow_reader",
    "stays",
]

TICK = 0.02  # seconds between two reads of a slow reader
PIECE = 65536  # bytes of an endless stream that go at once


def await_request(with_: "Conversation", request: int | bytes) -> None:
    """Read so many bytes, or until these have come, or to the end of the other side."""
    if isinstance(request, int):
        while with_.received_bytes < request and with_.read():
            pass
        return
    got = bytearray()
    while request not in got:
        data = with_.read()
        if not data:
            return
        got = got[-len(request) :] + data


def silent(with_: "Conversation") -> None:
    """Read, and say nothing."""
    with_.read_to_end()


def sends(with_: "Conversation", data: bytes) -> None:
    """Send all of it at once, end our half, and read on to the end of the other side."""
    with_.send(data)
    ends(with_)


def stays(with_: "Conversation", data: bytes) -> None:
    """Send all of it at once, and read on; our half stays open."""
    with_.send(data)
    with_.read_to_end()


def one_byte_at_a_time(with_: "Conversation", data: bytes, pause: float) -> None:
    """Send each byte by itself, with a pause after it."""
    for place in range(len(data)):
        with_.send(data[place : place + 1])
        with_.pause(pause)
    ends(with_)


def resets(with_: "Conversation", data: bytes, after: int, pause: float) -> None:
    """Send the first bytes, and cut the connection when they have arrived, and a pause later."""
    with_.send(data[:after])
    with_.flush()
    with_.pause(pause)
    with_.reset()


def closes_early(with_: "Conversation", data: bytes, after: int) -> None:
    """Send the first bytes, and close; what has come is read, for unread bytes would be a reset."""
    with_.send(data[:after])
    while with_.read_waiting():
        pass
    with_.close()


def garbage(with_: "Conversation", size: int, seed: int) -> None:
    """Send random bytes, and end our half."""
    source = random.Random(seed)
    while size > 0:
        with_.send(source.randbytes(min(size, PIECE)))
        size -= PIECE
    ends(with_)


def endless(with_: "Conversation", start: bytes, fill: bytes) -> None:
    """Send without an end: only the limits of the conversation end it."""
    with_.send(start)
    piece = fill * max(1, PIECE // len(fill))
    while True:
        with_.send(piece)


def slow_reader(with_: "Conversation", rate: float, before: bytes, after: bytes) -> None:
    """Send what comes before, read slowly to the end of the other side, send what comes after."""
    with_.send(before)
    size = max(1, round(rate * TICK))
    while with_.read(size):
        with_.pause(size / rate)
    with_.send(after)
    with_.finish()


def ends(with_: "Conversation") -> None:
    """End our half, and read on to the end of the other side."""
    with_.finish()
    with_.read_to_end()
