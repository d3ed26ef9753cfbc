"""Answers to datagram-echo."""

import socket

import netsteps as ns
from lessons_answers.wrong import Wrong


def bound(port: int) -> socket.socket:
    server = socket.socket(type=socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    return server


def right(port: int) -> None:
    server = bound(port)
    while True:
        data, sender = server.recvfrom(65535)
        server.sendto(data, sender)


def right_with_netsteps(port: int) -> None:
    with ns.Socket("udp") as server:
        server.bind("127.0.0.1", port)
        while True:
            datagram = server.receive_from()
            server.send_to(datagram.data, datagram.sender)


def small_buffer(port: int) -> None:
    server = bound(port)
    while True:
        data, sender = server.recvfrom(1024)
        server.sendto(data, sender)


def answers_the_first_one(port: int) -> None:
    server = bound(port)
    data, sender = server.recvfrom(65535)
    while True:
        server.sendto(data, sender)
        data = server.recv(65535)


def ends_at_an_empty_one(port: int) -> None:
    server = bound(port)
    while True:
        data, sender = server.recvfrom(65535)
        if not data:
            break
        server.sendto(data, sender)


def skips_an_empty_one(port: int) -> None:
    server = bound(port)
    while True:
        data, sender = server.recvfrom(65535)
        if data:
            server.sendto(data, sender)


def decodes(port: int) -> None:
    server = bound(port)
    while True:
        data, sender = server.recvfrom(65535)
        server.sendto(data.decode().encode(), sender)


def answers_once(port: int) -> None:
    server = bound(port)
    server.sendto(*server.recvfrom(65535))
    socket.create_server(("127.0.0.1", 0)).accept()


def collects(port: int) -> None:
    server = bound(port)
    while True:
        data, sender = server.recvfrom(65535)
        while True:
            server.settimeout(0.05)
            try:
                data += server.recvfrom(65535)[0]
            except TimeoutError:
                break
        server.settimeout(None)
        server.sendto(data, sender)


def connects(port: int) -> None:
    server = bound(port)
    while True:
        data, sender = server.recvfrom(65535)
        server.connect(sender)
        server.send(data)


WRONG = [
    Wrong(small_buffer, "2,000 bytes", "recvfrom gives as much as its buffer holds"),
    Wrong(answers_the_first_one, "two clients", "An answer goes to where the datagram came from"),
    Wrong(ends_at_an_empty_one, "without a byte", "A datagram of 0 bytes is a datagram"),
    Wrong(skips_an_empty_one, "without a byte", "A datagram of 0 bytes is a datagram"),
    Wrong(decodes, "every byte", "Not all bytes are text"),
    Wrong(answers_once, "three datagrams", "recvfrom and sendto in a loop"),
    Wrong(collects, "two clients", "UDP keeps borders"),
    Wrong(connects, "two clients", "connected to one client hears no other"),
]
