"""Scalable vector graphics, written by hand: elements with attributes, and the width of a text.

No style sheet and no script: the picture looks the same in a browser, in a notebook, trusted or
not, and in a viewer (SVG 1.1). Everything that comes from outside goes through `escape`.
"""

from typing import TYPE_CHECKING

from netsteps.show.tables import printable

if TYPE_CHECKING:
    from netsteps.show.theme import Theme

__all__ = ["MONO", "SANS", "Canvas", "clipped", "escape", "number", "text_width"]

SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif"
MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"

# Widths in parts of the font size, of the widest of the usual fonts (DejaVu Sans): a text is never
# wider than it was taken for.
_NARROW = dict.fromkeys("iljI|.,:;'!`", 0.36) | dict.fromkeys(' ftr()[]{}/\\-"*', 0.42)
_WIDE = dict.fromkeys("mMW@%", 1.0) | dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZw&#<>=+~", 0.84)
_WIDTHS = _NARROW | _WIDE
_OTHER = 0.64
_MONO = 0.61
_BOLD = 1.12
_EAST_ASIAN = 1.05

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

Attribute = str | float | None


def escape(text: object) -> str:
    """Write any text as content or attribute of an element; control characters as escapes."""
    return printable(text).translate(_ENTITIES)


def number(value: float) -> str:
    """Write a coordinate, to a tenth of a pixel, always in the same way."""
    if value == (whole := int(value)):
        return str(whole)
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def text_width(text: str, size: float, *, mono: bool = False, bold: bool = False) -> float:
    """Give the most that a text can be wide in pixels, at a font size in pixels."""
    size *= _BOLD if bold else 1
    if mono:
        return sum(_EAST_ASIAN if ord(char) > 0x2E80 else _MONO for char in text) * size
    return size * sum(
        _EAST_ASIAN if ord(char) > 0x2E80 else _WIDTHS.get(char, _OTHER) for char in text
    )


def clipped(text: str, size: float, room: float, *, mono: bool = False, bold: bool = False) -> str:
    """Shorten a text, with three points at its end, so that it fits into so many pixels."""
    if text_width(text, size, mono=mono, bold=bold) <= room:
        return text
    while text and text_width(f"{text}...", size, mono=mono, bold=bold) > room:
        text = text[:-1]
    return f"{text}..." if text else ""


class Canvas:
    """A picture that is being drawn: its size in pixels, and its elements from back to front."""

    def __init__(self, width: float, height: float, theme: "Theme") -> None:
        self.width = width
        self.height = height
        self.theme = theme
        self._parts: list[str] = []

    def add(
        self, tag: str, content: str = "", /, *, title: Attribute = None, **attributes: Attribute
    ) -> None:
        """Add an element.

        content: markup inside it, escaped already. title: what is shown when the pointer rests on
        it. attributes: an underscore is written as a hyphen (stroke_width), numbers to a tenth,
        None is left out.
        """
        written = _written(attributes)
        inner = f"<title>{escape(title)}</title>" if title else ""
        inner += content
        self._parts.append(f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>")

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        stroke: str | None = None,
        **more: Attribute,
    ) -> None:
        """Draw a straight line, in ink unless told otherwise."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke or self.theme.ink, **more)

    def rect(self, x: float, y: float, width: float, height: float, **more: Attribute) -> None:
        """Draw a rectangle; `rx` rounds its corners."""
        self.add("rect", x=x, y=y, width=width, height=height, **more)

    def path(self, d: str, **more: Attribute) -> None:
        """Draw a path; it is filled only if told so."""
        self.add("path", d=d, fill=more.pop("fill", "none"), **more)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        anchor: str = "start",
        fill: str | None = None,
        mono: bool = False,
        bold: bool = False,
        title: Attribute = None,
        **more: Attribute,
    ) -> None:
        """Write one line of text; y is its base line, anchor "start", "middle" or "end"."""
        self.add(
            "text",
            escape(text),
            title=title,
            x=x,
            y=y,
            font_size=size,
            font_family=MONO if mono else SANS,
            font_weight="bold" if bold else None,
            text_anchor=None if anchor == "start" else anchor,
            fill=fill or self.theme.ink,
            **more,
        )

    def open(self, **attributes: Attribute) -> None:
        """Begin a group of elements; `close` ends it."""
        written = _written(attributes)
        self._parts.append(f"<g{written}>")

    def close(self) -> None:
        """End the group that was begun last."""
        self._parts.append("</g>")

    def render(self, title: str, description: str) -> str:
        """Write the picture, on its own background; the words are for those who listen."""
        width, height = number(self.width), number(self.height)
        root = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        )
        paper = f'<rect width="{width}" height="{height}" fill="{self.theme.paper}"/>'
        words = (f"<title>{escape(title)}</title>", f"<desc>{escape(description)}</desc>")
        return "\n".join([root, *words, paper, *self._parts, "</svg>"])


def _written(attributes: "dict[str, Attribute]") -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None
    )


def _attribute(value: Attribute) -> str:
    return number(value) if isinstance(value, int | float) else escape(value)
