"""A packet in two views: the envelope of the first lecture, the OSI layers of the second one."""

from typing import TYPE_CHECKING, NamedTuple

from netsteps.show.drawing import Drawing
from netsteps.show.packet import as_layers, as_letter
from netsteps.show.packet.anatomy import plain
from netsteps.show.packet.text import details, envelope_text, layers_text
from netsteps.show.theme import theme_of
from netsteps.show.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsteps.show.packet.anatomy import Layer, Packet

__all__ = ["drawing", "envelope", "osi"]


class _Snapshot(NamedTuple):
    """The parts of a packet, asked for once: the packet itself works them out at each access."""

    data: bytes
    layers: "Sequence[Layer]"
    payload: bytes
    source: object | None
    destination: object | None
    protocol: str
    problems: "Sequence[str]"
    summary: str


def _snapshot(packet: "Packet") -> _Snapshot:
    return _Snapshot(*(getattr(packet, name) for name in _Snapshot._fields))


def drawing(packet: "Packet", view: str = "layers", theme: str = "light") -> Drawing:
    """Draw a packet as its layers ("layers") or as a letter ("envelope").

    theme: "light" or "dark". Raises ValueError for another view or theme.
    """
    match view:
        case "layers":
            return osi(packet, theme=theme)
        case "envelope":
            return envelope(packet, theme=theme)
    message = f'view={view!r} is no view of a packet; there are "layers" and "envelope"'
    raise ValueError(message)


def envelope(packet: "Packet", theme: str = "light") -> Drawing:
    """Draw a packet as a letter: the message inside, who it is for (the port), where to (the IP).

    theme: "light" or "dark". Raises ValueError for another one. Source: lecture 1.
    """
    packet = _snapshot(packet)
    alt = f"{plain(packet.summary)}: drawn as a letter, {_size(packet)}"
    return Drawing(
        lambda name: as_letter.picture(packet, alt, name),
        envelope_text(packet),
        alt,
        details=details(packet),
        theme=theme_of(theme).name,
    )


def osi(packet: "Packet", theme: str = "light") -> Drawing:
    """Draw a packet by the seven layers of the OSI model, each header over its bytes.

    theme: "light" or "dark". Raises ValueError for another one. Source: lecture 2.
    """
    packet = _snapshot(packet)
    names = ", ".join(plain(layer.name) for layer in packet.layers) or "nothing that can be read"
    alt = f"{plain(packet.summary)}: by the layers of the OSI model ({names}), {_size(packet)}"
    return Drawing(
        lambda name: as_layers.picture(packet, alt, name),
        layers_text(packet),
        alt,
        details=details(packet),
        theme=theme_of(theme).name,
    )


def _size(packet: "Packet") -> str:
    size = plural(len(packet.data), "byte")
    count = len(packet.problems)
    return f"{size}, {plural(count, 'problem')}" if count else size
