"""Captures against programs that we did not write: dumpcap, tshark, capinfos and editcap."""

import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import netsteps as ns
from peers import needs, program, real_bytes
from test_packet_oracles import differences
from test_packet_oracles import tshark as fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

END = b"that was all of it"


def tshark(path: Path, *names: str) -> list[tuple[str, ...]]:
    """Give these fields of each packet, as tshark reads the file without a complaint."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t"]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    complaints = [line for line in done.stderr.splitlines() if "Running as user" not in line]
    assert (done.returncode, complaints) == (0, [])
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def nanoseconds(epoch: str) -> int:
    seconds, _, fraction = epoch.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0")[:9])


# What dumpcap captures


@contextlib.contextmanager
def ends(family: socket.AddressFamily) -> "Iterator[tuple[socket.socket, socket.socket]]":
    """Give a TCP listener and a UDP socket on loopback, bound to free ports."""
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.socket(family, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind((host, 0))
        udp.settimeout(10)
        yield server, udp


def exchange(server: socket.socket, udp: socket.socket) -> None:
    """Talk over TCP, with half-close, and over UDP, with a datagram that is cut into fragments."""

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data[::-1])

    thread = threading.Thread(target=answer)
    thread.start()
    with socket.create_connection(server.getsockname()[:2], timeout=10) as client:
        client.sendall(b"hello")
        client.recv(100)
        client.sendall(real_bytes(100_000))
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    thread.join()
    with socket.socket(udp.family, socket.SOCK_DGRAM) as sender:
        for size in (0, 1, 1000, 9000):
            sender.sendto(real_bytes(size), udp.getsockname())
            udp.recv(65536)


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Capture one exchange on loopback, over IPv4 and IPv6, as seen on "lo" and on "any"."""
    folder = tmp_path_factory.mktemp("captured")
    files = {}
    for interface in ("lo", "any"):
        with ends(socket.AF_INET) as four, ends(socket.AF_INET6) as six:
            ports = [s.getsockname()[1] for pair in (four, six) for s in pair]
            wanted = " or ".join(f"port {port}" for port in ports)
            # Of a datagram in fragments only the first one has ports.
            only = f"{wanted} or (ip[6:2] & 0x1fff != 0) or ip6 proto 44"
            command = ("dumpcap", "-q", "-i", interface, "-f", only, "-w", "-")
            with program(*command) as dumpcap:
                wait_until_captured(dumpcap, four[1], b"begin")
                exchange(*four)
                exchange(*six)
                wait_until_captured(dumpcap, four[1], END)
                files[interface] = folder / f"{interface}.pcapng"
                files[interface].write_bytes(dumpcap.output)
    return files


def wait_until_captured(dumpcap: object, udp: socket.socket, mark: bytes) -> None:
    """Send a datagram again and again until the capture has it."""
    end = time.monotonic() + 15
    while mark not in dumpcap.output:  # type: ignore[attr-defined]
        if dumpcap.process.poll() is not None:  # type: ignore[attr-defined]
            pytest.skip(f"dumpcap may not capture here: {dumpcap.errors!r}")  # type: ignore[attr-defined]
        assert time.monotonic() < end, f"dumpcap captures nothing: {dumpcap.errors!r}"  # type: ignore[attr-defined]
        udp.sendto(mark, udp.getsockname())
        udp.recv(100)
        time.sleep(0.05)


@needs("dumpcap")
@needs("tshark")
@pytest.mark.parametrize("interface", ["lo", "any"])
def test_a_real_capture_is_read_as_tshark_reads_it(
    captured: dict[str, Path], interface: str, tmp_path: Path
) -> None:
    # The last block may be under way while the file is taken: what is whole is compared.
    whole = ns.read_packets(captured[interface])
    path = ns.write_packets(tmp_path / "whole.pcapng", whole)
    told = tshark(path, "frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_name")
    assert len(whole) == len(told) > 30
    for ours, (when, length, kept, name) in zip(whole, told, strict=True):
        assert (ours.time_ns, ours.length) == (nanoseconds(when), int(length))
        assert (len(ours.data), ours.interface) == (int(kept), name)
    packets = whole.packets
    wrong = [
        f"packet {number}: {difference}"
        for number, (packet, told) in enumerate(zip(packets, fields_of(path), strict=True), 1)
        if packet is not None
        for difference in differences(packet, told)
    ]
    assert wrong == []
    assert {packet.protocol for packet in packets if packet} >= {"tcp", "udp"}
    kinds = {layer.name for packet in packets if packet for layer in packet.layers}
    assert kinds >= {"IPv4", "IPv6", "TCP", "UDP", "Payload"}


@needs("dumpcap")
@needs("editcap")
@pytest.mark.parametrize("form", ["pcapng", "pcap", "nsecpcap"])
def test_what_editcap_converts_is_the_same_capture(
    captured: dict[str, Path], form: str, tmp_path: Path
) -> None:
    source = ns.write_packets(tmp_path / "source.pcapng", ns.read_packets(captured["lo"]))
    path = tmp_path / "converted"
    subprocess.run(["editcap", "-F", form, source, path], check=True, capture_output=True)
    factor = 1000 if form == "pcap" else 1
    theirs, ours = ns.read_packets(path), ns.read_packets(source)
    assert theirs.problems == ()
    assert [(p.time_ns, p.data, p.length) for p in theirs] == [
        (p.time_ns // factor * factor, p.data, p.length) for p in ours
    ]


@needs("tshark")
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
def test_a_pcap_of_the_other_byte_order_is_read_as_tshark_reads_it(
    magic: int, tmp_path: Path
) -> None:
    data = bytes(ns.Packet(b"hi", destination=("10.0.0.1", 7), protocol="udp"))
    path = tmp_path / "big.pcap"
    header = struct.pack(">IHHiIII", magic, 2, 4, 0, 0, 65535, 101)
    path.write_bytes(header + struct.pack(">IIII", 1_700_000_000, 123_456, 25, 30) + data[:25])
    (captured,) = ns.read_packets(path)
    ((when, length),) = tshark(path, "frame.time_epoch", "frame.len")
    assert (captured.time_ns, captured.length) == (nanoseconds(when), int(length))


# What tshark reads of ours


def sample() -> list[ns.Packet]:
    ends = {"source": ("10.0.0.1", 50000), "destination": ("10.0.0.2", 80)}
    frame = {"ethernet": ("02:00:00:00:00:01", "02:00:00:00:00:02")}
    return [
        ns.Packet(b"hello", protocol="tcp", flags="PSH ACK", **ends),
        ns.Packet(b"x" * 3000, protocol="udp", **ends, **frame),
        ns.Packet(b"six", source=("::1", 1), destination=("::2", 2), protocol="udp"),
    ]


@needs("tshark")
def test_tshark_reads_what_we_write(tmp_path: Path) -> None:
    times = [1_700_000_000_123_456_789, 1_700_000_000_123_456_790, 0]
    comments = ["why: größer & <b>", None, "x" * 70_000]
    path = ns.write_packets(
        tmp_path / "x.pcapng", sample(), times=times, comments=comments, interface="lab", snap=100
    )
    told = tshark(
        path, "frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_name",
        "frame.comment",
    )  # fmt: skip
    assert [nanoseconds(row[0]) for row in told] == times
    assert [(int(row[1]), int(row[2])) for row in told] == [(45, 45), (3042, 100), (51, 51)]
    assert {row[3] for row in told} == {"lab"}
    assert [row[4] for row in told[:2]] == ["why: größer & <b>", ""]
    assert told[2][4].endswith("x...")


@needs("capinfos")
def test_capinfos_agrees_on_the_whole_file(tmp_path: Path) -> None:
    for ending, kind in (("pcapng", "pcapng"), ("pcap", "nanosecond")):
        packets = [packet for packet in sample() if packet.first == "ip"]
        path = ns.write_packets(tmp_path / f"x.{ending}", packets, times=[10**18, 10**18 + 1])
        done = subprocess.run(["capinfos", path], capture_output=True, text=True, check=True)
        assert kind in done.stdout
        assert re.search(r"Number of packets:\s+2\n", done.stdout)
        assert re.search(r"Capture duration:\s+0.000000001 seconds", done.stdout)
        if ending == "pcapng":
            assert re.search(r"Capture application:\s+netsteps", done.stdout)


@needs("tshark")
def test_tshark_joins_the_fragments_that_we_cut_and_we_those_of_the_kernel(
    tmp_path: Path, captured: dict[str, Path]
) -> None:
    big = ns.Packet(
        real_bytes(9000), source=("10.0.0.1", 7), destination=("10.0.0.2", 7), protocol="udp",
        dont_fragment=False,
    )  # fmt: skip
    path = ns.write_packets(tmp_path / "x.pcapng", ns.fragment(big, 1500))
    lengths = [row[0] for row in tshark(path, "udp.length")]
    assert lengths == ["", "", "", "", "", "", "9008"]
    assert tshark(path, "udp.checksum.status")[-1][0] in {"1", "2"}


# A trace as packets


@needs("tshark")
def test_a_trace_is_a_capture_that_tshark_opens_without_complaint(tmp_path: Path) -> None:
    with ns.Trace(lines=True) as trace:
        talk(socket.AF_INET)
        talk(socket.AF_INET6)
    path = trace.save(tmp_path / "x.pcapng")
    told = tshark(
        path, "frame.protocols", "tcp.len", "tcp.stream", "udp.length", "frame.comment",
        "_ws.expert.message", "tcp.analysis.flags", "frame.len", "frame.cap_len",
    )  # fmt: skip
    comments = [row[4] for row in told]
    assert all("not captured on a wire" in comment for comment in comments)
    assert any(f"{Path(__file__).name}:" in comment for comment in comments)
    assert all(f"process {os.getpid()}" in comment for comment in comments)
    messages = {message for row in told for message in row[5].split(",") if message}
    assert not {m for m in messages if "Malformed" in m or "bogus" in m.lower()}, messages
    assert {row[6] for row in told} == {""}
    sent = [int(row[1]) for row in told if row[1]]
    assert sum(sent) == 2 * (5 + 100_000 + 2)
    assert {row[2] for row in told if row[2]} == {"0", "1"}
    assert [row[3] for row in told if row[3]] == ["12", "12"]
    large = [row for row in told if row[7] != row[8]]
    assert sum(int(row[7]) for row in large) > 200_000
    begun = ns.read_packets(path)[0].time_ns
    assert abs(begun - time.time_ns()) < 60 * 10**9


def talk(family: socket.AddressFamily) -> None:
    """Send 5 and 100,000 bytes one way and 2 the other, and a datagram of 4."""
    host, kind = ("127.0.0.1", "ipv4") if family == socket.AF_INET else ("::1", "ipv6")
    with ns.Socket("tcp", kind) as server, ns.Socket("tcp", kind) as client:
        server.bind(host, 0)
        server.listen()
        client.connect(server.local)
        with server.accept() as connection:
            client.write(b"hello")
            connection.read_exactly(5)
            connection.write(b"hi")
            client.read_exactly(2)
            reader = threading.Thread(target=connection.read_exactly, args=(100_000,))
            reader.start()
            client.write(real_bytes(100_000))
            reader.join()
    with ns.Socket("udp", kind) as receiver, ns.Socket("udp", kind) as sender:
        receiver.bind(host, 0)
        sender.send_to(b"four", receiver.local)
        receiver.receive_from(100)


if sys.platform != "linux":
    pytestmark = pytest.mark.skip(reason="loopback is captured on Linux here")
