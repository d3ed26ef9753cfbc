"""ReliableUdpSender: the sending half with a socket and a clock."""

import errno
import secrets
from dataclasses import dataclass
from math import inf
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from netsteps import Refused, SocketError, TimedOut, UdpSender
from netsteps.reliable.failures import failure, number_of, seconds_of
from netsteps.reliable.report import SendRecord, SendReport
from netsteps.reliable.sending import Sending
from netsteps.reliable.timer import RetransmissionTimer
from netsteps.reliable.wire import LARGEST_NUMBER, LARGEST_PAYLOAD, LARGEST_WINDOW, SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO, Self

    from netsteps import Endpoint, Socket


__all__ = ["ReliableUdpSender"]

GONE = 3.0  # seconds: for so long the peer's machine may say that nobody is there any more

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Task:
    """One message to be sent: the step of the user, its size, and until when."""

    step: str
    total: int
    began: float
    limit: float | None
    progress: "Callable[[int, int], object] | None"

    @property
    def deadline(self) -> float:
        return inf if self.limit is None else self.began + self.limit


class ReliableUdpSender:
    """Brings messages over UDP whole, and in order: what gets lost is sent again.

    host and port: a ReliableUdpReceiver. window: how many segments may be on their way; 1 is
    stop-and-wait, more is a sliding window (selective repeat), up to 1,024. size: the most bytes of
    the message in a segment, which has a header of 24 beside; 1,200 pass every link whole.
    min_rto, max_rto: bounds of the retransmission timeout, in seconds. RFC 6298 wants 1 s and 60 s
    for the Internet; with 60 s a lecture over a path with much loss is a long one, and that is
    worth seeing once. timeout: seconds for the lookup of the host.

    It controls no congestion: the window stays as it is, however much is lost. It is made to be
    read and measured; on a network of others TCP is what to use.
    System calls: those of UdpSender. Raises NameNotFound, BadArgument, BadType.
    Source: lecture 5 (UDP may lose or reorder), RFC 6298, RFC 5681 3.2, RFC 2018.
    """

    def __init__(
        self,
        host: "str | tuple[str, int | str] | Endpoint",
        port: "int | str | None" = None,
        *,
        window: int = 32,
        size: int = SIZE,
        min_rto: float = 0.05,
        max_rto: float = 1.0,
        timeout: float | None = None,
    ) -> None:
        step = "ReliableUdpSender"
        self.window = number_of(
            step, "window", window, range(1, LARGEST_WINDOW + 1), "it is a number of segments"
        )
        self.size = number_of(
            step, "size", size, range(1, LARGEST_PAYLOAD + 1), "a datagram carries no more"
        )
        least, most = seconds_of(step, "min_rto", min_rto), seconds_of(step, "max_rto", max_rto)
        if not 0 < least <= most:
            cause = f"min_rto={min_rto!r} and max_rto={max_rto!r} leave no time between them"
            raise failure("bad argument", step, cause, "0 < min_rto <= max_rto")
        self._timer = RetransmissionTimer(least=least, most=most)
        self._record = SendRecord(self.window)
        self._sending: Sending | None = None
        self._gone_at: float | None = (
            None  # when the peer's machine first said that nobody is there
        )
        self._lock = Lock()  # messages of several threads do not mix
        self._udp = UdpSender(host, port, timeout=timeout)

    def send(
        self,
        data: bytes | bytearray | memoryview,
        *,
        timeout: float | None = None,
        progress: "Callable[[int, int], object] | None" = None,
    ) -> int:
        """Send one message, and return its size in bytes when the receiver has all of it.

        data: bytes-like. timeout: seconds for all of it; None: as long as it takes.
        progress(done, total) is called with the bytes acknowledged so far; what it raises ends the
        step. System calls: send(2), recv(2). Raises TimedOut, which says how far it came; Refused
        when the peer's machine says that nobody is there, at once or, where the receiver has
        answered before, for three seconds; MessageTooLarge when the receiver takes less;
        BadPayload. After any of these it is not known whether the receiver has the message, and the
        next send begins anew.
        """
        try:
            view = memoryview(data).cast("B")
        except TypeError:
            cause = f"a message is bytes that lie in one piece, and this is {type(data).__name__}"
            raise failure("not bytes", "send", cause, 'text.encode(), or b"..."') from None
        pieces = (bytes(view[at : at + self.size]) for at in range(0, max(len(view), 1), self.size))
        return self._whole("send", pieces, len(view), timeout, progress)

    def send_file(
        self,
        path: "str | Path",
        *,
        timeout: float | None = None,
        progress: "Callable[[int, int], object] | None" = None,
    ) -> int:
        """Send a file as one message, and return its size; it is read as the window reaches it.

        path: a regular file. timeout, progress: as for send. Raises FileNotFoundError and its like,
        UnexpectedEnd when the file becomes shorter meanwhile, and as send does.
        """
        from pathlib import Path

        with Path(path).open("rb") as file:
            total = Path(path).stat().st_size
            return self._whole("send_file", self._read(file, total), total, timeout, progress)

    def _read(self, file: "BinaryIO", total: int) -> "Iterator[bytes]":
        for at in range(0, max(total, 1), self.size):
            piece = file.read(min(self.size, total - at))
            if len(piece) < min(self.size, total - at):
                cause = f"the file ended after {at + len(piece):,} of {total:,} bytes"
                remedy = "sending it when nobody changes it"
                raise failure("unexpected end", "send_file", cause, remedy)
            yield piece

    def _whole(
        self,
        step: str,
        pieces: "Iterator[bytes]",
        total: int,
        timeout: float | None,
        progress: "Callable[[int, int], object] | None",
    ) -> int:
        """Send the pieces of a message until all of them are acknowledged."""
        limit = None if timeout is None else seconds_of(step, "timeout", timeout)
        count = max(-(-total // self.size), 1)
        if count > LARGEST_NUMBER // 2:
            cause = f"{total:,} bytes are more segments than have numbers"
            raise failure("message too large", step, cause, "a larger size=, or several messages")
        task = _Task(step, total, monotonic(), limit, progress)
        if not self._lock.acquire(timeout=-1 if limit is None else limit):
            cause = f"another thread has been sending for all of the {limit:g} s"
            raise failure("timed out", step, cause, "a longer timeout", errno=errno.ETIMEDOUT)
        try:
            began = monotonic()
            sending = self._connection()
            sending.begin(pieces, count)
            try:
                self._until_acknowledged(sending, task)
                self._record.messages += 1
            except BaseException:
                # The receiver may have a part of it, to which the next message must not be joined.
                self._sending = None
                raise
            finally:
                self._record.seconds += monotonic() - began
        finally:
            self._lock.release()
        return total

    def _until_acknowledged(self, sending: Sending, task: "_Task") -> None:
        """Send what is due, and wait for what comes back, or for the next moment to send."""
        told = -1
        while not sending.finished:
            now = monotonic()
            if now >= task.deadline:
                raise self._late(sending, task, now)
            if datagrams := sending.due(now):
                self._despite_icmp(sending, self._udp.send_many, datagrams)
            until = task.deadline if sending.next_at is None else sending.next_at
            wait = max(min(until, task.deadline) - monotonic(), 0)
            answer = self._despite_icmp(sending, self._read_answer, wait)
            if answer is not None:
                sending.arrived(answer, monotonic())
            if sending.refused is not None:
                raise self._refused(task.step, sending.refused)
            if task.progress is not None and sending.acknowledged_bytes != told:
                told = sending.acknowledged_bytes
                task.progress(told, task.total)

    def _read_answer(self, wait: float) -> bytes:
        return self._udp.socket.read(timeout=None if wait == inf else wait)

    def _despite_icmp(
        self, sending: Sending, call: "Callable[[Argument], Result]", argument: "Argument"
    ) -> Result | None:
        """Call; None when nothing came in time, or the peer's machine said that nobody is there.

        That answer (ICMP port unreachable) can be forged, and can be about a moment ago: it ends at
        once only what was never acknowledged, and else when it goes on for some seconds. TCP ends a
        connect by it, and no connection (RFC 5461).
        """
        try:
            return call(argument)
        except TimedOut:
            return None
        except Refused:
            self._record.unreachable += 1
            heard, now = sending.heard_at, monotonic()
            if heard is None or self._gone_at is None or heard > self._gone_at:
                self._gone_at = now
            if heard is None or now - self._gone_at > GONE:
                raise
            return None

    def _late(self, sending: Sending, task: "_Task", now: float) -> SocketError:
        done = sending.acknowledged_bytes
        cause = f"after {task.limit:g} s {done:,} of {task.total:,} bytes are acknowledged"
        if sending.heard_at is None:
            cause += ", and the receiver has never answered"
        else:
            cause += f", and the receiver answered {now - sending.heard_at:.2g} s ago"
        if sending.closed:
            cause += " that it has no room, for nobody takes its messages"
        if (waits_for := sending.waits_for) is not None:
            number, times = waits_for
            cause += f"; segment {number} was sent {'once' if times == 1 else f'{times} times'}"
        remedy = "a longer timeout, a larger window, and whether a ReliableUdpReceiver is there"
        return failure(
            "timed out", task.step, cause, remedy, endpoint=self.peer, errno=errno.ETIMEDOUT
        )

    def _refused(self, step: str, limit: int) -> SocketError:
        cause = f"the receiver takes messages of at most {limit:,} bytes"
        remedy = "several messages, or a receiver with a larger limit="
        return failure(
            "message too large", step, cause, remedy, endpoint=self.peer, errno=errno.EMSGSIZE
        )

    def _connection(self) -> Sending:
        """Go on with the connection, or begin one."""
        if self._sending is None or self._sending.exhausted:
            self._sending = Sending(
                secrets.randbits(64), timer=self._timer, window=self.window, record=self._record
            )
        return self._sending

    @property
    def report(self) -> SendReport:
        """What it has done so far: a SendReport; .report.drawing() draws it."""
        return self._record.report()

    @property
    def local(self) -> "Endpoint | None":
        """Our Endpoint."""
        return self._udp.local

    @property
    def peer(self) -> "Endpoint | None":
        """The receiver's Endpoint."""
        return self._udp.peer

    @property
    def socket(self) -> "Socket":
        """The socket underneath."""
        return self._udp.socket

    def close(self) -> None:
        """Give the socket back; a send that waits ends with SocketClosed. Twice is no error."""
        self._udp.close()

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ReliableUdpSender(to {self.peer}, window={self.window}, size={self.size})"
