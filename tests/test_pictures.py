"""The measuring of pictures catches what it is for."""

import pytest

import pictures

TEXT = '<text x="{x}" y="{y}" font-size="10"{more}>word</text>'


def picture(*parts: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50">{"".join(parts)}</svg>'


def word(x: float, y: float, more: str = "") -> str:
    return TEXT.format(x=x, y=y, more=more)


@pytest.mark.parametrize(
    "parts",
    [
        (word(90, 20),),
        (word(-5, 20),),
        (word(5, 5),),
        (word(5, 49),),
        (word(5, 20, ' text-anchor="end"'),),
        (word(5, 20), word(20, 22)),
        (word(5, 20), '<g transform="translate(0 -20)">', word(5, 40), "</g>"),
        (word(5, 20), '<rect x="10" y="5" width="80" height="40"/>'),
        (),
    ],
)
def test_a_text_that_cannot_be_read_is_caught(parts: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError):
        pictures.check(picture(*parts))


@pytest.mark.parametrize(
    "parts",
    [
        (word(5, 20), word(5, 32)),
        (word(5, 20), '<g transform="translate(0 20)">', word(5, 20), "</g>"),
        ('<rect x="2" y="5" width="80" height="40"/>', word(5, 20)),
        # A label on its own ground, on the edge of a box below it.
        (
            '<rect x="20" y="5" width="80" height="40"/>',
            '<rect width="50" height="24"/>',
            word(5, 20),
        ),
    ],
)
def test_a_text_that_can_be_read_is_not(parts: tuple[str, ...]) -> None:
    pictures.check(picture(*parts))


def test_a_line_through_a_text_is_found() -> None:
    through = '<line x1="0" y1="17" x2="50" y2="17"/>'
    below = '<path d="M0 30 L50 30 L50 45"/>'
    assert pictures.crossed(picture(word(5, 20), through, below)) == [("word", "M0 17 L50 17")]
