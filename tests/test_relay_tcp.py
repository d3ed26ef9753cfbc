"""A relay of connections: each rule does what it says, and each byte that arrives is right."""

import itertools
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, Background, best_of, full_queue, listening, much, until
from peers import real_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024


@contextmanager
def relayed(**rules: object) -> "Iterator[tuple[ns.Relay, ns.Socket, ns.Socket]]":
    """Give a relay, a client of it, and the connection that the target has accepted."""
    with (
        listening() as listener,
        ns.Relay(listener.local, **rules) as relay,  # type: ignore[arg-type]
        ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client,
        listener.accept(timeout=PATIENCE) as target,
    ):
        yield relay, client, target


def both_ways(client: ns.Socket, target: ns.Socket, size: int) -> None:
    """Send so many bytes both ways at once, and look at each of them at the other end."""
    there, back = real_bytes(size), real_bytes(size)[::-1]

    def send(socket: ns.Socket, data: bytes) -> None:
        socket.write(data, timeout=PATIENCE)
        socket.finish()

    sending = [Background(lambda: send(client, there)), Background(lambda: send(target, back))]
    reading = Background(lambda: target.read_all(timeout=PATIENCE))
    assert client.read_all(timeout=PATIENCE) == back
    assert reading.result() == there
    for each in sending:
        each.result()


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"delay": 0.02},
        {"delay": 0.01, "jitter": 0.01},
        {"rate": 4e6},
        {"chunk": 3000},
        {"glue": 0.01},
        {"delay": 0.005, "jitter": 0.002, "rate": 8e6, "chunk": 9000, "glue": 0.002},
        {"slow_close": 0.05},
    ],
    ids=str,
)
def test_every_byte_arrives_in_its_order_under_rules_that_end_nothing(
    rules: dict[str, float],
) -> None:
    size = much(MIB)
    with relayed(seed=7, **rules) as (relay, client, target):
        both_ways(client, target, size)
        until(lambda: relay.clients == 0, "both have ended")
        report = relay.report()
        for way in (report.to_target, report.to_client):
            assert way.came_bytes == way.delivered_bytes == size


def test_a_thousand_connections_each_keep_their_own_bytes() -> None:
    def echo(connection: ns.Socket) -> None:
        connection.write(connection.read_all(timeout=PATIENCE), timeout=PATIENCE)

    with ns.TcpServer(on_client=echo) as server, ns.Relay(server.endpoint) as relay:

        def ask(begin: int) -> None:
            for number in range(begin, begin + 100):
                with ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client:
                    question = number.to_bytes(4, "big") * 500
                    client.write(question)
                    client.finish()
                    assert client.read_all(timeout=PATIENCE) == question

        for asking in [Background(lambda begin=begin: ask(begin)) for begin in range(0, 1000, 100)]:
            asking.result(30)
        until(lambda: relay.clients == 0, "all have ended")
        assert relay.report().clients == 1000


def test_both_families_and_a_name_as_target() -> None:
    for family in ("ipv4", "ipv6"):
        with (
            listening(family) as listener,
            ns.Relay(
                ("localhost", listener.local.port) if family == "ipv4" else listener.local
            ) as relay,
            ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client,
            listener.accept(timeout=PATIENCE) as target,
        ):
            both_ways(client, target, 10_000)


# Time


@pytest.mark.exact_io(reason="measures time")
@pytest.mark.parametrize("delay", [0.002, 0.05])
def test_a_delay_is_kept_to_two_milliseconds(delay: float) -> None:
    with relayed(to_client=ns.Rules(delay=delay)) as (relay, client, target):

        def measure() -> float:
            begun = time.perf_counter()
            target.write(b"x" * 100)
            assert client.read(1000, timeout=PATIENCE) == b"x" * 100
            took = time.perf_counter() - begun
            assert took >= delay
            return took

        # The median of some: one may be late because the machine is busy with others.
        median = lambda: statistics.median(measure() for _ in range(9))  # noqa: E731
        assert best_of(5, median, delay + 0.002) <= delay + 0.002
        assert {passage.delay for passage in relay.log} == {delay}
        assert {(passage.verdict, passage.rule) for passage in relay.log} == {
            ("late", f"delay={delay}")
        }


@pytest.mark.exact_io(reason="measures time")
@pytest.mark.parametrize("rate", [50_000, 2_000_000, 50_000_000])
def test_a_rate_is_kept_to_five_percent(rate: int) -> None:
    data = real_bytes(rate // 2)
    with relayed(to_target=ns.Rules(rate=rate)) as (_, client, target):

        def measure() -> float:
            begun = time.perf_counter()
            sending = Background(lambda: client.write(data, timeout=PATIENCE))
            # In pieces: to put 25 MB together would take a part of the time.
            pieces = [target.read(65536, timeout=PATIENCE)]
            left = len(data) - len(pieces[0])
            while left:
                pieces.append(target.read(65536, timeout=PATIENCE))
                left -= len(pieces[-1])
            took = time.perf_counter() - begun
            sending.result()
            assert b"".join(pieces) == data
            return abs(len(data) / took / rate - 1)

        assert best_of(3, measure, 0.05) <= 0.05


def test_jitter_is_drawn_from_the_seed_and_stays_within_its_bounds() -> None:
    def delays(seed: int) -> list[float]:
        with relayed(delay=0.01, jitter=0.004, seed=seed) as (relay, client, target):
            for number in range(30):
                client.write(bytes([number]))
                assert target.read(1, timeout=PATIENCE) == bytes([number])
            return [passage.delay for passage in relay.log]

    one = delays(7)
    assert one == delays(7)
    assert one != delays(8)
    assert all(0.006 <= delay <= 0.014 for delay in one)
    assert max(one) - min(one) > 0.004


# Pieces


@pytest.mark.exact_io(reason="counts what a read takes")
def test_chunks_are_cut_at_the_same_bytes_for_the_same_seed() -> None:
    data = real_bytes(4000)

    def cuts(seed: int, step: int) -> list[int]:
        with relayed(to_target=ns.Rules(chunk=50), seed=seed) as (relay, client, target):
            for begin in range(0, len(data), step):
                client.write(data[begin : begin + step])
            assert target.read_exactly(len(data), timeout=PATIENCE) == data
            log = relay.log
        assert {(each.verdict, each.rule) for each in log} == {("split", "chunk=50")}
        assert all(1 <= each.size <= 50 for each in log)
        return list(itertools.accumulate(each.size for each in log))

    whole = cuts(7, 4000)
    assert whole != cuts(8, 4000)
    # However the bytes come, the places are the same; those of the arrivals are added.
    assert set(whole) <= set(cuts(7, 1000)) | {4000}


@pytest.mark.exact_io(reason="counts the reads")
def test_a_receiver_reads_pieces_no_longer_than_chunk() -> None:
    with relayed(chunk=1, seed=7) as (_, client, target):
        client.write(b"hello world " * 10)
        client.finish()
        pieces = list(iter(lambda: target.read(1000, timeout=PATIENCE), b""))
    assert b"".join(pieces) == b"hello world " * 10
    # One that is busy elsewhere for a while may find some together.
    assert statistics.median(len(piece) for piece in pieces) == 1


def test_what_is_written_apart_comes_glued() -> None:
    with relayed(to_target=ns.Rules(glue=0.2)) as (relay, client, target):
        for letter in (b"a", b"b", b"c"):
            client.write(letter)
            until(lambda: client.buffers.unacknowledged == 0, "it came to the relay")
        assert target.read(10, timeout=PATIENCE) == b"abc"
        assert relay.log[0].size == 3


# Ends


@pytest.mark.parametrize("after", [1, 100_000])
def test_a_reset_comes_after_its_very_byte_at_both_ends(after: int) -> None:
    data = real_bytes(200_000)
    with relayed(to_client=ns.Rules(reset_after=after)) as (relay, client, target):
        sending = Background(lambda: target.write(data, timeout=PATIENCE))
        assert client.read_exactly(after, timeout=PATIENCE) == data[:after]
        with pytest.raises(ConnectionResetError):
            client.read(1, timeout=PATIENCE)
        try:
            sending.result()
            with pytest.raises(ConnectionResetError):
                target.read(1, timeout=PATIENCE)
        except (ConnectionResetError, BrokenPipeError):
            pass
        until(lambda: relay.clients == 0, "it has gone")
        assert [each.rule for each in relay.log if each.verdict == "reset"] == [
            f"reset_after={after}"
        ]


def test_a_reset_at_once_is_told_by_connect_or_by_the_first_read() -> None:
    with listening() as listener, ns.Relay(listener.local, reset_after=0) as relay:
        for _ in range(5):
            with (
                pytest.raises(ConnectionResetError),
                ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client,
            ):
                client.read(1, timeout=PATIENCE)


def test_a_reset_comes_after_its_time_and_again_for_the_next_client() -> None:
    with listening() as listener, ns.Relay(listener.local, reset_after_seconds=0.05) as relay:
        for _ in range(3):
            with ns.Socket.open(*relay.endpoint) as client, listener.accept(timeout=PATIENCE):
                begun = time.monotonic()
                with pytest.raises(ConnectionResetError):
                    client.read(1, timeout=PATIENCE)
                assert time.monotonic() - begun >= 0.03
        assert relay.report().to_target.reset + relay.report().to_client.reset == 3


def test_a_stream_that_ends_early_ends_at_its_very_byte_and_the_other_way_goes_on() -> None:
    with relayed(to_client=ns.Rules(half_close_after=5)) as (relay, client, target):
        target.write(b"hello world")
        assert client.read_all(timeout=PATIENCE) == b"hello"
        client.write(b"still here")
        assert target.read_exactly(10, timeout=PATIENCE) == b"still here"
        cut = [each for each in relay.log if each.verdict == "cut"]
        assert sum(each.size for each in cut) == 6


@pytest.mark.exact_io(reason="counts what a read takes")
def test_a_stalled_stream_says_nothing_more_and_the_other_way_goes_on() -> None:
    with relayed(to_client=ns.Rules(stall_after=5)) as (relay, client, target):
        target.write(b"hello world")
        assert client.read_exactly(5, timeout=PATIENCE) == b"hello"
        client.write(b"?")
        assert target.read(1, timeout=PATIENCE) == b"?"
        target.close()
        with pytest.raises(TimeoutError):
            client.read(1, timeout=0.05)
        [stalled] = [each for each in relay.log if each.verdict == "stalled"]
        assert (stalled.size, stalled.rule) == (6, "stall_after=5")


def test_the_ladder_tells_the_rule_by_which_a_stream_has_stalled() -> None:
    stalls = relayed(to_target=ns.Rules(stall_after=5))
    with ns.Trace() as trace, stalls as (relay, client, target):
        client.write(b"hello world")
        assert target.read_exactly(5, timeout=PATIENCE) == b"hello"
        while not any(each.verdict == "stalled" for each in relay.log):
            pass
    told = [(event.step, event.rule) for event in trace.events if event.verdict == "stalled"]
    assert told == [("close", "stall_after=5")]
    assert "stalled: stall_after=5" in trace.ladder().svg
    assert "stall_after=5" in str(trace.ladder())


def test_an_end_is_slow_where_a_rule_makes_it_so() -> None:
    with relayed(slow_close=0.1) as (_, client, target):
        target.write(b"last")
        target.finish()
        begun = time.monotonic()
        assert client.read_all(timeout=PATIENCE) == b"last"
        assert time.monotonic() - begun >= 0.09


def test_a_relay_that_refuses_does_so_in_the_kernel() -> None:
    with listening() as listener, ns.Relay(listener.local, refuse=True) as relay:
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                ns.Socket.open(*relay.endpoint, timeout=PATIENCE)
        assert relay.report().clients == 0


def test_a_silent_relay_takes_clients_and_never_asks_the_target() -> None:
    with listening() as listener, ns.Relay(listener.local, silent=True) as relay:
        with ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client:
            client.write(b"anybody there?")
            with pytest.raises(TimeoutError):
                client.read(1, timeout=0.05)
            with pytest.raises(TimeoutError):
                listener.accept(timeout=0.05)
            assert [each.verdict for each in relay.log] == ["silent"]
        until(lambda: relay.clients == 0, "it has gone")


# The target


def test_a_dead_target_is_a_reset_for_the_client_and_the_relay_lives_on() -> None:
    with ns.Socket("tcp") as holder:
        holder.bind("127.0.0.1", 0)
        with ns.Relay(holder.local) as relay:
            for _ in range(3):
                with (
                    pytest.raises(ConnectionResetError),
                    ns.Socket.open(*relay.endpoint) as client,
                ):
                    client.read(1, timeout=PATIENCE)
            refused = [each for each in relay.log if each.verdict == "refused"]
            assert len(refused) == 3
            assert refused[0].rule.startswith("connect: ")
            # The target comes to life later.
            holder.listen()
            with (
                ns.Socket.open(*relay.endpoint) as client,
                holder.accept(timeout=PATIENCE) as target,
            ):
                both_ways(client, target, 1000)


def test_a_target_that_does_not_answer_holds_up_no_other_client() -> None:
    with full_queue() as silent, ns.Relay(silent) as relay, ns.Relay(relay.endpoint) as other:
        with ns.Socket.open(*other.endpoint) as client:
            client.write(b"hello?")
            with pytest.raises(TimeoutError):
                client.read(1, timeout=0.05)
            assert relay.clients == 1
        relay.stop()
        other.stop()


# The partition


def test_a_parted_path_carries_nothing_and_all_of_it_when_it_heals() -> None:
    data = real_bytes(much(MIB))
    with relayed() as (relay, client, target):
        client.write(b"before")
        assert target.read_exactly(6, timeout=PATIENCE) == b"before"
        with relay.partition():
            assert relay.partitioned
            sending = Background(lambda: client.write(data, timeout=PATIENCE))
            with pytest.raises(TimeoutError):
                target.read(1, timeout=0.05)
        assert not relay.partitioned
        assert target.read_exactly(len(data), timeout=PATIENCE) == data
        sending.result()
        late = [passage for passage in relay.log if passage.verdict == "late"]
        assert {passage.rule for passage in late} == {"partition"}
        assert all(passage.delay >= 0.05 for passage in late)
        assert relay.log[0].verdict == "passed"
        assert relay.log[1] == late[0]


def test_a_client_that_comes_while_the_path_is_parted_is_served_when_it_heals() -> None:
    with ns.TcpServer(service="echo") as server, ns.Relay(server.endpoint) as relay:
        relay.partition()
        with ns.Socket.open(*relay.endpoint, timeout=PATIENCE) as client:
            client.write(b"hello")
            with pytest.raises(TimeoutError):
                client.read(1, timeout=0.05)
            relay.heal()
            assert client.read_exactly(5, timeout=PATIENCE) == b"hello"
