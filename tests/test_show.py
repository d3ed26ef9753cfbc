"""The views: plain data in, text and HTML out."""

import pickle
import re
from typing import NamedTuple

import pytest

from netsteps.show import Table, html_table, text_table


class Row(NamedTuple):
    name: str
    addresses: tuple[str, ...]
    size: int


COLUMNS = {"name": "name", "addresses": "addresses", "bytes": "size"}


def test_text_tables_are_aligned_numbers_to_the_right() -> None:
    assert text_table(["name", "size"], [["a", 5], ["long", 1234], ["none", None]]).split("\n") == [
        "name  size",
        "----  ----",
        "a        5",
        "long  1234",
        "none     -",
    ]


def test_text_tables_clip_and_escape() -> None:
    text = text_table(["x"], [["a" * 100], ["\x1b[2J\n"], [b"\xff"], [True]], width=10)
    assert text.split("\n")[2:] == ["aaaaaaa...", "\\x1b[2J\\n", "b'\\xff'", "yes"]


def test_tables_without_rows_are_their_titles() -> None:
    assert text_table(["a", "b"], []) == "a  b\n-  -"
    assert "<th" in html_table(["a"], [])


def test_tables_say_how_many_rows_they_leave_out() -> None:
    rows = [[n] for n in range(10)]
    assert text_table(["n"], rows, limit=3).endswith("... and 7 more rows")
    assert "... and 1 more row<" in html_table(["n"], rows, limit=9)


def test_rows_of_another_length_are_refused() -> None:
    for make in (text_table, html_table):
        with pytest.raises(ValueError, match="zip"):
            make(["a", "b"], [["only one"]])


def test_html_tables_escape_everything_and_carry_no_style_or_script() -> None:
    evil = "<script>alert(1)</script>\"'&"
    html = html_table([evil], [[evil], [evil.encode()]], evil)
    elements = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"</?(\w+)", html)) == elements
    assert "&lt;script&gt;" in html
    assert "color" not in html


def test_a_slice_and_a_copy_of_a_table_are_tables() -> None:
    table = Table(
        [Row("lo", ("127.0.0.1",), 0), Row("eth0", (), 1)], columns=COLUMNS, caption="Two"
    )
    first = table[:1]
    assert isinstance(first, Table)
    assert (first.columns, first.caption, list(first)) == (table.columns, table.caption, [table[0]])
    copied = pickle.loads(pickle.dumps(table))
    assert repr(copied) == repr(table)


def test_a_table_shows_itself_in_the_terminal_and_in_a_notebook() -> None:
    table = Table([Row("lo", ("127.0.0.1", "::1"), 7)], columns=COLUMNS, note="<half> of it")
    assert repr(table).split("\n") == [
        "name  addresses       bytes",
        "----  --------------  -----",
        "lo    127.0.0.1, ::1      7",
        "note: <half> of it",
    ]
    assert "&lt;half&gt; of it" in table._repr_html_()


def test_a_long_table_is_cut_in_a_notebook_only() -> None:
    table = Table([Row("lo", (), n) for n in range(1000)], columns=COLUMNS)
    assert len(repr(table).split("\n")) == 1002
    assert "... and 800 more rows" in table._repr_html_()
