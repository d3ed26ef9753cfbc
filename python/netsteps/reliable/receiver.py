"""ReliableUdpReceiver: the receiving half with a socket, a clock and a thread that answers."""

import errno
import os
import weakref
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING

from netsteps import Endpoint, SocketClosed, SocketError, UdpReceiver
from netsteps.reliable.failures import failure, number_of, seconds_of
from netsteps.reliable.receiving import Receiving, ReliableMessage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from netsteps import Socket
    from netsteps.reliable.report import ReceiveReport

__all__ = ["ReliableUdpReceiver"]

_SLICE = 0.1  # seconds: where a signal does not end a wait (Windows), it is seen after so long


class _Desk:
    """What the receiver and its thread share. changed: guards receiving, and tells of a message."""

    def __init__(self, udp: UdpReceiver, limit: int) -> None:
        self.udp = udp
        self.receiving: Receiving[Endpoint] = Receiving(limit=limit)
        self.changed = Condition()
        self.failure: BaseException | None = None

    def answer(self) -> None:
        """Acknowledge what comes, until the socket is closed: the body of the thread."""
        try:
            while True:
                for datagram in self.udp.receive_many():
                    with self.changed:
                        answer = self.receiving.arrived(datagram.data, datagram.sender, monotonic())
                        self.changed.notify_all()
                    if answer is not None:
                        self._send(answer, datagram.sender)
        except SocketClosed:
            pass
        except BaseException as error:  # noqa: BLE001 - receive() raises it
            self.failure = error
        finally:
            with self.changed:
                self.changed.notify_all()

    def _send(self, answer: bytes, sender: Endpoint) -> None:
        try:
            self.udp.socket.send_to(answer, sender)
        except SocketClosed:
            raise
        except SocketError:
            # No way to it, or a forged address: for the sender it is as if it was lost.
            with self.changed:
                self.receiving.report.unsent += 1

    def stop(self, thread: Thread) -> None:
        """Close the socket, which ends the thread."""
        self.udp.close()
        thread.join()


class ReliableUdpReceiver:
    """Receives the messages of ReliableUdpSenders: each whole, once, in the order of its sender.

    It acknowledges in the background from the beginning to close(), so a notebook cell goes on at
    once, and a sender whose last acknowledgement was lost gets it again (what TIME-WAIT is for in
    TCP). host: by default only this machine can send to it; port 0 is a free one, and .endpoint
    tells which. limit: the most bytes of a message, and of those that wait to be received together:
    beyond it nothing more is taken until receive() makes room.

    Nothing proves who a sender is; its messages are its own because nobody else knows the 64 bits
    of their connection. System calls: those of UdpReceiver, and sendto(2).
    Raises AddressInUse, AddressNotLocal, NoPermission, BadArgument. Source: lecture 5, RFC 9293.
    """

    def __init__(
        self,
        host: str | None = None,
        port: "int | str | None" = None,
        *,
        limit: int = 64 * 2**20,
    ) -> None:
        allowed = range(1, 2**32)
        number_of(
            "ReliableUdpReceiver", "limit", limit, allowed, "it is the most bytes of a message"
        )
        self._desk = desk = _Desk(UdpReceiver(host, port), limit)
        thread = Thread(target=desk.answer, name="netsteps reliable receiver", daemon=True)
        thread.start()
        self._process = os.getpid()
        # Also when it is forgotten, and at the interpreter's end: the thread must not outlive it.
        self._end = weakref.finalize(self, desk.stop, thread)

    def receive(self, *, timeout: float | None = None) -> ReliableMessage[Endpoint]:
        """Give the next whole message: a ReliableMessage with .data, .sender and .segments.

        timeout: seconds; None: as long as it takes. Raises TimedOut, SocketClosed.
        """
        limit = None if timeout is None else seconds_of("receive", "timeout", timeout)
        if os.getpid() != self._process:
            cause = "its thread stayed in the process that this one was forked from"
            raise failure("forked", "receive", cause, "a receiver that is made here")
        deadline = None if limit is None else monotonic() + limit
        desk = self._desk
        with desk.changed:
            while (message := desk.receiving.take()) is None:
                if desk.failure is not None:
                    raise desk.failure
                if not self._end.alive:
                    raise failure(
                        "closed", "receive", "this receiver is closed", "a new one",
                        errno=errno.EBADF,
                    )  # fmt: skip
                left = _SLICE if deadline is None else deadline - monotonic()
                if left <= 0:
                    raise self._late(limit)
                desk.changed.wait(min(left, _SLICE))
            return message

    def _late(self, limit: float | None) -> BaseException:
        report = self._desk.receiving.report
        cause = f"no message became whole within {limit:g} s"
        cause += f" ({report.received:,} datagrams came, {report.segments:,} of them were of use)"
        remedy = "a longer timeout, and whether a ReliableUdpSender sends to this address"
        return failure(
            "timed out", "receive", cause, remedy, endpoint=self.endpoint, errno=errno.ETIMEDOUT
        )

    def __iter__(self) -> "Iterator[ReliableMessage[Endpoint]]":
        """Give one message after the other, until another thread closes it."""
        while True:
            try:
                yield self.receive()
            except SocketClosed:
                return

    @property
    def report(self) -> "ReceiveReport":
        """What it has seen so far: a ReceiveReport."""
        from dataclasses import replace

        with self._desk.changed:
            return replace(self._desk.receiving.report)

    @property
    def endpoint(self) -> Endpoint:
        """Where it receives: an Endpoint."""
        return self._desk.udp.endpoint

    @property
    def socket(self) -> "Socket":
        """The socket underneath."""
        return self._desk.udp.socket

    def close(self) -> None:
        """End the thread, and give the socket back. Twice is no error.

        From now on nothing is acknowledged: a sender that waits for it goes on until its timeout.
        System call: close(2).
        """
        self._end()

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = f"on {self.endpoint}" if self._end.alive else "closed"
        return f"ReliableUdpReceiver({state})"
