"""The command line: help, errors, exit codes, tables, and what a terminal gets."""

import json
import os
import pty
import re
import socket
import subprocess
import time
from importlib import metadata
from pathlib import Path

import pytest

import netsteps as ns
from netsteps.cli import main
from peers import NETSTEPS, PATIENCE, assert_no_traceback, free_port, netsteps, serving

COMMANDS = [
    "demo",
    "serve",
    "send",
    "resolve",
    "interfaces",
    "connections",
    "port",
    "services",
    "show",
    "trace",
    "check",
]


# Help, and command lines that cannot be meant


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(command: str) -> None:
    done = netsteps(command, "--help")
    assert done.returncode == 0
    text = done.stdout.decode()
    assert f"example:\n  netsteps {command}" in text
    assert max(map(len, text.splitlines())) <= 80
    assert command in netsteps("--help").stdout.decode()


def test_the_version_is_that_of_the_package() -> None:
    assert netsteps("--version").stdout.decode() == f"netsteps {metadata.version('netsteps')}\n"


def test_the_installed_command_is_this_one() -> None:
    [entry] = metadata.entry_points(group="console_scripts", name="netsteps")
    assert entry.load() is main


def test_no_command_shows_the_help() -> None:
    done = netsteps()
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"commands:" in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "invalid choice"),
        ("serve nonsense", "invalid choice"),
        ("serve file", "needs the directory"),
        ("serve --udp file somewhere", "file needs TCP"),
        ("serve echo somewhere", "takes no directory"),
        ("serve --limit many file somewhere", "no size"),
        ("send 127.0.0.1 99999", "ports are 0 to 65535"),
        ("send 127.0.0.1 80 --timeout 0", "no time in seconds"),
        ("send http://example.org 80", "a URL is not a host name"),
        ("connections --port http", "no port number"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(line: str, said: str) -> None:
    done = netsteps(*line.split())
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert_no_traceback(done.stderr)


# Errors


def test_an_error_says_step_address_cause_and_remedy() -> None:
    port = free_port()
    done = netsteps("send", "127.0.0.1", port)
    assert (done.returncode, done.stdout) == (1, b"")
    message, remedy = done.stderr.decode().splitlines()
    assert message.startswith(f"netsteps: open 127.0.0.1:{port}: ")
    assert "nobody listens" in message
    assert remedy.startswith("  try: ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("send no-such-host.invalid 80", "no-such-host.invalid"),
        ("resolve no-such-host.invalid", "no-such-host.invalid"),
        ("resolve 127.0.0.1 no-such-service", "no-such-service"),
        ("send 127.0.0.1 80 no-such-file", "no-such-file: No such file"),
        ("serve --host 192.0.2.77 echo", "192.0.2.77"),
        ("demo no-such-file", "no-such-file: No such file"),
        ("demo /dev/null", "not a regular file"),
    ],
)
def test_what_the_system_refuses_is_one_message(line: str, said: str) -> None:
    done = netsteps(*line.split())
    assert (done.returncode, done.stdout) == (1, b"")
    assert said in done.stderr.decode()
    assert_no_traceback(done.stderr)


def test_a_port_that_is_taken_is_told_with_its_holder() -> None:
    with serving("echo") as (_, _, port):
        done = netsteps("serve", "--port", port, "echo")
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr.decode()
    assert_no_traceback(done.stderr)


def test_a_reader_that_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*NETSTEPS, "services"], stdout=write, stderr=subprocess.PIPE, timeout=PATIENCE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


# Tables


@pytest.mark.parametrize(
    "line", ["resolve localhost http", "interfaces", "connections", "services", "port localhost 1"]
)
def test_json_is_a_list_of_objects(line: str) -> None:
    done = netsteps(*line.split(), "--json")
    objects = json.loads(done.stdout)
    assert objects
    assert all(isinstance(one, dict) for one in objects)


def test_a_pipe_gets_plain_text() -> None:
    for command in ("interfaces", "services", "connections"):
        done = netsteps(command)
        assert done.returncode == 0
        assert b"\x1b" not in done.stdout
        assert b"----" in done.stdout
        assert done.stderr == b""


def test_resolve_lists_the_addresses_of_a_name() -> None:
    assert "127.0.0.1" in netsteps("resolve", "localhost", "--ipv4").stdout.decode()
    [only] = json.loads(netsteps("resolve", "--json", "::1", "https").stdout)
    assert only == {
        "ip": "::1",
        "port": 443,
        "family": "ipv6",
        "scope": "loopback",
        "service": "https",
    }


def test_connections_shows_a_listener_and_a_connection() -> None:
    with serving("echo") as (server, host, port), socket.create_connection((host, port)) as client:
        rows = json.loads(netsteps("connections", "--json", "--port", port).stdout)
        waiting = json.loads(
            netsteps("connections", "--json", "--port", port, "--listening").stdout
        )
        ours = {"ip": "127.0.0.1", "port": client.getsockname()[1]}
    assert {"LISTEN", "ESTABLISHED"} <= {row["state"] for row in rows}
    assert ours in [row["peer"] for row in rows]
    assert [(row["state"], row["pid"]) for row in waiting] == [("LISTEN", server.process.pid)]


def test_port_tells_open_from_refused_by_its_exit_code() -> None:
    with serving("echo") as (_, host, port):
        opened = netsteps("port", host, port)
    assert opened.returncode == 0
    assert b": open after" in opened.stdout
    refused = netsteps("port", "127.0.0.1", free_port())
    assert refused.returncode == 1
    assert b": refused after" in refused.stdout
    assert refused.stderr == b""


# In a terminal


def in_terminal(*arguments: str, width: int = 100) -> str:
    """Run the command with a terminal as its output and its error output."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(width)}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        [*NETSTEPS, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    ) as process:
        os.close(theirs)
        printed = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not data:
                break
            printed += data
        os.close(ours)
        process.wait(PATIENCE)
    return printed.decode()


def test_a_terminal_gets_the_first_and_the_last_of_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "many.py"
    path.write_text("import socket\nfor _ in range(400): socket.socket().close()\n")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", in_terminal("trace", str(path), width=120))
    assert plain.count("tcp ") == 500
    assert " #1 " in plain
    assert " #400 " in plain
    assert " #200 " not in plain
    assert "note: 300 rows in the middle left out" in plain


def test_a_terminal_gets_a_table_that_fits() -> None:
    shown = in_terminal("services", width=60)
    assert "\u2500" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(len(line.rstrip()) for line in plain.splitlines()) <= 60


def test_what_a_peer_says_cannot_control_the_terminal() -> None:
    evil = b"\x1b[31mred\x07\r\n\ttab \xff and \xe2\x82\xac\x9b"
    server = ns.TcpServer(on_client=lambda connection: connection.write(evil))
    with server:
        host, port = server.endpoint
        shown = in_terminal("send", host, str(port))
        raw = netsteps("send", host, str(port)).stdout
    assert shown == "\\x1b[31mred\\x07\r\n\ttab \\xff and \u20ac\\x9b"
    assert raw == evil


def test_a_long_transfer_has_a_bar_on_a_terminal_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A short name in the working folder: the bar shares its 80 columns with it.
    monkeypatch.chdir(tmp_path)
    path = Path("file")
    path.write_bytes(bytes(30_000_000))

    def read_slowly(connection: ns.Socket) -> None:
        time.sleep(1.0)
        while connection.read():
            pass

    with ns.TcpServer(on_client=read_slowly) as server:
        host, port = server.endpoint
        shown = in_terminal("send", host, str(port), str(path))
        elsewhere = netsteps("send", host, str(port), str(path))
    assert "30.0 MB" in shown
    assert (elsewhere.returncode, elsewhere.stdout, elsewhere.stderr) == (0, b"", b"")


def test_a_quick_transfer_has_no_bar() -> None:
    with serving("discard") as (_, host, port):
        assert in_terminal("send", host, port) == ""
