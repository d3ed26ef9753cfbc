"""Positions to a picture: lifelines, bars, signs and words."""

from collections import Counter
from typing import TYPE_CHECKING

from netsteps.show.ladder.arrows import draw_links
from netsteps.show.ladder.build import gap_text
from netsteps.show.ladder.colours import colour_of, hue
from netsteps.show.ladder.extras import draw_extras, extras_height
from netsteps.show.ladder.lanes import draw_lanes, draw_passages, draw_verdicts
from netsteps.show.ladder.layout import SIZE
from netsteps.show.ladder.signs import arrow_head, break_mark, sign
from netsteps.show.ladder.words import since, step_title
from netsteps.show.svg import SANS, Canvas, clipped, escape, text_width
from netsteps.show.units import plural, time_text

if TYPE_CHECKING:
    from netsteps.show.ladder.layout import Label, Picture, Side
    from netsteps.show.ladder.model import Lifeline, Link, Step
    from netsteps.show.theme import Theme

__all__ = ["caption_of", "described", "draw"]

_HEAD_TOP, _HEAD_HEIGHT = 34.0, 44.0


def caption_of(picture: "Picture") -> str:
    """Say in one line what the picture holds."""
    model = picture.model
    parts = [plural(model.events, "event")]
    if model.events:
        parts[0] += f" in {time_text(max(model.end_ns - model.begin_ns, 0))}"
    kinds = {"tcp": "connection", "udp": "pair of UDP sockets"}
    for kind, word in kinds.items():
        count = sum(talk.kind == kind for talk in model.conversations)
        if count:
            words = "pairs of UDP sockets" if kind == "udp" and count > 1 else None
            parts.append(f"{count:,} {words}" if words else plural(count, word))
    if model.relays:
        parts.append(plural(len(model.relays), "relay"))
    if len(model.processes) > 1:
        parts.append(plural(len(model.processes), "process").replace("processs", "processes"))
    if model.threads:
        parts.append(plural(len(model.threads), "thread"))
    return ", ".join(parts)


def described(picture: "Picture") -> str:
    """Say what the picture shows, for those who do not see it."""
    sides = [
        f"on the {name} {side.title} {side.ends}".rstrip()
        for name, side in (("left", picture.left), ("right", picture.right))
        if side.title
    ]
    kinds = Counter(
        "FIN" if link.kind == "fin" else link.fate if link.fate in {"lost", "unread"} else link.kind
        for link in picture.model.links
        if link.kind != "passage"
    )
    crossed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    deeds = Counter(
        link.source.verdict for link in picture.model.links if link.source and _told(link)
    )
    through = ", ".join(f"{count} {verdict}" for verdict, count in sorted(deeds.items()))
    sentences = [caption_of(picture), "; ".join(sides), f"crossed: {crossed}" if crossed else ""]
    sentences.append(f"the relay's verdicts: {through}" if through else "")
    return ". ".join(part for part in [*sentences, *picture.model.notes] if part)


def _told(link: "Link") -> bool:
    """Say whether it is a packet that a relay did not just pass on; once, when it has copies."""
    if link.kind != "passage" or link.source is None or link.copy:
        return False
    return link.source.verdict not in {"", "passed"}


def draw(picture: "Picture", theme: "Theme", alt: str) -> str:
    """Draw all of it."""
    bottom = picture.top + picture.height
    canvas = Canvas(picture.width, bottom + 8 + extras_height(picture), theme)
    _heads(canvas, picture)
    _axis(canvas, picture)
    draw_lanes(canvas, picture)
    for line in picture.model.lines:
        if line.relay is None:
            _lifeline(canvas, picture, line)
    _folds(canvas, picture)
    for step in picture.model.steps:
        _bar(canvas, picture, step)
    _leaders(canvas, picture)
    draw_passages(canvas, picture)
    labels = draw_links(canvas, picture)
    # A relay that cuts a connection closes its sockets, but no ordinary close is drawn.
    broken = {
        link.source
        for link in picture.model.links
        if link.kind == "reset" and link.source is not None and link.begin.relay is not None
    }
    for step in picture.model.steps:
        if step.line.relay is None or step.sign:
            _step(canvas, picture, step, broken)
    for line in picture.model.lines:
        _number(canvas, picture, line)
    draw_verdicts(canvas, picture)
    labels()
    _fold_words(canvas, picture)
    for label in picture.labels:
        if label.anchor != "middle":
            _label(canvas, picture, label)
    draw_extras(canvas, picture, bottom + 8)
    return canvas.render(caption_of(picture), alt)


def _heads(canvas: Canvas, picture: "Picture") -> None:
    caption = caption_of(picture)
    canvas.text(12, 20, clipped(caption, 13, picture.width - 24, bold=True), size=13, bold=True)
    for side in (picture.left, picture.right):
        if side.title:
            _head(canvas, side)


def _head(canvas: Canvas, side: "Side") -> None:
    theme = canvas.theme
    width = side.right - side.left
    canvas.rect(
        side.left,
        _HEAD_TOP,
        width,
        _HEAD_HEIGHT,
        rx=6,
        fill=theme.panel,
        stroke=theme.faint if side.outside else theme.grid,
        stroke_dasharray="4 3" if side.outside else None,
    )
    middle = side.left + width / 2
    title, ends = side.title, side.ends
    if side.outside and "," not in ends:
        title, ends = ends, title
    canvas.text(
        middle,
        _HEAD_TOP + 18,
        clipped(title, 13, width - 16, bold=True),
        size=13,
        anchor="middle",
        bold=True,
    )
    canvas.text(
        middle,
        _HEAD_TOP + 35,
        clipped(ends, 11, width - 16),
        size=11,
        anchor="middle",
        fill=theme.faint,
    )


def _axis(canvas: Canvas, picture: "Picture") -> None:
    """Write the time of each row, and rule the column."""
    theme, model = canvas.theme, picture.model
    canvas.text(picture.axis, _HEAD_TOP + 35, "ms", size=10, anchor="end", fill=theme.faint)
    x = picture.axis + 8
    canvas.line(
        x, picture.top - 12, x, picture.top + picture.height - 8, stroke=theme.grid, stroke_width=1
    )
    last = ""
    for y, ns in picture.rows.times:
        text = since(model, ns)
        top = picture.top + y
        canvas.line(x - 3, top, x + 3, top, stroke=theme.faint, stroke_width=1)
        if text != last:
            canvas.text(
                picture.axis,
                top + 3.5,
                text,
                size=10,
                anchor="end",
                fill=theme.faint,
                mono=True,
            )
        last = text


def _lifeline(canvas: Canvas, picture: "Picture", line: "Lifeline") -> None:
    theme = canvas.theme
    x = picture.x[id(line)]
    top = picture.top + picture.begins[id(line)]
    bottom = picture.top + picture.ends[id(line)]
    colour = colour_of(picture, theme, line)
    words = f"{line.role or 'socket'} {line.local}".strip()
    if line.peer:
        words += f" -> {line.peer}"
    if line.outside:
        words = f"{line.local}, outside this trace"
    else:
        words += f"; {line.kind} {line.number} #{line.socket}, process {line.process}"
    canvas.line(
        x,
        top,
        x,
        bottom,
        stroke=colour,
        stroke_width=1.4,
        stroke_dasharray="5 4" if line.outside else None,
        title=words,
    )


def _number(canvas: Canvas, picture: "Picture", line: "Lifeline") -> None:
    """Put the number of its conversation on the beginning of a lifeline."""
    if not picture.several or not line.tag or line.relay is not None:
        return
    x, y = picture.x[id(line)], picture.top + picture.begins[id(line)]
    text = str(line.tag)
    half = max(8.0, text_width(text, 10) / 2 + 4)
    colour = colour_of(picture, canvas.theme, line)
    canvas.rect(
        x - half,
        y - 8,
        2 * half,
        16,
        rx=8,
        fill=canvas.theme.paper,
        stroke=colour,
        stroke_width=1.4,
    )
    canvas.text(x, y + 3.6, text, size=10, anchor="middle", fill=colour, bold=True)


def _folds(canvas: Canvas, picture: "Picture") -> None:
    """Mark the folded time: a band, and the axis and the lifelines broken."""
    theme = canvas.theme
    left, right = picture.axis + 8, picture.width - 12
    for fold in picture.rows.breaks:
        top, bottom = picture.top + fold.top, picture.top + fold.bottom
        if not fold.busy:
            canvas.rect(left, top, right - left, bottom - top, fill=theme.panel)
        broken = [(left, theme.grid)]
        for line in picture.model.lines:
            begin = picture.top + picture.begins[id(line)]
            end = picture.top + picture.ends[id(line)]
            if begin < top and end > bottom and not fold.busy and line.relay is None:
                broken.append((picture.x[id(line)], colour_of(picture, theme, line)))
        for lane in picture.lanes:
            if not fold.busy and picture.top + lane.top < top:
                broken += [(lane.left, theme.faint), (lane.right, theme.faint)]
        for x, colour in broken:
            break_mark(
                canvas,
                x,
                top,
                bottom,
                colour=colour,
                paper=theme.paper if fold.busy else theme.panel,
            )


def _fold_words(canvas: Canvas, picture: "Picture") -> None:
    """Say how long the folded time was; above the arrows that go through it."""
    theme = canvas.theme
    middle = (picture.left.last + picture.right.first) / 2
    room = min(middle - picture.axis, picture.width - middle) * 2 - 40
    for fold in picture.rows.breaks:
        if fold.busy:
            continue
        text = (
            f"... {time_text(fold.ns)} ..." if fold.ns else f"left out: {gap_text(picture.model)}"
        )
        text = clipped(text, 11, room)
        half = text_width(text, 11) / 2 + 6
        y = picture.top + (fold.top + fold.bottom) / 2
        canvas.rect(middle - half, y - 8, 2 * half, 16, rx=3, fill=theme.panel)
        canvas.text(middle, y + 4, text, size=11, anchor="middle", fill=theme.faint)


def _bar(canvas: Canvas, picture: "Picture", step: "Step") -> None:
    """Draw a call that lasted as long as it did."""
    if step.hidden:
        return
    theme = canvas.theme
    x = picture.x[id(step.line)]
    begin, end = picture.bar(step)
    colour = colour_of(picture, theme, step.line)
    open_ended = step.sign == "waiting"
    if open_ended:
        end = picture.top + picture.height
    if end - begin < 7 and step.count == 1:
        return
    end = max(end, begin + 6)
    failed = step.sign in {"timeout", "failed", "reset", "refused"}
    canvas.rect(
        x - 4,
        begin,
        8,
        end - begin,
        rx=3,
        fill=theme.panel if step.count == 1 else colour,
        stroke=theme.red if failed else colour,
        stroke_width=1.2,
        stroke_dasharray="3 3" if open_ended else None,
        title=step_title(step, picture.model),
    )
    for fold in picture.rows.breaks:
        top, bottom = picture.top + fold.top, picture.top + fold.bottom
        if begin < top and end > bottom and not fold.busy:
            canvas.rect(x - 6, top, 12, bottom - top, fill=theme.panel)
            for side in (-4, 4):
                tint = theme.red if failed else colour
                break_mark(canvas, x + side, top, bottom, colour=tint, paper=theme.panel)


def _step(canvas: Canvas, picture: "Picture", step: "Step", broken: "set[Step]") -> None:
    x, y = picture.x[id(step.line)], picture.at(step)
    colour = colour_of(picture, canvas.theme, step.line)
    if step.sign in {"refused", "timeout", "failed"}:
        y = picture.bar(step)[1]
    canvas.open()
    sign(canvas, "reset" if step in broken else step.sign, x, y, colour)
    made = step.made
    if made is not None and id(made) in picture.x:
        there = picture.x[id(made)]
        tint = colour_of(picture, canvas.theme, made)
        way = 1 if there > x else -1
        gap = 9 if picture.several else 4
        canvas.line(x + 4 * way, y, there - gap * way, y, stroke=tint, stroke_width=1.4)
        arrow_head(canvas, there - gap * way, y, (way, 0), tint)
        if not picture.several:
            sign(canvas, "", there, y, tint)
    canvas.close()


def _leaders(canvas: Canvas, picture: "Picture") -> None:
    """Lead from a label to its lifeline, where another one stands between."""
    for label in picture.labels:
        if label.anchor == "middle":
            continue
        x = picture.x[id(label.line or label.step.line)]
        edge = picture.left.first if label.anchor == "end" else picture.right.last
        if abs(x - edge) < 1:
            continue
        canvas.line(
            label.x + (4 if label.anchor == "end" else -4),
            label.y,
            x,
            label.y,
            stroke=canvas.theme.faint,
            stroke_width=0.8,
            stroke_dasharray="1 3",
        )


def _label(canvas: Canvas, picture: "Picture", label: "Label") -> None:
    theme, step = canvas.theme, label.step
    failed = step.sign in {"reset", "refused", "timeout", "failed"} and label.line is None
    tint = hue(picture, theme, step.tag)
    spans: list[tuple[str | None, str, str]] = []
    if label.tag:
        spans.append(("bold", tint, label.tag))
    spans.append((None, theme.faint if label.faint else theme.ink, label.name))
    if label.detail:
        spans.append((None, theme.red if failed and not label.faint else theme.faint, label.detail))
    if label.thread:
        spans.append((None, theme.purple, label.thread))
    content = " ".join(
        f'<tspan fill="{fill}"'
        + (f' font-weight="{weight}"' if weight else "")
        + f">{escape(text)}</tspan>"
        for weight, fill, text in spans
    )
    canvas.add(
        "text",
        content,
        title=step_title(step, picture.model),
        x=label.x,
        y=label.y + 4,
        font_size=SIZE,
        font_family=SANS,
        text_anchor="end" if label.anchor == "end" else None,
    )
