"""A world of sockets of one module: what was told of each call that was made in it."""

import contextlib
import random
import re
import socket as standard
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from random_arguments import (
    SHORT,
    SOONER,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Script", "World", "agree"]

# The names of calls, and what their arguments are drawn from.
Script = list[tuple[str, float]]


def agree(expected: str, told: str) -> bool:
    """Tell whether the calls came to the same.

    The standard class waits before it calls, and so runs out of time where ours is told at once
    that there is nothing to wait for.
    """
    sooner = tuple(f" {number} (" for number in SOONER)
    return expected == told or (
        expected.endswith("!! TimeoutError None ('timed out',)")
        and "!! " in told
        and any(number in told for number in sooner)
    )


class World:
    """Sockets of one module, and what was told of each call."""

    def __init__(self, module: Any, folder: Path) -> None:
        self.module = module
        self.folder = folder
        self.sockets: list[Any] = []
        self.told: list[str] = []
        self.numbers: dict[int, str] = {}
        self.draw = random.Random()
        self.is_wrong = False

    def run(self, calls: Script) -> list[str]:
        # Some bind a path that begins nowhere: each world has a folder of its own for those too.
        with warnings.catch_warnings(), contextlib.chdir(self.folder):
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                for name, number in calls:
                    self.draw, self.is_wrong = random.Random(number), False
                    self.tell(name, getattr(self, name))
            finally:
                for one in self.sockets:
                    with contextlib.suppress(OSError):
                        one.close()
        return self.told

    # What a call came to

    def tell(self, name: str, call: "Callable[[], Any]") -> None:
        try:
            outcome = f"-> {self.words(call())}"
        except Exception as error:  # noqa: BLE001 - it is what is compared
            outcome = f"!! {self.error(error)}"
        self.told.append(f"{name} {outcome}")

    def words(self, value: Any) -> str:
        if isinstance(value, self.module.socket):
            return f"socket {self.sockets.index(value)}" if value in self.sockets else "socket"
        if isinstance(value, tuple | list):
            return f"{type(value).__name__}({', '.join(self.words(part) for part in value)})"
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1024:
            return self.numbers.get(value, repr(value))
        return (
            repr(value)
            if isinstance(value, str) and value.startswith("<")
            else self.named(repr(value))
        )

    def named(self, text: str) -> str:
        """Write names for what each world has another of: folder, ports, names of the kernel's."""
        text = re.sub(r"b'\\x00[0-9a-f]{5}'", "AUTOBOUND", text).replace(str(self.folder), "FOLDER")
        return re.sub(r"\b\d{4,5}\b", lambda found: self.numbers.get(int(found[0]), found[0]), text)

    def error(self, error: Exception) -> str:
        kind = next(
            kind for kind in type(error).__mro__ if kind.__module__ in {"builtins", "socket"}
        )
        if isinstance(error, OSError):
            return f"{kind.__name__} {error.errno} {error.args!r}".replace(
                str(self.folder), "FOLDER"
            )
        return kind.__name__ if kind is not Exception else repr(error)

    # Sockets

    def add(self, *made: Any) -> Any:
        for one in made:
            one.settimeout(SHORT)
            self.sockets.append(one)
        return made if len(made) > 1 else made[0]

    def learn(self, one: Any) -> None:
        """Learn the port of a socket, so that it is told by name."""
        with contextlib.suppress(OSError):
            address = one.getsockname()
            if isinstance(address, tuple):
                self.numbers.setdefault(address[1], f"port{len(self.numbers)}")

    def one(self) -> Any:
        return self.draw.choice(self.sockets)

    def tcp(self) -> Any:
        server = self.module.create_server(("127.0.0.1", 0))
        self.learn(server)
        client = self.module.create_connection(server.getsockname())
        self.learn(client)
        connection, _ = server.accept()
        return self.add(server, client, connection)

    def udp(self) -> Any:
        made = [self.module.socket(type=standard.SOCK_DGRAM) for _ in range(2)]
        for one in made:
            one.bind(("127.0.0.1", 0))
            self.learn(one)
        made[0].connect(made[1].getsockname())
        return self.add(*made)

    def unix(self) -> Any:
        made = [self.module.socket(standard.AF_UNIX, kind) for kind in (1, 2)]
        for number, one in enumerate(made):
            one.bind(str(self.folder / f"bound{number}{len(self.sockets)}"))
        return self.add(*made)

    def stream_pair(self) -> Any:
        return self.add(*self.module.socketpair())

    def datagram_pair(self) -> Any:
        return self.add(*self.module.socketpair(type=standard.SOCK_DGRAM))

    def packet_pair(self) -> Any:
        return self.add(*self.module.socketpair(type=standard.SOCK_SEQPACKET))
