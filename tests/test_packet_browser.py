"""The pictures of packets as a browser draws them: its own measures of every text."""

import json
import re
import subprocess
from html import unescape
from typing import TYPE_CHECKING

import pytest

from fake_packets import EXAMPLES
from netsteps.show import packet as show
from peers import needs

if TYPE_CHECKING:
    from pathlib import Path

    from netsteps.show.drawing import Drawing

CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--virtual-time-budget=2000", "--dump-dom",
)  # fmt: skip
# Only in the test's page: the pictures themselves have no script.
MEASURE = """<script>
const pictures = [...document.querySelectorAll('svg')].map(svg => [
  svg.viewBox.baseVal.width, svg.viewBox.baseVal.height,
  [...svg.querySelectorAll('text')].map(text => {
    const box = text.getBBox();
    const words = (text.lastChild || {data: ''}).data;
    return [words, box.x, box.y, box.x + box.width, box.y + box.height];
  })]);
document.body.innerHTML = '<pre></pre>';
document.querySelector('pre').textContent = JSON.stringify(pictures);
</script>"""


def measured(drawings: "list[Drawing]", folder: "Path") -> list[tuple[float, float, list[list]]]:  # type: ignore[type-arg]
    page = folder / "page.html"
    pictures = "".join(drawing.svg for drawing in drawings)
    page.write_text(f'<meta charset="utf-8"><body>{pictures}{MEASURE}', encoding="utf-8")
    command = [*CHROMIUM, f"--user-data-dir={folder / 'profile'}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=50, check=True)
    found = re.search(r"<pre>(\[.*?\])</pre>", done.stdout.decode(), re.DOTALL)
    assert found, done.stderr.decode()[-500:]
    return json.loads(unescape(found[1]))  # type: ignore[no-any-return]


@needs("chromium")
@pytest.mark.parametrize("view", ["layers", "envelope"])
def test_a_browser_finds_every_text_inside_and_apart(view: str, tmp_path: "Path") -> None:
    drawings = [show.drawing(packet, view) for packet in EXAMPLES.values()]
    for width, height, texts in measured(drawings, tmp_path):
        assert texts
        for number, (text, left, top, right, bottom) in enumerate(texts):
            assert left >= 0, text
            assert top >= 0, text
            assert right <= width, text
            assert bottom <= height, text
            # A line's box is higher than its letters: a quarter of it is air.
            air = (bottom - top) / 4
            for other, left2, top2, right2, bottom2 in texts[number + 1 :]:
                apart = (
                    right2 <= left or right <= left2 or bottom2 - air <= top or bottom - air <= top2
                )
                assert apart or not text.strip() or not other.strip(), (text, other)
