"""The ladder in plain text, for a terminal: the same rows, with arrows of line characters.

A line is a row: its time, the steps of the left side, what crosses, the steps of the right side.
What crosses leaves on the row of the call that sent it, and arrives on the row of the call that
received it.
"""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from netsteps.show.ladder.build import gap_text
from netsteps.show.ladder.model import leftwards
from netsteps.show.ladder.rails import Rails
from netsteps.show.ladder.ribbon import ends_of, letters, ribbons_of
from netsteps.show.ladder.text_lanes import TextLanes, short
from netsteps.show.ladder.words import TIMES, fate_text, link_label, since
from netsteps.show.tables import printable
from netsteps.show.units import size_text, time_text

if TYPE_CHECKING:
    from netsteps.show.ladder.layout import Label, Picture
    from netsteps.show.ladder.model import Link
    from netsteps.show.ladder.ribbon import Ribbon

__all__ = ["text_of"]

_LEAST_MIDDLE = 24
_MOST_LABEL = 34
_LABEL_BY_LANE = 20  # what a label should have before the words of a relay get more
_SIGNS = {
    "": "●",
    "end": "▬",
    "half-close": "◐",
    "close": "■",
    "reset": "↯",
    "refused": "⊖",
    "timeout": "✕",
    "failed": "✕",
    "waiting": "○",
}
_ASCII = str.maketrans(
    {
        "●": "*", "▬": "=", "◐": "%", "■": "#", "↯": "!", "⊖": "X", "✕": "x", "○": "o", "│": "|",
        "┃": "H", "─": "-", "╌": ".", "┄": ".", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+",
        "┤": "+", "┬": "+", "┴": "+", "┼": "+", "◄": "<", "►": ">", "◁": "<", "▷": ">", TIMES: "x",
        "␣": "_", "┊": ":", "·": ".", "□": "u",
        "║": "|", "╢": "|", "╟": "|", "╫": "+", "‖": "=",
    }
)  # fmt: skip


def text_of(picture: "Picture", caption: str, *, columns: int = 100, ascii: bool = False) -> str:  # noqa: A002
    """Write the ladder in lines of at most `columns` characters."""
    parts = [caption]
    if picture.model.steps:
        parts += ["", *_Text(picture, columns).lines()]
    for ribbon in ribbons_of(picture.model)[:4]:
        parts += ["", *_ribbon(picture, ribbon, columns)]
    if picture.model.notes:
        parts.append("")
    for note in picture.model.notes:
        parts += _wrapped(note, columns)
    text = "\n".join(short(line.rstrip(), columns) for line in parts)
    return text.translate(_ASCII) if ascii else text


def _wrapped(text: str, columns: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and len(longer) > columns:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def _on(middle: str, text: str) -> str:
    """Write folded time between the lines that go down, as near to the middle as there is room."""
    room = len(text) + 2
    centre = (len(middle) - room) // 2
    free = [at for at in range(len(middle) - room + 1) if not middle[at : at + room].strip()]
    at = min(free, key=lambda at: abs(at - centre), default=max(centre, 0)) + 1
    return f"{middle[:at]}{text}{middle[at + len(text) :]}"[: len(middle)]


class _Text:
    """The rows, being written."""

    def __init__(self, picture: "Picture", columns: int) -> None:
        self.picture, self.model, self.columns = picture, picture.model, columns
        self.labels = sorted(picture.labels, key=lambda label: (label.y, label.anchor))
        words = {side: [_words(each) for each in self._of(side)] for side in ("end", "start")}
        self.lanes = TextLanes(picture, columns)
        least = self.lanes.least() if self.lanes else _LEAST_MIDDLE
        self.time = max(len(since(self.model, ns)) for _, ns in picture.rows.times)
        taken = self.time + 2 + 3 + 3
        room = max(columns - taken - least, 16)
        wide = {
            side: max([len(text) for text in texts], default=6) for side, texts in words.items()
        }
        if self.lanes:
            wanted = sum(min(count, _LABEL_BY_LANE) for count in wide.values())
            room += self.lanes.narrow(max(wanted - room, 0))
        self.left = min(wide["end"], _MOST_LABEL, max(room // 2, room - wide["start"]))
        self.right = min(wide["start"], _MOST_LABEL, room - self.left)
        self.middle = columns - taken - self.left - self.right
        if self.lanes:
            self.middle = self.lanes.place(self.middle)
        self.row: dict[int, int] = {}
        self.rows: list[Label | str] = []
        self.marks: dict[str, list[str]] = {}
        self._fill()

    def _of(self, anchor: str) -> "list[Label]":
        return [label for label in self.labels if label.anchor == anchor]

    def _fill(self) -> None:
        """Put labels and folded times into one order; a label that names an end joins its row."""
        entries: list[tuple[float, int, Label | str]] = [
            (label.y, 1, label) for label in self.labels if label.line is None
        ]
        top = self.picture.top
        entries += [
            (top + fold.top, 0, f"... {time_text(fold.ns)} ...")
            for fold in self.picture.rows.folds
            if not fold.busy
        ]
        if self.picture.rows.gap is not None:
            text = f"... left out: {gap_text(self.model)} ..."
            entries.append((top + self.picture.rows.gap.top, 0, text))
        entries.sort(key=lambda entry: entry[:2])
        for _, _, entry in entries:
            if not isinstance(entry, str) and not entry.faint:
                self.row[id(entry.step)] = len(self.rows)
            self.rows.append(entry)
        for link in self.model.links:
            joined = link.target.joined if link.target is not None else None
            if joined is not None and id(joined) in self.row:
                self.row[id(link.target)] = self.row[id(joined)]
        self.names = {id(label.step): label for label in self.labels if label.line is not None}

    def lines(self) -> list[str]:
        """Write all rows."""
        self._spans()
        rails = Rails(len(self.rows), self.middle, tight=bool(self.lanes))
        self.lanes.draw(rails, [self._y(number) for number in range(len(self.rows))])
        for link in self.model.links:
            self._link(rails, link)
        head = [self._head()]
        self.lanes.deeds(rails, self.row, _SIGNS)
        return head + [self._line(number, rails) for number in range(len(self.rows))]

    def _head(self) -> str:
        """Write who stands on each side, above it."""
        left, right = self.picture.left, self.picture.right
        if self.lanes:
            sides = _head_words(left.title, left.ends), _head_words(right.title, right.ends)
            return self.lanes.head(self.time + self.left + 5, self.time + 2, sides)
        start, half = self.time + 2, self.left + 3 + self.middle // 2
        one = short(_head_words(left.title, left.ends), half - 2)
        other = short(_head_words(right.title, right.ends), self.columns - start - half - 1)
        indent = max(min(self.left + 3, half - 2) - len(one), 0)
        return f"{'':>{start}}{' ' * indent + one:<{half}} {other:>{self.right + self.middle // 2}}"

    def _line(self, number: int, rails: Rails) -> str:
        entry = self.rows[number]
        middle = rails.row(number)
        marks = {side: own[number] for side, own in self.marks.items()}
        if isinstance(entry, str):
            marks = {side: "┊" if mark != " " else " " for side, mark in marks.items()}
            middle = _on(middle, short(entry, self.middle - 2))
            return f"{'':>{self.time}}  {'':>{self.left}} {marks['left']} {middle} {marks['right']}"
        step = entry.step
        if entry.anchor == "middle":
            named = self.names.get(id(step))
            words = {"left": "", "right": ""}
            if named is not None:
                words["left" if named.anchor == "end" else "right"] = _words(named)
            left, right = short(words["left"], self.left), short(words["right"], self.right)
            return (
                f"{since(self.model, step.at_ns):>{self.time}}  {left:>{self.left}}"
                f" {marks['left']} {middle} {marks['right']} {right}"
            )
        side = "left" if entry.anchor == "end" else "right"
        marks[side] = "┃" if entry.faint else _SIGNS[step.sign]
        words = {"left": "", "right": "", side: _words(entry)}
        named = self.names.get(id(step))
        if named is not None and not entry.faint:
            words["left" if named.anchor == "end" else "right"] = _words(named)
        at = step.start_ns if entry.faint else step.at_ns
        left = short(words["left"], self.left)
        right = short(words["right"], self.right)
        return (
            f"{since(self.model, at):>{self.time}}  {left:>{self.left}} {marks['left']}"
            f" {middle} {marks['right']} {right}"
        )

    def _spans(self) -> None:
        """Mark the rows through which a lifeline goes, and those through which a call waits."""
        picture, rows = self.picture, self.picture.rows
        ys = [self._y(number) for number in range(len(self.rows))]
        self.marks = {side: [" "] * len(ys) for side in ("left", "right")}
        for line in self.model.lines:
            if line.relay is not None:
                continue
            first = bisect_left(ys, picture.begins[id(line)])
            behind = bisect_right(ys, picture.ends[id(line)])
            self.marks[line.side][first:behind] = ["│"] * max(behind - first, 0)
        for step in self.model.steps:
            if step.line.relay is not None:
                continue
            if id(step) in rows.begin or id(step) in rows.end or step.sign == "waiting":
                begin, end = (y - picture.top for y in picture.bar(step))
                end = picture.height if step.sign == "waiting" else end
                first, behind = bisect_right(ys, begin), bisect_left(ys, end)
                self.marks[step.line.side][first:behind] = ["┃"] * max(behind - first, 0)

    def _y(self, number: int) -> float:
        entry = self.rows[number]
        while isinstance(entry, str) and number:
            number -= 1
            entry = self.rows[number]
        return 0.0 if isinstance(entry, str) else entry.y - self.picture.top

    def _link(self, rails: Rails, link: "Link") -> None:
        source = self.row.get(id(link.source)) if link.source else None
        target = self.row.get(id(link.target)) if link.target else None
        text = printable(link_label(link))
        way = -1 if leftwards(link) else 1
        if link.kind == "passage":
            self.lanes.passage(rails, link, source, target)
            return
        if link.begin.side == link.end.side != "relay":
            return
        span = self.lanes.span(link, way, self.middle)
        if link.kind == "handshake":
            row = source if source is not None else target
            if row is None:
                return
            if link.fate == "lost" and link.source is not None:
                text = "no answer" if link.source.sign == "timeout" else "RST"
                rails.flat(row, way, text, line="╌", head="✕", part=0.6, span=span)
            else:
                head = "▷" if way > 0 else "◁"
                rails.flat(row, way, "handshake", line="╌", head=head, span=span)
        elif source is not None and target is not None:
            rails.bent(id(link.source), source, target, way, text, span=span)
        elif source is not None:
            self._departs(rails, link, (source, way, span), text)
        elif target is not None:
            if link.source is not None and link.source.left_out:
                text = "..."
            rails.flat(target, way, text, line="─", head="►" if way > 0 else "◄", span=span)

    def _departs(
        self, rails: Rails, link: "Link", at: tuple[int, int, tuple[int, int]], text: str
    ) -> None:
        """Draw what no call that is drawn received."""
        row, way, span = at
        cross = {"lost": "✕", "unread": "□"}.get(link.fate)
        if link.target is not None and link.target.left_out:
            rails.flat(row, way, "...", line="─", head="─", part=0.3, span=span)
        elif link.kind in {"fin", "reset"}:
            head = "►" if way > 0 else "◄"
            rails.flat(row, way, text, line="─", head=head, part=0.3, span=span)
        elif cross:
            head = f"{cross} {fate_text(link)}"
            rails.flat(row, way, text, line="─", head=head, part=0.75, span=span)
        else:
            rails.flat(row, way, text, line="─", head="▷" if way > 0 else "◁", span=span)


def _words(label: "Label") -> str:
    tag = f"[{label.tag}]" if label.tag else ""
    parts = (tag, label.name, label.detail, label.thread)
    return printable(" ".join(part for part in parts if part))


def _head_words(title: str, ends: str) -> str:
    return printable(f"{title} {ends}".strip())


def _ribbon(picture: "Picture", ribbon: "Ribbon", columns: int) -> list[str]:
    """Write the cuts of both ends, one above the other."""
    begin = ribbon.link.begin
    who, other = ends_of(ribbon)
    tag = f"[{begin.tag or ribbon.link.end.tag}] " if picture.several else ""
    written = letters(ribbon)
    heads = [f"{tag}{who} sent", f"{tag}{other} read"]
    wide = max(map(len, heads))
    sizes = [
        " + ".join(size_text(behind - first) for first, behind, _ in cuts)
        for cuts in (ribbon.sent, ribbon.read)
    ]
    if written is None or wide + len(written) + len(ribbon.cuts) + 3 > columns:
        return [
            short(f"{head:<{wide}}  {size}", columns)
            for head, size in zip(heads, sizes, strict=True)
        ]
    rows = []
    for head, cuts, size in zip(heads, (ribbon.sent, ribbon.read), sizes, strict=True):
        own = {at for first, behind, _ in cuts for at in (first, behind)}
        line = ""
        for at in range(ribbon.first, ribbon.behind + 1):
            if at in ribbon.cuts:
                line += "│" if at in own else " "
            if at < ribbon.behind:
                line += written[at - ribbon.first]
        rows.append(short(f"{head:<{wide}}  {line}  {size}", columns))
    return rows
