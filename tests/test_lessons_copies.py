"""`netsteps lessons` gives a student the notebooks, and leaves alone what the student wrote."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from netsteps.cli import main
from netsteps.lessons import copies

ROOT = Path(__file__).parent.parent
NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_the_package_has_every_notebook_and_nothing_else() -> None:
    assert [path.name for path in copies.notebooks()] == NAMES
    folder = ROOT / "python" / "netsteps" / "lessons" / "notebooks"
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    for path in copies.notebooks():
        assert path.read_bytes() == (ROOT / "notebooks" / path.name).read_bytes()


def test_the_notebooks_are_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a new" / "folder"
    assert main(["lessons", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert "BEGIN SOLUTION" not in "".join(path.read_text("utf-8") for path in folder.iterdir())
    assert capsys.readouterr().out.splitlines() == [
        *(f"wrote {folder / name}" for name in NAMES),
        f"open them: netsteps lessons {folder} --open",
    ]


def test_work_is_kept_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / NAMES[0]
    mine.write_text("my work")
    assert main(["lessons", str(tmp_path)]) == 0
    assert mine.read_text() == "my work"
    assert f"kept {mine}" in capsys.readouterr().out
    assert main(["lessons", "--force", str(tmp_path)]) == 0
    assert f"wrote {mine} anew" in capsys.readouterr().out
    assert mine.read_bytes() == (ROOT / "notebooks" / NAMES[0]).read_bytes()
    assert main(["lessons", str(tmp_path)]) == 0
    assert f"{mine} is there already" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_a_file_in_the_place_of_the_folder_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["lessons", str(tmp_path / "file")]) == 1
    assert "File exists" in capsys.readouterr().err


def test_jupyterlab_is_run_on_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    lab = SimpleNamespace(main=calls.append)
    monkeypatch.setattr("netsteps.cli.lessons.find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "jupyterlab", SimpleNamespace(labapp=lab))
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", lab)
    more = ["--lab=--no-browser", "--lab=--port=8899"]
    assert main(["lessons", str(tmp_path), "--open", *more]) == 0
    assert main(["lessons", *more, "--open", str(tmp_path)]) == 0
    assert calls == [[str(tmp_path), "--no-browser", "--port=8899"]] * 2


def test_without_jupyterlab_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("netsteps.cli.lessons.find_spec", lambda name: None)
    assert main(["lessons", "--open", str(tmp_path)]) == 1
    assert "pip install 'netsteps[lessons]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
