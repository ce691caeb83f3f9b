"""What the documents name exists: commands, options, files, headings, pictures."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provenv.cli.program import program

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "examples").rglob("*.md")]
)
WRITTEN = [path for path in DOCUMENTS if "reference" not in path.parts]
PAIRS = [
    ("README.md", "README.zh-CN.md"),
    ("docs/guide/en.md", "docs/guide/zh-CN.md"),
    ("docs/guide/training.md", "docs/guide/training.zh-CN.md"),
    ("examples/digits-torch/README.md", "examples/digits-torch/README.zh-CN.md"),
    *((f"docs/reference/{one}.md", f"docs/reference/zh-CN/{one}.md") for one in ("commands", "problems")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# of a machine on which something was made; the documents are about nobody's machine
PRIVATE = re.compile(r"(?<![\w.])/(?:root|work|tmp|opt)\b|pyenv/versions")


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def _commands(content: str) -> Iterator[list[str]]:
    """Yield the words behind `provenv` of every command line in code blocks and between backticks."""
    lines = []
    for language, body in FENCE.findall(content):
        if language in ("sh", "console"):
            lines += [line.removeprefix("$ ") for line in body.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", FENCE.sub("", content))
    for line in lines:
        if not re.match(r"(\./)?provenv [a-z-]", line):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = []
        for word in lexer:
            if re.fullmatch(r"[<>|;&]+", word):
                break
            words.append(word)
        yield words[1:]


@pytest.mark.parametrize("document", WRITTEN, ids=_name)
def test_commands_and_options_exist(document):
    root = program()
    for words in _commands(document.read_text(encoding="utf-8")):
        if words in (["--version"], ["--help"]):
            continue
        try:
            with root.make_context("provenv", list(words)) as context:
                _, command, rest = root.resolve_command(context, [*context._protected_args, *context.args])
                command.make_context(command.name, rest, parent=context).close()
        except click.MissingParameter:
            continue  # in prose a command is named without its arguments
        except click.UsageError as error:
            pytest.fail(f"provenv {shlex.join(words)}: {error.format_message()}")


def test_a_wrong_command_would_be_seen():
    lines = list(_commands("```sh\nprovenv up --nothing\n```\nand `provenv status --deep`\n"))
    assert lines == [["up", "--nothing"], ["status", "--deep"]]


def _anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a document."""
    content = FENCE.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", content, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_relative_links_resolve(document):
    content = FENCE.sub("", document.read_text(encoding="utf-8"))
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", content):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        goal = (document.parent / name).resolve() if name else document
        if not goal.exists() or (anchor and anchor not in _anchors(goal)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_have_the_same_structure(english, chinese):
    def structure(name: str) -> list[str]:
        content = (REPOSITORY / name).read_text(encoding="utf-8")
        plain = FENCE.sub(lambda fence: f"```{fence[1]}", content)
        return re.findall(r"^(?:#+ |```\w*|\|[-|]+\||- (?=\S)|!?\[?!\[)", plain, re.MULTILINE)

    assert structure(english) == structure(chinese)


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_no_machine_of_ours_is_named(document):
    assert PRIVATE.findall(document.read_text(encoding="utf-8")) == []


def test_pictures_are_small_and_of_nobodys_machine():
    pictures = sorted((REPOSITORY / "docs" / "pictures").iterdir())
    assert {path.suffix for path in pictures} == {".png", ".svg"}
    assert [path.name for path in pictures if path.stat().st_size > 400_000] == []
    drawn = [path for path in pictures if path.suffix == ".svg"]
    assert [path.name for path in drawn if PRIVATE.search(path.read_text(encoding="utf-8"))] == []
    assert [path.name for path in drawn if "http" in path.read_text().replace("http://www.w3.org", "")] == []


def test_every_picture_is_shown():
    shown = "".join(path.read_text(encoding="utf-8") for path in WRITTEN)
    pictures = (REPOSITORY / "docs" / "pictures").iterdir()
    assert [path.name for path in pictures if path.name not in shown] == []
