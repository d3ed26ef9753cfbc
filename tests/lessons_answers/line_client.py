"""Answers to line-client."""

import socket

import netsteps as ns
from lessons_answers.wrong import Wrong


def right(host: str, port: int) -> bytes:
    lines: list[bytes] = []
    with socket.create_connection((host, port)) as client:
        rest = b""
        while data := client.recv(65536):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                if not line:
                    return b"|".join(lines)
                lines.append(line)
    return b"|".join(lines)


def right_with_netsteps(host: str, port: int) -> bytes:
    lines = []
    with ns.Socket.open(host, port) as client:
        try:
            while (line := client.read_until(b"\n", limit=1 << 20)) not in {b"", b"\n"}:
                lines.append(line[:-1])
        except ns.UnexpectedEnd:
            pass
    return b"|".join(lines)


def right_with_a_file(host: str, port: int) -> str:
    lines = []
    with (
        socket.create_connection((host, port)) as client,
        client.makefile("r", encoding="utf-8", newline="\n") as file,
    ):
        for line in file:
            if line == "\n" or not line.endswith("\n"):
                break
            lines.append(line[:-1])
    return "|".join(lines)


def one_read_one_line(host: str, port: int) -> bytes:
    lines = []
    with socket.create_connection((host, port)) as client:
        while (line := client.recv(65536)) not in {b"", b"\n"}:
            lines.append(line.rstrip(b"\n"))
    return b"|".join(lines)


def lines_of_each_read(host: str, port: int) -> bytes:
    lines: list[bytes] = []
    with socket.create_connection((host, port)) as client:
        while data := client.recv(65536):
            for line in data.splitlines():
                if not line:
                    return b"|".join(lines)
                lines.append(line)
    return b"|".join(lines)


def decodes_each_read(host: str, port: int) -> str:
    lines: list[str] = []
    rest = ""
    with socket.create_connection((host, port)) as client:
        while data := client.recv(65536):
            *whole, rest = (rest + data.decode()).split("\n")
            for line in whole:
                if not line:
                    return "|".join(lines)
                lines.append(line)
    return "|".join(lines)


def strips(host: str, port: int) -> bytes:
    lines: list[bytes] = []
    with socket.create_connection((host, port)) as client, client.makefile("rb") as file:
        for line in file:
            if not line.strip():
                break
            lines.append(line.strip())
    return b"|".join(lines)


def waits_for_the_end(host: str, port: int) -> bytes:
    with socket.create_connection((host, port)) as client:
        text = b""
        while data := client.recv(65536):
            text += data
    return b"|".join(text.split(b"\n")[:-2])


def takes_the_half_line(host: str, port: int) -> bytes:
    lines: list[bytes] = []
    with socket.create_connection((host, port)) as client, client.makefile("rb") as file:
        for line in file:
            if line == b"\n":
                break
            lines.append(line.rstrip(b"\n"))
    return b"|".join(lines)


def loops_on_the_end(host: str, port: int) -> bytes:
    text = b""
    with socket.create_connection((host, port)) as client:
        while not text.endswith(b"\n\n") and text != b"\n":
            text += client.recv(65536)
    return b"|".join(text.split(b"\n")[:-2])


WRONG = [
    Wrong(one_read_one_line, "glued", "One read may give several lines"),
    Wrong(lines_of_each_read, "one byte", "One read is not one line"),
    Wrong(decodes_each_read, "middle of a letter", "decode"),
    Wrong(strips, "spaces", "Take off the line feed alone"),
    Wrong(waits_for_the_end, "three lines", "stop at it, close, and return"),
    Wrong(takes_the_half_line, "in the middle of a line", "without a line feed is no line"),
    Wrong(loops_on_the_end, "in the middle of a line", "a loop that goes on reading hangs"),
]
