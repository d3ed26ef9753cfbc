"""Lines of text characters between two columns: straight ones, and ones with two corners."""

__all__ = ["Rails"]

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_CHARS = {
    0: " ",
    _UP: "│", _DOWN: "│", _UP | _DOWN: "│",
    _LEFT: "─", _RIGHT: "─", _LEFT | _RIGHT: "─",
    _DOWN | _RIGHT: "┌", _DOWN | _LEFT: "┐", _UP | _RIGHT: "└", _UP | _LEFT: "┘",
    _UP | _DOWN | _RIGHT: "├", _UP | _DOWN | _LEFT: "┤",
    _DOWN | _LEFT | _RIGHT: "┬", _UP | _LEFT | _RIGHT: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}  # fmt: skip
_WALLS = {_LEFT: "╢", _RIGHT: "╟", _LEFT | _RIGHT: "╫"}
_STEP = 3  # between two rails


class Rails:
    """The space between the two sides.

    rows: how many; width: in characters. tight: there is little of it.
    """

    def __init__(self, rows: int, width: int, *, tight: bool = False) -> None:
        self._tight = tight
        self._width = width
        self._lines = [[0] * width for _ in range(rows)]
        self._texts: list[list[tuple[int, str]]] = [[] for _ in range(rows)]
        self._taken: dict[int, list[tuple[int, int]]] = {}  # rail: the rows that it goes through
        self._rail_of: dict[int, int] = {}
        self._walls: list[tuple[int, int, int]] = []
        self._edges: set[int] = set()

    def wall(self, column: int, first: int, behind: int) -> None:
        """Draw an edge of a lane, through these rows; lines go through it."""
        self._walls.append((column, first, behind))
        self._edges.add(column)

    def bent(
        self,
        key: int,
        source: int,
        target: int,
        way: int,
        text: str,
        *,
        span: tuple[int, int] | None = None,
        head: bool = True,
    ) -> None:
        """Draw from a side at one row to the other side at another row.

        key: who sends; several lines of one sender share the part that goes down. way: 1 to the
        right, -1 to the left. span: the columns where it begins and ends. head: with an arrow's.
        """
        first, last = min(source, target), max(source, target)
        start, stop = span or self._span(way)
        rail = self._rail(key, first, last, (start, stop))
        new = key not in self._rail_of
        self._rail_of[key] = rail
        self._across(source, start, rail)
        self._across(target, rail, stop)
        if source != target:
            for row in range(first, last):
                self._lines[row][rail] |= _DOWN
                self._lines[row + 1][rail] |= _UP
        if head:
            self._put(target, stop, "►" if way > 0 else "◄")
        row, end = (source, start) if new else (target, stop)
        if new or target != source:
            self._label(row, min(end, rail), max(end, rail), text)

    def flat(
        self,
        row: int,
        way: int,
        text: str,
        *,
        line: str,
        head: str,
        part: float = 1.0,
        span: tuple[int, int] | None = None,
    ) -> None:
        """Draw along one row, over a part of the way."""
        start, stop = span or self._span(way)
        start += way * (start in self._edges)
        stop -= way * (stop in self._edges)
        room = abs(stop - start) + 1
        end = len(head) if part < 1 else 1
        length = max(int(room * part), len(text) + end + 4)
        length = min(length, room)
        if part < 1 and length - end < 2:
            length = room
        body = line * max(length - end, 0)
        words = f" {text} " if text and len(text) + 4 <= len(body) else ""
        at = (len(body) - len(words)) // 2
        body = body[:at] + words + body[at + len(words) :]
        if way < 0:
            head = head if part == 1 or len(head) == 1 else " ".join([head[2:], head[0]])
            self._put(row, start - length + 1, (head + body)[-room:])
        else:
            self._put(row, start, (body + head)[:room])

    def _span(self, way: int) -> tuple[int, int]:
        return (0, self._width - 1) if way > 0 else (self._width - 1, 0)

    def row(self, number: int) -> str:
        """Give one line."""
        masks = self._lines[number]
        chars = [_CHARS[mask] for mask in masks]
        for column, first, behind in self._walls:
            if first <= number < behind and 0 <= column < self._width:
                chars[column] = _WALLS.get(masks[column], "║")
        for at, text in self._texts[number]:
            for offset, char in enumerate(text):
                if 0 <= at + offset < self._width:
                    chars[at + offset] = char
        return "".join(chars)

    def words(self, row: int, at: int, text: str) -> None:
        """Write words into a row."""
        self._put(row, at, text)

    def _rail(self, key: int, first: int, last: int, span: tuple[int, int]) -> int:
        """Find a place to go down, near the side where it arrives, that nobody else uses."""
        if key in self._rail_of:
            rail = self._rail_of[key]
            self._taken.setdefault(rail, []).append((first, last))  # also where none was free
            return rail
        start, stop = span
        room, begin, step = abs(stop - start) + 1, 4, _STEP
        if self._tight:
            begin, step = 2, _STEP - 1
        for number in range(max((room - 2 * begin) // step, 1)):
            at = begin + number * step
            rail = stop - at if stop > start else stop + at
            taken = self._taken.setdefault(rail, [])
            if all(last <= low or high <= first for low, high in taken):
                taken.append((first, last))
                return rail
        return (start + stop) // 2

    def _across(self, row: int, begin: int, end: int) -> None:
        left, right = min(begin, end), max(begin, end)
        for at in range(left, right):
            self._lines[row][at] |= _RIGHT
            self._lines[row][at + 1] |= _LEFT

    def _put(self, row: int, at: int, text: str) -> None:
        self._texts[row].append((at, text))

    def _label(self, row: int, left: int, right: int, text: str) -> None:
        """Write on a line, where it crosses nothing."""
        left, right = left + (left in self._edges), right - (right in self._edges)
        room = right - left - (3 if self._tight else 5)
        if room < 4 or not text:
            return
        if len(text) > room:
            # The verdict without its rule says more than a part of both.
            text = text.partition(": ")[0] if self._tight else text
            text = text if len(text) <= room else f"{text[: room - 3]}..."
        words = f" {text} "
        places = [(left + right - len(words)) // 2, left + 2, right - len(words) - 1]
        for at in places:
            cells = self._lines[row][at : at + len(words)]
            if all(mask & (_UP | _DOWN) == 0 for mask in cells):
                self._put(row, at, words)
                return
