"""Lesson 3, the socket calls: to read all of a piece, and to send all of one.

Both functions get a connected socket, and are to be written with the single calls: `read`, which
gives what is there, and `send`, which takes what fits. The attempts make both of them do less than
they were asked for.
"""

from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.exercise import Attempt, Exercise, Failed, same, shown

if TYPE_CHECKING:
    from netsteps.lessons.subject_function import FunctionSubject, Talk

__all__ = ["EXERCISES"]

SOON = 2.0  # seconds, for what needs no waiting
BIG = 12_000_000  # bytes, more than the two buffers of a connection hold

LOOP = (
    "One read gives what is there, and that may be less than you asked for. Go on reading, for as"
    " many bytes as are still missing, until you have them all."
)
REST = (
    "A read takes the bytes out of the socket, also those that you then throw away. Never ask for"
    " more than are still missing: the next piece belongs to whoever reads next."
)
ENDED = (
    'A read that gives b"" means that the peer has finished: nothing more will come, however often'
    " you read. Look for it in your loop, and raise EOFError when bytes are missing."
)
NOTHING = (
    "For 0 bytes there is nothing to wait for. Let your loop ask whether anything is missing before"
    " it reads."
)
TAKEN = (
    "send returns how many bytes the kernel took, and that may be fewer than you gave it. Go on"
    " with the rest until nothing is left."
)
REPEATED = (
    "send returns how many bytes it took. After a send that took n bytes, go on with data[n:], what"
    " was not taken, and stop when nothing is left. Whatever is sent again arrives twice."
)
GONE = (
    "An exception of send means that the peer is not there any more. Do not catch it and try"
    " again: let the caller know."
)


# Read exactly so many bytes


def five_at_once(subject: "FunctionSubject") -> None:
    with subject.with_socket(5) as talk:
        talk.peer.write(b"hello")
        same(b"hello", talk.result(SOON), LOOP)


def one_at_a_time(subject: "FunctionSubject") -> None:
    # Short reads by the core's own switch: bytes that were written apart may still arrive together.
    with subject.with_socket(5, faults="read_max=1") as talk:
        for byte in b"hello":
            talk.peer.write(bytes([byte]))
        same(b"hello", talk.result(SOON), LOOP)


def a_large_piece(subject: "FunctionSubject") -> None:
    data = pattern(1_000_000)
    with subject.with_socket(len(data)) as talk:
        talk.peer.write(data, timeout=5.0)
        same(data, talk.result(), LOOP)


def the_rest_stays(subject: "FunctionSubject") -> None:
    with subject.with_socket(5) as talk:
        talk.peer.write(b"hello world")
        same(b"hello", talk.result(SOON), REST)
        # A socket that is closed with bytes in it cuts the connection; an empty one ends it.
        try:
            talk.peer.read(timeout=SOON)
        except ns.Reset:
            return
        raise Failed(
            "b' world' is still in the socket, for the next read",
            "the function took it out of the socket, and it is lost",
            REST,
        )


def nothing_to_read(subject: "FunctionSubject") -> None:
    with subject.with_socket(0) as talk:
        same(b"", result(talk, NOTHING), NOTHING)


def ends_too_early(subject: "FunctionSubject") -> None:
    with subject.with_socket(5) as talk:
        talk.peer.write(b"hel")
        talk.peer.finish()
        try:
            outcome = talk.outcome(SOON)
        except Failed as failed:
            raise Failed(failed.expected, failed.happened, ENDED) from failed
        if not outcome.raised("EOFError"):
            raise Failed("an EOFError: 2 of the 5 bytes are missing", outcome.told, ENDED)


def with_read_alone(subject: "FunctionSubject") -> None:
    uses_only(subject, "read", "read_exactly, read_all and read_until are such loops already.")


# Send all of them


def a_few_bytes(subject: "FunctionSubject") -> None:
    with subject.with_socket(b"hello") as talk:
        arrives(talk, b"hello")


def much_and_slow(subject: "FunctionSubject") -> None:
    data = pattern(BIG)
    with subject.with_socket(data) as talk:
        arrives(talk, data)


def parts(subject: "FunctionSubject") -> None:
    data = pattern(5000)
    with subject.with_socket(data, faults="write_partial=1,seed=3") as talk:
        arrives(talk, data)


def nothing_to_send(subject: "FunctionSubject") -> None:
    with subject.with_socket(b"") as talk:
        hint = "With no bytes there is nothing to send: a loop that waits for progress never ends."
        result(talk, hint)
        same(b"", talk.peer.read(timeout=SOON), hint, what="the bytes that arrive")


def the_peer_leaves(subject: "FunctionSubject") -> None:
    with subject.with_socket(pattern(BIG)) as talk:
        talk.peer.read(timeout=SOON)
        talk.peer.close()
        try:
            outcome = talk.outcome(SOON)
        except Failed as failed:
            raise Failed(failed.expected, failed.happened, GONE) from failed
        if not outcome.raised("OSError"):
            raise Failed("the exception of send (Reset or BrokenPipe)", outcome.told, GONE)


def with_send_alone(subject: "FunctionSubject") -> None:
    uses_only(subject, "send", "write is such a loop already.")


# What they share


def pattern(count: int) -> bytes:
    """Make bytes in which each part says where it is: b"0 1 2 3" and so on."""
    numbers = " ".join(map(str, range(count // 5)))  # most have four digits or more, and a space
    return numbers.encode().ljust(count, b".")[:count]


def result(talk: "Talk", hint: str) -> object:
    """Give what was returned, with a hint for a call that does not come back."""
    try:
        return talk.result(SOON)
    except Failed as failed:
        raise Failed(failed.expected, failed.happened, hint) from failed


def arrives(talk: "Talk", data: bytes) -> None:
    """Read to the end, which comes with the end of the call, and compare."""
    got = bytearray()
    try:
        while more := talk.peer.read(4_000_000, timeout=5.0):  # few reads, for a short ladder
            got += more
            if len(got) > 2 * len(data) + 1000:  # it would never end
                same(data, bytes(got), REPEATED, what="the bytes that arrive")
    except ns.SocketError:
        talk.result(SOON)  # it raised, or does not come back: that is what to tell
        raise
    talk.result(SOON)
    hint = REPEATED if len(got) > len(data) or not data.startswith(got) else TAKEN
    same(data, bytes(got), hint, what="the bytes that arrive")


def uses_only(subject: "FunctionSubject", step: str, others: str) -> None:
    """Look into the recording of the child for steps that do the loop by themselves."""
    steps = {event.step for trace in subject.traces() for event in trace.events}
    own = {"socket", "connect", "accept", "accepted", "close", "options", "finish"}
    if more := steps - own - {step}:
        raise Failed(
            f"a loop of your own around {step}",
            f"it uses {shown(', '.join(sorted(more)))}",
            f"{others} Here you write that loop yourself, as a program in C has to.",
        )


EXERCISES = (
    Exercise(
        name="read-exactly",
        lesson=3,
        title="Read a piece of a known size",
        task=(
            "Write read_exactly(connection, count): read from the connection until count bytes have"
            " come, and return them. Use connection.read(size) alone, which gives at most size"
            " bytes and at least one, as recv does in C. Leave what comes after them in the"
            " socket. When the peer finishes before all have come, raise EOFError."
        ),
        kind="function",
        example="def read_exactly(connection, count):",
        attempts=(
            Attempt("5 bytes that come at once", five_at_once, LOOP),
            Attempt("5 bytes that come one at a time", one_at_a_time, LOOP),
            Attempt("1,000,000 bytes", a_large_piece, LOOP),
            Attempt("5 bytes, and more behind them", the_rest_stays, REST),
            Attempt("0 bytes", nothing_to_read, NOTHING),
            Attempt("the peer finishes after 3 of 5 bytes", ends_too_early, ENDED),
            Attempt("with read alone", with_read_alone),
        ),
    ),
    Exercise(
        name="send-all",
        lesson=3,
        title="Send all of it",
        task=(
            "Write send_all(connection, data): send all of data, however little the kernel takes at"
            " a time. Use connection.send(data) alone, which returns how many bytes were taken, as"
            " send does in C. When the peer is gone, let the exception of send through."
        ),
        kind="function",
        example="def send_all(connection, data):",
        attempts=(
            Attempt("5 bytes", a_few_bytes, TAKEN),
            Attempt("12,000,000 bytes, more than the buffers hold", much_and_slow, TAKEN),
            Attempt("a kernel that takes a part of each send", parts, TAKEN),
            Attempt("no bytes", nothing_to_send, TAKEN),
            Attempt("the peer leaves in the middle", the_peer_leaves, GONE),
            Attempt("with send alone", with_send_alone),
        ),
    ),
)
