"""Reliable delivery over UDP, in small: stop-and-wait and a sliding window, to be read.

wire        the segment, and its table
timer       how long to wait for an acknowledgement (RFC 6298)
sending     the sending half: bytes and times in, bytes and times out
receiving   the receiving half, likewise
report      what they tell
sender      the sending half with a socket and a clock
receiver    the receiving half with a socket, a clock and a thread
"""

from netsteps.reliable.comparison import Comparison, compare
from netsteps.reliable.receiver import ReliableUdpReceiver
from netsteps.reliable.receiving import ReliableMessage
from netsteps.reliable.report import Moment, ReceiveReport, SendReport
from netsteps.reliable.sender import ReliableUdpSender
from netsteps.reliable.wire import Kind, Segment

__all__ = [
    "Comparison",
    "Kind",
    "Moment",
    "ReceiveReport",
    "ReliableMessage",
    "ReliableUdpReceiver",
    "ReliableUdpSender",
    "Segment",
    "SendReport",
    "compare",
]
