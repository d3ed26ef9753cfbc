"""A beginner's slip is told as such, and not with a hint on the network."""

import time
from typing import TYPE_CHECKING

import pytest

from lessons_answers import slips
from netsteps.lessons import check
from netsteps.lessons.slips import hint_of_slip

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        ("read_exactly", slips.text_for_bytes, "Text and bytes do not mix"),
        ("first_client", slips.binds_the_port_of_the_server, "leave bind"),
        ("echo_server", slips.reads_the_listener, "accept gave"),
        ("echo_server", slips.a_server_that_connects, "the step of a client"),
        ("datagram_echo", slips.sends_the_datagram_itself, ".data"),
        ("ask_again", slips.asks_over_tcp, "speaks UDP"),
        ("many_clients", slips.closes_too_early, "end of the function of that thread"),
        ("split_message", slips.prints_it, "print only shows"),
        ("line_client", slips.reads_once, "One read"),
        ("port_to_bytes", slips.one_way, "isinstance"),
    ],
)
def test_a_slip_has_a_hint_of_its_own(
    exercise: str, answer: "Callable[..., object]", words: str
) -> None:
    report = getattr(check, exercise)(answer)
    assert not report.passed
    assert words in report.hint, str(report)


def test_a_loop_that_sends_for_ever_is_told_soon() -> None:
    begin = time.monotonic()
    report = check.send_all(slips.sends_for_ever)
    assert "too many" in report.happened
    assert "send returns how many bytes it took" in report.hint
    assert time.monotonic() - begin < 10  # the time of the whole attempt is 20 s


def test_a_silent_server_has_a_short_ladder() -> None:
    report = check.datagram_echo(slips.answers_itself)
    assert report.ladder is not None
    assert report.ladder.text.count("read timed out") < 8, str(report)


def test_an_argument_too_many_in_a_call_of_the_program_is_no_matter_of_its_first_line() -> None:
    told = "it raised TypeError: PlainSocket.bind() takes 1 positional arguments but 2 were given"
    assert "one tuple" in hint_of_slip(told, "")
    assert hint_of_slip("nothing came", "some words") == ""
