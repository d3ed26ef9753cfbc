"""The slips of a beginner: hints from the words of an exception, whatever the exercise is.

They go before the hint of an attempt, which speaks of the network: a program that ended with one
of these has not come so far.
"""

__all__ = ["hint_of_slip"]

_TEXT = "Sockets carry bytes, and this is text (str): write b'...', or text.encode()."
_MIXED = (
    "Text and bytes do not mix. What comes from a socket is bytes: begin with b'', and join with"
    " b''.join(...), not with ''."
)
_TUPLE = "Python's own socket takes host and port together, as one tuple: bind((host, port))."
_ARGS = "args is a tuple of arguments: args=(connection,), with the comma."

# What stands in the line of the exception, and what to do about it. The first that fits counts.
_SLIPS = {
    "carry bytes, and this is str": _TEXT,
    "a bytes-like object is required, not 'str'": _TEXT,
    "carry bytes, and this is int": "A number is not yet bytes: str(number).encode() writes its"
    " digits, bytes([number]) is one byte. (A loop over bytes gives numbers, too: data[i:i + 1] is"
    " a piece of one byte.)",
    "carry bytes, and this is Datagram": "receive_from gives a Datagram: what came is its .data,"
    " and who sent it is its .sender.",
    'can only concatenate str (not "bytes")': _MIXED,
    "can't concat str to bytes": _MIXED,
    "expected str instance, bytes found": _MIXED,
    "expected a bytes-like object, str found": _MIXED,
    "a listening socket carries no data": "This is the socket that listens. Read from the one that"
    " accept gave, and write to it: connection = server.accept().",
    "UDP has no connections to listen for": "A UDP server has neither listen nor accept: bind, and"
    " then receive_from and send_to in a loop.",
    "UDP carries single datagrams": "This socket is one for datagrams. Does the task ask for a"
    " stream? That is ns.Socket('tcp'). With UDP it is receive_from and send_to.",
    "TCP has no single datagrams": "receive_from and send_to are for datagrams: make the socket"
    " with ns.Socket('udp'), and leave listen and accept out.",
    "'tuple' object has no attribute": "accept and recvfrom of Python's socket give two values:"
    " connection, address = server.accept().",
    "exactly one argument (2 given)": _TUPLE,
    "takes 1 positional arguments but 2 were given": _TUPLE,
    "must be an iterable, not": _ARGS,
    "another thread closed this socket": "The thread that accepts has closed the socket of this"
    " client (by close, or at the end of a with block), and the thread of the client still uses"
    " it. Close it at the end of the function of that thread.",
}

# The same for what a thread of a program printed as it ended.
_OF_THREADS = {
    **_SLIPS,
    "this socket is connected, and accept is not possible": _ARGS,
    "unpack requires a buffer": "The thread of this client ended with struct.error (below): one"
    " read gave fewer bytes than the format wants. Read in a loop until all are there, and look"
    " for the end first.",
    "UnexpectedEnd: ": "The thread of this client ended with UnexpectedEnd (below): the client has"
    " no more to say. Catch it, and close the socket of this client.",
}


def hint_of_slip(happened: str, printed: str) -> str:
    """Give the hint for a beginner's slip, or "".

    happened: what is told of the failure. printed: what the program printed, where the exceptions
    of its threads stand.
    """
    if "it raised" in happened:
        said = happened[happened.index("it raised") :]
        return next((hint for words, hint in _SLIPS.items() if words in said), "")
    if "Exception in thread" in printed:
        said = printed[printed.index("Exception in thread") :]
        return next((hint for words, hint in _OF_THREADS.items() if words in said), "")
    return ""
