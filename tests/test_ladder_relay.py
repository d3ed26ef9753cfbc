"""The ladder with a relay in the middle: golden pictures, and what each must say."""

import random
from xml.etree import ElementTree as ET

import pytest

from fake_events import World
from golden import check
from netsteps.show.ladder import ladder
from netsteps.show.ladder.build import model_of
from netsteps.show.ladder.text_lanes import told
from picture_boxes import collisions
from relay_scenes import OUT, SCENES, SENDER, FakeRelay, ends


@pytest.mark.parametrize("name", SCENES)
def test_a_ladder_with_a_relay_looks_as_it_should(name: str) -> None:
    check(f"relay_{name}", ladder(SCENES[name]()))


@pytest.mark.parametrize("name", SCENES)
def test_no_words_lie_upon_others_or_outside(name: str) -> None:
    for width in (300, 900, 1400):
        assert collisions(ladder(SCENES[name](), width=width).svg) == []


@pytest.mark.parametrize("name", SCENES)
def test_the_text_form_keeps_to_its_columns_and_to_ascii(name: str) -> None:
    for columns in (60, 80, 100, 140):
        text = ladder(SCENES[name](), columns=columns, ascii=True).text
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= columns


SAID = [
    ("lost: loss=0.2", "lost by the relay"),
    ("lost: partition", "lost by the relay"),
    ("too big: mtu=500", "too big for the relay"),
    ("+50 ms: delay=0.05", "late: its line runs down"),
    ("doubled: duplicate=0.1", "doubled: it goes on twice"),
    ("reordered: reorder=0.1", "reordered: it goes on behind"),
    ("corrupted: corrupt=0.01", "corrupted: a bit of it"),
]


@pytest.mark.parametrize(("words", "legend"), SAID)
def test_each_verdict_is_said_with_its_rule_and_explained(words: str, legend: str) -> None:
    drawing = ladder(SCENES["each_verdict"](), columns=160)
    assert words in drawing.svg
    assert legend in drawing.svg
    assert words in drawing.text


def test_where_there_is_little_room_the_text_says_the_verdict_without_its_rule() -> None:
    text = ladder(SCENES["each_verdict"](), columns=100).text
    for verdict in ("doubled", "corrupted", "reordered"):
        assert verdict in text
    assert "..." not in "".join(line for line in text.splitlines() if "corr" in line)


def test_the_two_halves_of_a_way_through_a_relay_are_one_conversation() -> None:
    model = model_of(SCENES["stream_in_pieces"]())
    [talk] = model.conversations
    assert (talk.left.local, talk.right.local) == ("127.0.0.1:6666", "127.0.0.1:50001")
    assert [line.faces for line in talk.via] == ["right", "left"]
    assert len(model_of(SCENES["two_clients"]()).conversations) == 2


def test_a_copy_leaves_twice_and_what_is_lost_never_does() -> None:
    model = model_of(SCENES["each_verdict"]())
    went: dict[str, list[bool]] = {}
    for link in model.links:
        if link.kind == "passage" and link.source is not None:
            went.setdefault(link.source.verdict, []).append(link.target is not None)
    assert went == {
        "passed": [True, True],
        "lost": [False, False],
        "too big": [False],
        "late": [True],
        "doubled": [True, True],
        "corrupted": [True],
        "reordered": [True],
    }


def test_without_origins_what_went_on_is_told_by_its_bytes() -> None:
    world = World()
    receiver, sender, relay = ends(world)
    for number in range(3):
        data = b"packet %d" % number
        sender.send_to(100 * number + 100, data, "127.0.0.1:5000")
        relay.pass_on(100 * number + 120, data, late=() if number == 1 else (4,))
        if number != 1:
            receiver.receive_from(100 * number + 150, data, OUT)
    for event in world.events:
        object.__setattr__(event, "origin", None)
    links = [link for link in model_of(world.events).links if link.kind == "passage"]
    assert [link.target is not None for link in links] == [True, False, True]
    assert [link.fate for link in links] == ["read", "lost", "read"]


@pytest.mark.parametrize(
    ("room", "words"),
    [(22, "stalled: stall_after=5"), (21, "stall_after=5"), (12, "stalled"), (6, "sta...")],
)
def test_where_there_is_little_room_the_rule_names_its_verdict(room: int, words: str) -> None:
    assert told("stalled: stall_after=5", room) == words


def test_bytes_that_a_relay_keeps_are_not_called_lost() -> None:
    drawing = ladder(SCENES["stream_stalls"]())
    assert "not sent on by the relay" in drawing.svg
    assert "lost by the relay" not in drawing.svg


def test_a_reset_is_told_once_in_the_lane() -> None:
    drawing = ladder(SCENES["stream_reset"](), columns=160)
    assert drawing.svg.count(">reset: reset_after=60<") == 1
    assert drawing.text.count("reset: reset_after=60") == 1


@pytest.mark.parametrize("end", ["unseen", "unread"])
def test_a_reset_that_nobody_saw_is_no_fin(end: str) -> None:
    events = SCENES["stream_reset"]()
    client = next(event.socket for event in events if event.local == SENDER)
    events = [
        event
        for event in events
        if event.socket != client or (end == "unread" and event.errno is None)
    ]
    ends = [link for link in model_of(events).links if link.begin.relay is not None]
    assert sorted(link.fate for link in ends if link.kind == "reset") == ["read", end]
    assert not [link for link in ends if link.kind == "fin"]
    drawing = ladder(events, columns=160)
    assert drawing.text.count("RST") == 2
    assert collisions(drawing.svg) == []


def test_what_is_said_by_a_relay_from_outside_is_escaped() -> None:
    world = World()
    FakeRelay(world).pass_on(100, b"x", "<b>\x1b[2J", "<script>&\u202e", late=())
    drawing = ladder(world.events)
    for form in (drawing.svg, drawing.html, drawing.details):
        assert "<script" not in form
        assert "<b>" not in form
    for form in (drawing.svg, drawing.text, drawing.html, drawing.details):
        assert "\x1b" not in form
        assert "\u202e" not in form
    ET.fromstring(drawing.svg)


_CALLS = ["connect", "accept4", "accepted", "shutdown", "close", "listen", "socket"]
_CALLS += ["send", "recv", "sendto", "recvfrom", "sendmmsg", "recvmmsg"] * 3
_VERDICTS = ["passed", "lost", "late", "doubled", "stalled", "reset", "split", "any other", None]


def random_events(seed: int) -> World:
    """Make what no relay would do, too: origins of nothing, of itself, of later events."""
    chance = random.Random(seed)
    world = World()
    at = 0.0
    ports = [f"127.0.0.1:{port}" for port in (80, 81, 5000, 40001, 50001)]
    sockets = [
        world.socket(chance.choice(["tcp", "udp"]), thread=chance.randint(1, 3))
        for _ in range(chance.randint(1, 9))
    ]
    for _ in range(chance.choice([2, 20, 60, 200])):
        at += chance.choice([0, 1, 7, 30, 5_000, 900_000])
        socket = chance.choice(sockets)
        data = bytes(chance.choices(b"ab\n\xff<&", k=chance.choice([0, 1, 5, 40])))
        socket.local = chance.choice([socket.local, *ports])
        socket.peer = chance.choice([None, socket.peer, *ports])
        call = chance.choice(_CALLS)
        more: dict[str, object] = {}
        if call[:4] in {"send", "recv"}:
            more = {"data": data, "size": len(data), "asked": chance.choice([len(data), 65536])}
        if chance.random() < 0.05:
            more = {"errno": chance.choice([104, 110, 111, 32]), "error": "x: <why>. Try: y."}
        relays = chance.random() < 0.6
        if relays:
            more["verdict"] = chance.choice(_VERDICTS)
            more["rule"] = chance.choice([None, "loss=0.2", "x" * 90])
            more["origin"] = chance.choice([None, None, chance.randint(0, len(world.events) + 3)])
        took = None if chance.random() < 0.03 else chance.choice([1, 3, 90_000])
        socket.call("relay" if relays else call, call, at, took, **more)
    return world


@pytest.mark.parametrize("seed", range(60))
def test_any_events_of_a_relay_give_a_picture_whose_words_can_be_read(seed: int) -> None:
    events = random_events(seed).events
    for limit in (200, 12):
        drawing = ladder(events, limit=limit, columns=90)
        assert collisions(drawing.svg) == []
        assert max(map(len, drawing.text.splitlines())) <= 90
