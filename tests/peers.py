"""Other programs as peers: nc, socat, curl, and netsteps itself as a command.

A program is ready when it says so: it is started on port 0, and the port is read from what it
prints. It is ended by its own process handle, and every wait has a deadline.
"""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NETSTEPS = (sys.executable, "-m", "netsteps")
PATIENCE = 20.0  # seconds: no single wait of a test is longer
SERVING = re.compile(r" on (?P<ip>\S+):(?P<port>\d+), Ctrl-C")


def needs(program: str) -> pytest.MarkDecorator:
    """Skip a test where this program is missing, and say so."""
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"{program} is not installed: tests/packages.sh"
    )


def netsteps(
    *arguments: str, stdin: bytes = b"", timeout: float = PATIENCE
) -> "subprocess.CompletedProcess[bytes]":
    """Run the command to its end."""
    return run(*NETSTEPS, *arguments, stdin=stdin, timeout=timeout)


def run(
    *command: str, stdin: bytes = b"", timeout: float = PATIENCE
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program to its end, with this input, which lies there whole from the beginning."""
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        return subprocess.run(
            command, stdin=given, capture_output=True, timeout=timeout, check=False
        )


class Program:
    """A program that runs. What it prints is collected, its output and its error output apart."""

    def __init__(self, command: "Sequence[str]") -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._changed = threading.Condition()
        self._printed = {"output": b"", "errors": b""}
        streams = {"output": self.process.stdout, "errors": self.process.stderr}
        self._readers = [
            threading.Thread(target=self._collect, args=(name, stream), daemon=True)
            for name, stream in streams.items()
        ]
        for reader in self._readers:
            reader.start()

    def _collect(self, name: str, stream: IO[bytes]) -> None:
        while data := os.read(stream.fileno(), 65536):
            with self._changed:
                self._printed[name] += data
                self._changed.notify_all()

    @property
    def output(self) -> bytes:
        """What it has printed so far."""
        return self._printed["output"]

    @property
    def errors(self) -> bytes:
        """What it has printed so far on its error output."""
        return self._printed["errors"]

    def until(self, pattern: "re.Pattern[str] | str", timeout: float = PATIENCE) -> re.Match[str]:
        """Wait until it has printed this, on either output."""
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                for printed in self._printed.values():
                    if found := re.search(pattern, printed.decode(errors="replace")):
                        return found
                left = end - time.monotonic()
                assert left > 0, f"never printed {pattern!r}, but {self._printed}"
                self._changed.wait(min(left, 0.2))
                if self.process.poll() is not None and not any(
                    reader.is_alive() for reader in self._readers
                ):
                    end = 0.0  # it has ended: one last look

    def type(self, data: bytes) -> None:
        """Give it some input."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end_of_input(self) -> None:
        """Tell it that no more input comes."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self, timeout: float = PATIENCE) -> int:
        """Wait for its end, and give its exit code."""
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(timeout)
        return code


@contextmanager
def program(*command: str) -> "Iterator[Program]":
    """Start a program, and end it when the test is over."""
    started = Program(command)
    try:
        yield started
    finally:
        started.process.kill()
        started.ended()
        for stream in (started.process.stdin, started.process.stdout, started.process.stderr):
            if stream is not None and not stream.closed:
                stream.close()


@contextmanager
def serving(*arguments: str) -> "Iterator[tuple[Program, str, str]]":
    """Run `netsteps serve`, and give it with its address and port."""
    with program(*NETSTEPS, "serve", *arguments) as server:
        found = server.until(SERVING)
        yield server, found["ip"].strip("[]"), found["port"]


@contextmanager
def listening(*command: str, said: str) -> "Iterator[tuple[Program, str]]":
    """Run a program that prints its port; said: a pattern whose group is the port."""
    with program(*command) as server:
        yield server, server.until(said)[1]


def real_bytes(size: int) -> bytes:
    """Give bytes in which a lost, doubled or swapped part shows."""
    return b"".join(struct.pack(">Q", number) for number in range(-(-size // 8)))[:size]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> str:
    """Give a port that nobody has."""
    with socket.socket(socket.AF_INET, kind) as bound:
        bound.bind(("127.0.0.1", 0))
        return str(bound.getsockname()[1])


def assert_no_traceback(errors: bytes) -> None:
    assert b"Traceback" not in errors
    assert b"Error" not in errors
