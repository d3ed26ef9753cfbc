"""The exceptions. Each is a SocketError and the class that the standard library would raise.

    except ConnectionRefusedError:      # as with the standard library
    except netsteps.Refused:            # the same
    except netsteps.SocketError as e:   # every error of netsteps
        e.step, e.endpoint, e.cause, e.remedy, e.errno

The Rust core raises them; the classes are written here, where they can have two bases.
"""

# The class itself, without the standard module's cost of import.
from _socket import gaierror

# As typing's own constant, whose module would cost more time to load than all of netsteps.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from netsteps.show.drawing import Drawing

__all__ = [
    "AddressInUse",
    "AddressNotLocal",
    "BadArgument",
    "BadHost",
    "BadPacket",
    "BadPayload",
    "BadPort",
    "BadType",
    "BrokenPipe",
    "DatagramCut",
    "DatagramTooLarge",
    "Forked",
    "Interrupted",
    "MessageTooLarge",
    "NameNotFound",
    "NoPermission",
    "NotWritable",
    "Refused",
    "Reset",
    "SocketClosed",
    "SocketError",
    "StepError",
    "SystemFailure",
    "TimedOut",
    "TooManyFiles",
    "TooSlow",
    "UnexpectedEnd",
    "Unreachable",
]


class SocketError(OSError):
    """Any error of netsteps: which step, which address, why, and what to try next.

    code: the entry of the catalogue, in words. step: the step that failed. endpoint: the address
    it was about, as text, or None. cause: what the kernel or the peer said. remedy: what to try.
    missing: for a step out of order, the step that is missing, or None. partial: what had been
    read when the step failed. errno: the system's number, or None for an argument that never
    reached the system.
    """

    code: str = "system"
    step: str = ""
    endpoint: str | None = None
    cause: str = ""
    remedy: str = ""
    missing: str | None = None
    partial: bytes = b""


class StepError(SocketError):
    """A step before its time. Nothing was called, and nothing has changed.

    kind: "tcp" or "udp". state: where the socket stood. action: what was tried, in the words of the
    state table ("read" for read_exactly). path: the steps that lead to where it is possible, empty
    when none do. The first three are None where the socket was not asked.
    """

    kind: "Literal['tcp', 'udp'] | None" = None
    state: str | None = None
    action: str | None = None
    path: tuple[str, ...] = ()

    def life(self, *, theme: "Literal['light', 'dark']" = "light") -> "Drawing":
        """Draw the state table with where the socket stood, the step that was tried, and the way.

        theme: "light" or "dark". Raises ValueError for another theme, and for an error that does
        not know where the socket stood.
        """
        from netsteps._core import _table
        from netsteps.show.life import life_of_error

        if self.kind is None or self.state is None or self.action is None:
            raise ValueError("this error does not know where the socket stood")
        return life_of_error(
            _table(self.kind),
            self.kind,
            self.state,
            self.action,
            self.path,
            step=self.step,
            cause=self.cause,
            remedy=self.remedy,
            theme=theme,
        )


class SocketClosed(StepError):
    """The socket is closed (EBADF)."""


class NotWritable(StepError, BrokenPipeError):
    """A StepError of writing: the sending half is not open, not yet or no more (EPIPE)."""


class Refused(SocketError, ConnectionRefusedError):
    """Nobody listens at the address, and its machine said so (ECONNREFUSED)."""


class TimedOut(SocketError, TimeoutError):
    """The time that was given is over (ETIMEDOUT)."""


class Unreachable(SocketError):
    """There is no way to the network or the machine (ENETUNREACH, EHOSTUNREACH)."""


class AddressInUse(SocketError):
    """Another socket has the address; the cause names it where the system tells (EADDRINUSE)."""


class AddressNotLocal(SocketError):
    """The address belongs to another machine; the cause lists this one's (EADDRNOTAVAIL)."""


class NoPermission(SocketError, PermissionError):
    """The system does not permit it to this user (EACCES, EPERM)."""


class NameNotFound(SocketError, gaierror):
    """The name has no address, or the lookup failed; errno is getaddrinfo's EAI code."""


class BadHost(SocketError, gaierror):
    """What was given as a host can be none: a URL, for example."""


class BadPayload(SocketError, TypeError):
    """Something other than bytes was given to be sent."""


class BadType(SocketError, TypeError):
    """An argument of a type that cannot be meant."""


class BadPort(SocketError, OverflowError):
    """A port that is no number from 0 to 65535."""


class BadArgument(SocketError, ValueError):
    """An argument that cannot be meant: a negative size, a timeout that is no time."""


class BadPacket(SocketError, ValueError):
    """Bytes that are no packet, or no capture file.

    layer: which part of them is wrong ("IPv4", "TCP"). offset: where it begins, in bytes. needed:
    how many bytes it needs from there on, had: how many it has; both None where a value is wrong.
    """

    layer: str = ""
    offset: int = 0
    needed: int | None = None
    had: int | None = None


class Reset(SocketError, ConnectionResetError):
    """The peer cut the connection (ECONNRESET)."""


class BrokenPipe(SocketError, BrokenPipeError):
    """The peer had closed before, and takes nothing any more (EPIPE)."""


class DatagramTooLarge(SocketError):
    """More bytes than one datagram can carry (EMSGSIZE)."""


class DatagramCut(SocketError):
    """A datagram was longer than the size given; .partial holds what was kept."""


class MessageTooLarge(SocketError):
    """A message, or a line, is longer than the limit."""


class UnexpectedEnd(SocketError, EOFError):
    """The peer finished in the middle; .partial holds what came."""


class TooSlow(SocketError, BlockingIOError):
    """A client does not take what is sent to it, and as much as may wait for it does (EAGAIN)."""


class TooManyFiles(SocketError):
    """No descriptor is left in this process or on this machine (EMFILE, ENFILE)."""


class Forked(SocketError):
    """The object belongs to the process that this one was forked from."""


class Interrupted(SocketError, InterruptedError):
    """A wait was ended from outside."""


class SystemFailure(SocketError):
    """What the system said, and none of the others."""


_BY_CODE: dict[str, type[SocketError]] = {
    "refused": Refused,
    "timed out": TimedOut,
    "unreachable": Unreachable,
    "address in use": AddressInUse,
    "address not of this machine": AddressNotLocal,
    "no permission": NoPermission,
    "name not found": NameNotFound,
    "not a host": BadHost,
    "not bytes": BadPayload,
    "wrong type": BadType,
    "not a port": BadPort,
    "bad argument": BadArgument,
    "broken packet": BadPacket,
    "reset": Reset,
    "broken pipe": BrokenPipe,
    "datagram too large": DatagramTooLarge,
    "datagram cut": DatagramCut,
    "message too large": MessageTooLarge,
    "unexpected end": UnexpectedEnd,
    "step out of order": StepError,
    "not writable": NotWritable,
    "closed": SocketClosed,
    "too slow": TooSlow,
    "too many open files": TooManyFiles,
    "forked": Forked,
    "interrupted": Interrupted,
    "system": SystemFailure,
}


def make(  # noqa: PLR0917 - one argument for each of the core's answers
    code: str,
    errno: int | None,
    text: str,
    step: str,
    endpoint: str | None,
    cause: str,
    remedy: str,
    missing: str | None,
    partial: bytes,
    place: tuple[str, int, int | None, int | None] | None = None,
    standing: "tuple[Literal['tcp', 'udp'], str, str, tuple[str, ...]] | None" = None,
) -> SocketError:
    """Make the exception of an error of the core; called by the binding."""
    kind = _BY_CODE.get(code, SystemFailure)
    error = kind(text) if errno is None else kind(errno, text)
    error.code = code
    error.step = step
    error.endpoint = endpoint
    error.cause = cause
    error.remedy = remedy
    error.missing = missing
    error.partial = partial
    if place is not None and isinstance(error, BadPacket):
        error.layer, error.offset, error.needed, error.had = place
    if standing and isinstance(error, StepError):
        error.kind, error.state, error.action, error.path = standing
    return error


class Aborted(SocketError, ConnectionAbortedError):
    """The connection was given up on this side (ECONNABORTED)."""


class NoSuchPath(SocketError, FileNotFoundError):
    """Nobody has bound a Unix socket of that name (ENOENT)."""


# For the standard library's socket: what OSError makes of a number, where the catalogue has
# another class.
_BY_BASE: dict[type[OSError], type[SocketError]] = {
    ConnectionAbortedError: Aborted,
    ConnectionRefusedError: Refused,
    FileNotFoundError: NoSuchPath,
    InterruptedError: Interrupted,
    PermissionError: NoPermission,
    TimeoutError: TimedOut,
    BlockingIOError: TooSlow,
}
# getaddrinfo's own words (gai_strerror of the GNU C library).
_LOOKUPS = {
    -2: "Name or service not known",
    -3: "Temporary failure in name resolution",
    -4: "Non-recoverable failure in name resolution",
    -5: "No address associated with hostname",
    -6: "ai_family not supported",
    -7: "ai_socktype not supported",
    -8: "Servname not supported for ai_socktype",
    -9: "Address family for hostname not supported",
    -10: "Memory allocation failure",
    -11: "System error",
}


def plain(  # noqa: PLR0917 - one argument for each of the core's answers
    code: str,
    errno: int | None,
    words: str | None,
    step: str,
    endpoint: str | None,
    cause: str,
    remedy: str,
) -> OSError:
    """Make an exception of netsteps.compat: args and text as the standard library's, with a note.

    errno: the system's number, or None when the caller's time was over. words: strerror(3) of it.
    What a traceback shows beside it is the note: the step, the address, the cause and the remedy.
    """
    kind = _BY_CODE.get(code, SystemFailure)
    error: OSError
    if issubclass(kind, gaierror):
        number = -2 if errno is None else errno
        error = kind(number, _LOOKUPS.get(number, cause))
    elif errno is None:
        error = kind("timed out" if kind is TimedOut else cause)
    else:
        base = type(OSError(errno, words))
        if not issubclass(kind, base):
            kind = _BY_BASE.get(base, kind)
        error = (kind if issubclass(kind, base) else base)(errno, words)
    at = "" if endpoint is None else f" {endpoint}"
    error.add_note(f"{step}{at}: {cause}." + (f" Try: {remedy}." if remedy else ""))
    if isinstance(error, SocketError):
        error.code, error.step, error.endpoint = code, step, endpoint
        error.cause, error.remedy = cause, remedy
    return error
