"""Which socket here belongs to which one there: netstat's list as a picture."""

from typing import TYPE_CHECKING

from netsteps.show.drawing import Drawing
from netsteps.show.pairs import Group, Link, Sock, folded, grouped
from netsteps.show.svg import Canvas, clipped, text_width
from netsteps.show.tables import printable
from netsteps.show.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsteps.show.pairs import RowLike
    from netsteps.show.theme import Theme

__all__ = ["netstat"]

_WIDTH = 920
_MARGIN = 16
_BOX, _TALL, _PITCH = 330, 40, 50  # a socket: its width and height, and the next one below
_RIGHT = _WIDTH - _MARGIN - _BOX
_INDENT = 22  # of a connection below its listener
_OWNER = 28  # characters of a program in the text form


def netstat(rows: "Iterable[RowLike]", *, theme: str = "light") -> Drawing:
    """Draw sockets: clients on the left, the sockets that serve them on the right.

    rows: what netsteps.connections() lists. theme: "light" or "dark". A line joins both ends of a
    connection that are on this computer; a broken line leads elsewhere.
    """
    every = grouped(rows)
    groups, left_out = folded(every)
    alt = _in_words(every)
    text = _in_characters(groups, [left_out] if left_out else [], alt)
    return Drawing(
        lambda name: _drawn(groups, left_out, alt, theme_of(name)), text, alt, theme=theme
    )


def _in_words(groups: "list[Group]") -> str:
    listeners = sum(1 for group in groups if group.listener)
    listeners += sum(sock.row.state == "LISTEN" for group in groups for sock in group.alone)
    links = [link for group in groups for link in group.links]
    both = sum(link.sockets == 2 for link in links)
    return (
        f"{_count(listeners, 'listener')}, {_count(both, 'connection')} with both ends here, "
        f"{_count(len(links) - both, 'connection')} with one"
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


# The picture


def _drawn(groups: "list[Group]", left_out: str, alt: str, theme: "Theme") -> str:
    canvas = Canvas(_WIDTH, 0, theme)
    y = 20.0
    canvas.text(_MARGIN, y + 4, alt, size=12, fill=theme.faint)
    y += 22
    for group in groups:
        y = _group(canvas, group, y) + 12
    if left_out:
        canvas.text(_MARGIN, y + 10, left_out, size=12, fill=theme.faint)
        y += 22
    canvas.height = y + 4
    return canvas.render("The sockets of this computer", alt)


def _group(canvas: Canvas, group: Group, y: float) -> float:
    """Draw a group from here on, and give where it ends."""
    theme = canvas.theme
    indent = 0
    trunk = 0.0
    if group.listener is not None:
        _box(canvas, group.listener, _RIGHT, y, _BOX)
        trunk = y + _TALL
        indent = _INDENT
        y += _PITCH
    else:
        canvas.text(_MARGIN, y + 12, group.title, size=12, bold=True)
        y += 22
    for link in group.links:
        if indent:
            middle = y + _TALL / 2
            canvas.path(
                f"M{_RIGHT + 10} {trunk:.1f}V{middle:.1f}H{_RIGHT + indent}", stroke=theme.faint
            )
            trunk = middle
        _link(canvas, link, y, indent)
        y += _PITCH
    for place, sock in enumerate(group.alone):
        _box(canvas, sock, _RIGHT if place % 2 else _MARGIN, y, _BOX)
        if place % 2 or place == len(group.alone) - 1:
            y += _PITCH
    if group.more:
        x = _RIGHT + indent if group.listener else _MARGIN
        more = clipped(group.more, 11.5, _WIDTH - _MARGIN - x)
        canvas.text(x, y + 6, more, size=11.5, fill=theme.faint, title=group.more)
        y += 18
    return y


def _box(canvas: Canvas, sock: Sock, x: float, y: float, width: float) -> None:
    """Draw a socket: who has it, where it is, and what is in its queues."""
    theme = canvas.theme
    listens = sock.row.state == "LISTEN"
    full = f"{sock.row.kind} {sock.row.local} {sock.row.state} {sock.owner} {sock.queues}"
    canvas.rect(
        x, y, width, _TALL, rx=5, fill=theme.panel, title=full,
        stroke=theme.blue if listens else theme.faint, stroke_width=2 if listens else 1,
    )  # fmt: skip
    room = width - 20
    if sock.queues:
        wide = text_width(sock.queues, 10, bold=sock.waiting > 0)
        canvas.text(
            x + width - 10, y + 16, sock.queues, size=10, anchor="end", bold=sock.waiting > 0,
            fill=theme.ink if sock.waiting else theme.faint,
        )  # fmt: skip
        room -= wide + 12
    owner = clipped(sock.owner, 11.5, room, bold=True)
    canvas.text(x + 10, y + 16, owner, size=11.5, bold=True, title=full)
    word = f"{sock.row.kind.upper()} LISTEN" if listens else sock.row.kind.upper()
    wide = text_width(word, 9.5)
    canvas.text(x + width - 10, y + 32, word, size=9.5, anchor="end", fill=theme.faint)
    local = clipped(str(sock.row.local), 11, width - 30 - wide, mono=True)
    canvas.text(x + 10, y + 32, local, size=11, mono=True, title=full)


def _link(canvas: Canvas, link: Link, y: float, indent: int) -> None:
    theme = canvas.theme
    left, right = _MARGIN + _BOX, _RIGHT + indent
    middle = y + _TALL / 2
    for end, x, width in ((link.client, _MARGIN, _BOX), (link.server, right, _BOX - indent)):
        if end is not None:
            _box(canvas, end, x, y, width)
            continue
        elsewhere = clipped(link.elsewhere, 11, width - 20, mono=True)
        canvas.rect(
            x, y + 6, width, _TALL - 12, rx=14, fill="none", stroke=theme.faint,
            stroke_dasharray="4 3", title=link.elsewhere,
        )  # fmt: skip
        canvas.text(
            x + width / 2, middle + 4, elsewhere, size=11, anchor="middle", mono=True,
            fill=theme.faint, title=link.elsewhere,
        )  # fmt: skip
    both = link.sockets == 2
    colour = theme.green if both else theme.faint
    canvas.path(
        f"M{left} {middle:.1f}H{right - 2}", stroke=colour, stroke_width=2 if both else 1.2,
        stroke_dasharray=None if both else "4 3",
    )  # fmt: skip
    canvas.path(f"M{right - 9} {middle - 5:.1f}L{right - 2} {middle:.1f}l-7 5", stroke=colour)
    first, second = link.states
    if first == second or not (first and second):
        word = first or second
        canvas.text((left + right) / 2, middle - 5, word, size=9.5, anchor="middle")
        return
    canvas.text(left + 6, middle - 5, first, size=9.5)
    canvas.text(_RIGHT - 4, middle + 13, second, size=9.5, anchor="end")


# The text


def _in_characters(groups: "list[Group]", left_out: list[str], alt: str) -> str:
    lines = [alt]
    wide = max(
        (len(_in_line(link.client, link)) for group in groups for link in group.links), default=0
    )
    for group in groups:
        lines += ["", _in_line(group.listener, None) if group.listener else group.title]
        for link in group.links:
            states = " ".join(dict.fromkeys(filter(None, link.states)))
            joined = "--" if link.sockets == 2 else ".."
            arrow = " ".join(filter(None, (joined, states, f"{joined}>")))
            client, server = _in_line(link.client, link), _in_line(link.server, link)
            lines.append(f"  {client:<{wide}}  {arrow}  {server}")
        lines += [f"  {_in_line(sock, None)}" for sock in group.alone]
        if group.more:
            lines.append(f"  {group.more}")
    return "\n".join([*lines, *left_out])


def _in_line(sock: Sock | None, link: Link | None) -> str:
    if sock is None:
        return printable(link.elsewhere) if link else ""
    owner = printable(sock.owner)
    if len(owner) > _OWNER:
        owner = f"{owner[: _OWNER - 3]}..."
    word = "LISTEN " if sock.row.state == "LISTEN" else ""
    queues = f" [{sock.queues}]" if sock.queues else ""
    return f"{word}{sock.row.local} {owner}{queues}"
