"""One process of the runner: puts a class in the place of socket.socket, and runs CPython's tests.

Reads one JSON object from stdin ({"list": [modules]}, or {"module", "class", "names"}), and writes
JSON lines to the descriptor of the first argument. The second is the class, "module:Class".
"""

import faulthandler
import importlib
import json
import os
import signal
import sys
import time
import unittest
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

METHODS = [
    *("accept", "bind", "close", "connect", "connect_ex", "detach", "dup", "fileno", "getpeername"),
    *("getsockname", "getsockopt", "listen", "makefile", "recv", "recv_into", "recvfrom"),
    *("recvfrom_into", "recvmsg", "recvmsg_into", "send", "sendall", "sendfile", "sendmsg"),
    *("sendto", "setblocking", "setsockopt", "settimeout", "shutdown"),
]
LOCAL_HOSTS = {56666: "full", 56667: "refusing"}


def replace(spec: str) -> tuple[type, Counter[str]]:
    """Put the class where programs find it, and count the calls of its methods."""
    # SSLSocket derives from what socket.socket is when ssl is imported, and OpenSSL's glue takes
    # the C class alone. With that one in it, wrap_socket takes the descriptor over from any class.
    import socket
    import ssl  # noqa: F401

    module, _, name = spec.partition(":")
    made: Any = getattr(importlib.import_module(module), name)
    calls: Counter[str] = Counter()
    if made is not socket.socket:
        for method in METHODS:
            setattr(made, method, counting(getattr(made, method), calls, method))
        # A program that sets these is what the tests are to meet.
        socket.socket = socket.SocketType = made  # type: ignore[misc]
    return made, calls


def counting(function: Callable[..., Any], calls: Counter[str], name: str) -> Callable[..., Any]:
    def counted(*arguments: Any, **named: Any) -> Any:
        calls[name] += 1
        return function(*arguments, **named)

    counted.__name__ = name
    return counted


def hosts() -> Callable[[str, int], Any]:
    """Stand in for the hosts of the Internet that test_timeout wants, on this machine.

    One that drops packets is a listener whose queue is full, one that refuses is bound and does not
    listen, and a silent one is not accepted from.
    """
    import _socket

    kept = []

    def made(backlog: int | None) -> Any:
        listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        if backlog is not None:
            listener.listen(backlog)
        kept.append(listener)
        return listener.getsockname()

    full, silent, refusing = made(0), made(128), made(None)
    for _ in range(4):
        client = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        client.settimeout(0.2)
        kept.append(client)
        try:
            client.connect(full)
        except OSError:
            break
    places = {"full": full, "refusing": refusing}
    return lambda _host, port, _kept=kept: places.get(LOCAL_HOSTS.get(port, ""), silent)


def each(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


class Telling(unittest.TestResult):
    """Tells each test's beginning and end as it happens: the process may not live to the last."""

    def __init__(self, tell: Callable[..., None], calls: Counter[str]) -> None:
        super().__init__()
        self.tell, self.calls = tell, calls
        self.running: Any = None
        self.outcome, self.words, self.begun, self.before = "passed", "", 0.0, 0

    def startTest(self, test: Any) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        self.running, self.outcome, self.words = test, "passed", ""
        self.begun, self.before = time.monotonic(), self.calls.total()
        self.tell(what="begin", name=test._testMethodName)

    def stopTest(self, test: Any) -> None:  # noqa: N802 - unittest's name
        super().stopTest(test)
        self.running = None
        self.tell(
            what="end",
            name=test._testMethodName,
            outcome=self.outcome,
            words=self.words[-2000:],
            seconds=round(time.monotonic() - self.begun, 2),
            calls=self.calls.total() - self.before,
        )

    def judged(self, outcome: str, words: str) -> None:
        if self.running is None:  # of a class or a module: every test of it
            self.tell(what="all", outcome=outcome, words=words[-2000:])
        else:
            if self.outcome != "failed":
                self.outcome = outcome
            self.words += words

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        self.judged("failed", self.words_of(err, test))

    addFailure = addError  # noqa: N815 - unittest's name

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: ARG002, N802 - unittest's name
        self.judged("skipped", reason)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: ARG002, N802 - unittest's name
        self.judged("failed", "unexpected success")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: ARG002, N802
        if err is not None:
            self.judged("failed", self.words_of(err, test))

    def words_of(self, err: Any, test: Any) -> str:
        told: str = self._exc_info_to_string(err, test)  # type: ignore[attr-defined]
        return told


def main(pipe: int, spec: str) -> None:
    os.set_inheritable(pipe, False)
    out, own = os.fdopen(pipe, "w", buffering=1), os.getpid()
    faulthandler.enable(all_threads=True)
    faulthandler.register(signal.SIGUSR2, all_threads=True)

    def tell(**event: Any) -> None:
        if os.getpid() == own:  # not the children of a test
            out.write(json.dumps(event) + "\n")

    stand_in = hosts()
    made, calls = replace(spec)
    classes: Counter[str] = Counter()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.__new__" and os.getpid() == own:
            kind = type(arguments[0])
            name = "its own" if made in kind.__mro__ else f"{kind.__module__}.{kind.__qualname__}"
            classes[name] += 1

    sys.addaudithook(audit)
    import cpython_tests
    from test import support

    def load(name: str) -> Any:
        network = {"network"} if name in cpython_tests.LOCAL else set()
        support.use_resources = {"walltime", "cpu"} | network  # type: ignore[attr-defined]
        support.verbose = 0
        module = importlib.import_module("test." + name)
        if name == "test_timeout":
            module.resolve_address = stand_in  # type: ignore[attr-defined]
        return module

    todo = json.load(sys.stdin)
    loader = unittest.defaultTestLoader
    for name in todo.get("list", ()):
        try:
            module = load(name)
        except (ImportError, unittest.SkipTest) as error:
            tell(what="missing", module=name, words=str(error))
            continue
        for test in each(loader.loadTestsFromModule(module)):
            if type(test).__module__ == module.__name__:
                tell(what="test", module=name, cls=type(test).__name__, name=test._testMethodName)
    if "module" in todo:
        module = load(todo["module"])
        wanted = (todo["class"], set(todo["names"]))
        suite = unittest.TestSuite(
            test
            for test in each(loader.loadTestsFromModule(module))
            if type(test).__name__ == wanted[0] and test._testMethodName in wanted[1]
        )
        suite.run(Telling(tell, calls))
        tell(what="over", calls=dict(calls), made=dict(classes))
    out.flush()
    os._exit(0)  # a thread of a failed test must not hold us


if __name__ == "__main__":
    # This file's folder has modules that only the tests of this project mean.
    main(int(sys.argv[1]), sys.argv[2])
