"""Each mistake of the bank is made once, for all tests that look at it."""

import sys
from functools import cache

import pytest

from netsteps.lessons import mistakes

NAMES = [mistake.name for mistake in mistakes.ALL]


def named(name: str) -> mistakes.Mistake:
    return next(mistake for mistake in mistakes.ALL if mistake.name == name)


@cache
def made(name: str) -> mistakes.Made:
    return named(name).make()


def as_told(name: str) -> mistakes.Mistake:
    """Give the mistake, and leave the test out where the system is known to do otherwise."""
    mistake = named(name)
    if sys.platform != "linux":
        pytest.skip(f"what the bank tells is Linux's. {mistake.elsewhere}")
    if reason := mistake.here():
        pytest.skip(reason)
    return mistake
