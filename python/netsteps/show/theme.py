"""Colours: two themes, of colours that colour-blind people can tell apart.

The hues are those of the Okabe-Ito palette. No meaning hangs on a colour alone: each sign has a
shape or a word as well.
"""

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "Theme", "theme_of"]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture, as SVG writes them.

    paper: the background. ink: text and lines. faint: what is of less weight. grid: rules and
    folds. panel: the background of a box. blue, orange, green, red, purple, sky, yellow: the hues;
    each stands out from the paper by at least 3 to 1 (WCAG 2.2, 1.4.11).
    """

    name: str
    paper: str
    ink: str
    faint: str
    grid: str
    panel: str
    blue: str
    orange: str
    green: str
    red: str
    purple: str
    sky: str
    yellow: str


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#1b1f24",
    faint="#5b6570",
    grid="#d5dae0",
    panel="#f3f5f7",
    blue="#0072b2",
    orange="#c46a00",
    green="#00795a",
    red="#c23b00",
    purple="#a34d7f",
    sky="#2a86b8",
    yellow="#8a7400",
)

DARK = Theme(
    name="dark",
    paper="#14181d",
    ink="#e8ebee",
    faint="#a3adb8",
    grid="#3a424b",
    panel="#1f252c",
    blue="#56b4e9",
    orange="#e69f00",
    green="#2fc79c",
    red="#ff8659",
    purple="#dd92bf",
    sky="#8fcdf0",
    yellow="#f0e442",
)


def theme_of(name: str) -> Theme:
    """Give the theme called "light" or "dark". Raises ValueError for another name."""
    for theme in (LIGHT, DARK):
        if theme.name == name:
            return theme
    message = f'theme={name!r} is no theme; there are "light" and "dark"'
    raise ValueError(message)
