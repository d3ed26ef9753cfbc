"""What the kernel holds, as small pictures: both buffers of a socket, and a listener's queue.

The words are the fourth lecture's: what came waits in the input buffer until it is read, what was
written waits in the output buffer until the peer's kernel has acknowledged it.
"""

from typing import TYPE_CHECKING, Protocol

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.theme import theme_of
from netsteps.show.units import size_text

if TYPE_CHECKING:
    from netsteps.show.theme import Theme

__all__ = ["buffers", "queue"]

_WIDTH = 620
_MARGIN = 16
_BAR = 22  # pixels: the height of a bar
_CHARS = 48  # the width of a bar in characters
_MOST_PLACES = 32  # a queue of more places is drawn as a bar


class _Buffers(Protocol):
    @property
    def unread(self) -> int | None: ...
    @property
    def next_datagram(self) -> int | None: ...
    @property
    def unacknowledged(self) -> int | None: ...
    @property
    def unsent(self) -> int | None: ...
    @property
    def receive_capacity(self) -> int: ...
    @property
    def send_capacity(self) -> int: ...
    @property
    def receive_memory(self) -> int | None: ...
    @property
    def send_memory(self) -> int | None: ...
    @property
    def drops(self) -> int | None: ...


class _Queue(Protocol):
    @property
    def length(self) -> int: ...
    @property
    def limit(self) -> int: ...


class _Part:
    """A part of a bar: how it is written and drawn, what it is, and how many bytes."""

    def __init__(self, sign: str, name: str, size: int) -> None:
        self.sign = sign
        self.name = name
        self.size = size


class _Bar:
    """A buffer: its name, its parts from the left, how much of its capacity is taken, and words."""

    def __init__(
        self, name: str, parts: list[_Part], taken: int | None, capacity: int, words: list[str]
    ) -> None:
        self.name = name
        self.parts = [part for part in parts if part.size > 0]
        self.capacity = max(capacity, 1)
        self.said = "; ".join(words)
        self.memory = (
            f"capacity {size_text(capacity)}"
            if taken is None
            else f"{size_text(taken)} of {size_text(capacity)} of memory taken"
        )

    @property
    def words(self) -> str:
        return f"{self.said}; {self.memory}" if self.said else self.memory

    def shares(self, room: float) -> list[tuple[_Part, float, float]]:
        """Give each part with its beginning and its end in a bar of this length.

        Something is never drawn as nothing, and never beyond the end.
        """
        placed = []
        at, sum_ = 0.0, 0
        least = room / 100
        for part in self.parts:
            sum_ += part.size
            end = min(max(sum_ / self.capacity * room, at + least), room)
            placed.append((part, min(at, room - least), end))
            at = end
        return placed


_BOOKS = "the kernel's bookkeeping"


def buffers(held: _Buffers, *, theme: str = "light") -> Drawing:
    """Draw both buffers of a socket: filled, free, in flight and unsent.

    held: what socket.buffers gives. theme: "light" or "dark". A bar is as long as the buffer's
    capacity, which is a limit of memory: the bytes themselves, and what the kernel needs beside
    them to keep them (socket(7)).
    """
    bars = [_input(held), _output(held)]
    alt = "; ".join(f"{bar.name}: {bar.words}" for bar in bars)
    signs = {part.sign: part.name for bar in bars for part in bar.parts}
    text = "\n".join(
        [
            *(f"{bar.name:<13} [{_in_signs(bar)}]  {bar.words}" for bar in bars),
            f"{'':<13}  {', '.join(f'{sign} {name}' for sign, name in [*signs.items(), _FREE])}",
        ]
    )
    return Drawing(lambda name: _drawn(bars, alt, theme_of(name)), text, alt, theme=theme)


_FREE = (".", "free")


def _input(held: _Buffers) -> _Bar:
    taken = held.receive_memory
    if held.unread is None:
        words = [f"the next datagram has {held.next_datagram:,} B"] if held.next_datagram else []
        parts = [_Part("#", "datagrams with their bookkeeping", taken or 0)]
    else:
        words = [f"{size_text(held.unread)} unread"]
        parts = [
            _Part("#", "unread", held.unread),
            _Part("+", _BOOKS, (taken or 0) - held.unread),
        ]
    if held.drops:
        words.append(f"{held.drops:,} dropped for want of room")
    return _Bar("input buffer", parts, taken, held.receive_capacity, words)


def _output(held: _Buffers) -> _Bar:
    taken = held.send_memory
    if held.unacknowledged is None:
        words = []
        parts = [_Part(">", "on its way to the network", taken or 0)]
    else:
        unsent = min(held.unsent or 0, held.unacknowledged)
        flying = held.unacknowledged - unsent
        words = [f"{size_text(held.unacknowledged)} unacknowledged"]
        if held.unacknowledged:
            words[0] += f": {size_text(flying)} in flight, {size_text(unsent)} unsent"
        parts = [
            _Part(">", "in flight", flying),
            _Part("/", "unsent", unsent),
            _Part("+", _BOOKS, (taken or 0) - held.unacknowledged),
        ]
    return _Bar("output buffer", parts, taken, held.send_capacity, words)


def _in_signs(bar: _Bar) -> str:
    signs = ""
    for part, _, end in bar.shares(_CHARS):
        # At least one sign for each, as long as there is room.
        signs += part.sign * max(round(end) - len(signs), 1)
    return signs[:_CHARS].ljust(_CHARS, ".")


def _drawn(bars: list[_Bar], alt: str, theme: "Theme") -> str:
    pitch = 78
    canvas = Canvas(_WIDTH, _MARGIN + pitch * len(bars) + 24, theme)
    room = _WIDTH - 2 * _MARGIN
    names: dict[str, str] = {}
    for place, bar in enumerate(bars):
        top = _MARGIN + place * pitch
        canvas.text(_MARGIN, top + 12, bar.name, size=13, bold=True)
        beside = text_width(bar.name, 13, bold=True) + 24
        right = _WIDTH - _MARGIN
        words = clipped(bar.said, 11.5, room - beside)
        canvas.text(right, top + 12, words, size=11.5, anchor="end", title=bar.said)
        canvas.text(right, top + 56, bar.memory, size=10.5, anchor="end", fill=theme.faint)
        canvas.rect(_MARGIN, top + 20, room, _BAR, fill=theme.panel)
        for part, begin, end in bar.shares(room):
            names[part.sign] = part.name
            title = f"{part.name}: {part.size:,} bytes"
            _filled(canvas, part.sign, _MARGIN + begin, top + 20, end - begin, title=title)
        canvas.rect(_MARGIN, top + 20, room, _BAR, fill="none", stroke=theme.ink)
    x = float(_MARGIN)
    below = _MARGIN + pitch * len(bars) + 4
    for sign, name in [*names.items(), _FREE]:
        if sign == _FREE[0]:
            canvas.rect(x, below, 14, 10, fill=theme.panel)
        else:
            _filled(canvas, sign, x, below, 14, height=10)
        canvas.rect(x, below, 14, 10, fill="none", stroke=theme.ink)
        canvas.text(x + 20, below + 9, name, size=11)
        x += 20 + text_width(name, 11) + 18
    return canvas.render("The buffers of a socket", alt)


def _filled(
    canvas: Canvas, sign: str, x: float, y: float, width: float, *,
    height: float = _BAR, title: str | None = None,
) -> None:  # fmt: skip
    """Draw a part: full, striped or pale, so that colour is not all that tells them apart."""
    theme = canvas.theme
    colour = {"#": theme.blue, ">": theme.orange, "/": theme.orange, "+": theme.faint}[sign]
    if sign in "#>":
        canvas.rect(x, y, width, height, fill=colour, title=title)
        return
    pale = 0.25 if sign == "/" else 0.18
    canvas.rect(x, y, width, height, fill=colour, fill_opacity=f"{pale}", title=title)
    if sign == "/":
        steps = range(0, int(width + height), 6)
        lines = [_stripe(x, y, width, height, step) for step in steps]
        canvas.path("".join(lines), stroke=colour, stroke_width=1.5)


def _stripe(x: float, y: float, width: float, height: float, step: float) -> str:
    """Give one line from the lower left to the upper right that stays in the box."""
    left, right = max(step - height, 0.0), min(step, width)
    low, high = y + height - (left - (step - height)), y + height - (right - (step - height))
    return f"M{x + left:.1f} {low:.1f}L{x + right:.1f} {high:.1f}"


def queue(held: _Queue, *, theme: str = "light") -> Drawing:
    """Draw the accept queue of a listener: places, those that are taken, and who is next.

    held: what socket.queue gives. theme: "light" or "dark".
    """
    alt = f"accept queue: {held.length:,} of {held.limit:,} places taken"
    places = max(held.limit, held.length)
    shown = min(places, _MOST_PLACES)
    taken = held.length if places <= _MOST_PLACES else _share(held.length, places)
    signs = "#" * taken + "." * (shown - taken)
    text = f"{alt}  accept <- [{signs}] <- connect"

    def draw(name: str) -> str:
        colours = theme_of(name)
        canvas = Canvas(_WIDTH, 84, colours)
        canvas.text(_MARGIN, 28, "accept queue", size=13, bold=True)
        told = f"{held.length:,} of {held.limit:,} places taken"
        canvas.text(_WIDTH - _MARGIN, 28, told, size=11.5, anchor="end", fill=colours.faint)
        left, right = _MARGIN + 66.0, _WIDTH - _MARGIN - 72.0
        size = (right - left) / max(shown, 1)
        for place in range(shown):
            canvas.rect(
                left + place * size + 1, 42, max(size - 2, 1), _BAR,
                fill=colours.purple if place < taken else colours.panel, stroke=colours.ink,
                title="a connection that waits" if place < taken else "free",
            )  # fmt: skip
        if places > shown:
            said = f"each box stands for {places / shown:.0f} places"
            canvas.text((left + right) / 2, 78, said, size=10, anchor="middle", fill=colours.faint)
        for x, word, anchor in (
            (_MARGIN, "accept", "start"),
            (_WIDTH - _MARGIN, "connect", "end"),
        ):
            canvas.text(x, 57, word, size=11.5, anchor=anchor)
        for tip in (left - 18, right + 6):
            canvas.path(f"M{tip + 12:.1f} 53H{tip:.1f}m4 -4l-4 4l4 4", stroke=colours.ink)
        return canvas.render("The accept queue of a listener", alt)

    return Drawing(draw, text, alt, theme=theme)


def _share(length: int, places: int) -> int:
    """Give how many of the boxes are filled: none only when nobody waits, all only when full."""
    if length in {0, places}:
        return _MOST_PLACES if length else 0
    return min(max(round(length / places * _MOST_PLACES), 1), _MOST_PLACES - 1)
