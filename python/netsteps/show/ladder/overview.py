"""All conversations at a glance, when not all are drawn: one line each, time to the right."""

from typing import TYPE_CHECKING

from netsteps.show.svg import clipped, number, text_width
from netsteps.show.units import plural, time_text

if TYPE_CHECKING:
    from netsteps.show.ladder.layout import Picture
    from netsteps.show.ladder.model import Conversation, Lifeline
    from netsteps.show.svg import Canvas

__all__ = ["draw_overview", "overview_height"]

_TITLE = 60.0
_BELOW = 34.0
_LEADING = 16.0
_MOST = 300  # lines
_LEFT, _RIGHT = 86.0, 24.0
_FAILED = {"reset", "refused", "timeout", "failed"}


def _lane(count: int) -> float:
    """Give the height of a line, in pixels."""
    return 8.0 if count <= 30 else 5.0 if count <= 120 else 3.0


def _shown(picture: "Picture") -> "list[Conversation]":
    talks = picture.model.conversations
    if not any(talk.folded for talk in talks):
        return []
    every = -(-len(talks) // _MOST)
    return talks[::every]


def overview_height(picture: "Picture") -> float:
    """Give its height in pixels; 0 when every conversation is drawn."""
    talks = _shown(picture)
    if not talks:
        return 0
    below = _BELOW + max(y for _, _, _, y in _keys(picture, talks))
    return _TITLE + len(talks) * _lane(len(talks)) + below


def draw_overview(canvas: "Canvas", picture: "Picture", top: float) -> None:
    """Draw a line for each conversation, from its connect to its close."""
    talks = _shown(picture)
    if not talks:
        return
    model, theme = picture.model, canvas.theme
    every = -(-len(model.conversations) // _MOST)
    title = (
        f"All {plural(len(model.conversations), 'conversation')} at a glance, at most "
        f"{_at_once(model.conversations)} at once: one line each"
    )
    if every > 1:
        title = f"{title}, of every {every} one"
    canvas.text(12, top + 18, clipped(title, 13, picture.width - 24, bold=True), size=13, bold=True)
    begin = min(talk_span(talk)[0] for talk in talks)
    end = max([begin + 1, *(talk_span(talk)[1] for talk in talks)])
    width = picture.width - _LEFT - _RIGHT
    scale = width / (end - begin)
    lane = _lane(len(talks))
    body = top + _TITLE - 14
    _ruler(canvas, picture, (begin, end), body, body + len(talks) * lane + 6)
    written = 0.0
    for row, talk in enumerate(talks):
        y = body + 4 + row * lane
        first, last = talk_span(talk)
        x, right = _LEFT + (first - begin) * scale, _LEFT + (last - begin) * scale
        accepted = talk.left.first_ns if talk.kind == "tcp" and not talk.left.outside else first
        served = min(max(_LEFT + (accepted - begin) * scale, x), right)
        if served > x:
            canvas.rect(x, y + lane * 0.35, served - x, max(lane * 0.3, 1), fill=theme.sky)
        drawn = not talk.folded
        canvas.rect(
            served,
            y + lane * 0.1,
            max(right - served, 1.5),
            lane * 0.8,
            fill=theme.orange if drawn else theme.blue,
            title=f"{talk.number}: {talk.left.local} {talk.right.local}, {time_text(last - first)}",
        )
        if drawn and y - written >= 11:
            written = y
            canvas.text(
                _LEFT - 10,
                y + lane / 2 + 3.5,
                str(talk.number),
                size=10,
                anchor="end",
                fill=theme.orange,
                bold=True,
            )
        if _failed(talk):
            _cross(canvas, right + 2, y + lane / 2)
    _key(canvas, picture, talks, body + len(talks) * lane + 22)


def _cross(canvas: "Canvas", x: float, y: float) -> None:
    path = f"M{number(x)} {number(y - 3)} l6 6 m0 -6 l-6 6"
    canvas.path(path, stroke=canvas.theme.red, stroke_width=1.6)


def talk_span(talk: "Conversation") -> tuple[int, int]:
    """Give when a conversation began and ended, as far as it was seen."""
    first = [_first(end) for end in (talk.left, talk.right) if _counts(end)]
    last = [end.last_ns for end in (talk.left, talk.right) if _counts(end)]
    if not first:
        return talk.right.first_ns, talk.right.last_ns
    return min(first), max(last)


def _counts(line: "Lifeline") -> bool:
    return not line.outside and line.role != "listener" and not _hub(line)


def _hub(line: "Lifeline") -> bool:
    return line.role == "datagram" and line.side == "left"


def _first(line: "Lifeline") -> int:
    """Give when it connected, not when the socket was made."""
    for step in line.steps:
        if step.call == "connect":
            return step.start_ns
    return line.first_ns


def _failed(talk: "Conversation") -> bool:
    return any(
        step.sign in _FAILED
        for end in (talk.left, talk.right)
        if _counts(end)
        for step in end.steps
    )


def _ruler(
    canvas: "Canvas", picture: "Picture", span: tuple[int, int], top: float, bottom: float
) -> None:
    theme, (begin, end) = canvas.theme, span
    width = picture.width - _LEFT - _RIGHT
    for part in range(5):
        x = _LEFT + width * part / 4
        ns = begin + (end - begin) * part / 4 - picture.model.begin_ns
        canvas.line(x, top, x, bottom, stroke=theme.grid, stroke_width=1)
        anchor = "end" if part == 4 else "middle"
        canvas.text(
            x, top - 5, f"{ns / 1e6:.3f}", size=10, anchor=anchor, fill=theme.faint, mono=True
        )
    canvas.text(12, top - 5, "ms", size=10, fill=theme.faint)


def _keys(picture: "Picture", talks: "list[Conversation]") -> "list[tuple[str, str, float, float]]":
    """Set the entries of the key in lines: (what, words, x, y)."""
    words = {"open": "open", "drawn": "drawn above"}
    if any(talk.kind == "tcp" and not talk.left.outside for talk in talks):
        words["queue"] = "connected by the kernel, not accepted yet"
    if any(_failed(talk) for talk in talks):
        words["failed"] = "ended with an error"
    places, x, y = [], _LEFT, 0.0
    for name, text in words.items():
        width = 24 + text_width(text, 11) + 18
        if x > _LEFT and x + width > picture.width - 12:
            x, y = _LEFT, y + _LEADING
        places.append((name, text, x, y))
        x += width
    return places


def _key(canvas: "Canvas", picture: "Picture", talks: "list[Conversation]", top: float) -> None:
    theme = canvas.theme
    for name, text, x, below in _keys(picture, talks):
        y = top + below
        if name == "failed":
            _cross(canvas, x + 8, y - 4)
        else:
            colour = {"open": theme.blue, "drawn": theme.orange, "queue": theme.sky}[name]
            thick = 2.4 if name == "queue" else 6.4
            canvas.rect(x, y - 4 - thick / 2, 18, thick, fill=colour)
        canvas.text(x + 24, y, text, size=11, fill=theme.faint)


def _at_once(talks: "list[Conversation]") -> int:
    moves = []
    for talk in talks:
        first, last = talk_span(talk)
        moves += [(first, 1), (last + 1, -1)]
    most = now = 0
    for _, change in sorted(moves):
        now += change
        most = max(most, now)
    return most
