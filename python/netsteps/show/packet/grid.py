"""How the fields of a header fall into rows of 32 bits, and which of them are listed instead."""

from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.packet.records import first_record, folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps.show.packet.anatomy import Field, Layer

__all__ = ["ROW", "Block", "Plan", "Segment", "plan"]

ROW = 32  # bits
_MOST_BLOCKS = 14
_MOST_LINES = 16


class Segment(NamedTuple):
    """The part of a field in one row: columns from `left` to `right`, of 32.

    named: the name and the value stand in this part. before: it comes before that one.
    """

    field: "Field | None"
    left: int
    right: int
    named: bool
    before: bool


class Block(NamedTuple):
    """A row of the diagram, or several ones that one field fills; start: its first bit."""

    segments: tuple[Segment, ...]
    start: int
    rows: int


class Plan(NamedTuple):
    """How a header is laid out: boxes, then listed fields, and how many of them are left out."""

    blocks: tuple[Block, ...]
    listed: "tuple[Field, ...]"
    left_out: int


def plan(layer: "Layer", size: int) -> Plan:
    """Lay out the fields of a layer of a packet of `size` bytes."""
    begin = layer.start * 8
    end = min(layer.end, size) * 8
    record = first_record(layer.fields) if layer.name == "DNS" else None
    limit = record.start if record is not None else end
    boxed: list[Field] = []
    listed: list[Field] = []
    reached = begin
    for field in sorted(_leaves(layer.fields), key=lambda field: field.start):
        last = field.start + field.bits
        if field.bits > 0 and reached <= field.start and last <= min(end, limit):
            boxed.append(field)
            reached = last
        else:
            listed.append(field)
    blocks = _blocks(boxed, begin)
    if len(blocks) > _MOST_BLOCKS:
        last = blocks[_MOST_BLOCKS].start
        # A field that is cut in two by the end of the diagram is told whole in the list.
        listed = [field for field in boxed if field.start + field.bits > last] + listed
        blocks = blocks[:_MOST_BLOCKS]
    if len(listed) > _MOST_LINES:
        listed = folded(listed)
    return Plan(tuple(blocks), tuple(listed[:_MOST_LINES]), max(len(listed) - _MOST_LINES, 0))


def _leaves(fields: "Sequence[Field]") -> "list[Field]":
    """Leave out the fields that are made of smaller ones, such as all flags together."""
    found: list[Field] = []
    # From the longest to the shortest at one place: a whole stands before its parts.
    for field in sorted(fields, key=lambda field: (field.start, -field.bits)):
        if found:
            whole = found[-1]
            inside = field.start + field.bits <= whole.start + whole.bits
            if inside and 0 < field.bits < whole.bits:
                found.pop()
        found.append(field)
    return found


def _blocks(fields: "list[Field]", begin: int) -> list[Block]:
    rows: dict[int, list[Segment]] = {}
    reached = 0
    for field in fields:
        start = field.start - begin
        if start > reached:
            _cut(rows, None, reached, start)
        _cut(rows, field, start, start + field.bits)
        reached = start + field.bits
    blocks: list[Block] = []
    for number, segments in sorted(rows.items()):
        filler = segments[0].field
        whole = len(segments) == 1 and segments[0].right - segments[0].left == ROW
        before = blocks[-1] if blocks else None
        if (
            whole
            and before
            and filler is not None
            and before.segments[0].field is filler
            and before.segments[0].left == 0
            and len(before.segments) == 1
        ):
            blocks[-1] = before._replace(rows=before.rows + 1)
        else:
            blocks.append(Block(tuple(segments), begin + number * ROW, 1))
    return blocks


def _cut(rows: dict[int, list[Segment]], field: "Field | None", start: int, end: int) -> None:
    """Cut a field into the rows it lies in; its name goes into its widest piece."""
    pieces = [
        (row, max(start, row * ROW) - row * ROW, min(end, (row + 1) * ROW) - row * ROW)
        for row in range(start // ROW, -(-end // ROW))
    ]
    named = max(pieces, key=lambda piece: (piece[2] - piece[1], -piece[0]))
    for piece in pieces:
        row, left, right = piece
        segment = Segment(field, left, right, piece == named, row < named[0])
        rows.setdefault(row, []).append(segment)
