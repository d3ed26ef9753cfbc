"""Runs notebooks, each in a kernel of its own, for the tests of lessons."""

import asyncio
import importlib.util
import os
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import nbformat
import pytest

from netsteps.lessons.exercise import PLACES, exercise

if TYPE_CHECKING:
    from types import ModuleType

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"

# The cell of a check: nothing but check.echo_server(echo_server).
CHECK = re.compile(r"check\.(\w+)\(\1\)")


def execute(
    notebook: nbformat.NotebookNode, folder: Path, transport: str = "tcp"
) -> nbformat.NotebookNode:
    """Run every cell in one kernel, and give the notebook with its outputs.

    transport: how we talk to the kernel, "tcp" or "ipc".

    Raises CellExecutionError for a cell that raises, and CellTimeoutError for one that waits.
    """
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient
    from traitlets import default

    class ThisPython(AsyncKernelManager):
        """Starts sys.executable: without folders to look in, no other kernel is found."""

        @default("kernel_spec_manager")
        def _no_installed_kernels(self) -> KernelSpecManager:
            return KernelSpecManager(kernel_dirs=[])

        @default("transport")
        def _transport(self) -> str:
            return transport

        @default("ip")
        def _ip(self) -> str:
            """Of "ipc" the beginning of the names of files, which the kernel has to find too."""
            if transport == "tcp":
                return "127.0.0.1"
            return str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / f"{uuid4().hex[:12]}-ipc")

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        startup_timeout=180,
        timeout=120,  # of one cell, on a machine that runs thirty of them
        resources={"metadata": {"path": str(folder)}},
    )
    return asyncio.run(client.async_execute())  # a loop of its own, which ends with it


def outputs_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def execute_together(
    notebooks: list[nbformat.NotebookNode], folder: Path, at_once: int
) -> list[nbformat.NotebookNode]:
    """Run notebooks, so many at the same time, each in a folder of its own, and give them all.

    The settings of this user, and the faults of the core, stay out of it.
    """
    folders = [folder / str(number) for number in range(len(notebooks))]
    for own in folders:
        own.mkdir()
    # Jupyter chooses the ports of a kernel and frees them again before the kernel takes them: a
    # lesson that runs meanwhile can get one. A file's name is nobody else's; it has to be short.
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as short:
        shield(patch, folder)
        patch.setenv("JUPYTER_RUNTIME_DIR", short)
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(execute, notebooks, folders, repeat("ipc")))


def shield(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Keep kernels from this user's settings, and from the core's faults.

    The faults make one read short, and lessons show single reads.
    """
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        patch.setenv(name, str(folder / name.lower()))
    patch.delenv("NETSTEPS_FAULTS", raising=False)


def checks_of(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Give what each check of a run notebook said: the name of the exercise, and the report."""
    return {
        match[1].replace("_", "-"): cell.outputs[-1].data["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code" and (match := CHECK.fullmatch(cell.source.strip()))
    }


def names_of_lesson(number: int) -> list[str]:
    """Give the names of a lesson's exercises, in their order."""
    return [name for name in PLACES if exercise(name).lesson == number]


def load_build() -> "ModuleType":
    """Give notebooks/build.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("netsteps_notebooks", NOTEBOOKS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
