"""The patterns of all rules by their anchors, and where anchors stand in a block of a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .rule import Pattern

# letters in lower case, everything else a gap
FOLD = bytes(byte if 97 <= byte <= 122 else byte + 32 if 65 <= byte <= 90 else 32 for byte in range(256))
FOLD_IN_LINES = FOLD[:10] + b"\n" + FOLD[11:]
# of a very long line each stretch with an anchor is looked at by itself
STRETCH = 1800

Named = tuple[str, Pattern]


class Index:
    """The patterns of all rules by their anchors."""

    def __init__(self, patterns: Iterable[Named]) -> None:
        self.by_word: dict[bytes, list[Named]] = {}
        for cause, pattern in patterns:
            for anchor in pattern.anchors:
                self.by_word.setdefault(anchor.encode(), []).append((cause, pattern))
        self.words = frozenset(word for word in self.by_word if word.isascii())
        self.wide = tuple(word for word in self.by_word if not word.isascii())

    def found(self, block: bytes) -> set[bytes]:
        """Return the anchors that stand in the block."""
        return self.found_folded(block, block.translate(FOLD))

    def found_folded(self, block: bytes, folded: bytes) -> set[bytes]:
        """Return the anchors that stand in a block whose letters were folded already."""
        found = set(folded.split()) & self.words
        if self.wide and not block.isascii():
            found |= {word for word in self.wide if word in block}
        return found


def with_words(block: bytes, folded: bytes, found: set[bytes]) -> Iterator[tuple[int, int, set[bytes], int]]:
    """Yield each line with an anchor: its beginning and end, its anchors, where the first of them stands.

    A line that is longer than what is read of it comes again for each stretch with an anchor.
    """
    begin, end, at = 0, -1, 0
    words: set[bytes] = set()
    for offset, word in sorted(_places(block, folded, found)):
        if offset > end or offset - at > STRETCH:
            if words:
                yield begin, end, words, at
            words, at = set(), offset
        if offset > end:
            begin = block.rfind(b"\n", max(end, 0), offset) + 1 or max(end + 1, 0)
            end = block.find(b"\n", offset)
            end = len(block) if end < 0 else end
        words.add(word)
    if words:
        yield begin, end, words, at


def _places(block: bytes, folded: bytes, found: set[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield where each anchor stands as a word of its own, once in each line or stretch of a long one."""
    for word in found:
        is_wide = not word.isascii()
        text, wanted = (block, word) if is_wide else (folded, b" " + word + b" ")
        at, end = text.find(wanted), -1
        while at >= 0:
            yield at, word
            if at > end:
                end = block.find(b"\n", at)
                end = len(block) if end < 0 else end
            at = text.find(wanted, min(end, at + STRETCH))
