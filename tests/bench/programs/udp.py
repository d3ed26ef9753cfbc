"""Sends or receives datagrams as fast as it goes: netsteps, or a loop of the standard library.

python udp.py send netsteps|stdlib PORT SIZE SECONDS       prints datagrams_per_s
python udp.py receive netsteps|stdlib                      tells its port, receives from the first
    datagram until it has been silent for QUIET seconds, and prints received and datagrams_per_s
"""

import socket
import struct
import sys
import time

import netsteps as ns

BATCH = 512  # datagrams in one list to send: more than one call can take
MANY = 1024  # datagrams that receive_many may give at once
ROOM = 4 << 20  # bytes in the kernel for what was not read yet, the same for both
QUIET = 0.3
LOOPBACK = "127.0.0.1"


def rate(sent: int, begun: float) -> None:
    print("datagrams_per_s", round(sent / (time.perf_counter() - begun)))


def send_netsteps(port: int, size: int, seconds: float) -> None:
    messages = [bytes([number % 256]) * size for number in range(BATCH)]
    with ns.UdpSender(LOOPBACK, port) as sender:
        sent, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            sent += sender.send_many(messages)
        rate(sent, begun)


def send_stdlib(port: int, size: int, seconds: float) -> None:
    messages = [bytes([number % 256]) * size for number in range(BATCH)]
    to = (LOOPBACK, port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sent, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            for message in messages:
                sender.sendto(message, to)
            sent += len(messages)
        rate(sent, begun)


def told(first: int, received: int, took: float) -> None:
    """Tell how many came, and the rate of those that came after the first ones, which began it."""
    rate = round((received - first) / took) if took > 0 else 0
    print("received", received, "datagrams_per_s", rate)


def receive_netsteps() -> None:
    with ns.UdpReceiver() as receiver:
        receiver.socket.options.receive_buffer = ROOM
        print("port", receiver.endpoint.port, flush=True)
        first = received = len(receiver.receive_many(MANY, timeout=30))
        begun = ended = time.perf_counter()
        while datagrams := receiver.receive_many(MANY, timeout=QUIET):
            received += len(datagrams)
            ended = time.perf_counter()
    told(first, received, ended - begun)


def receive_stdlib() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        receiver.bind((LOOPBACK, 0))
        print("port", receiver.getsockname()[1], flush=True)
        receiver.recvfrom(65535)
        # The kernel's time limit, not settimeout, which would put a poll(2) before each call; and
        # the clock is looked at once for many datagrams.
        receiver.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, int(QUIET * 1e6))
        )
        received, begun = 1, time.perf_counter()
        ended = begun
        try:
            while True:
                for _ in range(16):
                    receiver.recvfrom(65535)
                    received += 1
                ended = time.perf_counter()
        except BlockingIOError:
            pass
    told(1, received, ended - begun)


def main() -> None:
    match sys.argv[1:]:
        case ["send", "netsteps", port, size, seconds]:
            send_netsteps(int(port), int(size), float(seconds))
        case ["send", "stdlib", port, size, seconds]:
            send_stdlib(int(port), int(size), float(seconds))
        case ["receive", "netsteps"]:
            receive_netsteps()
        case ["receive", "stdlib"]:
            receive_stdlib()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
