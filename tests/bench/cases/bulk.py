"""One TCP stream with much in it: large chunks, and a file of 1 GiB."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Case, Contenders, Row
from bench.processes import Bench

CHUNK = 256 * 1024
GIB = 2**30


def compared(bench: Bench, ours: list[object], theirs: list[object]) -> Contenders:
    """Measure two senders, both on the server's processor: they are what is compared."""
    return {
        "netsteps": lambda: bench.run(ours, bench.server)["bytes_per_s"],
        "C": lambda: bench.run(theirs, bench.server)["bytes_per_s"],
    }


@contextmanager
def chunks(bench: Bench) -> Iterator[Contenders]:
    with bench.started(bench.peer("tcp_sink"), bench.load) as sink:
        what = ("chunks", sink.port, CHUNK, bench.seconds)
        yield compared(bench, bench.program("bulk", *what), bench.peer("tcp_send", *what))


@contextmanager
def file(bench: Bench) -> Iterator[Contenders]:
    with tempfile.TemporaryDirectory(prefix="netsteps-bench-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as out:
            for _ in range(GIB // CHUNK):
                out.write(b"\1" * CHUNK)
        with bench.started(bench.peer("tcp_sink"), bench.load) as sink:
            what = ("file", sink.port, path, bench.seconds)
            yield compared(bench, bench.program("bulk", *what), bench.peer("tcp_send", *what))


CASES = (
    Case(
        "bulk",
        "TCP sender, chunks of 256 KiB",
        "bytes/s",
        chunks,
        (Row("TcpSender.send, chunks of 256 KiB, bytes/s", "C send", "netsteps", "C", 0.97),),
        2.3,
    ),
    Case(
        "file",
        "TCP sender, a file of 1 GiB",
        "bytes/s",
        file,
        (Row("send_file, 1 GiB to a sink, bytes/s", "C sendfile", "netsteps", "C", 0.97),),
        2.6,
        often=3,
    ),
)
