"""A relay's log and report as tables and small pictures: plain data in, pictures out."""

import random
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from golden import check
from netsteps.show.passages import Passages, log
from netsteps.show.relay_bars import bars
from netsteps.show.strip import strip
from picture_boxes import collisions
from pictures import check as check_picture


@dataclass(frozen=True)
class FakePassage:
    number: int
    verdict: str = "passed"
    rule: str = ""
    delay: float = 0.0
    time: float = 0.0
    way: str = "to target"
    client: str = "127.0.0.1:50001"
    size: int = 1000
    all: tuple[str, ...] = ()
    behind: int = 0

    @property
    def verdicts(self) -> tuple[str, ...]:
        return self.all or (self.verdict,)


KINDS = [
    ("passed", "", 0.0),
    ("lost", "loss=0.2", 0.0),
    ("late", "delay=0.05, jitter=0.03", 0.05),
    ("doubled", "duplicate=0.1", 0.0),
    ("reordered", "reorder=0.05", 0.0),
    ("corrupted", "corrupt=0.01", 0.0),
    ("too big", "mtu=500", 0.0),
]
WEIGHTS = [10.0, 3.0, 4.0, 1.0, 1.0, 0.5, 0.5]


def made(count: int, way: str = "to target", seed: int = 3) -> list[FakePassage]:
    chance = random.Random(seed)
    passages = []
    for number in range(count):
        [(verdict, rule, delay)] = chance.choices(KINDS, WEIGHTS)
        delay = round(chance.uniform(0.4, 1.6) * delay, 6)
        passages.append(
            FakePassage(
                number,
                verdict,
                rule,
                delay,
                number * 0.004,
                way,
                behind=int(verdict == "reordered"),
            )
        )
    return passages


SCENES = {
    "few": lambda: log([*made(24), *made(10, "to client", 9)]),
    "many": lambda: log(made(1500), dropped=8500),
    "empty": lambda: log([]),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_strip_looks_as_it_should(name: str) -> None:
    check(f"passages_{name}", SCENES[name]().drawing())


@pytest.mark.parametrize("count", [1, 2, 17, 40, 41, 300])
def test_no_words_lie_upon_others(count: int) -> None:
    drawing = log([*made(count), *made(count // 2, "to client")], dropped=3).drawing()
    assert collisions(drawing.svg) == []
    check_picture(drawing.svg)
    assert drawing.text.isascii()
    assert max(map(len, drawing.text.splitlines())) <= 80


def test_equal_passages_one_after_the_other_are_one_row() -> None:
    listed = [FakePassage(number) for number in range(5)]
    listed += [FakePassage(number, "lost", "loss=0.2") for number in (5, 6)]
    listed += [
        FakePassage(7, "late", "delay=0.05", 0.05),
        FakePassage(8, "late", "delay=0.05", 0.1),
    ]
    listed += [FakePassage(0, way="to client")]
    rows = repr(log(listed)).splitlines()[2:]
    assert [row.split()[4:7] for row in rows] == [
        ["0-4", "5", "5,000"],
        ["5-6", "2", "2,000"],
        ["7-8", "2", "2,000"],
        ["0", "1,000", "passed"],
    ]
    assert rows[1].endswith("lost     loss=0.2")
    assert rows[2].endswith("50.0 ms to 100 ms")


def test_all_that_befell_a_packet_is_in_its_row() -> None:
    both = FakePassage(0, "doubled", "duplicate=0.1", 0.05, all=("late", "doubled"))
    assert "late + doubled" in repr(log([both]))


def test_a_log_is_a_list_and_its_slices_too() -> None:
    listed = made(30)
    whole = log(listed, dropped=5)
    assert whole == listed
    assert isinstance(whole[2:7], Passages)
    assert whole[2:7] == listed[2:7]
    assert whole[3] is listed[3]
    assert repr(whole).endswith("note: 5 older packets not kept: Relay(log=)")
    assert "note:" not in repr(whole[2:7])
    assert "<table>" in whole._repr_html_()
    assert "<img" in whole._repr_html_()


def goes_on(*passages: FakePassage) -> str:
    [line] = [line for line in strip(passages).text.splitlines() if "go on  " in line]
    return line.split("go on")[1].removesuffix("(computed)").strip()


def test_the_strip_shows_in_which_order_packets_go_on() -> None:
    late = FakePassage(0, "late", "delay=0.05", 0.05, 0.0)
    lost = FakePassage(1, "lost", "loss=0.2", 0.0, 0.01)
    twice = FakePassage(2, "doubled", "duplicate=0.1", 0.0, 0.02)
    behind = FakePassage(3, "reordered", "reorder=0.1", 0.0, 0.03, behind=1)
    last = FakePassage(4, "passed", "", 0.0, 0.04)
    assert goes_on(late, lost, twice, behind, last) == "2 2 4 3 0"


def test_one_that_is_late_is_still_put_behind_as_many_as_were_asked_for() -> None:
    both = ("late", "reordered")
    behind = FakePassage(0, "reordered", "reorder=0.1", 0.02, 0.0, all=both, behind=2)
    others = [FakePassage(n, "late", "delay=0.02", 0.02, n / 1000) for n in (1, 2, 3)]
    assert goes_on(behind, *others) == "1 2 0 3"
    for_a_time = FakePassage(0, "reordered", "reorder=0.1", 0.0215, 0.0, all=both)
    assert goes_on(for_a_time, *others) == "1 0 2 3"


def test_one_that_waits_for_another_that_never_comes_goes_on_at_last() -> None:
    behind = FakePassage(1, "reordered", "reorder=0.1", 0.0, 0.03, behind=1)
    other = FakePassage(0, "late", "delay=1", 1.0, 0.0, client="127.0.0.1:50002")
    third = FakePassage(2, "passed", "", 0.0, 0.04, client="127.0.0.1:50003")
    assert goes_on(other, behind, third) == "2 0 1"
    assert "all go on" in strip([behind]).text


def test_what_a_rule_is_called_is_escaped() -> None:
    drawing = log([FakePassage(0, "<b>\x1b", "<script>\x1b")]).drawing()
    for form in (drawing.svg, drawing.html, drawing.details):
        assert "<script" not in form
    for form in (drawing.svg, drawing.text, drawing.html, drawing.details):
        assert "\x1b" not in form


def test_a_hundred_thousand_passages_are_a_small_picture() -> None:
    whole = log(made(20_000) * 5)
    assert len(whole.drawing().svg) < 150_000
    assert len(whole._repr_html_()) < 400_000


def counts(**more: int) -> SimpleNamespace:
    names = [kind.replace(" ", "_") for kind, _, _ in KINDS]
    names += ["split", "glued", "stalled", "cut", "reset", "refused", "silent", "failed"]
    names += ["came", "came_bytes", "delivered", "delivered_bytes"]
    return SimpleNamespace(**dict.fromkeys(names, 0) | more)


REPORTS = {
    "report": SimpleNamespace(
        to_target=counts(came=1000, came_bytes=1_000_000, passed=690, late=100, doubled=20,
                         lost=200, too_big=1, delivered=810, delivered_bytes=810_000),
        to_client=counts(came=3, came_bytes=42, passed=3, delivered=3, delivered_bytes=42),
    ),
    "report_empty": SimpleNamespace(to_target=counts(), to_client=counts()),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_a_bar_for_each_direction(name: str) -> None:
    drawing = bars(REPORTS[name])
    check(f"passages_{name}", drawing)
    check_picture(drawing.svg)


def test_what_there_is_is_never_drawn_as_nothing() -> None:
    one = counts(came=100_000, passed=99_999, lost=1)
    text = bars(SimpleNamespace(to_target=one, to_client=counts())).text
    assert "#x]" in text.splitlines()[0]
