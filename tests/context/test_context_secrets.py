"""Secrets are found, masked, and told with their place; what only looks like one is let alone."""

from __future__ import annotations

import io
import random
import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv import context
from provenv.context import scan as scanning
from provenv.context.rules import rules
from provenv.toml_library import tomllib

world = load("context_secrets_world", Path(__file__).with_name("conftest.py"))
CASES: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_name("secrets.toml").read_text("utf-8")
)
ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "h": "0123456789abcdef",
    "U": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "b": string.ascii_letters + string.digits + "+/",
    "w": string.ascii_letters + string.digits + "_-",
    "l": string.ascii_letters,
    "d": string.digits,
    "q": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}


def pieces(template: str, seed: str) -> list[tuple[str, bool]]:
    """Return an example in pieces, and of each whether it was made up: the same each time."""
    chance = random.Random(f"{template}{seed}")
    found = []
    for number, piece in enumerate(re.split(r"\{(\w:\d+)\}", template.replace("{}", ""))):
        if number % 2:
            letters, count = ALPHABETS[piece[0]], int(piece[2:])
            # spread over all letters, as in a real one
            spread = (letters[(chance.randrange(len(letters)) + 7 * n) % len(letters)] for n in range(count))
            found.append(("".join(spread), True))
        else:
            found.append((piece, False))
    return found


def made(template: str, seed: str = "") -> str:
    """Return an example with its secret put together."""
    return "".join(piece for piece, _ in pieces(template, seed))


def found(text: str, name: str = "a.py") -> list[scanning.Secret]:
    return list(scanning.scan(io.BytesIO(text.encode()), name))


def _examples(kind: str) -> list[Any]:
    return [
        pytest.param(rule, said.get("file", "a.py"), example, id=f"{rule}-{number}")
        for rule, said in CASES.items()
        for number, example in enumerate(said[kind])
    ]


@pytest.mark.parametrize(("rule", "file", "example"), _examples("yes"))
def test_found(rule: str, file: str, example: str) -> None:
    for seed in ("", "1", "2"):
        text = f"# first line\n{made(example, seed)}\n# last line\n"
        told = found(text, file)
        assert [one.rule.id for one in told][:1] == [rule], text
        one = told[0]
        line = text.split("\n")[one.line - 1]
        secret = line[one.column - 1 : one.column - 1 + one.length]
        assert len(secret) >= 4
        assert one.source is not None
        secrets = [piece for piece, made_up in pieces(example, seed) if made_up and len(piece) >= 10]
        assert not any(each[4:] in one.source for each in secrets)
        assert len(one.source) == len(line.rstrip("\r"))


@pytest.mark.parametrize(("rule", "file", "example"), _examples("no"))
def test_not_found(rule: str, file: str, example: str) -> None:
    assert not found(f"# first line\n{made(example)}\n# last line\n", file)


def test_every_rule_has_examples_of_both_kinds() -> None:
    assert set(CASES) == {one.id for one in rules()}
    assert all(said["yes"] and said["no"] for said in CASES.values())


def test_a_rule_is_whole() -> None:
    for one in rules():
        assert all(word == word.lower() for word in one.keywords), one.id
        assert "secret" in one.pattern.groupindex, one.id
        assert one.en.isascii(), one.id
        assert not one.zh.isascii(), one.id
        assert one.show <= 4, one.id


TOKEN = made("hf{}_{l:34}")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]
)
def test_in_any_encoding(encoding: str) -> None:
    text = f"# 一个 token\nx = 1\nkey('{TOKEN}')\n".replace("一个", "一个" if "16-" not in encoding else "a")
    (told,) = scanning.scan(io.BytesIO(text.encode(encoding)), "a.txt")
    assert (told.line, told.rule.id) == (3, "huggingface-token")


def test_in_a_binary_file() -> None:
    content = bytes(range(256)) * 50 + TOKEN.encode() + b"\0" + bytes(range(256)) * 50
    assert [one.rule.id for one in scanning.scan(io.BytesIO(content), "a.bin")] == ["huggingface-token"]


def test_in_the_output_of_a_notebook() -> None:
    cell = '{"cells": [{"outputs": [{"text": ["logged in with ' + TOKEN + '\\n", "\\"password\\": \\"'
    told = found(cell + made("{a:16}7x") + '\\""]}]}]}', "a.ipynb")
    assert [one.rule.id for one in told] == ["huggingface-token", "assigned-secret"]


@pytest.mark.parametrize("at", [-60, -37, -20, -1, 0, 1])
def test_where_two_blocks_meet(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read in blocks; a secret on the border is found once, with its line."""
    monkeypatch.setattr(scanning, "BLOCK", 64 << 10)
    border = scanning.BLOCK + at
    lines = border // 100
    content = (b"x" * 99 + b"\n") * lines + b"y" * (border - lines * 100 - 1) + b" " + TOKEN.encode()
    content += b"\n" + b"z" * scanning.BLOCK
    (told,) = scanning.scan(io.BytesIO(content), "a.txt")
    assert told.line == lines + 1


def test_memory_is_bounded() -> None:
    class Endless(io.RawIOBase):
        left = 64 << 20

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            count = min(len(buffer), self.left)
            self.left -= count
            buffer[:count] = bytes(count)
            return count

    import tracemalloc

    tracemalloc.start()
    assert not list(scanning.scan(io.BufferedReader(Endless()), "zeros.bin"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20


def test_the_place_and_the_mask() -> None:
    (told,) = found(f"# 中文\nlogin('中', '{TOKEN}')  # mine\n")
    assert (told.line, told.column, told.length) == (2, 13, len(TOKEN))
    assert told.shown == "hf_****"
    assert told.source == f"login('中', 'hf_{'*' * (len(TOKEN) - 3)}')  # mine"


def test_two_on_a_line_are_both_masked_in_both() -> None:
    other = made("gh{}p_{a:36}")
    told = found(f"{TOKEN} {other}\n")
    assert len(told) == 2
    assert all(TOKEN[4:] not in str(one.source) and other[4:] not in str(one.source) for one in told)


def test_a_long_line_is_not_shown() -> None:
    (told,) = found("x" * 5000 + f" {TOKEN}\n")
    assert told.source is None
    assert told.column == 5002


def test_a_line_that_allows_it(lay: Any) -> None:
    root = lay({"a.py": f"t = '{TOKEN}'  # provenv: allow-secret\n", "b.py": "x\n"})
    (note,) = context.secrets(root, ["a.py", "b.py"])
    assert (note.code, note.severity, note.what.args["n"]) == ("PV1095", "note", 1)


def test_all_are_told_at_once_with_remedies(lay: Any) -> None:
    root = lay(
        {"a b.txt.bak": f"t = '{TOKEN}'\n", "src/c.py": f"\nx = 1; t = '{made('gh{}p_{a:36}')}'\n"},
        git=True,
        tracked=["a b.txt.bak"],
    )
    first, second = context.secrets(root, ["a b.txt.bak", "src/c.py"])
    assert {one.code for one in (first, second)} == {"PV1092"}
    assert first.where is not None
    assert second.where is not None
    assert (first.where.file, first.where.line) == ("a b.txt.bak", 1)
    assert (second.where.file, second.where.line, second.where.column) == ("src/c.py", 2, 13)
    assert "git rm --cached -- 'a b.txt.bak'" in [one.command for one in first.hints]
    assert not any(one.command for one in second.hints)
    assert TOKEN[4:] not in repr((first, second))


def test_a_file_full_of_them_is_told_in_short(lay: Any) -> None:
    root = lay({"a.txt": "".join(f"{made('gh{}p_{a:36}', str(n))}\n" for n in range(50))})
    told = context.secrets(root, ["a.txt"])
    assert [one.code for one in told] == ["PV1092"] * 20 + ["PV1101"]
    assert told[-1].what.args["n"] == 30


def test_links_are_not_followed(lay: Any, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(TOKEN)
    root = lay(["a.py"], links={"b.py": "../outside"})
    assert context.secrets(root, ["a.py", "b.py"]) == ()


def test_this_repository_has_none() -> None:
    root = Path(__file__).resolve().parents[2]
    files = [
        str(path.relative_to(root))
        for folder in ("src", "tests", "docs", "examples", "bench")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert [(one.where, one.what) for one in context.secrets(root, files)] == []
