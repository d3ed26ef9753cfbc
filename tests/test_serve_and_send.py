"""`netsteps serve` and `netsteps send`: bytes, files and datagrams, and how both end."""

import json
import re
import signal
import socket
import struct
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest

import netsteps as ns
from netsteps.cli import main
from peers import (
    NETSTEPS,
    PATIENCE,
    assert_no_traceback,
    free_port,
    netsteps,
    program,
    real_bytes,
    serving,
)

# TCP


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_server_with_its_summary(number: signal.Signals) -> None:
    with serving("echo") as (server, host, port):
        for word in (b"one", b"two"):
            assert netsteps("send", host, port, stdin=word).stdout == word
        server.signal(number)
        assert server.ended() == 0
        assert server.output.decode().splitlines()[1:] == ["ended: served 2 clients"]
        assert server.errors == b""


def test_a_server_in_the_background_of_a_script_hears_ctrl_c_too() -> None:
    """A shell starts background programs with SIGINT ignored."""
    command = " ".join(["exec", *NETSTEPS, "serve", "discard"])
    with program("sh", "-c", f"trap '' INT; {command}") as server:
        server.until("Ctrl-C")
        server.signal(signal.SIGINT)
        assert server.ended() == 0


def test_a_server_that_is_ended_gives_its_client_a_moment() -> None:
    with serving("echo") as (server, host, port), socket.create_connection((host, port)) as client:
        client.sendall(b"before")
        assert client.recv(100) == b"before"
        server.signal(signal.SIGINT)
        client.sendall(b"after")
        assert client.recv(100) == b"after"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
        assert server.ended() == 0


def test_json_lines_for_scripts() -> None:
    with program(*NETSTEPS, "serve", "--json", "echo") as server:
        server.until("\n")
        ready = json.loads(server.output)
        assert (ready["event"], ready["service"], ready["kind"]) == ("serving", "echo", "tcp")
        netsteps("send", ready["ip"], str(ready["port"]))
        server.signal(signal.SIGINT)
        server.ended()
        assert json.loads(server.output.splitlines()[1]) == {"event": "ended", "clients": 1}


@pytest.mark.parametrize("way", ["file", "input"])
def test_an_echo_of_much_comes_back_while_it_is_sent(way: str, tmp_path: Path) -> None:
    """Sending all of it before receiving would fill both directions, and wait for ever."""
    data = real_bytes(24_000_000)
    path = tmp_path / "much"
    path.write_bytes(data)
    with serving("echo") as (_, host, port):
        if way == "file":
            done = netsteps("send", host, port, str(path))
        else:
            done = netsteps("send", host, port, stdin=data)
    assert (done.returncode, done.stderr) == (0, b"")
    assert sha256(done.stdout).digest() == sha256(data).digest()


def test_without_receive_nothing_is_printed() -> None:
    with serving("daytime") as (_, host, port):
        done = netsteps("send", "--no-receive", host, port, stdin=b"x")
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_services_answer() -> None:
    with serving("daytime") as (_, host, port):
        said = netsteps("send", host, port).stdout.decode()
    assert re.fullmatch(r"\w+, \w+ \d+, \d{4} \d\d:\d\d:\d\d-UTC\r\n", said)

    with serving("--udp", "time") as (server, host, port):
        said = netsteps("send", "--udp", "--timeout", "0.5", host, port).stdout
        server.signal(signal.SIGINT)
        server.ended()
        assert b"ended: served 1 datagram\n" in server.output
    [seconds] = struct.unpack(">I", said)
    assert abs(seconds - 2_208_988_800 - time.time()) < 10


def test_a_silent_peer_is_given_up_after_the_timeout() -> None:
    with serving("discard") as (_, host, port):
        begin = time.monotonic()
        with program(*NETSTEPS, "send", "--timeout", "0.5", host, port) as sender:
            assert sender.ended() == 1  # its input never ends
            assert b"nothing moved" in sender.errors
            assert b" for 0.5 s" in sender.errors
            assert_no_traceback(sender.errors)
        assert 0.5 <= time.monotonic() - begin < 10


def test_a_slow_transfer_is_not_silence() -> None:
    """The timeout counts from the last byte that moved, not for the whole transfer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def read_slowly() -> None:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(4_000_000):
                    time.sleep(0.2)

        reader = threading.Thread(target=read_slowly)
        reader.start()
        port = str(listener.getsockname()[1])
        done = netsteps("send", "--timeout", "1", "127.0.0.1", port, stdin=bytes(20_000_000))
        reader.join()
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_ends_a_sender_quietly() -> None:
    with serving("echo") as (_, host, port), program(*NETSTEPS, "send", host, port) as sender:
        sender.type(b"hello\n")
        sender.until("hello")
        sender.signal(signal.SIGINT)
        assert sender.ended() == 130
        assert sender.errors == b""


# Files to disk


def test_files_arrive_whole_and_under_names_of_their_own(tmp_path: Path) -> None:
    contents = [real_bytes(size) for size in (3_000_000, 0, 70_000)]
    with serving("file", str(tmp_path / "new" / "folder")) as (server, host, port):
        for number, content in enumerate(contents):
            path = tmp_path / f"file {number}"
            path.write_bytes(content)
            assert netsteps("send", host, port, str(path)).returncode == 0
        server.signal(signal.SIGINT)
        assert server.ended() == 0
        assert b"ended: served 3 clients" in server.output
    stored = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.read_bytes() for path in stored] == contents
    assert all(re.fullmatch(r"\d{8}-\d{6}\.\d{6}-127\.0\.0\.1-\d+", path.name) for path in stored)


def test_twenty_files_at_once(tmp_path: Path) -> None:
    contents = {real_bytes(100_000 + number) for number in range(20)}
    with serving("file", str(tmp_path)) as (server, host, port):

        def send(content: bytes) -> None:
            with ns.TcpSender(host, port) as sender:
                sender.send(content)
                sender.finish()
                sender.socket.read()  # the server has closed: the file is there

        threads = [threading.Thread(target=send, args=(content,)) for content in contents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.signal(signal.SIGINT)
        server.ended()
    assert {path.read_bytes() for path in tmp_path.iterdir()} == contents


def test_too_much_is_not_kept_and_the_sender_is_told(tmp_path: Path) -> None:
    with serving("--limit", "5k", "file", str(tmp_path)) as (server, host, port):
        assert netsteps("send", host, port, stdin=bytes(5000)).returncode == 0
        for size in (5001, 5_000_000):
            done = netsteps("send", host, port, stdin=bytes(size))
            assert done.returncode == 1
            assert b"RST" in done.stderr
            server.until("nothing kept of what 127.0.0.1:[0-9]+ sent: .* limit of 5.00 kB")
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [5000]


def test_half_a_file_is_not_kept(tmp_path: Path) -> None:
    with serving("file", str(tmp_path)) as (server, host, port):
        # A peer that resets.
        with socket.create_connection((host, port)) as client:
            client.sendall(b"half of it")
            server_has_it = list_until(tmp_path, 1)
            assert server_has_it[0].suffix == ".part"
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.until("nothing kept")
        assert list_until(tmp_path, 0) == []
        # Our own sender, ended in the middle: its end is a reset too.
        with program(*NETSTEPS, "send", host, port) as sender:
            sender.type(b"half of it\n")
            list_until(tmp_path, 1)
            sender.signal(signal.SIGINT)
            assert sender.ended() == 130
        assert list_until(tmp_path, 0) == []
        # A server that is ended while it receives.
        with socket.create_connection((host, port)) as client:
            client.sendall(b"half of it")
            list_until(tmp_path, 1)
            server.signal(signal.SIGTERM)
            assert server.ended() == 0
            assert b"the server was ended before the client was done" in server.errors
    assert list_until(tmp_path, 0) == []


def test_an_interrupt_before_the_first_byte_cuts_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer would take an orderly end for a whole file."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    (file := tmp_path / "file").write_bytes(b"whole")
    monkeypatch.setattr("netsteps.cli.send._Output", interrupted)
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        assert main(["send", host, str(port), str(file)]) == 130
        peer, _ = server.accept()
        with peer, pytest.raises(ConnectionResetError):
            peer.recv(1)


def list_until(folder: Path, count: int) -> list[Path]:
    """Wait until so many files are there."""
    end = time.monotonic() + PATIENCE
    while len(found := list(folder.iterdir())) != count:
        assert time.monotonic() < end, found
        time.sleep(0.01)
    return found


# UDP


def test_a_file_goes_in_datagrams_of_the_size_given(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(real_bytes(3000))
    with ns.UdpReceiver() as receiver:
        host, port = receiver.endpoint
        for arguments, sizes in (((), [1472, 1472, 56]), (("--size", "2k"), [2000, 1000])):
            line = ("--udp", "--no-receive", *arguments, host, str(port), str(path))
            assert netsteps("send", *line).returncode == 0
            came = [receiver.receive(timeout=PATIENCE).data for _ in sizes]
            assert [len(data) for data in came] == sizes
            assert b"".join(came) == real_bytes(3000)


def test_a_line_that_is_typed_is_a_datagram_and_no_input_an_empty_one() -> None:
    with ns.UdpReceiver() as receiver:
        host, port = receiver.endpoint
        with program(*NETSTEPS, "send", "--udp", "--no-receive", host, str(port)) as sender:
            for line in (b"one\n", b"two\n"):
                sender.type(line)
                assert receiver.receive(timeout=PATIENCE).data == line
            sender.end_of_input()
            assert sender.ended() == 0
        assert netsteps("send", "--udp", "--no-receive", host, str(port)).returncode == 0
        assert receiver.receive(timeout=PATIENCE).data == b""


def test_answers_that_are_held_back_are_told_in_the_summary() -> None:
    with (
        serving("--udp", "echo") as (server, host, port),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as greedy,
    ):
        for _ in range(60):
            greedy.sendto(b"x", (host, int(port)))
        assert netsteps("send", "--udp", "--timeout", "0.5", host, port, stdin=b"y").stdout == b"y"
        server.signal(signal.SIGINT)
        assert server.ended() == 0
        assert server.output.decode().splitlines()[1:] == [
            "ended: served 61 datagrams",
            "answers not sent: 10 (one address and port gets 50 in a second)",
        ]


def test_nobody_at_a_udp_port_is_told() -> None:
    done = netsteps("send", "--udp", "127.0.0.1", free_port(socket.SOCK_DGRAM), stdin=b"hello")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"ICMP" in done.stderr
    assert_no_traceback(done.stderr)


def test_a_datagram_that_is_too_large_is_told() -> None:
    with ns.UdpReceiver() as receiver:
        host, port = receiver.endpoint
        line = ("--udp", "--size", "70000", host, str(port))
        done = netsteps("send", *line, stdin=bytes(70_000))
    assert done.returncode == 1
    assert b"65,507" in done.stderr or b"65507" in done.stderr
    assert_no_traceback(done.stderr)


# Limits


def test_the_limits_of_a_server_are_options(tmp_path: Path) -> None:
    limits = ("--max-clients", "1", "--idle-timeout", "0.5", "--loops", "2")
    with (
        serving(*limits, "echo") as (server, host, port),
        socket.create_connection((host, port), PATIENCE) as first,
        socket.create_connection((host, port), PATIENCE) as second,
    ):
        second.sendall(b"waits for its turn")
        # The first one is silent until it is let go, and then the second has its place.
        assert first.recv(1) == b""
        assert second.recv(100) == b"waits for its turn"
    with (
        serving("--idle-timeout", "0.2", "file", str(tmp_path)) as (server, host, port),
        socket.create_connection((host, port), PATIENCE),
    ):
        server.until("nothing kept of what")
    assert list(tmp_path.iterdir()) == []
    with (
        serving("--udp", "--replies", "3", "echo") as (server, host, port),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(PATIENCE)
        for _ in range(20):
            client.sendto(b"again", (host, int(port)))
        assert [client.recv(100) for _ in range(3)] == [b"again"] * 3
        server.signal(signal.SIGINT)
        assert server.ended() == 0
        assert b"(one address and port gets 3 in a second)" in server.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--udp", "--loops", "2", "echo"), "--loops is for TCP"),
        (("--replies", "2", "echo"), "--replies is for UDP"),
        (("--loops", "2", "file", "folder"), "file has a thread for each client"),
        (("--max-clients", "0", "echo"), "'0' is no count"),
    ],
)
def test_a_limit_that_a_server_has_not_is_a_usage_error(
    arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        with pytest.raises(SystemExit) as ended:
            main(["serve", *arguments])
    assert list(tmp_path.iterdir()) == []
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
