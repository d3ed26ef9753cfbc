"""netsteps mistakes: the bank of mistakes as a list, and one of them made and shown."""

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from netsteps.cli.terminal import say, show_table
from netsteps.lessons import mistakes as bank

if TYPE_CHECKING:
    import argparse

    from netsteps.lessons.mistakes import Made, Mistake

__all__ = ["mistakes"]


def mistakes(options: "argparse.Namespace") -> int:
    """List the mistakes, or make the one that was asked for."""
    if options.name is None:
        if options.html or options.program:
            options.usage_error("--html and --program need the NAME of a mistake")
        show_table(bank.table(), [_listed(mistake) for mistake in bank.ALL], as_json=options.json)
        return 0
    mistake = _named(options)
    if options.program:
        say(getattr(mistake, options.program).rstrip("\n"))
        return 0
    made = mistake.make()
    if options.html:
        path = Path(options.html)
        path.write_text(_page(made), encoding="utf-8")
        say(f"wrote {path}")
    elif options.json:
        say(json.dumps(_told(made), indent=2))
    else:
        say(str(made))
    return 0


def _named(options: "argparse.Namespace") -> "Mistake":
    names = {mistake.name: mistake for mistake in bank.ALL}
    wanted = options.name.replace("-", "_")
    if wanted not in names:
        near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.4)
        hint = f"; near to it: {', '.join(near)}" if near else ""
        options.usage_error(f"there is no mistake {options.name!r}{hint}")
    return names[wanted]


def _listed(mistake: "Mistake") -> dict[str, object]:
    return {
        "name": mistake.name,
        "title": mistake.title,
        "lecture": mistake.lecture,
        "ends": mistake.ends,
        "gives": mistake.gives,
        "happens": mistake.happens,
        "cure": mistake.cure,
        "elsewhere": mistake.elsewhere or None,
    }


def _told(made: "Made") -> dict[str, object]:
    return _listed(made.mistake) | {
        "ended": made.ended,
        "error": made.error or None,
        "line": made.line or None,
        "waits": [{"thread": wait.thread or None, "line": wait.line} for wait in made.waits],
        "output": made.output,
        "netsteps_says": made.netsteps_says,
        "surprises": made.surprises,
        "differs": made.differs or None,
        "seconds": round(made.seconds, 3),
    }


def _page(made: "Made") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/>'
        f"<title>{made.mistake.name}</title>\n"
        "<style>body { font: 14px system-ui, sans-serif; margin: 24px }</style></head>\n"
        f"<body>{made._repr_html_()}</body>\n</html>\n"
    )
