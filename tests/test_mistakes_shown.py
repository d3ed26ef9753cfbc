"""How a mistake is shown: in a terminal, in a notebook, as a table, and by the command."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mistakes_made import NAMES, made, named
from netsteps.lessons import mistakes
from netsteps.lessons.mistakes import pictures
from netsteps.show.drawing import Drawing
from peers import assert_no_traceback, netsteps

VOID = {"img", "br", "meta"}


class Balanced(HTMLParser):
    """Notes what is open, and every tag."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_whole_and_has_all_parts(name: str) -> None:
    it = made(name)
    bundle = it._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    page = Balanced()
    page.feed(bundle["text/html"])
    assert page.open == []
    assert not page.seen & {"script", "style", "link", "iframe"}
    assert bundle["text/html"].count("<img") == len(it.pictures)
    for head in ("What plain Python gives", "What netsteps says", "The cure"):
        assert head in bundle["text/html"]
        assert head in bundle["text/plain"]
    if it.mistake.line:
        marked = "# <-"
        assert marked in bundle["text/plain"]
        assert "&lt;-" in bundle["text/html"]


@pytest.mark.parametrize("name", NAMES)
def test_the_text_fits_a_terminal(name: str) -> None:
    text = str(made(name))
    assert "\x1b" not in text
    said = text.partition("\nWhat netsteps says")[0]
    assert max(map(len, said.splitlines())) <= 100


def test_a_mistake_shows_itself_by_being_made() -> None:
    mistake = named("accept_without_listen")
    bundle = mistake._repr_mimebundle_()
    assert "netsteps.StepError" in bundle["text/plain"]
    assert "data:image/svg+xml;base64," in bundle["text/html"]
    assert "make()" in repr(mistake)


def test_what_a_program_prints_cannot_rewrite_the_page_or_the_terminal() -> None:
    evil = replace(made("str_for_bytes"), output="<script>\x1b[2J\n", netsteps_says="<b>\x1b[2J")
    assert "\x1b" not in str(evil)
    page = evil._repr_html_()
    assert "<script" not in page
    assert "&lt;b&gt;" in page


def test_a_machine_that_differs_says_so() -> None:
    it = replace(made("str_for_bytes"), differs="it has no text")
    assert "On this machine it may differ: it has no text." in str(it)
    assert "On this machine it may differ:" in it._repr_html_()


def test_the_table_has_all_of_them() -> None:
    table = mistakes.table()
    assert len(table) == 25
    assert sum(len(mistakes.table(lecture)) for lecture in range(1, 6)) == 25
    assert {mistake.lecture for mistake in mistakes.table(5)} == {5}
    assert "one_read_is_not_one_message" in repr(table)
    assert "<table>" in table._repr_html_()


@pytest.mark.parametrize(
    "drawing",
    [
        pictures.letters("a<é"),
        pictures.byte_order(258),
        pictures.ports(80),
        pictures.ports(65535),
        pictures.cut(b"<abc>&", 2),
        pictures.addresses([], "203.0.113.9"),
    ],
)
def test_the_pictures_of_their_own_are_well_formed(drawing: Drawing) -> None:
    for theme in ("light", "dark"):
        ET.fromstring(drawing.themed(theme).svg)
    assert drawing.text
    assert drawing.alt


# The command


def shown(*words: str) -> str:
    done = netsteps("mistakes", *words)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return done.stdout.decode()


def test_the_command_lists_them() -> None:
    assert [line.split()[0] for line in shown().splitlines()[2:]] == NAMES
    listed = json.loads(shown("--json"))
    assert [told["name"] for told in listed] == NAMES
    assert listed[0]["gives"].startswith("TypeError")


def test_the_command_makes_one_and_shows_it(tmp_path: Path) -> None:
    assert "What netsteps says" in shown("accept-without-listen")
    told = json.loads(shown("accept_without_listen", "--json"))
    assert told["line"] == 5
    page = tmp_path / "page.html"
    assert shown("accept_without_listen", "--html", str(page)) == f"wrote {page}\n"
    assert "<img" in page.read_text("utf-8")


def test_the_command_prints_a_program_to_be_run() -> None:
    for which in ("wrong", "right", "same"):
        assert shown("accept_without_listen", "--program", which) == getattr(
            named("accept_without_listen"), which
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["acept_without_listen"], b"near to it: accept_without_listen"),
        (["--html", "x.html"], b"need the NAME"),
        (["--program", "wrong"], b"need the NAME"),
        (["--html", "missing/x.html", "str_for_bytes"], b"there is no such folder"),
    ],
)
def test_a_command_line_that_cannot_be_meant_says_why(words: list[str], said: bytes) -> None:
    done = netsteps("mistakes", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert_no_traceback(done.stderr.replace(b"StepError", b""))
