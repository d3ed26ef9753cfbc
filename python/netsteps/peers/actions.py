"""What the steps of a script do, each a class with play()."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from netsteps import BrokenPipe, Reset, TimedOut
from netsteps.peers.checks import payload
from netsteps.peers.conversation import Spent
from netsteps.peers.showing import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from netsteps.peers.conversation import Conversation

__all__ = [
    "Close",
    "Expect",
    "ExpectEnd",
    "ExpectReset",
    "Finish",
    "Pause",
    "ResetStep",
    "Send",
    "Step",
    "StepFailed",
]

MORE = 256  # bytes beyond the wanted ones that a failure shows


class StepFailed(Exception):
    """A step of a script that failed: why, and what was expected and came, as far as there is any.

    expected: bytes, or the words for them. got: what came instead, or None.
    """

    def __init__(
        self, reason: str, expected: bytes | str | None = None, got: bytes | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.expected = expected
        self.got = got


@dataclass(frozen=True)
class Step(ABC):
    """One step of a script. They are made by expect, send, pause and their like.

    timeout: the seconds that the step may wait, or None for those of its script.
    """

    # What stays possible after it, in a script.
    reads: ClassVar[bool] = False
    writes: ClassVar[bool] = False
    ends_writing: ClassVar[bool] = False
    ends_reading: ClassVar[bool] = False
    for_datagrams: ClassVar[bool] = False

    timeout: float | None

    @abstractmethod
    def play(self, with_: "Conversation", taken: bytes) -> bytes | None:
        """Do it. taken: what the last expect took. Returns what this one took, if it takes."""


@dataclass(frozen=True)
class Expect(Step):
    """Wait for bytes, and take them."""

    reads: ClassVar[bool] = True
    for_datagrams: ClassVar[bool] = True

    wanted: bytes | re.Pattern[bytes] | int
    limit: int

    def __str__(self) -> str:
        match self.wanted:
            case bytes(data):
                return f"expect({shown(data)})"
            case int(size):
                return f"expect({size})"
            case pattern:
                return f"expect(re.compile({pattern.pattern!r}))"

    @property
    def expected(self) -> bytes | str:
        """The bytes that it wants, or the words for them."""
        match self.wanted:
            case bytes(data):
                return data
            case int(size):
                return f"{size:,} bytes"
            case pattern:
                return f"bytes that match {pattern.pattern!r}"

    def play(self, with_: "Conversation", taken: bytes) -> bytes:
        """Take the bytes, or fail at the first that differs."""
        del taken
        begin, got = monotonic(), bytearray()
        try:
            return self._take(with_, got)
        except (TimedOut, Spent):
            waited = monotonic() - begin
            self._fail(f"{'no more' if got else 'nothing'} came within {waited:.3g} s", got)
        except (Reset, BrokenPipe):
            self._fail("the peer cut the connection (RST)", got)

    def _take(self, with_: "Conversation", got: bytearray) -> bytes:
        if with_.datagrams:
            got += with_.read()
            if not self._is(bytes(got)):
                self._fail(f"another datagram came, of {len(got):,} bytes", got)
            return bytes(got)
        if isinstance(self.wanted, re.Pattern):
            return self._match(self.wanted, with_, got)
        want = self.wanted if isinstance(self.wanted, bytes) else None
        size = len(want) if want is not None else int(self.wanted)
        while len(got) < size:
            got += self._more(with_, size - len(got), got)
            if want is not None and not want.startswith(got):
                got += with_.read_waiting(MORE)
                self._fail("other bytes came", got)
        return bytes(got)

    def _is(self, datagram: bytes) -> bool:
        """Tell whether a whole datagram is what is wanted."""
        if isinstance(self.wanted, re.Pattern):
            return self.wanted.fullmatch(datagram) is not None
        if isinstance(self.wanted, bytes):
            return self.wanted == datagram
        return len(datagram) == self.wanted

    def _match(self, pattern: re.Pattern[bytes], with_: "Conversation", got: bytearray) -> bytes:
        while not (found := pattern.match(got)):
            if len(got) >= self.limit:
                self._fail(f"{len(got):,} bytes came, and they do not match", got)
            got += self._more(with_, self.limit - len(got), got)
        with_.unread(bytes(got[found.end() :]))
        return bytes(got[: found.end()])

    def _more(self, with_: "Conversation", size: int, got: bytearray) -> bytes:
        data = with_.read(size)
        if not data:
            self._fail("the peer ended its stream before", got)
        return data

    def _fail(self, reason: str, got: bytearray) -> "NoReturn":
        raise StepFailed(reason, self.expected, bytes(got)) from None


@dataclass(frozen=True)
class ExpectEnd(Step):
    """Wait for the end of the stream."""

    reads: ClassVar[bool] = True
    ends_reading: ClassVar[bool] = True

    def __str__(self) -> str:
        return "expect_end()"

    def play(self, with_: "Conversation", taken: bytes) -> None:
        """Fail when anything else comes."""
        del taken
        begin = monotonic()
        try:
            data = with_.read(MORE)
        except (TimedOut, Spent):
            reason = f"the peer did not end its stream within {monotonic() - begin:.3g} s"
            raise StepFailed(reason, self.expected, b"") from None
        except Reset:
            reason = "the peer cut the connection (RST) instead of ending its stream"
            raise StepFailed(reason, self.expected, b"") from None
        if data:
            more = with_.read_waiting(MORE)
            raise StepFailed("more bytes came", self.expected, data + more)

    expected: ClassVar[str] = "the end of the peer's stream (b'')"


@dataclass(frozen=True)
class ExpectReset(Step):
    """Wait for a reset."""

    reads: ClassVar[bool] = True
    ends_reading: ClassVar[bool] = True
    ends_writing: ClassVar[bool] = True

    def __str__(self) -> str:
        return "expect_reset()"

    def play(self, with_: "Conversation", taken: bytes) -> None:
        """Fail when anything else comes."""
        del taken
        begin = monotonic()
        try:
            data = with_.read(MORE)
        except Reset:
            return
        except (TimedOut, Spent):
            reason = f"the peer did not cut the connection within {monotonic() - begin:.3g} s"
            raise StepFailed(reason, self.expected, b"") from None
        reason = "more bytes came" if data else "the peer ended its stream, without a reset"
        data += with_.read_waiting(MORE)
        raise StepFailed(reason, self.expected, data)

    expected: ClassVar[str] = "a reset (RST)"


@dataclass(frozen=True)
class Send(Step):
    """Send bytes."""

    writes: ClassVar[bool] = True
    for_datagrams: ClassVar[bool] = True

    data: "bytes | Callable[[bytes], bytes]"

    def __str__(self) -> str:
        if isinstance(self.data, bytes):
            return f"send({shown(self.data)})"
        return f"send({getattr(self.data, '__name__', 'a function')})"

    def bytes_for(self, taken: bytes) -> bytes:
        """Give the bytes to send; taken: what the last expect took."""
        return self.data if isinstance(self.data, bytes) else payload(self.data(taken), "send")

    def play(self, with_: "Conversation", taken: bytes) -> None:
        """Send them all."""
        data = self.bytes_for(taken)
        before, begin = with_.sent_bytes, monotonic()
        try:
            with_.send(data)
        except (TimedOut, Spent):
            reason = (
                f"{with_.sent_bytes - before:,} of {len(data):,} bytes went within"
                f" {monotonic() - begin:.3g} s: the peer does not read them"
            )
            raise StepFailed(reason) from None
        except (Reset, BrokenPipe) as error:
            raise StepFailed(f"the peer cut the connection: {error}") from None


@dataclass(frozen=True)
class Pause(Step):
    """Do nothing for a while."""

    for_datagrams: ClassVar[bool] = True

    seconds: float

    def __str__(self) -> str:
        return f"pause({self.seconds:g})"

    def play(self, with_: "Conversation", taken: bytes) -> None:
        """Wait, or be stopped."""
        del taken
        with_.lasts(self.seconds + 1.0)
        with_.pause(self.seconds)


@dataclass(frozen=True)
class Finish(Step):
    """End our half."""

    writes: ClassVar[bool] = True
    ends_writing: ClassVar[bool] = True

    def __str__(self) -> str:
        return "finish()"

    def play(self, with_: "Conversation", taken: bytes) -> None:
        """shutdown(2)."""
        del taken
        with_.finish()


@dataclass(frozen=True)
class Close(Step):
    """Close the connection."""

    ends_writing: ClassVar[bool] = True
    ends_reading: ClassVar[bool] = True

    def __str__(self) -> str:
        return "close()"

    def play(self, with_: "Conversation", taken: bytes) -> None:
        """close(2)."""
        del taken
        with_.close()


@dataclass(frozen=True)
class ResetStep(Step):
    """Cut the connection."""

    ends_writing: ClassVar[bool] = True
    ends_reading: ClassVar[bool] = True

    def __str__(self) -> str:
        return "reset()"

    def play(self, with_: "Conversation", taken: bytes) -> None:
        """close(2), with SO_LINGER 0."""
        del taken
        with_.reset()
