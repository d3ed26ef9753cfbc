"""curl, redis-cli, iperf3 and requests through a relay: they work, and fail as users know it."""

import json
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

import netsteps as ns
from peers import free_port, needs, program, real_bytes, run
from peers import listening as listening_program

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = real_bytes(300_000)
SHORT = "1"  # seconds that a program waits for a path that says nothing
LOOPBACK = "127.0.0.1"


class Fault(NamedTuple):
    """What is done to a path, and how a program says that it failed: code, words, exception."""

    rules: dict[str, object]
    curl: tuple[int, str]
    redis: str
    requests: str


# In the words of the programs themselves.
RESET = "Connection reset by peer"
FAULTS = {
    "refuse": Fault(
        {"refuse": True}, (7, "Failed to connect"), "Connection refused", "ConnectionError"
    ),
    "reset in the question": Fault(
        {"to_target": ns.Rules(reset_after=1)}, (56, RESET), RESET, "ConnectionError"
    ),
    "reset in the answer": Fault(
        {"to_client": ns.Rules(reset_after=3)}, (56, RESET), RESET, "ConnectionError"
    ),
    "reset after a time": Fault(
        {"silent": True, "reset_after_seconds": 0.1}, (56, RESET), RESET, "ConnectionError"
    ),
    "end at once": Fault(
        {"to_client": ns.Rules(half_close_after=0)},
        (52, "Empty reply"),
        "Server closed the connection",
        "ConnectionError",
    ),
}
# What reads until a time of its own, which redis-cli has not.
SILENCE = {
    "silent": {"silent": True},
    "stall at once": {"to_target": ns.Rules(stall_after=0)},
    "stall in the answer": {"to_client": ns.Rules(stall_after=10)},
}
# Paths that are bad and still bring all of it.
WORKS = {
    "no rule": {},
    "late": {"delay": 0.02, "jitter": 0.01, "seed": 7},
    "in pieces": {"to_target": ns.Rules(chunk=3), "to_client": ns.Rules(chunk=5000), "seed": 7},
    "slow": {"rate": 2e6},
    "glued": {"glue": 0.01},
    "slow to close": {"slow_close": 0.05},
}


def named(paths: dict[str, object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", list(paths))


# HTTP: Python's own web server, with curl and requests


@pytest.fixture(scope="module")
def website(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[str, int]]":
    """Run a web server; gives its address."""
    folder = tmp_path_factory.mktemp("www")
    (folder / "page.bin").write_bytes(PAGE)
    command = (sys.executable, "-u", "-m", "http.server", "0", "--bind", LOOPBACK)
    with listening_program(*command, "-d", str(folder), said=r"port (\d+)") as (_, port):
        yield LOOPBACK, int(port)


def curl(relay: ns.Relay) -> "tuple[int, bytes, str]":
    url = f"http://{relay.endpoint}/page.bin"
    done = run("curl", "-sS", "--noproxy", "*", "--max-time", SHORT, url)
    return done.returncode, done.stdout, done.stderr.decode()


def get(relay: ns.Relay, timeout: float = 5.0) -> bytes:
    """Fetch the page with requests, past the proxies of the environment."""
    import requests

    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"http://{relay.endpoint}/page.bin", timeout=timeout)
        answer.raise_for_status()
        return answer.content


@needs("curl")
@named(WORKS)
def test_curl_fetches_the_page(website: tuple[str, int], name: str) -> None:
    with ns.Relay(website, **WORKS[name]) as relay:
        assert curl(relay) == (0, PAGE, "")


@needs("curl")
@named(FAULTS)
def test_curl_fails_as_it_should(website: tuple[str, int], name: str) -> None:
    code, words = FAULTS[name].curl
    with ns.Relay(website, **FAULTS[name].rules) as relay:
        told, came, errors = curl(relay)
    assert (told, came) == (code, b"")
    assert words in errors


@needs("curl")
def test_curl_that_is_reset_at_once_fails_to_connect_or_to_receive(
    website: tuple[str, int],
) -> None:
    with ns.Relay(website, reset_after=0) as relay:
        code, came, _ = curl(relay)
    assert (code in {7, 56}, came) == (True, b"")


@needs("curl")
@named(SILENCE)
def test_curl_gives_up_in_its_own_time(website: tuple[str, int], name: str) -> None:
    with ns.Relay(website, **SILENCE[name]) as relay:
        code, came, errors = curl(relay)
    assert (code, came) == (28, b"")
    assert "timed out" in errors


@needs("curl")
def test_curl_tells_that_a_page_is_not_whole(website: tuple[str, int]) -> None:
    for rules, code in (
        (ns.Rules(half_close_after=200_000), 18),  # CURLE_PARTIAL_FILE
        (ns.Rules(reset_after=200_000), 56),  # CURLE_RECV_ERROR
        (ns.Rules(stall_after=200_000), 28),  # CURLE_OPERATION_TIMEDOUT
    ):
        with ns.Relay(website, to_client=rules) as relay:
            told, came, _ = curl(relay)
        assert told == code
        head = 200_000 - len(came)
        assert 0 < head < 1000
        assert came == PAGE[: len(came)]


@needs("curl")
def test_curl_fails_while_the_path_is_parted_and_works_when_it_has_healed(
    website: tuple[str, int],
) -> None:
    with ns.Relay(website) as relay:
        with relay.partition():
            assert curl(relay)[0] == 28
        assert curl(relay) == (0, PAGE, "")


@named(WORKS)
def test_requests_fetches_the_page(website: tuple[str, int], name: str) -> None:
    pytest.importorskip("requests")
    with ns.Relay(website, **WORKS[name]) as relay:
        assert get(relay) == PAGE


@named(FAULTS)
def test_requests_raises_as_it_should(website: tuple[str, int], name: str) -> None:
    requests = pytest.importorskip("requests")
    with (
        ns.Relay(website, **FAULTS[name].rules) as relay,
        pytest.raises(getattr(requests, FAULTS[name].requests)),
    ):
        get(relay)


@named(SILENCE)
def test_requests_gives_up_in_its_own_time(website: tuple[str, int], name: str) -> None:
    requests = pytest.importorskip("requests")
    with ns.Relay(website, **SILENCE[name]) as relay, pytest.raises(requests.ReadTimeout):
        get(relay, timeout=0.2)


def test_requests_tells_that_a_page_is_not_whole(website: tuple[str, int]) -> None:
    requests = pytest.importorskip("requests")
    for rules, error in (
        (ns.Rules(half_close_after=200_000), requests.exceptions.ChunkedEncodingError),
        (ns.Rules(reset_after=200_000), requests.exceptions.ChunkedEncodingError),
        (ns.Rules(stall_after=200_000), requests.ConnectionError),
    ):
        with ns.Relay(website, to_client=rules) as relay, pytest.raises(error):
            get(relay, timeout=0.3)


# redis


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[str, int]]":
    """Run redis, without files; gives its address."""
    folder = tmp_path_factory.mktemp("redis")
    for _ in range(5):
        port = free_port()
        options = f"--port {port} --bind {LOOPBACK} --appendonly no --dir {folder}".split()
        with program("redis-server", *options, "--save", "") as server:
            if server.until(r"Ready to accept connections|Failed listening")[0][0] == "R":
                yield LOOPBACK, int(port)
                return
    pytest.fail("redis got no port in five tries")


def redis_cli(relay: ns.Relay, *words: str, stdin: bytes = b"") -> "tuple[int, bytes, str]":
    where = ("-h", LOOPBACK, "-p", str(relay.endpoint.port))
    done = run("redis-cli", *where, *words, stdin=stdin)
    return done.returncode, done.stdout, done.stderr.decode()


@needs("redis-server")
@needs("redis-cli")
@named(WORKS)
def test_redis_cli_keeps_and_gets_a_value(redis: tuple[str, int], name: str) -> None:
    value = PAGE[:20_000].hex().encode()
    with ns.Relay(redis, **WORKS[name]) as relay:
        # -x: the last argument is what comes on its input.
        assert redis_cli(relay, "-x", "SET", "key", stdin=value) == (0, b"OK\n", "")
        assert redis_cli(relay, "GET", "key") == (0, value + b"\n", "")


@needs("redis-server")
@needs("redis-cli")
@named(FAULTS)
def test_redis_cli_fails_as_it_should(redis: tuple[str, int], name: str) -> None:
    with ns.Relay(redis, **FAULTS[name].rules) as relay:
        code, came, errors = redis_cli(relay, "ECHO", "hello")
    assert (code, came) == (1, b"")
    assert FAULTS[name].redis in errors


# iperf3: a control connection, and streams or datagrams to the same port


@pytest.fixture(scope="module")
def iperf3() -> "Iterator[tuple[str, int]]":
    """Run iperf3 as a server; gives its address."""
    for _ in range(5):
        port = free_port()
        with program("iperf3", "-s", "-p", port, "-B", LOOPBACK, "--forceflush") as server:
            if "listening" in server.until(r"Server listening|unable to start listener")[0]:
                yield LOOPBACK, int(port)
                return
    pytest.fail("iperf3 got no port in five tries")


@contextmanager
def both_kinds(
    target: tuple[str, int], tcp: dict[str, object], udp: dict[str, object]
) -> "Iterator[tuple[ns.Relay, ns.Relay]]":
    """Give a relay of each kind, both at one port, as iperf3 wants it."""
    with (
        ns.Relay(target, **tcp) as streams,
        ns.Relay(target, kind="udp", port=streams.endpoint.port, **udp) as datagrams,
    ):
        yield streams, datagrams


def measured(relay: ns.Relay, *options: str) -> dict[str, dict[str, float]]:
    """Let iperf3 measure through the relay; gives the sums that it prints."""
    where = ("-c", LOOPBACK, "-p", str(relay.endpoint.port))
    done = run("iperf3", *where, *options, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told.get("error")) == (0, None)
    sums: dict[str, dict[str, float]] = told["end"]
    return sums


@needs("iperf3")
@pytest.mark.parametrize("options", [(), ("-R",), ("-P", "4")], ids=["there", "back", "four"])
def test_iperf3_measures_tcp(iperf3: tuple[str, int], options: tuple[str, ...]) -> None:
    with ns.Relay(iperf3) as relay:
        end = measured(relay, "-n", "50M", *options)
        assert end["sum_received"]["bytes"] > 1e6
        way = relay.report().to_client if options == ("-R",) else relay.report().to_target
        assert way.delivered_bytes >= end["sum_received"]["bytes"]


@needs("iperf3")
@pytest.mark.exact_io(reason="measures a rate")
def test_iperf3_sees_the_rate_of_the_relay(iperf3: tuple[str, int]) -> None:
    with ns.Relay(iperf3, to_target=ns.Rules(rate=4e6)) as relay:
        end = measured(relay, "-t", "1", "-w", "64K")
    assert 3e6 < end["sum_received"]["bits_per_second"] / 8 < 4.4e6


@needs("iperf3")
def test_iperf3_measures_udp_and_loses_nothing_without_a_rule(iperf3: tuple[str, int]) -> None:
    with both_kinds(iperf3, {}, {}) as (relay, datagrams):
        end = measured(relay, "-u", "-b", "20M", "-l", "1200", "-k", "1000")
        assert end["sum"]["packets"] >= 1000
        assert end["sum"]["lost_packets"] == 0
        # One more asks for the way back.
        assert datagrams.report().to_target.came >= end["sum"]["packets"]


@needs("iperf3")
def test_iperf3_counts_the_loss_of_the_relay(iperf3: tuple[str, int]) -> None:
    lossy = {"to_target": ns.Rules(loss=0.2), "seed": 3}
    with both_kinds(iperf3, {}, lossy) as (relay, datagrams):
        end = measured(relay, "-u", "-b", "20M", "-l", "1200", "-k", "1000")
        # What is lost at the very end it cannot know.
        lost = datagrams.report().to_target.lost
        assert lost - 5 <= end["sum"]["lost_packets"] <= lost


@needs("iperf3")
@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"refuse": True}, r"unable to connect to server: Connection refused"),
        ({"reset_after": 0}, r"unable to .*: Connection reset by peer"),
        ({"half_close_after": 0}, r"closed unexpectedly"),
        # Or its server, which is reset too, leaves before that.
        (
            {"to_target": ns.Rules(reset_after=200_000)},
            r"Connection reset|Broken pipe|control socket has closed",
        ),
    ],
    ids=["refuse", "reset", "end", "reset in the stream"],
)
def test_iperf3_fails_as_it_should(
    iperf3: tuple[str, int], rules: dict[str, object], words: str
) -> None:
    with ns.Relay(iperf3, **rules) as relay:
        where = ("-c", LOOPBACK, "-p", str(relay.endpoint.port))
        done = run("iperf3", *where, "-n", "50M")
    assert done.returncode == 1
    assert re.search(words, done.stderr.decode())
