"""What was done, as tables: the steps of one socket, and the events of a trace."""

import errno
from typing import TYPE_CHECKING, Protocol, TypeVar

from netsteps.show.listing import Table
from netsteps.show.units import Quantity, time_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["moved", "table_of_events", "table_of_steps", "times", "took"]

# Calls that move no bytes; for every other one 0 bytes is news.
_WITHOUT_BYTES = {
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "accept4",
    "accepted",
    "shutdown",
    "close",
}
# A table writes "-" for what is not known; here there is nothing to know.
_BLANK = " "
_PREVIEW = 20  # characters of the bytes; an event keeps at most 32 bytes


class _Line(Protocol):
    """A run of equal steps, as the core keeps it."""

    @property
    def step(self) -> str: ...
    @property
    def call(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def note(self) -> str | None: ...
    @property
    def failed(self) -> bool: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def state(self) -> str: ...


class _Event(Protocol):
    """One system call of one step, as a trace records it."""

    @property
    def phase(self) -> str: ...
    @property
    def socket(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def call(self) -> str: ...
    @property
    def local(self) -> object | None: ...
    @property
    def peer(self) -> object | None: ...
    @property
    def asked(self) -> int | None: ...
    @property
    def size(self) -> int | None: ...
    @property
    def preview(self) -> bytes: ...
    @property
    def error(self) -> str | None: ...
    @property
    def errno(self) -> int | None: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int | None: ...
    @property
    def thread(self) -> int: ...
    @property
    def process(self) -> int: ...
    @property
    def line(self) -> str | None: ...
    @property
    def verdict(self) -> str | None: ...
    @property
    def rule(self) -> str | None: ...


AnyLine = TypeVar("AnyLine", bound=_Line)
AnyEvent = TypeVar("AnyEvent", bound=_Event)


def times(line: _Line) -> Quantity:
    """Give how often, blank for once."""
    return Quantity(line.count, str(line.count) if line.count > 1 else "")


def moved(line: _Line) -> Quantity:
    """Give the bytes of all of them, blank for a step that moves none."""
    none = line.bytes == 0 and (line.failed or line.call in _WITHOUT_BYTES)
    return Quantity(line.bytes, "" if none else str(line.bytes))


def took(line: _Line) -> Quantity:
    """Give the time from the first beginning to the last end."""
    return Quantity(line.end_ns - line.start_ns, time_text(line.end_ns - line.start_ns))


def _told(line: _Line) -> str:
    """Give the note, which says so when it is an error; blank where there is none."""
    return f"failed: {line.note}" if line.failed else line.note or _BLANK


def table_of_steps(lines: "Iterable[AnyLine]", left_out: int) -> "Table[AnyLine]":
    """Make the table that `socket.steps` is.

    lines: runs of equal steps, in order. left_out: how many lines the socket let go between the
    first 64 and the last ones, to stay in bounded memory.
    """
    note = None
    if left_out:
        note = f"{left_out} {'line' if left_out == 1 else 'lines'} after the first 64 not kept"
    return Table(
        lines,
        columns={
            "step": "step",
            "times": times,
            "bytes": moved,
            "took": took,
            "state after": "state",
            "note": _told,
        },
        caption="The steps of this socket",
        note=note,
    )


def table_of_events(
    events: "Sequence[AnyEvent]", dropped: int, start_ns: int = 0
) -> "Table[AnyEvent]":
    """Make the table of a trace.

    events: in the order of beginning. dropped: how many older ones the recorder let go. start_ns:
    when the trace began, which is 0 in the table; a call that waited since before that has a
    negative time. Without it the first event is 0.
    """
    begin = start_ns or min((event.start_ns for event in events), default=0)
    threads: dict[int, str] = {}
    for event in events:
        threads.setdefault(event.thread, f"T{len(threads) + 1}")

    def when(event: AnyEvent) -> Quantity:
        since = event.start_ns - begin
        return Quantity(since, f"{since / 1e6:.3f}")

    columns: dict[str, str | Callable[[AnyEvent], object]] = {"ms": when}
    if len({event.process for event in events}) > 1:
        columns["process"] = "process"
    if len(threads) > 1:
        columns["thread"] = lambda event: threads[event.thread]
    columns |= {
        "socket": _socket,
        "step": "step",
        "call": "call",
        "local -> peer": _way,
        "bytes": _size,
        "first bytes": _preview,
        "result": _result,
        "took": _took,
    }
    if any(event.verdict for event in events):
        columns["verdict"] = _verdict
    if any(event.line for event in events):
        columns["line"] = lambda event: event.line or _BLANK
    note = None
    if dropped:
        note = f"{dropped} older {'event' if dropped == 1 else 'events'} not kept: Trace(capacity=)"
    return Table(
        events,
        columns=columns,
        caption=f"Trace of {len(events)} {'event' if len(events) == 1 else 'events'}",
        note=note,
    )


def _socket(event: _Event) -> str:
    """Name the socket by its descriptor, and by the number that the kernel never gives again."""
    return f"{event.kind} {event.number} #{event.socket}"


def _took(event: _Event) -> Quantity:
    """Give the time of the call, blank while it waits."""
    if event.end_ns is None:
        return Quantity(0, "")
    return Quantity(event.end_ns - event.start_ns, time_text(event.end_ns - event.start_ns))


def _way(event: _Event) -> str:
    """Write both ends, as far as they are known."""
    local = "" if event.local is None else str(event.local)
    return (local if event.peer is None else f"{local} -> {event.peer}".lstrip()) or _BLANK


def _size(event: _Event) -> str:
    """Say how many bytes moved, and in brackets how many were asked for where that differs."""
    size = "" if event.size is None else str(event.size)
    if event.asked not in {None, event.size}:
        size = f"{size} ({event.asked})".lstrip()
    return size or _BLANK


def _preview(event: _Event) -> str:
    """Write the first bytes as Python does; what is not shown of them is three points."""
    if not event.preview:
        return _BLANK
    text = repr(bytes(event.preview))
    whole = event.size is None or event.size <= len(event.preview)
    if whole and len(text) <= _PREVIEW:
        return text
    shown = bytes(event.preview)
    while len(text := repr(shown)) > _PREVIEW - 3:
        shown = shown[:-1]
    return f"{text}..."


def _result(event: _Event) -> str:
    """Say how it ended: the new state, the end of the peer's data, or the error."""
    if event.phase == "started":
        return "waiting"
    if event.phase == "failed":
        return _error(event)
    if event.before != event.after:
        return event.after
    return "the end" if _at_the_end(event) else _BLANK


def _verdict(event: _Event) -> str:
    """Say what a relay did with it, and by which rule."""
    return ": ".join(part for part in (event.verdict, event.rule) if part) or _BLANK


def _at_the_end(event: _Event) -> bool:
    """Say whether a read told that the peer had finished, and not for the first time."""
    return event.kind == "tcp" and event.call == "recv" and event.size == 0 and event.asked != 0


def _error(event: _Event) -> str:
    """Give the errno's name, and why; the step and its address have columns of their own."""
    why = (event.error or "").partition(": ")[2].partition(" Try: ")[0].rstrip(".")
    name = errno.errorcode.get(event.errno or 0, "")
    return ": ".join(part for part in (name, why or event.error or "") if part) or "failed"
