"""How many terminal cells a text takes (Chinese takes two a character), and where it may be broken."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Unicode Standard Annex 14, classes CL, CP, EX, IS, NS: no line begins with these ...
NO_START = frozenset("，。、；：？！）】》〉」』”’…％,.;:?!)]}>%/")
# ... and class OP: no line ends with these
NO_END = frozenset("（【《〈「『“‘([{</")
# a figure stays with its unit, and a sign with what stands before it
_HELD = r"(?<=\d) (?:[KMGTP]?i?B|ms|s|min|h)\b| (?=[·≤>] )|(?<= [≤>]) "


def cells(text: str) -> int:
    """Return the terminal cells of `text` by Unicode's East Asian Width (UAX 11)."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` filled with spaces to `width` cells; `right` puts them in front."""
    blank = " " * max(width - cells(text), 0)
    return blank + text if right else text + blank


def breaks(text: str, first: int, later: int) -> list[tuple[int, int]]:
    """Return the (start, end) of each line of `text`: `first` cells for the first, `later` for the others.

    Lines end at spaces and between Chinese characters. A word that is longer than a
    line (a path, a URL, a command) is left whole, so that it can be copied.
    """
    if "\n" not in text and cells(text) <= first:
        return [(0, len(text))]
    result: list[tuple[int, int]] = []
    start = used = 0
    chance: tuple[int, int] | None = None  # where this line may end, and where the next one would start
    limit = max(first, 1)
    index = 0
    while index < len(text):
        character = text[index]
        if character == "\n":
            result.append((start, index))
            start, used, chance, limit = index + 1, 0, None, max(later, 1)
        elif (
            chance is not None and chance[0] > start and character != " " and used + _cell(character) > limit
        ):
            result.append((start, chance[0]))
            start, chance, limit = chance[1], None, max(later, 1)
            used = cells(text[start:index]) + _cell(character)
        else:
            used += _cell(character)
        if character == " " and not _held().match(text, index):
            end = chance[0] if chance is not None and chance[1] == index else index
            chance = (end, index + 1)
        elif _breaks_after(text, index):
            chance = (index + 1, index + 1)
        index += 1
    result.append((start, len(text)))
    return result


@cache
def _held() -> re.Pattern[str]:
    return re.compile(_HELD)


def _breaks_after(text: str, index: int) -> bool:
    if index + 1 >= len(text) or text[index + 1] in " \n":
        return False
    wide = _cell(text[index]) == 2 or _cell(text[index + 1]) == 2
    return wide and text[index] not in NO_END and text[index + 1] not in NO_START
