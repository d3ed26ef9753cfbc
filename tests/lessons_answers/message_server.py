"""Answers to message-server."""

import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import netsteps as ns
from lessons_answers.echo_server import listening
from lessons_answers.wrong import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 1 << 20


def exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def for_ever(port: int, serve: "Callable[[socket.socket], None]") -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection, suppress(OSError, EOFError):
            serve(connection)


def right(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", exactly(connection, 4))
            if length > LIMIT:
                return
            body = exactly(connection, length)
            connection.sendall(struct.pack("!I", length) + body.upper())

    for_ever(port, serve)


def right_with_netsteps(port: int) -> None:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            with connection:
                try:
                    while (message := connection.read_message(limit=LIMIT)) is not None:
                        connection.write_message(message.upper())
                except ns.SocketError:
                    pass


def host_byte_order(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("<I", exactly(connection, 4))
            if length > LIMIT:
                return
            body = exactly(connection, length)
            connection.sendall(struct.pack("<I", length) + body.upper())

    for_ever(port, serve)


def answers_in_host_byte_order(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", exactly(connection, 4))
            if length > LIMIT:
                return
            body = exactly(connection, length)
            connection.sendall(struct.pack("<I", length) + body.upper())

    for_ever(port, serve)


def one_read(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while data := connection.recv(2 * LIMIT):
            (length,) = struct.unpack("!I", data[:4])
            if length > LIMIT:
                return
            connection.sendall(struct.pack("!I", length) + data[4:].upper())

    for_ever(port, serve)


def loses_the_rest(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            while len(data) < 4:
                data += connection.recv(65536)
            (length,) = struct.unpack("!I", data[:4])
            if length > LIMIT:
                return
            while len(data) < 4 + length:
                data += connection.recv(65536)
            connection.sendall(data[:4] + data[4 : 4 + length].upper())

    for_ever(port, serve)


def one_message(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        (length,) = struct.unpack("!I", exactly(connection, 4))
        if length <= LIMIT:
            connection.sendall(struct.pack("!I", length) + exactly(connection, length).upper())

    for_ever(port, serve)


def no_limit(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", exactly(connection, 4))
            body = exactly(connection, length)
            connection.sendall(struct.pack("!I", length) + body.upper())

    for_ever(port, serve)


def refuses_the_limit(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", exactly(connection, 4))
            if length >= LIMIT:
                return
            body = exactly(connection, length)
            connection.sendall(struct.pack("!I", length) + body.upper())

    for_ever(port, serve)


def no_end_inside(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            data = b""
            while len(data) < 4:
                data += connection.recv(4 - len(data))
            (length,) = struct.unpack("!I", data)
            if length > LIMIT:
                return
            body = exactly(connection, length)
            connection.sendall(data + body.upper())

    for_ever(port, serve)


def decodes(port: int) -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            (length,) = struct.unpack("!I", exactly(connection, 4))
            if length > LIMIT:
                return
            text = exactly(connection, length).decode("latin-1").upper()
            connection.sendall(struct.pack("!I", len(text)) + text.encode("latin-1", "replace"))

    for_ever(port, serve)


def dies_of_one_client(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            while header := connection.recv(4, socket.MSG_WAITALL):
                (length,) = struct.unpack("!I", header)
                if length > LIMIT:
                    break
                connection.sendall(header + exactly(connection, length).upper())


WRONG = [
    Wrong(host_byte_order, "one message", "network byte order"),
    Wrong(answers_in_host_byte_order, "one message", "network byte order"),
    Wrong(one_read, "one byte at a time", "One read"),
    Wrong(loses_the_rest, "glued", "the beginning of the next one"),
    Wrong(one_message, "on one connection", "A connection carries many messages"),
    Wrong(no_limit, "too great", "Check it before you read or take memory"),
    Wrong(refuses_the_limit, "1 MiB, which is allowed", "The limit itself"),
    Wrong(no_end_inside, "", "end"),
    Wrong(decodes, "no text", "do not decode it"),
    Wrong(dies_of_one_client, "in the middle", "struct.unpack wants exactly"),
]
