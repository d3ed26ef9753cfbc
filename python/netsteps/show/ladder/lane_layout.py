"""Where the lane of a relay is, and which words stand in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.show.ladder.words import deed_text, passage_text
from netsteps.show.svg import clipped, text_width

if TYPE_CHECKING:
    from netsteps.show.ladder.layout import Picture
    from netsteps.show.ladder.model import Model, Relay

__all__ = ["LANE_SIZE", "Lane", "inside_words", "lanes_of", "put_lanes", "room_of"]

LANE_SIZE = 11.0  # of the words in a relay's lane
_LEAST_LANE, _MOST_LANE = 110.0, 280.0  # the width of a lane
_LEAST_HALF = 150.0  # between a side and a relay


@dataclass(slots=True)
class Lane:
    """The lane of a relay: from edge to edge, from top to bottom."""

    relay: "Relay"
    width: float
    left: float = 0.0
    top: float = 0.0
    bottom: float = 0.0

    @property
    def right(self) -> float:
        """Its other edge."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """Where its words stand."""
        return self.left + self.width / 2


def inside_words(model: "Model") -> dict[int, str]:
    """Give the words in a relay's lane, for each step that has some: where a packet ends there."""
    words: dict[int, str] = {}
    for link in model.links:
        step = link.target or link.source
        if link.kind != "passage" or step is None:
            continue
        if link.source is not None and (link.source.count > 1 or link.copy == 0):
            # Of many pieces the first one tells it.
            if id(link.source) in words:
                continue
            words[id(link.source)] = ""
        at = step.joined or step
        if link.source is not None and link.source.count > 1:
            at = link.source
        words[id(at)] = passage_text(link)
    told = {(step.tag, step.verdict) for step in model.steps if words.get(id(step))}
    for step in model.steps:
        if step.line.side == "relay" and not step.way and (step.tag, step.verdict) not in told:
            words[id(step)] = deed_text(step)
            told.add((step.tag, step.verdict))
    return words


def lanes_of(picture: "Picture") -> list[Lane]:
    """Give each relay a lane that is wide enough for its words."""
    lanes = []
    for relay in picture.model.relays:
        if not any(id(line) in picture.begins for line in relay.lines):
            continue
        own = [label for label in picture.labels if label.step.line.relay is relay]
        words = [text_width(label.name, LANE_SIZE) + 44 for label in own]
        words.append(text_width(relay.local, LANE_SIZE) + 16)
        width = min(max([_LEAST_LANE, *words]), _MOST_LANE)
        for one in own:
            one.name = clipped(one.name, LANE_SIZE, width - 40)
        lanes.append(Lane(relay, width, top=-16.0, bottom=picture.height))
    places = _places(picture.model)
    return sorted(lanes, key=lambda lane: places[id(lane.relay)])


def room_of(lanes: "list[Lane]") -> float:
    """Give the least width between the two sides."""
    return sum(lane.width for lane in lanes) + (len(lanes) + 1) * _LEAST_HALF


def put_lanes(picture: "Picture", left: float, right: float) -> None:
    """Put the lanes between the sides, their sockets on the edges, their words in the middle."""
    taken = sum(lane.width for lane in picture.lanes)
    pause = (right - left - taken) / (len(picture.lanes) + 1)
    x = left
    middles: dict[int, float] = {}
    for lane in picture.lanes:
        x += pause
        lane.left = x
        x += lane.width
        middles[id(lane.relay)] = lane.middle
        for line in lane.relay.lines:
            picture.x[id(line)] = lane.left if line.faces == "left" else lane.right
    for each in picture.labels:
        if each.anchor == "middle":
            each.x = middles.get(id(each.step.line.relay), left)


def _places(model: "Model") -> dict[int, int]:
    """Tell how many relays stand between each one and the target: the last one is on the left."""
    after: dict[int, int] = {}
    for link in model.links:
        near, far = link.begin.relay, link.end.relay
        if near is not None and far is not None and near is not far:
            # What goes towards a target leaves an edge that faces left.
            left, right = (far, near) if link.begin.faces == "left" else (near, far)
            after.setdefault(id(right), id(left))
    places = {}
    for relay in model.relays:
        met, at = [id(relay)], id(relay)
        while (at := after.get(at, 0)) and at not in met:
            met.append(at)
        places[id(relay)] = len(met)
    return places
