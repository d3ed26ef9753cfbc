"""Why a program ended: hints from what it printed, and from how it ended."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsteps.lessons.exercises.talk import Program

__all__ = ["cause_of_death"]

# What stands in the output, and what to do about it. The first that is found counts, so the exact
# ones stand before the general ones.
CAUSES = {
    "a bytes-like object is required, not 'str'": "Sockets carry bytes, and this is text: write"
    " b'…', or text.encode().",
    "not str": "Sockets carry bytes, and this is text: write b'…', or text.encode().",
    "UnicodeDecodeError": "Not all bytes are text, and a piece may end in the middle of a"
    " letter. Work with the bytes as they came; decode only what is whole and is known to be"
    " text.",
    "BrokenPipe": "This client had gone before the answer was written. Catch BrokenPipeError"
    " and ConnectionResetError (both are ConnectionError) around the service of one client,"
    " close its socket, and take the next.",
    "ConnectionResetError": "One client cut its connection (RST). Catch ConnectionError around"
    " the service of one client, close its socket, and take the next.",
    "raised Reset": "One client cut its connection (RST). Catch ns.SocketError (or"
    " ConnectionError) around the service of one client, close its socket, and take the next.",
    "UnexpectedEnd": "One client ended its stream in the middle of a message. Catch it around"
    " the service of one client, close its socket, and take the next.",
    "struct.error": "struct.unpack wants exactly as many bytes as its format says. One read may"
    " give fewer: read in a loop until all four are there, and look for b'', the end, first.",
    "'tuple' object has no attribute": "accept of Python's socket gives two values: connection,"
    " address = server.accept().",
    "not connected": "Either the listening socket was read (read from the one that accept"
    " gave), or a client had gone before its address was asked for: catch OSError for that"
    " client, and go on.",
    "MemoryError": "A length that a client sends is checked before memory is taken for it.",
    "bad_alloc": "A length that a client sends is checked before memory is taken for it.",
    "length_error": "A length that a client sends is checked before memory is taken for it.",
    "Too many open files": "Each connection has to be closed: the program ran out of descriptors.",
    "Address already in use": "The port is taken. Set SO_REUSEADDR before bind, and bind once.",
    "SIGPIPE": "A write to a client that has gone raises the signal SIGPIPE, which ends a C or"
    " C++ program. Send with MSG_NOSIGNAL, or call signal(SIGPIPE, SIG_IGN) first; then look"
    " at what send returned, and go on with the next client.",
    "SIGSEGV": "It wrote or read outside of its memory. Look at the length that recv returned"
    " (-1 is an error, 0 the end) before it is used as a size or an index.",
    "SIGABRT": "It was aborted: an exception that nobody caught, or memory that was written"
    " beyond its end.",
}


def cause_of_death(program: "Program") -> str | None:
    """Give the hint for why a program ended, or None where it is not known.

    It is looked for in the end of what the program printed, and in how it ended.
    """
    from netsteps.lessons.exercises.talk import trouble_of

    told = f"{program.output[-4000:]}\n{trouble_of(program)}"
    return next((hint for words, hint in CAUSES.items() if words in told), None)
