"""What a failed test leaves in a folder: its ladder, its packets and its trace."""

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import netsteps

LONGEST = 100  # characters of a name: with the ending and a folder it fits any file system
# Names that Windows keeps for devices, whatever their ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(test: str) -> str:
    """Make a file name of a test's id: letters, digits, ".", "_" and "-" of ASCII, and not long.

    test: the node id, "tests/test_x.py::test_y[a/b]". A name that had to be changed beyond its
    separators, or has capitals, which some file systems do not tell from small letters, ends with a
    hash of the id: so two tests never share one.
    """
    plain = test.replace("::", ".").replace("/", ".").replace("\\", ".")
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).strip("._") or "test"
    if name == plain.lower() and len(name) <= LONGEST and not _DEVICES.match(name):
        return name
    code = sha256(test.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    if _DEVICES.match(name):
        name = f"test-{name}"
    return f"{name[: LONGEST - 9]}-{code}"


def write(trace: "netsteps.Trace", folder: Path, test: str) -> list[Path]:
    """Write the trace of a test as SVG, pcapng and JSON Lines, and return the files.

    folder: made when it is missing. Files of an earlier run of the test are replaced.
    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / safe_name(test)
    files = [base.with_name(f"{base.name}.{ending}") for ending in ("svg", "pcapng", "jsonl")]
    trace.ladder().save(files[0])
    for file in files[1:]:
        trace.save(file)
    return files
