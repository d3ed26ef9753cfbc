"""Makes the notebooks from their sources: source/NAME.py becomes NAME.ipynb.

    python notebooks/build.py            # write them
    python notebooks/build.py --check    # fail when one is not what its source gives
    python notebooks/build.py --nbgrader DIR    # write those with solutions, as nbgrader wants them

A source is a Python program in the percent format: a line `# %%` begins a cell of code, a line
`# %% [markdown]` a cell of text, whose lines are comments. What stands before the first cell is for
readers of the source. The notebooks hold no outputs, and the name of a cell (its id) comes from
what is in it, so that the same source always gives the same file, byte for byte.

A source has the solutions of its exercises, and a notebook has not: it is the student's copy. In a
cell of code, the lines from `### BEGIN SOLUTION` to `### END SOLUTION` become two lines that say
where to write, `# YOUR CODE HERE` and `raise NotImplementedError`. The markers are nbgrader's.

The package takes the notebooks with it: PACKAGED has a symbolic link to each, which a wheel holds
as a file.

A cell that only tells what was right (`guess.was(2, ...)`, `said.verdict(...)`) hides its source: it
would give the answer away before the experiment. A click on it shows it.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

HERE = Path(__file__).parent
SOURCES = HERE / "source"
PACKAGED = HERE.parent / "python" / "netsteps" / "lessons" / "notebooks"

CODE, TEXT = "# %%", "# %% [markdown]"

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
# A line that means to be a marker, however it is written.
MARKER = re.compile(r"\s*#.*\b(?:BEGIN|END)\s+SOLUTION\b", re.IGNORECASE)
# A cell that is one check, and what stands around a test that nbgrader hides from the students.
CHECK = re.compile(r"check\.\w+\([^()]*\)")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
# The first line of a hidden source is shown after all.
LABEL = "# What happened? Run this cell."
STUB = ("# YOUR CODE HERE", "raise NotImplementedError")


def cells_of(source: str) -> list[tuple[str, str]]:
    """Split a source into its cells: the marker of each, and its text.

    Raises ValueError for a marker that is neither of the two, and for a line of a text cell that is
    no comment.
    """
    cells: list[tuple[str, list[str]]] = []
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith(CODE):
            if line.rstrip() not in {CODE, TEXT}:
                message = f"line {number}: {line!r} is neither {CODE!r} nor {TEXT!r}"
                raise ValueError(message)
            cells.append((line.rstrip(), []))
        elif cells and cells[-1][0] == TEXT:
            if line and line != "#" and not line.startswith("# "):
                message = f"line {number}: a line of a text cell begins with '# '"
                raise ValueError(message)
            cells[-1][1].append(line[2:])
        elif cells:
            cells[-1][1].append(line)
    return [(marker, "\n".join(lines).strip("\n")) for marker, lines in cells]


def without_solutions(code: str) -> str:
    """Put the two lines of the stub in the place of each solution, as far in as its first marker.

    Raises ValueError for a marker that has no other, that is in another solution, that is not as
    far in as the first one, or that is written in another way.
    """
    kept: list[str] = []
    begun: str | None = None  # what stands before the marker of the solution that we are in
    for line in code.splitlines():
        if not MARKER.match(line):
            if begun is None:
                kept.append(line)
            continue
        before, marker = line[: len(line) - len(line.lstrip())], line.strip()
        if marker != (BEGIN if begun is None else END) or begun not in {None, before}:
            message = f"{line!r} is out of place: {BEGIN!r}, and as far in {END!r}, each alone"
            raise ValueError(message)
        if begun is None:
            begun = before
            kept += [before + stub for stub in STUB]
        else:
            begun = None
    if begun is not None:
        message = f"{BEGIN!r} without {END!r} in the same cell"
        raise ValueError(message)
    return "\n".join(kept)


def only_tells(code: str) -> bool:
    """Say whether a cell has nothing but the answers of predictions and claims."""
    return bool(statements := ast.parse(code).body) and all(
        isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Call)
        and isinstance(one.value.func, ast.Attribute)
        and one.value.func.attr in {"was", "verdict"}
        for one in statements
    )


def notebook_of(source: str, *, solutions: bool = False) -> nbformat.NotebookNode:
    """Make the notebook of a source, without outputs.

    solutions: with the solutions, as the source has them; otherwise it is the student's copy.

    Raises ValueError as cells_of and without_solutions do, and for a solution in a text.
    """
    notebook = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    seen: dict[str, int] = {}
    for marker, text in cells_of(source):
        if marker == CODE and not solutions:
            text = without_solutions(text)  # noqa: PLW2901 - the cell as the student has it
        if marker == TEXT and any(MARKER.match(line) for line in text.splitlines()):
            message = f"a solution is in a cell of code, and not in this text: {text[:60]!r}"
            raise ValueError(message)
        name = hashlib.sha256(f"{marker}\n{text}".encode()).hexdigest()[:12]
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:  # the same cell twice
            name = f"{name}-{seen[name]}"
        hidden = marker == CODE and only_tells(text)
        if hidden:
            text = f"{LABEL}\n{text}"  # noqa: PLW2901 - the cell as the student has it
        make = nbformat.v4.new_code_cell if marker == CODE else nbformat.v4.new_markdown_cell
        notebook.cells.append(make(text, id=name))
        if hidden:
            notebook.cells[-1].metadata["jupyter"] = {"source_hidden": True}
    nbformat.validate(notebook)
    return notebook


def built(source: Path) -> str:
    """Give the file that a source becomes, as text."""
    return nbformat.writes(notebook_of(source.read_text(encoding="utf-8"))) + "\n"


def graded(source: Path) -> str:
    """Give the file that nbgrader takes for a source: with solutions, and with points for checks.

    A check shows a report and raises nothing, so a hidden test behind it does: nbgrader leaves it
    out of what the students get, and puts it back before it grades. One point for each check.
    """
    notebook = notebook_of(source.read_text(encoding="utf-8"), solutions=True)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if any(MARKER.match(line) for line in cell.source.splitlines()):
            cell.metadata["nbgrader"] = nbgrader(cell.id, solution=True)
        elif CHECK.fullmatch(cell.source.strip()):
            cell.metadata["nbgrader"] = nbgrader(cell.id, solution=False)
            cell.source += f"\n{HIDDEN[0]}\nassert {cell.source.strip()}\n{HIDDEN[1]}"
    return nbformat.writes(notebook) + "\n"


def nbgrader(cell: str, *, solution: bool) -> dict[str, Any]:
    """Say what nbgrader is to do with a cell: a solution, or else a check that gives a point."""
    said = {
        "schema_version": 3,
        "grade_id": cell,
        "solution": solution,
        "grade": not solution,
        "locked": not solution,
        "task": False,
    }
    return said if solution else said | {"points": 1}


def write_graded(folder: Path) -> None:
    """Write one assignment for each source: FOLDER/source/NAME/NAME.ipynb."""
    for source in sorted(SOURCES.glob("*.py")):
        path = folder / "source" / source.stem / f"{source.stem}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(graded(source), encoding="utf-8")
        print(f"wrote {path}")


def link_in_package(notebook: Path) -> Path:
    """Give the link that the package has to this notebook, as it should be: relative."""
    return Path("../" * 4) / "notebooks" / notebook.name


def main(arguments: list[str]) -> int:
    """Write the notebooks, or compare them with their sources; return the exit code."""
    match arguments:
        case []:
            return write()
        case ["--check"]:
            return check()
        case ["--nbgrader", folder]:
            write_graded(Path(folder))
            return 0
    print("usage: build.py [--check | --nbgrader DIR]", file=sys.stderr)
    return 2


def stale() -> Iterator[tuple[Path, str]]:
    """Give each notebook that is not what its source gives, and what it should be."""
    for source in sorted(SOURCES.glob("*.py")):
        notebook, text = HERE / f"{source.stem}.ipynb", built(source)
        if not notebook.is_file() or notebook.read_text(encoding="utf-8") != text:
            yield notebook, text


def stale_links() -> list[Path]:
    """Give the links of the package that are missing, that lead elsewhere, or to no source."""
    wanted = {
        PACKAGED / f"{source.stem}.ipynb": str(link_in_package(source.with_suffix(".ipynb")))
        for source in SOURCES.glob("*.py")
    }
    there = {path: str(path.readlink()) for path in PACKAGED.glob("*.ipynb") if path.is_symlink()}
    return sorted(path for path in wanted | there if wanted.get(path) != there.get(path))


def write() -> int:
    """Write what is out of date."""
    for notebook, text in stale():
        notebook.write_text(text, encoding="utf-8")
        print(f"wrote {notebook.name}")
    PACKAGED.mkdir(exist_ok=True)
    for link in stale_links():
        link.unlink(missing_ok=True)
        if (SOURCES / f"{link.stem}.py").is_file():
            link.symlink_to(link_in_package(link))
    return 0


def check() -> int:
    """Complain about what is out of date."""
    wrong = [path for path, _ in stale()] + stale_links()
    for path in wrong:
        print(f"{path.name} is out of date: run notebooks/build.py", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
