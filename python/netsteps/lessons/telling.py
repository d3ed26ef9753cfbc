"""What became of a student's program, in words: its exception, its exit code, its limits."""

import builtins
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsteps.lessons.child.process import Child

__all__ = ["UNWRITTEN", "how_it_ended", "story"]

UNWRITTEN = "it is not written yet"

_LIMITS = {
    "time": "its time was over",
    "memory": "it used more than 1 GiB of memory",
    "output": "it printed more than 16 MiB",
    "processes": "it started more than 200 processes",
}

_SIGNALS = {
    "SIGSEGV": "it used memory that is not its own",
    "SIGABRT": "it gave up by itself: an assertion, or an exception that nobody caught",
    "SIGFPE": "a division by zero, or the like",
    "SIGPIPE": "it wrote to a connection that the other side had closed",
    "SIGKILL": "it was killed",
}

_HINTS = {
    "NotImplementedError": "Replace the line `raise NotImplementedError` by your own code.",
    "EOFError": "Nobody types here: a checked program cannot use input().",
    "NameError": "The name is not known where your function runs. Is it spelt right, and has the"
    " cell that makes it been run?",
    "RecursionError": "The function calls itself without end.",
    "MemoryError": "It asked for more memory than it may have. Is a length used before it is"
    " checked?",
}


def story(raised: "Mapping[str, Any]") -> tuple[str, str]:
    """Tell of an exception in a worker: what and where, and a hint or ""."""
    name, text = str(raised.get("type")), str(raised.get("text") or "")
    if name == "NotImplementedError":
        return UNWRITTEN, _HINTS[name]
    if name == "SystemExit":
        return f"it ended its program with sys.exit({raised.get('code')!r})", (
            "A function gives its result with return; sys.exit ends the whole program."
        )
    told = f"it raised {_known_as(name, raised)}" + (
        f": {text.splitlines()[0]}" if text.strip() else ""
    )
    if place := _place(raised.get("frames")):
        told += f"\n{place}"
    hint = next((_HINTS[base] for base in raised.get("bases", ()) if base in _HINTS), "")
    if remedy := raised.get("remedy"):
        hint = hint or f"Try: {remedy}"
    return told, hint


def _known_as(name: str, raised: "Mapping[str, Any]") -> str:
    """Name an exception as who knows Python's own sockets knows it."""
    if "SocketError" not in raised.get("bases", ()):
        return name
    for base in raised["bases"]:
        kind = getattr(builtins, base, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not Exception:
            return f"{base} (netsteps.{name})"
    return f"netsteps.{name}"


def _place(frames: object) -> str:
    """Write where it came from: the line, and the lines that called it."""
    if not isinstance(frames, list) or not frames:
        return ""
    lines = []
    for number, frame in enumerate(reversed(frames[-4:])):
        _, line, function, text = frame
        word = "in" if number == 0 else "called in"
        lines.append(f"{word} line {line} ({function}): {text}".rstrip(": "))
    return "\n".join(lines)


def how_it_ended(child: "Child") -> str:
    """Tell how a child ended; "" while it runs."""
    ended = child.ended
    if ended is None:
        return ""
    if ended.limit is not None:
        return f"your program was stopped: {_LIMITS[ended.limit]}"
    if ended.problem:
        return f"your program could not be run: {ended.problem}"
    if ended.code is not None and ended.code < 0:
        try:
            name = signal.Signals(-ended.code).name
        except ValueError:
            name = f"signal {-ended.code}"
        why = _SIGNALS.get(name)
        return f"your program was ended by {name}" + (f" ({why})" if why else "")
    return f"your program ended, with exit code {ended.code}"
