"""A packet in the OSI model: seven layers, each with its header over its bytes, if it has one.

What is real on the wire is drawn with solid lines and in colour; what is only a model, or belongs
to another packet, is drawn dashed and says so.
"""

from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.packet import grid, header, hexdump
from netsteps.show.packet.anatomy import (
    PADDING,
    layer_of,
    piece_of,
    plain,
    span_text,
    wrapped,
)
from netsteps.show.packet.wire import OSI, Part, Style, bar, parts_of, sign, swatch, title
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.theme import theme_of
from netsteps.show.units import plural

if TYPE_CHECKING:
    from netsteps.show.packet.anatomy import Layer, Packet

__all__ = ["Band", "absent", "bands", "loose_problems", "picture"]

WIDTH = 900.0
_LEFT, _RAIL, _DIAGRAM = 14.0, 148.0, 704.0
_X = _LEFT + _RAIL + 14.0
_BETWEEN = 8.0
_SMALLEST_BAND, _MODEL_BAND = 108.0, 44.0
_DUMP_LINES = 9
_CAPTION = 19.0
_MOST_PROBLEMS = 4


_CAPTIONS = {
    "Ethernet II": "from one network card to the next one: rewritten at every station on the way",
    "802.1Q": "the number of the virtual network that the frame belongs to",
    "Linux SLL": "written by the capture in the place of the link header: not on the wire",
    "Linux SLL2": "written by the capture in the place of the link header: not on the wire",
    "Loopback": "written by the capture in the place of the link header: not on the wire",
    "ARP": 'asks "who has this IP address?", and gets the hardware address as the answer',
    "IPv4": "from computer to computer, over all stations",
    "IPv6": "from computer to computer, over all stations",
    "Authentication Header": "proves who sent the packet",
    "ICMP": "the computers' own messages (ping, errors): no port, no program",
    "ICMPv6": "the computers' own messages (ping, errors): no port, no program",
    "UDP": "from port to port: one datagram, sent once, no answer expected",
    "TCP": "from port to port: one piece of a numbered stream, acknowledged",
    "DNS": "names to addresses: a protocol of the programs, carried as their message",
}


class Band(NamedTuple):
    """One layer of the model: a part of the packet with its layer, or words for why there is none.

    model: the layer is only a model. layer is None with a part for bytes that no layer claims.
    """

    osi: int
    part: Part | None
    layer: "Layer | None"
    words: str
    model: bool


def bands(packet: "Packet") -> list[Band]:
    """List what is drawn from the top, layer 7, down to layer 1, and then what no layer claims."""
    parts = [(part, layer) for part, layer in _with_layers(packet)]
    found = []
    for osi in range(7, 0, -1):
        here = [(part, layer) for part, layer in parts if part.osi == osi]
        # What is inside stands above: the last one on the wire comes first.
        found += [
            Band(osi, part, layer, caption(packet, layer), False) for part, layer in here[::-1]
        ]
        if not here:
            words, model = absent(packet, osi)
            found.append(Band(osi, None, None, words, model))
    found += [
        Band(
            0, part, layer, "no layer claims these bytes: padding, or what could not be read", False
        )
        for part, layer in parts
        if not 1 <= part.osi <= 7
    ]
    return found


def _rest_caption(part: Part) -> str:
    if part.name == PADDING:
        return "fills up a frame that is too short for the network card: part of no message"
    return "no layer claims these bytes: what could not be read"


def _with_layers(packet: "Packet") -> "list[tuple[Part, Layer | None]]":
    layers = list(packet.layers)
    found: list[tuple[Part, Layer | None]] = []
    for part in parts_of(packet):
        same = [
            layer
            for layer in layers
            if (layer.start, layer.end, plain(layer.name)) == (part.start, part.end, part.name)
        ]
        if same:
            layers.remove(same[0])
        found.append((part, same[0] if same else None))
    return found


def caption(packet: "Packet", layer: "Layer | None") -> str:
    """Say in one line what a layer of the packet is there for."""
    if layer is None:
        return ""
    if layer.name == "Payload":
        return _payload_caption(packet)
    if layer.name.startswith("IPv6 "):
        return "an extension of the IPv6 header"
    return _CAPTIONS.get(layer.name, "")


def _payload_caption(packet: "Packet") -> str:
    piece = piece_of(packet)
    if piece is not None:
        return f"{piece.words}, more follow" if piece.more else piece.words
    if layer_of(packet, "ICMP", "ICMPv6"):
        return "what the ICMP message carries with it"
    if layer_of(packet, "TCP", "UDP"):
        return "the programs' message. No header of layer 7: that layer is only a model here"
    if layer_of(packet, "IPv4", "IPv6"):
        return "what the IP packet carries: a protocol not read here"
    return "what the frame carries: not read here"


def absent(packet: "Packet", osi: int) -> tuple[str, bool]:
    """Say why a packet has nothing of a layer, and whether that layer is only a model."""
    ip = layer_of(packet, "IPv4", "IPv6")
    icmp, arp = layer_of(packet, "ICMP", "ICMPv6"), layer_of(packet, "ARP")
    match osi:
        case 7 if arp:
            return "not used: ARP is a matter of the network cards", False
        case 7:
            return "no message in this packet: it is all header", False
        case 6:
            return "programs agree on UTF-8 or TLS by themselves", True
        case 5:
            return (
                "programs keep their own dialogue",
                True,
            )
        case 4 if icmp:
            return (
                "not used: ICMP travels in IP directly, for the computer and not for a port",
                False,
            )
        case 4 if arp:
            return "not used: ARP has no ports, it is for the computer and not for a program", False
        case 4 if (piece := piece_of(packet)) is not None and piece.start:
            return "not part of these bytes: the ports are in the first piece of the message", False
        case 4:
            return "not part of these bytes, or not read", False
        case 3 if arp:
            return "no IP header: ARP looks for the owner of an IP address in this network", False
        case 3:
            return "not part of these bytes, or not read", False
        case 2 if ip:
            words = "not part of these bytes: they begin with the IP header (a raw IP packet)"
            return words, False
        case 2:
            return "not part of these bytes", False
    return "not part of these bytes: the signal (voltage, light, radio) that carries bits", False


def loose_problems(packet: "Packet") -> list[str]:
    """Give the problems that no layer and no field shows."""
    shown = [plain(layer.problem) for layer in packet.layers if layer.problem]
    shown += [
        plain(field.problem) for layer in packet.layers for field in layer.fields if field.problem
    ]
    return [
        text
        for text in map(plain, packet.problems)
        if not any(one in text or text in one for one in shown)
    ]


def picture(packet: "Packet", alt: str, theme: str) -> str:
    """Draw the packet in the OSI model, as SVG."""
    data = packet.data
    listed = bands(packet)
    plans = [_plan(band.layer, len(data)) if band.layer else None for band in listed]
    heights = [_height(band, plan, data) for band, plan in zip(listed, plans, strict=True)]
    count = len(packet.problems)
    loose = loose_problems(packet)
    top = 62.0 + (20.0 * (1 + min(len(loose), _MOST_PROBLEMS)) if count else 0)
    bar_at = top
    top += 56 + 22
    total = top + sum(heights) + _BETWEEN * len(heights) + 22
    canvas = Canvas(WIDTH, total, theme_of(theme))
    style = Style(canvas, data, "layers")
    _title(style, packet, loose)
    wide = WIDTH - 2 * _LEFT
    bar(style, parts_of(packet), len(data), x=_LEFT, y=bar_at, width=wide)
    ink = canvas.theme
    canvas.text(_LEFT, top - 7, "OSI layer", size=10.5, fill=ink.faint, bold=True)
    words = "solid: bytes on the wire, 32 bits to a row · dashed: nothing of it on the wire"
    canvas.text(_X, top - 7, words, size=10.5, fill=ink.faint)
    y = top
    for band, plan, high in zip(listed, plans, heights, strict=True):
        if band.part is None:
            _model(style, band, y, high)
        else:
            _real(style, band, plan, y, high)
        y += high + _BETWEEN
    words = "sending: each layer puts its header in front, from 7 down to 2"
    canvas.text(_LEFT, y + 8, words, size=10.5, fill=ink.faint)
    words = "receiving: each layer takes its header off, from 2 up to 7"
    canvas.text(WIDTH - _LEFT, y + 8, words, size=10.5, fill=ink.faint, anchor="end")
    return canvas.render(plain(packet.summary), alt)


def _height(band: Band, plan: "grid.Plan | None", data: bytes) -> float:
    if band.part is None:
        return _MODEL_BAND
    inner = _CAPTION + 10 + hexdump.LINE_HEIGHT * len(_dump(band, data))
    if band.layer is not None and plan is not None:
        inner += header.height(band.layer, plan)
    return max(inner, _SMALLEST_BAND if band.osi else 64)


def _dump(band: Band, data: bytes) -> list[hexdump.Line]:
    """Give the lines of bytes of what is shown without fields."""
    part, layer = band.part, band.layer
    if part is None or (layer is not None and not _dumped(layer)):
        return []
    return [*hexdump.lines(data, max(part.start, 0), part.end, _DUMP_LINES)]


def _dumped(layer: "Layer") -> bool:
    """Tell whether a layer is shown as bytes and text instead of fields."""
    return layer.name in {"Payload", PADDING} or not layer.fields


def _plan(layer: "Layer", size: int) -> grid.Plan:
    return grid.Plan((), (), 0) if _dumped(layer) else grid.plan(layer, size)


def _title(style: Style, packet: "Packet", loose: list[str]) -> None:
    canvas, theme = style.canvas, style.theme
    words = f"One packet of {plural(len(packet.data), 'byte')}, by the layers of the OSI model"
    title(canvas, plain(packet.summary), words, _LEFT)
    count = len(packet.problems)
    if not count:
        return
    y = 68.0
    sign(canvas, _LEFT + 8, y - 4)
    words = f"{plural(count, 'problem')}, marked with this sign"
    canvas.text(_LEFT + 22, y, words, size=12.5, fill=theme.red, bold=True)
    for number, text in enumerate(loose[:_MOST_PROBLEMS]):
        y += 19
        left_out = len(loose) - _MOST_PROBLEMS
        if number == _MOST_PROBLEMS - 1 and left_out > 0:
            text = f"{text} (and {left_out} more, in the table)"  # noqa: PLW2901
        canvas.text(_LEFT + 22, y, clipped(text, 12, WIDTH - 60), size=12, fill=theme.red)


def _model(style: Style, band: Band, y: float, high: float) -> None:
    canvas, theme = style.canvas, style.theme
    canvas.rect(
        _LEFT, y, WIDTH - 2 * _LEFT, high, fill="none", stroke=theme.faint, stroke_width=0.8,
        stroke_dasharray="5 4", rx=4,
    )  # fmt: skip
    name, question = OSI[band.osi]
    canvas.text(_LEFT + 12, y + 28, str(band.osi), size=20, fill=theme.faint, bold=True)
    canvas.text(_LEFT + 34, y + 19, name, size=13, fill=theme.faint, bold=True)
    canvas.text(
        _LEFT + 34,
        y + 35,
        clipped(question.split(":")[0], 10, _RAIL - 30),
        size=10,
        fill=theme.faint,
    )
    mark = "only a model" if band.model else "not here"
    canvas.rect(_X, y + 12, 92, 20, fill="none", stroke=theme.faint, rx=10, stroke_width=0.8)
    canvas.text(_X + 46, y + 26, mark, size=11, fill=theme.faint, anchor="middle")
    words = f"not on the wire: {band.words}" if band.model else band.words
    words = clipped(words, 12, _DIAGRAM - 106)
    canvas.text(_X + 102, y + 27, words, size=12, fill=theme.faint)


def _real(style: Style, band: Band, plan: "grid.Plan | None", y: float, high: float) -> None:
    canvas, theme = style.canvas, style.theme
    part = band.part
    if part is None:
        return
    hue = style.hue(part.osi, part.nth)
    canvas.rect(
        _LEFT, y, WIDTH - 2 * _LEFT, high, fill=theme.paper, stroke=hue, stroke_width=1.5, rx=4
    )
    swatch(style, part, x=_LEFT, y=y, height=high)
    _rail(style, band, part, y, hue)
    size = plural(max(part.end - part.start, 0), "byte")
    where = f"{span_text(part.start, part.end)} · {size}" if part.end > part.start else size
    canvas.text(_X + _DIAGRAM, y + 17, where, size=11, anchor="end", fill=theme.faint)
    room = _DIAGRAM - 10 - 0.64 * 11 * len(where)
    canvas.text(_X, y + 17, clipped(band.words, 11.5, room), size=11.5)
    y += _CAPTION + 4
    y = hexdump.draw(canvas, _dump(band, style.data), hue, _X, y)
    if band.layer is not None and plan is not None:
        header.draw(header.Pen(style, style.data, hue), band.layer, plan, _X, y)


def _rail(style: Style, band: Band, part: Part, y: float, hue: str) -> None:
    canvas, theme = style.canvas, style.theme
    x = _LEFT + 18
    if not band.osi:
        name = clipped(part.name, 13, _RAIL - 26, bold=True)
        canvas.text(x, y + 24, name, size=13, fill=theme.faint, bold=True)
        return
    name, question = OSI[band.osi]
    canvas.text(x, y + 31, str(band.osi), size=26, fill=hue, bold=True)
    canvas.text(x + 24, y + 29, clipped(name, 13, _RAIL - 44, bold=True), size=13, bold=True)
    room = _RAIL - 26
    size = 15.0 if text_width(part.name, 15, bold=True) <= room else 11.5
    y += 54
    for line in wrapped(part.name, size, room, 2, bold=True):
        canvas.text(x, y, line, size=size, fill=hue, bold=True)
        y += 15
    for line in wrapped(question, 10.5, room, 2):
        canvas.text(x, y + 4, line, size=10.5, fill=theme.faint)
        y += 14
