"""What is written beside a step, and what the pointer shows."""

import errno
from collections import Counter
from typing import TYPE_CHECKING

from netsteps.show.ladder.sockets import port_of
from netsteps.show.tables import printable
from netsteps.show.units import plural, size_text, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.ladder.model import Link, Model, Step

__all__ = [
    "RELAYED",
    "TIMES",
    "deed_text",
    "fate_text",
    "label",
    "link_label",
    "link_title",
    "passage_text",
    "preview_text",
    "since",
    "step_title",
    "verdict_counts",
]

TIMES = "\N{MULTIPLICATION SIGN}"
_OUTCOMES = {
    "waiting": "still waiting",
    "refused": "refused",
    "reset": "reset by peer",
    "half-close": "half-close",
}
_PREVIEW = 24  # characters
_WRITTEN_OUT = 100_000
_WORTH_SAYING_NS = 1_000_000  # a relay that is this late was told to be


RELAYED = {
    "lost": "lost by the relay",
    "short": "not sent on by the relay",
    "too big": "too big for the relay's path",
    "late": "late: its line runs down for as long as the relay kept it",
    "doubled": "doubled: it goes on twice",
    "reordered": "reordered: it goes on behind later ones",
    "corrupted": "corrupted: a bit of it was flipped",
    "split": "split: it goes on in pieces",
    "glued": "glued: it goes on together with others",
    "stalled": "stalled: nothing goes on any more",
    "cut": "cut: the stream ends in the relay",
    "reset": "reset by the relay",
    "refused": "refused by the relay",
    "silent": "silent: the relay does not answer",
    "failed": "the relay could not pass it on",
}


def since(model: "Model", ns: int) -> str:
    """Write a moment as the axis does: milliseconds since the beginning."""
    return f"{(ns - model.begin_ns) / 1e6:.3f}"


def label(step: "Step", *, several: bool = False) -> tuple[str, str]:
    """Give a step's name and what came of it.

    several: whether there are several conversations, so that ports tell them apart.
    """
    if step.count > 1:
        return _run_label(step)
    # A look that failed is what the step came to, and the program called the step.
    looked = "PEEK" in step.call and step.phase == "completed"
    name = "peek" if looked else step.name
    return name, _outcome(step, several=several)


def _run_label(step: "Step") -> tuple[str, str]:
    times = step.count // len(step.names)
    cycle = ", ".join(step.names)
    if len(step.names) > 3:
        cycle = f"{step.names[0]}, {step.names[1]}, ... {len(step.names)} calls"
    name = (
        f"{step.names[0]} {TIMES} {times:,}"
        if len(step.names) == 1
        else f"({cycle}) {TIMES} {times:,}"
    )
    if len(step.names) > 1:
        return name, ""  # the sizes stand on what crosses
    sizes = [size_text(size) for size in (step.out, step.into) if size]
    return name, ", ".join(sizes)


def _outcome(step: "Step", *, several: bool) -> str:
    event = step.event
    took = time_text((step.end_ns or step.start_ns) - step.start_ns)
    match step.sign:
        case "timeout":
            return f"timed out, {took}"
        case "failed":
            if event.errno == errno.EBADF:
                return "ended by close"
            return errno.errorcode.get(event.errno or 0, "") or "failed"
        case "end":
            return "the end" + (f", waited {took}" if step.waited_ns else "")
        case sign if sign in _OUTCOMES:
            return _OUTCOMES[sign]
        case _:
            pass
    parts = []
    if step.way:
        parts.append(size_text(step.size))
    elif step.name == "bind" and event.local is not None:
        parts.append(f":{port_of(str(event.local))}")
    elif step.call == "connect" and several and event.local is not None:
        parts.append(f"from :{port_of(str(event.local))}")
    elif step.made is not None and several:
        parts.append(f":{port_of(step.made.peer)}")
    elif step.call == "detach":
        parts.append("to others")
    if step.waited_ns:
        parts.append(f"waited {took}")
    return ", ".join(parts)


def verdict_counts(steps: "Iterable[Step]") -> str:
    """Say how many of many calls had which verdict."""
    counts = Counter(step.verdict or "passed" for step in steps if step.way == "in")
    told = sorted(counts.items(), key=lambda item: (item[0] == "passed", -item[1]))
    return ", ".join(f"{count:,} {verdict}" for verdict, count in told)


def passage_text(link: "Link") -> str:
    """Say what a relay did with a packet; nothing for one that it passed on."""
    step = link.source or link.target
    if step is None:
        return ""
    if link.source is not None and link.source.count > 1:
        return link.source.verdict
    verdict, rule = step.verdict, step.event.rule or ""
    late = ""
    if link.source is not None and link.target is not None:
        held = link.target.at_ns - link.source.at_ns
        least = 0 if verdict == "late" else _WORTH_SAYING_NS
        late = f"+{_short_time(held)}" if held > least else ""
    if link.short > 0 and verdict in {"", "passed", "late", "split", "glued"}:
        return f"{size_text(link.short)} not sent on"
    if step.sign == "end" and verdict in {"", "passed", "split", "glued"}:
        return late  # there is nothing to cut
    if verdict in {"", "passed"}:
        lost = link.target is None and verdict == "" and step.size
        return "went nowhere" if lost else ""
    if link.copy:
        verdict, rule = f"copy {link.copy + 1}", ""
    elif verdict == "late" and late:
        verdict, late = late, ""
    text = f"{verdict}: {rule}" if rule else verdict
    return f"{text}, {late}" if late else text


def _short_time(ns: int) -> str:
    """Write a time without zeros that say nothing: 50 ms, not 50.0 ms."""
    digits, _, unit = time_text(ns).partition(" ")
    return f"{digits.rstrip('0').rstrip('.')} {unit}" if "." in digits else f"{digits} {unit}"


def deed_text(step: "Step") -> str:
    """Say what a relay did to a connection itself."""
    rule = step.event.rule
    return f"{step.verdict}: {rule}" if rule and step.verdict else step.verdict


def preview_text(data: bytes, size: int, room: int = _PREVIEW) -> str:
    """Write the first bytes as Python does, without the b; points for what is not shown."""
    if not data:
        return ""
    text = repr(data)[1:]
    if len(data) >= size and len(text) <= room:
        return text
    while data and len(text) > room - 3:
        data = data[:-1]
        text = repr(data)[1:]
    return f"{text}..." if data else ""


def link_label(link: "Link") -> str:
    """Give what is written on an arrow."""
    if link.kind == "fin":
        return "FIN"
    if link.kind == "reset":
        return "RST"
    if link.kind == "handshake":
        return ""
    if link.count > 1:
        part = "datagram" if link.kind == "datagram" else "piece"
        return f"{size_text(link.size)} in {plural(link.count, part)}"
    text = preview_text(link.preview, link.size)
    if link.kind == "data" and not link.whole:
        if link.first + link.size > _WRITTEN_OUT:
            return ""  # long numbers say little; the ribbon shows the cuts
        last = link.first + link.size - 1
        span = f"byte {link.first}" if link.size == 1 else f"bytes {link.first}-{last}"
        text = f"{span} {text}".rstrip()
    return text


def fate_text(link: "Link") -> str:
    """Say what became of bytes that no call was seen to receive."""
    text = "not received" if link.fate == "lost" else "not read"
    if link.end.role == "listener":
        text = "not accepted"
    return f"{link.count:,} {text}" if link.count > 1 else text


def link_title(link: "Link", model: "Model") -> str:
    """Give what the pointer shows on an arrow."""
    match link.kind:
        case "handshake":
            what = "connect: the kernel's handshake, not observed"
            if link.fate == "unseen":
                what += "; the other end is outside this trace"
        case "fin":
            what = "FIN: no more bytes come this way"
        case "reset":
            what = "RST: the connection was thrown away"
        case "passage":
            what = _passed(link)
        case "datagram":
            what = f"a datagram of {plural(link.size, 'byte')}"
        case _:
            last = link.first + max(link.size, 1) - 1
            what = f"bytes {link.first} to {last} of the stream, {size_text(link.size)}"
    fates = {
        "unread": "no call of the peer took it; what was not read lies in its kernel, or is lost",
        "lost": "no call of the receiver took it",
        "unseen": "the other end is outside this trace"
        if link.end.outside
        else "who took it is not in this trace",
    }
    ends = [step for step in (link.source, link.target) if step is not None]
    if any(step.left_out for step in ends):
        what = f"{what}; its other end is in the part that is left out"
    if link.kind not in {"handshake", "passage"} and link.fate in fates:
        what = f"{what}; {fates[link.fate]}"
    if link.source is not None and link.target is not None:
        passed = link.target.at_ns - link.source.at_ns
        what = f"{what}; {time_text(max(passed, 0))} from call to call"
    moment = link.source or link.target
    return f"{what}; at {since(model, moment.at_ns)} ms" if moment else what


def _passed(link: "Link") -> str:
    """Say what went through a relay, and what it did with it."""
    what = f"through the relay: {size_text(link.size)}"
    if link.source is not None and link.source.sign == "end":
        what = "through the relay: the end of the stream"
    words = passage_text(link)
    return f"{what}; {words}" if words else what


def step_title(step: "Step", model: "Model") -> str:
    """Give the whole line of a step: what, result, sizes, times, thread, source line."""
    event = step.event
    name, detail = label(step)
    parts = [f"{name} {detail}".rstrip(), f"call {step.call}"]
    if step.count > 1:
        parts = [f"{name} {detail}".rstrip(), plural(step.count, "call")]
    elif event.asked is not None and event.asked != event.size:
        parts.append(f"{event.asked:,} bytes asked for")
    if step.line.local or step.line.peer:
        ends = f"{event.local or step.line.local} -> {event.peer or step.line.peer}"
        parts.append(ends.removesuffix(" -> "))
    if step.count == 1 and event.error:
        parts.append(event.error)
    if event.before != event.after and step.count == 1:
        parts.append(f"state {event.before} -> {event.after}")
    when = f"{since(model, step.start_ns)} ms"
    if step.end_ns is not None:
        when += f", took {time_text(step.end_ns - step.start_ns)}"
    parts.append(f"at {when}")
    parts.append(f"{event.kind} {event.number} #{event.socket}")
    if len(model.processes) > 1:
        parts.append(f"process {event.process}")
    if event.thread in model.threads:
        parts.append(f"thread T{model.threads[event.thread]} ({event.thread})")
    if event.line:
        parts.append(str(event.line))
    if step.verdict:
        parts.append(f"the relay's verdict: {step.verdict}" if step.count > 1 else deed_text(step))
    if step.offset is not None and step.size and step.count == 1:
        parts.append(f"stream byte {step.offset:,}")
    if event.preview and step.count == 1:
        parts.append(repr(bytes(event.preview)))
    return printable("; ".join(parts))
