"""Answers to word-count."""

import netsteps as ns
from lessons_answers.echo_server import listening
from lessons_answers.wrong import Wrong


def right(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            try:
                text = b""
                while data := connection.recv(65536):
                    text += data
                connection.sendall(str(len(text.split())).encode())
            except ConnectionError as error:
                print("lost a client:", error)


def right_with_netsteps(port: int) -> None:
    with ns.Socket("tcp") as server:
        server.bind("127.0.0.1", port)
        server.listen()
        for connection in server:
            with connection:
                try:
                    words = connection.read_all().split()
                    connection.write(b"%d\n" % len(words))
                except ns.SocketError:
                    pass


def one_read(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"%d" % len(connection.recv(65536).split()))


def counts_in_each_piece(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            count = 0
            while data := connection.recv(65536):
                count += len(data.split())
            connection.sendall(b"%d" % count)


def splits_at_single_spaces(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            text = b""
            while data := connection.recv(65536):
                text += data
            connection.sendall(b"%d" % len(text.split(b" ")))


def decodes_each_piece(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            text = ""
            while data := connection.recv(65536):
                text += data.decode()
            connection.sendall(b"%d" % len(text.split()))


def never_leaves_the_loop(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            text = b""
            while True:
                text += connection.recv(65536)


def answers_without_closing(port: int) -> None:
    server = listening(port)
    connections = []
    while True:
        connection, _ = server.accept()
        connections.append(connection)
        text = b""
        while data := connection.recv(65536):
            text += data
        connection.sendall(b"%d" % len(text.split()))


def sends_the_number_in_words(port: int) -> None:
    server = listening(port)
    while True:
        connection, _ = server.accept()
        with connection:
            text = b""
            while data := connection.recv(65536):
                text += data
            connection.sendall(f"{len(text.split())} words".encode())


WRONG = [
    Wrong(one_read, "a pause", "The answer came before the client had ended"),
    Wrong(counts_in_each_piece, "one byte at a time", "Do not count in each piece by itself"),
    Wrong(splits_at_single_spaces, "any number", "bytes.split() without an argument"),
    Wrong(decodes_each_piece, "middle of a letter", "decode"),
    Wrong(never_leaves_the_loop, "five words", "leave the loop"),
    Wrong(answers_without_closing, "five words", "After the number the server closes"),
    Wrong(sends_the_number_in_words, "five words", "Write the number in digits"),
]
