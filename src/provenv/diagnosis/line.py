"""One line of a log, without what others wrote in front of it, and the lines around it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from .index import FOLD
from .prefixes import Prefixed, without_prefix

# of a longer line only what stands around an anchor is read
LONGEST = 4000
# the lines around one that patterns of several lines see
AROUND = 24
# how many characters of the lines around one they see
NEAR = 12_000


class Line:
    """One line with an anchor, and what stands around it."""

    def __init__(
        self,
        number: int,
        line: bytes,
        place: int = 0,
        lines: Sequence[bytes] = (),
        ahead: Sequence[bytes] = (),
    ) -> None:
        self.number = number
        ahead = ahead if place < AROUND else ()
        first = max(place - AROUND, 0)
        self._around = [*ahead, *lines[first : place + AROUND]]
        self._place = len(ahead) + place - first
        self._line = line

    @cached_property
    def own(self) -> Prefixed:
        """The line without what others wrote in front of it."""
        return without_prefix(self._line.decode("utf-8", "replace"))

    @cached_property
    def words(self) -> str:
        """The line as it stands in the log; of one packed into another form, what its program wrote."""
        whole = self._line.decode("utf-8", "replace")
        return whole if whole.endswith(self.own.text) else self.own.text

    @cached_property
    def _words(self) -> frozenset[str]:
        """Every word of the line, of what it is packed in as well."""
        packed = b"" if self.own.start or len(self.own.text) >= len(self._line) else self.own.text.encode()
        return frozenset((self._line + b" " + packed).translate(FOLD).decode().split())

    def lacks(self, words: frozenset[str]) -> bool:
        """Tell whether none of these words stands in the line."""
        return words.isdisjoint(self._words)

    @property
    def before(self) -> str:
        """The line before."""
        before = self._around[self._place - 1] if self._place else b""
        return before[:LONGEST].decode("utf-8", "replace")

    def near(self, span: int) -> str:
        """Return the line with those around it, `span` lines before and behind."""
        place, span = self._place, min(span, AROUND)
        most = NEAR // (2 * span)
        near = [one[:most] for one in self._around[max(place - span + 1, 0) : place + span]]
        near[min(place, span - 1)] = self._line
        return "\n".join(without_prefix(one.decode("utf-8", "replace")).text for one in near)
