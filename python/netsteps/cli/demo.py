"""The command demo: show what the exchange of `netsteps.demo` did."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from netsteps.cli.terminal import say
from netsteps.demo import run
from netsteps.show.side_by_side import side_by_side_rows
from netsteps.show.tables import printable
from netsteps.show.units import rate_text, size_text, time_text

if TYPE_CHECKING:
    import argparse

    from netsteps.show.side_by_side import SideRow

__all__ = ["demo"]

_STYLES = {"title": "bold", "rule": "dim", "gap": "dim", "left": "cyan", "right": "green"}
