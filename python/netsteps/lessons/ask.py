"""Questions of a lesson: what will happen, asked before a cell runs, and claims that are tried."""

from typing import Any

from netsteps.lessons.boxes import Shown, box, in_a_kernel, lines_of, show

__all__ = ["Claim", "Prediction", "claim", "predict"]


def predict(question: str, *choices: str, mine: int | None = None) -> "Prediction":
    """Ask what will happen, before it happens.

        guess = predict("Two writes, one read: what comes?", "the first", "both", "either")
        ...
        guess.was(3, "TCP keeps the order of the bytes, and no borders.")

    In a notebook the choices have buttons, where ipywidgets is installed. Everywhere else the
    choice is written into the call: `mine=2`.

    question, choices: short texts; what stands between backticks is code. mine: the number of your
    choice, from 1 on.

    Raises ValueError when there are fewer than two choices, or none of them has the number `mine`.
    """
    return Prediction(question, choices, mine)


def claim(text: str, *, lecture: int) -> "Claim":
    """Show a claim of a lecture, with the question whether it is true. The next cells try it.

        said = claim("Packets have a fixed size.", lecture=1)
        ...
        said.verdict("only partly", "There is a largest size, and most packets are smaller.")

    text: the claim. lecture: its number, from 1 to 5.
    """
    return Claim(text, lecture)


class Prediction:
    """A question with choices, one of which is mine. `predict` makes it and shows it."""

    def __init__(self, question: str, choices: tuple[str, ...], mine: int | None) -> None:
        if len(choices) < 2:
            message = f"a prediction has two choices or more, and not {len(choices)}"
            raise ValueError(message)
        self.question = question
        self.choices = choices
        self.mine = None if mine is None else self._number(mine, "mine")
        self.buttons: Any = None  # of ipywidgets, or None
        self._right: tuple[int, str] | None = None
        self._answer: Shown | None = None
        show(box("ask", f"Predict: {question}", lines_of(choices, self.mine)))
        if in_a_kernel():
            self._offer_buttons()

    def __repr__(self) -> str:
        return f"<Prediction {self.question!r}, mine={self.mine}>"

    def was(self, right: int, because: str = "") -> None:
        """Show what was chosen, what happened, and why. A choice made later is shown as well.

        right: the number of the choice that was right, from 1 on. because: the reason, as a text.

        Raises ValueError when no choice has the number `right`.
        """
        self._right = self._number(right, "right"), because
        self._answer = show(self._answered(*self._right))

    def _answered(self, right: int, because: str) -> dict[str, str]:
        truth = f"{right}. {self.choices[right - 1]}"
        if self.mine is None:
            return box("ask", f"What happened: {truth}", [because])
        if self.mine == right:
            return box("right", f"As you predicted: {truth}", [because])
        yours = f"You predicted: {self.mine}. {self.choices[self.mine - 1]}"
        return box("wrong", f"What happened: {truth}", [yours, because])

    def _number(self, number: int, name: str) -> int:
        if number not in range(1, len(self.choices) + 1):
            message = (
                f"{name}={number} is no choice: they have the numbers 1 to {len(self.choices)}"
            )
            raise ValueError(message)
        return number

    def _offer_buttons(self) -> None:
        """Show a button for each choice; a page without them shows how to do without."""
        try:
            from ipywidgets import ToggleButtons
        except ImportError:
            return
        options = [(str(number), number) for number in range(1, len(self.choices) + 1)]
        self.buttons = ToggleButtons(
            options=options,
            value=self.mine,
            tooltips=list(self.choices),
            style={"button_width": "44px"},
        )
        self.buttons.observe(self._chosen, names="value")
        view = {"version_major": 2, "version_minor": 0, "model_id": self.buttons.model_id}
        bundle: dict[str, Any] = {
            "application/vnd.jupyter.widget-view+json": view,
            "text/plain": "Your choice, without buttons: mine=1 (or 2, ...) in the call.",
        }
        show(bundle)

    def _chosen(self, change: dict[str, Any]) -> None:
        self.mine = change["new"]
        if self._right is not None and self._answer is not None:
            self._answer.update(self._answered(*self._right), raw=True)


# What a verdict says, and the kind of its box. Everything else is in between.
_VERDICTS = {"true": "right", "false": "wrong", "not true": "wrong", "no": "wrong", "yes": "right"}


class Claim:
    """A sentence of a lecture that is to be tried. `claim` makes it and shows it."""

    def __init__(self, text: str, lecture: int) -> None:
        self.text = text
        self.lecture = lecture
        show(box("ask", f"Is it true? {self._said()}", ["The next cells try it."]))

    def __repr__(self) -> str:
        return f"<Claim {self.text!r} of lecture {self.lecture}>"

    def verdict(self, judgement: str, truth: str) -> None:
        """Show the claim again, with what has come out.

        judgement: "true", "false", or what is in between, like "only partly". truth: what is true
        instead, as a text.
        """
        kind = _VERDICTS.get(judgement.lower(), "partly")
        show(box(kind, f"Is it true? {judgement.capitalize()}.", [self._said(), truth]))

    def _said(self) -> str:
        return f"Lecture {self.lecture}: “{self.text}”"
