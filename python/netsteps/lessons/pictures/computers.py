"""The sockets of two or more computers, and which of them belong together.

It is drawn from the sockets themselves: what they say of their state, their own address and their
peer's. The computers are told apart by their IP addresses, and the one that listens is A.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, text_width
from netsteps.show.theme import theme_of
from netsteps.show.units import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsteps import Endpoint, Socket
    from netsteps.show.theme import Theme

__all__ = ["computers"]

_WIDTH = 860.0
_BOX_WIDE, _BOX_TALL, _GAP = 292.0, 60.0, 16.0
_LEFT, _RIGHT = 34.0, _WIDTH - 34.0 - 292.0
_TOP = 44.0


@dataclass(frozen=True, slots=True)
class _Box:
    """One socket as it is at this moment; later steps do not change the picture."""

    title: str
    local: "Endpoint | None"
    peer: "Endpoint | None"
    state: str
    waiting: int | None = None  # of a listener: connections that nobody has accepted yet

    @property
    def computer(self) -> str | None:
        return None if self.local is None else self.local.ip

    @property
    def lines(self) -> "tuple[tuple[str, str], ...]":
        if self.state == "closed":
            return ()
        peer = "none: it only hands out connections" if self.waiting is not None else self.peer
        return ("own", str(self.local or "-")), ("peer", str(peer or "-"))


def computers(
    listener: "Socket | None" = None,
    connections: "Iterable[Socket]" = (),
    clients: "Iterable[Socket]" = (),
    *,
    theme: str = "light",
) -> Drawing:
    """Draw the sockets of a server and of its clients as they are now.

    listener: the socket that listens. connections: those that its accept gave. clients: those that
    connected to it. theme: "light" or "dark". A line joins the two ends of a connection; it is
    dashed, and ends at the listener, while nobody has accepted it.

    Raises ValueError for a theme of another name.
    """
    first = None
    if listener is not None:
        queue = listener.queue if listener.state == "listening" else None
        first = _Box(
            {"listening": "listening socket"}.get(listener.state, "socket"),
            listener.local,
            None,
            listener.state,
            queue.length if queue else (0 if listener.state == "listening" else None),
        )
    left = [_box(one, "connection") for one in connections]
    right = [_box(one, "client's socket") for one in clients]
    lines = [_line_of(client, left, first) for client in right]
    alt = _in_words(first, left, right, lines)
    return Drawing(
        lambda name: _drawn(first, (left, right), lines, alt, theme_of(name)),
        _in_characters(first, left, right, lines),
        alt,
        theme=theme_of(theme).name,
    )


def _box(one: "Socket", title: str) -> _Box:
    return _Box(f"{title}, {one.state}", one.local, one.peer, one.state)


def _line_of(client: _Box, left: "Sequence[_Box]", first: _Box | None) -> int | None:
    """Give the place of the other end: of a connection from 0, -1 for the listener, or None."""
    if client.peer is None or client.state == "closed":
        return None
    for place, one in enumerate(left):
        if one.state != "closed" and (one.local, one.peer) == (client.peer, client.local):
            return place
    if first is not None and first.waiting and first.local is not None:
        return -1 if first.local.port == client.peer.port else None
    return None


def _in_words(
    first: _Box | None, left: "Sequence[_Box]", right: "Sequence[_Box]", lines: "list[int | None]"
) -> str:
    joined = sum(line is not None and line >= 0 for line in lines)
    listening = 1 if first is not None and first.waiting is not None else 0
    return (
        f"{plural(listening, 'listening socket')}, "
        f"{plural(len(left), 'connection')} at the server, "
        f"{plural(len(right), 'client socket')}, {plural(joined, 'pair')} of them joined"
    )


def _in_characters(
    first: _Box | None, left: "Sequence[_Box]", right: "Sequence[_Box]", lines: "list[int | None]"
) -> str:
    rows = []
    if first is not None:
        waiting = f", {first.waiting} waiting" if first.waiting is not None else ""
        rows.append(f"{first.title} {first.local or '-'}{waiting}")
    rows += [f"  {one.title}: {one.local or '-'} peer {one.peer or '-'}" for one in left]
    for one, line in zip(right, lines, strict=True):
        other = "" if line is None else " -- waits" if line < 0 else f" -- connection {line + 1}"
        rows.append(f"{one.title}: {one.local or '-'} peer {one.peer or '-'}{other}")
    return "\n".join(rows) or "no sockets"


def _drawn(
    first: _Box | None,
    sides: "tuple[Sequence[_Box], Sequence[_Box]]",
    lines: "list[int | None]",
    alt: str,
    theme: "Theme",
) -> str:
    left, right = sides
    below = 1 if first is not None else 0
    # A client stands beside its connection; the others follow where there is room.
    places: dict[int, int] = {
        place: line + below for place, line in enumerate(lines) if line is not None and line >= 0
    }
    free = iter(
        row
        for row in range(below if right[1:] or left else 0, 1000)
        if row not in set(places.values())
    )
    for place in range(len(right)):
        if place not in places:
            places[place] = next(free)
    rows = max([len(left) + below, 1, *(row + 1 for row in places.values())])
    canvas = Canvas(_WIDTH, _TOP + rows * (_BOX_TALL + _GAP) + 16, theme)

    def top(row: int) -> float:
        return _TOP + row * (_BOX_TALL + _GAP)

    names = _names([first, *left], right)
    own = [box for box in (first, *left) if box is not None]
    ip = next((box.computer for box in own if box.computer), None)
    name = f"computer A  {ip or ''}"
    _frame(canvas, _LEFT, (top(0), top(max(len(own), 1) - 1)), f"{name}  (server)", above=True)
    before = -2  # the last row of the frame above
    for name, members in _groups(right, places, names):
        above = members[0] - before > 1
        _frame(canvas, _RIGHT, (top(members[0]), top(members[-1])), name, above=above)
        before = members[-1]
    for place, line in enumerate(lines):
        if line is None:
            continue
        y, x = top(places[place]) + _BOX_TALL / 2, _RIGHT
        goal = top(line + below if line >= 0 else 0) + _BOX_TALL / 2
        middle = (_LEFT + _BOX_WIDE + _RIGHT) / 2
        start = _LEFT + _BOX_WIDE
        canvas.path(
            f"M{start} {goal}C{middle} {goal} {middle} {y} {x} {y}",
            stroke=theme.blue if line >= 0 else theme.orange,
            stroke_width=2.5,
            stroke_dasharray=None if line >= 0 else "6 5",
        )
        for dot_x, dot_y in ((start, goal), (x, y)):
            canvas.add("circle", cx=dot_x, cy=dot_y, r=4, fill=theme.ink)
    for row, box in enumerate(own):
        _socket(canvas, box, _LEFT, top(row))
    for place, box in enumerate(right):
        _socket(canvas, box, _RIGHT, top(places[place]))
    return canvas.render("Computers and their sockets", alt)


def _names(left: "Sequence[_Box | None]", right: "Sequence[_Box]") -> dict[str | None, str]:
    """Name the clients' computers B, C, ... by their addresses; one without an address is B.

    A client may be on computer A itself: at an address that one of the sockets there has as well.
    """
    own = {box.computer for box in left if box is not None and box.computer}
    names: dict[str | None, str] = {}
    for box in right:
        if box.computer not in names:
            names[box.computer] = chr(ord("B") + sum(name != "A again" for name in names.values()))
            if box.computer in own:
                names[box.computer] = "A again"
    return names


def _groups(
    right: "Sequence[_Box]", places: dict[int, int], names: dict[str | None, str]
) -> "list[tuple[str, list[int]]]":
    """Give each computer of clients with its rows; clients of one computer may stand apart."""
    found: list[tuple[str | None, list[int]]] = []
    for place in sorted(places, key=lambda place: places[place]):
        computer, row = right[place].computer, places[place]
        if found and found[-1][0] == computer and found[-1][1][-1] == row - 1:
            found[-1][1].append(row)
        else:
            found.append((computer, [row]))
    return [(f"computer {names[ip]}  {ip or ''}  (client)", rows) for ip, rows in found]


def _frame(canvas: Canvas, x: float, span: tuple[float, float], name: str, *, above: bool) -> None:
    """Draw what a computer is around its sockets; its name is above, or beside for want of room."""
    theme = canvas.theme
    tall = span[1] - span[0] + _BOX_TALL
    canvas.rect(
        x - 14, span[0] - 7, _BOX_WIDE + 28, tall + 14, rx=10, fill=theme.panel, stroke=theme.grid
    )
    if above:
        canvas.text(x - 10, span[0] - 16, name, size=13, bold=True)
    else:
        words = name.partition("  ")[0]
        canvas.text(x - 20, span[0] + 12, words, size=12, anchor="end", bold=True)


def _socket(canvas: Canvas, box: _Box, x: float, y: float) -> None:
    theme = canvas.theme
    listening = box.waiting is not None
    colour = theme.orange if listening else theme.blue
    if box.state in {"closed", "created", "bound"}:
        colour = theme.faint
    canvas.rect(
        x, y, _BOX_WIDE, _BOX_TALL, rx=6, fill=theme.paper, stroke=colour, stroke_width=2,
        stroke_dasharray="5 4" if box.state == "closed" else None,
    )  # fmt: skip
    canvas.text(x + 12, y + 18, box.title, size=12, bold=True, fill=colour)
    for place, (word, value) in enumerate(box.lines):
        canvas.text(x + 12, y + 36 + 16 * place, word, size=11, fill=theme.faint)
        mono = value[0].isdigit() or value[0] in "[-"
        canvas.text(x + 48, y + 36 + 16 * place, value, size=11.5 if mono else 11, mono=mono)
    if box.waiting:
        words = f"{box.waiting} in its queue"
        wide = text_width(words, 11) + 14
        canvas.rect(
            x + _BOX_WIDE - wide - 10, y + 6, wide, 17, rx=8, fill=theme.orange, fill_opacity="0.18"
        )
        canvas.text(x + _BOX_WIDE - wide - 3, y + 18, words, size=11)
