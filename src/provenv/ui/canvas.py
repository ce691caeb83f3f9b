"""Cells of dots that curves are drawn on: two by four in Braille, one by two in ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .line import Line, Span, Style, line

# dots of a Braille cell by column and row (Unicode 8.6, Braille Patterns: U+2800 + bits)
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
BRAILLE = 0x2800


class Canvas:
    """The cells of one drawing."""

    def __init__(self, width: int, height: int, *, plain: bool) -> None:
        self.width, self.height, self.plain = width, height, plain
        self.dots_across, self.dots_down = (width, height * 2) if plain else (width * 2, height * 4)
        self._bits: dict[tuple[int, int], int] = {}
        self._styles: dict[tuple[int, int], Style] = {}
        self._signs: dict[tuple[int, int], tuple[str, Style]] = {}
        self._passed: list[dict[int, int]] = []

    def curve(self, places: Sequence[tuple[float, float] | None], style: Style) -> None:
        """Draw a line through places in dots; None is a gap."""
        self._passed.append({})
        last: tuple[int, int] | None = None
        for place in places:
            here = None if place is None else (round(place[0]), round(place[1]))
            if here is not None:
                for x, y in _between(last or here, here):
                    self._dot(x, y, style)
            last = here

    def sign(self, place: int, count: int, sign: str, style: Style) -> None:
        """Put a curve's sign on it here and there, and at its end, where no other curve's sign stands."""
        passed = self._passed[place]
        apart = max(self.width // 4, 2 * count)
        wanted = {column for column in passed if column % apart == place * apart // count}
        wanted |= {max(passed)} if passed else set()
        for column in sorted(wanted):
            self._signs.setdefault((column, passed[column]), (sign, style))

    def row(self, row: int) -> Line:
        """Return one row as a line."""
        spans: list[Span] = []
        for column in range(self.width):
            text, style = self._cell(column, row)
            if spans and (spans[-1].style == style or text == " "):
                spans[-1] = Span(spans[-1].text + text, spans[-1].style)
            else:
                spans.append(Span(text, style))
        if spans:
            spans[-1] = Span(spans[-1].text.rstrip(), spans[-1].style)
        return line(*spans)

    def _cell(self, column: int, row: int) -> tuple[str, Style]:
        place = (column, row)
        if place in self._signs:
            return self._signs[place]
        bits = self._bits.get(place, 0)
        if not bits:
            return " ", "plain"
        if self.plain:
            return {1: "'", 2: ".", 3: ":"}[bits], self._styles[place]
        return chr(BRAILLE + bits), self._styles[place]

    def _dot(self, x: int, y: int, style: Style) -> None:
        if self.plain:
            place, bit = (x, y // 2), 1 << y % 2
        else:
            place, bit = (x // 2, y // 4), DOTS[x % 2][y % 4]
        self._bits[place] = self._bits.get(place, 0) | bit
        self._styles[place] = style
        self._passed[-1][place[0]] = place[1]


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the dots of a straight line, both ends among them."""
    across, down = end[0] - start[0], end[1] - start[1]
    count = max(abs(across), abs(down))
    for step in range(count + 1):
        share = step / count if count else 0.0
        yield start[0] + round(across * share), start[1] + round(down * share)
