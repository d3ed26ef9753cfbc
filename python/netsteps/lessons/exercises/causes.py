"""Why a program ended: hints from what it printed, and from how it ended."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsteps.lessons.exercises.talk import Program

__all__ = ["FOR_EVER", "cause_of_death", "of_end", "useful"]

# What stands in the output, and what to do about it. The first that is found counts, so the exact
# ones stand before the general ones.
CAUSES = {
    "a bytes-like object is required, not 'str'": "Sockets carry bytes, and this is text: write"
    " b'…', or text.encode().",
    "not str": "Sockets carry bytes, and this is text: write b'…', or text.encode().",
    "UnicodeDecodeError": "Not all bytes are text, and a piece may end in the middle of a letter."
    " Work with the bytes as they came; decode only what is whole and is known to be text.",
    "struct.error": "struct.unpack wants exactly as many bytes as its format says. One read may"
    " give fewer: read in a loop until all four are there, and look for b'', the end, first.",
    "unpack requires a buffer": "struct.unpack wants exactly as many bytes as its format says."
    " One read may give fewer: read in a loop until all four are there, and look for b'', the"
    " end, first.",
    "SyntaxError": "What is written there is no Python. Look at the line, and at the one before.",
    "IndentationError": "What is written there is no Python: lines are indented too far, or not far"
    " enough.",
    "EOFError": "Nobody types here: take the port from the command line (sys.argv[1]), and not with"
    " input().",
    "it printed more than": "A loop without an end prints again and again. Does it go on when read"
    " gives b'' (recv in C: 0, or -1 after an error)?",
    "'tuple' object has no attribute": "accept of Python's socket gives two values: connection,"
    " address = server.accept().",
    "positional argument": "The function takes other arguments than it is given: a server is"
    " written as def name(port), a client as def name(host, port).",
    "MemoryError": "A length that a client sends is checked before memory is taken for it.",
    "bad_alloc": "A length that a client sends is checked before memory is taken for it.",
    "length_error": "A length that a client sends is checked before memory is taken for it.",
    "Too many open files": "Each connection has to be closed: the program ran out of descriptors.",
    "Address already in use": "The port is taken: by another program (`netsteps"
    " connections` names it), by a second bind, or by connections of a moment ago (TIME_WAIT):"
    " these do not matter when SO_REUSEADDR is set before bind.",
    "SIGSEGV": "It wrote or read outside of its memory. Look at the length that recv returned (-1"
    " is an error, 0 the end) before it is used as a size or an index.",
    "SIGABRT": "It was aborted: an exception that nobody caught, or memory that was written"
    " beyond its end.",
}
FOR_EVER = (
    "A server goes on for ever: accept belongs into a loop without an end. When a client has ended,"
    " close its socket, and accept the next."
)
_NO_BIND = (
    "The server has this port. A client does not take it for itself: leave bind (and listen and"
    " accept) out, and connect to it."
)
# The same as CAUSES, for clients alone.
OF_CLIENTS = {"already (LISTEN)": _NO_BIND, "Address already in use": _NO_BIND}
# The same as CAUSES, for servers alone.
OF_SERVERS = {
    "BrokenPipe": "One client was gone (it had closed, or cut its connection) when it was read"
    " from or written to. Catch ConnectionError (in netsteps: ns.SocketError) around the service"
    " of one client, close its socket, and take the next.",
    "ConnectionResetError": "One client was gone (it had closed, or cut its connection) when it"
    " was read from or written to. Catch ConnectionError (in netsteps: ns.SocketError) around the"
    " service of one client, close its socket, and take the next.",
    "raised Reset": "One client was gone (it had closed, or cut its connection) when it was read"
    " from or written to. Catch ConnectionError (in netsteps: ns.SocketError) around the service"
    " of one client, close its socket, and take the next.",
    "UnexpectedEnd": "One client ended its stream in the middle of a message. Catch it around the"
    " service of one client, close its socket, and take the next.",
    "not connected": "Either the listening socket was read (read from the one that accept gave),"
    " or a client had gone before its address was asked for: catch OSError for that client, and"
    " go on.",
    "SIGPIPE": "A write to a client that has gone raises the signal SIGPIPE, which ends a C or"
    " C++ program. Send with MSG_NOSIGNAL, or call signal(SIGPIPE, SIG_IGN) first; then look at"
    " what send returned, and go on with the next client.",
}


def cause_of_death(program: "Program") -> str | None:
    """Give the hint for why a program ended, or None where it is not known.

    It is looked for in the end of what the program printed, and in how it ended.
    """
    from netsteps.lessons.exercises.talk import trouble_of

    told = f"{program.output[-4000:]}\n{trouble_of(program)}"
    is_server = hasattr(program, "hint_of_end")
    table = {**OF_SERVERS, **CAUSES} if is_server else {**OF_CLIENTS, **CAUSES, **OF_CLIENTS}
    return next((hint for words, hint in table.items() if words in told), None)


def of_end(program: "Program") -> str | None:
    """Give what can be said of any end of a server, or None."""
    from netsteps.lessons.exercises.talk import trouble_of

    if trouble_of(program).endswith("exit code 0"):
        return FOR_EVER
    return useful(getattr(program, "hint_of_end", ""))


def useful(hint: str) -> str | None:
    """Give a hint, or None for one that an exercise can better: the remedy of an error."""
    return None if not hint or hint.startswith("Try:") else hint
