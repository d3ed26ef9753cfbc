"""Short reads, short writes and a kernel that is "not ready", switched on inside (case 17).

The idea is curl's: what works when every call moves one byte, and every second one none, has no
path that relies on luck.
"""

import os
import random
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, TESTS, Background, bound, child_says, pair
from netsteps import _core

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.exact_io(reason="makes its own faults")

WORST = {"read_max": 1, "write_partial": 0.8, "read_block": 0.5, "write_block": 0.5, "seed": 7}
SOME = {"read_max": 1000, "write_partial": 0.5, "read_block": 0.2, "write_block": 0.2, "seed": 3}


@contextmanager
def faults(**settings: float) -> "Iterator[None]":
    _core._set_faults(**settings)
    try:
        yield
    finally:
        _core._set_faults()


# Transfers


@pytest.mark.parametrize(("settings", "size"), [(WORST, 50_000), (SOME, 3_000_000)])
def test_transfers_are_whole_in_both_directions_at_once(
    settings: dict[str, float], size: int
) -> None:
    data = random.Random(17).randbytes(size)
    with pair() as (client, connection), faults(**settings):

        def sends(socket: ns.Socket) -> None:
            socket.write(data, timeout=PATIENCE)
            socket.finish()

        senders = [Background(lambda end=end: sends(end)) for end in (client, connection)]
        reader = Background(lambda: client.read_all(timeout=PATIENCE))
        assert connection.read_all(timeout=PATIENCE) == data
        assert reader.result() == data
        for sender in senders:
            sender.result()


def test_lines_counts_messages_and_files_are_whole(tmp_path: "Path") -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 100)
    with pair() as (client, connection), faults(**WORST):

        def talks() -> int:
            client.write(b"a line\nabc")
            client.write_message(b"message")
            client.write_message(b"")
            sent = client.write_file(tmp_path / "file")
            client.finish()
            return sent

        talker = Background(talks)
        assert connection.read_until(b"\n", timeout=PATIENCE) == b"a line\n"
        assert connection.read_exactly(3, timeout=PATIENCE) == b"abc"
        assert connection.read_message(timeout=PATIENCE) == b"message"
        assert connection.read_message(timeout=PATIENCE) == b""
        assert connection.read_all(timeout=PATIENCE) == bytes(range(256)) * 100
        assert talker.result() == 25_600


def test_datagrams_are_never_cut() -> None:
    with bound() as receiver, bound() as sender, faults(**WORST):
        for size in (0, 1, 1000, 65_507):
            assert sender.send_to(bytes(size), *receiver.local) == size
            got = receiver.receive_from(timeout=PATIENCE)
            assert (len(got.data), got.truncated_from) == (size, None)


def test_servers_and_their_services_answer_right() -> None:
    def upper(connection: ns.Socket) -> None:
        while (message := connection.read_message()) is not None:
            connection.write_message(message.upper())

    with (
        faults(**WORST),
        ns.TcpServer(on_client=upper) as server,
        ns.TcpServer(service="echo") as service,
        ns.TcpSender(*server.endpoint) as client,
        ns.TcpSender(*service.endpoint) as other,
    ):
        for text in (b"hello", b"", b"x" * 1000):
            client.send_message(text)
            assert client.socket.read_message(timeout=PATIENCE) == text.upper()
            other.send_message(text)
            assert other.socket.read_message(timeout=PATIENCE) == text
        assert server.errors == []


@pytest.mark.parametrize("block", ["read_block", "write_block"])
def test_timeouts_and_close_work_while_the_kernel_is_never_ready(block: str) -> None:
    with pair() as (client, connection), faults(**{block: 0.99}, seed=1):
        connection.write(b"x" * 10)
        assert len(client.read_exactly(10, timeout=PATIENCE)) == 10
        with pytest.raises(ns.TimedOut):
            client.read(timeout=0.05)
        thread = Background(client.read)
        client.close()
        with pytest.raises(ns.SocketClosed):
            thread.result()


# The setting itself


def test_the_same_seed_makes_the_same_faults() -> None:
    def taken(seed: int) -> list[int]:
        with pair() as (client, _), faults(write_partial=0.5, write_block=0.3, seed=seed):
            return [client.send(bytes(1000)) for _ in range(50)]

    first = taken(1)
    assert first == taken(1) != taken(2)
    assert set(first) == {500, 1000}


def test_it_is_off_unless_it_is_switched_on_and_tells_what_is_set() -> None:
    assert _core._faults() is None
    with faults(**WORST):
        assert _core._faults() == WORST
    assert _core._faults() is None


@pytest.mark.parametrize(
    "settings", [{"read_block": 1.0}, {"write_block": -0.1}, {"write_partial": 1.1}]
)
def test_a_chance_that_would_never_end_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ns.BadArgument):
        _core._set_faults(**settings)
    assert _core._faults() is None


def test_the_environment_switches_them_on_for_a_whole_process() -> None:
    code = "from netsteps import _core; print(_core._faults())"
    text = ",".join(f"{name}={value}" for name, value in WORST.items())
    told = child_says(code, env=os.environ | {"NETSTEPS_FAULTS": text})
    assert told.strip() == str(WORST)
    told = child_says(code, env=os.environ | {"NETSTEPS_FAULTS": "nonsense,read_max=x,,="})
    assert "'read_max': 0" in told


@pytest.mark.parametrize("rules", [{}, {"delay": 0.005, "chunk": 100, "rate": 1e6}], ids=str)
@pytest.mark.parametrize(("settings", "size"), [(WORST, 5_000), (SOME, 300_000)])
def test_a_relay_passes_every_byte_both_ways(
    settings: dict[str, float], size: int, rules: dict[str, float]
) -> None:
    data = random.Random(17).randbytes(size)

    def echo(connection: ns.Socket) -> None:
        connection.write(connection.read_all(timeout=PATIENCE), timeout=PATIENCE)

    with (
        ns.TcpServer(on_client=echo) as server,
        ns.Relay(server.endpoint, seed=7, **rules) as relay,
        faults(**settings),
        ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client,
    ):
        client.write(data, timeout=PATIENCE)
        client.finish()
        assert client.read_all(timeout=PATIENCE) == data


# The suite under faults

SUITE = [
    "conformance",
    "test_socket.py",
    "test_servers.py",
    "test_services.py",
    "test_udp_server.py",
    "test_udp_server_stop.py",
    "test_reply_loops.py",
    "test_transfers.py",
    "test_message_handles.py",
    "test_messages.py",
    "test_loops.py",
    "test_hostile_clients.py",
    "test_reading.py",
    "test_read_ahead.py",
    "test_arguments.py",
]


@pytest.mark.timeout(150)  # ten seconds on a machine that has nothing else to do
def test_the_suite_passes_under_faults() -> None:
    """Without the tests that measure time or count calls, and without the oracle's own half."""
    text = ",".join(f"{name}={value}" for name, value in WORST.items())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-m", "not exact_io", "-k", "not stdlib", "--tb=short", *SUITE),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=140,
        cwd=TESTS,
        env=os.environ | {"NETSTEPS_FAULTS": text},
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
