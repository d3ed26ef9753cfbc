"""Lesson 5: a client over UDP that asks again, and takes nothing for an answer that is none."""

from time import monotonic
from typing import TYPE_CHECKING, NoReturn, Self

import netsteps as ns
from netsteps.lessons.exercise import Attempt, Exercise, Failed
from netsteps.lessons.exercises.asking import STARTING, answer_is, hint_of
from netsteps.peers.showing import shown

if TYPE_CHECKING:
    from netsteps.lessons.subject_client import ClientSubject

__all__ = ["EXERCISE"]

AGAIN = 1.5  # seconds until a question is repeated: 0.2 with a wide margin
SOON = 0.03  # seconds: whoever asks again sooner has not waited
TRIES = 5
QUESTIONS = (b"1 animal", b"2 colour")
ANSWERS = (b"1 otter", b"2 red")
WANTED = b"otter red"
PATH = {"loss": 0.3, "duplicate": 0.3, "seed": 5}  # loses questions, and answers too

FORM = "Return the two answers without their numbers, with a space between them: b'otter red'."
QUESTION = (
    "The questions are the datagrams b'1 animal' and b'2 colour': the second one is sent when the"
    " first is answered. No zero byte and no line feed behind them."
)
REPEAT = (
    "A datagram may get lost, the question as well as the answer, and nobody tells. Wait with a"
    " time limit (settimeout(0.2), read(timeout=0.2); in C SO_RCVTIMEO or poll), and send the same"
    " question again when it is over."
)
STALE = (
    "An answer may come twice, or late: this one belongs to the question before. Look at its"
    " number, and ignore one that is not that of the open question."
)
STRANGER = (
    "This datagram was not from the server. Anybody can send to a UDP socket: compare the sender"
    " that recvfrom tells with the address that was asked, or connect the socket, so that the"
    " system does."
)
FROM_THE_QUESTION = (
    "The 0.2 seconds begin with the question, not with each datagram that comes. A stranger who"
    " goes on sending must not keep the client from asking again: note when the question was sent,"
    " and wait only for what is left."
)
TOO_SOON = (
    "The question was repeated although its time was not over: whoever answers slowly is flooded. A"
    " datagram to be ignored is no reason to ask again; go on waiting for what is left of the 0.2"
    " seconds."
)
GIVE_UP = (
    "A client that asks for ever hangs when its server is gone. Count the tries, and after five"
    " raise TimeoutError (a program ends with an exit code other than 0)."
)


class Asked:
    """The checker's UDP server for one client under test. As a context manager it is closed."""

    def __init__(
        self, subject: "ClientSubject", *, through: "dict[str, float] | None" = None
    ) -> None:
        self.socket = ns.Socket("udp")
        self._relay: ns.Relay | None = None
        try:
            self.socket.bind("127.0.0.1", 0)
            endpoint = self.socket.local
            assert endpoint is not None  # it is bound
            if through is not None:
                self._relay = ns.Relay(
                    endpoint,
                    kind="udp",
                    loss=through["loss"],
                    duplicate=through["duplicate"],
                    seed=int(through["seed"]),
                )
                endpoint = self._relay.endpoint
            self.client: ns.Endpoint | None = None
            self.last = 0.0  # when the last question came
            self.run = subject.run(endpoint)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._relay is not None:
            self._relay.stop()
        self.socket.close()

    def question(
        self, number: int, hint: str = QUESTION, *, within: float = STARTING, too_soon: str = ""
    ) -> None:
        """Wait for this question, 0 or 1. hint: why it may not come."""
        wanted = QUESTIONS[number]
        end = monotonic() + within
        while (data := self.next(max(0.0, end - monotonic()))) != wanted:
            if data is None:
                self._fail(wanted, f"nothing came within {within:g} s", hint)
            if data not in QUESTIONS[:number]:
                self._fail(wanted, f"{shown(data)} came", QUESTION)
            if monotonic() - self.last < SOON:  # else the answer came too late for that one
                self._fail(wanted, f"{shown(data)} came at once again", TOO_SOON)
        now = monotonic()
        if too_soon and now - self.last < SOON:
            happened = f"it came {(now - self.last) * 1000:.0f} ms after the one before"
            self._fail(wanted, happened, too_soon)
        self.last = now

    def next(self, within: float) -> bytes | None:
        """Give the next datagram, or None when none comes, or the client has ended before."""
        end = monotonic() + within
        while True:
            left = end - monotonic()
            try:
                datagram = self.socket.receive_from(timeout=max(0.0, min(0.1, left)))
            except ns.TimedOut:
                if left <= 0 or self.run.trouble() or not self.run.alive:
                    return None
            else:
                self.client = datagram.sender
                return datagram.data

    def answers(self, data: bytes) -> None:
        """Send a datagram to the client."""
        assert self.client is not None  # a question has come
        self.socket.send_to(data, self.client)

    def stranger(self, other: ns.Socket, data: bytes) -> None:
        """Let another socket send to the client itself, past the relay."""
        assert self._relay is not None
        passages = self._relay.log
        if len(passages):
            other.send_to(data, passages[-1].client)

    def _fail(self, wanted: bytes, happened: str, hint: str) -> NoReturn:
        expected = f"the question {wanted!r}"
        if trouble := self.run.trouble():
            if "nobody listens on TCP" in trouble:
                hint = "This server speaks UDP: ns.Socket('udp'), without a connection."
            raise Failed(expected, trouble, hint_of(self.run) or hint)
        if not self.run.alive:
            answer_is(self.run, WANTED, hint)
        raise Failed(expected, happened, hint)


def plain(subject: "ClientSubject") -> None:
    """Answer both questions at once."""
    with Asked(subject) as asked:
        for number in (0, 1):
            asked.question(number)
            asked.answers(ANSWERS[number])
        answer_is(asked.run, WANTED, FORM)


def question_lost(subject: "ClientSubject") -> None:
    """Do not answer the first time."""
    with Asked(subject) as asked:
        asked.question(0)
        asked.question(0, REPEAT, within=AGAIN, too_soon=TOO_SOON)
        asked.answers(ANSWERS[0])
        asked.question(1)
        asked.question(1, REPEAT, within=AGAIN, too_soon=TOO_SOON)
        asked.question(1, REPEAT, within=AGAIN, too_soon=TOO_SOON)
        asked.answers(ANSWERS[1])
        answer_is(asked.run, WANTED, FORM)


def answered_twice(subject: "ClientSubject") -> None:
    """Send the first answer twice: the second time when the second question is open."""
    with Asked(subject) as asked:
        asked.question(0)
        asked.answers(ANSWERS[0])
        asked.question(1)
        asked.answers(ANSWERS[0])
        asked.answers(ANSWERS[1])
        answer_is(asked.run, WANTED, STALE)


def stranger(subject: "ClientSubject") -> None:
    """Let somebody else answer first."""
    with Asked(subject) as asked, ns.Socket("udp") as other:
        other.bind("127.0.0.1", 0)
        for number, wrong in enumerate((b"1 wolf", b"2 grey")):
            asked.question(number)
            assert asked.client is not None
            other.send_to(wrong, asked.client)
            asked.answers(ANSWERS[number])
        answer_is(asked.run, WANTED, STRANGER)


def stranger_without_end(subject: "ClientSubject") -> None:
    """Let somebody else send all the time, and leave the first question without an answer."""
    with Asked(subject) as asked, ns.Socket("udp") as other:
        other.bind("127.0.0.1", 0)
        asked.question(0)
        client = asked.client
        assert client is not None
        end = monotonic() + AGAIN
        data = None
        while data is None and monotonic() < end:
            other.send_to(b"1 wolf", client)
            data = asked.next(0.03)
        if data is None:
            asked.question(0, FROM_THE_QUESTION, within=0.0)
        if monotonic() - asked.last < SOON:
            happened = "it came at once, although only a stranger had sent something"
            raise Failed("the question again after 0.2 s, and not before", happened, TOO_SOON)
        asked.answers(ANSWERS[0])
        asked.question(1, STRANGER)
        asked.answers(ANSWERS[1])
        answer_is(asked.run, WANTED, STRANGER)


def bad_path(subject: "ClientSubject") -> None:
    """Let a relay lose and double datagrams, and strangers send to it, until the client is done."""
    with Asked(subject, through=PATH) as asked, ns.Socket("udp") as other:
        other.bind("127.0.0.1", 0)
        end = monotonic() + STARTING
        answered = 0
        while monotonic() < end and not (answered and asked.run.over):
            data = asked.next(0.1)
            if data in QUESTIONS:
                answered += 1
                asked.stranger(other, b"1 wolf")
                asked.stranger(other, b"2 grey")
                asked.answers(ANSWERS[QUESTIONS.index(data)])
        answer_is(asked.run, WANTED, f"{STRANGER} {STALE}", late=REPEAT)


def silent(subject: "ClientSubject") -> None:
    """Never answer."""
    with Asked(subject) as asked:
        asked.question(0)
        count = 1
        while count <= 3 * TRIES and (data := asked.next(AGAIN)) is not None:
            if data != QUESTIONS[0]:
                raise Failed("the same question again", f"{shown(data)} came", REPEAT)
            count += 1
        expected = f"{TRIES} tries, and then an error"
        if count > TRIES + 1:
            raise Failed(expected, f"{count} tries", GIVE_UP)
        if count < TRIES:
            raise Failed(expected, f"{count} {'try' if count == 1 else 'tries'}", GIVE_UP)
        try:
            outcome = asked.run.outcome(1.0)
        except Failed as failed:
            raise Failed(expected, failed.happened, GIVE_UP) from None
        if outcome.error is None:
            raise Failed(expected, outcome.told, GIVE_UP)


EXERCISE = Exercise(
    name="ask-again",
    lesson=5,
    title="A client over UDP that asks again",
    task="Write a client over UDP that asks the given host and port two questions, one after the"
    " other: the datagrams b'1 animal' and b'2 colour'. The answer to a question begins with its"
    " number and a space, such as b'1 otter'. When none has come 0.2 seconds after the question,"
    " send it again; after five tries raise TimeoutError (a program ends with an exit code other"
    " than 0). A datagram that is not from the server, or that has another number, is ignored."
    " Return both answers without their numbers and with a space between them: b'otter red' (a"
    " program prints that).",
    kind="client",
    transport="udp",
    attempts=(
        Attempt("both questions are answered at once", plain),
        Attempt("the first question is lost, and the second twice", question_lost),
        Attempt("the first answer comes twice", answered_twice),
        Attempt("a stranger answers before the server", stranger),
        Attempt(
            "a stranger who sends all the time, and a question that is lost", stranger_without_end
        ),
        Attempt("a path that loses 30 % and doubles 30 %, and strangers", bad_path),
        Attempt("a server that never answers", silent),
    ),
)
