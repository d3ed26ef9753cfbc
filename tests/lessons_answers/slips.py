"""Slips of a beginner, one in each answer."""

import threading

import netsteps as ns


def text_for_bytes(connection: ns.Socket, count: int) -> str:
    data = ""
    while len(data) < count:
        data += connection.read(count - len(data))
    return data


def binds_the_port_of_the_server(host: str, port: int) -> None:
    client = ns.Socket("tcp")
    client.bind(host, port)
    client.connect(host, port)


def reads_the_listener(port: int) -> None:
    server = ns.Socket("tcp")
    server.bind("127.0.0.1", port)
    server.listen()
    while True:
        server.accept()
        server.read()


def a_server_that_connects(port: int) -> None:
    ns.Socket("tcp").connect("127.0.0.1", port)


def sends_the_datagram_itself(port: int) -> None:
    server = ns.Socket("udp")
    server.bind("127.0.0.1", port)
    while True:
        datagram = server.receive_from()
        server.send_to(datagram, datagram.sender)


def asks_over_tcp(host: str, port: int) -> None:
    ns.Socket("tcp").connect(host, port)


def closes_too_early(port: int) -> None:
    def serve(connection: ns.Socket) -> None:
        while data := connection.read():
            connection.write(data)

    server = ns.Socket("tcp")
    server.bind("127.0.0.1", port)
    server.listen()
    while True:
        with server.accept() as connection:
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


def prints_it(message: bytes, size: int) -> None:
    print([message[start : start + size] for start in range(0, len(message), size)])


def reads_once(host: str, port: int) -> bytes:
    with ns.Socket.open(host, port) as client:
        return client.read().replace(b"\n", b"|")


def one_way(value: int) -> bytes:
    return bytes([value // 256, value % 256])


def sends_for_ever(connection: ns.Socket, data: bytes) -> None:
    while data:
        connection.send(data)


def answers_itself(port: int) -> None:
    server = ns.Socket("udp")
    server.bind("127.0.0.1", port)
    while True:
        server.receive_from()
