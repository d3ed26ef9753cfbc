"""What can be asked of a relay, and that a seed repeats it over real sockets."""

import re
from typing import TYPE_CHECKING

import pytest

import netsteps as ns

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

TARGET = ("127.0.0.1", 9)
HARD: dict[str, float] = {"loss": 0.2, "duplicate": 0.1, "corrupt": 0.1, "reorder": 0.1}


def fates(count: int, *, others: int = 0, **rules: float) -> list[tuple[int, tuple[str, ...], str]]:
    """Send datagrams through a new relay: what became of those of its first client."""
    with (
        ns.UdpServer(service="discard") as target,
        ns.Relay(target.endpoint, kind="udp", **rules) as relay,  # type: ignore[arg-type]
        ns.UdpSender(*relay.endpoint) as sender,
        ns.UdpSender(*relay.endpoint) as other,
    ):
        came = 0
        for number in range(count):
            sender.send(b"%d" % number)
            for _ in range(others):
                other.send(b"other")
            came += 1 + others
            while relay.report().to_target.came < came:
                pass
        return [(one.number, one.verdicts, one.rule) for one in relay.log if one.flow == 0]


def test_the_same_seed_repeats_exactly() -> None:
    first = fates(300, seed=7, **HARD)
    assert first == fates(300, seed=7, **HARD)
    assert first != fates(300, seed=8, **HARD)
    assert {verdict for _, verdicts, _ in first for verdict in verdicts} == {
        "passed",
        "lost",
        "doubled",
        "corrupted",
        "reordered",
    }


def test_another_flow_changes_nothing() -> None:
    assert fates(200, seed=7, **HARD) == fates(200, seed=7, others=2, **HARD)


def test_one_more_rule_changes_no_other_decision() -> None:
    plain = fates(300, seed=7, loss=0.2)
    more = fates(300, seed=7, loss=0.2, duplicate=0.3)
    lost = [number for number, verdicts, _ in plain if verdicts == ("lost",)]
    assert lost == [number for number, verdicts, _ in more if verdicts == ("lost",)]
    assert {rule for _, verdicts, rule in plain if verdicts == ("lost",)} == {"loss=0.2"}


def test_a_seed_that_was_drawn_can_be_used_again() -> None:
    with ns.Relay(TARGET, kind="udp") as one, ns.Relay(TARGET, kind="udp") as other:
        assert one.seed != other.seed
        assert f"seed={one.seed}" in repr(one)
        with ns.Relay(TARGET, kind="udp", seed=one.seed) as again:
            assert again.seed == one.seed


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ns.Relay(TARGET, kind="udp", loss=1.5), "loss=1.5 is no probability"),
        (lambda: ns.Relay(TARGET, kind="udp", corrupt=-0.1), "corrupt=-0.1"),
        (lambda: ns.Relay(TARGET, kind="udp", delay=-1), "delay=-1 is no time"),
        (lambda: ns.Relay(TARGET, kind="udp", jitter=float("nan")), "jitter=NaN"),
        (lambda: ns.Relay(TARGET, kind="udp", rate=0), "rate=0 is no rate"),
        (lambda: ns.Relay(TARGET, kind="udp", queue=100), "queue= is the room"),
        (lambda: ns.Relay(TARGET, kind="udp", mtu=40), "mtu=40 is smaller"),
        (lambda: ns.Relay(TARGET, kind="udp", reorder_by=2), "reorder_by= says how far"),
        (lambda: ns.Relay(TARGET, kind="udp", reorder=0.1, reorder_by=0), "reorder_by=0"),
        (lambda: ns.Relay(TARGET, kind="udp", reorder=0.1, reorder_by=-3), "reorder_by=-3"),
        (lambda: ns.Relay(TARGET, kind="udp", chunk=3), 'chunk= is for kind="tcp"'),
        (lambda: ns.Relay(TARGET, loss=0.1), 'loss= is for kind="udp"'),
        (lambda: ns.Relay(TARGET, chunk=0), "chunk=0"),
        (lambda: ns.Relay(TARGET, refuse=True, silent=True), "refuse= and silent="),
        (lambda: ns.Relay(TARGET, idle_timeout=3), 'idle_timeout= is for kind="udp"'),
        (lambda: ns.Relay(TARGET, max_clients=0), "max_clients=0"),
        (lambda: ns.Relay(TARGET, kind="sctp"), "there is no kind"),  # type: ignore[arg-type]
        (lambda: ns.Relay(TARGET, seed=-1), "seed=-1"),
        (lambda: ns.Relay(TARGET, log=-1), "log=-1"),
        (
            lambda: ns.Relay(TARGET, delay=1, to_target=ns.Rules(delay=2)),
            "delay= is given for both",
        ),
        (lambda: ns.Relay(("127.0.0.1", 0), kind="udp"), "no place to send to"),
        (lambda: ns.Burst(2, 0.5), "burst enter=2 is no probability"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_and_reason(
    make: "Callable[[], object]", words: str
) -> None:
    with pytest.raises(ns.BadArgument) as caught:
        make()
    assert isinstance(caught.value, ValueError)
    assert words in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"loss": "20%"}, "loss='20%' is no probability"),
        ({"delay": "50ms"}, "delay='50ms' is no time"),
        ({"rate": "1MB"}, "rate='1MB' is no rate"),
        ({"mtu": 1500.5}, "mtu=1500.5 is no size"),
        ({"reorder_by": "much"}, "reorder_by= is neither"),
        ({"burst": 0.1}, "burst=0.1 is no Burst"),
        ({"refuse": 1}, "refuse=1 is no switch"),
    ],
)
def test_a_wrong_type_is_told_by_name_with_what_is_taken(
    rules: dict[str, object], words: str
) -> None:
    for make in (lambda: ns.Relay(TARGET, **rules), lambda: ns.Rules(**rules)):  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=re.escape(words)) as caught:
            make()
        assert isinstance(caught.value, ns.BadType)
        assert caught.value.remedy
    with pytest.raises(TypeError, match=re.escape("to_target={'loss': 0.3} is no Rules")):
        ns.Relay(TARGET, to_target={"loss": 0.3})  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["127.0.0.1", "localhost:6666", 6666])
def test_what_is_no_target_is_told_with_one(target: object) -> None:
    with pytest.raises(TypeError, match=r'Try: \("localhost", 6666\)'):
        ns.Relay(target)  # type: ignore[arg-type]


def test_rules_and_bursts_show_themselves_as_they_are_written() -> None:
    burst = ns.Burst(0.01, 0.25)
    assert repr(burst) == "Burst(enter=0.01, leave=0.25)"
    assert burst == ns.Burst(enter=0.01, leave=0.25, loss_good=0, loss_bad=1)
    assert burst.average == pytest.approx(0.01 / 0.26)
    rules = ns.Rules(loss=0.3, burst=burst, reorder_by=0.5)
    assert repr(rules) == "Rules(loss=0.3, burst=Burst(enter=0.01, leave=0.25), reorder_by=0.5)"
    assert rules == ns.Rules(loss=0.3, burst=burst, reorder_by=0.5)
    with ns.Relay(TARGET, kind="udp", delay=0.1, to_client=ns.Rules(loss=0.5), seed=3) as relay:
        assert repr(relay) == (
            f"<netsteps.Relay udp listening on {relay.endpoint} for 127.0.0.1:9, delay=0.1, "
            "to_client=Rules(loss=0.5), seed=3>"
        )
    assert "stopped" in repr(relay)


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_a_relay_is_no_target_of_itself(kind: "Literal['tcp', 'udp']") -> None:
    with ns.Relay(TARGET, kind=kind) as stopped:
        free = stopped.endpoint
    with pytest.raises(ValueError, match="is where this relay itself listens"):
        ns.Relay(free, kind=kind, port=free.port)
