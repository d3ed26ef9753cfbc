"""The pictures of the lessons say what the sockets and figures say, and can be read."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
import pictures
from helpers import listening, pair
from netsteps.lessons.pictures import arrivals, bars, computers, homes, tanks

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsteps.show.drawing import Drawing

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells its queues and has 127.0.0.2"
)


def readable(drawing: "Drawing") -> None:
    """Fail unless the drawing can be read in both themes, as text, and by those who listen."""
    for theme in ("light", "dark"):
        pictures.check(drawing.themed(theme).svg)
    assert drawing.text
    assert drawing.alt
    assert "<img" in drawing.html


# Computers


@LINUX
def test_the_stages_of_a_connection_are_told_apart() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(listening())
        first, second = (stack.enter_context(ns.Socket("tcp")) for _ in range(2))

        alone = computers(server)
        readable(alone)
        assert "listening socket" in alone.text
        assert "0 waiting" in alone.text

        first.bind("127.0.0.2", 0)
        bound = computers(server, [], [first])
        readable(bound)
        assert "peer -" in bound.text

        first.connect(server.local)
        second.connect(server.local)
        waiting = computers(server, [], [first, second])
        readable(waiting)
        assert waiting.text.count("-- waits") == 2
        assert "2 in its queue" in waiting.svg
        assert "stroke-dasharray" in waiting.svg

        connections = [stack.enter_context(server.accept()) for _ in range(2)]
        joined = computers(server, connections[::-1], [first, second])
        readable(joined)
        assert "2 pairs of them joined" in joined.alt
        # Each client is beside its own connection, in whatever order they are given.
        assert [line.rpartition("-- ")[2] for line in joined.text.splitlines()[3:]] == [
            "connection 2",
            "connection 1",
        ]
        assert ">computer B<" in joined.svg
        assert "computer A again" in joined.svg

        first.close()
        left = computers(server, connections, [first, second])
        readable(left)
        assert "1 pair of them joined" in left.alt
        # What was drawn before stays as it was.
        assert "2 pairs of them joined" in joined.alt
        assert joined.svg.count("closed") == 0


def test_nothing_and_sockets_that_have_no_address_can_be_drawn() -> None:
    readable(computers())
    with ns.Socket("tcp") as server, ns.Socket("tcp") as client:
        readable(computers(server, [], [client]))
    readable(computers(server, [], [client]))  # both are closed


@LINUX
def test_clients_of_many_computers_have_a_frame_each() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(listening())
        clients = []
        for number in (2, 3, 3, 2, 4):
            client = stack.enter_context(ns.Socket("tcp"))
            client.bind(f"127.0.0.{number}", 0)
            client.connect(server.local)
            clients.append(client)
        connections = [stack.enter_context(server.accept()) for _ in clients]
        drawing = computers(server, connections, clients)
        readable(drawing)
        for name in ("computer B", "computer C", "computer D"):
            assert name in drawing.svg


def test_a_server_at_all_addresses_is_a_computer_of_several() -> None:
    with ns.Socket("tcp") as server, ns.Socket("tcp") as client:
        server.bind("0.0.0.0", 0)
        server.listen()
        client.connect("127.0.0.1", server.local.port)
        waiting = computers(server, [], [client])
        readable(waiting)
        assert waiting.text.endswith("-- waits")
        with server.accept() as connection:
            drawing = computers(server, [connection], [client])
            readable(drawing)
        assert "computer A again" in drawing.svg
        assert "computer B" not in drawing.svg


# Tanks


@LINUX
def test_tanks_show_what_the_buffers_hold() -> None:
    with pair() as (client, connection):
        readable(tanks(client, connection))
        client.write(b"x" * 20_000)
        some = tanks(client, connection, names=("B, the client", "A, the server"))
        readable(some)
        assert "A, the server: 20.0 kB in its input buffer" in some.alt
        with pytest.raises(ns.TimedOut):
            client.write(bytes(50_000_000), timeout=0.1)
        full = tanks(client, connection)
        readable(full)
        assert full.text.count("#") > some.text.count("#")
        assert "0 B" in some.text


# Arrivals


def test_arrivals_tell_lost_late_and_doubled_apart() -> None:
    drawing = arrivals(list("abcdef"), list("acbbf"))
    readable(drawing)
    assert drawing.alt == (
        "6 sent, 5 arrived: 3 in order, 1 after a later one, 1 a second time; 2 lost"
    )
    assert drawing.svg.count(">lost<") == 2


@pytest.mark.parametrize(
    ("sent", "came"), [([], []), (["1"], []), (["1"], ["1"] * 9), (["1"], ["x", "1"])]
)
def test_arrivals_of_few_and_of_strangers_are_drawn(sent: list[str], came: list[str]) -> None:
    readable(arrivals(sent, came))


def test_two_datagrams_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        arrivals(["a", "a"], [])


# Bars and homes


def test_bars_have_their_figures() -> None:
    drawing = bars(
        "Speed",
        [("TCP", 500_000, "after 501 ms"), ("UDP", 12.34, ""), ("none", 0, "x" * 300)],
        "B/s",
    )
    readable(drawing)
    assert "500,000 B/s" in drawing.svg
    assert "12.3 B/s" in drawing.text
    readable(bars("nothing", [], "B"))


def test_a_home_is_drawn_with_what_the_server_sees() -> None:
    inside = [ns.Endpoint("127.0.0.2", 40_000 + number) for number in range(3)]
    outside = [f"127.0.0.1:{50_000 + number}" for number in range(3)]
    drawing = homes(inside, outside, ns.Endpoint("127.0.0.1", 60_000), "127.0.0.1:60001")
    readable(drawing)
    assert "127.0.0.2:40002 is seen as 127.0.0.1:50002" in drawing.alt
    with pytest.raises(ValueError, match="shorter"):
        homes(inside, outside[1:], "r", "s")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: computers(theme="pink"),
        lambda: arrivals([], [], theme="pink"),
        lambda: bars("", [], "", theme="pink"),
        lambda: homes([], [], "", "", theme="pink"),
    ],
)
def test_another_theme_is_refused(draw: "Callable[[], Drawing]") -> None:
    with pytest.raises(ValueError, match="pink"):
        draw()
