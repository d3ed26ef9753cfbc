"""Answers to who-am-i."""

import struct
from typing import TYPE_CHECKING

import netsteps as ns
from lessons_answers.echo_server import listening
from lessons_answers.wrong import Wrong

if TYPE_CHECKING:
    import socket


def right(port: int) -> None:
    server = listening(port)
    while True:
        try:
            connection, (ip, number) = server.accept()
            with connection:
                connection.sendall(f"{ip} {number}\n".encode())
        except ConnectionError:
            pass


def right_with_netsteps(port: int) -> None:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            with connection:
                try:
                    who = connection.peer
                    assert who is not None
                    connection.write(f"{who.ip} {who.port}\n".encode())
                except ns.SocketError:
                    pass


def tells_its_own_address(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            ip, number = connection.getsockname()
            connection.sendall(f"{ip} {number}\n".encode())


def tells_a_tuple(port: int) -> None:
    server = listening(port)
    while True:
        connection, address = server.accept()
        with connection:
            connection.sendall(f"{address}\n".encode())


def waits_for_a_question(port: int) -> None:
    server = listening(port)
    while True:
        connection, (ip, number) = server.accept()
        with connection:
            connection.recv(100)
            connection.sendall(f"{ip} {number}\n".encode())


def forgets_the_line_feed(port: int) -> None:
    server = listening(port)
    while True:
        connection, (ip, number) = server.accept()
        with connection:
            connection.sendall(f"{ip} {number}".encode())


def turns_the_port_around(port: int) -> None:
    server = listening(port)
    while True:
        connection, (ip, number) = server.accept()
        with connection:
            (wrong,) = struct.unpack("<H", struct.pack("!H", number))
            connection.sendall(f"{ip} {wrong}\n".encode())


def dies_when_a_client_is_gone(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            ip, number = connection.getpeername()
            connection.sendall(f"{ip} {number}\n".encode())


def tells_the_first_one(port: int) -> None:
    server = listening(port)
    waiting: list[tuple[socket.socket, tuple[str, int]]] = []
    while True:
        waiting.append(server.accept())
        ip, number = waiting[0][1]
        with waiting[-1][0] as connection:
            connection.sendall(f"{ip} {number}\n".encode())
        if len(waiting) == 12:
            waiting.clear()


WRONG = [
    Wrong(tells_its_own_address, "says nothing", "This is the server's own address"),
    Wrong(tells_a_tuple, "says nothing", "Write the address, one space, the port"),
    Wrong(waits_for_a_question, "says nothing", "The server speaks first here"),
    Wrong(forgets_the_line_feed, "says nothing", "It ends with a line feed"),
    Wrong(turns_the_port_around, "says nothing", "ntohs"),
    Wrong(dies_when_a_client_is_gone, "gone at once", "client"),
    Wrong(tells_the_first_one, "one after the other", "Write the address"),
]
