"""netsteps show: traces and captures as tables, drawings and JSON."""

import json
from pathlib import Path

import pytest

import netsteps as ns
from helpers import PATIENCE, pair, until
from peers import assert_no_traceback, netsteps

EVIL = b"<script>\x1b[2J"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with ns.Trace(sample=0.001) as trace, pair() as (client, connection):
        client.write(EVIL)
        connection.read_exactly(len(EVIL), timeout=PATIENCE)
        connection.write(b"answer")
        client.read_exactly(6, timeout=PATIENCE)
        until(lambda: trace.samples, "the sampler looks")
    return trace.save(tmp_path_factory.mktemp("show") / "x.jsonl")


def shown(*words: object) -> str:
    done = netsteps("show", *map(str, words))
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    text = done.stdout.decode()
    assert "\x1b" not in text
    return text


def test_a_trace_is_a_table_of_its_steps(saved: Path) -> None:
    text = shown(saved)
    assert text.split("\n")[0].split()[:2] == ["ms", "socket"]
    for word in ("connect", "accept", "write", "read", "close"):
        assert word in text


def test_a_trace_is_a_ladder_in_the_terminal_and_in_a_file(saved: Path, tmp_path: Path) -> None:
    assert "write" in shown(saved, "--ladder")
    for name, begins in (("x.svg", "<svg"), ("x.html", "<!DOCTYPE"), ("x.txt", "")):
        out = tmp_path / name
        assert shown(saved, "--ladder", out) == f"wrote {out}\n"
        assert out.read_text().startswith(begins)


def test_a_trace_has_a_curve_of_what_the_kernel_held(saved: Path, tmp_path: Path) -> None:
    assert shown(saved, "--buffers")
    assert shown(saved, "--buffers", tmp_path / "x.svg").startswith("wrote ")


@pytest.mark.exact_io("looks for a whole write")
def test_a_trace_is_json_with_every_attribute(saved: Path) -> None:
    objects = json.loads(shown(saved, "--json"))
    events = ns.Trace.load(saved).events
    assert len(objects) == len(events)
    sent = next(told for told in objects if told["preview"] == EVIL.hex())
    assert (sent["step"], sent["size"], sent["phase"]) == ("write", len(EVIL), "completed")
    assert sent["peer"].startswith("127.0.0.1:")


@pytest.mark.exact_io("looks for a whole write")
def test_a_capture_is_a_table_and_json(saved: Path, tmp_path: Path) -> None:
    made = tmp_path / "x.pcapng"
    ns.Trace.load(saved).save(made)
    assert "127.0.0.1" in shown(made)
    objects = json.loads(shown(made, "--json"))
    assert len(objects) == len(ns.read_packets(made))
    assert {told["protocol"] for told in objects} == {"tcp"}
    assert any(EVIL.hex() in told["data"] for told in objects)


def test_what_cannot_be_shown_is_said_in_one_message(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "x.pcap"
    other.write_bytes(b"no capture at all")
    broken = tmp_path / "x.jsonl"
    broken.write_bytes(b'{"format": "another"}\n')
    for words, code, said in (
        ((tmp_path / "none.jsonl",), 1, b"No such file"),
        ((other,), None, b"netsteps: "),
        ((broken,), 2, b"netsteps: "),
        ((other, "--ladder"), 2, b"needs a trace"),
        ((saved, "--ladder", tmp_path / "x.png"), 2, b"is saved as .svg"),
        ((saved, "--ladder", tmp_path / "no" / "x.svg"), 1, b"No such file"),
    ):
        done = netsteps("show", *map(str, words))
        assert_no_traceback(done.stderr)
        assert done.returncode == code or (code is None and done.returncode in {1, 2}), words
        assert said in done.stderr, words
        assert done.stdout == b""
