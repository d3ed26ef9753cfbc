"""JupyterLab on a folder, and Chromium looking at it.

Nothing of this user's settings is used, and nothing may leave the machine: each request of the page
to anywhere else is noted, and so is each error on the console of the browser.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

TOKEN = "lessons"
WIDE, PAGE, TALLEST = 1200, 1600, 40_000  # of pictures, in pixels

# Chromium's own services ask for things all the time; none of that is the page's.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)

# Lab shows its window before the kernel can be asked anything: run-all would be lost then.
READY = """async () => {
    const end = Date.now() + 60_000;
    const soon = () => new Promise((done, fail) => Date.now() < end
        ? setTimeout(done, 50) : fail(new Error('no kernel after 60 s')));
    while (!window.jupyterapp) await soon();
    const app = window.jupyterapp;
    await app.started;
    while (!app.shell.currentWidget?.sessionContext) await soon();
    const notebook = app.shell.currentWidget;
    await notebook.context.ready;
    while (!notebook.sessionContext.isReady) await soon();
    const kernel = notebook.sessionContext.session.kernel;
    await kernel.info;
    while (kernel.connectionStatus !== 'connected') await soon();
}"""

RUN_FROM = """async (first) => {
    const app = window.jupyterapp;
    const content = app.shell.currentWidget.content;
    content.deselectAll();
    content.activeCellIndex = first;
    await app.commands.execute('notebook:run-all-below');
}"""

RUN_ALL = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"

CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({
        source: cell.model.sharedModel.getSource(),
        count: cell.model.executionCount,
        outputs: cell.model.outputs.toJSON(),
    }))"""

HEIGHT = "() => document.querySelector('.jp-WindowedPanel-viewport').scrollHeight"
TO_THE_TOP = "() => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0; }"


@dataclass
class Lab:
    """A running JupyterLab. folder: where the notebooks are, and where its own files go."""

    folder: "Path"
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_lab(notebooks: "Path", own: "Path") -> "Iterator[Lab]":
    """Run JupyterLab on a folder. own: an empty folder for its settings and its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = dict(os.environ)
    environment.pop("NETSTEPS_FAULTS", None)
    for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
        environment[f"JUPYTER_{name}"] = str(own / name.lower())
    for name in ("WORKSPACES_DIR", "SETTINGS_DIR"):
        environment[f"JUPYTERLAB_{name}"] = str(own / name.lower())
    environment["IPYTHONDIR"] = str(own / "ipython")
    settings(own)
    words = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={notebooks}"),
        "--expose-app-in-browser",
    ]
    with (own / "lab.log").open("wb") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            lab = Lab(notebooks, port, process)
            wait_for(lab, own / "lab.log")
            yield lab
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def settings(own: "Path") -> None:
    """Write Lab's settings: no news of Jupyter over the picture, and every cell drawn."""
    page = own / "config_dir" / "labconfig"
    page.mkdir(parents=True)
    news = {"@jupyterlab/apputils-extension:announcements": True}
    (page / "page_config.json").write_text(json.dumps({"disabledExtensions": news}))
    notebook = own / "settings_dir" / "@jupyterlab" / "notebook-extension"
    notebook.mkdir(parents=True)
    (notebook / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')


def wait_for(lab: Lab, log: "Path") -> None:
    """Wait until it answers. Raises RuntimeError with its log when it does not."""
    end = time.monotonic() + 60
    while time.monotonic() < end and lab.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{lab.url}/api/status?token={TOKEN}", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    message = f"JupyterLab does not answer:\n{log.read_text(errors='replace')[-4000:]}"
    raise RuntimeError(message)


@dataclass
class Opened:
    """A notebook in the browser, with what the page asked for and complained about."""

    page: "Page"
    lab: Lab
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def away(self) -> list[str]:
        """The requests that left the machine."""
        home = re.compile(rf"(?:https?|wss?)://127\.0\.0\.1:{self.lab.port}/|data:|blob:|about:")
        return [url for url in self.requests if not home.match(url)]

    def run_all(self) -> list[dict[str, Any]]:
        """Run every cell, and give the cells of code: source, count, outputs."""
        self.page.evaluate(RUN_ALL)
        return self.cells()

    def run_from(self, number: int) -> list[dict[str, Any]]:
        """Run the cell with this number, from 0 on, and all below it."""
        self.page.evaluate(RUN_FROM, number)
        return self.cells()

    def cells(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(CELLS)
        return found

    def pictures(self, path: "Path") -> None:
        """Take pictures of the whole notebook, from top to bottom: path-1.png, path-2.png, ..."""
        self.page.set_viewport_size({"width": WIDE, "height": PAGE})
        high = min(int(self.page.evaluate(HEIGHT)) + 150, TALLEST)
        self.page.set_viewport_size({"width": WIDE, "height": high})
        self.page.evaluate(TO_THE_TOP)
        self.page.wait_for_timeout(500)  # for the layout to settle
        path.parent.mkdir(parents=True, exist_ok=True)
        for number, top in enumerate(range(0, high, PAGE), 1):
            part = {"x": 0, "y": top, "width": WIDE, "height": min(PAGE, high - top)}
            self.page.screenshot(path=f"{path}-{number}.png", clip=part)


@contextmanager
def opened(lab: Lab, browser: "BrowserContext", name: str) -> "Iterator[Opened]":
    """Open a notebook of the folder, and wait until its kernel answers."""
    page = browser.new_page()
    seen = Opened(page, lab)
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("websocket", lambda talk: seen.requests.append(talk.url))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on(
        "console",
        lambda message: seen.errors.append(message.text) if message.type == "error" else None,
    )
    try:
        page.goto(f"{lab.url}/lab/tree/{name}?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        page.evaluate(READY)
        yield seen
    finally:
        page.close()
