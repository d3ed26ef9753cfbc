"""Clients and servers that nobody here wrote, each in a few lines as its users write them.

They know nothing of netsteps. test_watch_programs.py runs each by itself, over netsteps.compat and
under `netsteps trace`, and compares. What they print is the same in every run.
"""

import contextlib
import http.server
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

PATIENCE = 20


@dataclass(frozen=True)
class Program:
    """One of them, and what its ladder has to show."""

    run: Callable[[], None]
    # Beginnings of what goes over its sockets.
    shows: tuple[bytes, ...]
    # What has to be there to run it: modules, and programs of the system.
    modules: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    # The other end is in another process, or reads and writes its descriptor by itself.
    one_sided: bool = False
    # Calls that fail in every run, and whose failure is no fault.
    fails: tuple[str, ...] = ()
    # It takes what send() took for all that it gave: a fault of its own.
    sends_once: bool = False


PROGRAMS: dict[str, Program] = {}


def program(*shows: bytes, **more: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter a function into the list, under its own name."""

    def entered(run: Callable[[], None]) -> Callable[[], None]:
        PROGRAMS[run.__name__] = Program(run, shows, **more)
        return run

    return entered


class Hello(http.server.BaseHTTPRequestHandler):
    """Answers GET and POST in one way, and says nothing on the error output."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = f"{self.command} {self.path} {body!r}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[Any]:
    """Run a server of the standard library in a thread; give its address."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address
        finally:
            server.shutdown()
            thread.join(PATIENCE)


@contextlib.contextmanager
def web() -> Iterator[str]:
    """Run a web server; give its URL."""
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)) as (host, port):
        yield f"http://{host}:{port}"


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer as a WSGI application (PEP 3333)."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "11")])
    return [f"hello {environ['PATH_INFO']:5}".encode()]


def fetched(host: str, port: int, path: str = "/path") -> str:
    """Fetch a page with the standard library, and give its status and text."""
    import http.client

    client = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        return f"{answer.status} {answer.read()!r}"
    finally:
        client.close()


from real_programs import (  # noqa: E402 - they enter themselves into the list
    of_other_loops,
    of_the_loop,
    of_the_standard_library,
    of_the_web,
    others,
)

__all__ = [
    "PROGRAMS",
    "of_other_loops",
    "of_the_loop",
    "of_the_standard_library",
    "of_the_web",
    "others",
]
