"""Runs a notebook in a kernel of its own, for the tests of lessons."""

from pathlib import Path

import nbformat


def execute(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Run every cell in one kernel, and give the notebook with its outputs.

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

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        timeout=60,
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute()


def outputs_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]
