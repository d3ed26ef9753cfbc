"""A relay's report as a picture: for each direction a bar of what came, by what became of it."""

from typing import TYPE_CHECKING, Protocol

from netsteps.show.drawing import Drawing
from netsteps.show.strip import STOPPED
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.theme import theme_of
from netsteps.show.units import size_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsteps.show.theme import Theme

__all__ = ["Counts", "bars"]

_WIDTH, _MARGIN, _LEFT = 620.0, 16.0, 96.0
_BAR, _ROW = 20.0, 66.0
_CHARS = 40
# Those that go on, but not as they came.
_CHANGED = ("late", "reordered", "doubled", "corrupted", "split", "glued")
_PARTS = {"#": "as it came", "+": "changed or late", "x": "did not go on"}


class Counts(Protocol):
    """What came one way (netsteps.RelayCounts), with a count for each verdict beside these."""

    @property
    def came(self) -> int:
        """How many came."""

    @property
    def came_bytes(self) -> int:
        """Their bytes."""

    @property
    def delivered(self) -> int:
        """How many were sent on, copies among them."""

    @property
    def delivered_bytes(self) -> int:
        """Their bytes."""

    @property
    def passed(self) -> int:
        """How many went on as they came, at once."""


class _Report(Protocol):
    @property
    def to_target(self) -> Counts: ...
    @property
    def to_client(self) -> Counts: ...


class _Bar:
    """One direction: its three parts, and its words."""

    def __init__(self, name: str, counts: Counts) -> None:
        def of(verdict: str) -> int:
            return int(getattr(counts, verdict.replace(" ", "_"), 0))

        stopped = min(sum(of(verdict) for verdict in STOPPED), counts.came)
        passed = min(counts.passed, counts.came - stopped)
        self.name, self.came = name, counts.came
        self.parts = {"#": passed, "+": counts.came - stopped - passed, "x": stopped}
        self.said = (
            f"{counts.came:,} came ({size_text(counts.came_bytes)}), "
            f"{counts.delivered:,} sent on ({size_text(counts.delivered_bytes)})"
        )
        kinds = [*_CHANGED, *sorted(STOPPED)]
        self.kinds = ", ".join(f"{of(kind):,} {kind}" for kind in kinds if of(kind))

    def shares(self, room: int) -> list[tuple[str, int]]:
        """Share room among the parts: what there is is never drawn as nothing."""
        shares = {
            sign: max(round(count / max(self.came, 1) * room), 1) if count else 0
            for sign, count in self.parts.items()
        }
        over = sum(shares.values()) - room if self.came else 0
        largest = max(shares, key=lambda sign: shares[sign])
        shares[largest] -= over
        return list(shares.items())


def bars(
    report: _Report, *, theme: str = "light", details: "str | Callable[[], str]" = ""
) -> Drawing:
    """Draw what a relay did, counted: what passed, what was changed, what did not go on.

    report: what Relay.report() gives. theme: "light" or "dark". details: a table to unfold below.

    Raises ValueError for a theme of another name.
    """
    both = [_Bar("to target", report.to_target), _Bar("to client", report.to_client)]
    alt = "; ".join(
        f"{bar.name}: {bar.said}" + (f", {bar.kinds}" * bool(bar.kinds)) for bar in both
    )
    lines = []
    for bar in both:
        drawn = "".join(sign * share for sign, share in bar.shares(_CHARS))
        lines.append(f"{bar.name:<10} [{drawn:<{_CHARS}}]  {bar.said}")
        if bar.kinds:
            lines.append(f"{'':<12} {bar.kinds}")
    lines.append(f"{'':<12} {', '.join(f'{sign} {words}' for sign, words in _PARTS.items())}")
    return Drawing(
        lambda name: _drawn(both, alt, theme_of(name)),
        "\n".join(lines),
        alt,
        details=details,
        theme=theme_of(theme).name,
    )


def _drawn(both: list[_Bar], alt: str, theme: "Theme") -> str:
    canvas = Canvas(_WIDTH, 2 * _ROW + 34, theme)
    room = _WIDTH - _LEFT - _MARGIN
    for row, bar in enumerate(both):
        top = 12 + row * _ROW
        canvas.text(_MARGIN, top + 14, bar.name, size=12, bold=True)
        canvas.rect(_LEFT, top, room, _BAR, fill=theme.panel, stroke=theme.grid)
        x = _LEFT
        for sign, share in bar.shares(round(room)):
            _part(canvas, sign, (x, top, float(share), _BAR))
            x += share
        canvas.text(_LEFT, top + 35, clipped(bar.said, 11, room), size=11)
        canvas.text(_LEFT, top + 49, clipped(bar.kinds, 11, room), size=11, fill=theme.faint)
    x, y = _LEFT, 2 * _ROW + 20
    for sign, words in _PARTS.items():
        _part(canvas, sign, (x, y - 9, 18.0, 11.0))
        canvas.text(x + 24, y, words, size=11, fill=theme.faint)
        x += 24 + text_width(words, 11) + 20
    return canvas.render("What a relay did, counted", alt)


def _part(canvas: Canvas, sign: str, box: tuple[float, float, float, float]) -> None:
    """Draw a part: each has a pattern of its own, so that no meaning hangs on a colour alone."""
    x, y, width, height = box
    theme = canvas.theme
    if not width:
        return
    colour = {"#": theme.blue, "+": theme.orange, "x": theme.red}[sign]
    canvas.rect(x, y, width, height, fill=colour, fill_opacity="0.75" if sign == "#" else "0.3")
    if sign == "#":
        return
    # Slanted lines for what was changed, crossed ones for what did not go on.
    at = x
    while at + height <= x + width:
        canvas.line(at, y + height, at + height, y, stroke=colour, stroke_width=1)
        if sign == "x":
            canvas.line(at, y, at + height, y + height, stroke=colour, stroke_width=1)
        at += 7
