"""Traces from anywhere: a file may claim anything, and no view of it hangs, grows or is unsafe."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import netsteps as ns

HEAD = {"format": "netsteps trace", "version": 1}


def event(number: int, *, back: bool = False, **more: object) -> dict[str, object]:
    """Give a line of a file: socket 1 sends, or socket 2 receives (back)."""
    here, there = ("127.0.0.1:2", "127.0.0.1:1") if back else ("127.0.0.1:1", "127.0.0.1:2")
    return {
        "event": number,
        "process": 1,
        "phase": "completed",
        "socket": 2 if back else 1,
        "number": 3,
        "kind": "tcp",
        "step": "read" if back else "write",
        "call": "recv" if back else "send",
        "local": here,
        "peer": there,
        "size": 5,
        "preview": "68656c6c6f",
        "before": "connected",
        "after": "connected",
        "start_ns": number * 1000,
        "end_ns": number * 1000 + 10,
        "thread": 1,
        **more,
    }


def written(path: Path, events: "list[dict[str, Any]]") -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in [HEAD, *events]))
    return path


@pytest.mark.parametrize(
    ("claim", "match"),
    [
        ({"size": 2**63}, "no call moves"),
        ({"size": 2**33}, "no call moves"),
        ({"offset": 2**64 - 1}, "no stream is so long"),
        ({"step": "x" * 1_000_000}, "the step has 1000000 bytes"),
        ({"call": "x" * 1000}, "the call has 1000 bytes"),
        ({"line": "x" * 1_000_000}, "the line has 1000000 bytes"),
        ({"error": "x" * 1_000_000}, "the error has 1000000 bytes"),
        ({"verdict": "x" * 1000}, "the verdict has 1000 bytes"),
        ({"rule": "x" * 1_000_000}, "the rule has 1000000 bytes"),
        ({"origin": -1}, "-1"),
        ({"verdict": 7}, "7"),
    ],
)
def test_what_no_call_does_is_refused(claim: dict[str, object], match: str, tmp_path: Path) -> None:
    with pytest.raises(ns.BadArgument, match=f"line 2 .*{match}"):
        ns.Trace.load(written(tmp_path / "x.jsonl", [event(1, **claim)]))


def _many(make: Callable[[int], dict[str, object]]) -> list[dict[str, object]]:
    return [make(number) for number in range(20_000)]


@pytest.mark.parametrize(
    "events",
    [
        _many(lambda n: event(n, back=n % 2 == 1, offset=0, size=4_000_000_000)),
        _many(lambda n: event(n, back=n % 2 == 1, socket=n)),
        _many(
            lambda n: event(
                n,
                back=n >= 10_000,
                kind="udp",
                call="recvfrom" if n >= 10_000 else "sendto",
                peer="127.0.0.1:3" if n >= 10_000 else "127.0.0.1:2",
            )
        ),
        _many(
            lambda n: (
                event(n, socket=n, call="connect", local=f"127.0.0.1:{n + 1}", peer="127.0.0.9:80")
                if n % 2
                else event(n, socket=n, call="listen", local="127.0.0.1:80")
            )
        ),
    ],
    ids=["overlaps", "one-address", "other-senders", "other-listeners"],
)
@pytest.mark.timeout(20)
def test_a_ladder_of_many_contradictions_ends(
    events: list[dict[str, object]], tmp_path: Path
) -> None:
    drawing = ns.Trace.load(written(tmp_path / "x.jsonl", events)).ladder()
    ET.fromstring(drawing.svg)


def test_of_a_size_that_is_only_claimed_few_packets_are_written(tmp_path: Path) -> None:
    trace = ns.Trace.load(written(tmp_path / "x.jsonl", [event(1, size=2**32 - 1)]))
    packets = ns.read_packets(trace.save(tmp_path / "x.pcapng"))
    assert len(packets) < 100
    assert "left out" in (packets[0].comment or "")


def test_the_longest_texts_give_small_pictures(tmp_path: Path) -> None:
    text = "<&" * 8000
    events = [event(number, phase="failed", error=text, line=text) for number in range(5)]
    drawing = ns.Trace.load(written(tmp_path / "x.jsonl", events)).ladder()
    assert len(drawing.svg) < 200_000
    ET.fromstring(drawing.svg)


@pytest.mark.parametrize("read", [ns.Trace.load, ns.read_packets])
def test_ctrl_c_ends_the_wait_for_a_pipe(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert took(lambda: read(tmp_path / "pipe")) < 0.5


def test_ctrl_c_ends_the_loading_of_a_large_file(tmp_path: Path) -> None:
    line = json.dumps(event(1)) + "\n"
    path = written(tmp_path / "x.jsonl", [])
    with path.open("a") as file:
        file.write(line * 300_000)
    assert took(lambda: ns.Trace.load(path)) < 0.5


def took(work: Callable[[], object]) -> float:
    """Interrupt this after a tenth of a second, and give how long it went on."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    begun = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return time.monotonic() - begun - 0.1
