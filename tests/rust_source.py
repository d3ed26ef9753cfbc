"""Reads Rust sources as far as the tests need it: the code alone, and the rooms that it names."""

import re
from pathlib import PurePosixPath

# What is no code. A nested block comment would end too early, which can only raise a false alarm.
NOT_CODE = re.compile(
    r"""
      //[^\n]*                                        # comment to the end of the line
    | /\*.*?\*/                                       # block comment
    | (?<!\w)[bc]?r(\#*)".*?"\1                       # raw string
    | "(?:\\.|[^"\\])*"                               # string
    | '(?:\\(?:u\{\w+\}|x\w\w|.)|[^'\\\n])'           # character; a lifetime has no second quote
    """,
    re.VERBOSE | re.DOTALL,
)
TEST_ATTRIBUTE = re.compile(r"#\[cfg\(\s*(?:all\(\s*)?test\b[^\]]*\]")


def blanked(text: str) -> str:
    """Give as many spaces, on as many lines."""
    return re.sub(r"[^\n]", " ", text)


def code_of(text: str) -> str:
    """Give the source with comments, strings and characters blanked, every line in its place."""
    return NOT_CODE.sub(lambda match: blanked(match[0]), text)


def without_tests(code: str) -> str:
    """Blank each item under `#[cfg(test)]`. Takes what `code_of` gives."""
    begin = 0
    while match := TEST_ATTRIBUTE.search(code, begin):
        end = item_end(code, match.end())
        code = code[: match.start()] + blanked(code[match.start() : end]) + code[end:]
        begin = end
    return code


def item_end(code: str, begin: int) -> int:
    """Find where the item ends that begins here: its closing brace, or a semicolon before one."""
    depth = 0
    for position in range(begin, len(code)):
        char = code[position]
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        if (char == "}" and depth == 0) or (char == ";" and depth == 0):
            return position + 1
    return len(code)


def room_of(path: str) -> str:
    """Give the room of a file below src: socket for socket.rs and for socket/options.rs."""
    return PurePosixPath(path).parts[0].removesuffix(".rs")


def names_from_root(path: str, code: str) -> list[tuple[int, str]]:
    """Give what the file names from the root of the crate, with the line: `crate::` and `super::`.

    path: below src. code: what `code_of` gives.
    """
    parts = PurePosixPath(path).parts
    depth = len(parts) - (parts[-1] == "mod.rs")
    found = []
    for match in re.finditer(r"\b(crate::|(?:super::)+)\s*", code):
        # `super` leads to the root only when it is written once for each level.
        if match[1] != "crate::" and match[1].count("super") < depth:
            continue
        line = code.count("\n", 0, match.start()) + 1
        found += [(line, name) for name in first_names(code, match.end())]
    return found


def first_names(code: str, begin: int) -> list[str]:
    """Give the names that follow a path: one, or the outermost ones of a `{group, of::names}`."""
    if not code.startswith("{", begin):
        return re.findall(r"\A\w+", code[begin : begin + 100])
    group = code[begin + 1 : item_end(code, begin) - 1]
    while "{" in group:  # inner groups belong to a name already
        group = re.sub(r"\{[^{}]*\}", "", group)
    return re.findall(r"(?:\A|,)\s*(\w+)", group)
