"""The exercises of lesson 2: ports, addresses, the order of bytes, the layers of a frame."""

from typing import TYPE_CHECKING, Literal

from netsteps import Packet
from netsteps.lessons.exercise import Attempt, Exercise, Failed
from netsteps.lessons.exercises.calls import gives, refuses, type_of
from netsteps.lessons.exercises.ip_options import with_ip_options

if TYPE_CHECKING:
    from netsteps.lessons.subject_function import FunctionSubject

__all__ = ["EXERCISES"]

# Exercise 1: kind_of_port(port)

_KINDS = ("any", "well known", "registered", "dynamic")


def _port(port: int, kind: str, hint: str) -> Attempt:
    return Attempt(
        f"port {port}: {kind}",
        lambda subject: gives(subject, (port,), kind, lambda got: _word_hint(got, _KINDS, hint)),
    )


def _word_hint(got: object, words: tuple[str, ...], hint: str) -> str:
    if got not in words:
        return f"Give one of these texts, spelt like this: {', '.join(words)}."
    return hint


def _no_port(port: int, hint: str) -> Attempt:
    return Attempt(f"{port}: a ValueError", lambda subject: refuses(subject, (port,), hint))


# Exercise 2: scope_of_address(ip)

_SCOPES = ("loopback", "private", "link-local", "multicast", "public")


def _scope(ip: str, scope: str, hint: str) -> Attempt:
    return Attempt(
        f"{ip}: {scope}",
        lambda subject: gives(subject, (ip,), scope, lambda got: _word_hint(got, _SCOPES, hint)),
    )


# Exercise 3: port_to_bytes(value)


def _both_ways(port: int) -> tuple[Attempt, Attempt]:
    two = port.to_bytes(2, "big")
    return (
        Attempt(
            f"the number {port}, to bytes",
            lambda subject: gives(subject, (port,), two, lambda got: _bytes_hint(got, port)),
        ),
        Attempt(
            f"the bytes {two!r}, to a number",
            lambda subject: gives(subject, (two,), port, lambda got: _number_hint(got, port)),
            "The function goes both ways, and here it gets bytes. isinstance(value, bytes) tells"
            " which of the two it has.",
        ),
    )


def _bytes_hint(got: object, port: int) -> str:
    """Say how somebody may have come to these bytes."""
    if not isinstance(got, bytes):
        return f"A number becomes bytes. This is of type {type_of(got)}."
    if got == str(port).encode():
        return (
            "These are the digits, as text. In a header a port is one number of 16 bits: two bytes."
        )
    if len(got) != 2:
        return "A port has 16 bits, always two bytes, also when the first of them is 0."
    if got == port.to_bytes(2, "little"):
        return (
            "The two bytes are the wrong way round. On the network the higher byte comes first"
            " (network byte order), on most computers the lower one."
        )
    return "The first byte is how often 256 goes into the port, the second one is what is left."


def _number_hint(got: object, port: int) -> str:
    if isinstance(got, int) and got == int.from_bytes(port.to_bytes(2, "big"), "little"):
        return "The first byte is the higher one: it counts 256 times."
    if not isinstance(got, int):
        return f"Two bytes become a number. This is of type {type_of(got)}."
    return "The first byte times 256, and the second byte."


def _does_not_fit(subject: "FunctionSubject") -> None:
    outcome = subject.outcome(65536)
    if outcome.error is None:
        raise Failed(
            f"{subject.answer.name}(65536): an exception, of any kind",
            str(outcome),
            "65536 does not fit into two bytes. Whoever cuts it off talks to another port.",
        )


# Exercise 4: peel_the_layers(frame)


def _frame(message: bytes, protocol: Literal["udp", "tcp"]) -> bytes:
    """Make an Ethernet frame from one computer to another."""
    return bytes(
        Packet(message, source=_HERE, destination=_THERE, protocol=protocol, ethernet=_CARDS)
    )


_HERE, _THERE = ("192.168.1.7", 50000), ("203.0.113.9", 6666)
_CARDS = ("02:00:00:00:00:07", "02:00:00:00:00:01")
_TEXT = b"Hello, are you there?"
_UDP = _frame(_TEXT * 2, "udp")
_SYN = bytes(
    Packet(
        source=_HERE,
        destination=_THERE,
        protocol="tcp",
        ethernet=_CARDS,
        flags="SYN",
        options={"mss": 1460, "window scale": 7, "sack permitted": True},
    )
)


def _peels(title: str, frame: bytes, *sizes: int, name: str, hint: str) -> Attempt:
    wanted = list(zip(("Ethernet", "IPv4", name, "payload"), sizes, strict=True))
    return Attempt(
        title,
        lambda subject: gives(subject, (frame,), wanted, lambda got: _peel_hint(got, wanted, hint)),
    )


def _peel_hint(got: object, wanted: list[tuple[str, int]], hint: str) -> str:
    """Say which layer is the first that is wrong."""
    if not isinstance(got, list) or not all(
        isinstance(one, tuple) and len(one) == 2 for one in got
    ):
        return 'Give a list of tuples (name, size), from the outside in: [("Ethernet", 14), ...].'
    names = [name for name, _ in wanted]
    if [name for name, _ in got] != names:
        if {name for name, _ in got} == set(names):
            return "The order is from the outside in, as the bytes come over the wire."
        return (
            f"The names here are {', '.join(names)}. Byte 9 of the IP header tells what is inside."
        )
    wrong = next(
        name for (name, size), (_, right) in zip(got, wanted, strict=True) if size != right
    )
    if wrong == "Ethernet":
        return (
            "The Ethernet header is two MAC addresses of 6 bytes and a type of 2: always 14 bytes."
        )
    return hint


_IHL = (
    "The first byte of the IP header has its length, in its lower four bits, in words of 4 bytes:"
    " (frame[14] & 15) * 4."
)
_TCP = (
    "A TCP header has no fixed length: the upper four bits of its byte 12 tell it, in words of 4"
    " bytes: (byte >> 4) * 4."
)
_REST = "The payload is what is left when the three headers are off."
_PADDED = (
    "Ethernet fills a short frame up with zeros, to 60 bytes. They are not part of the message:"
    " bytes 2 and 3 of the IP header tell where the packet ends (Total Length, IP header included)."
)


def _first(*attempts: "Attempt | tuple[Attempt, ...]") -> tuple[Attempt, ...]:
    """Put attempts and groups of them into one row."""
    row: list[Attempt] = []
    for one in attempts:
        row += [one] if isinstance(one, Attempt) else one
    return tuple(row)


_WELL = "The well-known ports go up to 1023, and 1023 is the last one of them."
_OVER = "A port has 16 bits: 65535 is the last one."
_TEN = (
    "All of 10.0.0.0/8 is private: the first number is 10. Compare numbers, not the beginning of a"
    " text: 100 begins with 10, too."
)
_172 = "172.16.0.0/12 is private: the second number goes from 16 to 31, both included."
_192 = "192.168.0.0/16 is private: the first two numbers are 192 and 168."

EXERCISES = (
    Exercise(
        name="kind-of-port",
        lesson=2,
        title="The ranges of ports",
        task=(
            'kind_of_port(port) gives "well known" for 1 to 1023, "registered" for 1024 to 49151,'
            ' "dynamic" for 49152 to 65535, and "any" for 0, which in bind stands for any free'
            " port. Another number is a ValueError."
        ),
        kind="function",
        example="def kind_of_port(port):",
        attempts=(
            _port(80, "well known", _WELL),
            _port(6666, "registered", "The registered ports go from 1024 to 49151."),
            _port(50000, "dynamic", "The dynamic ports go from 49152 to 65535."),
            _port(1, "well known", "The well-known ports begin with 1."),
            _port(1023, "well known", _WELL),
            _port(1024, "registered", "1024 is the first one behind the well-known ports."),
            _port(49151, "registered", "49151 is the last registered port."),
            _port(49152, "dynamic", "49152 is the first dynamic port."),
            _port(65535, "dynamic", _OVER),
            _port(
                0, "any", "0 is no port that somebody could have. In bind it means: any free one."
            ),
            _no_port(65536, _OVER),
            _no_port(-1, "There are no negative ports. (In Python -1 < 1024 is true, too.)"),
        ),
    ),
    Exercise(
        name="scope-of-address",
        lesson=2,
        title="How far an address reaches",
        task=(
            "scope_of_address(ip) takes an IPv4 address as text and gives how far it reaches:"
            ' "loopback" (127.0.0.0/8), "private" (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16),'
            ' "link-local" (169.254.0.0/16), "multicast" (224.0.0.0/4), and "public" for the'
            " others."
        ),
        kind="function",
        example="def scope_of_address(ip):",
        attempts=(
            _scope("127.0.0.1", "loopback", "127.0.0.1 is the loopback address: this computer."),
            _scope("192.168.1.7", "private", _192),
            _scope("9.9.9.9", "public", "What is in none of the ranges is public."),
            _scope(
                "127.200.3.4", "loopback", "/8 means that only the first number counts: all of 127."
            ),
            _scope("10.20.30.40", "private", _TEN),
            _scope("172.16.0.1", "private", _172),
            _scope("172.31.255.254", "private", _172),
            _scope("172.32.0.1", "public", _172),
            _scope("172.15.0.1", "public", _172),
            _scope("192.167.1.1", "public", _192),
            _scope("100.20.1.1", "public", _TEN),
            _scope(
                "169.254.10.20",
                "link-local",
                "169.254.0.0/16 is link-local: a computer gives itself such an address when nobody"
                " else gives it one. (Python's is_private is true for these and for loopback, too:"
                " ask for them first.)",
            ),
            _scope("224.0.0.251", "multicast", "224.0.0.0/4 is multicast: 224 to 239."),
            _scope("239.255.255.250", "multicast", "224.0.0.0/4 is multicast: 224 to 239."),
            _scope("223.1.1.1", "public", "Multicast begins with 224."),
        ),
    ),
    Exercise(
        name="port-to-bytes",
        lesson=2,
        title="A port in network byte order",
        task=(
            "port_to_bytes(value) goes both ways: for a port (a number) it gives its two bytes in"
            " network byte order, the higher one first; for two bytes it gives the port. A number"
            " that does not fit raises an exception."
        ),
        kind="function",
        example="def port_to_bytes(value):",
        attempts=_first(
            _both_ways(6666),
            _both_ways(80),
            _both_ways(65535),
            _both_ways(256),
            _both_ways(0),
            Attempt("65536: an exception", _does_not_fit),
        ),
    ),
    Exercise(
        name="peel-the-layers",
        lesson=2,
        title="Peel the layers off a frame",
        task=(
            "peel_the_layers(frame) takes the bytes of an Ethernet frame with IPv4 inside, and"
            ' gives a list of tuples (name, size) from the outside in: [("Ethernet", 14),'
            ' ("IPv4", 20), ("UDP", 8), ("payload", 21)], with "TCP" in the place of "UDP" where it'
            " is TCP. Sizes are in bytes, each header without what is inside of it."
        ),
        kind="function",
        example="def peel_the_layers(frame):",
        attempts=(
            _peels("a UDP packet", _UDP, 14, 20, 8, 42, name="UDP", hint=_REST),
            _peels(
                "a longer one", _frame(_TEXT * 30, "udp"), 14, 20, 8, 630, name="UDP", hint=_REST
            ),
            _peels("a TCP packet", _frame(_TEXT * 2, "tcp"), 14, 20, 20, 42, name="TCP", hint=_TCP),
            _peels(
                "a TCP packet with options",
                _SYN,
                14,
                20,
                32,
                0,
                name="TCP",
                hint=_TCP,
            ),
            _peels(
                "an IP header with options",
                _UDP[:14] + with_ip_options(_UDP[14:], bytes([1] * 7 + [0])),
                14,
                28,
                8,
                42,
                name="UDP",
                hint=_IHL,
            ),
            _peels(
                "a short message, filled up by Ethernet",
                _frame(b"hi", "udp") + bytes(16),
                14,
                20,
                8,
                2,
                name="UDP",
                hint=_PADDED,
            ),
        ),
    ),
)
