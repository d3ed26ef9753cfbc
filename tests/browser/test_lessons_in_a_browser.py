"""The lessons in JupyterLab, in a real browser: make browser-test.

Pictures of each are in target/browser.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import OPTIONS, Lab, opened, running_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.netsteps_keeps_sockets("the browser's driver, for all tests of this file"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the driver's event loop
]

ROOT = Path(__file__).parent.parent.parent
NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
PICTURES = ROOT / "target" / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# The second cell waits for ever: nobody connects.
BLOCKED = (
    "import netsteps as ns\nserver = ns.Socket()\nserver.bind('127.0.0.1', 0)\nserver.listen()",
    "print('accepting', flush=True)\nserver.accept()",
    "server.close()\nprint('the kernel lives')",
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Lab]":
    pytest.importorskip("jupyterlab", reason="needs JupyterLab: pip install 'netsteps[lessons]'")
    folder = tmp_path_factory.mktemp("lessons")
    for name in NAMES:
        shutil.copy(ROOT / "notebooks" / name, folder)
    cells = [nbformat.v4.new_code_cell(source) for source in BLOCKED]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}  # or Lab asks which
    blocked = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(blocked, folder / "blocked.ipynb")
    with running_lab(folder, tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[BrowserContext]":
    driver = pytest.importorskip("playwright.sync_api", reason="needs: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("needs a browser: apt-get install chromium")
    with driver.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("chromium")),
            executable_path=CHROMIUM,
            headless=True,
            args=list(OPTIONS),
        )
        yield context
        context.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_a_lesson_runs_in_the_browser(
    name: str, lab: Lab, browser: "BrowserContext"
) -> None:
    with opened(lab, browser, name) as notebook:
        cells = notebook.run_all()
        notebook.pictures(PICTURES / Path(name).stem)
        assert cells
        assert [cell["source"] for cell in cells if not cell["count"]] == []
        errors = [
            output
            for cell in cells
            for output in cell["outputs"]
            if output["output_type"] == "error"
        ]
        assert errors == []
        assert notebook.errors == []
        assert notebook.away == []


def test_a_choice_after_the_answer_is_shown(lab: Lab, browser: "BrowserContext") -> None:
    with opened(lab, browser, "03_the_socket_calls.ipynb") as notebook:
        notebook.run_all()
        page = notebook.page
        assert page.get_by_text("You predicted: 2.").count() == 0
        page.locator(".widget-toggle-buttons").first.get_by_role("button", name="2").click()
        page.get_by_text("You predicted: 2.").first.wait_for(timeout=20_000)
        assert notebook.errors == []


def test_an_interrupt_stops_a_blocked_accept(lab: Lab, browser: "BrowserContext") -> None:
    with opened(lab, browser, "blocked.ipynb") as notebook:
        page = notebook.page
        # Not waited for: it ends when the cell does.
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        page.get_by_text("accepting", exact=True).wait_for(timeout=30_000)
        assert notebook.cells()[2]["count"] is None
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
        page.get_by_text("KeyboardInterrupt").first.wait_for(timeout=10_000)
        cells = notebook.run_from(2)
        assert cells[1]["outputs"][-1]["ename"] == "KeyboardInterrupt"
        assert cells[2]["outputs"][0]["text"] == "the kernel lives\n"
