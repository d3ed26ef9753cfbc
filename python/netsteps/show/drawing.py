"""A picture that shows itself: as text in a terminal, as a picture in a notebook, and as a file."""

from typing import TYPE_CHECKING

from netsteps.show.svg import escape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Drawing"]


class Drawing:
    """A drawing in two forms: scalable vector graphics and plain text.

    A terminal shows the text, a notebook the picture (one HTML element with the picture inside: no
    script, no style sheet, nothing from outside, so that it is shown in a notebook that is not
    trusted too). print() writes the text. `.svg` is the picture, `.save(path)` writes a file.

    draw: makes the picture for the name of a theme, "light" or "dark". text: the plain form. alt:
    one sentence for those who do not see the picture. details: an HTML table below it, or "", or
    what makes it when it is wanted.
    """

    def __init__(
        self,
        draw: "Callable[[str], str]",
        text: str,
        alt: str,
        *,
        details: "str | Callable[[], str]" = "",
        theme: str = "light",
    ) -> None:
        self._draw = draw
        self.text = text
        self.alt = alt
        self._details = details
        self.theme = theme

    @property
    def details(self) -> str:
        """The HTML table below the picture, or ""."""
        return self._details if isinstance(self._details, str) else self._details()

    @property
    def svg(self) -> str:
        """The picture as scalable vector graphics (SVG 1.1)."""
        return self._draw(self.theme)

    def themed(self, theme: str) -> "Drawing":
        """Give the same drawing in "light" or "dark". Raises ValueError for another name."""
        self._draw(theme)
        return Drawing(self._draw, self.text, self.alt, details=self._details, theme=theme)

    @property
    def html(self) -> str:
        """One HTML element with the picture inside, and its details to unfold."""
        from base64 import b64encode  # here, for a quick `import netsteps`

        source = b64encode(self.svg.encode()).decode()
        image = (
            f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(self.alt)}" '
            'style="max-width: 100%; height: auto"/>'
        )
        details = self.details
        if not details:
            return f"<div>{image}</div>"
        return f"<div>{image}<details><summary>as a table</summary>{details}</details></div>"

    def save(self, path: "str | Path") -> "Path":
        """Write the drawing to a file: a picture (.svg), a page (.html) or text (.txt).

        Returns the path. Raises ValueError for another ending, OSError when it cannot be written.
        """
        from pathlib import Path

        path = Path(path)
        match path.suffix.lower():
            case ".svg":
                content = f"{self.svg}\n"
            case ".html":
                content = (
                    '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/>'
                    f"<title>{escape(self.alt)}</title></head>\n<body>{self.html}</body>\n</html>\n"
                )
            case ".txt":
                content = f"{self.text}\n"
            case suffix:
                message = f"a drawing is saved as .svg, .html or .txt, not as {suffix!r}"
                raise ValueError(message)
        path.write_text(content, encoding="utf-8")
        return path

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Give what a notebook shows (IPython's display protocol)."""
        del include, exclude
        return {"text/plain": self.text, "text/html": self.html}
