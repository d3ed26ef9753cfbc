"""Everything shows everywhere: in a terminal, in a notebook that is trusted or not, in a page.

A notebook that is not trusted shows what JupyterLab's sanitizer leaves. The lists of this test are
a part of what it leaves (JupyterLab 4.6), so that what is in them is shown by all front ends.
"""

import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from IPython.core.formatters import DisplayFormatter

import netsteps as ns
from helpers import PATIENCE, pair, until
from netsteps.show import Table
from netsteps.show.drawing import Drawing
from netsteps.show.steps import table_of_events

TAGS = {
    *("div", "img", "details", "summary", "p", "pre", "code", "b", "span", "br"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "*": {"style", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
STYLES = {
    *("text-align", "white-space", "vertical-align", "max-width", "width", "height"),
    *("font-family", "font-size", "font-weight", "color", "background-color"),
    *("padding", "margin", "border"),
}
EMPTY = {"img", "br"}
PICTURE = "data:image/svg+xml;base64,"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\x1b]0;x\x07\u202egpj.exe\"'&"
# What a terminal or a page would act on: control characters, and marks that turn the writing round.
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """Reads HTML as a strict sanitizer does: what is not in its lists is a fault."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: "list[tuple[str, str | None]]") -> None:
        assert tag in TAGS, f"<{tag}> would be taken away"
        for name, value in attributes:
            assert name in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()), f"<{tag} {name}>"
            if name == "src":
                assert value is not None
                assert value.startswith(PICTURE), "a picture from outside"
                self.pictures.append(b64decode(value.removeprefix(PICTURE)).decode())
            elif name == "style":
                for rule in filter(None, map(str.strip, str(value).split(";"))):
                    assert rule.partition(":")[0] in STYLES, rule
                    assert "(" not in rule, rule
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, words: str) -> None:
        self.words.append(words)


def shown(thing: object) -> tuple[str, str]:
    """Give the text and the HTML that IPython's own formatter makes."""
    data, _ = DisplayFormatter().format(thing)
    assert {"text/plain", "text/html"} <= data.keys(), data.keys()
    # A front end takes the richest form: nothing that needs trust may stand above the HTML.
    assert not data.keys() - {"text/plain", "text/html"}, data.keys()
    return data["text/plain"], data["text/html"]


def check(thing: object) -> "tuple[str, Page]":
    """See that a thing shows, safely, in both forms."""
    text, html = shown(thing)
    assert text.strip()
    assert not text.startswith("<netsteps"), "not a view"
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    assert page.pictures or "".join(page.words).strip()
    for words in (text, html, *page.pictures):
        assert not ACTING.search(words), repr(ACTING.search(words))
    for picture in page.pictures:
        check_picture(picture)
    return text, page


def check_picture(svg: str) -> None:
    """See that a picture stands alone: no script, no style sheet, nothing from outside."""
    for element in ET.fromstring(svg).iter():
        tag = element.tag.rpartition("}")[2]
        assert tag not in {"script", "style", "foreignObject", "image", "a", "use", "animate"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name.rpartition("}")[2] not in {"href", "style"}
            assert "url(" not in value or value.startswith("url(#")


def step_error() -> ns.StepError:
    with ns.Socket("tcp") as server, pytest.raises(ns.StepError) as caught:
        server.accept()
    return caught.value


def views(folder: Path) -> "dict[str, object]":
    """Give one of each thing that shows itself, made from a real exchange."""
    with ns.Trace(sample=0.001) as trace, pair() as (client, connection):
        client.write(EVIL.encode())
        connection.read_exactly(len(EVIL.encode()), timeout=PATIENCE)
        with pytest.raises(ns.TimedOut):
            connection.read(timeout=0.001)
        until(lambda: trace.samples, "the sampler looks")
        packets = ns.read_packets(trace.save(folder / "x.pcapng"))
        return {
            "ladder": trace.ladder(),
            "dark ladder": trace.ladder(theme="dark"),
            "curve": trace.buffers(),
            "buffers": client.buffers,
            "packets": packets,
            "packet": packets[0].packet,
            "steps": connection.steps,
            "life": connection.life(),
            "dark life": client.life(theme="dark"),
            "options": client.options,
            "connections": ns.connections(),
            "trace": trace,
            "events": trace.table(),
            "error": step_error().life(),
            "resolve": ns.resolve("127.0.0.1", 80),
            "interfaces": ns.interfaces(),
            "services": ns.services(),
        }


# Everything


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> "dict[str, object]":
    return views(tmp_path_factory.mktemp("display"))


@pytest.mark.parametrize(
    "name",
    [
        "steps",
        "life",
        "dark life",
        "options",
        "connections",
        "trace",
        "events",
        "error",
        "resolve",
        "interfaces",
        "services",
        "ladder",
        "dark ladder",
        "curve",
        "buffers",
        "packets",
        "packet",
    ],
)
def test_it_shows_in_a_terminal_and_in_a_notebook_that_is_not_trusted(
    name: str, made: "dict[str, Any]"
) -> None:
    check(made[name])


def test_what_a_list_shows_is_what_its_print_shows() -> None:
    for table in (ns.services(), ns.resolve("127.0.0.1", 80)):
        assert shown(table)[0] == repr(table) == str(table)


def test_a_long_list_is_kept_short_in_a_notebook_in_both_forms() -> None:
    rows = [SimpleNamespace(n=n) for n in range(5000)]
    table = Table(rows, columns={"n": "n"}, note="half of it")
    text, html = shown(table)
    assert "... and 4800 more rows" in text
    assert "... and 4800 more rows" in html
    assert text.endswith("note: half of it")
    assert len(repr(table).split("\n")) == 5003


# Hostile words


def test_a_hostile_preview_is_words_and_nothing_else() -> None:
    told = {
        "phase": "failed",
        "socket": 1,
        "number": 3,
        "kind": EVIL,
        "step": EVIL,
        "call": "recv",
        "local": EVIL,
        "peer": EVIL,
        "asked": 1,
        "size": 9,
        "offset": 0,
        "line": EVIL,
        "process": 1,
        "preview": EVIL.encode(),
        "error": EVIL,
        "errno": 5,
        "before": EVIL,
        "after": EVIL,
        "start_ns": 1,
        "end_ns": 2,
        "thread": 1,
        "id": 1,
        "verdict": EVIL,
        "rule": EVIL,
        "origin": 1,
    }
    text, page = check(table_of_events([SimpleNamespace(**told)], 0))  # type: ignore[type-var]
    assert "<script>" in text, "the words stay"
    assert "<script>" in "".join(page.words)


def test_a_hostile_name_of_a_program_is_words_and_nothing_else() -> None:
    columns = {"program": "program"}
    table = Table([SimpleNamespace(program=EVIL)], columns=columns, caption=EVIL, note=EVIL)
    text, page = check(table)
    assert "<script>alert(1)</script>" in "".join(page.words)
    assert "\\x1b[2J" in text


def test_hostile_words_in_a_drawing_are_words_and_nothing_else() -> None:
    from netsteps.show.svg import Canvas
    from netsteps.show.theme import theme_of

    def draw(theme: str) -> str:
        canvas = Canvas(100, 100, theme_of(theme))
        canvas.text(1, 20, EVIL, title=EVIL)
        return canvas.render(EVIL, EVIL)

    details = Table([SimpleNamespace(x=EVIL)], columns={EVIL: "x"})._repr_html_()
    from netsteps.show.tables import printable

    check(Drawing(draw, printable(EVIL), EVIL, details=details))


# The test itself


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<svg></svg>",
        '<td onclick="x">x</td>',
        '<img src="http://127.0.0.1/x.svg"/>',
        '<p style="background: url(x)">x</p>',
        '<a href="x">x</a>',
        "<p>x",
    ],
)
def test_what_a_sanitizer_takes_away_is_caught(html: str) -> None:
    class Bad:
        def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
            return {"text/plain": "x", "text/html": html}

    with pytest.raises(AssertionError):
        check(Bad())
