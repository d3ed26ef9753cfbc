"""What tests of several files ask for."""

from pathlib import Path

import pytest


@pytest.fixture
def quiet_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep a kernel from this user's settings, and from the core's faults.

    The faults make one read short, and lessons show single reads.
    """
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("NETSTEPS_FAULTS", raising=False)
    return tmp_path
