"""The mistake bank: each mistake really gives what the bank says, and its cure works."""

import ast
import sys
from dataclasses import replace

import pytest

from helpers import PATIENCE
from mistakes_made import NAMES, as_told, made, named
from netsteps.lessons import mistakes
from netsteps.lessons.mistakes.comparing import same_text
from netsteps.lessons.mistakes.model import WRONG
from netsteps.lessons.mistakes.running import Program


def test_there_are_the_twenty_five() -> None:
    assert len(mistakes.ALL) == len(set(NAMES)) == 25
    for name in NAMES:
        assert getattr(mistakes, name) is named(name)
        assert name in mistakes.__all__


@pytest.mark.parametrize("name", NAMES)
def test_each_gives_what_the_bank_says(name: str) -> None:
    as_told(name)
    assert made(name).surprises == []


@pytest.mark.parametrize("name", NAMES)
def test_plain_python_gives_the_same_without_a_record(name: str) -> None:
    """The ladder's run has the sockets of netsteps.compat in it: they change nothing."""
    mistake = as_told(name)
    program = Program(
        mistake.wrong,
        file=WRONG,
        recorded=False,
        may_wait=mistake.ends == "waits",
        memory=mistake.memory,
        ordinary_user=mistake.ordinary_user,
    )
    with program:
        ran = program.wait()
    assert ran.trace is None
    assert ("silence" if ran.ended == "ended" else ran.ended) == mistake.ends
    assert ran.error == mistake.error
    assert same_text(mistake.prints, ran.output), ran.output
    if ran.ended in {"error", "waits"}:
        lines = mistake.wrong.splitlines()
        at = {lines[line - 1].strip() for line in (ran.line, *(line for _, line in ran.waits))}
        assert mistake.line in at


@pytest.mark.parametrize("name", NAMES)
def test_each_cure_works(name: str) -> None:
    mistake = as_told(name)
    assert same_text(mistake.right_prints, mistake.cured())


@pytest.mark.parametrize("name", NAMES)
def test_each_is_over_soon_and_has_its_pictures(name: str) -> None:
    mistake, it = as_told(name), made(name)
    assert it.seconds < PATIENCE
    assert [title for title, _ in it.pictures] == [title for title, _ in mistake.views]
    assert it.picture is it.pictures[0][1]
    assert it.trace is not None
    assert it.trace.events
    for _, picture in it.pictures:
        for theme in ("light", "dark"):
            assert picture.themed(theme).svg.startswith("<svg")
        assert picture.text
        assert picture.alt


@pytest.mark.parametrize("name", NAMES)
def test_each_tells_all_that_a_reader_wants(name: str) -> None:
    mistake = named(name)
    for text in (mistake.title, mistake.why, mistake.happens, mistake.cure):
        assert text == text.strip()
        assert "  " not in text
    assert (mistake.ends == "error") == bool(mistake.error)
    assert mistake.line in {line.strip() for line in mistake.wrong.splitlines()}
    assert 1 <= mistake.lecture <= 5
    assert mistake.right_prints
    assert mistake.right != mistake.wrong


@pytest.mark.parametrize("name", NAMES)
def test_the_programs_are_plain_python_for_any_notebook(name: str) -> None:
    mistake = named(name)
    for program in (mistake.wrong, mistake.right, mistake.same):
        assert max(map(len, program.splitlines())) <= 100
        tree = ast.parse(program)
        slept = [node for node in ast.walk(tree) if getattr(node, "attr", "") == "sleep"]
        assert slept == []
    used = {
        name.name
        for program in (mistake.wrong, mistake.right)
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    # The bad path of the last one is a Relay; plain Python has none.
    allowed = {"netsteps"} if name == "loopback_is_no_network" else set()
    assert used - {"socket", "struct", "threading"} <= allowed


@pytest.mark.parametrize("name", ["blocked_accept", "no_half_close", "both_write_and_nobody_reads"])
def test_what_waits_for_ever_shows_where(name: str) -> None:
    mistake, it = as_told(name), made(name)
    assert it.silence
    assert mistake.line in {wait.source for wait in it.waits}
    assert it.trace is not None
    assert any(event.phase == "started" for event in it.trace.events)
    assert "still waiting" in str(it.picture)


def test_both_sides_that_write_are_told_apart() -> None:
    as_told("both_write_and_nobody_reads")
    waits = {wait.thread: wait.source for wait in made("both_write_and_nobody_reads").waits}
    assert waits == {
        "": "side.join()",
        "client": "sock.sendall(large)",
        "server": "sock.sendall(large)",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="the number of the error is Linux's")
def test_the_three_that_do_not_connect_are_three_in_the_trace() -> None:
    trace = made("refused_silent_unreachable").trace
    assert trace is not None
    failed = [event.error for event in trace.events if event.step == "connect" and event.error]
    assert len(failed) == 3
    assert len(set(failed)) == 3


def test_a_difference_is_told() -> None:
    it = made("str_for_bytes")
    other = replace(it, ended="silence", error="", output="x\n", netsteps_says="")
    assert len(other.surprises) == 4


def test_the_ellipsis_stands_for_part_of_a_line() -> None:
    assert same_text("took … of 9\nend", "took 5 of 9\nend\n")
    assert not same_text("took …", "took 5\nand more")
    assert not same_text("a.c", "abc")


def test_a_right_program_that_fails_is_an_error() -> None:
    broken = replace(named("str_for_bytes"), right="print('so far')\n1 / 0\n")
    with pytest.raises(RuntimeError, match=r"ZeroDivisionError: division by zero line 2\nso far"):
        broken.cured()
