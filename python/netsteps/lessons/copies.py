"""A student's own copies of the notebooks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Copy", "copy_notebooks", "notebooks"]

_FOLDER = Path(__file__).parent / "notebooks"


@dataclass(frozen=True, slots=True)
class Copy:
    """What became of one notebook.

    state: "new" (it was not there), "same" (it was, as it is shipped), "kept" (it was, with work in
    it, and was left alone) or "replaced" (it was, and is now as it is shipped).
    """

    path: Path
    state: Literal["new", "same", "kept", "replaced"]


def notebooks() -> list[Path]:
    """Give the notebooks that come with netsteps, in the order of the lessons.

    Raises FileNotFoundError when this installation has none.
    """
    found = sorted(_FOLDER.glob("*.ipynb"))
    if not found:
        message = "this installation of netsteps has no notebooks"
        raise FileNotFoundError(2, message, str(_FOLDER))
    return found


def copy_notebooks(folder: Path, *, replace: bool = False) -> "Iterator[Copy]":
    """Copy the notebooks to a folder, which is made when it is not there.

    folder: where to. replace: also in the place of notebooks with work in them, which is then lost;
    otherwise they are kept.

    Raises OSError for a folder or a file that cannot be written.
    """
    shipped = notebooks()
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in shipped:
        yield _copied(notebook.read_bytes(), folder / notebook.name, replace=replace)


def _copied(content: bytes, path: Path, *, replace: bool) -> Copy:
    try:
        with path.open("xb") as file:  # only when nothing is there, also not since we looked
            file.write(content)
    except FileExistsError:
        if path.read_bytes() == content:
            return Copy(path, "same")
        if not replace:
            return Copy(path, "kept")
        _replace(path, content)
        return Copy(path, "replaced")
    return Copy(path, "new")


def _replace(path: Path, content: bytes) -> None:
    """Write beside the old file and then in its place: a full disk leaves the old one."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
