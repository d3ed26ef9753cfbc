"""The ladder as a picture: golden pictures, and what each must show."""

import random
import time
from xml.etree import ElementTree as ET

import pytest

from fake_events import World
from golden import check
from ladder_scenes import SCENES
from netsteps.show.ladder import ladder
from picture_boxes import collisions


@pytest.mark.parametrize("name", SCENES)
def test_a_ladder_looks_as_it_should(name: str) -> None:
    check(f"ladder_{name}", ladder(SCENES[name]()))


@pytest.mark.parametrize("name", SCENES)
def test_no_words_lie_upon_others_or_outside(name: str) -> None:
    assert collisions(ladder(SCENES[name]()).svg) == []


@pytest.mark.parametrize("width", [300, 640, 1400])
def test_words_stay_apart_at_any_width(width: int) -> None:
    for build in SCENES.values():
        assert collisions(ladder(build(), width=width).svg) == []


def test_nothing_is_a_picture_too() -> None:
    drawing = ladder([])
    assert "0 events" in drawing.text
    ET.fromstring(drawing.svg)


def test_the_same_events_give_the_same_picture() -> None:
    one, other = (ladder(SCENES["several_clients"]()) for _ in range(2))
    assert (one.svg, one.text, one.html) == (other.svg, other.text, other.html)


def test_what_comes_from_outside_is_escaped() -> None:
    world = World()
    _, client, served = world.pair()
    client.write(150, b"<script>\x1b[2J&\"'")
    served.read(170, b"<script>\x1b[2J&\"'")
    drawing = ladder(world.events)
    assert "<script" not in drawing.svg
    assert "\x1b" not in drawing.svg + drawing.text + drawing.html
    ET.fromstring(drawing.svg)


def test_loss_of_events_threads_and_processes_are_said() -> None:
    world = World()
    _, client, _ = world.pair()
    client.process, client.thread = 77, 9
    client.write(150, b"x")
    drawing = ladder(world.events, dropped=3)
    assert "3 older events not kept" in drawing.text
    assert "3 older events not kept" in drawing.svg
    assert "2 threads" in drawing.text
    assert "2 processes" in drawing.svg


def test_the_picture_has_a_table_below() -> None:
    drawing = ladder(SCENES["simple"]())
    assert "<table>" in drawing.details
    assert "Trace of" in drawing.details


def test_a_theme_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no theme"):
        ladder([], theme="pink")


_CALLS = ["socket", "bind", "listen", "connect", "accept4", "accepted", "shutdown", "close"]
_CALLS += ["send", "send", "recv", "recv", "sendto", "recvfrom", "recv MSG_PEEK"]


def random_events(seed: int) -> World:
    """Make events that no real trace would hold, too: calls in any order, ends that do not fit."""
    chance = random.Random(seed)
    world = World()
    at = 0.0
    ports = [f"127.0.0.1:{port}" for port in (80, 81, 50001, 50002, 50003)]
    sockets = [
        world.socket(chance.choice(["tcp", "udp"]), thread=chance.randint(1, 3))
        for _ in range(chance.randint(1, 9))
    ]
    for _ in range(chance.choice([2, 20, 60, 200])):
        at += chance.choice([0, 1, 7, 30, 5_000, 900_000])
        socket = chance.choice(sockets)
        data = bytes(chance.choices(b"ab\n\xff<&", k=chance.choice([0, 1, 5, 40])))
        took: float | None = chance.choice([1, 1, 3, 50, 90_000])
        if chance.random() < 0.03:
            took = None
        socket.process = chance.choice([1, 1, 1, 2])
        socket.local = chance.choice([None, socket.local, *ports])
        socket.peer = chance.choice([None, socket.peer, *ports])
        call = chance.choice(_CALLS)
        more: dict[str, object] = {}
        if call in {"send", "recv", "sendto", "recvfrom"}:
            more = {"data": data, "size": len(data), "asked": chance.choice([len(data), 65536])}
        if chance.random() < 0.1:
            more = {"errno": chance.choice([104, 110, 111, 32, 9]), "error": "x: <why>. Try: y."}
        socket.call(call.split()[0], call, at, took, **more)
    return world


@pytest.mark.parametrize("seed", range(60))
def test_any_events_give_a_picture_whose_words_can_be_read(seed: int) -> None:
    events = random_events(seed).events
    for limit in (200, 12):
        drawing = ladder(events, limit=limit, columns=90)
        assert collisions(drawing.svg) == []
        assert max(map(len, drawing.text.splitlines())) <= 90


def test_two_hundred_events_are_drawn_at_once() -> None:
    world = World()
    _, client, served = world.pair()
    for number in range(95):
        client.write(150 + 20 * number, b"line %d" % number)
        served.read(160 + 20 * number, b"line %d" % number)
    best = min(_timed(lambda: ladder(world.events).svg) for _ in range(5))
    assert best < 0.2, f"{best:.3f} s; on an idle machine it is 0.02 s"


def test_a_hundred_thousand_events_are_folded_soon() -> None:
    world = World()
    _, client, served = world.pair()
    for number in range(50_000):
        client.write(150 + 20 * number, b"x")
        served.read(160 + 20 * number, b"x")
    start = time.perf_counter()
    drawing = ladder(world.events)
    picture = drawing.svg
    assert time.perf_counter() - start < 10  # idle: 2 s
    assert "50,000" in picture
    assert len(picture) < 100_000


def _timed(run: "object") -> float:
    assert callable(run)
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
