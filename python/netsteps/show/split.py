"""Parts of a message and fragments of a packet: lists of them, and what is drawn of them."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from netsteps.show.listing import Table
from netsteps.show.pieces import Hole, Picture, Piece, draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.drawing import Drawing

__all__ = ["Fragments", "Parts", "draw_joined", "draw_reassembled"]

HEADER = 16


class _Drawn(Table[Any]):
    """A list that shows itself as a drawing, and its rows as a table below it."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...  # noqa: ANN401 - the core's object
    @overload
    def __getitem__(self, index: slice) -> Table[Any]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        """Give an item; a slice is a plain table, for it is not the whole that is drawn."""
        if isinstance(index, slice):
            return Table(list(self)[index], columns=self.columns, caption=self.caption)
        return super().__getitem__(index)

    @abstractmethod
    def drawing(self, *, theme: str = "light") -> "Drawing":
        """Draw it. theme: "light" or "dark"."""

    def __repr__(self) -> str:
        return repr(self.drawing())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Give what a notebook shows (IPython's display protocol)."""
        return self.drawing()._repr_mimebundle_(include, exclude)


class Parts(_Drawn):
    """The parts of a message: a list of Part that shows itself as a drawing.

    length: how many bytes the message has. size: the most bytes of a part, header included.
    """

    __slots__ = ("length", "size")

    def __init__(self, parts: "Iterable[Any]", length: int, size: int) -> None:
        columns: dict[str, Any] = {
            "part": "index",
            "offset": "offset",
            "bytes": len,
            "data": lambda p: p.data[:24],
        }
        super().__init__(parts, columns=columns, caption="parts")
        self.length = length
        self.size = size

    def drawing(self, *, theme: str = "light") -> "Drawing":
        """Draw the message, and below it each part in its place. theme: "light" or "dark"."""
        count = _count(len(self), "part")
        picture = Picture(
            title=f"{_bytes(self.length)} in {count} of at most {self.size:,} bytes",
            noun="part",
            length=self.length,
            header=f"header, {HEADER} bytes, not to scale",
            pieces=[Piece(part.index, part.offset, len(part) - HEADER, HEADER) for part in self],
        )
        return draw(picture, theme, details=Table._repr_html_(self))


class Fragments(_Drawn):
    """The fragments of an IP packet: a list of Packet that shows itself as a drawing.

    pieces: for each what its header tells. mtu: the most bytes of a fragment.
    """

    __slots__ = ("mtu", "pieces")

    def __init__(self, fragments: "Iterable[Any]", pieces: "Iterable[Any]", mtu: int) -> None:
        columns: dict[str, Any] = {"bytes": len, "fragment": "summary"}
        super().__init__(fragments, columns=columns, caption="fragments")
        self.pieces = list(pieces)
        self.mtu = mtu

    def drawing(self, *, theme: str = "light") -> "Drawing":
        """Draw the packet's data as a bar, and below it each fragment in its place."""
        length = max((piece.offset + piece.size for piece in self.pieces), default=0)
        count = _count(len(self), "fragment")
        picture = Picture(
            title=f"{_bytes(length)} of an IP packet in {count} for an MTU of {self.mtu:,}",
            noun="fragment",
            length=length,
            header="IP header in each, not to scale",
            pieces=[_piece(number, piece) for number, piece in enumerate(self.pieces)],
        )
        return draw(picture, theme, details=Table._repr_html_(self))


def draw_joined(joined: Any, *, theme: str = "light") -> "Drawing":  # noqa: ANN401 - a Joined
    """Draw the parts of a message in the order in which they came. theme: "light" or "dark"."""
    seen: set[int] = set()
    pieces = []
    for index in joined.arrived:
        start = index * joined.chunk
        size = min(joined.chunk, joined.length - start)
        note = _order(index, seen, "part")
        pieces.append(Piece(index, start, size, HEADER, note, "again" if index in seen else ""))
        seen.add(index)
    holes = [
        Hole(span.start, span.stop, _numbers("part", parts))
        for span, parts in zip(joined.missing, joined.missing_parts, strict=True)
    ]
    came = f"{len(seen):,} of {_count(joined.count, 'part')}"
    picture = Picture(
        title=f"{_bytes(joined.length)} joined: {came} came"
        + (f", {joined.duplicates:,} again" if joined.duplicates else "")
        + (
            "; the message is whole" if joined.message is not None else "; the message is not whole"
        ),
        noun="part",
        length=joined.length,
        header=f"header, {HEADER} bytes, not to scale",
        pieces=pieces,
        holes=holes,
        problems=list(joined.problems),
    )
    return draw(picture, theme)


def draw_reassembled(reassembled: Any, *, theme: str = "light") -> "Drawing":  # noqa: ANN401
    """Draw the fragments of a packet in the order in which they came. theme: "light" or "dark"."""
    came: dict[int, int] = {}
    pieces = []
    for number, piece in enumerate(reassembled.pieces, 1):
        if piece.verdict == "refused":
            pieces.append(_piece(number, piece, "refused", "refused"))
        elif piece.verdict == "duplicate":
            note = f"the same as packet {came[piece.offset]:,}"
            pieces.append(_piece(number, piece, note, "again"))
        else:
            later = max(came, default=-1)
            note = f"late, after packet {came[later]:,}" if later > piece.offset else ""
            pieces.append(_piece(number, piece, note))
            came[piece.offset] = number
    ends = [piece.offset + piece.size for piece in reassembled.pieces]
    length = reassembled.length
    whole = reassembled.packet is not None
    picture = Picture(
        title=f"{_count(len(ends), 'fragment')} came"
        + (f", {reassembled.duplicates:,} again" if reassembled.duplicates else "")
        + ("; the packet is whole" if whole else "; the packet is not whole"),
        noun="packet",
        length=max(ends, default=0) if length is None else length,
        header="IP header in each, not to scale",
        pieces=pieces,
        holes=[Hole(span.start, span.stop, "") for span in reassembled.missing],
        problems=list(reassembled.problems),
        open_end=length is None and bool(ends),
    )
    return draw(picture, theme)


def _piece(number: int, piece: Any, note: str = "", kind: str = "") -> Piece:  # noqa: ANN401
    return Piece(number, piece.offset, piece.size, piece.header, note, kind)


def _order(index: int, seen: set[int], noun: str) -> str:
    if index in seen:
        return "came again"
    later = max(seen, default=-1)
    return f"late, after {noun} {later:,}" if later > index else ""


def _numbers(noun: str, parts: range) -> str:
    if len(parts) == 1:
        return f"{noun} {parts.start:,}"
    return f"{noun}s {parts.start:,} to {parts.stop - 1:,}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _bytes(count: int) -> str:
    return _count(count, "byte")
