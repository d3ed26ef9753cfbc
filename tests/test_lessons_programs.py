"""Programs in C++, C, Java and Python are checked too: each wrong one gets the hint for it."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from lessons_checking import (
    PROGRAMS,
    Job,
    complaints,
    exercise_of,
    missing_compiler,
    words_for,
)
from netsteps.lessons.checking import examine
from netsteps.lessons.exercise import exercise


class Mistake(NamedTuple):
    """A program with a mistake: what -D it is made with, what catches it, and what is hinted."""

    file: str
    name: str
    attempt: str
    hint: str


RIGHT = [
    "echo_server.cpp",
    "many_clients.cpp",
    "many_clients.c",
    "who_am_i.cpp",
    "message_server.cpp",
    "word_count.cpp",
    "datagram_echo.c",
    "first_client.cpp",
    "open_connection.cpp",
    "line_client.cpp",
    "ask_again.cpp",
]
WRONG = [
    Mistake("echo_server.cpp", "READS_ONCE", "speaks three times", "Read in a loop"),
    Mistake("echo_server.cpp", "USES_STRLEN", "every byte", "not strlen"),
    Mistake("echo_server.cpp", "SENDS_THE_BUFFER", "says hello", "not the size of the buffer"),
    Mistake("echo_server.cpp", "LOOPS_ON_THE_END", "says hello", "The loop has to end there"),
    Mistake("echo_server.cpp", "FORGETS_TO_CLOSE", "says hello", "a forgotten close"),
    Mistake("echo_server.cpp", "SERVES_ONE", "", "loop"),
    Mistake("echo_server.cpp", "DIES_OF_SIGPIPE", "before their answer", "SIGPIPE"),
    Mistake("echo_server.cpp", "LOSES_WHAT_DOES_NOT_FIT", "first writes all", "send the rest"),
    Mistake("echo_server.cpp", "READS_THE_LISTENER", "says hello", "socket that accept gave"),
    Mistake("echo_server.cpp", "ANOTHER_PORT", "says hello", "Bind the port that your program"),
    Mistake("many_clients.cpp", "JOINS", "says nothing at first", "a thread of its own"),
    Mistake("many_clients.cpp", "SHARES_A_VARIABLE", "nothing at first", "went to another client"),
    Mistake("many_clients.c", "PARENT_KEEPS_IT", "says hello", "a forgotten close"),
    Mistake("who_am_i.cpp", "NO_NTOHS", "says nothing", "ntohs"),
    Mistake("who_am_i.cpp", "TELLS_ITS_OWN", "says nothing", "the server's own address"),
    Mistake("who_am_i.cpp", "SENDS_THE_BUFFER", "says nothing", "not the size of the buffer"),
    Mistake("who_am_i.cpp", "DIES_OF_SIGPIPE", "gone at once", "SIGPIPE"),
    Mistake("message_server.cpp", "ONE_READ", "one byte at a time", "One read is not one message"),
    Mistake("message_server.cpp", "HOST_BYTE_ORDER", "one message", "htonl and ntohl"),
    Mistake("message_server.cpp", "NO_HEADER", "one message", "begins with its length"),
    Mistake("message_server.cpp", "SIGNED_LENGTH", "too great", "checked before memory"),
    Mistake("message_server.cpp", "NO_LIMIT", "too great", "before"),
    Mistake("word_count.cpp", "ONE_READ", "a pause", "before the client had ended"),
    Mistake("word_count.cpp", "EACH_PIECE", "one byte at a time", "in each piece by itself"),
    Mistake("word_count.cpp", "SPACES_ALONE", "tabs", "isspace"),
    Mistake("datagram_echo.c", "SMALL_BUFFER", "2,000 bytes", "as much as its buffer holds"),
    Mistake("datagram_echo.c", "EMPTY_IS_THE_END", "without a byte", "no connection"),
    Mistake("datagram_echo.c", "USES_STRLEN", "every byte", "not strlen"),
    Mistake("first_client.cpp", "ONE_READ", "one byte", "One read gives what has come so far"),
    Mistake("first_client.cpp", "USES_SIZEOF", "one piece", "not sizeof text"),
    Mistake("first_client.cpp", "PRINTS_MORE", "one piece", "no other text"),
    Mistake("open_connection.cpp", "ONE_FAMILY", "IPv4", "AF_UNSPEC"),
    Mistake("open_connection.cpp", "TAKES_A_PART", "cut off", "recv gives -1 then"),
    Mistake("open_connection.cpp", "FIRST_ALONE", "two addresses", "several addresses"),
    Mistake("open_connection.cpp", "SAME_SOCKET", "two addresses", "a new socket for each"),
    Mistake("open_connection.cpp", "LEAVES_THEM_OPEN", "two addresses", "has to be closed"),
    Mistake("open_connection.cpp", "KEEPS_QUIET", "nobody listens", "an exit code other than 0"),
    Mistake("line_client.cpp", "LOSES_THE_REST", "glued", "keep the rest"),
    Mistake("line_client.cpp", "WAITS_FOR_THE_END", "three lines", "stop at it"),
    Mistake("ask_again.cpp", "NO_TIME_LIMIT", "is lost", "Wait with a time limit"),
    Mistake("ask_again.cpp", "ANY_NUMBER", "comes twice", "Look at its number"),
    Mistake("ask_again.cpp", "ANY_SENDER", "before the server", "compare the sender"),
    Mistake("ask_again.cpp", "NEVER_GIVES_UP", "never answers", "Count the tries"),
]


JOBS = [Job(exercise_of(file), file, "", right=True) for file in RIGHT] + [
    Job(exercise_of(wrong.file), wrong.file, wrong.name, wrong.attempt, wrong.hint)
    for wrong in WRONG
]


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest) -> dict[Job, str]:
    return complaints(request)


@pytest.mark.timeout(600)  # the first of them checks all
@pytest.mark.parametrize("job", JOBS, ids=str)
def test_a_right_program_passes_and_a_wrong_one_gets_its_hint(
    job: Job, told: dict[Job, str]
) -> None:
    if compiler := missing_compiler(job.place):
        pytest.skip(f"{compiler} is not installed: tests/packages.sh")
    assert told[job] == ""


@pytest.mark.parametrize(
    ("script", "word", "hint"),
    [
        ("echo_server.py", "", ""),
        ("echo_server.py", "once", "Read in a loop"),
        ("first_client.py", "", ""),
        ("first_client.py", "repr", "without a b'…' around them"),
    ],
)
def test_a_script_in_python_is_checked_as_a_program(script: str, word: str, hint: str) -> None:
    words = words_for(script, [sys.executable, str(PROGRAMS / script)])
    report = examine(exercise(exercise_of(script)), [*words, *([word] if word else [])])
    assert report.passed == (not hint), str(report)
    assert hint in report.hint, str(report)


@pytest.mark.parametrize(("word", "hint"), [("", ""), ("once", "Read in a loop")])
def test_a_program_in_java_is_checked(word: str, hint: str, tmp_path: Path) -> None:
    if shutil.which("javac") is None or shutil.which("java") is None:
        pytest.skip("no Java compiler is installed")
    source = PROGRAMS / "EchoServer.java"
    subprocess.run(["javac", "-d", str(tmp_path), str(source)], check=True, timeout=60)
    command = ["java", "-Xmx128m", "-cp", str(tmp_path), "EchoServer", "{port}"]
    report = examine(exercise("echo-server"), [*command, *([word] if word else [])])
    assert report.passed == (not hint), str(report)
    assert hint in report.hint, str(report)
