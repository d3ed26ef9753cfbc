"""The lessons: exercises that check themselves, mistakes made on purpose, predictions, claims.

    from netsteps.lessons import check, mistakes, predict, claim

    def echo_server(port): ...

    check.echo_server(echo_server)

`check` has a function for each exercise; it runs what a student wrote in a process of its own, and
gives a report. `mistakes` is the bank of mistakes that people make with sockets. `predict` and
`claim` are the questions of the notebooks. Each is loaded when it is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsteps.lessons import check as check
    from netsteps.lessons import mistakes as mistakes
    from netsteps.lessons.ask import claim as claim
    from netsteps.lessons.ask import predict as predict

__all__ = ["check", "claim", "mistakes", "predict"]


def __getattr__(name: str) -> object:
    """Load a part when it is first used."""
    from importlib import import_module

    if name in {"check", "mistakes"}:
        return import_module(f"netsteps.lessons.{name}")
    if name in {"predict", "claim"}:
        return getattr(import_module("netsteps.lessons.ask"), name)
    raise AttributeError(f"module 'netsteps.lessons' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
