"""The life of a socket, drawn: the state table, the way that was gone, and what is missing."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

import golden
import netsteps as ns
import pictures
from helpers import PATIENCE, bound, listening, pair
from netsteps._core import _table
from netsteps.errors import StepError, make
from netsteps.show.life import Row, life_of_error, life_of_socket, of_peer
from netsteps.show.life_layout import LAYOUTS
from test_out_of_order import OUT_OF_ORDER, STEPS

KINDS = ("tcp", "udp")
TABLES: dict[str, list[Row]] = {"tcp": _table("tcp"), "udp": _table("udp")}
TCP = TABLES["tcp"]


class Line(NamedTuple):
    """A line of `socket.steps`, as far as the drawing reads it."""

    step: str
    action: str | None
    state: str
    times: int = 1  # a tuple has a method called count
    failed: bool = False

    @property
    def count(self) -> int:  # type: ignore[override]
        return self.times


def lives(kind: str) -> Iterator[list[Row]]:
    """Give every way through the table from state to state, the close at its end included."""
    steps = [row for row in TABLES[kind] if row[0] != row[2]]

    def on(way: list[Row], state: str) -> Iterator[list[Row]]:
        yield way
        for row in steps:
            if row[0] == state:
                yield from on([*way, row], row[2])

    yield from on([], "created")


def lines_of(kind: str, way: list[Row]) -> list[Line]:
    """Give the lines of a busy socket that went this way: everything done and failed, and often."""
    lines = [Line("socket", None, "created")]
    for state in ("created", *(row[2] for row in way)):
        lines += [Line(row[1], row[1], state) for row in way if row[2] == state]
        for before, action, after in TABLES[kind]:
            if before == state and action != "close" and not of_peer(action):
                lines.append(Line(action, action, state, 12, True))
                if after == state:
                    lines.append(Line(action, action, state, 1_234))
    return lines


def words(drawing: "ns.show.drawing.Drawing") -> list[str]:  # type: ignore[name-defined]
    return [box.text for box in pictures.texts(drawing.svg)]


# The table and the picture


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_and_step_of_the_table_has_its_place_in_the_picture(kind: str) -> None:
    layout, table = LAYOUTS[kind], TABLES[kind]
    assert {state for row in table for state in (row[0], row[2])} == set(layout.places)
    assert {(row[0], row[2]) for row in table if row[0] != row[2]} == set(layout.routes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_of_the_table_is_in_the_picture_and_nothing_else(kind: str) -> None:
    shown = set()
    for state in LAYOUTS[kind].places:
        svg = life_of_socket(TABLES[kind], kind, state, []).svg
        titles = [e.text or "" for e in ET.fromstring(svg).iter() if e.tag.endswith("}title")]
        shown |= {row for title in titles[1:] for row in title.split("; ") if ", then " in row}
    assert shown == {f"{state}: {action}, then {after}" for state, action, after in TABLES[kind]}


def test_a_row_that_the_picture_does_not_know_is_an_error_at_once() -> None:
    rows: list[Row] = [*TABLES["udp"], ("connected", "leave", "bound")]
    with pytest.raises(KeyError):
        _ = life_of_socket(rows, "udp", "created", []).svg


@pytest.mark.parametrize("kind", KINDS)
def test_every_life_that_is_possible_is_drawn_without_overlaps(kind: str) -> None:
    for way in lives(kind):
        state = way[-1][2] if way else "created"
        drawing = life_of_socket(
            TABLES[kind],
            kind,
            state,
            lines_of(kind, way),
            left_out=1_000_000,
            local="[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
            peer="[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        )
        pictures.check(drawing.svg)
        assert pictures.crossed(drawing.svg) == []
        assert max(map(len, str(drawing).split("\n"))) <= 80
        numbers = [word for word in words(drawing) if word.isdecimal()]
        assert sorted(map(int, numbers)) == list(range(1, len(way) + 2))


# Of real sockets


def test_a_new_socket_has_gone_no_way_yet() -> None:
    with ns.Socket("tcp") as socket:
        life = socket.life()
    assert str(life).split("\n") == [
        'The life of a tcp socket: now "created"',
        "   1  socket  -> created  <- now",
        "  possible now: bind, connect, close",
    ]
    assert {"a server's way", "a client's way", "now"} <= set(words(life))


@pytest.mark.exact_io("counts reads and writes")
def test_the_way_of_a_server_and_of_its_connection() -> None:
    with listening() as server, ns.Socket("tcp") as client:
        client.connect(server.local)
        with server.accept(timeout=PATIENCE) as connection:
            client.write(b"hello")
            assert connection.read_exactly(5) == b"hello"
            client.finish()
            assert connection.read(timeout=PATIENCE) == b""
            connection.write(b"on")
            assert str(connection.life()).split("\n")[1:] == [
                "   1  accepted       -> connected",
                "                        read x 1",
                "   2  peer finishes  -> peer finished  <- now",
                "                        write x 1",
                "  possible now: read, write, finish, close",
                "  and the peer: peer finishes, peer resets",
            ]
        assert str(server.life()).split("\n")[1:] == [
            "   1  socket  -> created",
            "   2  bind    -> bound",
            "   3  listen  -> listening  <- now",
            "                 accept x 1",
            "  possible now: accept, listen, close",
        ]
        assert f"tcp socket {server.local}: " in str(server.life())


def test_the_peers_doing_is_told_by_the_step_that_saw_it() -> None:
    with pair() as (client, connection):
        connection.options.linger = 0
        connection.close()
        with pytest.raises(ns.Reset):
            client.read(timeout=PATIENCE)
        with pytest.raises(ns.Reset):
            client.read(timeout=PATIENCE)
        told = str(client.life())
    assert "   3  peer resets  -> reset  <- now\n                      read, 1 failed\n" in told


def test_steps_that_failed_are_counted_where_they_were_tried() -> None:
    with ns.Socket("tcp") as dead, ns.Socket("tcp") as client:
        dead.bind("127.0.0.1", 0)
        for _ in range(3):
            with pytest.raises(ns.Refused):
                client.connect(dead.local)
        life = client.life()
    assert "connect, 3 failed" in str(life)
    assert "connect, 3 failed" in words(life)


def test_the_first_datagram_takes_an_address() -> None:
    with bound() as receiver, ns.Socket("udp") as sender:
        for _ in range(3):
            sender.send_to(b"x", receiver.local)
        told = str(sender.life())
    assert "   2  send_to  -> bound  <- now\n                  send_to x 2\n" in told


def test_a_read_that_sees_the_end_is_a_line_of_its_own() -> None:
    with pair() as (client, connection):
        for _ in range(3):
            client.write(b"x")
            connection.read_exactly(1, timeout=PATIENCE)
        client.finish()
        for _ in range(2):
            assert connection.read(timeout=PATIENCE) == b""
        lines = [(line.action, line.count, line.state) for line in connection.steps]
    assert lines == [
        (None, 1, "connected"),
        ("read", 3, "connected"),
        ("read", 2, "peer finished"),
    ]


def test_a_state_that_no_line_told_of_yet_is_walked_to() -> None:
    made = Line("accepted", None, "connected")
    told = str(life_of_socket(TCP, "tcp", "reset", [made]))
    assert "   2  peer resets  -> reset  <- now" in told
    # What no row tells, because lines are left out, is not made up.
    told = str(life_of_socket(TCP, "tcp", "both finished", [made], left_out=5))
    assert "   2  ...       -> both finished  <- now" in told
    assert "note: 5 lines of its steps were not kept" in told


def test_a_theme_that_does_not_exist_is_refused() -> None:
    with ns.Socket("tcp") as socket:
        assert socket.life("dark").svg == socket.life().themed("dark").svg != socket.life().svg
        with pytest.raises(ValueError, match="theme"):
            socket.life("grey")  # type: ignore[arg-type]


# Of errors


@pytest.mark.parametrize(
    ("begin", "step"),
    [case[:2] for case in OUT_OF_ORDER],
    ids=[f"{begin.__name__}-{step}" for begin, step, _ in OUT_OF_ORDER],
)
def test_every_step_out_of_order_is_drawn(begin: "type[ns.Socket]", step: str) -> None:
    with begin() as socket, pytest.raises(StepError) as caught:
        STEPS[step](socket)
    error = caught.value
    assert error.kind == socket.kind
    assert (error.path[:1] or (None,)) == (error.missing,)
    life = error.life()
    for drawing in (life, error.life("dark")):
        pictures.check(drawing.svg)
        assert pictures.crossed(drawing.svg) == []
    assert max(map(len, str(life).split("\n"))) <= 80
    assert str(life).startswith(f'{step} on a {error.kind} socket that is "{error.state}"')
    numbers = [word for word in words(life) if word.isdecimal()]
    assert len(numbers) == (len(error.path) + 1 if error.path else 0)
    assert "possible now" in str(life) or error.path


def test_the_missing_steps_lead_to_the_step_that_was_tried() -> None:
    with ns.Socket("tcp") as server, pytest.raises(StepError) as caught:
        server.accept()
    error = caught.value
    assert (error.kind, error.state, error.action) == ("tcp", "created", "accept")
    assert error.path == ("bind", "listen")
    assert str(error.life()).split("\n")[3:] == [
        "missing:",
        "   1  bind    -> bound",
        "   2  listen  -> listening",
        "   3  accept",
        "  try: bind, then listen first",
    ]
    assert "Missing: bind, then listen." in error.life().alt


def test_a_listener_is_led_over_the_new_socket_to_its_data() -> None:
    with listening() as server, pytest.raises(StepError) as caught:
        server.read_exactly(1)
    assert (caught.value.action, caught.value.path) == ("read", ("accept",))
    told = str(caught.value.life())
    assert "   1  accept  -> a new socket, connected\n   2  read_exactly\n" in told


def test_a_closed_socket_has_no_way_on() -> None:
    socket = ns.Socket("tcp")
    socket.close()
    with pytest.raises(ns.SocketClosed) as caught:
        socket.write(b"x")
    assert (caught.value.state, caught.value.action, caught.value.path) == ("closed", "write", ())
    assert "possible now: close" in str(caught.value.life())


def test_an_error_without_a_socket_says_that_it_cannot_be_drawn() -> None:
    error = make("closed", 9, "text", "read", None, "cause", "remedy", None, b"")
    assert isinstance(error, StepError)
    with pytest.raises(ValueError, match="where the socket stood"):
        error.life()


def test_hostile_words_of_an_error_are_escaped() -> None:
    evil = "<script>\x1b[2J\u202e"
    life = life_of_error(TCP, "tcp", "bound", "accept", ("listen",), cause=evil, remedy=evil)
    for shown in (life.svg, str(life), life.html):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "<script>" not in life.svg


# As they look


def test_the_pictures_look_as_they_did() -> None:
    client = [
        Line("socket", None, "created"),
        Line("connect", "connect", "created", 2, True),
        Line("connect", "connect", "connected"),
        Line("write", "write", "connected", 3),
        Line("read", "read", "connected", 412),
        Line("read", "read", "peer finished", 2),
    ]
    ends = {"local": "127.0.0.1:40000", "peer": "127.0.0.1:80"}
    golden.check("life_tcp", life_of_socket(TCP, "tcp", "peer finished", client, **ends))
    sender = [Line("socket", None, "created"), Line("send_to", "send_to", "bound", 4)]
    golden.check("life_udp", life_of_socket(TABLES["udp"], "udp", "bound", sender))
    with ns.Socket("tcp") as server, pytest.raises(StepError) as caught:
        server.accept()
    golden.check("life_error", caught.value.life())
