"""Lesson 4: a server that tells each client who it is."""

from contextlib import ExitStack
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.lessons.exercise import Attempt, CannotTry, Exercise
from netsteps.lessons.exercises.causes import FOR_EVER
from netsteps.lessons.exercises.serving import client_of, resets_and_leaves

if TYPE_CHECKING:
    from netsteps.lessons.exercises.talk import Talk
    from netsteps.lessons.subject_server import ServerSubject

__all__ = ["EXERCISE"]

HINTS = {
    "silent": "The server speaks first here: it writes the line as soon as it has accepted the"
    " client, and does not wait for anything from it.",
    "short": "A line ends with a line feed: b'\\n'.",
    "ended": "The line was not whole: the address, one space, the port. It ends with a line feed"
    " (b'\\n'), and is written to the connection (print writes to the screen), before close.",
    "more": "One line for each client, and nothing more. In C: send strlen(line) bytes, not the"
    " size"
    " of the buffer.",
    "open": "After the line the server closes the connection.",
    "refused": "The next client was not served. accept belongs into a loop, and the listening"
    " socket"
    " stays open.",
    "died": "A server goes on for ever: it tells one client, closes this connection, and accepts"
    " the"
    " next.",
    "cut": "The connection was cut (RST). Write the line, and then close.",
}
FORM = (
    "Write the address, one space, the port in digits, and a line feed: f'{ip} {port}\\n'.encode()"
)
OWN = (
    "This is the server's own address and port. The client's are what accept gives beside the"
    " socket, or getpeername (in netsteps: connection.peer); getsockname tells one's own."
)
BYTE_ORDER = (
    "The two bytes of the port are in the wrong order: in a sockaddr_in they are in network byte"
    " order. Turn them around with ntohs(address.sin_port)."
)
OTHERS = (
    "This is the address of another client. Keep it in a variable of this client alone, as accept"
    " gives it, and not in a global one."
)
LEFT = (
    "A client connected and was gone at once, and the server did not get over it. accept, asking"
    " for its address and writing may each fail with one client: catch that, close its socket, and"
    " accept the next."
)


def is_told(talk: "Talk", others: "tuple[Talk, ...]" = ()) -> None:
    """See that the client hears its own address, and then the end."""
    local = talk.socket.local
    peer = talk.socket.peer
    assert local is not None
    assert peer is not None  # it is connected
    wanted = f"{local.ip} {local.port}\n".encode()
    line = talk.hears_line(f"{wanted!r}, the client's own address and port")
    if line != wanted:
        ends = [other.socket.local for other in others]
        known = [f"{end.ip} {end.port}" for end in ends if end is not None]
        talk.fail(
            "other", f"{wanted!r}", f"{line!r} came", {"other": why(line, local, peer, known)}
        )
    talk.hears_end()


def why(line: bytes, local: ns.Endpoint, peer: ns.Endpoint, others: list[str]) -> str:
    """Give the hint for a line that is not the client's address."""
    text = line.decode("ascii", "replace").strip().strip("()").replace("'", "").replace(",", " ")
    words = text.split()
    ports = [int(word) for word in words if word.isascii() and word.isdecimal()]
    swapped = int.from_bytes(local.port.to_bytes(2, "big"), "little")
    if " ".join(words) in others:
        return OTHERS
    if ports[-1:] == [swapped]:
        return BYTE_ORDER
    if ports[-1:] == [peer.port]:
        return OWN
    if words[:1] == [peer.ip] and peer.ip != local.ip:
        return OWN
    return FORM


def one(server: "ServerSubject") -> None:
    """Connect, and say nothing."""
    with client_of(server, HINTS) as client:
        is_told(client)


def one_after_the_other(server: "ServerSubject") -> None:
    """Connect and leave ten times."""
    for _ in range(10):
        one(server)


def at_once(server: "ServerSubject") -> None:
    """Connect five clients, and only then read, the last one first."""
    with ExitStack() as stack:
        clients = [stack.enter_context(client_of(server, HINTS)) for _ in range(5)]
        for client in reversed(clients):
            others = tuple(other for other in clients if other is not client)
            is_told(client, others)


def from_another_address(server: "ServerSubject") -> None:
    """Come from 127.0.0.2, which macOS has only when it was told."""
    try:
        with ns.Socket("tcp") as socket:
            socket.bind("127.0.0.2", 0)
    except ns.AddressNotLocal:
        raise CannotTry("this machine does not have the address 127.0.0.2") from None
    with client_of(server, HINTS, local="127.0.0.2") as client:
        is_told(client)


def gone_at_once(server: "ServerSubject") -> None:
    """Connect and cut the connection, many times; the first is gone before it is accepted."""
    hints = {**HINTS, "refused": LEFT, "died": LEFT, "cut": LEFT, "ended": LEFT, "silent": LEFT}
    with server.paused():
        resets_and_leaves(server, hints, b"")
    resets_and_leaves(server, hints, b"", times=40)
    with client_of(server, hints) as client:
        is_told(client)


EXERCISE = Exercise(
    name="who-am-i",
    lesson=4,
    title="A server that tells each client who it is",
    task="Write a TCP server that binds 127.0.0.1 and the given port. To each client that connects"
    " it writes one line, the client's own IP address and port with a space between them, such as"
    " b'127.0.0.1 50312\\n', closes this connection, and accepts the next client, for ever. It does"
    " not wait for anything from the client.",
    kind="server",
    transport="tcp",
    attempts=(
        Attempt("a client that says nothing", one, FOR_EVER),
        Attempt("ten clients, one after the other", one_after_the_other),
        Attempt("five clients at once, the last one reads first", at_once),
        Attempt("a client from another address, 127.0.0.2", from_another_address),
        Attempt("40 clients that are gone at once (RST), and then a good one", gone_at_once),
    ),
)
