"""The packets of a capture as a table."""

from typing import TYPE_CHECKING, Any, Protocol

from netsteps.show.listing import Table
from netsteps.show.units import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["table_of_packets"]


class _Capture(Protocol):
    @property
    def problems(self) -> tuple[str, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...  # noqa: ANN401 - a slice gives a capture
    def __iter__(self) -> "Iterator[Any]": ...


def table_of_packets(capture: _Capture, limit: int | None = None) -> Table[Any]:
    """Lay the packets out, one in a row, with times from the first one on.

    limit: the most rows; the note says how many packets there are beyond.
    """
    shown = list(capture if limit is None else capture[:limit])
    begun = next((packet.time_ns for packet in shown if packet.time_ns is not None), 0)

    def time(packet: Any) -> object:  # noqa: ANN401 - a CapturedPacket
        if packet.time_ns is None:
            return None
        seconds = (packet.time_ns - begun) / 1e9
        return Quantity(seconds, f"{seconds:.6f}")

    columns: dict[str, Any] = {"number": "number", "seconds": time, "bytes": "length"}
    if len({packet.interface for packet in shown}) > 1:
        columns["interface"] = "interface"
    columns["packet"] = _summary
    if any(packet.comment for packet in shown):
        columns["comment"] = lambda packet: packet.comment or ""
    notes = [*capture.problems[:3]]
    if len(capture.problems) > len(notes):
        notes.append(f"{len(capture.problems)} problems in all: .problems")
    if len(shown) < len(capture):
        notes.insert(0, f"the first {len(shown):,} of {len(capture):,} packets")
    return Table(shown, columns=columns, caption="packets", note="; ".join(notes) or None)


def _summary(captured: Any) -> object:  # noqa: ANN401 - a CapturedPacket
    packet = captured.packet
    return captured.link if packet is None else packet.summary
