"""The function exercises of the fifth lesson. Its client is in clients.py."""

import itertools
import random
from time import monotonic, sleep
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.exercise import Attempt, Exercise, Failed, same, shown
from netsteps.lessons.subject_function import FunctionSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["EXERCISES"]


# put-in-order


def _numbered(number: int, data: bytes) -> bytes:
    return number.to_bytes(4, "big") + data


def _ordered(
    subject: FunctionSubject,
    datagrams: "Sequence[bytes]",
    count: int,
    expected: tuple[bytes, list[int]],
    hint: str,
) -> None:
    try:
        got = subject.call(list(datagrams), count)
    except Failed as failed:
        failed.hint = failed.hint or hint
        raise
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Failed(
            "two values: the message, and the list of missing numbers",
            f"it returned {shown(got)}",
            "`return message, missing` gives both together.",
        )
    message, missing = got
    same(expected[0], message, hint, what="the message")
    if not isinstance(missing, list | tuple | set):
        same(expected[1], missing, "The missing numbers are a list.", what="the missing numbers")
    if list(missing) != expected[1]:
        raise Failed(f"the missing numbers: {expected[1]}", f"{shown(missing)}", hint)


def _plain(subject: FunctionSubject) -> None:
    parts = [_numbered(0, b"one "), _numbered(1, b"two "), _numbered(2, b"three")]
    hint = "The first four bytes of each are its number, the most significant byte first."
    _ordered(subject, parts, 3, (b"one two three", []), hint)


def _mixed(subject: FunctionSubject) -> None:
    numbers = list(range(300))
    random.Random(5).shuffle(numbers)
    parts = [_numbered(number, b"%d." % number) for number in numbers]
    message = b"".join(b"%d." % number for number in range(300))
    hint = (
        "The order of arrival says nothing; the number does, and it has four bytes: "
        '`int.from_bytes(datagram[:4], "big")`, or `struct.unpack("!I", …)`.'
    )
    _ordered(subject, parts, 300, (message, []), hint)


def _twice(subject: FunctionSubject) -> None:
    parts = [_numbered(n, bytes([65 + n])) for n in (0, 1, 1, 2, 0, 3, 3, 3)]
    hint = (
        "A datagram may arrive twice. What has come already is not added again: a dict by number."
    )
    _ordered(subject, parts, 4, (b"ABCD", []), hint)


def _gap(subject: FunctionSubject) -> None:
    parts = [_numbered(n, bytes([65 + n])) for n in (0, 4, 1, 3)]
    hint = (
        "Number 2 never came. A stream must not jump over a gap: what lies behind it is kept "
        "back, and the message ends before it. The numbers that are missing are told."
    )
    _ordered(subject, parts, 5, (b"AB", [2]), hint)


def _tail(subject: FunctionSubject) -> None:
    parts = [_numbered(n, bytes([65 + n])) for n in (1, 0)]
    hint = "The last ones can be lost too: how many there are in all is in `count`."
    _ordered(subject, parts, 4, (b"AB", [2, 3]), hint)


def _nothing(subject: FunctionSubject) -> None:
    _ordered(
        subject, [], 3, (b"", [0, 1, 2]), "No datagram is possible, too: all of them are lost."
    )


def _empty(subject: FunctionSubject) -> None:
    parts = [_numbered(0, b"A"), _numbered(1, b""), _numbered(2, b"C")]
    hint = "A datagram may carry no data. It came all the same: ask whether its number is there."
    _ordered(subject, parts, 3, (b"AC", []), hint)


def _strangers(subject: FunctionSubject) -> None:
    parts = [_numbered(0, b"A"), b"", b"??", _numbered(9, b"Z"), _numbered(1, b"B")]
    hint = (
        "Anybody can send to a UDP port. What is shorter than four bytes has no number, and "
        "number 9 of 2 does not belong to this message: leave both out."
    )
    _ordered(subject, parts, 2, (b"AB", []), hint)


def _bad_path(subject: FunctionSubject) -> None:
    """Send forty through a relay that loses, doubles and reorders, and hand over what arrives."""
    data = [b"[%d]" % number for number in range(40)]
    came: list[bytes] = []
    with (
        ns.UdpReceiver() as receiver,
        ns.Relay(
            receiver.endpoint,
            kind="udp",
            loss=0.1,
            duplicate=0.2,
            reorder=0.3,
            reorder_by=3,
            seed=4,
        ) as relay,
        ns.UdpSender(relay.endpoint) as sender,
    ):
        for number, part in enumerate(data):
            sender.send(_numbered(number, part))
        while found := receiver.receive_many(timeout=0.4):
            came += [datagram.data for datagram in found]
    there = {int.from_bytes(one[:4], "big") for one in came}
    missing = [number for number in range(40) if number not in there]
    whole = data[: missing[0]] if missing else data
    hint = "All at once: lost, doubled and in another order. Each of these alone was right before."
    _ordered(subject, came, 40, (b"".join(whole), missing), hint)


# keep-up


def _times(
    subject: FunctionSubject,
    sizes: "Sequence[int]",
    rate: float,
    hint: "Callable[[list[float]], str]",
) -> list[float]:
    """Ask for the times, and compare them with the right ones."""
    got = subject.call(list(sizes), rate)
    if not isinstance(got, list | tuple) or not all(isinstance(one, int | float) for one in got):
        raise Failed(
            "a list of numbers: for each datagram the second at which it leaves",
            f"it returned {shown(got)}",
            "Return a list, and of as many numbers as there are sizes.",
        )
    right = [sum(sizes[:place]) / rate for place in range(len(sizes))]
    if len(got) != len(right):
        raise Failed(
            f"{len(right)} times, one for each datagram",
            f"there are {len(got)}: {shown(got)}",
            "The first leaves at once, at 0.0; each of the others has a time as well.",
        )
    for place, (one, other) in enumerate(zip(got, right, strict=True)):
        if abs(one - other) > 1e-6 * max(1.0, other):
            raise Failed(
                f"datagram {place} of {shown(list(sizes), 60)} leaves at {other:.6g} s",
                f"it leaves at {one:.6g} s",
                hint([float(one) for one in got]),
            )
    return [float(one) for one in got]


_FIRST = (
    "The link needs size / rate seconds for a datagram. The first one can leave at 0, and each of "
    "the others when the link is done with all that left before it."
)


def _one(subject: FunctionSubject) -> None:
    def hint(got: list[float]) -> str:
        if got and got[0] > 0:
            return "The link is free at the beginning: the first one need not wait for itself."
        return _FIRST

    _times(subject, [1000], 1000, hint)


def _equal(subject: FunctionSubject) -> None:
    def hint(got: list[float]) -> str:
        if not any(got):
            return (
                "All at once: the link takes one after the other, and what waits too long is lost."
            )
        return _FIRST

    _times(subject, [1000, 1000, 1000], 10_000, hint)


def _unequal(subject: FunctionSubject) -> None:
    def hint(got: list[float]) -> str:
        if got and got[0] > 0:
            return "The link is free at the beginning: the first one need not wait for itself."
        steps = [later - earlier for earlier, later in itertools.pairwise(got)]
        if steps and max(steps) - min(steps) < 1e-9:
            return "The distance depends on the size of the one before: a large one takes longer."
        return (
            f"{_FIRST} The size of the one *before* counts for the distance, and the times add up."
        )

    _times(subject, [1000, 200, 600, 600], 1000, hint)


def _many(subject: FunctionSubject) -> None:
    sizes = [200 + 37 * place % 1000 for place in range(2000)]
    hint = (
        "The times drift away with many datagrams: do not round, and count from the bytes that "
        "left before, all of them."
    )
    _times(subject, sizes, 250_000, lambda _: hint)


def _none(subject: FunctionSubject) -> None:
    _times(subject, [], 1000, lambda _: "Without datagrams there are no times: an empty list.")


def _really(subject: FunctionSubject) -> None:
    """Send at these times over a path of that rate, whose queue is short: nothing is lost."""
    sizes = [1200, 300, 900, 1200, 600] * 10
    rate = 200_000
    times = _times(subject, sizes, rate, lambda _: _FIRST)
    lost = 0
    for _ in range(
        3
    ):  # a machine that is busy may hold the relay up, and is not the student's fault
        lost = _lost(sizes, times, rate)
        if not lost:
            return
    raise Failed(
        f"all {len(sizes)} datagrams pass a link of {rate:,} bytes a second",
        f"{lost} of them did not find room before it, and were lost",
        _FIRST,
    )


def _lost(sizes: "Iterable[int]", times: "Iterable[float]", rate: int) -> int:
    with (
        ns.UdpReceiver() as receiver,
        ns.Relay(receiver.endpoint, kind="udp", rate=rate, queue=6000) as relay,
        ns.UdpSender(relay.endpoint) as sender,
    ):
        begin = monotonic()
        for size, at in zip(sizes, times, strict=True):
            early = begin + at - monotonic()
            if early > 0:
                sleep(early)
            else:
                begin -= early  # we are late: so are all that follow, and none of them hurries
            sender.send(bytes(size))
        sleep(0.05)
        return relay.report().to_target.lost


# tcp-or-udp

USES = (
    (
        "a web page", "tcp",
        ("Half a page is no page: every byte has to come, in order. (HTTP/3 runs over UDP, and "
        "builds all that TCP does on top of it, again.)"),
    ),
    (
        "a phone call", "udp",
        ("A word that comes two seconds late is of no use: better a click in the line than a pause "
        "for what was lost to be sent again."),
    ),
    (
        "a file of 2 GB", "tcp",
        ("One lost byte spoils the file, and so many bytes need somebody who slows down when the "
        "path is full. TCP does both."),
    ),
    (
        "where each player of a fast game stands, 30 times a second", "udp",
        ("The next position comes in 33 ms and makes the lost one worthless. TCP would hold the "
        "new one back until the old one has come."),
    ),
    (
        "an e-mail", "tcp",
        "Nobody minds a second more, and everybody minds a sentence less.",
    ),
    (
        "the address of a name, a question and an answer of 60 bytes (DNS)", "udp",
        ("One datagram each way. A connection would cost a round trip before the question, and the "
        "server would have to remember each client. No answer? Ask again."),
    ),
    (
        "a bank transfer", "tcp",
        "It has to arrive, once, and in order: neither lost nor doubled.",
    ),
    (
        "what time is it? (NTP)", "udp",
        ("The time is right only when the answer comes at once. A repeated answer would be an old "
        "one; ask again instead."),
    ),
    (
        "commands typed on a distant computer (SSH)", "tcp",
        "Each character counts, and their order, too: `rm` is not `mr`.",
    ),
    (
        "is there a printer in this network? Everybody is asked at once", "udp",
        ("To connect you need to know to whom. One datagram can go to all (broadcast, multicast); "
        "a TCP connection has two ends, no more."),
    ),
)  # fmt: skip


def _choice(use: str, right: str, why: str) -> Attempt:
    def run(subject: FunctionSubject) -> None:
        got = subject.call(use)
        if got not in {"tcp", "udp"}:
            raise Failed('"tcp" or "udp"', f"it returned {shown(got)}", "One of these two words.")
        if got != right:
            raise Failed(f'"{right}" is what is usually taken', f'you chose "{got}"', why)

    return Attempt(use, run)


EXERCISES = (
    Exercise(
        name="put-in-order",
        lesson=5,
        title="Put datagrams in order",
        task=(
            "Write put_in_order(datagrams, count): a list of datagrams as they arrived, each of "
            "four bytes with its number (0 to count - 1, in network byte order) and its data. It "
            "returns two values: the message, which is the data in order up to the first gap, and "
            "the list of the numbers that never came, in order. Datagrams may come twice, and "
            "strangers send what is no part of it."
        ),
        kind="function",
        example="def put_in_order(datagrams, count):",
        attempts=(
            Attempt("three datagrams, in order", _plain),
            Attempt("300 datagrams in any order", _mixed),
            Attempt("some come twice", _twice),
            Attempt("one in the middle is lost", _gap),
            Attempt("the last two are lost", _tail),
            Attempt("none arrives", _nothing),
            Attempt("one carries no data", _empty),
            Attempt("strangers send, too", _strangers),
            Attempt("40 datagrams through a relay that loses, doubles and reorders", _bad_path),
        ),
    ),
    Exercise(
        name="keep-up",
        lesson=5,
        title="Send no faster than the path",
        task=(
            "Write keep_up(sizes, rate): sizes are those of datagrams in bytes, and rate is how "
            "many bytes a second the path carries. It returns for each datagram the time at which "
            "it leaves, in seconds from the first one: as early as possible, and never before the "
            "path is done with those that left before."
        ),
        kind="function",
        example="def keep_up(sizes, rate):",
        attempts=(
            Attempt("one datagram", _one),
            Attempt("three of 1,000 bytes at 10,000 bytes a second", _equal),
            Attempt("large and small ones", _unequal),
            Attempt("2,000 datagrams", _many),
            Attempt("no datagram", _none),
            Attempt("sent at these times through a relay of that rate: nothing is lost", _really),
        ),
    ),
    Exercise(
        name="tcp-or-udp",
        lesson=5,
        title="TCP or UDP?",
        task=(
            'Write tcp_or_udp(use): "tcp" or "udp", whichever is usually taken. The uses are: '
            + "; ".join(use for use, _, _ in USES)
            + "."
        ),
        kind="function",
        example="def tcp_or_udp(use):",
        attempts=tuple(_choice(*use) for use in USES),
    ),
)
