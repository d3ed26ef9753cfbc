"""Makes the notebooks from their sources: source/NAME.py becomes NAME.ipynb.

    python notebooks/build.py            # write them
    python notebooks/build.py --check    # fail when one is not what its source gives

A source is a Python program in the percent format: a line `# %%` begins a cell of code, a line
`# %% [markdown]` a cell of text, whose lines are comments. What stands before the first cell is for
readers of the source. The notebooks hold no outputs, and the name of a cell (its id) comes from
what is in it, so that the same source always gives the same file, byte for byte.

A source has the solutions of its exercises, and a notebook has not: it is the student's copy. In a
cell of code, the lines from `### BEGIN SOLUTION` to `### END SOLUTION` become two lines that say
where to write, `# YOUR CODE HERE` and `raise NotImplementedError`. The markers are nbgrader's.
"""

import hashlib
import re
import sys
from pathlib import Path

import nbformat

HERE = Path(__file__).parent
SOURCES = HERE / "source"

CODE, TEXT = "# %%", "# %% [markdown]"

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
# A line that means to be a marker, however it is written.
MARKER = re.compile(r"\s*#.*\b(?:BEGIN|END)\s+SOLUTION\b", re.IGNORECASE)
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
        make = nbformat.v4.new_code_cell if marker == CODE else nbformat.v4.new_markdown_cell
        notebook.cells.append(make(text, id=name))
    nbformat.validate(notebook)
    return notebook


def built(source: Path) -> str:
    """Give the file that a source becomes, as text."""
    return nbformat.writes(notebook_of(source.read_text(encoding="utf-8"))) + "\n"


def main(arguments: list[str]) -> int:
    """Write the notebooks, or compare them with their sources; return the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: build.py [--check]", file=sys.stderr)
        return 2
    code = 0
    for source in sorted(SOURCES.glob("*.py")):
        notebook = HERE / f"{source.stem}.ipynb"
        text = built(source)
        if notebook.is_file() and notebook.read_text(encoding="utf-8") == text:
            continue
        if arguments:
            print(f"{notebook.name} is out of date: run notebooks/build.py", file=sys.stderr)
            code = 1
        else:
            notebook.write_text(text, encoding="utf-8")
            print(f"wrote {notebook.name}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
