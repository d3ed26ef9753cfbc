"""Events to the model of a ladder."""

from typing import TYPE_CHECKING

from netsteps.show.ladder.datagrams import datagram_links
from netsteps.show.ladder.fold import fold
from netsteps.show.ladder.match import connection_links
from netsteps.show.ladder.model import Model
from netsteps.show.ladder.relays import (
    find_relays,
    join_rows,
    join_talks,
    passages,
    place_relays,
)
from netsteps.show.ladder.sockets import lifelines, pairs
from netsteps.show.ladder.words import TIMES
from netsteps.show.units import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsteps.show.ladder.model import Event, Lifeline

__all__ = ["model_of"]


def model_of(
    events: "Sequence[Event]",
    samples: "Iterable[object]" = (),
    *,
    start_ns: int = 0,
    dropped: int = 0,
    limit: int = 200,
) -> Model:
    """Find the lifelines, the conversations and what crossed, and fold what is too much."""
    ordered = sorted(events, key=lambda event: (event.start_ns, event.process, event.id))
    lines = lifelines(ordered)
    relays = find_relays(lines)
    talks = pairs(lines)
    links = list(connection_links(talks))
    more_talks, more_links = datagram_links(lines, len(talks) + 1)
    talks += more_talks
    links += more_links
    if not talks:
        for line in lines:
            line.side = line.side if line.relay else "left"  # nobody stands on the other side
    if relays:
        place_relays(relays, lines)
        passed = passages(relays)
        talks = join_talks(talks, passed, lines)
        links += passed
    lines += [end for talk in talks for end in (talk.left, talk.right) if end.outside]
    lines = list({id(line): line for line in lines}.values())
    steps = [step for line in lines for step in line.steps if not step.hidden]
    steps.sort(key=lambda step: (step.at_ns, step.event.id))
    first = min((event.start_ns for event in ordered), default=start_ns)
    model = Model(
        lines=lines,
        conversations=talks,
        steps=steps,
        links=links,
        begin_ns=start_ns or first,
        end_ns=max((step.end_ns or step.start_ns for step in steps), default=first),
        events=len(ordered),
        dropped=dropped,
        relays=relays,
    )
    _threads(model, ordered)
    fold(model, limit)
    join_rows(model)
    _notes(model, samples)
    drawn = {id(step.line) for step in model.steps}
    drawn |= {id(end) for link in model.links for end in (link.begin, link.end) if end.outside}
    model.lines = [line for line in model.lines if id(line) in drawn and not line.folded]
    model.links.sort(key=lambda link: (link.source or link.target or model.steps[0]).at_ns)
    return model


def _threads(model: Model, events: "Sequence[Event]") -> None:
    """Give numbers to the threads and the processes, when there are several."""
    threads: dict[int, int] = {}
    processes: dict[int, None] = {}
    relayed = {(line.process, line.socket) for relay in model.relays for line in relay.lines}
    for event in events:
        processes[event.process] = None
        if (event.process, event.socket) in relayed:
            continue  # the relay's own thread says nothing of the program
        threads.setdefault(event.thread, len(threads) + 1)
    model.threads = threads if len(threads) > 1 else {}
    model.processes = list(processes)


def _notes(model: Model, samples: "Iterable[object]") -> None:
    """Say in words what the picture cannot show."""
    if model.dropped:
        model.notes.append(
            f"{plural(model.dropped, 'older event')} not kept by the trace: what they sent or "
            "received is not here."
        )
    if model.gap:
        count = sum(model.gap.values())
        model.notes.append(f"{plural(count, 'call')} in the middle left out: {gap_text(model)}.")
    folded = sum(talk.folded for talk in model.conversations)
    if folded:
        drawn = len(model.conversations) - folded
        kinds = sum(talk.alike > 0 for talk in model.conversations)
        shown = "one of each is drawn" if drawn >= kinds else f"one of each of {drawn} is drawn"
        talks = plural(len(model.conversations), "conversation")
        model.notes.append(f"{talks} of {plural(kinds, 'kind')}: {shown}.")
    lost: dict[tuple[int, int], int] = {}
    for sample in samples:
        key = (getattr(sample, "process", 0), getattr(sample, "socket", 0))
        lost[key] = max(lost.get(key, 0), getattr(sample, "retransmissions", 0) or 0)
    for line in model.lines:
        count = lost.get((line.process, line.socket), 0)
        if count:
            model.notes.append(
                f"{_name(line)}: the kernel sent {plural(count, 'segment')} again (sampled)."
            )


def gap_text(model: Model, most: int = 4) -> str:
    """Say what was left out in the middle: read 100 times, write 98 times."""
    parts = [f"{name} {TIMES} {count:,}" for name, count in model.gap.items()]
    return ", ".join(parts[:most]) + (", ..." if len(parts) > most else "")


def _name(line: "Lifeline") -> str:
    return line.local or f"socket #{line.socket}"
