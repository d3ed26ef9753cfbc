"""The ladder in a terminal."""

import errno
import re

import pytest

from fake_events import World
from ladder_scenes import SCENES
from netsteps.show.ladder import ladder


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("name", SCENES)
def test_it_fits_into_the_terminal(name: str, columns: int) -> None:
    text = ladder(SCENES[name](), columns=columns).text
    assert max(map(len, text.splitlines())) <= columns
    assert text == "\n".join(line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("name", SCENES)
def test_it_can_be_written_in_ascii(name: str) -> None:
    assert ladder(SCENES[name](), ascii=True).text.isascii()


def test_an_arrow_goes_from_the_row_of_the_sender_to_that_of_the_reader() -> None:
    lines = ladder(SCENES["simple"](), columns=80).text.splitlines()
    [sent] = [number for number, line in enumerate(lines) if "'hello'" in line]
    assert lines[sent].endswith("write 5 B")
    assert "read 5 B ● ◄───┘" in lines[sent + 1]


def test_cuts_of_the_sender_stand_above_those_of_the_reader() -> None:
    lines = ladder(SCENES["one_write_read_in_three"]()).text.splitlines()
    assert lines[-2:] == [
        "client sent  │hello ,␣dear ␣server│  18 B",
        "server read  │hello│,␣dear│␣server│  5 B + 6 B + 7 B",
    ]


def test_every_sign_is_there() -> None:
    texts = {name: ladder(build()).text for name, build in SCENES.items()}
    assert "◐ finish half-close" in texts["half_close"]
    assert "FIN" in texts["half_close"]
    assert "reset by peer" in texts["reset"]
    assert "connect refused" in texts["refused"]
    assert "timed out, 500 ms" in texts["timeout"]
    assert "not received" in texts["udp_lost"]
    assert "127.0.0.1:38436" in texts["outside_peer"]
    assert "... 1.20 s ..." in texts["idle_fold"]
    assert "read still waiting" in texts["still_waiting"]


def test_a_look_that_failed_is_named_as_the_step_that_was_called() -> None:
    """read_until looks first (MSG_PEEK); its user knows of no peek, and waits until its end."""
    _, client, _ = (world := World()).pair()
    client.fail("read_until", "recv MSG_PEEK", 200, errno.ETIMEDOUT, took_us=5_000)
    text = str(ladder(world.events))
    assert "read_until timed out, 5.00 ms" in text
    assert "peek" not in text
    assert re.search(r"^ *5\.2.*read_until", text, re.MULTILINE), "at its end"


def test_more_lines_than_there_are_places_between_the_sides_are_drawn_over_each_other() -> None:
    """As the records of a TLS handshake, each of which is read in two calls."""
    _, client, served = (world := World()).pair()
    for number in range(20):
        client.write(200 + number, b"one and another")
    for number in range(20):
        served.read(300 + 2 * number, b"one and")
        served.read(301 + 2 * number, b" another")
    for columns in range(76, 82):
        text = ladder(world.events, columns=columns).text
        assert text.count("read 8 B") == 20
