"""Which call received what which call sent: byte ranges of a stream, and the ends of streams."""

from typing import TYPE_CHECKING

from netsteps.show.ladder.model import Lifeline, Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netsteps.show.ladder.model import Conversation, Step

__all__ = ["connection_links", "moved_ranges"]

Range = tuple[int, int, "Step"]


def connection_links(conversations: "Iterable[Conversation]") -> "Iterator[Link]":
    """Give everything that crossed between the two ends of each TCP connection."""
    for conversation in conversations:
        left, right = conversation.left, conversation.right
        yield from _handshakes(conversation)
        for source, target in ((left, right), (right, left)):
            if source.role == "listener":
                continue
            yield from _data(source, target)
            yield from _end_of_stream(source, target)


def _handshakes(conversation: "Conversation") -> "Iterator[Link]":
    left, right = conversation.left, conversation.right
    connects = [step for step in right.steps if step.call == "connect"]
    for step in connects:
        fate = "unseen" if left.outside and right.listener is None else "read"
        if step.phase != "completed":
            fate = "lost"
        end = right.listener or left
        yield Link("handshake", right, end, step, None, fate)
    if not connects and left.role == "accepted" and left.steps[0].call == "accepted":
        end = left.listener or left
        yield Link("handshake", right, end, None, left.accept or left.steps[0], "unseen")


def moved_ranges(line: Lifeline, way: str) -> "list[Range]":
    """Give the part of the stream that each call moved: (first byte, behind the last, call).

    In the order of the stream: of calls that several threads make at once, the first to begin need
    not be the first to move. A part that two calls claim is the first one's; no trace of ours has
    one, but a file may say anything.
    """
    ranges: list[Range] = []
    position = 0
    for step in line.steps:
        if step.way == way and step.size and step.phase == "completed" and "PEEK" not in step.call:
            first = position if step.offset is None else step.offset
            position = first + step.size
            ranges.append((first, position, step))
    ranges.sort(key=lambda part: part[:2])
    apart: list[Range] = []
    position = 0
    for first, behind, step in ranges:
        if behind > position:
            apart.append((max(first, position), behind, step))
            position = behind
    return apart


def _data(source: Lifeline, target: Lifeline) -> "Iterator[Link]":
    if source.outside:
        for first, behind, step in moved_ranges(target, "in"):
            preview = bytes(step.event.preview)
            yield Link("data", source, target, None, step, "read", first, behind - first, preview)
        return
    fate = "unseen" if target.outside or _handed_on(target) else "unread"
    reads = moved_ranges(target, "in") if not target.outside and target.role != "listener" else []
    at = 0
    seen: set[int] = set()
    for first, behind, step in moved_ranges(source, "out"):
        position = first
        while at < len(reads) and reads[at][1] <= position:
            at += 1
        look = at
        while look < len(reads) and reads[look][0] < behind and position < behind:
            begin, end, reader = reads[look]
            if begin > position:  # a read that the trace let go
                yield _piece(
                    source,
                    target,
                    step,
                    None,
                    fate=fate,
                    position=position,
                    until=begin,
                    first=first,
                )
                position = begin
            until = min(end, behind)
            link = _piece(
                source,
                target,
                step,
                reader,
                fate="read",
                position=position,
                until=until,
                first=first,
            )
            seen.add(look)
            link.whole = (begin, end) == (first, behind)
            if not link.whole:
                step.partial = reader.partial = True
            yield link
            position = until
            if end <= behind:
                look += 1
        if position < behind:
            link = _piece(
                source, target, step, None, fate=fate, position=position, until=behind, first=first
            )
            link.whole = position == first
            yield link
    for number, (begin, end, reader) in enumerate(reads):
        if number not in seen:  # sent by no call of the trace: os.sendfile, or one that it let go
            preview = bytes(reader.event.preview)
            yield Link("data", source, target, None, reader, "read", begin, end - begin, preview)


def _handed_on(line: Lifeline) -> bool:
    """Say whether others went on with its descriptor, of which nothing was recorded: OpenSSL."""
    return line.closed_ns is None and any(step.call == "detach" for step in line.steps)


def _piece(
    source: Lifeline,
    target: Lifeline,
    step: "Step",
    reader: "Step | None",
    *,
    fate: str,
    position: int,
    until: int,
    first: int,
) -> Link:
    """Make the link of one part of a call's bytes."""
    if reader is not None and step.at_ns >= reader.at_ns:
        # On one machine the reader can return before the sender's call does.
        step.at_ns = max(step.start_ns, reader.at_ns - 1)
    size = until - position
    preview = bytes(step.event.preview)[position - first :][:size]
    return Link("data", source, target, step, reader, fate, position, size, preview)


def _end_of_stream(source: Lifeline, target: Lifeline) -> "Iterator[Link]":
    """Find the FIN, or the reset, of one direction, and the call that saw it."""
    seen = [] if target.outside or target.role == "listener" else target.steps
    end = next((step for step in seen if step.sign == "end"), None)
    reset = next((step for step in seen if step.sign == "reset"), None)
    sent = next((step for step in source.steps if step.sign == "half-close"), None)
    closed = next((step for step in source.steps if step.sign == "close"), None)
    if source.outside:
        if end is not None:
            yield Link("fin", source, target, None, end)
        if reset is not None:
            yield Link("reset", source, target, None, reset)
        return
    connected = any(step.event.before not in {"created", "bound"} for step in source.steps)
    broken = any(step.sign == "reset" or step.event.before == "reset" for step in source.steps)
    if not connected or (broken and sent is None and end is None):
        return
    first = sent or closed
    if end is not None and first is not None:
        first.at_ns = min(first.at_ns, max(first.start_ns, end.at_ns - 1))
        yield Link("fin", source, target, first, end)
    elif closed is not None and closed.verdict == "reset":
        # A relay's rule has cut it: a reset leaves, whether somebody sees it or not.
        if reset is None:
            fate = "unseen" if target.outside else "unread"
            yield Link("reset", source, target, closed, None, fate)
    elif first is not None and (reset is None or first is sent):
        fate = "unseen" if target.outside else "unread"
        yield Link("fin", source, target, first, None, fate)
    if reset is not None and closed is not None and closed.start_ns <= reset.at_ns:
        yield Link("reset", source, target, closed, reset)
