"""What every test shares: a test that leaves a socket open fails and says which one."""

import gc
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIPTORS = Path("/proc/self/fd")


def open_sockets() -> dict[str, int]:
    """Give each open socket of this process, as the kernel names it, with one of its descriptors.

    A wake descriptor (eventfd) is no socket, so the one that each waiting thread keeps is not here.
    """
    found = {}
    for descriptor in os.listdir(DESCRIPTORS):  # noqa: PTH208 - the names are all that is wanted
        try:
            target = os.readlink(DESCRIPTORS / descriptor)  # noqa: PTH115 - the text, not a path
        except FileNotFoundError:  # the descriptor of the listing itself, or closed meanwhile
            continue
        if target.startswith("socket:"):
            found[target] = int(descriptor)
    return found


def describe(descriptor: int) -> str:
    """Say what a left socket is: its kind and its two addresses."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as left:
            return repr(left)
    except OSError as error:
        return f"descriptor {descriptor} ({error})"


@pytest.fixture(autouse=True)
def closes_its_sockets(request: pytest.FixtureRequest) -> "Iterator[None]":
    """Fail a test that leaves sockets open. Servers have a second to end their threads."""
    if sys.platform != "linux" or request.node.get_closest_marker("keeps_sockets"):
        yield
        return
    before = open_sockets()
    yield
    deadline = time.monotonic() + 1.0
    while True:
        gc.collect()
        left = {name: number for name, number in open_sockets().items() if name not in before}
        if not left:
            return
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    listed = "\n".join(f"  {describe(number)}" for number in left.values())
    pytest.fail(f"the test left {len(left)} sockets open:\n{listed}", pytrace=False)
