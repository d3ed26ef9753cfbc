"""netsteps show: what a trace or a capture holds, as a table, a ladder, a curve, or JSON."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.cli.terminal import say, show_table, warn

if TYPE_CHECKING:
    import argparse

    from netsteps.show.drawing import Drawing

__all__ = ["draw", "show", "shows_lines"]

_TRACE = ".jsonl"
_ATTRIBUTES = (
    *("process", "socket", "number", "kind", "step", "call", "phase", "local", "peer"),
    *("asked", "size", "offset", "preview", "error", "errno", "before", "after"),
    *("start_ns", "end_ns", "thread", "line", "verdict", "rule", "origin"),
)


def show(options: "argparse.Namespace") -> int:
    """Show a file, in the form that was asked for."""
    drawing = "ladder" if options.ladder else "buffers" if options.buffers else None
    others = [file for file in options.files if Path(file).suffix.lower() != _TRACE]
    if not others:
        _trace(options, drawing)
    elif drawing:
        options.usage_error(f"--{drawing} needs a trace ({_TRACE}); {others[0]} is none")
    elif len(options.files) > 1:
        options.usage_error(f"only traces ({_TRACE}) are shown together; {others[0]} is none")
    else:
        _capture(options, others[0])
    return 0


def _trace(options: "argparse.Namespace", drawing: str | None) -> None:
    traces = [ns.Trace.load(file) for file in options.files]
    trace = traces[0] if len(traces) == 1 else ns.merge(*traces)
    if drawing == "ladder":
        plain = not shows_lines()
        draw(trace.ladder(ascii=plain), options.ladder)
    elif drawing == "buffers":
        draw(trace.buffers(), options.buffers)
    else:
        events = trace.events
        objects = [_object(event) for event in events] if options.json else []
        show_table(trace.table(), objects, as_json=options.json)


def draw(drawing: "Drawing", where: str) -> None:
    """Write a drawing as text to the output, or to a file and say which."""
    if where == "-":
        say(str(drawing))
        return
    try:
        path = drawing.save(where)
    except ValueError as error:
        raise _bad(str(error), "a path that ends with .svg, .html or .txt") from None
    say(f"wrote {path}")


def _bad(cause: str, remedy: str) -> ns.BadArgument:
    error = ns.BadArgument(f"show: {cause}. Try: {remedy}.")
    error.code, error.step, error.cause, error.remedy = "bad argument", "show", cause, remedy
    return error


def shows_lines() -> bool:
    """Whether the output can show the characters that lines are made of."""
    try:
        "│─►●".encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _object(event: "ns.Event") -> dict[str, object]:
    """Give an event for JSON: addresses as text, and bytes in hexadecimal."""
    told: dict[str, object] = {}
    for name in _ATTRIBUTES:
        value = getattr(event, name)
        if isinstance(value, bytes):
            value = value.hex()
        told[name] = str(value) if isinstance(value, ns.Endpoint) else value
    return told


def _capture(options: "argparse.Namespace", file: str) -> None:
    capture = ns.read_packets(file)
    for problem in capture.problems:
        warn(f"{file}: {problem}")
    if not options.json:
        show_table(capture.table(), [], as_json=False)
        return
    objects = []
    for captured in capture:
        packet = captured.packet
        objects.append(
            {
                "time_ns": captured.time_ns,
                "interface": captured.interface,
                "length": captured.length,
                "data": captured.data.hex(),
                "protocol": packet and packet.protocol,
                "source": _address(packet and packet.source),
                "destination": _address(packet and packet.destination),
                "summary": packet and packet.summary,
                "comment": captured.comment,
            }
        )
    say(json.dumps(objects, indent=2))


def _address(endpoint: object) -> str | None:
    return None if endpoint is None else str(endpoint)
