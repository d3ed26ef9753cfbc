"""The function exercise of the fourth lesson. Its servers are in servers.py."""

import netsteps as ns
from netsteps import peers
from netsteps.lessons.exercise import Attempt, CannotTry, Exercise, Failed, same
from netsteps.lessons.subject_function import FunctionSubject

__all__ = ["EXERCISES"]

# Seconds. The task says that two are enough; a full machine may need some more for the rest.
_LONG = 8.0
_A = "127.0.0.1"

_BACK = (
    "`connect` that comes back says open. What it raises says which of the others it was: "
    "ConnectionRefusedError (ns.Refused) or TimeoutError (ns.TimedOut)."
)
_APART = (
    "TimeoutError and ConnectionRefusedError are both an OSError (and an ns.SocketError): who "
    "catches that one cannot tell them apart. Catch each of the two by its own name."
)
_LIMIT = (
    "Nobody answers here, so `connect` waits, a minute or two if it is let. Give it a time limit "
    "before: `socket.connect(host, port, timeout=2)`, or `settimeout(2)` of Python's own socket."
)
_FAMILY = (
    "An address with colons is IPv6, and needs a socket of that family: `ns.Endpoint(host, "
    "port).family`, or `socket.create_connection`, which looks by itself."
)


def _listener(ip: str = _A, *, listening: bool = True) -> ns.Socket:
    """Take a free port of this address, so that nobody else can have it."""
    socket = ns.Socket("tcp", ns.Endpoint(ip, 1).family)
    try:
        socket.bind(ip, 0)
        if listening:
            socket.listen()
    except BaseException:
        socket.close()
        raise
    return socket


def _asked(
    subject: FunctionSubject, endpoint: ns.Endpoint | None, expected: str, hint: str
) -> None:
    """Ask for the status of a port, and compare. The hint is for whatever else comes."""
    assert endpoint is not None
    try:
        outcome = subject.outcome(endpoint.ip, endpoint.port, timeout=_LONG)
    except Failed as failed:  # it hangs, or has ended its process
        raise Failed(repr(expected), failed.happened, hint) from None
    if outcome.error is not None:
        raise Failed(
            repr(expected), str(outcome), hint if outcome.raised("OSError") else outcome.hint
        )
    got = outcome.value
    words = ("open", "refused", "silent")
    if got not in words:
        hint = (
            f"It returns one of the words {', '.join(map(repr, words))}, on every way through it."
            " print only shows a word; return gives it back."
        )
    elif {expected, got} == {"refused", "silent"}:
        hint = _APART
    same(expected, got, hint)


def _open(subject: FunctionSubject) -> None:
    with _listener() as server:
        _asked(subject, server.local, "open", _BACK)


def _refused(subject: FunctionSubject) -> None:
    with _listener(listening=False) as taken:
        _asked(subject, taken.local, "refused", _BACK)


def _silent(subject: FunctionSubject) -> None:
    with peers.never_accepts() as full:
        _asked(subject, full.endpoint, "silent", _LIMIT)


def _given_back(subject: FunctionSubject) -> None:
    with _listener() as server:
        for _ in range(3):
            _asked(subject, server.local, "open", _BACK)
        for _ in range(3):
            with server.accept(timeout=_LONG) as connection:
                try:
                    said = connection.read(timeout=2.0)
                except ns.TimedOut:
                    raise Failed(
                        "the connection is closed when the function has returned",
                        "it is open still",
                        "Close the socket on every way out of the function: `with` does it, also "
                        "when something is raised or returned in between.",
                    ) from None
                except ns.Reset:
                    said = b""  # closed in a hurry, and closed
                same(
                    b"",
                    said,
                    "To look is enough: the program on that port expects no bytes of you.",
                )


def _changes(subject: FunctionSubject) -> None:
    hint = "Ask anew each time: nothing of an earlier call may be kept."
    with _listener(listening=False) as server:
        _asked(subject, server.local, "refused", hint)
        server.listen()
        _asked(subject, server.local, "open", hint)


def _six(subject: FunctionSubject) -> None:
    try:
        server = _listener("::1")
    except (ns.SocketError, OSError):
        raise CannotTry("this machine has no IPv6") from None
    with server:
        _asked(subject, server.local, "open", _FAMILY)


EXERCISES = (
    Exercise(
        name="port-status",
        lesson=4,
        title="What does a port say?",
        task=(
            'Write port_status(host, port): it tries to connect, and returns "open", "refused" or '
            '"silent". host is an address as text, port a number. Wait two seconds at most for an '
            "answer, write nothing, and close the socket whatever came."
        ),
        kind="function",
        example="def port_status(host, port):",
        attempts=(
            Attempt("a program listens on the port", _open),
            Attempt("a program has the port, and does not listen", _refused),
            Attempt("nobody answers: the queue of the program is full", _silent),
            Attempt("three times the same port: each connection is closed again", _given_back),
            Attempt("a port that is refused first, and open later", _changes),
            Attempt("an address of IPv6", _six),
        ),
    ),
)
