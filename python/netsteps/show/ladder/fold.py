"""What to do with too much: conversations that are alike, runs of equal calls, the middle."""

from collections import Counter
from typing import TYPE_CHECKING

from netsteps.show.ladder.model import Link, Step
from netsteps.show.ladder.words import verdict_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from netsteps.show.ladder.model import Conversation, Lifeline, Model

__all__ = ["LANES", "fold"]

LANES = 8  # how many conversations are drawn side by side
_LONGEST_CYCLE = 6
_SHORTEST_RUN = 3  # calls; and of a cycle of several calls:
_SHORTEST_CYCLE = 8  # times: a few rounds are read more easily than a sum
_HEAD = 0.6  # the part of the limit that the beginning gets when the middle is left out


def fold(model: "Model", limit: int) -> None:
    """Bring the model down to what can be read: at most about `limit` steps.

    First one conversation stands for all that are like it, then a run of equal calls on a lifeline
    becomes one step, then the middle is left out. What is folded is counted.
    """
    limit = max(limit, 4)
    if len(model.conversations) > 1 and (
        len(model.steps) > limit or _at_once(model.conversations) > LANES
    ):
        _fold_alike(model)
        model.steps = [step for step in model.steps if not step.line.folded]
    runs = len(model.steps) > limit
    folded = {talk.number for talk in model.conversations if talk.folded}
    if runs or folded:
        gone = {step.made for step in model.steps if step.made and not step.made.folded}
        for line in model.lines:
            if not line.folded and (runs or _shared(line, folded)):
                _fold_runs(line, folded, gone, everything=runs)
        model.steps = [step for step in model.steps if step.part_of is None]
        model.steps += {
            id(step): step for line in model.lines for step in line.steps if step.count > 1
        }.values()
        model.steps.sort(key=lambda step: (step.at_ns, step.event.id))
    if len(model.steps) > limit:
        _fold_middle(model, limit)
    if runs or folded:
        model.links = _fold_links(model.links)


def _at_once(talks: "list[Conversation]") -> int:
    """Count how many conversations there were at one time, at most."""
    moves: list[tuple[int, int]] = []
    for talk in talks:
        line = talk.right if talk.left.outside else talk.left
        if line.role in {"listener", "datagram"}:
            line = talk.right
        moves += [(talk.first_ns, 1), (max(line.last_ns, talk.first_ns) + 1, -1)]
    most = now = 0
    for _, change in sorted(moves):
        now += change
        most = max(most, now)
    return most


def _shape(talk: "Conversation") -> "tuple[Hashable, ...]":
    """Tell what happened in a conversation, whatever the sizes and however often."""
    shape: list[Hashable] = [talk.kind, talk.left.outside, talk.right.outside]
    for line in (talk.left, talk.right):
        own = [
            (step.name, step.sign)
            for step in line.steps
            if step.tag == talk.number and step.name != "socket"
        ]
        shape.append(tuple(own[first] for first, _, _ in _cycles(own, lambda key: key, 2, 2)))
    return tuple(shape)


def _fold_alike(model: "Model") -> None:
    groups: dict[tuple[Hashable, ...], list[Conversation]] = {}
    for talk in model.conversations:
        groups.setdefault(_shape(talk), []).append(talk)
    failed = {"reset", "refused", "timeout", "failed"}

    def weight(group: "list[Conversation]") -> tuple[bool, int, int]:
        lines = (group[0].left, group[0].right)
        bad = any(step.sign in failed for line in lines for step in line.steps)
        return (not bad, -len(group), group[0].number)

    chosen = sorted(groups.values(), key=weight)[:LANES]
    shown = {id(group[0]) for group in chosen}
    for group in groups.values():
        for talk in group:
            talk.alike = 0
        group[0].alike = len(group)
        for talk in group:
            if id(talk) not in shown:
                for line in (talk.left, talk.right, *talk.via):
                    # A socket that others share stays: a listener, a UDP server.
                    if line.role != "listener" and line.tag == talk.number:
                        line.folded = True
    for talk in model.conversations:
        if id(talk) in shown:
            for line in (talk.left, talk.right, *talk.via):
                line.folded = False


def _shared(line: "Lifeline", folded: set[int]) -> bool:
    return line.role == "listener" or any(step.tag in folded for step in line.steps)


def _cycles(
    items: "Sequence[object]",
    key: "Callable[[object], Hashable]",
    longest: int,
    least: int,
    rounds: int = 0,
) -> "Iterator[tuple[int, int, int]]":
    """Cut a sequence into cycles that repeat: (index of the first, its period, how often).

    longest: the longest period. least: how often one item must come, rounds: how often several.
    """
    keys = [key(item) for item in items]
    at, total = 0, len(keys)
    while at < total:
        best = (1, 1)
        for period in range(1, longest + 1):
            times = 1
            cycle = keys[at : at + period]
            if None in cycle:
                break
            behind = at + period
            while keys[behind : behind + period] == cycle and len(cycle) == period:
                times += 1
                behind += period
            if (
                times >= (least if period == 1 else max(least, rounds))
                and times * period > best[0] * best[1]
            ):
                best = (period, times)
        yield at, *best
        at += best[0] * best[1]


def _fold_runs(
    line: "Lifeline", folded: set[int], kept: "set[Lifeline]", *, everything: bool
) -> None:
    """Make one step of each run of equal calls, or cycle of calls, on a lifeline."""

    def key(item: object) -> "Hashable":
        step = item
        assert isinstance(step, Step)
        other = step.tag in folded or (step.made is not None and step.made.folded)
        if step.made in kept or step.sign or step.phase != "completed":
            return None
        if not (everything or other):
            return None
        return (step.name, step.call, -1 if other else step.tag)

    steps = [step for step in line.steps if not step.hidden]
    for first, period, times in list(
        _cycles(steps, key, _LONGEST_CYCLE, _SHORTEST_RUN, _SHORTEST_CYCLE)
    ):
        if times >= _SHORTEST_RUN:
            run = _run(steps[first : first + period * times], period)
            line.steps.append(run)


def _run(steps: list[Step], period: int) -> Step:
    first, last = steps[0], steps[-1]
    run = Step(
        line=first.line,
        event=first.event,
        name=first.name,
        call=first.call,
        way=first.way if period == 1 else "",
        phase="completed",
        size=sum(step.size for step in steps if step.way),
        start_ns=first.start_ns,
        end_ns=last.end_ns or last.start_ns,
        at_ns=last.at_ns if first.way == "in" and period == 1 else first.at_ns,
        offset=first.offset,
        sign="",
        tag=first.tag if len({step.tag for step in steps}) == 1 else 0,
        count=len(steps),
        names=tuple(step.name for step in steps[:period]),
        out=sum(step.size for step in steps if step.way == "out"),
        into=sum(step.size for step in steps if step.way == "in"),
        last=last.event,
        verdict=verdict_counts(steps) if first.line.relay and first.way == "in" else "",
    )
    for step in steps:
        step.part_of = run
    return run


def _fold_middle(model: "Model", limit: int) -> None:
    steps = model.steps
    head = max(int(limit * _HEAD), 1)
    tail = max(limit - head, 1)
    middle = steps[head : len(steps) - tail]
    counts: Counter[str] = Counter()
    for step in middle:
        step.hidden = True
        for name in step.names or (step.name,):
            counts[name] += max(step.count // max(len(step.names), 1), 1)
    ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    model.gap = ordered
    model.gap_before = steps[len(steps) - tail]
    model.steps = steps[:head] + steps[len(steps) - tail :]


def _fold_links(links: list[Link]) -> list[Link]:
    """Join the links between two runs into one."""
    joined: dict[tuple[object, ...], Link] = {}
    for link in links:
        if link.begin.folded or link.end.folded:
            continue
        source, target = link.source, link.target
        link.source = source.part_of or source if source else None
        link.target = target.part_of or target if target else None
        run = any(step is not None and step.count > 1 for step in (link.source, link.target))
        key: tuple[object, ...] = (id(link),)
        if run:
            ends = (id(link.source), id(link.target))
            key = (*ends, link.kind, id(link.begin), id(link.end), link.fate)
        first = joined.get(key)
        if first is None:
            joined[key] = link
            if run:
                link.preview = b""
        else:
            first.count += 1
            first.size += link.size
    return [link for link in joined.values() if _seen(link)]


def _seen(link: Link) -> bool:
    """Say whether an end of it is drawn."""
    ends = [step for step in (link.source, link.target) if step is not None]
    return any(not step.hidden or step.made is not None for step in ends)
