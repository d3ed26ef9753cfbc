"""Which line opened a socket: noted when it is opened, looked up when it is found open.

Python tells an audit hook of every socket that is about to be made, plain or netsteps (PEP 578).
The hook notes the line, and the descriptor that the kernel will give: always the lowest that is
free (open(2)). Two threads that open at the same moment can so be taken for each other.
"""

import linecache
import os
import re
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from sysconfig import get_path
from typing import TYPE_CHECKING, NamedTuple
from weakref import ref

import netsteps as ns

if TYPE_CHECKING:
    from socket import socket
    from types import FrameType

# Frames of these are no place that a user would look for.
_LIBRARY = tuple(
    str(Path(folder)) + os.sep
    for folder in (get_path("purelib"), get_path("stdlib"), get_path("platstdlib"))
)
_PACKAGE = Path(__file__).parent.parent
_SOCKET = os.sep + "socket.py"  # of the standard library: whatever is opened goes through it
_OURS = str(_PACKAGE) + os.sep
_FIXTURES = str(_PACKAGE.parent / "netsteps_pytest") + os.sep
_PYTEST = tuple(f"{os.sep}{name}{os.sep}" for name in ("_pytest", "pluggy"))
_NUMBER = re.compile(r"\bnumber=(\d+)")
_EACH = 4  # notes kept for one descriptor, the newest


class Place(NamedTuple):
    """A line of a program."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        file = Path(self.file)
        for folder in (Path.cwd(), *map(Path, _LIBRARY)):
            if file.is_relative_to(folder):
                file = file.relative_to(folder)
                break
        return f"{file.as_posix()}:{self.line}"


@dataclass(frozen=True)
class Opener:
    """Who opened a socket: the user's line, the library's line that it went through, the thread."""

    place: Place
    through: Place | None
    thread: str
    made: "ref[socket] | None"

    def __str__(self) -> str:
        text = linecache.getline(self.place.file, self.place.line).strip()
        return "".join(
            [
                f"{self.place} in {self.place.function}",
                f", through {self.through}" if self.through else "",
                f", in {self.thread}" if self.thread != "MainThread" else "",
                f": {text}" if text else "",
            ]
        )


_notes: dict[int, deque[Opener]] = {}
_lock = threading.Lock()
_watchers: list[object] = []
_hooked: list[bool] = []


def watch(who: object) -> None:
    """Note every opening from now on, until unwatch() was called for all who asked."""
    with _lock:
        _watchers.append(who)
        if not _hooked:  # a hook stays for the life of the process
            sys.addaudithook(_hook)
            _hooked.append(True)


def unwatch(who: object) -> None:
    """End what watch() began."""
    with _lock:
        if who in _watchers:
            _watchers.remove(who)
        if not _watchers:
            _notes.clear()


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.__new__" and _watchers:
        # What only notes must keep no socket from being made.
        with suppress(Exception):
            _note(arguments[0], sys._getframe(1))  # noqa: SLF001 - the frame that opens it


def _note(made: object, frame: "FrameType") -> None:
    # A netsteps socket that was accepted is told of when it is there. Its repr tells its number; to
    # ask for it (.number) would be to say that others use the descriptor too, and it reads
    # otherwise from then on. A plain one is asked for its descriptor later. The others will have
    # the lowest that is free.
    if isinstance(made, ns.Socket) and (told := _NUMBER.search(repr(made))):
        number = int(told[1])
    else:
        number = os.dup(2)
        os.close(number)
    plain = hasattr(made, "detach") and not isinstance(made, type)
    place, through = _places(frame)
    opener = Opener(
        place,
        through,
        threading.current_thread().name,
        ref(made) if plain else None,  # type: ignore[arg-type] # what detaches is a socket
    )
    _notes.setdefault(number, deque(maxlen=_EACH)).append(opener)


def _places(frame: "FrameType") -> tuple[Place, Place | None]:
    """Find the innermost line of the user's own, and the library's line that it went through.

    Where there is none, a fixture of this plugin has opened it, or the library by itself.
    """
    first: FrameType | None = None
    fixture: FrameType | None = None
    each: FrameType | None = frame
    while each is not None:
        file = each.f_code.co_filename
        if any(folder in file for folder in _PYTEST):
            break  # who called pytest has opened nothing
        if file.startswith(_FIXTURES):
            fixture = each
        elif not file.startswith((_OURS, "<")):
            if not file.startswith(_LIBRARY):
                return _place(each), _place(first) if first else None
            if first is None and not file.endswith(_SOCKET):
                first = each
        each = each.f_back
    return _place(fixture or first or frame), None


def _place(frame: "FrameType") -> Place:
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def opener_of(descriptor: int) -> Opener | None:
    """Give who opened it, or None where that was not told."""
    for notes in list(_notes.values()):
        for opener in reversed(notes):
            made = opener.made() if opener.made else None
            if made is not None and made.fileno() == descriptor:
                return opener
    # A plain socket that lives under another number was not this one; one that is gone may have
    # been detached from its descriptor.
    for opener in reversed(_notes.get(descriptor, ())):
        if opener.made is None or opener.made() is None:
            return opener
    return None
