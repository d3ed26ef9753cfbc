"""Answers to open-connection."""

import socket
from contextlib import suppress

import netsteps as ns
from lessons_answers.wrong import Wrong


def rest_of(client: socket.socket) -> bytes:
    answer = b""
    while data := client.recv(4096):
        answer += data
    return answer


def right(host: str, port: int) -> bytes:
    last: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        client = socket.socket(family, kind, protocol)
        try:
            client.connect(address)
        except OSError as error:
            client.close()
            last = error
            continue
        with client:
            return rest_of(client)
    raise last or OSError("no address")


def right_with_netsteps(host: str, port: int) -> bytes:
    with ns.Socket.open(host, port, timeout=5.0) as client:
        return client.read_all(timeout=5.0)


def one_family(host: str, port: int) -> bytes:
    with socket.socket(socket.AF_INET) as client:
        client.connect((host, port))
        return rest_of(client)


def first_address(host: str, port: int) -> bytes:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as client:
        client.connect(address)
        return rest_of(client)


def leaves_them_open(host: str, port: int) -> bytes:
    last: OSError | None = None
    failed = []
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        client = socket.socket(family, kind, protocol)
        try:
            client.connect(address)
        except OSError as error:
            failed.append(client)
            last = error
            continue
        with client:
            return rest_of(client)
    raise last or OSError("no address")


def keeps_quiet(host: str, port: int) -> bytes:
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        with socket.socket(family, kind, protocol) as client:
            try:
                client.connect(address)
            except OSError:
                continue
            return rest_of(client)
    return b""


def takes_a_part(host: str, port: int) -> bytes:
    answer = b""
    with socket.create_connection((host, port)) as client, suppress(OSError):
        while data := client.recv(4096):
            answer += data
    return answer


def tries_for_ever(host: str, port: int) -> bytes:
    while True:
        try:
            return right(host, port)
        except OSError:
            pass


WRONG = [
    Wrong(one_family, "IPv6 address", "The family comes from the address"),
    Wrong(takes_a_part, "cut off", "what has come is not the whole answer"),
    Wrong(first_address, "two addresses", "A name may have several addresses"),
    Wrong(leaves_them_open, "two addresses", "has to be closed"),
    Wrong(keeps_quiet, "nobody listens", "the caller has to know"),
    Wrong(tries_for_ever, "nobody listens", "the caller has to know"),
]
