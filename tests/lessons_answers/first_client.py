"""Answers to first-client."""

import socket

import netsteps as ns
from lessons_answers.wrong import Wrong


def right(host: str, port: int) -> bytes:
    with socket.create_connection((host, port)) as client:
        client.sendall(b"hello")
        answer = b""
        while data := client.recv(4096):
            answer += data
        return answer


def right_with_netsteps(host: str, port: int) -> bytes:
    with ns.Socket("tcp") as client:
        client.connect(host, port)
        client.write(b"hello")
        return client.read_all()


def reads_once(host: str, port: int) -> bytes:
    with socket.create_connection((host, port)) as client:
        client.sendall(b"hello")
        return client.recv(4096)


def sends_a_line(host: str, port: int) -> bytes:
    with socket.create_connection((host, port)) as client:
        client.sendall(b"hello\n")
        return client.recv(4096)


def reads_first(host: str, port: int) -> bytes:
    with socket.create_connection((host, port)) as client:
        answer = client.recv(4096)
        client.sendall(b"hello")
        return answer


def never_stops(host: str, port: int) -> bytes:
    with socket.create_connection((host, port)) as client:
        client.sendall(b"hello")
        answer = b""
        while True:
            answer += client.recv(4096)


def returns_a_repr(host: str, port: int) -> str:
    with socket.create_connection((host, port)) as client:
        client.sendall(b"hello")
        answer = b""
        while data := client.recv(4096):
            answer += data
        return str(answer)


def returns_nothing(host: str, port: int) -> None:
    with socket.create_connection((host, port)) as client:
        client.sendall(b"hello")
        while data := client.recv(4096):
            print(data)


def another_port(host: str, port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", 9)) as client:
        client.sendall(b"hello")
        return client.recv(4096)


def sends_text(host: str, port: int) -> bytes:
    with socket.create_connection((host, port)) as client:
        client.sendall("hello")  # type: ignore[arg-type]
        return client.recv(4096)


kept: list[socket.socket] = []


def forgets_to_close(host: str, port: int) -> bytes:
    client = socket.create_connection((host, port))
    kept.append(client)
    client.sendall(b"hello")
    answer = b""
    while data := client.recv(4096):
        answer += data
    return answer


WRONG = [
    Wrong(reads_once, "pieces of one byte", "One read gives what has come so far"),
    Wrong(sends_a_line, "one piece", "exactly the five bytes hello"),
    Wrong(reads_first, "one piece", "The client has to speak first"),
    Wrong(never_stops, "one piece", "leave the loop"),
    Wrong(returns_a_repr, "one piece", "without a b'…' around them"),
    Wrong(returns_nothing, "one piece", "The answer has to be given back"),
    Wrong(another_port, "one piece", "the host and the port that it is given"),
    Wrong(sends_text, "one piece", "Sockets carry bytes, and this is text"),
    Wrong(forgets_to_close, "one piece", "close the socket"),
]
