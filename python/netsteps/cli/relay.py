"""The command relay: a bad path in front of a target, until Ctrl-C."""

import json
import sys
from typing import TYPE_CHECKING

import netsteps as ns
from netsteps.cli.relay_options import RULES, misplaced
from netsteps.cli.serve import UntilTold
from netsteps.cli.terminal import say, warn

if TYPE_CHECKING:
    import argparse

__all__ = ["relay"]

# How often the live line is written anew, in seconds.
_EVERY = 0.25


def relay(options: "argparse.Namespace") -> int:
    """Relay until SIGINT or SIGTERM, then print the report. To be ended so is exit code 0."""
    if wrong := misplaced(options):
        warn(wrong[0])
        print(f"  try: {wrong[1]}", file=sys.stderr, flush=True)
        return 2
    until_told = UntilTold()  # before the first line: whoever reads it may signal at once
    with _relay(options) as made:
        _announce(options, made)
        line = _Line(made)
        if sys.stderr.isatty() and not options.json:
            until_told.wait(line.show, _EVERY)
            line.clear()
        else:
            until_told.wait()
        made.stop()
        _sum_up(options, made)
    return 0


def _relay(options: "argparse.Namespace") -> ns.Relay:
    given = {name: getattr(options, name) for name in RULES}
    asked = {name: value for name, value in given.items() if value is not None}
    rules = {options.only.replace("-", "_"): ns.Rules(**asked)} if options.only else asked
    made: ns.Relay = ns.Relay(
        options.target,
        kind=options.kind,
        host=options.host,
        port=options.port,
        seed=options.seed,
        log=0,  # counts are all that is shown
        **rules,
    )
    return made


def _announce(options: "argparse.Namespace", made: ns.Relay) -> None:
    if options.json:
        _say_json(
            "relaying",
            kind=made.kind,
            ip=made.endpoint.ip,
            port=made.endpoint.port,
            target=str(made.target),
            seed=made.seed,
        )
    else:
        say(
            f"relay over {made.kind} on {made.endpoint} for {made.target}, seed {made.seed}, "
            "Ctrl-C ends it"
        )


def _sum_up(options: "argparse.Namespace", made: ns.Relay) -> None:
    report = made.report()
    if not options.json:
        # A terminal has written ^C where the line stood.
        say(f"{chr(10) if sys.stdout.isatty() else ''}ended:\n{report!r}")
        return
    counts = {
        name: {
            count: getattr(way, count)
            for count in dir(way)
            if not count.startswith("_") and isinstance(getattr(way, count), int)
        }
        for name, way in (("to_target", report.to_target), ("to_client", report.to_client))
    }
    _say_json("ended", clients=report.clients, **counts)


def _say_json(event: str, **about: object) -> None:
    say(json.dumps({"event": event, **about}))


class _Line:
    """One line on the error output that is written over and over."""

    def __init__(self, made: ns.Relay) -> None:
        self._relay = made
        self._width = 0

    def show(self) -> None:
        """Write the counts of this moment."""
        report = self._relay.report()
        parts = [f"{self._relay.clients} clients"]
        for way, counts in (("->", report.to_target), ("<-", report.to_client)):
            parts.append(f"{way} {counts.came} came, {counts.delivered} went on")
        lost = report.to_target.lost + report.to_client.lost
        if lost:
            parts.append(f"{lost} lost")
        text = "  ".join(parts)
        self._write(text)

    def clear(self) -> None:
        """Leave an empty line."""
        self._write("")
        sys.stderr.write("\r")
        sys.stderr.flush()

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text:<{self._width}}")
        sys.stderr.flush()
        self._width = len(text)
