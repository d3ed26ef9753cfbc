"""The result of a run: as JSON, as a table in the terminal, and as a section of the README."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.measure import Case, Figures, Result

__all__ = ["as_json", "readme_section", "terminal_table", "with_section", "written"]

FORMAT, VERSION = "netsteps bench", 1
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"

# A row as it stands in the JSON.
Line = Mapping[str, Any]


def line_of(result: Result) -> dict[str, Any]:
    """Write a row as JSON has it; figures with five digits, which is more than they are worth."""
    row = result.row
    line: dict[str, Any] = {
        "group": result.group,
        "case": result.case,
        "what": row.what,
        "against": row.against,
        "unit": result.unit,
        "sense": "at least" if row.at_least else "at most",
        "limit": row.limit,
        "aim": row.aim,
        "noise": row.noise,
        "absolute": row.theirs is None,
    }
    for name in ("ours", "theirs", "ratio", "low", "high"):
        line[name] = digits(getattr(result, name))
    return line | {"passed": result.passed, "missing": result.missing}


def digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def as_json(
    measured: Iterable[tuple[Case, Figures]], rows: Iterable[Result], about: Mapping[str, Any]
) -> dict[str, Any]:
    """Put a run together. about: date, command, rounds, seconds and machine."""
    return {
        "format": FORMAT,
        "version": VERSION,
        **about,
        "cases": {
            case.name: {
                "unit": case.unit,
                "values": {
                    name: [digits(value) for value in values]
                    for name, values in figures.values.items()
                },
                "missing": figures.missing,
            }
            for case, figures in measured
        },
        "rows": [line_of(result) for result in rows],
    }


def written(result: Mapping[str, Any]) -> str:
    return json.dumps(result, indent=1) + "\n"


# The words


def amount(value: float | None, unit: str) -> str:
    """Write a figure with its unit, three digits of it: "203,000", "3.71 GB/s", "12.3 us"."""
    if value is None:
        return "-"
    if unit == "bytes/s":
        return f"{value / 1e9:.2f} GB/s"
    if unit == "us":
        return f"{value:.3g} us" if value < 100 else f"{value:,.0f} us"
    if unit == "% lost":
        return f"{value:.2g} %"
    if unit == "bytes":
        return f"{value:,.0f} bytes"
    return f"{float(f'{value:.3g}'):,.0f}"


def ratio(value: float | None, line: Line) -> str:
    if value is None:
        return "-"
    if line["absolute"]:
        return amount(value, line["unit"])
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def required(line: Line) -> str:
    if line["limit"] is None:
        return "-"
    text = f"{line['sense']} {ratio(line['limit'], line)}"
    if line["noise"]:
        noise = line["noise"] if line["sense"] == "at most" else -line["noise"]
        text += f" ({ratio(line['limit'] + noise, line)} within noise)"
    if line["aim"]:
        text += f", aim {ratio(line['aim'], line)}"
    return text


def spread(line: Line) -> str:
    if line["low"] is None:
        return "-"
    return f"{ratio(line['low'], line)} to {ratio(line['high'], line)}"


def verdict(line: Line) -> str:
    if line["missing"]:
        return str(line["missing"])
    return {True: "yes", False: "no", None: "-"}[line["passed"]]


def cells(line: Line) -> list[str]:
    return [
        line["what"],
        line["against"],
        required(line),
        ratio(line["ratio"], line),
        spread(line),
        amount(line["ours"], line["unit"]),
        amount(line["theirs"], line["unit"]),
        verdict(line),
    ]


COLUMNS = ("what", "against", "required", "ratio", "of the rounds", "netsteps", "other", "reached")


def terminal_table(lines: Sequence[Line], width: int | None = None) -> str:
    """Lay the rows out as one table; where it is wider than the terminal, a few lines for each."""
    from netsteps.show.tables import text_table

    table = text_table(COLUMNS, [cells(line) for line in lines], width=90)
    if width is None or max(map(len, table.split("\n"))) <= width:
        return table
    return "\n".join(
        f"{what}, against {against}\n"
        f"    {figure} ({asked}): {met}\n"
        f"    rounds {rounds}; netsteps {ours}, other {other}"
        for what, against, asked, figure, rounds, ours, other, met in map(cells, lines)
    )


def about_run(result: Mapping[str, Any]) -> str:
    """Tell in one sentence where and how it was measured."""
    machine = result["machine"]
    cores = machine["cores"]
    rounds = "1 round" if result["rounds"] == 1 else f"{result['rounds']} rounds"
    places = (
        "who is measured on one core, who asks or takes on another"
        if machine["pinned"]
        else "nothing pinned to a core of its own"
    )
    return (
        f"{result['date']}, {cores} {'core' if cores == 1 else 'cores'} ({machine['model']}), "
        f"{machine['memory_gib']:.0f} GiB, {machine['kernel']}, Python {machine['python']}, "
        f"uvloop {machine['uvloop'] or 'not installed'}; `{result['command']}`, "
        f"{rounds} in alternation, {places}"
    )


def readme_section(result: Mapping[str, Any], picture: str) -> str:
    """Write what stands in the README between the two markers. picture: its path from there."""
    lines = result["rows"]
    asked = [line for line in lines if line["passed"] is not None]
    met = sum(line["passed"] for line in asked)
    table = [
        "| " + " | ".join(COLUMNS) + " |",
        "| " + " | ".join("---" for _ in COLUMNS) + " |",
        *(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in cells(line)) + " |"
            for line in lines
        ),
    ]
    return "\n".join(
        [
            BEGIN,
            f"Measured {about_run(result)}. {met} of {len(asked)} limits are reached.",
            "",
            f"![Bars: how far each figure is from its limit]({picture})",
            "",
            *table,
            END,
        ]
    )


def with_section(readme: str, section: str) -> str:
    """Put a section in place of the one between the markers. Raises ValueError without them."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no {BEGIN} ... {END}")
    return before + section + after


def section_of(readme: str) -> str:
    """Give the section between the markers, with them."""
    return BEGIN + readme.partition(BEGIN)[2].partition(END)[0] + END


def load(path: Path) -> dict[str, Any]:
    """Read a result. Raises ValueError for another file."""
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if result.get("format") != FORMAT:
        raise ValueError(f"{path} is no result of make bench")
    return result
