"""The steps of a script: what a scripted peer waits for, and what it does."""

import re
from typing import TYPE_CHECKING

from netsteps.peers.actions import (
    Close,
    Expect,
    ExpectEnd,
    ExpectReset,
    Finish,
    Pause,
    ResetStep,
    Send,
    Step,
)
from netsteps.peers.checks import duration, payload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["close", "expect", "expect_end", "expect_reset", "finish", "pause", "reset", "send"]

LIMIT = 1 << 20  # bytes: the most that a pattern may look at


def expect(
    wanted: "bytes | re.Pattern[bytes] | int",
    *,
    timeout: float | None = None,
    limit: int = LIMIT,
) -> Step:
    r"""Wait for bytes of the peer, and take them from its stream.

    wanted: these bytes; or a pattern, re.compile(rb"GET (\S+) .*?\r\n\r\n", re.DOTALL), which is
    taken as soon as it matches from where the last step ended (so end it with what ends the
    message); or a number of bytes, whatever they are. What follows stays for the next step.
    timeout: seconds, by default those of the script. limit: the most bytes a pattern may look at.

    It fails when other bytes come (at the first that differs), when the peer ends or cuts its
    stream before, and when the time is over. System call: recv(2).
    Raises TypeError and ValueError for what cannot be meant.
    """
    if isinstance(wanted, re.Pattern):
        if not isinstance(wanted.pattern, bytes):
            raise TypeError(f"expect takes a pattern of bytes, not {wanted.pattern!r}")
    elif isinstance(wanted, bool) or not isinstance(wanted, int):
        wanted = payload(wanted, "expect")
    if wanted in {0, b""}:
        raise ValueError("expect wants at least one byte; the end of a stream is expect_end()")
    if isinstance(wanted, int) and wanted < 0:
        raise ValueError(f"expect wants a number of bytes above 0, not {wanted}")
    return Expect(duration(timeout, "timeout"), wanted, limit)


def send(data: "bytes | Callable[[bytes], bytes]", *, timeout: float | None = None) -> Step:
    """Send bytes to the peer.

    data: bytes, or a function that is given what the last expect took, and returns them (an answer
    that repeats a number of the question, for example). timeout: seconds, by default those of the
    script. With TCP_NODELAY, so that two sends with a pause between them go apart.

    It fails when the peer has cut the connection, or does not read within the time.
    System call: send(2). Raises TypeError for what is not bytes.
    """
    if not callable(data):
        data = payload(data, "send")
    return Send(duration(timeout, "timeout"), data)


def pause(seconds: float) -> Step:
    """Do nothing for so many seconds. No system call. Raises ValueError for what is no time."""
    waits = duration(seconds, "seconds")
    if waits is None:
        raise TypeError("pause wants a number of seconds, not None")
    return Pause(None, waits)


def finish() -> Step:
    """End our half of the connection (FIN); the peer's half stays open, and can be expected.

    System call: shutdown(2) with SHUT_WR. Source: RFC 9293 section 3.6.
    """
    return Finish(None)


def close() -> Step:
    """Close the connection, as a program does: a FIN; a reset where the peer's bytes are unread.

    System call: close(2). Source: RFC 9293 section 3.6, RFC 2525 section 2.17.
    """
    return Close(None)


def reset() -> Step:
    """Cut the connection: the peer gets a real reset (RST).

    System calls: setsockopt(2) with SO_LINGER 0, close(2). Source: RFC 9293 section 3.10.5.
    """
    return ResetStep(None)


def expect_end(*, timeout: float | None = None) -> Step:
    """Wait for the end of the peer's stream (its FIN). It fails when more bytes come, or a reset.

    timeout: seconds, by default those of the script. System call: recv(2).
    """
    return ExpectEnd(duration(timeout, "timeout"))


def expect_reset(*, timeout: float | None = None) -> Step:
    """Wait until the peer cuts the connection (RST). It fails when more bytes or an end come.

    timeout: seconds, by default those of the script. System call: recv(2).
    """
    return ExpectReset(duration(timeout, "timeout"))
