"""A log as a stream of bytes -> what of it matters: the lines that patterns know, its beginning and its end.

It takes seconds and constant memory for a log of 200 MB: a block is cut into
words at once, and only a line with a pattern's anchor meets that pattern; lines
that differ only in their numbers are tried a few times and then counted; a
pattern that has read its share of a log goes on with the log's last lines alone.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence

from .cleaning import cleaned
from .index import FOLD, FOLD_IN_LINES, Index, Named, with_words
from .line import AROUND, LONGEST, Line
from .log import Hit, Log
from .rule import Pattern

BLOCK = 1 << 20
KEPT = 1 << 18
# lines of one shape (their numbers removed) that are tried before the shape is believed to be known
TRIES = 40
REMEMBERED = 100_000
# a block of fewer lines is looked at line by line
FEW_LINES = 500
# how many characters a pattern reads of a log, and how many lines of its end after that
SHARE = 500_000
LATE = 20
# how often all patterns together are tried before each goes on with the last lines alone
ATTEMPTS = 150_000
# of more anchors than these each is not looked for by itself
MANY = 12
# letters of hexadecimal numbers too: hashes and addresses do not make a line another one
DIGITS = b"0123456789abcdefABCDEF"
_NO_DIGITS = str.maketrans("", "", "0123456789")
# a paste that a terminal wrapped: the next line goes on in the middle of a word or sentence
WRAPPED = 60
MOST_HITS = 20


def scan(blocks: Iterable[bytes], index: Index) -> Log:
    """Return what matters of a log that comes in blocks of any size."""
    scanner = _Scanner(index)
    for block in _whole_lines(blocks):
        scanner.block(block)
    return scanner.end()


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield large blocks of whole lines; what is longer than a block is cut.

    The last lines of each wait for the next one, so that a pattern of several lines sees what follows.
    """
    rest = bytearray()
    for block in blocks:
        for start in range(0, len(block), BLOCK):
            rest += block[start : start + BLOCK]
            if len(rest) < BLOCK:
                continue
            end = len(rest)
            for _ in range(AROUND):
                end = rest.rfind(b"\n", 0, end)
                if end < len(rest) - BLOCK // 2:
                    break
            # few line ends, or none: then it is cut at the last one, or where it is
            end = end + 1 if end >= len(rest) - BLOCK // 2 else rest.rfind(b"\n") + 1 or len(rest)
            yield bytes(rest[:end])
            del rest[:end]
    if rest:
        yield bytes(rest)


class _Scanner:
    """Reads a log block by block."""

    def __init__(self, index: Index) -> None:
        self.log = Log()
        self._index = index
        self._known: dict[bytes, int] = {}
        self._shapes: dict[bytes, tuple[Hit, ...]] = {}
        self._before: list[bytes] = []
        # patterns that have not read their share yet, and those that have, with the last lines for them
        self._fresh = {word: list(named) for word, named in index.by_word.items()}
        self._tired: dict[bytes, list[Named]] = {}
        self._late: dict[bytes, deque[Line]] = {}
        self._spent: dict[int, int] = {}
        self._attempts = 0
        # the whole log, while it is so short that it may be a paste
        self._paste: list[bytes] | None = []

    def block(self, block: bytes) -> None:
        """Read a block that ends with a line's end, or is a part of a very long line."""
        log = self.log
        log.size += len(block)
        log.zeros += block.count(b"\0")
        block = cleaned(block)
        self._keep(block)
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        if not self._repeated(block, lines):
            folded = b" " + block.translate(FOLD) + b" "
            found = self._index.found_folded(block, folded)
            if len(found) > MANY and max(map(len, lines), default=0) <= LONGEST:
                self._each(block, found, lines)
            elif found:
                self._lines(block, folded, found, lines)
        if self._paste is not None:
            self._paste = [*self._paste, *lines] if log.size <= KEPT else None
        self._before = [one[:LONGEST] for one in lines[-AROUND:]]
        log.lines += block.count(b"\n")

    def end(self) -> Log:
        """Return what was found, once what waited for the end was looked at."""
        for word, waiting in self._late.items():
            for one in waiting:
                for cause, pattern in self._tired[word]:
                    self._found(cause, pattern, one)
        self._joined(self._paste or [])
        self.log.lines += not self.log.text.endswith("\n") and bool(self.log.text)
        return self.log

    def _keep(self, block: bytes) -> None:
        log = self.log
        if len(log.head) < KEPT:
            room = KEPT - len(log.head)
            log.head += block[:room].decode("utf-8", "replace")
            block = block[room:]
        if block:
            log.tail = (log.tail + block[-KEPT:].decode("utf-8", "replace"))[-KEPT:]

    def _lines(self, block: bytes, folded: bytes, found: set[bytes], lines: Sequence[bytes]) -> None:
        """Look at the lines of a block which hold an anchor."""
        place, start = 0, 0
        for begin, end, words, offset in with_words(block, folded, found):
            place += block.count(b"\n", start, begin)
            start = begin
            line = block[begin:end]
            if len(line) > LONGEST:
                middle = offset - begin
                line = line[max(0, middle - LONGEST // 2) : middle + LONGEST // 2]
            self._of_shape(line.translate(None, DIGITS), line, place, lines, words)

    def _each(self, block: bytes, found: set[bytes], lines: Sequence[bytes]) -> None:
        """Look at the lines of a block with so many anchors that to look for each of them takes longer."""
        plain = found & self._index.words
        wide = found - plain
        for place, folded in enumerate(block.translate(FOLD_IN_LINES).split(b"\n")[: len(lines)]):
            words = folded.split()
            line = lines[place]
            if plain.isdisjoint(words) and not any(word in line for word in wide):
                continue
            inside = plain.intersection(words) | {word for word in wide if word in line}
            self._of_shape(line.translate(None, DIGITS), line, place, lines, inside)

    def _repeated(self, block: bytes, lines: Sequence[bytes]) -> bool:
        """Look at a block whose lines are mostly of known shapes; return False where it is no such block."""
        if len(lines) < FEW_LINES or max(map(len, lines)) > LONGEST:
            return False
        shapes = block.translate(None, DIGITS).split(b"\n")[: len(lines)]
        counted = Counter(shapes)
        fresh = {shape for shape in counted if self._known.get(shape, 0) < TRIES}
        if 4 * len(fresh) > len(lines):
            return False
        known = [
            (shape, hits) for shape, hits in self._shapes.items() if shape in counted and shape not in fresh
        ]
        if known:
            last = dict(zip(shapes, range(len(shapes)), strict=True))
            for shape, hits in known:
                for hit in hits:
                    hit.times += counted[shape]
                    hit.last = self.log.lines + 1 + last[shape]
        if fresh:
            for place, shape in enumerate(shapes):
                if shape in fresh:
                    self._of_shape(shape, lines[place], place, lines)
        return True

    def _of_shape(
        self, shape: bytes, line: bytes, place: int, lines: Sequence[bytes], words: set[bytes] | None = None
    ) -> None:
        """Look at a line, unless its shape is known by now: then it is counted."""
        tries = self._known.get(shape, 0)
        if tries >= TRIES:
            for hit in self._shapes.get(shape, ()):
                hit.times += 1
                hit.last = self.log.lines + 1 + place
            return
        if len(self._known) > REMEMBERED:
            self._known.clear()
            self._shapes.clear()
        found = self._index.found(line) if words is None else words
        # of a shape without an anchor one line tells enough
        self._known[shape] = tries + 1 if found else TRIES
        hits = self._line(line, place, lines, found) if found else ()
        if hits:
            self._shapes[shape] = hits

    def _line(self, line: bytes, place: int, lines: Sequence[bytes], found: set[bytes]) -> tuple[Hit, ...]:
        hits: list[Hit] = []
        one = Line(self.log.lines + 1 + place, line, place, lines, self._before)
        for word in found & self._tired.keys():
            self._late.setdefault(word, deque(maxlen=LATE)).append(one)
        for cause, pattern in self._wanted(found):
            if pattern.span == 1 and any(map(one.lacks, pattern.needs)):
                continue
            hit = self._found(cause, pattern, one)
            if hit is not None:
                hits.append(hit)
            self._attempts += 1
            spent = self._spent.get(id(pattern), 0) + len(line) * pattern.span
            self._spent[id(pattern)] = spent
            if spent > SHARE or self._attempts > ATTEMPTS:
                self._tire(cause, pattern)
        return tuple(hits)

    def _tire(self, cause: str, pattern: Pattern) -> None:
        """Have a pattern that has read its share see no more than the log's last lines."""
        for anchor in pattern.anchors:
            word = anchor.encode()
            self._fresh[word] = [one for one in self._fresh[word] if one[1] is not pattern]
            self._tired.setdefault(word, []).append((cause, pattern))

    def _joined(self, lines: Sequence[bytes]) -> None:
        """Look at each two lines that a terminal may have made of one, for what neither shows alone."""
        for place, line in enumerate(lines[:-1]):
            if not WRAPPED <= len(line) <= LONGEST:
                continue
            after = lines[place + 1][:LONGEST]
            for joined in (line + after, line + b" " + after.lstrip()):
                one = Line(place + 1, joined)
                for cause, pattern in self._wanted(self._index.found(joined)):
                    kept = self.log.hits.get(f"{cause}/{pattern.id}", ())
                    if pattern.span == 1 and not any(hit.line in (place + 1, place + 2) for hit in kept):
                        self._found(cause, pattern, one)

    def _wanted(self, found: set[bytes]) -> Iterator[Named]:
        given: set[tuple[str, str]] = set()
        for word in sorted(found):
            for cause, pattern in self._fresh[word]:
                if (cause, pattern.id) not in given:
                    given.add((cause, pattern.id))
                    yield cause, pattern

    def _found(self, cause: str, pattern: Pattern, line: Line) -> Hit | None:
        """Try a pattern and keep its hit; one of the same shape is counted."""
        if pattern.span > 1:
            match, shift = pattern.compiled.search(line.near(pattern.span)), None
        else:
            match, shift = pattern.compiled.search(line.own.text), line.own.start
            if match is None and line.own.start:
                # the pattern may be about what stands in front
                match, shift = pattern.compiled.search(line.words), 0
        if match is None:
            return None
        kept = self.log.hits.setdefault(f"{cause}/{pattern.id}", [])
        shape = line.words.translate(_NO_DIGITS)
        same = next((hit for hit in kept if hit.text.translate(_NO_DIGITS) == shape), None)
        if same is not None:
            same.times += same.last != line.number
            same.last = line.number
            return same
        captured = {name: value for name, value in match.groupdict().items() if value}
        start, length = (0, 0) if shift is None else (match.start() + shift, match.end() - match.start())
        hit = Hit(
            cause,
            pattern,
            line.number,
            line.words,
            captured,
            line.number,
            before=line.before,
            start=start,
            length=length,
        )
        if len(kept) < MOST_HITS:
            kept.append(hit)
        else:
            # the first ones and the newest one are kept
            kept[-1] = hit
        return hit
