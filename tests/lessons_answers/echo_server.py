"""Answers to echo-server."""

import socket

import netsteps as ns
from lessons_answers.wrong import Wrong


def listening(port: int) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


def right(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except ConnectionError as error:
                print("lost a client:", error)


def right_with_netsteps(port: int) -> None:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            with connection:
                try:
                    while data := connection.read():
                        connection.write(data)
                except ns.SocketError as error:
                    print("lost a client:", error)


def reads_once(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(connection.recv(4096))


def sends_text(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(4096):
                connection.sendall(str(data))


def decodes(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data.decode().encode())


def strips(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data.strip())


def serves_one(port: int) -> None:
    connection, _ = listening(port).accept()
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data)


def loops_on_the_end(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        while True:
            connection.sendall(connection.recv(4096))


def forgets_to_close(port: int) -> None:
    server = listening(port)
    connections = []
    while True:
        connection, _ = server.accept()
        connections.append(connection)
        while data := connection.recv(4096):
            connection.sendall(data)


def dies_of_a_reset(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)


def waits_for_a_line(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as file:
            for line in file:
                connection.sendall(line)


def reads_the_listening_socket(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(server.recv(4096))


def forgets_the_address(port: int) -> None:
    server = listening(port)
    while True:
        connection = server.accept()
        connection.sendall(connection.recv(4096))


WRONG = [
    Wrong(reads_once, "speaks three times", "Read in a loop until b'' comes"),
    Wrong(sends_text, "says hello", "Sockets carry bytes, and this is text"),
    Wrong(decodes, "every byte", "Not all bytes are text"),
    Wrong(strips, "one byte at a time", "no change of letters"),
    Wrong(serves_one, "", "accept belongs into a loop"),
    Wrong(loops_on_the_end, "says hello", "The loop has to end there"),
    Wrong(forgets_to_close, "says hello", "a forgotten close"),
    Wrong(dies_of_a_reset, "cut the connection", "Catch ConnectionError"),
    Wrong(waits_for_a_line, "says hello", "Does it wait for more"),
    Wrong(reads_the_listening_socket, "says hello", "the listening socket was read"),
    Wrong(forgets_the_address, "says hello", "connection, address = server.accept()"),
]
