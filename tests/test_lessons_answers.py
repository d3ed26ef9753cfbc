"""A right server or client passes its check, and each typical wrong one gets the hint for it."""

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from lessons_checking import Job, complaints
from netsteps.lessons.exercise import exercise

if TYPE_CHECKING:
    from collections.abc import Iterator

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
HANDED_OUT = "lessons_answers.not_written"


def jobs() -> "Iterator[Job]":
    for name in NAMES:
        answers = import_module(f"lessons_answers.{name.replace('-', '_')}")
        for kind in vars(answers):
            if kind.startswith("right"):
                yield Job(name, answers.__name__, kind, right=True)
        for wrong in answers.WRONG:
            function = wrong.answer.__name__
            yield Job(name, answers.__name__, function, wrong.attempt, wrong.hint)
        its, other = "server", "client"
        if exercise(name).kind == "client":
            its, other = other, its
        happened = "it is not written yet"
        yield Job(name, HANDED_OUT, its, hint="Replace the line", happened=happened)
        # It takes other arguments.
        yield Job(name, HANDED_OUT, other, happened="argument")


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest) -> dict[Job, str]:
    return complaints(request)


@pytest.mark.timeout(600)  # the first of them checks all
@pytest.mark.parametrize("job", list(jobs()), ids=str)
def test_a_right_answer_passes_and_a_wrong_one_gets_its_hint(
    job: Job, told: dict[Job, str]
) -> None:
    assert told[job] == ""
