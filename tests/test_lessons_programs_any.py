"""Programs in any language: a command, its words, its port, its answer and its end."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lessons_fixtures import CLIENT, DOUBLE, ECHO, RIGHT_CLIENT, RIGHT_ECHO, WRONG_ECHO
from netsteps.lessons import subject_server
from netsteps.lessons.answer import BadAnswer, command_of, defines
from netsteps.lessons.checking import examine
from netsteps.lessons.ports import free_port
from peers import needs

IN_C = r"""
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
    struct sockaddr_in address = {0};
    int server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(words[count - 1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 5) < 0)
        return 1;
    for (;;) {
        char data[100];
        ssize_t size;
        int connection = accept(server, NULL, NULL);
        while ((size = read(connection, data, sizeof data)) > 0) {
            if (strcmp(words[1], "crash") == 0)
                *(volatile char *)0 = 1;
            if (write(connection, data, size) < size)
                break;
        }
        close(connection);
    }
}
"""


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("words", "kind", "filled"),
    [
        (["./server", "{port}"], "server", "./server 7"),
        (["./server", "--listen={host}:{port}"], "server", "./server --listen=h:7"),
        (["./server", "6666"], "server", "./server 6666"),
        (["./server"], "server", "./server"),
        (["./client", "{host}", "{port}"], "client", "./client h 7"),
        (["./client", "{port}"], "client", "./client 7"),
        (["./client", "127.0.0.1", "6666"], "client", "./client h 7"),
        (["./client", "localhost", "6666"], "client", "./client h 7"),
        (["./client", "6666"], "client", "./client 7"),
        (["./client", "-v"], "client", "./client -v h 7"),
        (["java", "Client"], "client", "java Client h 7"),
    ],
)
def test_the_places_of_host_and_port_are_found(words: list[str], kind: str, filled: str) -> None:
    command = command_of(words, kind)
    assert " ".join(command.filled({"host": "h", "port": "7"})) == filled


@pytest.mark.parametrize("form", ["placeholder", "number", "nothing"])
def test_a_server_as_a_command(form: str, tmp_path: Path) -> None:
    words = {"placeholder": ["{port}"], "number": [str(free_port("tcp"))], "nothing": []}[form]
    path = program(tmp_path, "server.py", RIGHT_ECHO)
    report = examine(ECHO, [sys.executable, path, *words])
    assert report.passed, str(report)
    assert report.printed == "listening\n"


def test_a_wrong_server_as_a_command_has_our_side_of_the_ladder(tmp_path: Path) -> None:
    path = program(tmp_path, "server.py", WRONG_ECHO)
    report = examine(ECHO, [sys.executable, path, "{port}"])
    assert report.failed == "in two parts"
    assert report.hint == "One read is not one message."
    assert report.ladder is not None
    assert "connect" in report.ladder.text


def test_a_server_is_found_where_the_tables_of_the_kernel_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject_server, "can_look", lambda: False)
    path = program(tmp_path, "server.py", RIGHT_ECHO)
    for port in ("{port}", str(free_port("tcp"))):
        assert examine(ECHO, [sys.executable, path, port]).passed


def test_a_program_that_takes_another_port_is_told_which(tmp_path: Path) -> None:
    path = program(tmp_path, "server.py", RIGHT_ECHO.replace("int(sys.argv[1])", "0"))
    report = examine(ECHO, [sys.executable, path, "{port}"])
    assert "it listens on 127.0.0.1:" in report.happened
    assert "and not one of your own" in report.hint


def test_a_server_for_ipv6_alone_is_told_so(tmp_path: Path) -> None:
    v6_only = "socket.IPPROTO_IPV6, socket.IPV6_V6ONLY"
    text = RIGHT_ECHO.replace("socket.socket()", "socket.socket(socket.AF_INET6)")
    text = text.replace("socket.SOL_SOCKET, socket.SO_REUSEADDR", v6_only).replace("127.0.0.1", "")
    report = examine(ECHO, [sys.executable, program(tmp_path, "server.py", text), "{port}"])
    assert "for IPv6 alone" in report.happened, str(report)
    assert "IPV6_V6ONLY" in report.hint


@needs("sh")
@pytest.mark.parametrize(
    ("does", "hint"),
    [
        ("exit 0", "in the foreground"),
        ("sleep 5 & exit 0", "in the foreground"),
        ("read line || exit 0", "input is empty"),
        (f"{sys.executable} -c 'input()'", "Nobody types"),
        (f"{sys.executable} -c 'def f() pass'", "no Python"),
        ("yes", "A loop without an end"),
        ("exit 1", "The steps of a server"),
    ],
)
def test_a_program_that_ends_before_it_listens_gets_a_hint_of_its_own(does: str, hint: str) -> None:
    report = examine(ECHO, ["sh", "-c", does, "{port}"])
    assert hint in report.hint, str(report)


def test_a_port_that_another_program_has_is_told_before_anything_is_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        report = examine(ECHO, ["/nonexistent/server", str(port)])
    assert f"port {port} to be free" in report.expected
    assert "{port}" in report.hint


@needs("sh")
def test_a_server_in_a_child_of_the_command_is_found(tmp_path: Path) -> None:
    path = program(tmp_path, "server.py", RIGHT_ECHO)
    report = examine(ECHO, ["sh", "-c", f"{sys.executable} {path} $0; true", "{port}"])
    assert report.passed, str(report)


@pytest.mark.parametrize(
    ("words", "happened"),
    [
        (["/nonexistent/server", "{port}"], "could not be started: No such file"),
        ([__file__, "{port}"], "could not be started: Permission denied"),
        (["false", "{port}"], "your program ended, with exit code 1"),
        ([sys.executable, "-c", "import os; os.abort()", "{port}"], "SIGABRT"),
        ([sys.executable, "-c", "while True: print('x' * 10000)", "{port}"], "more than 16 MiB"),
    ],
)
def test_a_command_that_serves_nothing_is_told(words: list[str], happened: str) -> None:
    report = examine(ECHO, words)
    assert report.failed == "five bytes at once"
    assert happened in report.happened


def test_a_client_as_a_command(tmp_path: Path) -> None:
    path = program(tmp_path, "client.py", RIGHT_CLIENT)
    assert examine(CLIENT, [sys.executable, path, "{host}", "{port}"]).passed
    assert examine(CLIENT, [sys.executable, path]).passed
    failing = program(tmp_path, "failing.py", RIGHT_CLIENT + "\nsys.exit(3)\n")
    report = examine(CLIENT, [sys.executable, failing])
    assert "exit code 3" in report.happened
    chatty = program(tmp_path, "chatty.py", RIGHT_CLIENT + "\nprint('done')\n")
    assert "b'hidone\\n'" in examine(CLIENT, [sys.executable, chatty]).happened


def test_a_file_of_a_function_and_a_file_of_a_program(tmp_path: Path) -> None:
    function = tmp_path / "function.py"
    function.write_text(
        "import helper\ndef split_message(data):\n    return helper.twice(data)\n"
        "if __name__ == '__main__':\n    raise SystemExit('not asked for')\n"
    )
    (tmp_path / "helper.py").write_text(
        "def twice(data):\n    if isinstance(data, str): raise TypeError\n    return data * 2\n"
    )
    assert examine(DOUBLE, function).passed
    server = tmp_path / "server.py"
    server.write_text(RIGHT_ECHO)
    assert examine(ECHO, server).passed


def test_a_notebook_is_taken_without_running_it(tmp_path: Path) -> None:
    cells = [
        "%matplotlib inline\nimport time\nFACTOR: int = 2",
        "time.sleep(1000)\nresult = open('nothing')\n",
        "this is no python",
        "def helper(data):\n    return data * FACTOR",
        "@lambda f: f\ndef split_message(data):\n    raise NotImplementedError",
        """from os import path

def split_message(data):
    if isinstance(data, str):
        raise TypeError
    return helper(data)

check.split_message(split_message)""",
    ]
    book = tmp_path / "lesson.ipynb"
    book.write_text(
        json.dumps(
            {
                "cells": [
                    {"cell_type": "markdown", "source": "def nothing(): ..."},
                    *({"cell_type": "code", "source": cell} for cell in cells[:-1]),
                    {"cell_type": "code", "source": cells[-1].splitlines(keepends=True)},
                ]
            }
        )
    )
    assert examine(DOUBLE, book).passed
    assert defines(book, "helper")
    assert not defines(book, "nothing")
    with pytest.raises(BadAnswer, match=r"no cell of lesson\.ipynb defines def echo_server"):
        examine(ECHO, book)
    book.write_text("{}")
    assert not defines(book, "helper")


def test_a_file_that_cannot_be_loaded_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "answer.py"
    path.write_text("x = 1\ny = x / 0\ndef split_message(data): ...\n")
    report = examine(DOUBLE, path)
    assert "ZeroDivisionError" in report.happened
    assert "line 2" in report.happened


def test_a_function_cannot_be_a_command_nor_a_file_without_it(tmp_path: Path) -> None:
    with pytest.raises(BadAnswer, match="a function of Python"):
        examine(DOUBLE, ["./split"])
    path = tmp_path / "other.py"
    path.write_text("def another(): ...\n")
    with pytest.raises(BadAnswer, match="no function of this name"):
        examine(DOUBLE, path)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: tests/packages.sh")
@pytest.mark.parametrize("how", ["right", "crash"])
def test_a_server_in_c(how: str, tmp_path: Path) -> None:
    source = program(tmp_path, "server.c", IN_C)
    server = str(tmp_path / "server")
    subprocess.run(["cc", "-o", server, source], check=True, timeout=30)
    report = examine(ECHO, [server, how, "{port}"])
    assert report.passed == (how == "right"), str(report)
    if not report.passed:
        assert "ended by SIGSEGV (it used memory that is not its own)" in report.happened
