"""Mistakes with UDP, and with a network that is none."""

from netsteps.lessons.mistakes.model import LADDER, Mistake

__all__ = ["loopback_is_no_network", "truncated_datagram", "udp_to_a_closed_port"]

truncated_datagram = Mistake(
    name="truncated_datagram",
    title="A datagram is longer than the room for it",
    why="With TCP, what did not fit into one recv comes with the next. A datagram is read "
    "once: what has no room in that one read is thrown away.",
    wrong="""\
import socket

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.sendto(b"the meeting is at 10, not at 9", receiver.getsockname())
sender.sendto(b"second", receiver.getsockname())

print(receiver.recvfrom(20)[0])
print(receiver.recvfrom(20)[0])
""",
    ends="silence",
    happens="The end of the first datagram is lost, and the next read gives the next one.",
    line="print(receiver.recvfrom(20)[0])",
    prints="b'the meeting is at 10'\nb'second'",
    elsewhere="Windows says so: OSError, WinError 10040.",
    same="""\
import netsteps as ns

receiver = ns.Socket("udp")
receiver.bind("127.0.0.1", 0)
sender = ns.Socket("udp")
sender.send_to(b"the meeting is at 10, not at 9", receiver.local)

datagram = receiver.receive_from(20)
print(datagram.data)
print("cut; it had", datagram.truncated_from, "bytes")
""",
    netsteps_says="cut; it had 30 bytes",
    cure="Give room for the largest datagram that can come: 65,535 bytes. netsteps takes that "
    "when no size is given, and says in .truncated_from when a datagram was cut.",
    right="""\
import socket

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.sendto(b"the meeting is at 10, not at 9", receiver.getsockname())

print(receiver.recvfrom(65535)[0])
""",
    views=(
        (
            "What became of the first datagram",
            "pictures.cut(b'the meeting is at 10, not at 9', len(datagram.data))",
        ),
        LADDER,
    ),
    right_prints="b'the meeting is at 10, not at 9'",
    lecture=5,
)

udp_to_a_closed_port = Mistake(
    name="udp_to_a_closed_port",
    title="A datagram to a port where nobody is",
    why="sendto has returned, so the datagram has arrived. With UDP nothing says so: there is no "
    "connection, and a datagram that finds nobody is thrown away.",
    wrong="""\
import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
    receiver.bind(("127.0.0.1", 0))
    nobody = receiver.getsockname()  # and the receiver is closed

sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("sent", sender.sendto(b"hello", nobody), "bytes")
sender.settimeout(0.2)
print(sender.recvfrom(1024))
""",
    ends="error",
    happens="sendto succeeds. The answer never comes; without the timeout recvfrom waits for ever.",
    error="TimeoutError: timed out",
    line="print(sender.recvfrom(1024))",
    prints="sent 5 bytes",
    elsewhere="On Windows the recvfrom after it fails: ConnectionResetError, WinError 10054.",
    same="""\
import netsteps as ns

with ns.Socket("udp") as receiver:
    receiver.bind("127.0.0.1", 0)
    nobody = receiver.local

sender = ns.Socket("udp")
sender.connect(nobody)
print("sent", sender.send(b"hello"), "bytes")
sender.read(timeout=5)
""",
    netsteps_says="an earlier datagram came back as undeliverable (ICMP)",
    cure="Connect the UDP socket: no packet is sent for it, and the kernel then hands on what the "
    "other machine answers (ICMP: port unreachable). And always wait with a time limit: when a "
    "firewall is between, not even that comes.",
    right="""\
import socket

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
    receiver.bind(("127.0.0.1", 0))
    nobody = receiver.getsockname()

sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect(nobody)
sender.send(b"hello")
sender.settimeout(5)
try:
    sender.recv(1024)
except ConnectionRefusedError:
    print("nobody has that port")
""",
    right_prints="nobody has that port",
    lecture=5,
)

loopback_is_no_network = Mistake(
    name="loopback_is_no_network",
    title="It works on loopback, so it works",
    why="On one computer nothing gets lost, doubled or late, and a message is not cut. So the "
    "tests pass, and the first real network finds what is missing.",
    wrong="""\
import socket

import netsteps as ns

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
receiver.settimeout(0.4)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def send_and_receive(where):
    for number in range(8):
        sender.sendto(b"%d" % number, where)
    numbers = []
    try:
        while True:
            numbers.append(receiver.recvfrom(1024)[0].decode())
    except TimeoutError:
        return " ".join(numbers)


print("on loopback:  ", send_and_receive(receiver.getsockname()))

# The same over a path that loses and doubles, as a network may. The seed makes it repeatable.
with ns.Relay(receiver.getsockname(), kind="udp", loss=0.25, duplicate=0.15, seed=21) as path:
    print("on a bad path:", send_and_receive(tuple(path.endpoint)))
""",
    ends="silence",
    happens="But other numbers: some are missing, and one came twice.",
    prints="on loopback:   0 1 2 3 4 5 6 7\non a bad path: 0 1 1 3 4 5 7",
    same="""\
import netsteps as ns

with ns.UdpReceiver() as receiver:
    with ns.Relay(receiver.endpoint, kind="udp", loss=0.25, duplicate=0.15, seed=21) as path:
        with ns.UdpSender(path.endpoint) as sender:
            for number in range(8):
                sender.send(b"%d" % number)
        while receiver.receive_many(timeout=0.4):
            pass
        print(path.report())
""",
    netsteps_says="lost               2",
    cure="Test over a bad path: ns.Relay loses, doubles, delays and cuts, TCP and UDP. What has "
    "to arrive needs numbers, answers and repetition, or TCP, which has them.",
    right="""\
import socket
import threading

import netsteps as ns

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
numbers = []


def receive():
    while len(numbers) < 8:
        data, sender = receiver.recvfrom(1024)
        if int(data) == len(numbers):  # the next one, and not again
            numbers.append(int(data))
        receiver.sendto(data, sender)  # what has come is told, each time


def send(where):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.settimeout(0.02)
    for number in range(8):
        answer = b""
        while answer != b"%d" % number:  # the answer to an older one is not it
            sender.sendto(b"%d" % number, where)
            try:
                answer = sender.recv(1024)
            except TimeoutError:
                if len(numbers) == 8:  # the last answer may be lost: all has come
                    return


threading.Thread(target=receive, daemon=True).start()
with ns.Relay(receiver.getsockname(), kind="udp", loss=0.25, duplicate=0.15, seed=21) as path:
    send(tuple(path.endpoint))
print("on a bad path:", *numbers)
""",
    right_prints="on a bad path: 0 1 2 3 4 5 6 7",
    lecture=5,
)
