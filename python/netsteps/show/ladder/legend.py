"""What the signs of a picture mean: those that are in it."""

from typing import TYPE_CHECKING

from netsteps.show.ladder.signs import arrow_head, fin_head, sign, verdict_sign
from netsteps.show.ladder.words import RELAYED
from netsteps.show.svg import number, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsteps.show.ladder.layout import Picture
    from netsteps.show.svg import Canvas

__all__ = ["draw_legend", "legend_height", "meanings"]

_SIZE = 11.0
_LEADING = 18.0
_MARGIN = 12.0
_LONG = {"data", "datagram", "handshake", "fin", "outside", "wait", "run", "fold", "relay"}
_WORDS = {
    "data": "bytes, from the sending call to the reading call",
    "datagram": "a datagram",
    "handshake": "handshake by the kernel, not observed",
    "queue": "waits in the accept queue",
    "fin": "FIN: no more bytes come this way",
    "end": "the end was read",
    "half-close": "half-close: sends no more, still reads",
    "close": "closed",
    "reset": "reset (RST)",
    "refused": "refused: nobody listens",
    "timeout": "timed out",
    "failed": "failed",
    "wait": "a wait, as long as it was",
    "waiting": "still waiting",
    "unread": "sent, and read by no call",
    "lost": "sent, and not received",
    "outside": "an end outside this trace: what it did was not seen",
    "fold": "idle time, folded",
    "run": "many calls drawn as one",
    "relay": "a relay: what comes in at one edge goes out at the other",
    **{f"relay {verdict}": words for verdict, words in RELAYED.items()},
}


def meanings(picture: "Picture") -> dict[str, str]:
    """Give the signs that are in the picture, with what each means."""
    model = picture.model
    used = {step.sign for step in model.steps}
    links = [link for link in model.links if id(link.begin) in picture.x]
    used |= {link.kind for link in links}
    used |= {link.fate for link in links if link.kind in {"data", "datagram"}}
    if any(line.outside for line in model.lines):
        used.add("outside")
    if any(step.waited_ns for step in model.steps if step.line.relay is None):
        used.add("wait")
    if any(not fold.busy for fold in picture.rows.folds):
        used.add("fold")
    if any(step.count > 1 for step in model.steps):
        used.add("run")
    if picture.lanes:
        told = [step for step in model.steps if step.line.relay is not None and step.count == 1]
        if any(link.short > 0 for link in model.links):
            used.add("relay short")
        used |= {"relay", *(f"relay {step.verdict}" for step in told)}
    return {name: words for name, words in _WORDS.items() if name in used}


def _sample_width(name: str) -> float:
    return 34.0 if name in _LONG else 14.0


def _places(picture: "Picture") -> "Iterator[tuple[str, str, float, float]]":
    """Set the entries in lines, as words are set."""
    x, y = _MARGIN, 0.0
    for name, words in meanings(picture).items():
        width = _sample_width(name) + 7 + text_width(words, _SIZE) + 20
        if x > _MARGIN and x + width > picture.width - _MARGIN:
            x, y = _MARGIN, y + _LEADING
        yield name, words, x, y
        x += width


def legend_height(picture: "Picture") -> float:
    """Give its height in pixels."""
    places = list(_places(picture))
    return places[-1][3] + _LEADING + 14 if places else 0


def draw_legend(canvas: "Canvas", picture: "Picture", top: float) -> None:
    """Draw the signs and their meanings."""
    places = list(_places(picture))
    if not places:
        return
    theme = canvas.theme
    canvas.line(
        _MARGIN, top + 2, picture.width - _MARGIN, top + 2, stroke=theme.grid, stroke_width=1
    )
    top += 12
    for name, words, x, y in places:
        _sample(canvas, name, x, top + y + 7)
        canvas.text(x + _sample_width(name) + 7, top + y + 11, words, size=_SIZE, fill=theme.faint)


def _sample(canvas: "Canvas", name: str, x: float, y: float) -> None:
    theme = canvas.theme
    width = _sample_width(name)
    end, middle = x + width, x + width / 2
    match name:
        case "data" | "datagram":
            canvas.line(x, y, end - 2, y, stroke=theme.ink, stroke_width=1.6)
            arrow_head(canvas, end, y, (1, 0), theme.ink)
        case "handshake":
            canvas.line(
                x, y, end - 8, y, stroke=theme.faint, stroke_width=1.2, stroke_dasharray="2 4"
            )
            arrow_head(canvas, end, y, (1, 0), theme.faint, hollow=True)
        case "fin":
            canvas.line(
                x, y, end - 4, y, stroke=theme.ink, stroke_width=1.6, stroke_dasharray="7 3"
            )
            fin_head(canvas, end - 2, y, (1, 0), theme.ink)
        case "outside":
            canvas.line(x, y, end, y, stroke=theme.faint, stroke_width=1.4, stroke_dasharray="5 4")
        case "wait":
            canvas.rect(
                middle - 12,
                y - 4,
                24,
                8,
                rx=3,
                fill=theme.panel,
                stroke=theme.ink,
                stroke_width=1.2,
            )
        case "run":
            canvas.rect(middle - 12, y - 4, 24, 8, rx=3, fill=theme.ink)
        case "fold":
            canvas.rect(x, y - 6, width, 12, fill=theme.panel)
            canvas.path(
                f"M{number(middle)} {number(y - 6)} v2.5 l3 1.5 l-6 4 l3 1.5 v2.5",
                stroke=theme.faint,
            )
        case "relay":
            canvas.rect(x, y - 6, width, 12, fill=theme.panel)
            for edge in (x, end):
                canvas.line(edge, y - 6, edge, y + 6, stroke=theme.faint, stroke_width=1.2)
        case _ if name.startswith("relay "):
            verdict_sign(canvas, name.removeprefix("relay "), middle, y)
        case _:
            sign(canvas, name, middle, y, theme.ink)
