"""The README is true: its programs print what it shows, and what it names is there.

Conventions of the README:
- A `python` block is a whole program. The next block is a `text` block: all that it prints.
- A `console` block is one session in a terminal: `$ command`, and below it all that the command
  prints, except that lines of this machine alone (another address of localhost) may be missing.
- What differs from run to run is compared by its kind: times, free ports, and so the width of
  columns.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

# The port that the sessions in the README use, and the process that they show.
SHOWN_PORT, SHOWN_PID = "7777", "4711"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A fenced block. line: where it begins, counted from 1."""

    language: str
    body: str
    line: int


def blocks_of(text: str) -> list[Block]:
    return [
        Block(match[1], match[2], text.count("\n", 0, match.start()) + 1)
        for match in FENCE.finditer(text)
    ]


def programs_of(text: str) -> list[tuple[Block, str]]:
    """Give each python block with the output that follows it."""
    blocks = blocks_of(text)
    programs = []
    for block, following in zip(blocks, [*blocks[1:], Block("", "", 0)], strict=True):
        if block.language == "python":
            assert following.language == "text", f"line {block.line}: no output follows"
            programs.append((block, following.body))
    return programs


def session_of(body: str) -> list[tuple[str, list[str]]]:
    """Give each command of a console block with the lines that it prints."""
    session: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            session.append((line[2:], []))
        else:
            session[-1][1].append(line)
    return session


def comparable(text: str) -> str:
    """Write a text without what differs from run to run."""
    text = re.sub(r"(?<=127\.0\.0\.1:)\d{4,5}\b", "PORT", text)
    text = re.sub(r"\b\d+(\.\d+)? (ns|us|ms|s)\b", "TIME", text)
    text = re.sub(r"-{3,}", "---", text)
    return "\n".join(re.sub(r" {2,}", "  ", line).rstrip() for line in text.strip().splitlines())


def environment() -> dict[str, str]:
    """Give this process's environment, with the commands of this Python found first.

    Without the faults of the core: they make one read short, and the README shows single reads.
    """
    own = {name: value for name, value in os.environ.items() if name != "NETSTEPS_FAULTS"}
    own["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), own.get("PATH", "")])
    own["NO_COLOR"] = "1"
    return own


def table_after(heading: str) -> list[str]:
    """Give the first cell of each row of the first table below a heading."""
    section = README.partition(f"\n## {heading}\n")[2]
    rows = re.findall(r"^\| (.*?) \|", section.partition("\n## ")[0], re.MULTILINE)
    assert rows, f"no table below {heading}"
    return [row for row in rows[1:] if not row.startswith("---")]


# The programs


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        pytest.param(block.body, shown, id=f"line {block.line}")
        for block, shown in programs_of(README)
    ],
)
def test_a_program_prints_what_is_shown(program: str, shown: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.stderr == ""
    assert run.returncode == 0
    assert comparable(run.stdout) == comparable(shown)


def free_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(block.body, id=f"line {block.line}")
        for block in blocks_of(README)
        if block.language == "console"
    ],
)
def test_a_session_prints_what_is_shown(body: str) -> None:
    port = free_port()
    background: list[subprocess.Popen[str]] = []
    try:
        for command, shown in session_of(body.replace(SHOWN_PORT, port)):
            printed = typed(command, background)
            for process in background:
                printed = re.sub(rf"\b{process.pid}\b", SHOWN_PID, printed)
            expect_in_order(command, comparable(printed), comparable("\n".join(shown)))
    finally:
        for process in background:
            process.kill()
            process.communicate()


def typed(command: str, background: "list[subprocess.Popen[str]]") -> str:
    """Do what a shell does with one line of a session, and give what it prints."""
    if command.endswith("&"):
        process = subprocess.Popen(
            shlex.split(command.removesuffix("&")),
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        background.append(process)
        assert process.stdout is not None
        return process.stdout.readline()
    if command == "kill %1":
        background[0].terminate()
        return background.pop(0).communicate(timeout=10)[0]
    run = subprocess.run(
        command,
        shell=True,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    return run.stdout


def expect_in_order(command: str, printed: str, shown: str) -> None:
    """Fail unless every shown line is printed, in this order; without one, nothing may be."""
    rest = iter(printed.splitlines())
    for line in shown.splitlines():
        assert line in rest, f"$ {command}\n{printed}\n-- does not print --\n{line}"
    assert shown or not printed, f"$ {command}\n{printed}"


# What it names


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)`", README, re.MULTILINE))
    named = {first or second for first, second in named}
    assert {"demo", "test"} <= named <= targets


def test_every_command_exists_and_is_named() -> None:
    run = subprocess.run(
        ["netsteps", "--help"], env=environment(), capture_output=True, text=True, check=True
    )
    commands = set(re.findall(r"^    ([a-z]+)\b", run.stdout, re.MULTILINE))
    listed = {cell.strip("`").removeprefix("netsteps ") for cell in table_after("The command line")}
    assert listed == commands
    typed_in = "\n".join(block.body for block in blocks_of(README) if block.language == "console")
    assert set(re.findall(r"\bnetsteps ([a-z]+)", typed_in)) <= commands


def test_every_extra_exists() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in re.findall(r"'\.\[(\w+)\]'", README):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra


def test_every_room_of_the_map_exists_and_every_room_is_on_the_map() -> None:
    named = {path for cell in table_after("The rooms") for path in CODE.findall(cell)}
    for path in named:
        assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file(), path
    for folder in ("src", "python/netsteps"):
        rooms = {
            f"{folder}/{entry.name}{'/' if entry.is_dir() else ''}"
            for entry in (ROOT / folder).iterdir()
            if entry.name not in {"__pycache__", "py.typed", "__main__.py"}
            and not entry.name.startswith("_core.")
        }
        assert rooms <= named


def test_every_relative_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", README)
    relative = [link.partition("#")[0] for link in links if "://" not in link]
    assert relative
    for link in relative:
        assert (ROOT / link).exists(), link


# The conventions themselves


def test_what_varies_is_compared_by_its_kind_and_nothing_else_is() -> None:
    assert comparable("read   5  4.33 us  on 127.0.0.1:41452\n") == comparable(
        "read  5  12 ns  on 127.0.0.1:39999"
    )
    for one, other in [
        ("read 5", "read 6"),
        ("127.0.0.1:80", "127.0.0.1:81"),
        ("TCP port 9", "TCP port 8"),
        ("12 ns", ""),
        ("a b", "a  b"),
    ]:
        assert comparable(one) != comparable(other)


def test_a_program_without_output_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="line 1: no output follows"):
        programs_of("```python\nprint(1)\n```\n\n```sh\nmake\n```\n")


def test_a_line_that_is_not_printed_is_a_mistake() -> None:
    expect_in_order("x", "a\nb\nc", "a\nc")
    for printed, shown in (("a\nb", "b\na"), ("a", "a\nb"), ("a", "")):
        with pytest.raises(AssertionError):
            expect_in_order("x", printed, shown)
