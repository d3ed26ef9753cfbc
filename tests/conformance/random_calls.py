"""The same random calls on sockets of netsteps.compat and of the standard library, side by side.

A script is a row of calls with arguments, good and bad, drawn from a seed. Each runs in a world of
its own; what it returned or raised is told in words that do not depend on numbers that the kernel
gives (ports, descriptors). Sockets are named by the order of their making.
"""

import array
import contextlib
import os
import random
import re
import socket as standard
import tempfile
from typing import Any

from random_arguments import (
    DATA,
    ENDING,
    FLAGS,
    HOSTS,
    OPTIONS,
    PATHS,
    PORTS,
    ROOMS,
    SHORT,
    SIZES,
    TIMES,
    VALUES,
    WRONG_DATA,
    WRONG_FLAGS,
    WRONG_ROOMS,
    WRONG_SIZES,
)
from random_world import Script, World

__all__ = ["Calls", "script"]


def script(seed: int, length: int = 25) -> Script:
    """Draw a script."""
    draw = random.Random(seed)
    makers = ["tcp", "udp", "unix", "stream_pair", "datagram_pair", "packet_pair"]
    calls = [name for name in dir(Calls) if name.startswith("do_")]
    often = 3 * [name for name in calls if name not in ENDING] + [*ENDING]
    names = draw.choices(makers, k=2) + draw.choices(often, k=length)
    return [(name, draw.random()) for name in names]


class Calls(World):
    """Every call of a socket, with arguments that are drawn."""

    def pick(self, good: list[Any], wrong: list[Any]) -> Any:
        """Draw an argument. At most one of a call is wrong: two errors come in any order."""
        if not self.is_wrong and self.draw.random() < 0.2:
            self.is_wrong = True
            return self.draw.choice(wrong)
        return self.draw.choice(good)

    def size(self) -> Any:
        return self.pick(SIZES, WRONG_SIZES)

    def flags(self) -> Any:
        return self.pick(FLAGS, WRONG_FLAGS)

    def data(self) -> Any:
        return self.pick(DATA, WRONG_DATA)

    def address(self, one: Any) -> Any:
        if self.is_wrong or self.draw.random() < 0.4:
            return self.one().getsockname()
        self.is_wrong = True
        if one.family == standard.AF_UNIX:
            path = self.draw.choice(PATHS)
            if path in {"own", "missing"} and isinstance(path, str):
                return str(self.folder / path)
            return path
        home = "::1" if one.family == standard.AF_INET6 else "127.0.0.1"
        choose = self.draw.choice
        return choose(
            [
                (home, 1),
                [home, 0],
                "127.0.0.1",
                None,
                (),
                (home,),
                (home, 1, 0, 0, 0),
                (choose(HOSTS), 1),
                (home, choose(PORTS)),
                (home, 1, choose([0, 2**20, "x"])),
                ("a\0b", 1),
                ("x" * 300, 1),
                ("\udcff", 1),
            ]
        )

    def room(self) -> Any:
        kind = self.pick(ROOMS, WRONG_ROOMS)
        if isinstance(kind, int):
            return bytearray(kind)
        if kind == "released":
            view = memoryview(bytearray(5))
            view.release()
            return view
        made = {
            "bytes": b"bytes",
            "strided": memoryview(bytearray(9))[::2],
            "array": array.array("h", [0] * 4),
        }
        return made.get(kind)

    def do_new(self) -> Any:
        family = self.draw.choice(
            [standard.AF_INET, standard.AF_INET6, standard.AF_UNIX, -1, 999, 2**40, 1.5]
        )
        kind = self.draw.choice([1, 2, 2, 1 | standard.SOCK_NONBLOCK, 77, -1])
        proto = self.draw.choice([0, 0, 0, -1, 6, 17, 254])
        made = self.module.socket(family, kind, proto)
        told = (made.family, made.type, made.proto, made.gettimeout())
        self.add(made)
        return told

    def do_of_descriptor(self) -> Any:
        number = self.draw.choice([-1, -5, 10**6, 1.5, "x", None, None, None])
        made = None
        if number is None:
            number = made = os.dup(self.one().fileno())
        try:
            return self.add(self.module.socket(fileno=number)).family
        except Exception:
            if made is not None:
                os.close(made)
            raise

    def do_bind(self) -> Any:
        one = self.one()
        address = self.address(one)
        if isinstance(address, tuple) and address[1:2] == (1,):
            # Port 1 may be another program's at this moment, such as a second run of these tests.
            address = (address[0], type(address[1])(0), *address[2:])
        done = one.bind(address)
        self.learn(one)
        return done

    def do_listen(self) -> Any:
        one = self.one()
        done = one.listen(*self.draw.choice([(), (1,), (-1,), (2**40,), ("x",)]))
        self.learn(one)
        return done

    def do_connect(self) -> Any:
        one = self.one()
        try:
            return one.connect(self.address(one))
        finally:
            self.learn(one)

    def do_connect_ex(self) -> Any:
        one = self.one()
        try:
            return one.connect_ex(self.address(one))
        finally:
            self.learn(one)

    def do_accept(self) -> Any:
        made, address = self.one().accept()
        told = made.gettimeout()
        self.add(made)
        return address, told

    def do_send(self) -> Any:
        return self.one().send(self.data(), *self.some(self.flags()))

    def do_sendall(self) -> Any:
        return self.one().sendall(self.data(), *self.some(self.flags()))

    def do_sendto(self) -> Any:
        one = self.one()
        data = self.data()
        if not self.is_wrong and self.draw.random() < 0.1:
            return one.sendto(data, *self.draw.choice([(), (0, 0, 0, 0)]))
        return one.sendto(data, *self.draw.choice([(), (self.flags(),)]), self.address(one))

    def do_sendmsg(self) -> Any:
        one, choose = self.one(), self.draw.choice
        buffers = self.pick(
            [[], [b"a", b"b"], (b"x" for _ in range(3)), [b"y"] * 1100], [None, [b"a", "x"]]
        )
        rights = (standard.SOL_SOCKET, standard.SCM_RIGHTS)
        rest = self.pick(
            [
                (),
                ([],),
                ([(*rights, array.array("i", [0]))],),
                ([(*rights, array.array("i", [10**6]))],),
                ([(standard.SOL_SOCKET, 99, b"x" * choose([0, 1, 40]))],),
                ([], choose(FLAGS)),
                ([], 0, None),
            ],
            [([(1, 2)],), ([(1, 2, "x")],), (["x"],), (5,), ([], 2**40)],
        )
        return one.sendmsg(buffers, *rest)

    def do_recv(self) -> Any:
        return self.one().recv(self.size(), *self.some(self.flags()))

    def do_recvfrom(self) -> Any:
        return self.one().recvfrom(self.size(), *self.some(self.flags()))

    def into(self, name: str) -> Any:
        room = self.room()
        size = self.pick([0, 0, 1, 5], [6, 10**6, -1, 2**63, "x"])
        done = getattr(self.one(), name)(room, *self.some(size, self.flags()))
        return done, bytes(room)

    def do_recv_into(self) -> Any:
        return self.into("recv_into")

    def do_recvfrom_into(self) -> Any:
        return self.into("recvfrom_into")

    def do_recvmsg(self) -> Any:
        room = self.pick([0, 1, 16, 20, 24, 100], [-1, 2**31, 2**70, "x"])
        data, control, flags, address = self.one().recvmsg(
            self.size(), *self.some(room, self.flags())
        )
        return data, self.controls(control), flags, address

    def do_recvmsg_into(self) -> Any:
        rooms = self.draw.choice(
            [[], [self.room()], [bytearray(2), bytearray(3)], [bytearray(1)] * 3]
        )
        size, control, flags, address = self.one().recvmsg_into(
            rooms, *self.some(100, self.flags())
        )
        return size, [bytes(room) for room in rooms], self.controls(control), flags, address

    def controls(self, control: Any) -> Any:
        told = []
        for level, kind, data in control:
            if (level, kind) == (standard.SOL_SOCKET, standard.SCM_RIGHTS):
                numbers = array.array("i")
                numbers.frombytes(data[: len(data) // 4 * 4])
                for number in numbers:
                    os.close(number)
                told.append((level, kind, len(data)))
            else:
                told.append((level, kind, data))
        return told

    def do_shutdown(self) -> Any:
        return self.one().shutdown(self.draw.choice([0, 1, 2, 3, -1, 2**40, "x", None]))

    def do_close(self) -> Any:
        one = self.one()
        return one.close(), one.fileno(), one.family, one.type, one.gettimeout()

    def do_detach(self) -> Any:
        one = self.one()
        number = one.detach()
        if number >= 0:
            os.close(number)
        return number >= 0, one.fileno(), one.detach()

    def do_dup(self) -> Any:
        made = self.one().dup()
        told = made.gettimeout()
        self.add(made)
        return told, made.get_inheritable()

    def do_settimeout(self) -> Any:
        one, time = self.one(), self.draw.choice([*TIMES, self.draw.random() * 100])
        try:
            one.settimeout(time)
            return one.gettimeout(), one.timeout, one.getblocking(), os.get_blocking(one.fileno())
        finally:
            if one.gettimeout() not in {0.0, SHORT}:
                with contextlib.suppress(OSError):
                    one.settimeout(SHORT)

    def do_setblocking(self) -> Any:
        one = self.one()
        try:
            one.setblocking(self.draw.choice([True, False, 0, 1]))
            return one.gettimeout(), os.get_blocking(one.fileno())
        finally:
            if one.gettimeout() is None:
                with contextlib.suppress(OSError):
                    one.settimeout(SHORT)

    def do_getsockopt(self) -> Any:
        rest = self.draw.choice(
            [(), (), (4,), (8,), (0,), (1,), (1024,), (1025,), (-1,), (2**40,), ("x",)]
        )
        return self.one().getsockopt(*self.draw.choice(OPTIONS), *rest)

    def do_setsockopt(self) -> Any:
        rest = self.draw.choice([(), (), (), (), (), (4,), (0,), ("x",)])
        return self.one().setsockopt(*self.draw.choice(OPTIONS), self.draw.choice(VALUES), *rest)

    def do_names(self) -> Any:
        one = self.one()
        return one.getsockname(), one.getpeername()

    def do_repr(self) -> Any:
        one = self.one()
        self.learn(one)
        text = repr(one)
        text = re.sub(r"fd=\d+", "fd=N", text.replace("netsteps.compat.socket", "socket.socket"))
        return self.named(text)

    def do_inheritable(self) -> Any:
        one = self.one()
        one.set_inheritable(self.draw.choice([True, False]))
        return one.get_inheritable()

    def do_makefile(self) -> Any:
        one = self.one()
        mode = self.draw.choice(["rb", "wb", "rwb", "r", "w", "rw", "x", ""])
        with one.makefile(mode, *self.some(self.draw.choice([-1, 0, 10]))) as file:
            if "w" in mode:
                file.write(b"file" if "b" in mode else "file")
                file.flush()
            return file.readline() if "r" in mode else None

    def do_sendfile(self) -> Any:
        one, choose = self.one(), self.draw.choice
        if one.fileno() < 0:
            # The standard class says ValueError of a number that it shows nobody.
            return None
        with tempfile.TemporaryFile() as file:
            file.write(b"f" * choose([0, 10, 5000]))
            file.flush()
            file.seek(0)
            count = choose([None, None, 1, 10, 10**6, 0, -1, 1.5])
            return one.sendfile(file, choose([0, 0, 3, -1]), count), file.tell()

    def some(self, *arguments: Any) -> tuple[Any, ...]:
        """Give some of the arguments: the first ones."""
        return arguments[: self.draw.randint(0, len(arguments))]
