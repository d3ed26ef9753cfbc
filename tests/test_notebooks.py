"""The notebooks run from top to bottom, and are what their sources give.

A notebook runs in a kernel of its own, which is this very Python: an installed kernel of the same
name may belong to another one.
"""

import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from netsteps.lessons import check
from notebook_runs import (
    NOTEBOOKS,
    checks_of,
    execute,
    execute_together,
    load_build,
    names_of_lesson,
    outputs_of,
)

if TYPE_CHECKING:
    from types import ModuleType

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
SOURCES = sorted((NOTEBOOKS / "source").glob("*.py"))

each_notebook = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def build() -> "ModuleType":
    return load_build()


def test_there_is_a_notebook_for_each_source_and_a_source_for_each_notebook() -> None:
    assert FILES
    assert [path.stem for path in FILES] == [path.stem for path in SOURCES]


@pytest.fixture(scope="module")
def students(tmp_path_factory: pytest.TempPathFactory) -> dict[str, nbformat.NotebookNode]:
    """Run every notebook as a student gets it, some at the same time: most of it is waiting."""
    notebooks = [nbformat.read(path, as_version=4) for path in FILES]
    done = execute_together(notebooks, tmp_path_factory.mktemp("students"), at_once=3)
    return {path.stem: notebook for path, notebook in zip(FILES, done, strict=True)}


@pytest.mark.timeout(300)  # the first of them runs all
@pytest.mark.netsteps_keeps_sockets("nbclient's own, to the kernel")
@each_notebook
def test_every_cell_of_a_students_copy_runs(
    path: Path, students: dict[str, nbformat.NotebookNode]
) -> None:
    outputs = outputs_of(students[path.stem])
    assert [output for output in outputs if output.output_type == "error"] == []
    # A warning, or an exception of a thread, would be seen here.
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert any("text/html" in output.get("data", {}) for output in outputs)


@pytest.mark.timeout(300)
@each_notebook
def test_every_check_of_a_students_copy_fails_and_says_what_to_do(
    path: Path, students: dict[str, nbformat.NotebookNode]
) -> None:
    checks = checks_of(students[path.stem])
    assert sorted(checks) == sorted(names_of_lesson(int(path.stem[:2])))
    assert len(checks) >= 4
    for name, report in checks.items():
        assert report.startswith(f"{name}: not written yet\n"), report
        assert "Replace the line `raise NotImplementedError`" in report


@pytest.mark.netsteps_keeps_sockets("nbclient's own, to the kernel")
def test_the_kernel_is_this_python(quiet_machine: Path) -> None:
    cell = nbformat.v4.new_code_cell("import sys\nprint(sys.executable, sys.prefix)")
    notebook = execute(nbformat.v4.new_notebook(cells=[cell]), quiet_machine)
    assert outputs_of(notebook)[0].text == f"{sys.executable} {sys.prefix}\n"


@pytest.mark.timeout(180)
@each_source
def test_a_source_runs_as_a_program_closes_what_it_opens_and_passes_its_checks(
    path: Path,
    quiet_machine: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reports = []
    run = check._check
    monkeypatch.setattr(check, "_check", lambda *given: reports.append(run(*given)) or reports[-1])
    runpy.run_path(str(path))
    assert [str(report) for report in reports if not report.passed] == []
    assert sorted(report.name for report in reports) == sorted(names_of_lesson(int(path.stem[:2])))
    assert capsys.readouterr().err == ""


@each_source
def test_a_rebuild_gives_the_committed_file(path: Path, build: "ModuleType") -> None:
    assert (NOTEBOOKS / f"{path.stem}.ipynb").read_text(encoding="utf-8") == build.built(path)


@each_notebook
def test_no_outputs_are_committed(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert outputs_of(notebook) == []
    assert {cell.execution_count for cell in notebook.cells if cell.cell_type == "code"} == {None}
    assert notebook.metadata.kernelspec.name == "python3"


# The builder


def test_a_source_becomes_cells_with_names_of_their_own(build: "ModuleType") -> None:
    source = (
        "# for readers\n\n# %% [markdown]\n# # Title\n#\n# text\n\n# %%\nx = 1\n\n\n# %%\nx = 1\n"
    )
    notebook = build.notebook_of(source)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        ("markdown", "# Title\n\ntext"),
        ("code", "x = 1"),
        ("code", "x = 1"),
    ]
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == 3
    # A new cell leaves the names of the others as they were.
    longer = build.notebook_of(source.replace("# %%\n", "# %%\ny = 2\n\n# %%\n", 1))
    assert [cell.id for cell in longer.cells if cell.source != "y = 2"] == names


@pytest.mark.parametrize("line", ["# %% [raw]", "# %%x", "# %% [markdown]\ntext", "#%%\n# %%y"])
def test_a_marker_or_a_text_that_cannot_be_meant_is_refused(line: str, build: "ModuleType") -> None:
    with pytest.raises(ValueError, match=r"^line \d"):
        build.notebook_of(f"{line}\n")


def test_a_cell_that_only_tells_the_answer_hides_its_source(build: "ModuleType") -> None:
    cells = (
        "guess.was(2, 'so')",
        "a.was(1)\nsaid.verdict('true', 'so')",
        "guess.was(1)\nx = 1",
        "x",
    )
    notebook = build.notebook_of("".join(f"# %%\n{cell}\n" for cell in cells))
    hidden = [cell.metadata.get("jupyter", {}).get("source_hidden") for cell in notebook.cells]
    assert hidden == [True, True, None, None]
    # JupyterLab shows the first line of a hidden source, which must not tell.
    assert [cell.source.startswith("# What happened?") for cell in notebook.cells] == [
        *(True, True),
        *(False, False),
    ]


def test_the_builder_writes_and_checks(
    build: "ModuleType",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    monkeypatch.setattr(build, "PACKAGED", tmp_path / "packaged")
    (tmp_path / "one.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    assert build.main(["--check"]) == 1
    assert capsys.readouterr().err.count("one.ipynb is out of date") == 2  # it, and its link
    (tmp_path / "packaged").mkdir()
    (tmp_path / "packaged" / "old.ipynb").symlink_to("../../../../notebooks/old.ipynb")
    assert build.main([]) == 0
    links = {link.name: link.readlink() for link in (tmp_path / "packaged").iterdir()}
    assert links == {"one.ipynb": Path("../../../../notebooks/one.ipynb")}
    assert capsys.readouterr().out == "wrote one.ipynb\n"
    assert build.main([]) == build.main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")
    assert build.main(["--what"]) == 2


def test_a_student_gets_the_place_of_a_solution(build: "ModuleType") -> None:
    source = (
        "# %%\ndef halves(x):\n    ### BEGIN SOLUTION\n    half = x // 2\n\n"
        "    return half, x - half\n    ### END SOLUTION\n\n\nhalves(3)\n"
    )
    [student], [teacher] = (
        build.notebook_of(source, solutions=solutions).cells for solutions in (False, True)
    )
    assert student.source == (
        "def halves(x):\n    # YOUR CODE HERE\n    raise NotImplementedError\n\n\nhalves(3)"
    )
    assert teacher.source == source.removeprefix("# %%\n").rstrip("\n")


@pytest.mark.parametrize(
    "lines",
    [
        "### BEGIN SOLUTION\n1",
        "1\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
        "### BEGIN SOLUTION\n# %%\n### END SOLUTION",
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n### END SOLUTION",
        "# BEGIN SOLUTION\n1\n# END SOLUTION",
        "### begin solution\n1\n### end solution",
        "# %% [markdown]\n# ### BEGIN SOLUTION\n# ### END SOLUTION",
    ],
)
def test_a_marker_of_a_solution_that_cannot_be_meant_is_refused(
    lines: str, build: "ModuleType"
) -> None:
    with pytest.raises(ValueError, match=r"SOLUTION|solution"):
        build.notebook_of(f"# %%\n{lines}\n")


def test_a_teacher_gives_it_to_nbgrader(
    build: "ModuleType", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "halves.py").write_text(
        "# %%\ndef halves(x):\n    ### BEGIN SOLUTION\n    return x // 2\n"
        "    ### END SOLUTION\n\n\n# %%\ncheck.halves(halves)\n\n# %%\nx = 1\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    assert build.main(["--nbgrader", str(tmp_path / "course")]) == 0
    written = tmp_path / "course" / "source" / "halves" / "halves.ipynb"
    answer, checked, other = nbformat.read(written, as_version=4).cells
    assert "return x // 2" in answer.source
    assert (answer.metadata.nbgrader.solution, answer.metadata.nbgrader.grade) == (True, False)
    assert checked.source == (
        "check.halves(halves)\n### BEGIN HIDDEN TESTS\n"
        "assert check.halves(halves)\n### END HIDDEN TESTS"
    )
    assert (checked.metadata.nbgrader.points, checked.metadata.nbgrader.locked) == (1, True)
    assert "nbgrader" not in other.metadata
