"""A relay of one kind, ours or one that a user would take instead, until its input is closed.

python relays.py netsteps tcp|udp TARGET-PORT
python relays.py socat TARGET-PORT [BUFFER]
python relays.py haproxy TARGET-PORT FOLDER          FOLDER: for its configuration

It tells its port on the first line ("port 40000"). No port is looked for that another program could
take meanwhile: socat takes port 0 and tells, and HAProxy gets a socket that listens already.
"""

import ctypes
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import netsteps as ns

LOOPBACK = "127.0.0.1"
BACKLOG = 4096
DIES_WITH_PARENT = 1  # prctl(2), PR_SET_PDEATHSIG

HAPROXY = """
global
    nbthread 1
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen relay
    bind fd@{listener}
    server target {target}
"""


def ours(kind: str, port: str) -> None:
    with ns.Relay((LOOPBACK, int(port)), kind=kind, log=0) as relay:
        print("port", relay.endpoint.port, flush=True)
        sys.stdin.read()


def started(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Start another program, which ends with this one however that ends."""
    libc = ctypes.CDLL(None)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        # One call, and this process has one thread.
        preexec_fn=lambda: libc.prctl(DIES_WITH_PARENT, signal.SIGKILL),  # noqa: PLW1509 - one thread
        **options,
    )


def socat(port: str, options: list[str]) -> None:
    listener = f"TCP-LISTEN:0,bind={LOOPBACK},fork"
    command = ["socat", "-d", "-d", *options, listener, f"TCP:{LOOPBACK}:{port}"]
    with started(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:  # to the end, or it would wait for somebody to read
            if told := re.search(rb"listening on .*:(\d+)", line):
                print("port", int(told[1]), flush=True)


def haproxy(port: str, folder: Path) -> None:
    with socket.create_server((LOOPBACK, 0), backlog=BACKLOG) as listener:
        number = listener.fileno()
        config = folder / "haproxy.cfg"
        config.write_text(HAPROXY.format(listener=number, target=f"{LOOPBACK}:{port}"), "ascii")
        command = ["haproxy", "-db", "-q", "-f", str(config)]
        with started(command, pass_fds=[number]) as process:
            print("port", listener.getsockname()[1], flush=True)
            process.wait()


def main() -> None:
    match sys.argv[1:]:
        case ["netsteps", kind, port]:
            ours(kind, port)
        case ["socat", port, *buffer]:
            socat(port, [f"-b{buffer[0]}"] if buffer else [])
        case ["haproxy", port, folder]:
            haproxy(port, Path(folder))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
