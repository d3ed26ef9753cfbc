"""The command `netsteps relay`, and relays when their process forks or ends."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import child_says
from netsteps.show.units import parse_rate, parse_time
from peers import NETSTEPS, PATIENCE, assert_no_traceback, netsteps, program

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTENS = r"relay over (?P<kind>\w+) on (?P<ip>\S+):(?P<port>\d+) for (?P<target>\S+), seed (\d+)"


@pytest.fixture
def echo() -> "Iterator[ns.UdpServer]":
    with ns.UdpServer(service="echo") as server:
        yield server


def ask(port: int, count: int = 1) -> int:
    """Send datagrams to a port of this computer, one after the other: how many were answered."""
    answered = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(0.2)
        for number in range(count):
            client.send(b"%d" % number)
            try:
                answered += client.recv(100) == b"%d" % number
            except TimeoutError:
                continue
    return answered


def test_it_relays_until_ctrl_c_and_prints_its_report(echo: ns.UdpServer) -> None:
    with program(*NETSTEPS, "relay", str(echo.endpoint), "--udp", "--seed", "7") as relay:
        found = relay.until(LISTENS)
        assert (found["kind"], found["target"]) == ("udp", str(echo.endpoint))
        assert ask(int(found["port"]), 3) == 3
        relay.signal(signal.SIGINT)
        assert relay.ended() == 0
        said = relay.output.decode()
        assert relay.errors == b""
    assert "seed 7, Ctrl-C ends it\nended:\n" in said
    assert re.search(r"^came +3 +3$", said, re.MULTILINE)
    assert said.endswith("1 client\n")


def test_the_rules_are_those_of_the_line(echo: ns.UdpServer) -> None:
    line = f"--udp --loss 20% --delay 10ms --seed 7 --only to-target --json {echo.endpoint}"
    with program(*NETSTEPS, "relay", *line.split()) as relay:
        relay.until("\n")
        begun = json.loads(relay.output)
        assert (begun["event"], begun["kind"], begun["seed"]) == ("relaying", "udp", 7)
        answered = ask(begun["port"], 20)
        relay.signal(signal.SIGTERM)
        assert relay.ended() == 0
        ended = json.loads(relay.output.splitlines()[1])
    with (
        ns.Relay(echo.endpoint, kind="udp", to_target=ns.Rules(loss=0.2), seed=7) as same,
        ns.UdpSender(*same.endpoint) as sender,
    ):
        for number in range(20):
            sender.send(b"x")
            while same.report().to_target.came <= number:
                pass
        lost = same.report().to_target.lost
    assert (ended["event"], ended["clients"]) == ("ended", 1)
    assert ended["to_target"]["lost"] == 20 - answered == lost > 0
    assert ended["to_target"]["late"] == answered == ended["to_client"]["passed"]


def test_tcp_is_the_default_kind() -> None:
    with ns.TcpServer(service="echo") as server:
        target = f"localhost:{server.endpoint.port}"
        with program(*NETSTEPS, "relay", target, "--chunk", "3", "--rate", "1MB/s") as relay:
            found = relay.until(LISTENS)
            assert found["kind"] == "tcp"
            done = netsteps("send", found["ip"], found["port"], stdin=b"hello there")
            assert done.stdout == b"hello there"
            relay.signal(signal.SIGINT)
            assert relay.ended() == 0
            assert b"split" in relay.output


def test_a_terminal_sees_the_counts_while_it_runs(echo: ns.UdpServer) -> None:
    ours, theirs = pty.openpty()
    command = [*NETSTEPS, "relay", "--udp", str(echo.endpoint)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs) as relay:
        os.close(theirs)
        said = b""
        asked = False
        while b"3 came" not in said:
            said += os.read(ours, 1000)
            if not asked and (found := re.search(LISTENS.encode(), said)):
                assert ask(int(found["port"]), 3) == 3
                asked = True
        assert b"-> 3 came, 3 went on" in said
        relay.send_signal(signal.SIGINT)
        assert relay.wait(PATIENCE) == 0
    os.close(ours)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "required: TARGET"),
        ("127.0.0.1", "is no target"),
        ("127.0.0.1:70000", "is no port"),
        ("127.0.0.1:9 --delay soon", "is no time; examples: 50ms"),
        ("127.0.0.1:9 --rate fast", "is no rate; examples"),
        ("127.0.0.1:9 --udp --loss 20", "is no probability; examples: 0.1, 10%"),
        ("127.0.0.1:9 --udp --burst 1", "is no burst"),
        ("127.0.0.1:9 --seed x", "is no seed"),
        ("127.0.0.1:9 --loss 0.1", "--loss is for datagrams"),
        ("127.0.0.1:9 --udp --chunk 1", "--chunk is for connections"),
        ("127.0.0.1:9 --udp --mtu 20", "mtu=20 is smaller"),
    ],
)
def test_what_cannot_be_meant_is_told(line: str, words: str) -> None:
    done = netsteps("relay", *line.split())
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert_no_traceback(done.stderr)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("50ms", 0.05), ("1.5 s", 1.5), ("200us", 0.0002), ("2min", 120), ("0.05", 0.05), ("0", 0)],
)
def test_times_have_units(text: str, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("1MB/s", 1e6), ("100k", 1e5), ("10Mbit/s", 1.25e6), ("64 KiB/s", 65536), ("8kbps", 8000)],
)
def test_rates_have_units(text: str, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "ms", "5 parsecs", "-1s", "1e400ms", "inf"])
def test_what_is_no_time_or_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_time(text)
    with pytest.raises(ValueError, match="is no rate"):
        parse_rate(text)


RELAYS = """
import os, time, warnings
import netsteps as ns
warnings.filterwarnings("ignore", category=DeprecationWarning)
server, stream = ns.UdpServer(service="echo"), ns.TcpServer(service="echo")
udp, tcp = ns.Relay(server.endpoint, kind="udp"), ns.Relay(stream.endpoint)
def works():
    with ns.UdpSender(*udp.endpoint) as sender:
        sender.send(b"x")
        assert sender.socket.read(timeout=5) == b"x"
    with ns.TcpSender(*tcp.endpoint) as sender:
        sender.send(b"y")
        assert sender.socket.read(timeout=5) == b"y"
works()
"""


@pytest.mark.exact_io(reason="starts processes of its own")
def test_a_forked_child_knows_that_the_relay_is_not_its_own() -> None:
    said = child_says(
        RELAYS
        + """
pid = os.fork()
if pid == 0:
    for relay in (udp, tcp):
        for use in (lambda: relay.log, relay.report, relay.partition, lambda: relay.clients):
            try:
                use()
            except ns.Forked as error:
                assert error.remedy
            else:
                os._exit(1)
        repr(relay)
        relay.stop()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
works()
for one in (udp, tcp, server, stream):
    one.stop()
print("served on")
"""
    )
    assert said == "served on\n"


@pytest.mark.exact_io(reason="starts processes of its own")
@pytest.mark.parametrize("end", ["", "del udp, tcp", "raise SystemExit(0)", "os._exit(0)"])
def test_a_program_that_forgets_its_relays_ends(end: str) -> None:
    assert child_says(f"{RELAYS}\nprint('made', flush=True)\n{end}") == "made\n"
