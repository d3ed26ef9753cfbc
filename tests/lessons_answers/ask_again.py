"""Answers to ask-again."""

import socket
import time

import netsteps as ns
from lessons_answers.wrong import Wrong

QUESTIONS = ((b"1 ", b"1 animal"), (b"2 ", b"2 colour"))


def answer_to(
    client: socket.socket, question: bytes, number: bytes, server: tuple[str, int]
) -> bytes:
    for _ in range(5):
        client.sendto(question, server)
        end = time.monotonic() + 0.2
        while (left := end - time.monotonic()) > 0:
            client.settimeout(left)
            try:
                data, sender = client.recvfrom(65535)
            except TimeoutError:
                break
            if sender == server and data.startswith(number):
                return data[2:]
    raise TimeoutError("no answer after five tries")


def right(host: str, port: int) -> bytes:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        answers = [answer_to(client, asked, number, (host, port)) for number, asked in QUESTIONS]
    return b" ".join(answers)


def right_with_netsteps(host: str, port: int) -> bytes:
    answers = []
    with ns.Socket("udp") as client:
        client.connect(host, port)
        for number, asked in QUESTIONS:
            found = None
            for _ in range(5):
                client.write(asked)
                end = time.monotonic() + 0.2
                while found is None and (left := end - time.monotonic()) > 0:
                    try:
                        data = client.read(timeout=left)
                    except ns.TimedOut:
                        break
                    if data.startswith(number):
                        found = data[2:]
                if found is not None:
                    break
            if found is None:
                raise TimeoutError("no answer after five tries")
            answers.append(found)
    return b" ".join(answers)


def waits_for_ever(host: str, port: int) -> bytes:
    answers = []
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        for _, asked in QUESTIONS:
            client.sendto(asked, (host, port))
            answers.append(client.recv(65535)[2:])
    return b" ".join(answers)


def gives_up_at_once(host: str, port: int) -> bytes:
    answers = []
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        for _, asked in QUESTIONS:
            client.sendto(asked, (host, port))
            answers.append(client.recv(65535)[2:])
    return b" ".join(answers)


def asks(host: str, port: int, *, sender: bool, number: bool, anew: bool, ends: bool) -> bytes:
    """Ask, with the mistakes that are asked for."""
    answers = []
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        for sign, asked in QUESTIONS:
            found = None
            tries = 0
            while found is None:
                tries += 1
                if ends and tries > 5:
                    raise TimeoutError("no answer after five tries")
                client.sendto(asked, (host, port))
                end = time.monotonic() + 0.2
                while found is None and (left := end - time.monotonic()) > 0:
                    client.settimeout(0.2 if anew else left)
                    try:
                        data, who = client.recvfrom(65535)
                    except TimeoutError:
                        break
                    if anew:
                        end = time.monotonic() + 0.2
                    if (who == (host, port) or not sender) and (
                        data.startswith(sign) or not number
                    ):
                        found = data[2:]
            answers.append(found)
    return b" ".join(answers)


def takes_any_sender(host: str, port: int) -> bytes:
    return asks(host, port, sender=False, number=True, anew=False, ends=True)


def takes_any_number(host: str, port: int) -> bytes:
    return asks(host, port, sender=True, number=False, anew=False, ends=True)


def waits_anew(host: str, port: int) -> bytes:
    return asks(host, port, sender=True, number=True, anew=True, ends=True)


def never_gives_up(host: str, port: int) -> bytes:
    return asks(host, port, sender=True, number=True, anew=False, ends=False)


def asks_at_once(host: str, port: int) -> bytes:
    answers = []
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        for sign, asked in QUESTIONS:
            for _ in range(5):
                client.sendto(asked, (host, port))
                try:
                    data, who = client.recvfrom(65535)
                except TimeoutError:
                    continue
                if who == (host, port) and data.startswith(sign):
                    answers.append(data[2:])
                    break
            else:
                raise TimeoutError("no answer after five tries")
    return b" ".join(answers)


WRONG = [
    Wrong(waits_for_ever, "is lost", "Wait with a time limit"),
    Wrong(gives_up_at_once, "is lost", "Wait with a time limit"),
    Wrong(takes_any_number, "comes twice", "Look at its number"),
    Wrong(takes_any_sender, "before the server", "compare the sender"),
    Wrong(waits_anew, "all the time", "begin with the question"),
    Wrong(asks_at_once, "", "is no reason to ask again"),
    Wrong(never_gives_up, "never answers", "Count the tries"),
]
