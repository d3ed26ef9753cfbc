"""The demo: a real file travels both ways, and is verified."""

import os
import re
import socket
import subprocess
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest

import netsteps as ns
from netsteps import cli, demo
from netsteps.cli import demo as command
from peers import NETSTEPS, PATIENCE, netsteps


def quiet(name: str, size: int) -> None:
    """Say nothing."""


def test_it_sends_the_own_readme_within_five_seconds() -> None:
    begin = time.monotonic()
    done = netsteps("demo")
    assert time.monotonic() - begin < 5
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert text.startswith("README.md (")
    assert "all 6 copies are equal: SHA-256 " in text


def test_it_shows_both_sides_in_the_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(300_000))
    done = netsteps("demo", str(path))
    text = done.stdout.decode()
    assert done.returncode == 0
    assert f"SHA-256 {sha256(path.read_bytes()).hexdigest()}" in text
    for words in ("client 1:", "client 2:", "UDP:", "300 kB", "moved 1.80 MB in "):
        assert words in text
    blocks = text.split("\n\n")[1:4]
    for block in blocks:
        rows = block.splitlines()[3:]
        times = [float(row.split()[0]) for row in rows if "more rows" not in row]
        assert times == sorted(times)
        assert {row.index("|") for row in rows if "|" in row} == {rows[0].index("|")}
    stream, messages, datagrams = blocks
    assert re.search(r"connect .* [um]s +\|$", stream, re.MULTILINE)
    assert re.search(r"\|  accepted ", stream)
    assert re.search(r"write_file .* 300 kB .*\|$", stream, re.MULTILINE)
    assert re.search(r"\|  write_file .* 300 kB ", stream)
    assert re.search(r"\|  read_message +x \d+", messages)
    assert re.search(r"\|  receive_from", datagrams)


@pytest.mark.parametrize("size", [0, 1, 1464, 1465, 100_003, 12_000_000])
def test_files_of_every_size_arrive(size: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(size))
    told: list[tuple[str, int]] = []
    done = demo.run(path, lambda *about: told.append(about))
    assert told == [("file", size)]
    assert done.sha256 == sha256(path.read_bytes()).hexdigest()
    assert done.equal
    assert len(done.exchanges) == 3


def test_short_reads_and_writes_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(20_000))
    faults = "read_max=3,write_partial=0.8,read_block=0.5,write_block=0.5,seed=7"
    done = subprocess.run(
        [*NETSTEPS, "demo", str(path)],
        capture_output=True,
        check=False,
        timeout=PATIENCE,
        env=os.environ | {"NETSTEPS_FAULTS": faults},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"all 6 copies are equal" in done.stdout


def test_a_copy_that_differs_is_shown_and_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"true")
    answer = ns.Socket.write_message

    class Store(demo._Store):
        def _messages(self, connection: ns.Socket) -> str:
            while connection.read_message() is not None:
                answer(connection, b"false")
            return sha256(b"true").hexdigest()

    monkeypatch.setattr(demo, "_Store", Store)
    assert cli.main(["demo", str(path)]) == 1
    shown = capsys.readouterr().out
    assert shown.count("DIFFERS and back: SHA-256 ") == 1
    assert "DIFFERS there" not in shown
    assert "NOT all 6 copies are equal" in shown


def test_a_part_that_fails_ends_the_whole_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"data")

    def fail(*_: object) -> None:
        raise ns.Reset("as if the peer had cut the connection")

    monkeypatch.setattr(demo, "_message_client", fail)
    begin = time.monotonic()
    with pytest.raises(ConnectionResetError):
        demo.run(path, quiet)
    assert time.monotonic() - begin < 5


def test_a_datagram_without_an_answer_is_sent_again() -> None:
    """The receiver answers nothing at first, then only every other datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as lossy:
        lossy.bind(("127.0.0.1", 0))
        lossy.settimeout(PATIENCE)

        def answer() -> None:
            for number in range(12):
                data, sender = lossy.recvfrom(100)
                if number >= 4 and number % 2 == 0:
                    lossy.sendto(data, sender)

        receiver = threading.Thread(target=answer)
        receiver.start()
        datagrams = [number.to_bytes(8, "big") + bytes([number]) for number in range(4)]
        taken: list[bytes] = []
        with ns.UdpSender(*lossy.getsockname()) as sender:
            demo._answered(sender, datagrams, taken.append)
            # What the receiver still waits for.
            while receiver.is_alive():
                sender.send(b"")
                receiver.join(0.01)
    assert taken == [b"\0", b"\1", b"\2", b"\3"]


def test_without_package_data_there_is_still_something_real(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from importlib import metadata

    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "metadata", missing)
    assert demo._own_readme(tmp_path).stat().st_size > 0
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "a" / "b" / "demo.py"))
    assert demo._own_readme(tmp_path) == tmp_path / "a" / "b" / "demo.py"


def test_every_kind_of_row_has_a_style(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(2_000_000))
    done = demo.run(path, quiet)
    rows = [row for one in done.exchanges for row in command._rows(one, 0, "another")]
    rows += command._summary(done)
    assert {row.side for row in rows} <= set(command._STYLES)
