"""Pictures as they should be: a change of a drawing is seen as a change of a file.

NETSTEPS_GOLDEN=write writes them anew; then look at them, and commit them with the change.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from netsteps.show.drawing import Drawing

FOLDER = Path(__file__).parent / "golden"
WRITE = os.environ.get("NETSTEPS_GOLDEN") == "write"


def check(name: str, drawing: "Drawing") -> None:
    """Compare a drawing with its files, and see that the picture is well-formed, without script."""
    forms = {
        f"{name}.svg": f"{drawing.svg}\n",
        f"{name}.dark.svg": f"{drawing.themed('dark').svg}\n",
        f"{name}.txt": f"{drawing}\n",
    }
    for text in (drawing.svg, drawing.themed("dark").svg):
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}
        assert not tags & {"script", "style", "foreignObject", "image"}
    for file, text in forms.items():
        if WRITE:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / file).write_text(text, encoding="utf-8")
        assert (FOLDER / file).read_text(encoding="utf-8") == text, f"{file} changed"
