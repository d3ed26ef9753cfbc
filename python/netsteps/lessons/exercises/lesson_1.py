"""The exercises of lesson 1: parts of a message, the envelope, the order of a server's steps."""

from typing import TYPE_CHECKING

from netsteps import Packet
from netsteps.lessons.exercise import Attempt, Exercise
from netsteps.lessons.exercises.calls import gives, refuses, type_of
from netsteps.lessons.exercises.ip_options import with_ip_options
from netsteps.lessons.exercises.server_steps import look, play
from netsteps.show.units import plural

if TYPE_CHECKING:
    from netsteps.lessons.subject_function import FunctionSubject

__all__ = ["EXERCISES"]

# Exercise 1: split_message(message, size)

_LONG = bytes(number * 7 % 251 for number in range(5000))  # no two neighbours are alike


def _cut(message: bytes, size: int) -> list[bytes]:
    return [message[start : start + size] for start in range(0, len(message), size)]


def _splits(message: bytes, size: int) -> "Attempt":
    count = len(_cut(message, size))
    return Attempt(
        f"a message of {len(message):,} bytes, parts of at most {size:,}: {plural(count, 'part')}",
        lambda subject: gives(
            subject,
            (message, size),
            _cut(message, size),
            lambda got: _split_hint(got, message, size),
        ),
    )


def _split_hint(got: object, message: bytes, size: int) -> str:
    """Say what is wrong with the parts of a message."""
    if not isinstance(got, list):
        return f"Give a list of the parts. This is of type {type_of(got)}."
    if not all(isinstance(part, bytes) for part in got):
        return "Each part is bytes, a slice of the message: message[start:end]."
    if not message:
        return "An empty message has nothing to send, and so no parts: an empty list, []."
    if b"" in got:
        return "One of the parts is empty. Stop when nothing of the message is left."
    if any(len(part) > size for part in got):
        return f"A part is longer than size={size} bytes: it does not fit into its packet."
    whole = b"".join(got)
    if len(whole) > len(message):
        return (
            "The parts have more bytes than the message. A packet has no fixed size: the last part"
            " may be short, and is not filled up. And no byte stands in two parts."
        )
    if len(whole) < len(message) and message.startswith(whole):
        return "The end of the message is missing: the last part may be short, but it counts."
    if whole != message:
        return "Put together, the parts are not the message: bytes are missing, or out of order."
    return f"The parts are right together, but fill each one up to size={size} before the next."


def _refuses_size(size: int) -> Attempt:
    hint = "No part can be of this size. Look at `size` first, and say so."
    return Attempt(
        f"a size of {size}: a ValueError",
        lambda subject: refuses(subject, (b"abc", size), hint),
    )


# Exercise 2: join_parts(parts)


def _joins(title: str, parts: list[tuple[int, int, bytes]], wanted: bytes, hint: str) -> Attempt:
    def run(subject: "FunctionSubject") -> None:
        gives(subject, (parts,), wanted, lambda got: _join_hint(got, parts, hint))

    return Attempt(title, run)


def _join_hint(got: object, parts: list[tuple[int, int, bytes]], hint: str) -> str:
    if isinstance(got, str):
        return 'The message is bytes, as its parts are: begin with b"", or use b"".join(...).'
    if isinstance(got, bytes) and len(parts) > 1 and got == b"".join(data for *_, data in parts):
        return f"The parts were put together as they came. {hint}"
    return hint


def _misses(title: str, parts: list[tuple[int, int, bytes]], number: int, hint: str) -> Attempt:
    def run(subject: "FunctionSubject") -> None:
        refuses(subject, (parts,), hint, naming=str(number), of="the number of the missing part")

    return Attempt(title, run)


_TWELVE = [(number, 12, f"<{number}>".encode()) for number in range(12)]

# Exercise 3: read_the_envelope(packet)


def _packet(ip: str, port: int, message: bytes, options: bytes) -> bytes:
    """Make a packet of IPv4 and UDP."""
    made = Packet(message, source=("192.168.1.7", 50000), destination=(ip, port), protocol="udp")
    return with_ip_options(bytes(made), options) if options else bytes(made)


def _reads(title: str, ip: str, port: int, message: bytes, options: bytes = b"") -> Attempt:
    packet = _packet(ip, port, message, options)

    def run(subject: "FunctionSubject") -> None:
        wanted = (ip, port, message)
        gives(subject, (packet,), wanted, lambda got: _envelope_hint(got, wanted, len(options)))

    return Attempt(title, run)


def _envelope_hint(got: object, wanted: tuple[str, int, bytes], options: int) -> str:
    """Say which of the three is wrong, and how that may have come."""
    if not isinstance(got, tuple) or len(got) != 3:
        return "Give a tuple of three: return where, port, message."
    where, port, message = got
    ip, number, text = wanted
    if not isinstance(where, str):
        return (
            "Where to is text with dots: turn each of the four bytes into a number, and join them."
        )
    if where == "192.168.1.7":
        return "That is the address of the sender, in bytes 12 to 15. Where to comes after it."
    if where != ip:
        return "Where to is in the four bytes 16 to 19 of the packet."
    if port == number and message == text:
        return "The port is a number (int), and the message is bytes."
    if options:
        return (
            "This IP header is longer than 20 bytes: it has options. Its first byte tells how long"
            " it is, (packet[0] & 15) * 4, and everything behind it moves back by as much."
        )
    if port == 50000:
        return "That is the port of the sender, the first two bytes of the UDP header."
    if port == int.from_bytes(number.to_bytes(2, "big"), "little"):
        return "The two bytes of the port are the wrong way round: the higher one comes first."
    if port != number:
        return (
            "The port is in bytes 2 and 3 behind the IP header: the first times 256, and the other."
        )
    if isinstance(message, bytes) and message.endswith(text):
        return "There is a piece of the envelope before the message: the UDP header has 8 bytes."
    return (
        "The message is all that follows the IP header and the 8 bytes of the UDP header, as bytes."
    )


_HELLO = b"Hello, are you there?"
_ROUTE = bytes([7, 7, 4, 0, 0, 0, 0, 0])  # "record route", with room for one address, and an end

EXERCISES = (
    Exercise(
        name="split-message",
        lesson=1,
        title="Split a message",
        task=(
            "split_message(message, size) gives the message (bytes) as a list of parts, in order,"
            " of at most size bytes each. Fill each part before you begin the next one. An empty"
            " message has no parts. A size below 1 is a ValueError."
        ),
        kind="function",
        example="def split_message(message, size):",
        attempts=(
            _splits(b"abcdef", 3),
            _splits(b"abcdefg", 3),
            _splits(b"hi", 1472),
            _splits(b"aaaa", 1),
            _splits(_LONG, 1472),
            _splits(b"", 10),
            _refuses_size(0),
            _refuses_size(-1),
        ),
    ),
    Exercise(
        name="join-parts",
        lesson=1,
        title="Put the parts of a message together",
        task=(
            "join_parts(parts) gives the message (bytes). Each part is a tuple (number, total,"
            " data): its number from 0 on, how many there are, and its bytes. They come in any"
            " order, and some come twice. If a part is missing, it raises a ValueError whose text"
            " has the number of the first missing part."
        ),
        kind="function",
        example="def join_parts(parts):",
        attempts=(
            _joins(
                "three parts, in order",
                [(0, 3, b"one "), (1, 3, b"two "), (2, 3, b"three")],
                b"one two three",
                "Put the data of the parts together, without anything between them.",
            ),
            _joins(
                "three parts, in another order",
                [(2, 3, b"three"), (0, 3, b"one "), (1, 3, b"two ")],
                b"one two three",
                "Packets overtake each other: put them in the order of their numbers.",
            ),
            _joins(
                "a part that comes twice",
                [(0, 2, b"left "), (1, 2, b"right"), (0, 2, b"left ")],
                b"left right",
                "A packet may come twice. A part that is there already is left out.",
            ),
            _joins(
                "two parts with the same data",
                [(0, 3, b"ha"), (1, 3, b"ha"), (2, 3, b"!")],
                b"haha!",
                "Two different parts may have the same data. Only the number tells whether one came"
                " before.",
            ),
            _joins(
                "twelve parts, upside down",
                _TWELVE[::-1],
                b"".join(data for *_, data in _TWELVE),
                "The order is that of numbers: 2 comes before 10. (As text, 10 comes before 2.)",
            ),
            _misses(
                "part 1 of three is missing",
                [(2, 3, b"three"), (0, 3, b"one ")],
                1,
                "A message with a hole is worse than none: look whether each number is there.",
            ),
            _misses(
                "the last part is missing",
                [(0, 3, b"one "), (1, 3, b"two ")],
                2,
                "The parts that came have no hole between them, but `total` says that there are 3.",
            ),
            _misses(
                "a part is missing, and another came twice",
                [(0, 3, b"one "), (0, 3, b"one "), (2, 3, b"three")],
                1,
                "Three parts came, and three there are, but not the right ones: do not count them,"
                " look at each number.",
            ),
        ),
    ),
    Exercise(
        name="read-the-envelope",
        lesson=1,
        title="Read the envelope of a packet",
        task=(
            "read_the_envelope(packet) takes the bytes of an IPv4 packet with UDP inside, and gives"
            " a tuple of three: where to (the destination address as text), who for (the"
            " destination port as a number), and the message (bytes). The IP header may be longer"
            " than 20 bytes."
        ),
        kind="function",
        example="def read_the_envelope(packet):",
        attempts=(
            _reads("the letter of the lesson", "203.0.113.9", 6666, _HELLO),
            _reads("another address and port", "10.1.2.3", 53, b"another message"),
            _reads("the highest port, 65535", "198.51.100.200", 65535, b"x"),
            _reads("a message that is no text", "127.0.0.1", 256, bytes(range(256))),
            _reads("an empty message", "203.0.113.9", 7, b""),
            _reads("an IP header of 28 bytes", "203.0.113.9", 6666, _HELLO, _ROUTE),
            _reads("an IP header of 60 bytes", "203.0.113.80", 443, _HELLO, _ROUTE * 5),
        ),
    ),
    Exercise(
        name="order-of-steps",
        lesson=1,
        title="The order of a server's steps",
        task=(
            'order_of_steps() gives a list of the words "accept", "bind", "close", "listen",'
            ' "read", "socket" and "write", in the order in which a server takes these steps when'
            " it reads a question and then answers it. The check takes them, with a client that"
            " asks."
        ),
        kind="function",
        example="def order_of_steps():",
        attempts=(
            Attempt("the seven words, each once", look),
            Attempt("the steps, really taken, with a client that asks", play),
        ),
    ),
)
