"""Packets read from a file, against scapy: in a process of its own, as it is GPL."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Case, Contenders, Missing, Row
from bench.processes import HERE, Bench

PACKETS = 500_000
# So many times fewer for those that take longer.
FEWER = {"batch": 1, "each": 2, "fields": 10, "scapy": 50}


def python_with_scapy() -> str | Missing:
    for python in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        if python is not None:
            found = subprocess.run(
                [python, "-c", "import scapy"], capture_output=True, check=False, timeout=60
            )
            if found.returncode == 0:
                return python
    return Missing("scapy is not installed")


@contextmanager
def reading(bench: Bench) -> Iterator[Contenders]:
    python = python_with_scapy()
    with tempfile.TemporaryDirectory(prefix="netsteps-bench-") as folder:
        found: Contenders = {}
        for how, fewer in FEWER.items():
            path = Path(folder) / f"{how}.pcap"
            made = bench.program("decode", "make", PACKETS // fewer, path)
            subprocess.run([str(word) for word in made], check=True, timeout=60)
            command = bench.program("decode", how, path)
            if how == "scapy":
                if isinstance(python, Missing):
                    found[how] = python
                    continue
                command = [python, HERE / "programs" / "decode.py", how, path]
            found[how] = lambda command=command: bench.run(command, bench.server)["packets_per_s"]
        yield found


CASES = (
    Case(
        "decode",
        "reading packets",
        "packets/s",
        reading,
        (
            Row("read_packets(path).packets, packets/s", "scapy rdpcap", "batch", "scapy", 50.0),
            Row("read_packets(path), one by one, packets/s", "scapy rdpcap", "each", "scapy"),
            Row("every field of every layer, packets/s", "scapy rdpcap", "fields", "scapy"),
        ),
        4.5,
    ),
)
