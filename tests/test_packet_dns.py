"""DNS messages in packets, read only (RFC 1035)."""

import struct

import pytest

import netsteps as ns

NAME = b"\x07example\x03org\x00"
HEADER = struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0)
QUESTION = NAME + struct.pack(">HH", 1, 1)


def over_udp(message: bytes, port: int = 53) -> ns.Packet:
    return ns.Packet(message, source=("10.0.0.1", 4000), destination=("10.0.0.2", port))


def answer(kind: int, data: bytes, kind_class: int = 1) -> ns.Packet:
    header = struct.pack(">HHHHHH", 0x1234, 0x8180, 1, 1, 0, 0)
    record = b"\xc0\x0c" + struct.pack(">HHIH", kind, kind_class, 300, len(data)) + data
    return over_udp(header + QUESTION + record)


def test_a_question_is_read() -> None:
    packet = over_udp(HEADER + QUESTION)
    layer = packet["DNS"]
    assert layer.osi == 7
    assert layer["ID"].value == 0x1234
    assert (layer["QR"].value, layer["RD"].value) == (0, 1)
    assert layer["QNAME"].value == "example.org"
    assert layer["QNAME"].meaning == "question 1 of 1"
    assert layer["QTYPE"].text == "1 A"
    assert layer["QCLASS"].text == "1 Internet"
    assert packet.summary.endswith("DNS query A example.org")
    assert packet.payload == HEADER + QUESTION


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (1, bytes([10, 1, 2, 3]), "10.1.2.3"),
        (28, bytes(15) + b"\x01", "::1"),
        (5, b"\x03www\xc0\x0c", "www.example.org"),
        (2, b"\xc0\x0c", "example.org"),
        (12, b"\xc0\x0c", "example.org"),
        (15, b"\x00\x0a\x04mail\xc0\x0c", "10 mail.example.org"),
        (33, struct.pack(">HHH", 1, 2, 443) + b"\xc0\x0c", "1 2 443 example.org"),
        (16, b"\x05hello\x03\x00ab", '"hello" "\\x00ab"'),
        (
            6,
            b"\x02ns\xc0\x0c\x05admin\xc0\x0c" + struct.pack(">IIIII", 1, 2, 3, 4, 5),
            "ns.example.org admin.example.org 1 2 3 4 5",
        ),
    ],
)
def test_an_answer_is_read_by_its_type(kind: int, data: bytes, text: str) -> None:
    packet = answer(kind, data)
    assert packet.problems == ()
    assert packet["DNS"]["NAME"].value == "example.org"
    assert packet["DNS"]["TTL"].text == "300 s"
    assert packet["DNS"]["RDATA"].text == text
    assert packet["DNS"]["RDATA"].meaning == "answer 1 of 1"
    assert " DNS answer A example.org" in packet.summary


def test_an_unknown_type_stays_bytes() -> None:
    assert answer(65280, b"\x00\x01")["DNS"]["RDATA"].value == b"\x00\x01"


def test_an_additional_opt_record_has_its_own_fields() -> None:
    header = struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 1)
    record = b"\x00" + struct.pack(">HHIH", 41, 1232, 0x8000, 0)
    layer = over_udp(header + QUESTION + record)["DNS"]
    assert layer["NAME"].value == "."
    assert layer["UDP payload size"].value == 1232
    assert layer["DO"].value == 1


def test_multicast_dns_and_dns_over_tcp_are_read() -> None:
    assert over_udp(HEADER + QUESTION, 5353)["DNS"]["QNAME"].value == "example.org"
    message = HEADER + QUESTION
    packet = ns.Packet(
        struct.pack(">H", len(message)) + message,
        source=("10.0.0.1", 4000),
        destination=("10.0.0.2", 53),
        protocol="tcp",
        flags="PSH ACK",
    )
    assert packet["DNS"]["Length"].value == len(message)
    assert packet["DNS"]["QNAME"].value == "example.org"
    part = ns.Packet(
        b"\x01\x00ab", source=("10.0.0.1", 4000), destination=("10.0.0.2", 53), protocol="tcp"
    )
    assert part.layers[-1].name == "Payload"


def test_other_ports_carry_payload() -> None:
    assert over_udp(HEADER + QUESTION, 54).layers[-1].name == "Payload"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (HEADER[:11], "needs 12 bytes, and there are 11"),
        (HEADER, "goes on behind the message"),
        (HEADER + b"\xc0\x0c", "does not lead back"),
        (HEADER + b"\xc0\xff", "does not lead back"),
        (HEADER + b"\x01a\xc0\x0c\0\1\0\1", "does not lead back"),
        (HEADER + b"\x3fab", "goes on behind the message"),
        (HEADER + b"\x80ab", "begins no label"),
        (HEADER + (b"\x3f" + b"a" * 63) * 4 + b"\0", "longer than 255"),
        (HEADER + NAME + b"\0", "question 1 of 1 needs 4 bytes more, and there are 1"),
        (
            struct.pack(">HHHHHH", 1, 0x8180, 0, 65535, 0, 0)
            + NAME
            + struct.pack(">HHIH", 1, 1, 0, 4),
            "the data of answer 1 of 65535 needs 4 bytes, and there are 0",
        ),
        (
            struct.pack(">HHHHHH", 1, 0x8180, 0, 1, 0, 0)
            + NAME
            + struct.pack(">HHIH", 16, 1, 0, 2)
            + b"\x09a",
            "a text needs 9 bytes, and there are 1",
        ),
    ],
)  # fmt: skip
def test_a_broken_message_is_told_and_its_rest_unread(message: bytes, said: str) -> None:
    packet = over_udp(message)
    layer = packet["DNS"]
    assert said in str(layer.problem)
    if any(field.name == "Unread" for field in layer.fields):
        assert layer["Unread"].problem is not None
    assert any(said in problem for problem in packet.problems)
    # It is the message that is broken, not the packet.
    assert ns.Packet.parse(bytes(packet)) == packet


def test_names_cannot_hide_what_is_not_to_be_seen() -> None:
    message = HEADER + b"\x05a.b\x1b\xff\x00" + struct.pack(">HH", 1, 1)
    assert over_udp(message)["DNS"]["QNAME"].text == "a\\.b\\027\\255"
