"""What stands on the envelope of a packet, and in it, read from its layers."""

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.packet.anatomy import (
    PADDING,
    bits_of,
    field_of,
    layer_of,
    piece_of,
    plain,
)
from netsteps.show.packet.hexdump import readable
from netsteps.show.packet.records import first_record, folded
from netsteps.show.units import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsteps.show.packet.anatomy import Layer, Packet

__all__ = ["Letter", "Side", "letter_of"]

_MOST_LINES = 6
_COLUMNS = 64  # characters of a line of the message

# What a TCP segment without data says, by its flags (RFC 9293): RST, SYN, FIN, ACK.
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16


class Side(NamedTuple):
    """One end: its port in words, its address, and a note to each; empty where there is none."""

    port: str
    port_note: str
    address: str
    address_note: str


class Letter(NamedTuple):
    """What stands on the envelope and in it.

    message: lines of the preview. about: how much it is, or why there is none. stamp: the protocol,
    and what carries it. hops: how many more stations it may pass, or None. size, inside: bytes of
    the whole packet and of the message.
    """

    to: Side
    sender: Side
    message: tuple[str, ...]
    about: str
    stamp: tuple[str, str]
    hops: int | None
    size: int
    headers: int
    inside: int
    problems: tuple[str, ...]


def letter_of(packet: "Packet") -> Letter:
    """Read from a packet what stands on the envelope."""
    hops = field_of(packet.layers, "time", "live") or field_of(packet.layers, "hop", "limit")
    inside = _bytes_of(packet, range(7, 8))
    return Letter(
        to=_side(packet, packet.destination, "destination", "target"),
        sender=_side(packet, packet.source, "source", "sender"),
        message=_preview(packet),
        about=_about(packet, inside),
        stamp=_stamp(packet),
        hops=None if hops is None else bits_of(packet.data, hops),
        size=len(packet.data),
        headers=_bytes_of(packet, range(1, 7)),
        inside=inside,
        problems=tuple(plain(problem) for problem in packet.problems),
    )


def _bytes_of(packet: "Packet", numbers: range) -> int:
    return sum(
        max(layer.end - layer.start, 0)
        for layer in packet.layers
        if layer.osi in numbers and layer.name != PADDING
    )


def _side(packet: "Packet", endpoint: object, *words: str) -> Side:
    address, note = plain(getattr(endpoint, "ip", "") or ""), ""
    if address:
        note = _scope(plain(getattr(endpoint, "scope", "") or ""))
    else:
        address, note = _address_field(packet, words)
    port = getattr(endpoint, "port", 0)
    piece = piece_of(packet)
    if piece is not None and piece.start:
        return Side("", "no port here: it is in the first piece", address, note)
    if layer_of(packet, "ICMP", "ICMPv6"):
        return Side("", "no port: ICMP is for the computer itself", address, note)
    if layer_of(packet, "ARP"):
        return Side("", "no port: ARP is for the network card", address, note)
    if not port and not layer_of(packet, "TCP", "UDP"):
        return Side("", "no port in these bytes", address, note)
    service = getattr(endpoint, "service", None)
    return Side(f"port {port}", plain(service) if service else "", address, note)


def _address_field(packet: "Packet", words: tuple[str, ...]) -> tuple[str, str]:
    """Find an address in the headers: the innermost one, so that IP goes before Ethernet."""
    for layer in reversed(packet.layers):
        for word in words:
            field = field_of([layer], word, "address")
            if field is not None:
                return plain(field.text), "a hardware address" if layer.osi == 2 else ""
    return "", "no address in these bytes"


def _scope(scope: str) -> str:
    return {
        "loopback": "this computer itself",
        "private": "a private network",
        "link-local": "this network alone",
        "public": "the public Internet",
        "multicast": "a group of computers",
        "broadcast": "every computer of this network",
        "any": "no address yet",
        "documentation": "an address for examples",
        "": "",
    }.get(scope, scope)


def _stamp(packet: "Packet") -> tuple[str, str]:
    headers = [layer for layer in packet.layers if 2 <= layer.osi <= 4 and layer.name != PADDING]
    names = [plain(layer.name) for layer in headers]
    if not names:
        return plain(packet.protocol).upper() or "?", ""
    below = [name for name in names[:-1] if not name.startswith("IPv6 ")]
    return names[-1], f"over {below[-1]}" if below else ""


def _about(packet: "Packet", inside: int) -> str:
    if inside:
        size = plural(inside, "byte")
        piece = piece_of(packet)
        if piece is not None:
            return piece.words
        upper = [plain(layer.name) for layer in packet.layers if layer.osi == 7]
        return f"{size}, {upper[0]}" if upper[0] != "Payload" else size
    return ""


def _empty(packet: "Packet") -> str:
    """Say what a packet without a message is for."""
    if layer_of(packet, "ARP"):
        return plain(packet.summary)
    if not packet.layers:
        return "nothing that can be read"
    tcp = layer_of(packet, "TCP")
    if tcp is None or tcp.start + 14 > len(packet.data):
        return "nothing: an empty message is a message too"
    flags = packet.data[tcp.start + 13]
    if flags & _RST:
        return "the connection is broken off (RST)"
    if flags & _SYN:
        return "yes, and to you too (SYN, ACK)" if flags & _ACK else "may I connect? (SYN)"
    if flags & _FIN:
        return "I have no more to send (FIN)"
    return "I have your bytes (ACK)"


def _icmp(layer: "Layer") -> list[str]:
    """Say in two lines what an ICMP message is."""
    found = [(word, field_of([layer], word)) for word in ("type", "code")]
    return [f"{word}: {plain(field.text)}" for word, field in found if field is not None]


def _short(line: str) -> str:
    return line if len(line) <= _COLUMNS else f"{line[: _COLUMNS - 3]}..."


def _preview(packet: "Packet") -> tuple[str, ...]:
    """Give the first lines of the message: as text if it is text, otherwise in hex."""
    if any(layer.osi == 7 and layer.name != "Payload" for layer in packet.layers):
        return _records(packet)
    icmp = layer_of(packet, "ICMP", "ICMPv6")
    lines = [_short(line) for line in _icmp(icmp)] if icmp is not None else []
    parts = [layer for layer in packet.layers if layer.osi == 7 and layer.end > layer.start]
    if not parts:
        return tuple(lines) or (_short(_empty(packet)),)
    data = packet.data[max(parts[0].start, 0) : parts[-1].end]
    return (*lines, *_cut_lines(data, _MOST_LINES - len(lines)))


def _records(packet: "Packet") -> tuple[str, ...]:
    lines = []
    for layer in packet.layers:
        if layer.osi == 7 and layer.name != "Payload":
            record = first_record(layer.fields)
            # The header of a name server's message says little to a reader.
            begin = record.start if record is not None else 0
            told = [field for field in layer.fields if field.start >= begin and field.text]
            lines += [f"{plain(field.name)}: {plain(field.text)}" for field in folded(told)]
    if len(lines) > _MOST_LINES:
        left_out = len(lines) - _MOST_LINES + 1
        lines = [*lines[: _MOST_LINES - 1], f"... and {left_out} more"]
    return tuple(map(_short, lines or [plain(packet.summary)]))


def _columns(text: str) -> "Iterator[tuple[str, int]]":
    r"""Cut a text into lines of at most the columns of the sheet, each with its bytes.

    A line end is shown as \n and ends the line, and a character that does something (an escape, a
    change of direction) as a code too, so that no byte of the message goes unseen.
    """
    line, size = "", 0
    for char in text:
        shown = plain(char)
        if len(line) + len(shown) > _COLUMNS:
            yield line, size
            line, size = "", 0
        line += shown
        size += len(char.encode())
        if char == "\n":
            yield line, size
            line, size = "", 0
    if line:
        yield line, size


def _cut_lines(data: bytes, most: int) -> list[str]:
    head = data[: _COLUMNS * (most + 2) * 4]  # a character has up to four bytes
    text = _as_text(head, whole=len(head) == len(data))
    if text is None:
        rows = [data[at : at + 16] for at in range(0, len(data), 16)][: most + 1]
        lines = [(f"{row.hex(' '):<47}  {readable(row)}", len(row)) for row in rows]
    else:
        lines = [*islice(_columns(text), most + 1)]
    if len(lines) > most:
        del lines[most - 1 :]
    left_out = len(data) - sum(size for _, size in lines)
    shown = [line for line, _ in lines]
    return [*shown, f"... and {plural(left_out, 'byte')} more"] if left_out else shown


def _as_text(head: bytes, *, whole: bool) -> str | None:
    """Read bytes as UTF-8 text, or give None where most of it is something else."""
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        # The cut may have gone through the middle of a character.
        if whole or error.start < len(head) - 3:
            return None
        text = head[: error.start].decode()
    strange = sum(not (char.isprintable() or char in "\r\n\t") for char in text)
    return text if strange * 4 <= len(text) else None
