"""Relays: a lane between the two sides, and what goes through it, on time, late, twice or not.

A packet comes in at the edge that faces its sender, and goes out at the other edge. In between its
line runs down for as long as the relay kept it: lines that cross are packets that overtook others.
"""

from typing import TYPE_CHECKING

from netsteps.show.ladder.colours import link_colour
from netsteps.show.ladder.lane_layout import LANE_SIZE
from netsteps.show.ladder.model import leftwards
from netsteps.show.ladder.signs import verdict_sign
from netsteps.show.ladder.words import link_title, step_title
from netsteps.show.svg import clipped, text_width
from netsteps.show.units import plural

if TYPE_CHECKING:
    from netsteps.show.ladder.lane_layout import Lane
    from netsteps.show.ladder.layout import Label, Picture
    from netsteps.show.ladder.model import Link
    from netsteps.show.svg import Canvas

__all__ = ["STOPPED", "draw_lanes", "draw_passages", "draw_verdicts"]

_HEAD_TOP, _HEAD_HEIGHT = 34.0, 44.0
_SIGN = 16.0  # the room of a sign before its words
_STOP = 14.0  # how far what does not go on comes into the lane
# Verdicts in red: the bytes do not come as they were sent.
STOPPED = {"lost", "too big", "cut", "reset", "refused", "failed", "corrupted"}


def draw_lanes(canvas: "Canvas", picture: "Picture") -> None:
    """Draw the lanes themselves, and the boxes that name the relays."""
    theme = canvas.theme
    for lane in picture.lanes:
        top, bottom = picture.top + lane.top, picture.top + lane.bottom
        relay = lane.relay
        sockets = ", ".join(f"{line.kind} {line.number} #{line.socket}" for line in relay.lines[:8])
        title = f"relay {relay.local}; {plural(len(relay.lines), 'socket')}: {sockets}"
        canvas.rect(lane.left, top, lane.width, bottom - top, fill=theme.panel, title=title)
        for x in (lane.left, lane.right):
            canvas.line(x, top, x, bottom, stroke=theme.faint, stroke_width=1.2)
        canvas.rect(
            lane.left,
            _HEAD_TOP,
            lane.width,
            _HEAD_HEIGHT,
            rx=6,
            fill=theme.panel,
            stroke=theme.faint,
        )
        name = f"relay ({relay.kind.upper()})"
        for text, y, size, bold in ((name, 18, 13, True), (relay.local, 35, 11, False)):
            canvas.text(
                lane.middle,
                _HEAD_TOP + y,
                clipped(text, size, lane.width - 8, bold=bold),
                size=size,
                anchor="middle",
                bold=bold,
                fill=theme.ink if bold else theme.faint,
            )


def draw_passages(canvas: "Canvas", picture: "Picture") -> None:
    """Draw the way of each packet through its lane; the words are drawn later, above."""
    lanes = {id(lane.relay): lane for lane in picture.lanes}
    for link in picture.model.links:
        lane = lanes.get(id(link.begin.relay))
        if link.kind == "passage" and lane is not None:
            _passage(canvas, picture, lane, link)


def _passage(canvas: "Canvas", picture: "Picture", lane: "Lane", link: "Link") -> None:
    source, target, at = link.source, link.target, picture.rows.at
    here = source if source is not None and id(source) in at else None
    there = target if target is not None and id(target) in at else None
    colour = link_colour(picture, canvas.theme, link)
    way = -1.0 if leftwards(link) else 1.0
    begin = lane.right if way < 0 else lane.left
    end = lane.left if way < 0 else lane.right
    title = link_title(link, picture.model)
    dash = "7 3" if source is not None and source.sign == "end" else None
    if here is not None and there is not None:
        if here.count > 1 or there.count > 1:
            _band(canvas, picture, (begin, end), link, colour)
            return
        y1, y2 = picture.at(here), picture.at(there)
        canvas.line(
            begin, y1, end, y2, stroke=colour, stroke_width=1.6, stroke_dasharray=dash, title=title
        )
        return
    step = here or there
    if step is None:
        return
    y = picture.at(step)
    if step is here and target is None:
        canvas.line(begin, y, begin + _STOP * way, y, stroke=colour, stroke_width=1.6, title=title)
        return
    # Its other end is in the middle that was left out.
    x = begin if step is here else end - 40 * way
    canvas.line(x, y, x + 40 * way, y, stroke=colour, stroke_dasharray="3 3", title=title)


def _band(
    canvas: "Canvas", picture: "Picture", edges: tuple[float, float], link: "Link", colour: str
) -> None:
    """Draw many passages as one."""
    source, target = link.source, link.target
    if source is None or target is None:
        return
    (a, b), (c, d) = picture.bar(source), picture.bar(target)
    b, d = max(b, a + 4), max(d, c + 4)
    x1, x2 = edges
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in ((x1, a), (x2, c), (x2, d), (x1, b)))
    title = link_title(link, picture.model)
    canvas.add("polygon", points=points, fill=colour, fill_opacity="0.12", title=title)
    for y1, y2 in ((a, c), (b, d)):
        canvas.line(x1, y1, x2, y2, stroke=colour, stroke_width=1, title=title)


def draw_verdicts(canvas: "Canvas", picture: "Picture") -> None:
    """Write what befell each packet into the lane, with its sign."""
    stopped = {
        id(link.source): link
        for link in picture.model.links
        if link.kind == "passage" and link.target is None and link.source is not None
    }
    for label in picture.labels:
        if label.anchor != "middle" or not label.name:
            continue
        _words(canvas, picture, label, stopped.get(id(label.step)))


def _words(canvas: "Canvas", picture: "Picture", label: "Label", stopped: "Link | None") -> None:
    theme, step = canvas.theme, label.step
    y, verdict = label.y, _verdict(label)
    wide = text_width(label.name, LANE_SIZE)
    room = _SIGN if step.count == 1 else 0.0
    left = label.x - (wide + room) / 2
    sign = left + 6
    if stopped is not None and step.count == 1:
        # The sign stands where its way ends, and the words behind it.
        lane = next(lane for lane in picture.lanes if lane.relay is step.line.relay)
        way = -1 if leftwards(stopped) else 1
        sign = (lane.right if way < 0 else lane.left) + (_STOP + 2) * way
        left = sign + 10 - room if way > 0 else sign - 10 - wide - room
        box = (left + room - 3, wide + 6)
    else:
        box = (left - 3, wide + room + 6)
    canvas.rect(box[0], y - 7, box[1], 14, rx=3, fill=theme.panel, fill_opacity="0.9")
    if room:
        verdict_sign(canvas, verdict, sign, y)
    canvas.text(
        left + room,
        y + 3.8,
        label.name,
        size=LANE_SIZE,
        fill=theme.red if verdict in STOPPED and room else theme.ink,
        title=step_title(step, picture.model),
    )


def _verdict(label: "Label") -> str:
    """Tell what the words say: of the end of a stream, or of a part, no verdict tells it."""
    if label.name.startswith("+"):
        return "late"
    told = label.step.verdict
    return told if told not in {"", "passed"} else "lost"
