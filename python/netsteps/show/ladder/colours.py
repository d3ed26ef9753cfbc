"""Which colour what has: a conversation's, where there are several, or else a direction's."""

from typing import TYPE_CHECKING

from netsteps.show.ladder.model import leftwards

if TYPE_CHECKING:
    from netsteps.show.ladder.layout import Picture
    from netsteps.show.ladder.model import Lifeline, Link
    from netsteps.show.theme import Theme

__all__ = ["colour_of", "hue", "link_colour"]


def hue(picture: "Picture", theme: "Theme", tag: int) -> str:
    """Give the colour of a conversation; its number says the same."""
    if not picture.several or not tag:
        return theme.ink
    hues = (theme.blue, theme.orange, theme.green, theme.purple, theme.yellow, theme.sky)
    drawn = [talk.number for talk in picture.model.conversations if not talk.folded]
    return hues[drawn.index(tag) % len(hues)] if tag in drawn else theme.ink


def colour_of(picture: "Picture", theme: "Theme", line: "Lifeline") -> str:
    """Give the colour of a lifeline."""
    if line.tag and picture.several:
        return hue(picture, theme, line.tag)
    return theme.faint if line.outside or line.role == "listener" else theme.ink


def link_colour(picture: "Picture", theme: "Theme", link: "Link") -> str:
    """Give the colour of what crosses: one for each direction where there is one conversation."""
    if link.kind == "reset":
        return theme.red
    step = link.source or link.target
    if picture.several:
        return hue(picture, theme, step.tag if step else 0)
    if link.kind == "handshake":
        return theme.faint
    return theme.blue if leftwards(link) else theme.orange
