"""The command demo: show what the exchange of `netsteps.demo` did."""

import sys
from typing import TYPE_CHECKING

from netsteps.cli.terminal import say
from netsteps.demo import run
from netsteps.show.side_by_side import SideRow, side_by_side_rows
from netsteps.show.tables import printable
from netsteps.show.units import rate_text, size_text, time_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from netsteps.demo import Demo, Exchange

__all__ = ["demo"]

_STYLES = {
    "title": "bold",
    "about": "bold",
    "rule": "dim",
    "gap": "dim",
    "left": "cyan",
    "right": "green",
    "good": "bold green",
    "bad": "bold red",
}


def demo(options: "argparse.Namespace") -> int:
    """Run it, and print each side's steps. Returns 1 when a hash differs."""
    done = run(options.file, _announce)
    begin = min(line.start_ns for one in done.exchanges for line in (*one.left, *one.right))
    for one in done.exchanges:
        _show(_rows(one, begin, done.sha256))
    _show(_summary(done))
    return 0 if done.equal else 1


def _announce(name: str, size: int) -> None:
    say(f"{printable(name)} ({size_text(size)}) goes to a server and back, over TCP and UDP\n")


def _rows(one: "Exchange", begin: int, sha256: str) -> "Iterable[SideRow]":
    yield SideRow(one.about, "about")
    yield from side_by_side_rows(one.left, one.right, one.titles, begin_ns=begin)
    for got, where in ((one.sent, "there"), (one.returned, "and back")):
        if got != sha256:
            yield SideRow(f"DIFFERS {where}: SHA-256 {got}", "bad")
    yield SideRow("", "gap")


def _summary(done: "Demo") -> "Iterable[SideRow]":
    """Say what was moved, how fast, and whether it is what it was."""
    moved = 2 * len(done.exchanges) * done.size
    yield SideRow(
        f"moved {size_text(moved)} in {time_text(done.took_ns)}, {rate_text(moved, done.took_ns)}: "
        f"{len(done.exchanges)} times there and back",
        "about",
    )
    copies = 2 * len(done.exchanges)
    if done.equal:
        yield SideRow(f"all {copies} copies are equal: SHA-256 {done.sha256}", "good")
    else:
        yield SideRow(f"NOT all {copies} copies are equal to SHA-256 {done.sha256}", "bad")


def _show(rows: "Iterable[SideRow]") -> None:
    """Print rows, in colours where they are seen."""
    if not sys.stdout.isatty():
        for row in rows:
            say(row.text)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout)
    for row in rows:
        style = "red" if row.failed else _STYLES[row.side]
        console.print(Text(row.text, style=style), soft_wrap=True)
