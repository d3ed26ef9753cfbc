"""make bench: its figures are right, the README shows the saved ones, and it runs."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import report
from bench.__main__ import NAME, README, RESULTS, chosen, command, parsed
from bench.cases import ALL
from bench.measure import Case, Contenders, MeasureError, Missing, Progress, Row, judged, measured
from bench.picture import BEST, WORST, drawing, times_better
from bench.processes import HERE, Bench
from bench.programs import steps, udp

ROOT = HERE.parent.parent
NEEDS_CC = pytest.mark.skipif(
    shutil.which("cc") is None or sys.platform != "linux", reason="the peers need Linux and cc"
)


@contextmanager
def nothing(_: object) -> Iterator[Contenders]:
    yield {}


def case(*rows: Row) -> Case:
    return Case("group", "case", "requests/s", nothing, rows, 1)


def fake(*values: float) -> object:
    rest = iter(values)
    return lambda: next(rest)


# Figures


def test_contenders_take_turns_and_none_always_comes_first() -> None:
    order: list[str] = []

    def noted(name: str) -> float:
        order.append(name)
        return 1.0

    measured({name: lambda name=name: noted(name) for name in "ABC"}, 4)
    assert "".join(order) == "ABCCBAABCCBA"


def test_the_ratio_is_of_the_medians_and_the_spread_of_the_rounds() -> None:
    figures = measured({"a": fake(30, 10, 20, 40, 50), "b": fake(10, 10, 10, 10, 1000)}, 5)
    [result] = judged(case(Row("what", "against", "a", "b", 2.0)), figures)
    assert (result.ours, result.theirs, result.ratio) == (30, 10, 3)
    # The rounds' own ratios are 3, 1, 2, 4 and 0.05.
    assert (result.low, result.high) == (1, 3)
    assert result.passed


@pytest.mark.parametrize(
    ("row", "ours", "passed"),
    [
        (Row("", "", "a", "b", 1.0), 1.0, True),
        (Row("", "", "a", "b", 1.0), 0.98, False),
        (Row("", "", "a", "b", 1.0, noise=0.03), 0.98, True),
        (Row("", "", "a", "b", 1.0, noise=0.03), 0.96, False),
        (Row("", "", "a", "b", 0.6, at_least=False), 0.6, True),
        (Row("", "", "a", "b", 0.6, at_least=False), 0.7, False),
        (Row("", "", "a", None, 1024.0, at_least=False), 1000, True),
        (Row("", "", "a", None, 1024.0, at_least=False), 1100, False),
        (Row("", "", "a", None, 0.0, at_least=False, noise=0.1), 0.0, True),
        (Row("", "", "a", "b"), 5.0, None),
    ],
)
def test_a_limit_is_reached_from_its_own_side(row: Row, ours: float, passed: bool | None) -> None:
    [result] = judged(case(row), measured({"a": fake(ours), "b": fake(1.0)}, 1))
    assert result.passed is passed
    better = times_better(report.line_of(result))
    if row.limit and not row.noise:
        assert better is not None
        assert (better >= 1) is passed


def test_what_is_missing_or_fails_says_why_and_the_others_go_on() -> None:
    def failing() -> float:
        raise MeasureError("it ended")

    contenders = {"a": fake(1, 1), "b": failing, "c": Missing("c is not installed")}
    figures = measured(contenders, 2)
    rows = (Row("", "", "a", "b", 1.0), Row("", "", "a", "c", 1.0), Row("", "", "a", None, 1.0))
    failed, missing, alone = judged(case(*rows), figures)
    assert (failed.missing, failed.passed) == ("failed: it ended", None)
    assert missing.missing == "c is not installed"
    assert (alone.ratio, alone.passed) == (1, True)
    texts = [report.cells(report.line_of(row)) for row in (failed, missing, alone)]
    assert [cells[-1] for cells in texts] == ["failed: it ended", "c is not installed", "yes"]


def test_every_row_is_made_of_contenders_and_asks_in_one_sense() -> None:
    assert len({one.name for one in ALL}) == len(ALL)
    for one in ALL:
        for row in one.rows:
            assert row.limit is None or row.theirs is not None or row.unit or "%" in one.unit


def test_the_time_that_is_left_follows_from_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 60.0])
    monkeypatch.setattr("bench.measure.time.monotonic", lambda: next(clock))
    said: list[str] = []
    progress = Progress([case(), case()], 2, said.append)
    progress.at(1, 1)
    assert said == ["[2/2] case: round 1 of 2; 1:00 gone, about 1:00 left"]


# What is shown


def test_figures_are_written_with_three_digits() -> None:
    shown = [("requests/s", 203_456.0), ("bytes/s", 3.712e9), ("us", 12.345), ("us", 1234.5)]
    assert [report.amount(value, unit) for unit, value in shown] == [
        "203,000",
        "3.71 GB/s",
        "12.3 us",
        "1,234 us",
    ]
    assert report.amount(228.4, "bytes") == "228 bytes"


def test_what_is_taken_for_noise_is_told() -> None:
    rows = (Row("", "", "a", "b", 1.0, noise=0.03), Row("", "", "a", None, 0.0, False, noise=0.1))
    figures = measured({"a": fake(1.0), "b": fake(1.0)}, 1)
    told = [report.required(report.line_of(result)) for result in judged(case(*rows), figures)]
    assert told[0] == "at least 1.00 (0.97 within noise)"
    assert told[1].startswith("at most 0 ")
    assert "within noise" in told[1]


def test_a_table_wider_than_the_terminal_is_written_in_lines() -> None:
    lines = report.load(RESULTS / f"{NAME}.json")["rows"]
    wide = report.terminal_table(lines)
    assert report.terminal_table(lines, 400) == wide
    narrow = report.terminal_table(lines, 100)
    assert max(map(len, narrow.split("\n"))) <= 110 < max(map(len, wide.split("\n")))
    for line in lines:
        assert line["what"] in narrow


def test_the_readme_shows_the_saved_result() -> None:
    result = report.load(RESULTS / f"{NAME}.json")
    readme = README.read_text(encoding="utf-8")
    picture = (RESULTS / f"{NAME}.svg").relative_to(ROOT).as_posix()
    assert report.section_of(readme) == report.readme_section(result, picture)
    assert report.with_section(readme, report.section_of(readme)) == readme
    assert (RESULTS / f"{NAME}.svg").read_text(encoding="utf-8") == f"{drawing(result).svg}\n"
    for known in (str(ROOT), os.uname().nodename):
        assert known not in json.dumps(result)


def test_a_readme_without_the_markers_is_left_alone() -> None:
    with pytest.raises(ValueError, match="bench: begin"):
        report.with_section("# A readme\n", "section")


def test_the_picture_tells_every_limit_and_stays_within_its_scale() -> None:
    result = report.load(RESULTS / f"{NAME}.json")
    for theme in ("light", "dark"):
        svg = drawing(result, theme).svg
        for line in result["rows"]:
            assert (f"against {line['against']}" in svg) or line["limit"] is None
        assert svg.count("reached</text>") == sum(
            line["passed"] is not None for line in result["rows"]
        )
    perfect = {"ratio": 0.0, "limit": 0.0, "passed": True, "sense": "at most"}
    assert times_better(perfect) == BEST
    assert times_better(perfect | {"passed": False, "ratio": 2.0}) == WORST


def test_a_part_is_chosen_by_group_or_words_and_the_command_can_be_typed_again() -> None:
    assert {one.group for one in chosen("udp")} == {"udp-send", "udp-receive", "udp-echo"}
    assert [one.name for one in chosen("1 connection, ready sockets b")] == [
        "TCP echo, 1 connection",
        "ready sockets beside a busy thread",
    ]
    assert chosen("") == list(ALL)
    given = parsed(["--rounds", "3", "--only", "udp", "--seconds", "2"])
    assert command(given) == "make bench ROUNDS=3 EACH=2 ONLY=udp"
    assert command(parsed([])) == "make bench"
    with pytest.raises(SystemExit):
        parsed(["--readme", "--only", "udp"])


# It runs


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the programs in C, and fail for a warning."""
    folder = tmp_path_factory.mktemp("peers")
    subprocess.run(
        ["make", "-s", "-C", HERE / "peers", f"OUT={folder}", "CFLAGS=-O2 -Werror"],
        check=True,
        timeout=60,
    )
    return folder


@NEEDS_CC
def test_a_measurement_verifies_what_comes_back(peers: Path) -> None:
    bench = Bench(0.05, peers)
    for kind in ("netsteps-lines", "asyncio-lines"):
        with bench.serving(bench.program("servers", kind)) as server:
            load = bench.peer("echo_load", server.port, 3, 64, bench.seconds)
            assert bench.run(load)["requests_per_s"] > 0
    # A service that answers something else.
    shouting = (
        "import sys, netsteps as ns; server = ns.TcpServer(on_message=bytes.swapcase); "
        "print('port', server.endpoint.port, flush=True); sys.stdin.read()"
    )
    with (
        bench.serving([sys.executable, "-c", shouting]) as server,
        pytest.raises(MeasureError, match="first answer"),
    ):
        bench.run(bench.peer("echo_load", server.port, 1, 64, bench.seconds))


@NEEDS_CC
def test_a_program_that_cannot_run_is_an_error_with_its_last_words(peers: Path) -> None:
    bench = Bench(0.05, peers)
    with pytest.raises(MeasureError, match=r"echo_load ended: usage: echo_load PORT"):
        bench.run(bench.peer("echo_load"))
    with pytest.raises(MeasureError, match="no_such was not built"):
        bench.peer("no_such")


@NEEDS_CC
@pytest.mark.parametrize("name", ["UDP echo server", "1 connection", "bulk"])
def test_a_case_runs_and_its_programs_end(peers: Path, name: str) -> None:
    [one] = chosen(name)
    with one.open(Bench(0.2, peers)) as contenders:
        figures = measured(contenders, 1)
    assert figures.missing == {}
    for result in judged(one, figures):
        assert result.ratio is not None
        assert result.ratio > 0
        assert math.isfinite(result.ratio)


@NEEDS_CC
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_is_ended(peers: Path, end: signal.Signals) -> None:
    """The measuring process tells which programs it has started; none of them outlives it."""
    script = (
        "import signal, sys, time\n"
        "from pathlib import Path\n"
        "from bench.__main__ import ended\n"
        "from bench.processes import Bench\n"
        "signal.signal(signal.SIGTERM, ended)\n"
        "bench = Bench(0.05, Path(sys.argv[1]))\n"
        "with bench.serving(bench.peer('echo_epoll')) as c:\n"
        "    with bench.serving(bench.program('servers', 'netsteps-service')) as ours:\n"
        "        print(c.pid, ours.pid, flush=True)\n"
        "        time.sleep(30)\n"
    )
    measuring = subprocess.Popen(
        [sys.executable, "-c", script, peers],
        env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with measuring:
        assert measuring.stdout is not None
        started = [int(word) for word in measuring.stdout.readline().split()]
        assert len(started) == 2
        measuring.send_signal(end)
        measuring.wait(20)
    wait_until_gone(started)


def wait_until_gone(processes: list[int]) -> None:
    import psutil

    left = []
    for number in processes:
        try:
            left.append(psutil.Process(number))
        except psutil.NoSuchProcess:
            continue
    running = [one for one in left if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    _, alive = psutil.wait_procs(running, timeout=20)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


def test_the_measured_programs_do_what_they_say() -> None:
    assert steps.ready_netsteps(20) > 0
    assert steps.ready_stdlib(20) > 0
    assert udp.BATCH * 1200 > 65_507, "more than one call with offload takes"
