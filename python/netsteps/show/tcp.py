"""What the kernel knows of a TCP connection, as a small picture: its state, and what limits it."""

from typing import Protocol

from netsteps.show.drawing import Drawing
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.tables import text_table
from netsteps.show.theme import theme_of
from netsteps.show.units import size_text, time_text

__all__ = ["tcp"]

_WIDTH = 620
_MARGIN = 16


class _Tcp(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def congestion(self) -> str: ...
    @property
    def rtt_us(self) -> int | None: ...
    @property
    def rttvar_us(self) -> int | None: ...
    @property
    def min_rtt_us(self) -> int | None: ...
    @property
    def cwnd(self) -> int: ...
    @property
    def cwnd_bytes(self) -> int: ...
    @property
    def ssthresh(self) -> int | None: ...
    @property
    def mss(self) -> int: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def retransmits_now(self) -> int: ...
    @property
    def retransmissions(self) -> int: ...
    @property
    def probes(self) -> int: ...
    @property
    def bytes_sent(self) -> int | None: ...
    @property
    def bytes_acked(self) -> int | None: ...
    @property
    def bytes_received(self) -> int | None: ...
    @property
    def receive_window(self) -> int | None: ...
    @property
    def peer_window(self) -> int | None: ...
    @property
    def busy_us(self) -> int | None: ...
    @property
    def rwnd_limited_us(self) -> int | None: ...
    @property
    def sndbuf_limited_us(self) -> int | None: ...
    @property
    def timestamps(self) -> bool: ...
    @property
    def sack(self) -> bool: ...
    @property
    def ecn(self) -> bool: ...
    @property
    def window_scale(self) -> tuple[int, int] | None: ...


def tcp(info: _Tcp, *, theme: str = "light") -> Drawing:
    """Draw what the kernel knows of a connection: its state, and what limits it, as a list.

    info: what socket.tcp gives. theme: "light" or "dark".
    """
    facts = _facts(info)
    alt = f"TCP connection in state {info.state}"
    text = text_table(["TCP", info.state], facts, width=100)

    def draw(name: str) -> str:
        colours = theme_of(name)
        canvas = Canvas(_WIDTH, 48 + 20 * len(facts), colours)
        canvas.text(_MARGIN, 26, "TCP connection", size=13, bold=True)
        width = text_width(info.state, 12, mono=True) + 20
        canvas.rect(
            _WIDTH - _MARGIN - width, 10, width, 23, rx=11, fill=colours.panel, stroke=colours.blue
        )
        middle = _WIDTH - _MARGIN - width / 2
        canvas.text(middle, 26, info.state, size=12, anchor="middle", mono=True)
        for row, (label, value) in enumerate(facts):
            y = 56 + 20 * row
            canvas.line(_MARGIN, y - 15, _WIDTH - _MARGIN, y - 15, stroke=colours.grid)
            canvas.text(_MARGIN, y, label, size=11.5, fill=colours.faint)
            shown = clipped(value, 11.5, _WIDTH - 2 * _MARGIN - 180)
            canvas.text(_MARGIN + 180, y, shown, size=11.5, title=value)
        return canvas.render("What the kernel knows of a TCP connection", alt)

    return Drawing(draw, text, alt, theme=theme)


def _facts(info: _Tcp) -> list[tuple[str, str]]:
    """Say what there is to say, and nothing of what this kernel does not tell."""
    facts: list[tuple[str, str]] = []
    if info.rtt_us is not None:
        least = "" if info.min_rtt_us is None else f", at least {_us(info.min_rtt_us)}"
        facts.append(
            ("round trip time", f"{_us(info.rtt_us)}, varies by {_us(info.rttvar_us or 0)}{least}")
        )
    until = "" if info.ssthresh is None else f", slow start up to {info.ssthresh:,}"
    window = f"{_segments(info.cwnd)} of {info.mss:,} B = {size_text(info.cwnd_bytes)}{until}"
    facts.append(("congestion window", window))
    facts.append(("on the way", _segments(info.in_flight)))
    if info.peer_window is not None:
        closed = " (it has no room: we are stopped)" if info.peer_window == 0 else ""
        facts.append(("room at the peer", f"{size_text(info.peer_window)}{closed}"))
    if info.receive_window is not None:
        facts.append(("room that we told", size_text(info.receive_window)))
    if info.bytes_sent is not None:
        acked = min(info.bytes_acked or 0, info.bytes_sent)  # SYN and FIN are no bytes
        facts.append(("sent", f"{size_text(info.bytes_sent)}, {size_text(acked)} acknowledged"))
    if info.bytes_received is not None:
        facts.append(("received", size_text(info.bytes_received)))
    now = f", now in try {info.retransmits_now}" if info.retransmits_now else ""
    facts.append(
        (
            "sent again",
            f"{_segments(info.retransmissions)}{now}; congestion control: {info.congestion}",
        )
    )
    if info.probes:
        facts.append(("unanswered questions", f"{info.probes}"))
    if info.busy_us:
        facts.append(("with something to send", _us(info.busy_us)))
    if info.rwnd_limited_us:
        facts.append(("of that stopped", f"{_us(info.rwnd_limited_us)} by the peer's window"))
    if info.sndbuf_limited_us:
        facts.append(("of that slowed", f"{_us(info.sndbuf_limited_us)} by our small send buffer"))
    options = [name for name in ("timestamps", "sack", "ecn") if getattr(info, name)]
    if info.window_scale is not None:
        options.append("window scale {}, {}".format(*info.window_scale))
    facts.append(("options", ", ".join(options) or "none"))
    return facts


def _us(count: int) -> str:
    return time_text(count * 1000)


def _segments(count: int) -> str:
    return f"{count:,} segment{'' if count == 1 else 's'}"
