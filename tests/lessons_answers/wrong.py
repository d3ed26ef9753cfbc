"""A wrong answer, and what the check has to say about it."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Wrong"]


class Wrong(NamedTuple):
    """A wrong answer.

    attempt: words of the title of the attempt that catches it. hint: words of the hint.
    """

    answer: "Callable[..., object]"
    attempt: str
    hint: str
