"""The scan: what it finds in hostile logs, and that its work and memory are bounded, by counts."""

from __future__ import annotations

import itertools
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from provenv.diagnosis.index import Index
from provenv.diagnosis.line import AROUND
from provenv.diagnosis.log import Log
from provenv.diagnosis.rule import Pattern
from provenv.diagnosis.scan import BLOCK, KEPT, SHARE, TRIES, scan

MIB = 1 << 20
LINE = b"RuntimeError: undefined symbol: cudaGetDevice\n"


class Searched:
    """An expression that counts how often it is tried, and on how much."""

    def __init__(self, pattern: Pattern) -> None:
        self.inner = Pattern.compiled.func(pattern)  # type: ignore[attr-defined]
        self.times = self.characters = 0

    def search(self, text: str) -> object:
        self.times += 1
        self.characters += len(text)
        return self.inner.search(text)


@dataclass(frozen=True)
class Counted(Pattern):
    """A pattern whose tries are counted."""

    @property
    def compiled(self) -> Searched:  # type: ignore[override]
        if "searched" not in self.__dict__:
            self.__dict__["searched"] = Searched(self)
        found: Searched = self.__dict__["searched"]
        return found


def pattern(regex: str = r"undefined symbol: (?P<name>\w+)", *anchors: str, span: int = 1) -> Counted:
    return Counted("p", regex, 5.0, frozenset(anchors or ("undefined",)), span=span)


def found(blocks, one: Pattern) -> Log:
    return scan(blocks, Index([("c", one)]))


def test_a_line_is_found_with_its_number_and_what_it_captured():
    log = found([b"one\ntwo\n" + LINE + b"four"], pattern())
    (hit,) = log.hits["c/p"]
    assert (hit.line, hit.captured, hit.times, hit.before) == (3, {"name": "cudaGetDevice"}, 1, "two")
    assert hit.text[hit.start : hit.start + hit.length] == "undefined symbol: cudaGetDevice"
    assert log.lines == 4


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_how_the_log_comes_in_pieces_changes_nothing(size):
    whole = b"".join(b"line %d\n" % number for number in range(200)) + LINE + b"end"
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    log = found(pieces, pattern())
    assert [(hit.line, hit.text) for hit in log.hits["c/p"]] == [(201, LINE.decode().rstrip())]
    assert (log.lines, log.size) == (202, len(whole))


def test_lines_that_differ_in_numbers_are_tried_a_few_times_and_all_counted():
    one = pattern()
    lines = (b"step %d: undefined symbol: f1\n" % number for number in range(60_000))
    log = found(lines, one)
    (hit,) = log.hits["c/p"]
    assert (hit.times, hit.line, hit.last) == (60_000, 1, 60_000)
    assert one.compiled.times <= TRIES + 5


def test_a_line_without_an_anchor_meets_no_expression():
    one = pattern()
    found((f"{'x' * (number % 90)} symbol\n".encode() for number in range(20_000)), one)
    assert one.compiled.times == 0


def test_distinct_lines_with_an_anchor_are_read_up_to_a_share_and_at_the_end():
    one = pattern()
    letters = random.Random(7)

    def lines() -> Iterator[bytes]:
        for _ in range(40_000):
            yield b"undefined " + "".join(letters.choices("abcdefgh", k=120)).encode() + b"\n"
        yield LINE

    log = found(lines(), one)
    assert log.hits["c/p"][0].line == 40_001
    assert one.compiled.characters < SHARE + 200_000


def test_memory_stays_the_same_however_long_the_log_is():
    one = pattern()
    letters = random.Random(3)
    words = ["".join(letters.choices("abcdefghijklmnop", k=letters.randint(2, 9))) for _ in range(4000)]

    def lines() -> Iterator[bytes]:
        size = 0
        while size < 24 * MIB:
            block = "\n".join(" ".join(letters.choices(words, k=12)) for _ in range(2000)).encode() + b"\n"
            size += len(block)
            yield block

    tracemalloc.start()
    try:
        log = found(lines(), one)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert log.size >= 24 * MIB
    assert len(log.head) + len(log.tail) <= 2 * KEPT
    assert peak < 20 * MIB


def test_one_endless_line_is_one_line_and_what_stands_in_it_is_found():
    one = pattern()
    log = found(itertools.chain([b"x" * 100 + b" "] * 50_000, [LINE], [b"y " * MIB]), one)
    (hit,) = log.hits["c/p"]
    assert (hit.line, log.lines) == (1, 2)
    assert "cudaGetDevice" in hit.text
    assert len(hit.text) <= 4000


def test_an_endless_line_full_of_anchors_is_tried_a_bounded_number_of_times():
    one = pattern(r"undefined (?:behaviour|reference) here")
    found([b"undefined symbol " * (BLOCK // 17)] * 6, one)
    assert one.compiled.characters < SHARE + 10_000


def test_several_lines_are_seen_together_also_across_two_blocks():
    one = pattern(r"undefined symbol[\s\S]{0,200}torch", "undefined", span=4)
    fill = b"filler of some length\n" * (BLOCK // 22 - 1)
    for shift in range(6):
        blocks = [fill + b"a\n" * shift + LINE + b"in libb\nin libc\n", b"of torch\nend"]
        assert "c/p" in found(blocks, one).hits, shift


@pytest.mark.parametrize("distance", range(1, AROUND))
def test_the_lines_before_and_behind_are_seen(distance):
    between = b"between\n" * (distance - 1)
    behind = pattern(r"undefined symbol[\s\S]{0,400}torch", "undefined", span=distance + 1)
    assert "c/p" in found([LINE + between + b"torch"], behind).hits
    before = pattern(r"torch[\s\S]{0,400}undefined symbol", "undefined", span=distance + 1)
    assert "c/p" in found([b"torch\n" + between + LINE], before).hits


@pytest.mark.parametrize(
    "line",
    [
        b"undef\x1b[1;31mined symbol: cudaGetDevice\x1b[0m",
        b"\x1b]0;title\x07undefined symbol: cudaGetDevice",
        b"undefined\0 symbol: cudaGetDevice",
        b"10%\r50%\rundefined symbol: cudaGetDevice\r",
        b"\xff\xfe\x80 undefined symbol: cudaGetDevice",
        "错误undefined symbol: cudaGetDevice".encode("gb18030"),
        "‘undefined symbol: cudaGetDevice’".encode(),
        b"[rank3]: undefined symbol: cudaGetDevice",
        b'{"log":"undefined symbol: cudaGetDevice\\n","stream":"stderr","time":"2024-01-01T00:00:00Z"}',
        b"2024-05-01T10:00:00.1234567Z undefined symbol: cudaGetDevice",
        b"web-1  | undefined symbol: cudaGetDevice",
        b"(Worker pid=77, ip=10.0.0.4) undefined symbol: cudaGetDevice",
    ],
)
def test_what_stands_around_a_message_does_not_hide_it(line):
    log = found([b"before\n" + line + b"\nafter\n"], pattern(r"^.{0,10}undefined symbol: (?P<name>\w+)"))
    assert log.hits["c/p"][0].captured == {"name": "cudaGetDevice"}


def test_chinese_of_another_encoding_is_read():
    log = found(
        ["第一行\n系统找不到指定的文件。\n".encode("gb18030") + "好 café\n".encode()],
        Pattern("p", "找不到指定的文件", 5.0, frozenset({"找不到指定的文件"})),
    )
    assert log.hits["c/p"][0].line == 2
    assert "第一行" in log.head


def test_a_paste_that_a_terminal_wrapped_is_read_as_one_line():
    long = b"/home/a/project/venv/lib/python3.11/site-packages/some/library/module.so: unde"
    log = found([long + b"\nfined symbol: cudaGetDevice\n"], pattern())
    assert log.hits["c/p"][0].captured == {"name": "cudaGetDevice"}


def test_noise_and_zeros_end():
    noise = random.Random(1).randbytes(2 * MIB)
    log = found([noise, b"\0" * MIB, LINE], pattern())
    assert log.size == 3 * MIB + len(LINE)
    assert log.zeros > MIB


def test_a_block_of_many_anchors_is_read_like_one_of_few():
    words = ["".join(pair) + "word" for pair in itertools.product("abcdefg", repeat=2)]
    patterns = [Pattern(word, word, 5.0, frozenset({word})) for word in words]
    patterns.append(Pattern("chinese", "找不到", 5.0, frozenset({"找不到"})))
    lines = [f"line {word} 3\n".encode() for word in words] + ["系统找不到文件\n".encode()]
    log = scan([b"".join(lines)], Index([("c", one) for one in patterns]))
    assert {name: hits[0].line for name, hits in log.hits.items()} == {
        f"c/{one.id}": number for number, one in enumerate(patterns, 1)
    }
