"""Answers as they are handed out."""


def server(port: int) -> None:
    raise NotImplementedError


def client(host: str, port: int) -> None:
    raise NotImplementedError
