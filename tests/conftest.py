"""What tests of several files ask for."""

from pathlib import Path

import pytest

from notebook_runs import shield


@pytest.fixture
def quiet_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a folder, with this user's settings and the core's faults out of the way."""
    shield(monkeypatch, tmp_path)
    return tmp_path
