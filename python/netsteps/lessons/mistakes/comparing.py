"""Whether a mistake gave what the bank says that it gives."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsteps.lessons.mistakes.model import Made

__all__ = ["same_text", "surprises"]


def same_text(expected: str, got: str) -> bool:
    """Compare two outputs; "…" in the expected one stands for any part of a line."""
    pattern = ".*".join(map(re.escape, expected.strip("\n").split("…")))
    return re.fullmatch(pattern, got.strip("\n")) is not None


def surprises(made: "Made") -> list[str]:
    """Say in what a run differs from what the bank tells."""
    mistake = made.mistake
    found = [
        f"{what}: expected {expected!r}, got {got!r}"
        for what, expected, got in (
            ("it ended", mistake.ends, made.ended),
            ("the error", mistake.error, made.error),
        )
        if expected != got
    ]
    if not same_text(mistake.prints, made.output):
        found.append(f"the output: expected {mistake.prints!r}, got {made.output!r}")
    if mistake.line and made.ended in {"error", "waits"}:
        lines = mistake.wrong.splitlines()
        at = {lines[wait.line - 1].strip() for wait in made.waits}
        if made.line:
            at.add(lines[made.line - 1].strip())
        if mistake.line not in at:
            found.append(f"the line: expected {mistake.line!r}, got {sorted(at)}")
    if mistake.netsteps_says not in made.netsteps_says:
        found.append(f"netsteps says: no {mistake.netsteps_says!r} in {made.netsteps_says!r}")
    return found
