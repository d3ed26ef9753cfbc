"""Room for the words of a ladder: none upon another."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Box", "Words"]

Box = tuple[float, float, float, float]


class Words:
    """Finds room for the words of the arrows: none upon another.

    later: what places words, when all lines are drawn. written: what writes them, above the lines.
    """

    def __init__(self) -> None:
        self._rows: dict[int, list[Box]] = {}
        self.later: list[Callable[[], None]] = []
        self.written: list[Callable[[], None]] = []

    def place(self, box: Box) -> bool:
        """Take the room of a box, if it is free."""
        rows = range(int(box[1] // 40), int(box[3] // 40) + 1)
        for row in rows:
            for other in self._rows.get(row, ()):
                apart = box[2] < other[0] or other[2] < box[0]
                if not (apart or box[3] < other[1] or other[3] < box[1]):
                    return False
        self.reserve(box)
        return True

    def reserve(self, box: Box) -> None:
        """Keep words away from something."""
        for row in range(int(box[1] // 40), int(box[3] // 40) + 1):
            self._rows.setdefault(row, []).append(box)
