"""How many 60-byte TCP packets a second are read from a capture file as a batch, and with scapy.

The goals of issue 3: 1,000,000 packets a second, and 50 times scapy's rate in the same run.
"""

import gc
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import netsteps as ns

sys.path.insert(0, str(Path(__file__).parent.parent))
from packet_samples import pcap

COUNT, SCAPY_COUNT = 1_000_000, 5_000
SCAPY = """
import sys, time
from scapy.layers.inet import IP, TCP, UDP
from scapy.utils import PcapReader
begin = time.perf_counter()
count = sum(packet[TCP].dport == 80 for packet in PcapReader(sys.argv[1]))
print(count / (time.perf_counter() - begin))
"""


def netsteps_rate(path: Path) -> float:
    begin = time.perf_counter()
    packets = ns.read_packets(path).packets
    seconds = time.perf_counter() - begin
    assert len(packets) == COUNT
    assert packets[-1].destination.port == 80
    # Objects that the garbage collector looks through would cost two thirds of the time.
    assert not gc.is_tracked(packets[-1])
    return COUNT / seconds


def scapy_rate(path: Path) -> float | None:
    done = subprocess.run(
        ["/usr/bin/python3", "-c", SCAPY, str(path)], capture_output=True, text=True, check=False
    )
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    segment = bytes(
        ns.Packet(
            bytes(20),
            source=("10.0.0.1", 40_000),
            destination=("10.0.0.2", 80),
            protocol="tcp",
            flags="ACK",
        )
    )
    assert len(segment) == 60
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "segments.pcap"
        path.write_bytes(pcap([segment] * COUNT, 101))
        ours = max(netsteps_rate(path) for _ in range(3))
        path.write_bytes(pcap([segment] * SCAPY_COUNT, 101))
        theirs = scapy_rate(path)
    print(f"netsteps: {ours:12,.0f} packets a second, from the file to a list of objects")
    if theirs is None:
        print("scapy is not installed: tests/packages.sh")
    else:
        print(f"scapy:    {theirs:12,.0f} packets a second")
        print(f"netsteps is {ours / theirs:,.0f} times as fast")


if __name__ == "__main__":
    main()
