"""What the checks of plain functions share: call it, compare, and choose a hint by what came."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsteps.lessons.exercise import Failed, same, shown

if TYPE_CHECKING:
    from netsteps.lessons.subject_function import FunctionSubject

__all__ = ["NO_RETURN", "gives", "refuses", "type_of"]

Hint = str | Callable[[Any], str]

NO_RETURN = "A function that ends without `return` gives None. print only shows a value."
_SECONDS = 5.0  # of one call, also on a machine that thirty students share


def gives(subject: "FunctionSubject", args: tuple[Any, ...], wanted: object, hint: Hint) -> None:
    """Call it, and compare what it gives: the same value, of the same type.

    hint: a text, or a function of what it gave. Raises Failed.
    """
    got = subject.call(*args, timeout=_SECONDS)
    try:
        same(wanted, got, what=_written(subject, args))
    except Failed as failure:
        if got is None:
            failure.hint = NO_RETURN
        else:
            failure.hint = hint if isinstance(hint, str) else hint(got)
        raise


def refuses(
    subject: "FunctionSubject", args: tuple[Any, ...], hint: str, *, naming: str = "", of: str = ""
) -> None:
    """Call it with what is wrong: it should raise a ValueError.

    hint: for an answer that gives a value instead. naming: what the text of the error should have
    in it. of: what that is, in words. Raises Failed.
    """
    expected = f"{_written(subject, args)}: a ValueError"
    try:
        outcome = subject.outcome(*args, timeout=_SECONDS)
    except Failed as failure:  # it hangs, or its process has ended
        raise Failed(expected, failure.happened, f"{failure.hint} {hint}".lstrip()) from failure
    if naming:
        expected += f" whose text has {of} in it, {naming}"
    if not outcome.raised("ValueError"):
        if outcome.error == "NotImplementedError":
            raise Failed(expected, str(outcome), outcome.hint)
        if outcome.error is not None:
            hint = (
                f"Find out by yourself that the value is wrong, and raise ValueError(...). {hint}"
            )
        raise Failed(expected, str(outcome), hint)
    if naming and not _has(outcome.text, naming):
        text = f"The text of the error should have {of} in it, {naming}: raise ValueError(f'...')."
        raise Failed(expected, str(outcome), text)


def type_of(got: object) -> str:
    """Name the type of what a function gave, also when only its name came back."""
    return str(getattr(got, "type_name", type(got).__name__))


def _has(text: str, number: str) -> bool:
    """Say whether a number stands in a text: 2 is not in "12"."""
    import re

    return re.search(rf"(?<!\d){re.escape(number)}(?!\d)", text) is not None


def _written(subject: "FunctionSubject", args: tuple[Any, ...]) -> str:
    """Write the call, long bytes shorter than lists: their digits tell a reader less."""
    words = (shown(one, 40 if isinstance(one, bytes) else 160) for one in args)
    return f"{subject.answer.name}({', '.join(words)})"
