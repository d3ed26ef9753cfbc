"""The model to positions: columns, rows, and where each text goes."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netsteps.show.ladder.lane_layout import Lane, inside_words, lanes_of, put_lanes, room_of
from netsteps.show.ladder.rows import Rows, rows_of
from netsteps.show.ladder.words import label
from netsteps.show.svg import clipped, text_width
from netsteps.show.units import plural

if TYPE_CHECKING:
    from netsteps.show.ladder.model import Lifeline, Model, Step

__all__ = ["SIZE", "Label", "Picture", "Side", "picture_of"]

SIZE = 12.0  # pixels, of a label
_MARGIN = 12.0
_HEAD = 84.0  # the caption and the two boxes
_AXIS = 62.0  # the column of times
_LANE_GAPS = (30.0, 24.0, 20.0, 17.0)  # between lifelines, the more the nearer
_LEAST_MIDDLE = 220.0
_MOST_LABEL = 290.0
_ALONE = 460.0  # the width of a picture with one side
_LANE_PAUSE = 18.0  # a lifeline may stand where another one ended so far above


@dataclass(slots=True)
class Label:
    """The words beside a step, on the outer side of the lifelines."""

    step: "Step"
    x: float
    y: float
    anchor: str
    tag: str
    name: str
    detail: str
    thread: str
    faint: bool = False  # it says that a wait begins
    width: float = 0.0
    line: "Lifeline | None" = None  # the end that it names, when that is not the step's


@dataclass(slots=True)
class Side:
    """One side: who stands there. first, last: the x of its outermost lifelines."""

    title: str = ""
    ends: str = ""
    outside: bool = False
    first: float = 0.0
    last: float = 0.0
    left: float = 0.0
    right: float = 0.0


@dataclass(slots=True)
class Picture:
    """Positions in pixels. x, top, bottom: of each lifeline, by identity."""

    model: "Model"
    rows: Rows
    width: float
    top: float
    height: float
    axis: float
    several: bool
    x: dict[int, float] = field(default_factory=dict)
    begins: dict[int, float] = field(default_factory=dict)
    ends: dict[int, float] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    left: Side = field(default_factory=Side)
    right: Side = field(default_factory=Side)
    lanes: list[Lane] = field(default_factory=list)

    def at(self, step: "Step") -> float:
        """Give the height of a step's row."""
        return self.top + self.rows.at[id(step)]

    def bar(self, step: "Step") -> tuple[float, float]:
        """Give the heights between which a call lasted."""
        at = self.rows.at[id(step)]
        begin = self.rows.begin.get(id(step), at)
        return self.top + begin, self.top + self.rows.end.get(id(step), at)


def picture_of(model: "Model", width: float) -> Picture:
    """Give everything its place."""
    rows = rows_of(model)
    # Under the last row waits go on, and lifelines end open.
    body = rows.height + 26
    talks = [talk for talk in model.conversations if not talk.folded]
    several = len(talks) > 1
    picture = Picture(model, rows, width, _HEAD + 22, body, _MARGIN + _AXIS, several)
    _spans(picture)
    lanes = {side: _lanes(picture, side) for side in ("left", "right")}
    _labels(picture)
    picture.lanes = lanes_of(picture)
    room = {
        side: max([label.width for label in picture.labels if label.anchor == anchor], default=50.0)
        for side, anchor in (("left", "end"), ("right", "start"))
    }
    _columns(picture, lanes, room)
    _name_sides(picture)
    return picture


def _spans(picture: Picture) -> None:
    """Find from where to where each lifeline goes."""
    rows, bottom = picture.rows, picture.rows.height + 26
    partners: dict[int, list[float]] = {}
    for step in picture.model.steps:
        at = rows.at[id(step)]
        begin = rows.begin.get(id(step), at)
        key = id(step.line)
        picture.begins[key] = min(picture.begins.get(key, begin), begin)
        last = rows.end.get(id(step), at)
        picture.ends[key] = max(picture.ends.get(key, last), last)
    for step in picture.model.steps:
        if step.made is not None and id(step.made) in picture.begins:
            picture.begins[id(step.made)] = min(picture.begins[id(step.made)], rows.at[id(step)])
    for line in picture.model.lines:
        key = id(line)
        if key in picture.begins:
            if not _born(line):
                picture.begins[key] = -16.0
            if line.closed_ns is None:
                picture.ends[key] = bottom
    for link in picture.model.links:
        for end in (link.begin, link.end):
            met = link.source or link.target
            if end.outside and met is not None and id(met) in rows.at:
                partners.setdefault(id(end), []).append(rows.at[id(met)])
    for line in picture.model.lines:
        if line.outside:
            ys = partners.get(id(line), [0.0])
            picture.begins[id(line)] = min(ys) - 14
            picture.ends[id(line)] = max(ys) + 22


def _born(line: "Lifeline") -> bool:
    """Say whether its beginning is in the trace."""
    first = line.steps[0] if line.steps else None
    return first is not None and first.call in {"socket", "accepted"}


def _lanes(picture: Picture, side: str) -> list[list["Lifeline"]]:
    """Share the columns of a side among its lifelines; an ended one makes room."""
    lines = [line for line in picture.model.lines if line.side == side]
    shared = {id(talk.left) for talk in picture.model.conversations if talk.left.kind == "udp"}
    lines.sort(
        key=lambda line: (
            line.role != "listener" and id(line) not in shared,
            picture.begins[id(line)],
            line.tag,
        )
    )
    lanes: list[list[Lifeline]] = []
    for line in lines:
        begin = picture.begins[id(line)]
        for lane in lanes:
            if picture.ends[id(lane[-1])] + _LANE_PAUSE <= begin and lane[-1].role == line.role:
                lane.append(line)
                break
        else:
            lanes.append([line])
    return lanes


def _labels(picture: Picture) -> None:
    """Write the label of each row, and measure it."""
    model, rows = picture.model, picture.rows
    last_thread: dict[int, int] = {}
    inside = inside_words(model)
    for step in model.steps:
        side = step.line.side
        if side == "relay":
            words = inside.get(id(step), "")
            y = picture.at(step)
            picture.labels.append(Label(step, 0, y, "middle", "", words, "", ""))
            continue
        anchor = "end" if side == "left" else "start"
        name, detail = label(step, several=picture.several)
        tag = str(step.tag) if picture.several and step.tag else ""
        thread = ""
        number = model.threads.get(step.event.thread, 0)
        if number and last_thread.get(id(step.line)) != number:
            last_thread[id(step.line)] = number
            thread = f"T{number}"
        room = _MOST_LABEL - text_width(f"{tag}  {name} {thread}", SIZE)
        detail = clipped(detail, SIZE, max(room, 40))
        if id(step) in rows.waits:
            y = picture.top + rows.begin[id(step)]
            waiting = Label(step, 0, y, anchor, tag, name, "waits", thread, faint=True)
            picture.labels.append(waiting)
            thread = ""
        picture.labels.append(Label(step, 0, picture.at(step), anchor, tag, name, detail, thread))
    _name_outside(picture)
    for each in picture.labels:
        words = " ".join(part for part in (each.tag, each.name, each.detail, each.thread) if part)
        each.width = text_width(words, SIZE)


def _name_outside(picture: Picture) -> None:
    """Name each end that is not in the trace, where it is met first."""
    named: set[int] = set()
    for side in ("left", "right"):
        lines = [line for line in picture.model.lines if line.side == side]
        if len(lines) == 1 and lines[0].outside:
            named.add(id(lines[0]))  # the box above says it
    for link in picture.model.links:
        line, step = (link.end, link.source) if link.end.outside else (link.begin, link.target)
        if not line.outside or id(line) in named or step is None:
            continue
        if id(step) not in picture.rows.at:
            continue
        named.add(id(line))
        if line.side == step.line.side:
            # Its own side has words on this row already: they name it.
            for own in picture.labels:
                if own.step is step and not own.faint:
                    own.detail = f"{own.detail}, {line.local} outside"
            continue
        anchor = "end" if line.side == "left" else "start"
        tag = str(step.tag) if picture.several and step.tag else ""
        y = picture.at(step)
        picture.labels.append(
            Label(step, 0, y, anchor, tag, line.local, "outside", "", True, line=line)
        )


def _columns(
    picture: Picture, lanes: "dict[str, list[list[Lifeline]]]", room: dict[str, float]
) -> None:
    """Put the lifelines side by side, and as much room as is left between the two sides."""
    most = max(len(lanes["left"]), len(lanes["right"]), 1)
    gap = _LANE_GAPS[min((most - 1) // 2, len(_LANE_GAPS) - 1)]
    left = picture.axis + 14 + room["left"] + 16
    for number, lane in enumerate(lanes["left"]):
        for line in lane:
            picture.x[id(line)] = left + number * gap
    left_end = left + max(len(lanes["left"]) - 1, 0) * gap
    right_width = max(len(lanes["right"]) - 1, 0) * gap
    taken = left_end + right_width + room["right"] + 16 + 2 * _MARGIN
    least = room_of(picture.lanes) if picture.lanes else _LEAST_MIDDLE
    if lanes["right"] or picture.lanes:
        picture.width = max(picture.width, taken + least)
    else:
        picture.width = max(left_end + 60, _ALONE)
        room = {**room, "right": 0.0}
    right = picture.width - _MARGIN - room["right"] - 16 - right_width
    for number, lane in enumerate(lanes["right"]):
        for line in lane:
            picture.x[id(line)] = right + number * gap
    picture.left.first, picture.left.last = left, left_end
    picture.right.first, picture.right.last = right, right + right_width
    put_lanes(picture, left_end, right)
    for each in picture.labels:
        if each.anchor != "middle":
            each.x = left - 14 if each.anchor == "end" else right + right_width + 14
    middle = (left_end + right) / 2
    picture.left.left, picture.left.right = picture.axis + 8, middle - 20
    if not lanes["right"] and not picture.lanes:
        picture.left.right = picture.width - _MARGIN
    picture.right.left, picture.right.right = middle + 20, picture.width - _MARGIN
    if picture.lanes:
        picture.left.right = picture.lanes[0].left - 16
        picture.right.left = picture.lanes[-1].right + 16


def _name_sides(picture: Picture) -> None:
    """Say who stands on each side."""
    for side, name in ((picture.left, "left"), (picture.right, "right")):
        lines = [line for line in picture.model.lines if line.side == name]
        own = [line for line in lines if not line.outside]
        side.outside = bool(lines) and not own
        side.title = _title(picture, lines, name)
        ends: dict[str, None] = {}
        # Those that never talked with anybody are no servers: they stand here for want of a side.
        for line in [line for line in own if line.role] or own or lines:
            if line.role != "accepted" or line.listener is None or line.listener.folded:
                ends[line.local or f"socket #{line.socket}"] = None
            elif line.listener.local:
                ends[line.listener.local] = None
        shown = list(ends)
        side.ends = ", ".join(shown[:2]) + (f" and {len(shown) - 2} more" if shown[2:] else "")
        pids = {line.process for line in own}
        if len(picture.model.processes) > 1 and pids:
            if len(pids) == 1:
                side.title += f", process {pids.pop()}"
            else:
                side.title += f", {len(pids)} processes"


def _title(picture: Picture, lines: "list[Lifeline]", side: str) -> str:
    if not lines:
        return ""
    own = [line for line in lines if not line.outside]
    if not own:
        return "outside this trace" if len(lines) == 1 else f"{len(lines)} ends outside this trace"
    talks = [talk for talk in picture.model.conversations if getattr(talk, side) in lines]
    kinds = {line.kind for line in own}
    if side == "left":
        if kinds == {"udp"}:
            if not talks or len(own) > 1:
                return plural(len(own), "UDP socket") if len(own) > 1 else "UDP socket"
            return "receiver (UDP)"
        serving = [line for line in own if line.role in {"listener", "accepted"}]
        if not serving:
            return plural(len(own), "socket") if len(own) > 1 else "socket"
        ports = {line.local.rpartition(":")[2] for line in serving}
        return "server" if len(ports) <= 1 else plural(len(ports), "server")
    asking = len([line for line in own if line.role] or own)
    alike = sum(max(talk.alike - 1, 0) for talk in talks)
    word = "UDP sender" if kinds == {"udp"} else "client"
    if alike:
        return f"{asking + alike:,} {word}s, {asking} drawn"
    if kinds == {"udp"}:
        return "sender (UDP)" if asking == 1 else plural(asking, word)
    return "client" if asking == 1 else plural(asking, "client")
