"""Questions of a lesson: as text, as HTML, and with buttons in a kernel."""

import json
from typing import TYPE_CHECKING

import nbformat
import pytest

from netsteps.lessons import claim, predict
from notebook_runs import execute, outputs_of

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = "Two writes, one `read`: what comes?"
CHOICES = ("the first", "both", "either of <them>")


def test_without_a_notebook_a_question_is_printed_with_its_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    guess = predict(QUESTION, *CHOICES)
    assert capsys.readouterr().out == (
        f"Predict: {QUESTION}\n  1. the first\n  2. both\n  3. either of <them>\n"
    )
    assert guess.mine is None
    assert guess.buttons is None
    guess.was(3, "No borders.")
    assert capsys.readouterr().out == "What happened: 3. either of <them>\n  No borders.\n"


@pytest.mark.parametrize(
    ("mine", "answer"),
    [
        (1, "What happened: 3. either of <them>\n  You predicted: 1. the first\n  No borders.\n"),
        (3, "As you predicted: 3. either of <them>\n  No borders.\n"),
    ],
)
def test_a_choice_in_the_call_is_compared(
    mine: int, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    guess = predict(QUESTION, *CHOICES, mine=mine)
    assert f"{mine}. {CHOICES[mine - 1]} (your choice)\n" in capsys.readouterr().out
    guess.was(3, "No borders.")
    assert capsys.readouterr().out == answer


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_number_that_is_no_choice_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=rf"^mine={number} is no choice: .* 1 to 3$"):
        predict(QUESTION, *CHOICES, mine=number)
    with pytest.raises(ValueError, match=rf"^right={number} is no choice"):
        predict(QUESTION, *CHOICES).was(number)


def test_one_choice_is_none() -> None:
    with pytest.raises(ValueError, match="two choices or more"):
        predict(QUESTION, "the first")


@pytest.mark.parametrize("judgement", ["true", "false", "only partly"])
def test_a_claim_has_a_verdict(judgement: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = claim("Packets have a fixed size.", lecture=1)
    first = capsys.readouterr().out
    assert first.startswith("Is it true? Lecture 1: “Packets have a fixed size.”\n")
    said.verdict(judgement, "They have a largest size.")
    assert capsys.readouterr().out == (
        f"Is it true? {judgement.capitalize()}.\n"
        "  Lecture 1: “Packets have a fixed size.”\n  They have a largest size.\n"
    )


CELLS = (
    "from netsteps.lessons import claim, predict",
    f"guess = predict({QUESTION!r}, *{CHOICES!r})",
    "guess.was(3, 'No borders.')",
    "said = claim('Is `<b>` bold?', lecture=2)",
    "said.verdict('false', 'No.')",
)


@pytest.mark.netsteps_keeps_sockets("nbclient's own, to the kernel")
def test_in_a_notebook_there_are_boxes_and_buttons(quiet_machine: "Path") -> None:
    pytest.importorskip("ipywidgets")
    chooses = "guess.buttons.value = 1"  # what a click on the first button does
    cells = [nbformat.v4.new_code_cell(cell) for cell in (*CELLS, chooses)]
    notebook = execute(nbformat.v4.new_notebook(cells=cells), quiet_machine)
    asked, buttons, answered, *boxes = outputs_of(notebook)
    assert "Predict: Two writes, one <code>read</code>: what comes?" in asked.data["text/html"]
    assert "3. either of &lt;them&gt;" in asked.data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in buttons.data
    assert "mine=1" in buttons.data["text/plain"]
    # The choice came after the answer, which was written anew.
    assert "You predicted: 1. the first" in answered.data["text/html"]
    assert ["&lt;b&gt;" in box.data["text/html"] for box in boxes] == [True, True]
    states = json.dumps(notebook.metadata.get("widgets", {}))
    assert all(choice in states for choice in CHOICES)


@pytest.mark.netsteps_keeps_sockets("nbclient's own, to the kernel")
def test_without_ipywidgets_there_are_no_buttons(quiet_machine: "Path") -> None:
    hides = "import sys\nsys.modules['ipywidgets'] = None"
    cells = [nbformat.v4.new_code_cell(cell) for cell in (hides, *CELLS)]
    notebook = execute(nbformat.v4.new_notebook(cells=cells), quiet_machine)
    assert [output.output_type for output in outputs_of(notebook)] == ["display_data"] * 4
