"""The checks: one function for each exercise.

    from netsteps.lessons import check

    def echo_server(port): ...

    check.echo_server(echo_server)

Each takes the function itself, without calling it; or a command as a list of words, such as
["./server", "{port}"]; or the path of a Python file. It gives a Report, which is true when every
attempt passed. The answer runs in a process of its own: whatever it does, the check comes back
within time_limit seconds, and nothing of it is left. Ctrl-C (the interrupt of a notebook) ends a
check.

`check.exercises()` lists them, `check.task("echo-server")` says what is to be written. In a
terminal: `netsteps check --list`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from netsteps.lessons.exercise import Exercise
    from netsteps.lessons.report import Report, Task
    from netsteps.show import Table

    _Answer = Callable[..., object] | Sequence[str] | Path

__all__ = [
    "ask_again",
    "datagram_echo",
    "echo_server",
    "exercises",
    "first_client",
    "join_parts",
    "keep_up",
    "kind_of_port",
    "line_client",
    "many_clients",
    "message_server",
    "open_connection",
    "order_of_steps",
    "peel_the_layers",
    "port_status",
    "port_to_bytes",
    "put_in_order",
    "read_exactly",
    "read_the_envelope",
    "scope_of_address",
    "send_all",
    "split_message",
    "task",
    "tcp_or_udp",
    "who_am_i",
    "word_count",
]

_SECONDS = 60.0


def exercises() -> "Table[Exercise]":
    """List the exercises: lesson, name, what is written, and what it is about."""
    from netsteps.lessons.exercise import all_exercises
    from netsteps.show import Table

    titles = ("lesson", "name", "kind", "title")
    return Table(all_exercises(), columns=dict(zip(titles, titles, strict=True)))


def task(name: str) -> "Task":
    """Say what is to be written for an exercise, and what is tried.

    name: "echo-server". Gives a text, which shows itself. Raises KeyError for a name that is none.
    """
    from netsteps.lessons.exercise import exercise
    from netsteps.lessons.report import Task

    return Task(exercise(name.replace("_", "-")))


def _check(name: str, answer: "_Answer", time_limit: float) -> "Report":
    from netsteps.lessons.checking import examine
    from netsteps.lessons.exercise import exercise

    return examine(exercise(name), answer, time_limit=time_limit)


def split_message(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to split-message.

    split_message(message, size): a list of parts of at most size bytes.
    """
    return _check("split-message", answer, time_limit)


def join_parts(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to join-parts.

    join_parts(parts): the message of numbered parts.
    """
    return _check("join-parts", answer, time_limit)


def read_the_envelope(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to read-the-envelope.

    read_the_envelope(packet): the addresses and the payload of an IPv4 packet.
    """
    return _check("read-the-envelope", answer, time_limit)


def first_client(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to first-client.

    first_client(host, port): which says hello and returns the answer.
    """
    return _check("first-client", answer, time_limit)


def order_of_steps(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to order-of-steps.

    order_of_steps(): the steps of a server in their order.
    """
    return _check("order-of-steps", answer, time_limit)


def kind_of_port(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to kind-of-port.

    kind_of_port(port): well known, registered or dynamic.
    """
    return _check("kind-of-port", answer, time_limit)


def scope_of_address(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to scope-of-address.

    scope_of_address(address): how far an address reaches.
    """
    return _check("scope-of-address", answer, time_limit)


def port_to_bytes(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to port-to-bytes.

    port_to_bytes(port): in network byte order, and the way back.
    """
    return _check("port-to-bytes", answer, time_limit)


def peel_the_layers(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to peel-the-layers.

    peel_the_layers(frame): the layers of an Ethernet frame.
    """
    return _check("peel-the-layers", answer, time_limit)


def datagram_echo(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to datagram-echo.

    datagram_echo(port): a UDP server that sends back what it gets.
    """
    return _check("datagram-echo", answer, time_limit)


def echo_server(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to echo-server.

    echo_server(port): a TCP server that sends back what it gets.
    """
    return _check("echo-server", answer, time_limit)


def read_exactly(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to read-exactly.

    read_exactly(socket, count): exactly so many bytes of a stream.
    """
    return _check("read-exactly", answer, time_limit)


def send_all(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to send-all.

    send_all(socket, data): all of the data, however little is taken at once.
    """
    return _check("send-all", answer, time_limit)


def open_connection(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to open-connection.

    open_connection(host, port): a client that tries every address of a name.
    """
    return _check("open-connection", answer, time_limit)


def line_client(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to line-client.

    line_client(host, port): a client that reads lines, however they are cut.
    """
    return _check("line-client", answer, time_limit)


def many_clients(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to many-clients.

    many_clients(port): a TCP server in which no client holds up the others.
    """
    return _check("many-clients", answer, time_limit)


def who_am_i(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to who-am-i.

    who_am_i(port): a TCP server that tells clients their own address.
    """
    return _check("who-am-i", answer, time_limit)


def message_server(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to message-server.

    message_server(port): a TCP server of messages with their length before them.
    """
    return _check("message-server", answer, time_limit)


def port_status(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to port-status.

    port_status(host, port): open, refused or silent.
    """
    return _check("port-status", answer, time_limit)


def word_count(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to word-count.

    word_count(port): a TCP server that counts words until the client's end.
    """
    return _check("word-count", answer, time_limit)


def ask_again(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to ask-again.

    ask_again(host, port): a UDP client that repeats a lost question.
    """
    return _check("ask-again", answer, time_limit)


def put_in_order(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to put-in-order.

    put_in_order(datagrams): numbered datagrams put in order.
    """
    return _check("put-in-order", answer, time_limit)


def keep_up(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to keep-up.

    keep_up, a receiver that is as quick as its sender.
    """
    return _check("keep-up", answer, time_limit)


def tcp_or_udp(answer: "_Answer", *, time_limit: float = _SECONDS) -> "Report":
    """Check an answer to tcp-or-udp.

    tcp_or_udp(use): which of the two fits a use.
    """
    return _check("tcp-or-udp", answer, time_limit)
