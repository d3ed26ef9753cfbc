"""Where the states stand in the drawing of a socket's life, and which way the arrows go.

Positions only, in pixels: which states and steps there are, the state table says. A test fails when
the table has a state or a step from one state to another that has no place here.
"""

from dataclasses import dataclass

__all__ = ["CARD", "LAYOUTS", "ROW", "TITLE", "Label", "Layout", "Route", "card_height"]

CARD = 160.0  # the width of a state
TITLE = 30.0  # the height of its name
ROW = 18.0  # the height of each step that stays in it


@dataclass(frozen=True, slots=True)
class Label:
    """Where a text stands: its base line, and which part of it x means."""

    x: float
    y: float
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow between two states.

    begin, end: a side of the state ("left", "right", "top", "bottom"), and where on it (y for left
    and right, x for the others). by: the corners between them. label: where the step's name stands.
    """

    begin: tuple[str, float]
    end: tuple[str, float]
    label: Label
    by: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The drawing for one kind of socket.

    places: the middle and the top of each state. start: where the life of a new socket begins.
    handed: the arrow from a listening socket to the new one that accept gives. ways: the names of
    the ways that a socket can take. note: the middle of the words below
    "closed", which say from which states it can be come to.
    """

    width: float
    height: float
    places: dict[str, tuple[float, float]]
    routes: dict[tuple[str, str], Route]
    start: tuple[float, float]
    note: float
    handed: tuple[str, str, Route] | None = None
    ways: tuple[tuple[str, Label], ...] = ()


def card_height(rows: int) -> float:
    """Give the height of a state with so many steps that stay in it."""
    return TITLE + (ROW * rows + 4 if rows else 0)


_FAR_LEFT, _LEFT, _RIGHT = 26.0, 248.0, 974.0  # where the arrows to "closed" run down

_TCP = Layout(
    width=1000,
    height=764,
    places={
        "created": (310, 44),
        "bound": (130, 130),
        "listening": (130, 212),
        "connected": (610, 212),
        "finished": (345, 381),
        "peer finished": (880, 372),
        "reset": (610, 354),
        "both finished": (610, 542),
        "closed": (610, 684),
    },
    start=(310, 14),
    note=610,
    ways=(("a server's way", Label(118, 62, "end")), ("a client's way", Label(622, 62))),
    handed=(
        "listening",
        "connected",
        Route(("right", 246), ("left", 246), Label(378, 239, "middle")),
    ),
    routes={
        ("created", "bound"): Route(("left", 59), ("top", 130), Label(140, 100), ((130, 59),)),
        ("bound", "listening"): Route(("bottom", 130), ("top", 130), Label(140, 191)),
        ("created", "connected"): Route(("right", 59), ("top", 610), Label(620, 118), ((610, 59),)),
        ("bound", "connected"): Route(
            ("right", 145), ("top", 570), Label(394, 138, "middle"), ((570, 145),)
        ),
        ("connected", "finished"): Route(
            ("bottom", 550), ("top", 345), Label(448, 311, "middle"), ((550, 318), (345, 318))
        ),
        ("connected", "peer finished"): Route(
            ("bottom", 670), ("top", 880), Label(775, 311, "middle"), ((670, 318), (880, 318))
        ),
        ("connected", "reset"): Route(("bottom", 610), ("top", 610), Label(620, 334)),
        ("finished", "reset"): Route(("right", 416), ("left", 416), Label(477, 409, "middle")),
        ("peer finished", "reset"): Route(("left", 416), ("right", 416), Label(745, 409, "middle")),
        ("both finished", "reset"): Route(("top", 610), ("bottom", 610), Label(620, 516)),
        ("finished", "both finished"): Route(
            ("bottom", 345), ("left", 588), Label(438, 581, "middle"), ((345, 588),)
        ),
        ("peer finished", "both finished"): Route(
            ("bottom", 880), ("right", 588), Label(805, 581, "middle"), ((880, 588),)
        ),
        ("created", "closed"): Route(
            ("bottom", _LEFT), ("left", 710), Label(380, 703), ((_LEFT, 710),)
        ),
        ("bound", "closed"): Route(
            ("left", 145), ("left", 710), Label(380, 703), ((_FAR_LEFT, 145), (_FAR_LEFT, 710))
        ),
        ("listening", "closed"): Route(
            ("left", 246), ("left", 710), Label(380, 703), ((_FAR_LEFT, 246), (_FAR_LEFT, 710))
        ),
        ("connected", "closed"): Route(
            ("right", 246), ("right", 710), Label(805, 703), ((_RIGHT, 246), (_RIGHT, 710))
        ),
        ("finished", "closed"): Route(
            ("left", 416), ("left", 710), Label(380, 703), ((_LEFT, 416), (_LEFT, 710))
        ),
        ("peer finished", "closed"): Route(
            ("right", 416), ("right", 710), Label(805, 703), ((_RIGHT, 416), (_RIGHT, 710))
        ),
        ("reset", "closed"): Route(
            ("right", 462), ("right", 710), Label(730, 668), ((720, 462), (720, 710))
        ),
        ("both finished", "closed"): Route(("bottom", 610), ("top", 610), Label(620, 662)),
    },
)

_UDP = Layout(
    width=700,
    height=416,
    places={
        "created": (150, 44),
        "bound": (150, 160),
        "connected": (540, 142),
        "closed": (345, 336),
    },
    start=(150, 14),
    note=345,
    routes={
        ("created", "bound"): Route(("bottom", 150), ("top", 150), Label(160, 106)),
        ("created", "connected"): Route(("right", 59), ("top", 540), Label(550, 106), ((540, 59),)),
        ("bound", "connected"): Route(("right", 204), ("left", 204), Label(345, 197, "middle")),
        ("created", "closed"): Route(
            ("left", 59), ("left", 362), Label(180, 355), ((_FAR_LEFT, 59), (_FAR_LEFT, 362))
        ),
        ("bound", "closed"): Route(("bottom", 150), ("left", 362), Label(180, 355), ((150, 362),)),
        ("connected", "closed"): Route(
            ("bottom", 540), ("right", 362), Label(450, 355), ((540, 362),)
        ),
    },
)

LAYOUTS = {"tcp": _TCP, "udp": _UDP}
