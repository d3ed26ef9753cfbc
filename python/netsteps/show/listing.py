"""A list that shows itself as a table."""

from typing import TYPE_CHECKING, Generic, Protocol, SupportsIndex, TypeVar, overload

from netsteps.show.tables import html_table, printable, text_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Table"]


class _Printer(Protocol):
    def text(self, text: str, /) -> None: ...


Row = TypeVar("Row")

# A notebook stays quick, and its file small, with thousands of connections; the list has them all.
_ROWS_SHOWN = 200


class Table(list[Row], Generic[Row]):
    """A list that shows itself as a table, in the terminal and in a notebook.

    columns: for each title what stands below it: the name of an attribute of the items, or a
    function of an item. caption: what the table holds. note: what is not in it, or None. A slice is
    a Table too.
    """

    __slots__ = ("caption", "columns", "note")

    def __init__(
        self,
        items: "Iterable[Row]" = (),
        *,
        columns: "Mapping[str, str | Callable[[Row], object]]",
        caption: str = "",
        note: str | None = None,
    ) -> None:
        super().__init__(items)
        self.columns = dict(columns)
        self.caption = caption
        self.note = note

    def cells(self) -> "Iterator[list[object]]":
        """Give the cells of each row, in the order of the columns."""
        for item in self:
            yield [
                _cell(getattr(item, column) if isinstance(column, str) else column(item))
                for column in self.columns.values()
            ]

    @overload
    def __getitem__(self, index: SupportsIndex) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "Table[Row]": ...
    def __getitem__(self, index: SupportsIndex | slice) -> "Row | Table[Row]":
        if isinstance(index, slice):
            return type(self)(
                super().__getitem__(index),
                columns=self.columns,
                caption=self.caption,
                note=self.note,
            )
        return super().__getitem__(index)

    def __repr__(self) -> str:
        return self._text(None)

    def _text(self, limit: int | None) -> str:
        text = text_table(list(self.columns), self.cells(), limit=limit)
        return f"{text}\nnote: {printable(self.note)}" if self.note else text

    def _repr_html_(self) -> str:
        caption = f"{self.caption} ({self.note})" if self.note else self.caption
        return html_table(list(self.columns), self.cells(), caption, limit=_ROWS_SHOWN)

    def _repr_pretty_(self, printer: "_Printer", cycle: bool) -> None:
        """Write what a notebook keeps beside the HTML (IPython's display protocol).

        Not a `_repr_mimebundle_`: IPython prints every list with the printer of lists after all.
        """
        del cycle
        printer.text(self._text(_ROWS_SHOWN))


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or None
    return None if value == "" else value
