"""Capture files: read, written, damaged, hostile, and shown."""

import gc
import os
import signal
import struct
import threading
import time
from pathlib import Path

import pytest

import netsteps as ns

CLIENT, SERVER = ("10.0.0.1", 50000), ("10.0.0.2", 80)


def tcp(payload: bytes = b"hello") -> ns.Packet:
    return ns.Packet(payload, source=CLIENT, destination=SERVER, protocol="tcp", flags="PSH ACK")


def udp(payload: bytes = b"hello") -> ns.Packet:
    return ns.Packet(payload, source=CLIENT, destination=SERVER, protocol="udp")


@pytest.mark.parametrize("ending", ["pcapng", "pcap"])
def test_what_is_written_is_read_again(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    packets = [tcp(b"one"), udp(b"two"), bytes(tcp(b"three"))]
    times = [1_700_000_000_123_456_789, 5, 0]
    assert ns.write_packets(path, packets, times=times) == path
    capture = ns.read_packets(path)
    assert [captured.time_ns for captured in capture] == times
    assert [bytes(captured) for captured in capture] == [bytes(packet) for packet in packets]
    assert [captured.packet for captured in capture] == capture.packets
    assert capture.packets[1] == packets[1]
    assert {captured.link for captured in capture} == {"ip"}
    assert capture.problems == ()


def test_a_pcapng_keeps_interfaces_comments_links_and_lengths(tmp_path: Path) -> None:
    first, again = tmp_path / "first.pcapng", tmp_path / "again.pcapng"
    frame = ns.Packet(
        b"x" * 500, source=CLIENT, destination=SERVER, protocol="udp",
        ethernet=("02:00:00:00:00:01", "02:00:00:00:00:02"),
    )  # fmt: skip
    comments = ["why: größer <b>", None]
    ns.write_packets(first, [frame, tcp()], comments=comments, interface="lo", snap=64)
    ns.write_packets(again, ns.read_packets(first), interface="other", snap=64)
    assert first.read_bytes() == again.read_bytes()
    one, two = ns.read_packets(again)
    assert (one.comment, two.comment) == ("why: größer <b>", None)
    assert (one.link, two.link) == ("ethernet", "ip")
    assert (one.interface, two.interface) == ("lo", "lo")
    assert (one.length, len(one.data), len(two.data)) == (542, 64, 45)
    assert one.packet is not None
    assert (one.packet.wire_length, len(one.packet)) == (542, 64)
    assert one.packet.destination == ns.Endpoint(*SERVER)


def test_without_times_the_time_of_writing_is_told(tmp_path: Path) -> None:
    before = time.time_ns()
    (captured,) = ns.read_packets(ns.write_packets(tmp_path / "x.pcapng", [tcp()]))
    assert before <= captured.time_ns <= time.time_ns()


def test_a_capture_is_a_sequence(tmp_path: Path) -> None:
    path = ns.write_packets(tmp_path / "x.pcap", [udp(bytes([n])) for n in range(10)])
    capture = ns.read_packets(path)
    assert len(capture) == 10
    assert [c.number for c in capture] == [*range(1, 11)]
    assert capture[0].number == 1
    assert capture[-1].number == 10
    assert [c.number for c in capture[2:8:2]] == [3, 5, 7]
    assert [c.number for c in capture[::-1][:2][::-1]] == [9, 10]
    assert [p.payload for p in capture[8:].packets if p] == [b"\x08", b"\x09"]
    assert list(capture[5:2]) == []
    for index in (10, -11):
        with pytest.raises(IndexError, match="there are 10 packets"):
            capture[index]
    with pytest.raises(TypeError):
        capture["1"]
    assert not any(gc.is_tracked(object_) for object_ in (capture[0], *capture.packets))


def test_a_capture_shows_itself_as_a_table(tmp_path: Path) -> None:
    packets = [tcp(), udp()] * 300
    times = range(0, 600 * 1_000_000, 1_000_000)
    path = ns.write_packets(
        tmp_path / "x.pcapng", packets, times=times, comments=["\x1b[2J<script>"] + [None] * 599
    )
    capture = ns.read_packets(path)
    text = repr(capture)
    assert "IPv4 TCP 10.0.0.1:50000 > 10.0.0.2:80" in text
    assert "note: the first 30 of 600 packets" in text
    assert "0.029000" in text
    assert "\x1b" not in text
    html = capture._repr_html_()
    assert "<script>" not in html
    assert "first 200 of 600" in html
    assert len(capture.table()) == 600
    assert len(capture[5:7].table().columns) == 4
    assert repr(capture[0]).startswith("<CapturedPacket 1: IPv4 TCP")


def test_a_file_cut_anywhere_gives_what_was_whole(tmp_path: Path) -> None:
    path = ns.write_packets(tmp_path / "x.pcapng", [udp(b"x" * 12)] * 12)
    whole = path.read_bytes()
    path.write_bytes(whole[: -len(udp(b"x" * 12)) - 4 + 7])
    capture = ns.read_packets(path)
    assert len(capture) == 11
    assert capture.problems == ("the file ends inside packet 12: 40 bytes needed, 7 there",)
    assert "the file ends inside packet 12" in repr(capture)


def test_what_is_no_capture_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    for content, words in (
        (b"", "it is empty"),
        (b"\x1f\x8b\x08\x00....", "gunzip"),
        (b"GET / HTTP/1.1\r\n", "no capture file"),
    ):
        path.write_bytes(content)
        with pytest.raises(ns.BadPacket, match=words) as told:
            ns.read_packets(path)
        assert isinstance(told.value, ValueError)
        assert told.value.endpoint == str(path)
    with pytest.raises(FileNotFoundError) as missing:
        ns.read_packets(tmp_path / "none.pcap")
    assert missing.value.filename == str(tmp_path / "none.pcap")
    with pytest.raises(IsADirectoryError):
        ns.read_packets(tmp_path)


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    path = ns.write_packets(tmp_path / "x.pcap", [udp()])
    size = path.stat().st_size
    assert len(ns.read_packets(path, limit=size)) == 1
    with pytest.raises(ns.MessageTooLarge, match="the limit is"):
        ns.read_packets(path, limit=size - 1)
    with pytest.raises(ns.MessageTooLarge, match="more than 1000000 bytes"):
        ns.read_packets("/dev/zero", limit=1_000_000)
    with pytest.raises(ns.BadArgument):
        ns.read_packets(path, limit=0)


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    content = ns.write_packets(tmp_path / "x.pcap", [udp()] * 3).read_bytes()
    read, write = os.pipe()
    with os.fdopen(write, "wb") as out:
        out.write(content)
    try:
        assert len(ns.read_packets(f"/dev/fd/{read}")) == 3
    finally:
        os.close(read)


def test_a_claimed_length_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    path.write_bytes(header + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF))
    capture = ns.read_packets(path)
    assert len(capture) == 0
    assert capture.problems == ("the file ends inside packet 1: 4294967295 bytes needed, 0 there",)


def test_a_link_that_is_not_known_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)
    path.write_bytes(header + struct.pack("<IIII", 0, 0, 3, 3) + b"abc")
    capture = ns.read_packets(path)
    assert (capture[0].packet, capture[0].data) == (None, b"abc")
    assert capture.packets == [None]
    assert capture[0].link == "link type 147"
    assert "link type 147" in repr(capture)
    assert ns.read_packets(ns.write_packets(path, capture))[0].link == "link type 147"
    with pytest.raises(ns.BadArgument, match="not known here"):
        ns.reassemble(capture)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "x.txt"}, "is not saved as"),
        ({"path": "x"}, "is not saved as"),
        ({"path": "x.pcap", "comments": ["why", None]}, "no comments"),
        ({"comments": ["why"]}, "1 comments for 2 packets"),
        ({"times": [1, 2, 3]}, "3 times for 2 packets"),
        ({"snap": 0}, "snap=0"),
        ({"first": "token ring"}, "token ring"),
        ({"packets": [b"", bytes(262_145)]}, "262144"),
        ({"times": [-1, 0]}, "1970"),
        ({"path": "x.pcap", "times": [2**62, 0]}, "2106"),
    ],
)
def test_what_cannot_be_written_is_told(
    tmp_path: Path, given: dict[str, object], words: str
) -> None:
    path = tmp_path / str(given.pop("path", "x.pcapng"))
    arguments = {"packets": [tcp(), udp()], **given}
    with pytest.raises(ns.BadArgument, match=words):
        ns.write_packets(path, **arguments)  # type: ignore[arg-type]


def test_a_pcap_has_packets_of_one_kind(tmp_path: Path) -> None:
    frame = ns.Packet.parse(bytes(14) + bytes(tcp()), first="ethernet", lax=True)
    with pytest.raises(ns.BadArgument, match="packets of one kind"):
        ns.write_packets(tmp_path / "x.pcap", [tcp(), frame])
    with pytest.raises(TypeError):
        ns.write_packets(tmp_path / "x.pcap", [tcp(), 7])  # type: ignore[list-item]
    assert list(tmp_path.iterdir()) == []  # nothing is written before all have been looked at
    with pytest.raises(FileNotFoundError):
        ns.write_packets(tmp_path / "none" / "x.pcap", [tcp()])
    full = tmp_path / "full.pcap"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        ns.write_packets(full, [tcp()] * 10_000)


def test_an_empty_capture_is_one(tmp_path: Path) -> None:
    for ending in ("pcapng", "pcap"):
        capture = ns.read_packets(ns.write_packets(tmp_path / f"x.{ending}", []))
        assert (len(capture), capture.problems, capture.packets) == (0, (), [])
        assert repr(capture).startswith("number")


@pytest.mark.exact_io(reason="measures time")
def test_ctrl_c_ends_a_long_reading(tmp_path: Path) -> None:
    path = ns.write_packets(tmp_path / "x.pcap", [udp()] * 200_000)

    def read() -> None:
        while True:
            ns.read_packets(path)

    timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            read()
    finally:
        timer.join()
