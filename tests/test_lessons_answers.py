"""A right server or client passes its check, and each typical wrong one gets the hint for it."""

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from lessons_checking import Job, complaints
from netsteps.lessons.checking import examine
from netsteps.lessons.exercise import exercise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

NAMES = (
    "first-client",
    "datagram-echo",
    "echo-server",
    "open-connection",
    "line-client",
    "many-clients",
    "who-am-i",
    "message-server",
    "word-count",
    "ask-again",
)


def answers(name: str) -> "ModuleType":
    return import_module(f"lessons_answers.{name.replace('-', '_')}")


def right_ones() -> "Iterator[object]":
    for name in NAMES:
        for kind, answer in vars(answers(name)).items():
            if kind.startswith("right"):
                yield pytest.param(name, answer, id=f"{name}-{kind}")


@pytest.mark.parametrize(("name", "answer"), list(right_ones()))
def test_a_right_answer_passes(name: str, answer: "Callable[..., object]") -> None:
    report = examine(exercise(name), answer)
    assert report.passed, str(report)


@pytest.mark.parametrize("name", NAMES)
def test_each_wrong_answer_gets_its_hint(name: str) -> None:
    module = answers(name)
    jobs = [
        Job(name, module.__name__, wrong.answer.__name__, wrong.attempt, wrong.hint)
        for wrong in module.WRONG
    ]
    assert complaints(jobs) == []


def not_written_server(port: int) -> None:
    raise NotImplementedError


def not_written_client(host: str, port: int) -> None:
    raise NotImplementedError


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_written_yet_is_told_as_that(name: str) -> None:
    one = exercise(name)
    report = examine(one, not_written_client if one.kind == "client" else not_written_server)
    assert not report.passed
    assert "it is not written yet" in report.happened, str(report)
    assert "Replace the line" in report.hint, str(report)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_with_other_arguments_is_told_so(name: str) -> None:
    one = exercise(name)
    report = examine(one, not_written_server if one.kind == "client" else not_written_client)
    assert not report.passed
    assert "argument" in report.happened, str(report)
    assert report.hint, str(report)
