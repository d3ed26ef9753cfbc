"""What a scripted peer says when its script fails, and where it says it."""

import re
import socket as std
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from helpers import PATIENCE, listening
from netsteps import peers
from netsteps.peers import ScriptError, close, expect, expect_end, expect_reset, finish, reset, send
from netsteps.peers.showing import compared, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

PING, PONG = b"PING\r\n", b"+PONG\r\n"


@contextmanager
def fails(words: str) -> "Iterator[pytest.ExceptionInfo[ScriptError]]":
    """Expect that the script fails, for a reason that has these words (a pattern)."""
    with pytest.raises(ScriptError, match=words) as caught:
        yield caught


def connected(peer: peers.ScriptedServer) -> std.socket:
    return std.create_connection(tuple(peer.endpoint), PATIENCE)


def plain(text: str) -> str:
    """Write a text without the ports, the times and the widths of a run."""
    text = re.sub(r"(?<=127\.0\.0\.1:)\d+|(?<=bind :)\d+", "PORT", text)
    text = re.sub(r"\d+(\.\d+)? (ns|us|ms|s)\b", "TIME", text)
    return re.sub(r" {2,}", "  ", text)


def test_the_error_tells_the_steps_the_difference_and_what_was_on_the_wire() -> None:
    script = [expect(PING), send(PONG), expect(b"QUIT\r\n"), close()]
    with (
        fails("other bytes came") as caught,
        peers.scripted(script) as peer,
        ns.Socket("tcp") as client,
    ):
        client.connect(peer.endpoint)
        client.write(PING)
        assert client.read_exactly(len(PONG), timeout=PATIENCE) == PONG
        client.write(b"QUIX\r\n")
        with pytest.raises(ns.Reset):
            client.read(timeout=PATIENCE)
    error = caught.value
    steps, _, wire = plain(str(error)).partition("on the wire:\n")
    assert steps == (
        "step 3, expect(b'QUIT\\r\\n'): other bytes came (the client 127.0.0.1:PORT)\n"
        "failed after these steps:\n"
        "  done  1. expect(b'PING\\r\\n')\n"
        "  done  2. send(b'+PONG\\r\\n')\n"
        "  FAILED  3. expect(b'QUIT\\r\\n')\n"
        "  other bytes came\n"
        "  expected: b'QUIT\\r\\n'  (6 bytes)\n"
        "  got:  b'QUIX\\r\\n'  (6 bytes)\n"
        "  ^ first difference, at byte 3: expected b'T' (0x54), got b'X' (0x58)\n"
        "  -  4. close()\n"
    )
    for words in ("server 127.0.0.1:PORT", "client 127.0.0.1:PORT", "QUIX", "reset by peer"):
        assert words in wire
    assert isinstance(error, AssertionError)
    assert (error.step, error.expected, error.got) == (3, b"QUIT\r\n", b"QUIX\r\n")
    assert error.steps[0].endswith("1. expect(b'PING\\r\\n')")
    assert plain(error.ladder).splitlines()[0] in wire


def test_the_first_byte_that_differs_fails_at_once_and_cuts_the_connection() -> None:
    begin = time.monotonic()
    with (
        fails("other bytes came") as caught,
        peers.scripted([expect(bytes(1_000_000))], timeout=30) as peer,
        connected(peer) as client,
    ):
        client.sendall(b"\0\0x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert time.monotonic() - begin < 5
    assert "at byte 2: expected b'\\x00' (0x00), got b'x' (0x78)" in str(caught.value)


def test_too_little_within_the_time_is_told_with_what_came() -> None:
    with (
        fails(r"no more came within 0\.\d+ s") as caught,
        peers.scripted([expect(PING, timeout=0.1)]) as peer,
        connected(peer) as client,
    ):
        client.sendall(b"PI")
        peer.check()
    assert caught.value.got == b"PI"
    assert "at byte 2: expected b'N' (0x4e), got the end" in str(caught.value)
    with (
        fails("nothing came within") as caught,
        peers.scripted([expect(3)], timeout=0.1) as peer,
        connected(peer),
    ):
        peer.check()
    assert "expected: 3 bytes" in str(caught.value)
    assert "got:      no bytes" in str(caught.value)


def test_a_stream_that_ends_or_is_cut_before_is_told() -> None:
    with (
        fails("the peer ended its stream before") as caught,
        peers.scripted([expect(PING)]) as peer,
        connected(peer) as client,
    ):
        client.sendall(b"PING")
        client.shutdown(std.SHUT_WR)
        assert peer.endpoint
        client.settimeout(PATIENCE)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert caught.value.got == b"PING"
    with (
        fails(r"cut the connection \(RST\)"),
        peers.scripted([expect(PING)]) as peer,
    ):
        peers.client.resets(peer.endpoint, b"PING", 2).wait()


def test_a_pattern_that_does_not_match_shows_what_came() -> None:
    with (
        fails("20 bytes came, and they do not match") as caught,
        peers.scripted([expect(re.compile(rb"GET \S+\n"), limit=20)]) as peer,
        connected(peer) as client,
    ):
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        peer.check()
    assert caught.value.got == b"POST / HTTP/1.1\r\nHos"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (expect_end(), "more bytes came"),
        (expect_reset(), "more bytes came"),
        (expect_end(timeout=0.05), "more bytes came"),
    ],
)
def test_more_bytes_than_expected_are_told(step: peers.Step, words: str) -> None:
    with (
        fails(words) as caught,
        peers.scripted([expect(PING), step]) as peer,
        connected(peer) as client,
    ):
        client.sendall(PING + b"more")
        peer.check()
    assert caught.value.got == b"more"


def test_an_end_that_does_not_come_is_told() -> None:
    for step, words in (
        (expect_end(timeout=0.05), "did not end its stream within"),
        (expect_reset(timeout=0.05), "did not cut the connection within"),
    ):
        with (
            fails(words),
            peers.scripted([step]) as peer,
            connected(peer),
        ):
            peer.check()


def test_a_reset_is_no_end_and_an_end_is_no_reset() -> None:
    with (
        fails("instead of ending its stream"),
        peers.scripted([expect(1), expect_end()]) as peer,
        peers.client.scripted(peer.endpoint, [send(b"x"), reset()]),
    ):
        pass
    with (
        fails("without a reset"),
        peers.scripted([expect_reset()]) as peer,
        peers.client.scripted(peer.endpoint, [finish()]),
    ):
        pass


def test_bytes_after_the_last_step_are_told() -> None:
    with (
        fails("which no step expects") as caught,
        peers.scripted([expect(PING), send(PONG)]) as peer,
        connected(peer) as client,
    ):
        client.sendall(PING)
        assert client.recv(100) == PONG
        client.sendall(PING)
    assert caught.value.got == PING
    assert "FAILED  after the last step" in str(caught.value)
    assert caught.value.step is None


def test_a_peer_that_does_not_read_is_told_with_how_much_went() -> None:
    with (
        fails(r"of 30,000,000 bytes went within .*does not read"),
        peers.scripted([send(bytes(30_000_000))], timeout=0.2) as peer,
        connected(peer),
    ):
        peer.check()


def test_a_client_that_never_comes_and_one_too_many_are_told() -> None:
    with fails("no client connected to 127"):
        peers.scripted([expect(PING)], timeout=0.1).__exit__(None, None, None)
    with (
        fails("only 1 of 2 clients connected"),
        peers.scripted([close()], [expect(PING)], timeout=0.1) as peer,
        connected(peer),
    ):
        pass
    with (
        fails(r"client 2 connected .*, and there is one script"),
        peers.scripted([close()]) as peer,
    ):
        connected(peer).close()
        with pytest.raises(ConnectionResetError), connected(peer) as second:
            second.recv(1)


def test_a_function_that_fails_in_send_is_told() -> None:
    script = [expect(1), send(lambda taken: bytes(1 // (taken[0] - 1)))]
    with (
        fails(r"step 2, .*ZeroDivisionError"),
        peers.scripted(script) as peer,
        connected(peer) as client,
    ):
        client.sendall(b"\x01")
        peer.check()


def test_of_several_scripts_the_failed_one_is_shown_with_its_steps() -> None:
    with (
        fails("other bytes came") as caught,
        peers.scripted([send(b"a"), close()], [expect(b"ab"), send(b"c")]) as peer,
    ):
        with connected(peer) as client:
            assert client.recv(10) == b"a"
            assert client.recv(10) == b""
        with connected(peer) as client:
            client.sendall(b"ax")
            peer.check()
    text = str(caught.value)
    assert "  script 1: 2 of 2 steps were done with the client" in text
    assert "  script 2:\n  FAILED  1. expect(b'ab')\n" in text


def test_a_server_that_refuses_is_told_by_a_client() -> None:
    with ns.Socket("tcp") as held:
        held.bind("127.0.0.1", 0)
        assert held.local is not None
        with fails(r"could not connect: .*nobody listens"):
            peers.client.scripted(held.local, [send(b"x")]).check()


def test_a_server_that_does_not_answer_is_told_by_a_client() -> None:
    with (
        listening() as listener,
        fails(r"step 2, .*nothing came") as caught,
    ):
        assert listener.local is not None
        with peers.client.scripted(listener.local, [send(PING), expect(PONG)], timeout=0.1):
            pass
    assert "the server 127.0.0.1" in str(caught.value)


def test_an_error_of_the_test_goes_on_with_a_note_of_the_script() -> None:
    def resets() -> None:
        with peers.scripted([expect(PING)]) as peer, connected(peer) as client:
            client.sendall(b"PUNG\r\n")
            client.recv(1)

    with pytest.raises(ConnectionResetError) as caught:
        resets()
    assert "failed after these steps" in caught.value.__notes__[0]

    def looks_up() -> None:
        with std.socket() as client, peers.scripted([send(b"x"), expect(PING)]) as peer:
            client.connect(tuple(peer.endpoint))
            assert client.recv(1) == b"x"
            raise KeyError("x")

    with pytest.raises(KeyError) as unrelated:
        looks_up()
    (note,) = unrelated.value.__notes__
    assert "the scripted peer had come to:\n  done    1. send(b'x')\n  -       2. expect" in note


def test_an_error_is_known_before_the_end_and_raised_by_each_check() -> None:
    peer = peers.scripted([expect(PING)])
    with connected(peer) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    for _ in range(2):
        with fails("other bytes came"):
            peer.check()
    assert str(peer.failure).startswith("step 1")
    assert not peer.done
    peer.stop()
    peer.stop()
    assert isinstance(peer.failure, ScriptError)


def test_the_ladder_shows_this_peer_and_no_other_socket() -> None:
    with (
        peers.scripted([expect(PING), send(PONG)]) as peer,
        listening() as other,
        ns.Socket("tcp") as stranger,
    ):
        stranger.connect(other.local)
        stranger.write(b"of another conversation")
        with connected(peer) as client:
            client.sendall(PING)
            assert client.recv(100) == PONG
    text = peer.ladder().text
    assert "PING" in text
    assert "another" not in text
    assert str(other.local) not in text
    assert peer.ladder().svg.startswith("<svg")


def test_long_bytes_are_shown_around_the_difference() -> None:
    expected, got = bytes(100) + b"abc" + bytes(100), bytes(100) + b"abd" + bytes(50)
    first, second, mark = compared(expected, got)
    assert first.startswith("expected: …b'\\x00")
    assert first.endswith("'…  (203 bytes)")
    assert "at byte 102: expected b'c' (0x63), got b'd' (0x64)" in mark
    place = mark.index("^")
    assert (first[place], second[place]) == ("c", "d")
    assert shown(bytes(100), 2) == "b'\\x00\\x00'… (100 bytes)"
    assert compared(b"it's", b'it"s')[0] == "expected: b'it\\'s'  (4 bytes)"


def test_a_script_that_was_stopped_before_its_end_has_not_passed() -> None:
    peer = peers.scripted([send(b"x"), expect(PING)])
    with connected(peer) as client:
        assert client.recv(1) == b"x"
        peer.stop()
    for _ in range(2):
        with pytest.raises(ScriptError, match="stopped before its script was played") as caught:
            peer.check()
    assert "done    1. send(b'x')\n  -       2. expect" in str(caught.value)
    peer = peers.scripted([send(b"x")])
    peer.stop()
    begin = time.monotonic()
    with pytest.raises(ScriptError, match="stopped before its script was played"):
        peer.check()
    assert time.monotonic() - begin < 1
