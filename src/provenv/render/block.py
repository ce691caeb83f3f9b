"""A marked block in a file of the user's: put in, renewed, taken out; every other line stays."""

from __future__ import annotations

import re


class Unbalanced(ValueError):
    """Raised where a block has no end, or begins twice; `line` (1-based) is where."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def with_block(text: str, name: str, lines: tuple[str, ...]) -> str:
    """Return the text with the block `name` holding `lines`; no lines take it out. Raises Unbalanced."""
    newline = "\r\n" if "\r\n" in text else "\n"
    begin, end = f"# >>> {name} >>>", f"# <<< {name} <<<"
    block = "".join(f"{one}{newline}" for one in (begin, *lines, end)) if lines else ""
    rows = re.split(r"(?<=\n)", text)
    places = [number for number, row in enumerate(rows) if row.strip() == begin]
    ends = [number for number, row in enumerate(rows) if row.strip() == end]
    if not places and not ends:
        gap = newline if text and not text.endswith("\n") and block else ""
        return text + gap + block
    if len(places) != 1 or len(ends) != 1 or ends[0] < places[0]:
        raise Unbalanced((places or ends)[-1] + 1)
    return "".join([*rows[: places[0]], block, *rows[ends[0] + 1 :]])
