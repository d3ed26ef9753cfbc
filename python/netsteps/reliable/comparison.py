"""One message through one bad path, in several ways: stop-and-wait, a sliding window, and TCP.

A relay between two TCP connections ends both of them: the kernels at its two sides lose nothing on
their way to it, so TCP sees the delay and the rate of the path, and not its loss. What TCP would do
with the loss is computed from a formula instead, and shown as such.
"""

import os
from dataclasses import dataclass
from math import sqrt
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from netsteps import Relay, Socket, SocketError
from netsteps.reliable.failures import failure
from netsteps.reliable.receiver import ReliableUdpReceiver
from netsteps.reliable.sender import ReliableUdpSender
from netsteps.reliable.wire import SIZE
from netsteps.show.transfer.throughput import Course, throughput

if TYPE_CHECKING:
    from netsteps.reliable.report import SendReport
    from netsteps.show.drawing import Drawing

__all__ = ["Comparison", "compare", "tcp_throughput"]

# The least retransmission timeout of Linux's TCP, in seconds (tcp(7): TCP_RTO_MIN).
_TCP_RTO = 0.2


@dataclass(frozen=True)
class Comparison:
    """What `compare` has seen: the courses that are drawn, and the reports of the two senders.

    path: what lay between, in words. It shows itself as a drawing.
    """

    path: str
    courses: tuple[Course, ...]
    stop_and_wait: "SendReport"
    sliding_window: "SendReport"

    def drawing(self, *, theme: str = "light") -> "Drawing":
        """Draw the bytes over time and the throughputs. theme: "light" or "dark"."""
        return throughput(self.courses, self.path, theme=theme)

    def __repr__(self) -> str:
        return str(self.drawing())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Give what a notebook shows (IPython's display protocol)."""
        return self.drawing()._repr_mimebundle_(include, exclude)


def compare(
    size: int = 50_000,
    *,
    loss: float = 0.3,
    delay: float = 0.01,
    rate: float | None = None,
    reorder: float = 0.0,
    duplicate: float = 0.0,
    window: int = 32,
    max_rto: float = 0.25,
    seed: int | None = None,
    timeout: float = 120.0,
) -> Comparison:
    """Send a message of size random bytes through a bad path in several ways, and compare them.

    loss, reorder, duplicate: probabilities, in each direction. delay: seconds in each direction.
    rate: bytes a second, or None. window: of the sliding window, in segments. max_rto: of both
    senders, in seconds; stop-and-wait spends most of its time on it. seed: of the path; None draws
    one, which .path tells. timeout: seconds for each way. The sockets are real, and so
    is the time that it takes. Raises TimedOut, and as Relay and ReliableUdpSender do.
    """
    message = os.urandom(size)
    courses, reports = [], []
    for segments in (1, window):
        name = "stop-and-wait" if segments == 1 else f"sliding window of {segments}"
        with (
            ReliableUdpReceiver(limit=max(size, 1)) as receiver,
            Relay(
                receiver.endpoint,
                kind="udp",
                loss=loss,
                delay=delay,
                rate=rate,
                reorder=reorder,
                duplicate=duplicate,
                seed=seed,
            ) as relay,
            ReliableUdpSender(relay.endpoint, window=segments, max_rto=max_rto) as sender,
        ):
            seed = relay.seed  # the same path for all
            sender.send(message, timeout=timeout)
            _same(receiver.receive(timeout=timeout).data, message)
            courses.append(Course(name, _course(sender.report, sender.size)))
            reports.append(sender.report)
    note = "without loss: TCP ends at the relay, so it sees the delay and the rate alone"
    courses.append(Course("TCP", _tcp(message, delay, rate, timeout), note))
    if loss:
        rtt = 2 * delay
        computed = tcp_throughput(SIZE, rtt, loss)
        note = f"what a TCP would reach with this loss (RFC 5348 3.1), RTT {rtt * 1000:g} ms"
        # Steady in time; many points, for the axis of time is logarithmic.
        parts = [10 ** (-n / 25) for n in range(75, -1, -1)]
        points = [(size / computed * part, round(size * part)) for part in parts]
        courses.append(Course("TCP with loss", points, note, computed=True))
    words = [f"loss {loss:.0%} and delay {delay * 1000:g} ms each way"]
    words += [f"{rate:,.0f} bytes/s"] if rate else []
    words += [f"{reorder:.0%} held back"] if reorder else []
    words += [f"{duplicate:.0%} doubled"] if duplicate else []
    words += [f"timeouts of at most {max_rto * 1000:g} ms"]
    return Comparison(f"{', '.join(words)}; seed {seed}", tuple(courses), *reports)


def tcp_throughput(size: int, rtt: float, loss: float) -> float:
    """Compute the throughput of TCP's congestion control with a steady loss, in bytes a second.

    size: bytes of a segment. rtt: seconds. loss: the probability that a segment is lost. It is an
    estimate, made for loss of some percent, that ends no faster than its timeouts let it.
    Source: RFC 5348 3.1, with every segment acknowledged (b = 1) and Linux's least timeout, 0.2 s.
    """
    rto = max(4 * rtt, _TCP_RTO)
    waits = rto * 3 * sqrt(3 * loss / 8) * loss * (1 + 32 * loss**2)
    return size / (rtt * sqrt(2 * loss / 3) + waits)


def _course(report: "SendReport", size: int) -> list[tuple[float, int]]:
    """Give the bytes acknowledged over time; only the last segment is shorter than the others."""
    points = [(0.0, 0)]
    for moment in report.moments:
        if moment.what == "acknowledged":
            points.append((moment.at, min(points[-1][1] + size, report.bytes)))
    return points


def _tcp(
    message: bytes, delay: float, rate: float | None, timeout: float
) -> list[tuple[float, int]]:
    """Send the message over TCP through a relay with delay and rate; the end is an answer."""
    points = [(0.0, 0)]
    came = bytearray()
    with Socket("tcp") as listener:
        listener.bind("127.0.0.1", 0)
        listener.listen()
        target = listener.local
        assert target is not None

        def take() -> None:
            try:
                with listener.accept(timeout=timeout) as connection:
                    while piece := connection.read(timeout=timeout):
                        came.extend(piece)
                        points.append((monotonic() - began, len(came)))
                    connection.write(b"!")
            except SocketError:
                pass  # the client sees it too, and is the one to say so

        with Relay(target, kind="tcp", delay=delay, rate=rate) as relay, Socket("tcp") as client:
            began = monotonic()
            taking = Thread(target=take, name="netsteps comparison", daemon=True)
            taking.start()
            client.connect(relay.endpoint, timeout=timeout)
            client.write(message, timeout=timeout)
            client.finish()
            client.read_exactly(1, timeout=timeout)
            taking.join()
            points.append((monotonic() - began, len(came)))
    _same(bytes(came), message)
    return points


def _same(came: bytes, message: bytes) -> None:
    if came != message:
        cause = f"{len(came):,} bytes came, and they are not the {len(message):,} that were sent"
        raise failure("unexpected end", "compare", cause, "the same again with the same seed")
