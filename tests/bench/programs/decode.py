"""What reading packets costs, in packets_per_s.

    python decode.py make COUNT PATH     writes a file of TCP packets of 60 bytes (IPv4, 20 of data)
    python decode.py batch PATH          all headers of each packet found, a Packet for each
    python decode.py each PATH           one by one, for captured in read_packets(path)
    python decode.py fields PATH         the layers of each, with every field
    python decode.py scapy PATH          rdpcap(path) (this needs a Python that has scapy)

Only the reading is timed, not the program's start.
"""

import sys
import time

BYTES = 60


def make(count: int, path: str) -> None:
    import netsteps as ns

    packet = ns.Packet(
        b"x" * 20, source=("10.0.0.1", 50000), destination=("10.0.0.2", 80), protocol="tcp"
    )
    assert len(packet) == BYTES
    ns.write_packets(path, [packet] * count)


def read(how: str, path: str) -> tuple[int, float]:
    """Give how many packets were read, and the seconds that it took."""
    if how == "scapy":
        from scapy.all import TCP, rdpcap

        begun = time.perf_counter()
        packets = rdpcap(path)
        took = time.perf_counter() - begun
        assert all(packet[TCP].dport == 80 for packet in packets)
        return len(packets), took

    import netsteps as ns

    begun = time.perf_counter()
    kept = ns.read_packets(path).packets if how != "each" else []
    count = len(kept)
    if how == "each":
        for captured in ns.read_packets(path):
            assert captured.packet.destination.port == 80
            count += 1
    elif how == "fields":
        for packet in kept:
            assert packet.layers[1].fields[1].value == 80
    return count, time.perf_counter() - begun


def main() -> None:
    match sys.argv[1:]:
        case ["make", count, path]:
            make(int(count), path)
        case ["batch" | "each" | "fields" | "scapy" as how, path]:
            count, took = read(how, path)
            print("packets_per_s", round(count / took))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
