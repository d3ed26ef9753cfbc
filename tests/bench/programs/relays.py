"""A relay of one kind, ours or one that a user would take instead, until its input is closed.

python relays.py netsteps tcp|udp TARGET-PORT        its input is closed, and it ends
python relays.py socat TARGET-PORT [BUFFER]          becomes that program, which ends
python relays.py haproxy TARGET-PORT FOLDER          with this one's parent; FOLDER: for its file

It tells its port on the first line ("port 40000"). The other programs get a socket that listens
already, so that no port is looked for that another program could take meanwhile.
"""

import ctypes
import os
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

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


def listening() -> int:
    """Give the descriptor of a socket that listens, and tell its port."""
    listener = socket.create_server((LOOPBACK, 0), backlog=BACKLOG)
    listener.set_inheritable(True)
    print("port", listener.getsockname()[1], flush=True)
    return listener.detach()


def become(*command: str) -> NoReturn:
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    os.execvp(command[0], command)


def main() -> None:
    match sys.argv[1:]:
        case ["netsteps", kind, port]:
            ours(kind, port)
        case ["socat", port, *buffer]:
            options = [f"-b{buffer[0]}"] if buffer else []
            target = f"TCP:{LOOPBACK}:{port}"
            become("socat", *options, f"ACCEPT-FD:{listening()},fork", target)
        case ["haproxy", port, folder]:
            config = Path(folder) / "haproxy.cfg"
            target = f"{LOOPBACK}:{port}"
            config.write_text(HAPROXY.format(listener=listening(), target=target), "ascii")
            become("haproxy", "-db", "-q", "-f", str(config))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
