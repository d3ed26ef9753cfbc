"""The ladder: both ends of each conversation as lifelines, and what went between them.

Time runs down. Servers stand on the left, clients on the right. An arrow leads from the call that
sent bytes to the call that received them, found by their place in the stream; so one write that was
read in three pieces is seen at once. What was computed rather than observed is drawn in another way
and says so.
"""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.ladder.build import model_of
from netsteps.show.ladder.draw import caption_of, described, draw
from netsteps.show.ladder.layout import picture_of
from netsteps.show.ladder.text import text_of
from netsteps.show.steps import table_of_events
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netsteps.show.ladder.model import Event

__all__ = ["ladder"]

_ROWS = 200  # of the table below the picture


def ladder(
    events: "Sequence[Event]",
    samples: "Iterable[object]" = (),
    *,
    start_ns: int = 0,
    dropped: int = 0,
    theme: str = "light",
    width: float = 900,
    limit: int = 200,
    columns: int = 100,
    ascii: bool = False,  # noqa: A002 # the word that says it
) -> Drawing:
    """Draw the ladder of a trace.

    events: what the trace recorded, of one process or of several that share a clock. samples: what
    its sampler recorded; segments that the kernel sent again are told from them. start_ns: the time
    that counts as 0, in nanoseconds of the events' clock; by default the first event. dropped: how
    many events the trace let go. theme: "light" or "dark". width: of the picture, in pixels; it is
    wider when the labels need it. limit: how many steps are drawn; of more, conversations that are
    alike and runs of equal calls are folded, then the middle is left out, and all of it is counted.
    columns: the width of the text form, in characters. ascii: write the text form without line
    characters, for an output that cannot show them.

    Raises ValueError for a theme of another name.
    """
    model = model_of(events, samples, start_ns=start_ns, dropped=dropped, limit=limit)
    picture = picture_of(model, width)
    caption = caption_of(picture)

    def details() -> str:
        table = table_of_events(events[:_ROWS], dropped, model.begin_ns)
        if len(events) > _ROWS:
            table.note = f"the first {_ROWS} of {len(events):,}"
        return table._repr_html_()

    return Drawing(
        lambda name: draw(picture, theme_of(name), described(picture)),
        text_of(picture, caption, columns=columns, ascii=ascii),
        f"Ladder of {caption}",
        details=details,
        theme=theme_of(theme).name,
    )
