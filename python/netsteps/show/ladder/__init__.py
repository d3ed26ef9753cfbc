"""The ladder: both ends of each conversation as lifelines, and what went between them.

Time runs down. Servers stand on the left, clients on the right. An arrow leads from the call that
sent bytes to the call that received them, found by their place in the stream; so one write that was
read in three pieces is seen at once. What was computed rather than observed is drawn in another way
and says so.
"""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.ladder.build import model_of
from netsteps.show.ladder.draw import caption_of, draw
from netsteps.show.ladder.layout import picture_of
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsteps.show.ladder.model import Event

__all__ = ["ladder"]


def ladder(
    events: "Sequence[Event]",
    samples: "Iterable[object]" = (),
    *,
    start_ns: int = 0,
    dropped: int = 0,
    theme: str = "light",
    width: float = 900,
    limit: int = 200,
) -> Drawing:
    model = model_of(events, samples, start_ns=start_ns, dropped=dropped, limit=limit)
    picture = picture_of(model, width)
    alt = caption_of(picture)
    return Drawing(lambda name: draw(picture, theme_of(name), alt), alt, alt, theme=theme)
