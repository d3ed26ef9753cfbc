"""The two views of a packet: the envelope of lecture 1, the layers of lecture 2."""

import re
from html.parser import HTMLParser

import pytest

import golden
import pictures
from fake_packets import EXAMPLES, HOSTILE, Layer, Packet, dns, record, udp
from fake_packets import layer as make_layer
from netsteps.show import packet as show
from netsteps.show.packet.anatomy import plain
from netsteps.show.theme import DARK, LIGHT

VIEWS = {"layers": show.osi, "envelope": show.envelope}
EACH = pytest.mark.parametrize("name", EXAMPLES)
BOTH = pytest.mark.parametrize("view", VIEWS)


@EACH
@BOTH
def test_the_picture_is_the_one_on_file(name: str, view: str) -> None:
    golden.check(f"packet_{name}_{view}", VIEWS[view](EXAMPLES[name]))


@EACH
@BOTH
def test_no_text_lies_on_another_one_or_outside(name: str, view: str) -> None:
    svg = VIEWS[view](EXAMPLES[name]).svg
    assert pictures.outside(svg) == []
    assert pictures.overlaps(svg) == []


@EACH
@BOTH
def test_the_text_fits_into_a_terminal(name: str, view: str) -> None:
    text = VIEWS[view](EXAMPLES[name]).text
    assert max(map(len, text.split("\n"))) <= 100
    assert all(line.isprintable() for line in text.split("\n"))


def test_drawing_takes_the_name_of_a_view_and_of_a_theme() -> None:
    packet = udp()
    assert show.drawing(packet).svg == show.osi(packet).svg
    assert show.drawing(packet, "envelope", "dark").svg == show.envelope(packet, theme="dark").svg
    assert DARK.paper in show.drawing(packet, theme="dark").svg
    assert LIGHT.paper in show.drawing(packet).svg
    with pytest.raises(ValueError, match="no view of a packet"):
        show.drawing(packet, "sideways")
    with pytest.raises(ValueError, match="is no theme"):
        show.drawing(packet, theme="pink")


# The envelope


def test_the_envelope_says_where_to_who_for_and_who_from() -> None:
    text = show.envelope(EXAMPLES["syn"]).text
    assert re.search(r"who is it for\? +port 443 \(https\)", text)
    assert re.search(r"where to\? +203\.0\.113\.7 ", text)
    assert "port 49374" in text
    assert "may I connect? (SYN)" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ping", "no port: ICMP is for the computer itself"),
        ("arp", "no port: ARP is for the network card"),
        ("piece", "no port here: it is in the first piece"),
    ],
)
def test_an_envelope_without_a_port_says_why(name: str, words: str) -> None:
    drawing = show.envelope(EXAMPLES[name])
    assert words in drawing.text
    assert words in drawing.svg


def test_a_fragment_says_which_piece_it_is() -> None:
    words = "piece 2 of a message, bytes 1480-2959"
    assert words in show.envelope(EXAMPLES["piece"]).text
    assert f"{words}, more follow" in show.osi(EXAMPLES["piece"]).svg


def test_a_long_message_is_cut_with_a_count() -> None:
    assert "... and 1,160 bytes more" in show.envelope(EXAMPLES["piece"]).text
    assert "... 1,360 bytes more ..." in show.osi(EXAMPLES["piece"]).svg


def message(data: bytes) -> Packet:
    head = udp().data[:42]
    layers = (*udp().layers[:3], Layer("Payload", 7, 42, 42 + len(data)))
    return Packet(head + data, layers, data)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", [r"GET / HTTP/1.1\r\n", r"Host: a\r\n", r"\r\n"]),
        ("grüezi 你好".encode(), ["grüezi 你好"]),
        (b"\xff\xfe\x00\x01", ["ff fe 00 01                                      ...."]),
        (b"a  b", ["a  b"]),
        ("é".encode() * 1000, ["é" * 64] * 5 + ["... and 1,360 bytes more"]),
    ],
)
def test_the_message_is_shown_as_text_if_it_is_text(data: bytes, shown: list[str]) -> None:
    text = show.envelope(message(data)).text
    inside = text.split("the message inside")[1].split("\n")[1:]
    assert [line[4:-2].rstrip() for line in inside[: len(shown)]] == shown


# The layers


def test_what_is_only_a_model_says_so() -> None:
    drawing = show.osi(EXAMPLES["udp"])
    for number in ("6 Presentation", "5 Session"):
        assert re.search(
            rf"^{number} +\(only a model, not on the wire: ", drawing.text, re.MULTILINE
        )
    assert drawing.svg.count(">only a model<") == 2
    assert "No header of layer 7" in drawing.svg


def test_a_packet_without_a_link_header_says_so() -> None:
    words = "not part of these bytes: they begin with the IP header (a raw IP packet)"
    drawing = show.osi(EXAMPLES["syn"])
    assert words in drawing.svg
    assert f"2 Data link     ({words})" in drawing.text


def test_every_byte_of_a_header_stands_below_its_bits() -> None:
    packet = EXAMPLES["syn"]
    found = [
        box for box in pictures.texts(show.osi(packet).svg) if re.fullmatch("[0-9a-f]{2}", box.text)
    ]
    rows: dict[float, list[pictures.Box]] = {}
    for box in found:
        rows.setdefault(box.top, []).append(box)
    # The ruler's numbers have two digits as well, and more of them in a row.
    lines = ["".join(box.text for box in row) for row in rows.values() if len(row) == 4]
    assert "".join(lines) == (packet.data[20:60] + packet.data[:20]).hex()
    lefts = {tuple(round(box.left) for box in row) for row in rows.values() if len(row) == 4}
    assert len(lefts) == 1


def test_problems_are_marked_and_told_where_they_are() -> None:
    drawing = show.osi(EXAMPLES["broken"])
    for words in ("should be 0xca98", "3 bytes are missing", "the capture kept 31 of 34 bytes"):
        assert words in drawing.svg
        assert words in drawing.text
        assert words in drawing.details
    assert ">3 problems, marked with this sign<" in drawing.svg
    assert drawing.alt.endswith("3 problems")


def many_records(count: int) -> Packet:
    rows = [row for number in range(count) for row in record(f"answer {number} of {count}", "ip")]
    head = dns().data[:95]
    data = head + dns().data[95:123] * count
    old = dns().layers
    first = old[3].fields[0]
    assert first.start == 62 * 8
    found = make_layer(data, "DNS", 7, 95, rows)
    fields = (*old[3].fields[:18], *found.fields)
    return Packet(data, (*old[:3], Layer("DNS", 7, 62, len(data), fields)))


def test_many_records_are_folded() -> None:
    drawing = show.osi(many_records(30))
    height = float(re.search(r'height="([\d.]+)"', drawing.svg)[1])  # type: ignore[index]
    assert height < 1900
    assert ">www.example.org AAAA 2001:db8::80<" in drawing.svg
    assert "... and 15 more, in the table" in drawing.svg
    assert pictures.overlaps(drawing.svg) == []
    assert len(drawing.text.split("\n")) < 150


# What comes from outside


@BOTH
def test_nothing_from_outside_is_markup_or_acts_on_a_terminal(view: str) -> None:
    drawing = VIEWS[view](EXAMPLES["hostile"])
    for text in (drawing.svg, drawing.html, drawing.details):
        assert "<script" not in text
        assert not set(text) & set("\x1b\x07\u202e\u2066")
    assert not set(drawing.text) & set("\x1b\x07\u202e\u2066")
    assert HOSTILE.decode()[:10] in drawing.text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attributes} | {(tag, "")}


@EACH
def test_the_details_are_a_plain_table_of_all_fields(name: str) -> None:
    packet = EXAMPLES[name]
    details = show.osi(packet).details
    tags = Tags()
    tags.feed(details)
    assert {tag for tag, _ in tags.found} <= {
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert {attribute for _, attribute in tags.found} <= {"", "style", "colspan"}
    rows = details.count("<tr>")
    assert rows >= len(packet.layers) + sum(len(layer.fields) for layer in packet.layers)
    for layer in packet.layers:
        assert f"{plain(layer.name).split('<')[0]}" in details
