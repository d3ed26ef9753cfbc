"""What reading packets costs: netsteps against scapy, in one run, in turn.

    python tests/bench/bench_decode.py [--rounds 5] [--packets 500000] [--json FILE]

A file of TCP packets of 60 bytes (IPv4, 20 bytes of data) is read and every packet decoded:

batch         read_packets(path).packets: all headers of each packet found, a Packet for each
one by one    for captured in read_packets(path): captured.packet.destination.port
all fields    packet.layers of each, with every field (of a tenth of the packets)
scapy         rdpcap(path), in a process of its own (/usr/bin/python3), of a fiftieth of the packets

Each figure is the median of the rounds, the ratio the median of the rounds' ratios. scapy is timed
inside its process, without its start. Without scapy the ratios are left out.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import netsteps as ns

SCAPY = """
import sys, time
from scapy.all import rdpcap, TCP
begun = time.perf_counter()
packets = rdpcap(sys.argv[1])
took = time.perf_counter() - begun
assert all(packet[TCP].dport == 80 for packet in packets)
print(len(packets) / took)
"""
PYTHON = "/usr/bin/python3"


def rate(count: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    kept = work()
    took = time.perf_counter() - begun
    del kept
    return count / took


def scapy_rate(path: Path) -> float | None:
    try:
        done = subprocess.run(
            [PYTHON, "-c", SCAPY, path], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return float(done.stdout)


def one_by_one(path: Path) -> None:
    for captured in ns.read_packets(path):
        packet = captured.packet
        assert packet is not None
        destination = packet.destination
        assert destination is not None
        assert destination.port == 80


def all_fields(path: Path) -> None:
    for packet in ns.read_packets(path).packets:
        assert packet is not None
        assert packet.layers[1].fields[1].value == 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--packets", type=int, default=500_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    packet = ns.Packet(
        b"x" * 20, source=("10.0.0.1", 50000), destination=("10.0.0.2", 80), protocol="tcp"
    )
    assert len(packet) == 60
    rates: dict[str, list[float]] = {"batch": [], "one by one": [], "all fields": [], "scapy": []}
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for part in (1, 10, 50):
            count = max(given.packets // part, 1)
            path = ns.write_packets(Path(folder) / f"{part}.pcap", [packet] * count)
            files[part] = (path, count)
        for _ in range(given.rounds):
            path, count = files[1]
            rates["batch"].append(rate(count, lambda p=path: ns.read_packets(p).packets))
            rates["one by one"].append(rate(count, lambda p=path: one_by_one(p)))
            path, count = files[10]
            rates["all fields"].append(rate(count, lambda p=path: all_fields(p)))
            scapy = scapy_rate(files[50][0])
            if scapy is not None:
                rates["scapy"].append(scapy)
    result = {name: statistics.median(found) for name, found in rates.items() if found}
    for name, found in list(result.items()):
        text = f"{name:12} {found:12,.0f} packets a second"
        if name != "scapy" and rates["scapy"]:
            pairs = zip(rates[name], rates["scapy"], strict=True)
            ratio = statistics.median(ours / theirs for ours, theirs in pairs)
            result[f"{name} ratio"] = ratio
            text += f", {ratio:6.1f} times scapy's"
        print(text)
    if given.json:
        given.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
