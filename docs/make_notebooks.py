"""Write the guide's chapters as notebooks: `python docs/make_notebooks.py`.

The guide's pages are the one source. What their marks say is run becomes cells; all else, commands that
can't run unattended among it, becomes text. Output that a page shows is left to the cells themselves.

    <!-- notebook: NAME; after: WORDS | WORDS -->   a notebook begins; before it the earlier steps that
                                                    begin with these words are done again
    <!-- file: NAME -->                             the block that follows is written to a file
    <!-- run --> or <!-- run: exit 1 -->            the block's commands are typed, the last may fail so

The same pages give the same bytes; a test fails where the notebooks are not what this would write, and
another one runs them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import v4

GUIDE = Path(__file__).resolve().parent / "guide"
NOTEBOOKS = GUIDE / "notebooks"
# language of the notebooks' folder -> what PROVENV_LANG takes, and the pages in the order of the notebooks
LANGUAGES = {"en": "en", "zh-CN": "zh"}
PAGES = {"en": ("en.md", "training.md"), "zh-CN": ("zh-CN.md", "training.zh-CN.md")}
WORDS = {
    "en": {
        "made": "Made from [the guide]({page}) by `docs/make_notebooks.py`: change the guide, not this file.",
        "other": "[简体中文]({path})",
        "again": "What earlier chapters made, once more (the sources are folded):",
        "folder": "# an empty folder: nothing of yours is touched",
        "shell": "# one stream for what programs say, and an empty standard input",
        "missing": "`provenv` is not on PATH: see chapter 2 of the guide",
    },
    "zh-CN": {
        "made": "由 `docs/make_notebooks.py` 根据[指南]({page})生成：请修改指南，不要修改本文件。",
        "other": "[English]({path})",
        "again": "重做前面章节的准备（源代码已折叠）：",
        "folder": "# 一个空的临时文件夹；不会碰你的任何文件",
        "shell": "# 程序的输出合为一路；标准输入为空",
        "missing": "PATH 中找不到 `provenv`：见指南第 2 章",
    },
}
# the shell that the cells get: it stops at the first command that fails
SHELL = "bash -c 'exec bash -ec \"$(cat)\" 2>&1 </dev/null'"
PART = re.compile(
    r"<!-- notebook: (?P<name>[\w-]+)(?:; after: (?P<after>[^\n]+?))? -->\n"
    r"|<!-- (?P<kind>run|file)(?:: (?P<said>[^\n]+?))? -->\n```\w+\n(?P<body>.*?)```\n",
    re.DOTALL,
)
OTHER_PAGE = re.compile(r"^\[[^\]]+\]\([\w.-]+\.md\)\n\n", re.MULTILINE)
LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)\s]*)(?=\))")


@dataclass(frozen=True)
class Command:
    """One command that is typed, the exit code that it has, and the output that the page shows."""

    words: str
    shown: str = ""
    code: int = 0


@dataclass(frozen=True)
class File:
    """A file that the reader writes."""

    name: str
    content: str


@dataclass(frozen=True)
class Cell:
    """A notebook's cell: text or code, what the page shows of its output, whether its source is folded."""

    kind: str
    source: str
    shown: str = ""
    folded: bool = False


@dataclass
class Notebook:
    """A part of a page: its file's name without the ending, and its cells."""

    language: str
    page: str
    name: str
    cells: list[Cell] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """Where it is written."""
        return NOTEBOOKS / self.language / f"{self.name}.ipynb"


def commands(body: str, code: int = 0) -> Iterator[Command]:
    """Yield what a console block types; the last one ends with `code`."""
    typed = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    for number, part in enumerate(typed, 1):
        lines = part.splitlines()
        count = 1
        while count < len(lines) and re.match(r">( |$)", lines[count]):
            count += 1
        words = "\n".join([lines[0], *(line[2:] for line in lines[1:count])])
        yield Command(words, "\n".join(lines[count:]), code if number == len(typed) else 0)


@dataclass(frozen=True)
class Beginning:
    """Where a notebook begins: its name, and the first words of the earlier steps that it needs."""

    name: str
    after: tuple[str, ...]


def parts(page: str) -> Iterator[str | Beginning | list[Command] | File]:
    """Yield what a page is made of: text, the beginnings of notebooks, blocks of commands, files."""
    end = 0
    for found in PART.finditer(page):
        yield page[end : found.start()]
        end, said = found.end(), found["said"] or ""
        if found["name"]:
            yield Beginning(found["name"], tuple((found["after"] or "").split(" | ")))
        elif found["kind"] == "file":
            yield File(said, found["body"])
        else:
            yield list(commands(found["body"], int(said.removeprefix("exit ") or 0)))
    yield page[end:]


def steps(page: str) -> Iterator[Command | File]:
    """Yield the files and commands of a page, as a reader comes to them."""
    for part in parts(page):
        if isinstance(part, File):
            yield part
        elif isinstance(part, list):
            yield from part


def code_cells(these: Iterable[Command | File]) -> Iterator[Cell]:
    """Yield the cells that do these steps; a cell ends where output is to be looked at."""
    waiting: list[str] = []

    def typed(shown: str = "") -> Iterator[Cell]:
        if waiting:
            yield Cell("code", "\n".join(["%%bash", *waiting]), shown)
            waiting.clear()

    for step in these:
        if isinstance(step, File):
            yield from typed()
            yield Cell("code", f"%%writefile {step.name}\n{step.content.rstrip()}")
        elif step.words.startswith("cd "):
            yield from typed()
            yield Cell("code", f"%{step.words}")
        else:
            waiting.append(step.words + (' || echo "exit code $?"' if step.code else ""))
            if step.shown or step.code:
                said = [step.shown, *([f"exit code {step.code}"] if step.code else [])]
                yield from typed("\n...\n".join(said))
    yield from typed()


def _beginning(language: str) -> Cell:
    say = WORDS[language]
    lines = [
        "import os",
        "import shutil",
        "import tempfile",
        "",
        say["folder"],
        'os.chdir(tempfile.mkdtemp(prefix="provenv-guide-"))',
        f'os.environ.update(PROVENV_LANG="{LANGUAGES[language]}", COLUMNS="100")',
        f'assert shutil.which("provenv"), "{say["missing"]}"',
        say["shell"],
        f"shell = {json.dumps(SHELL)}",
        'get_ipython().magics_manager.register_alias("bash", "script", "cell", shell)',
    ]
    return Cell("code", "\n".join(lines))


def _again(beginning: Beginning, earlier: list[Command | File]) -> Iterator[Command | File]:
    """Yield the earlier steps that a notebook needs, without their output. Raises LookupError."""
    for start in filter(None, beginning.after):
        named = ((step.name if isinstance(step, File) else step.words, step) for step in earlier)
        found = next((step for name, step in named if name.startswith(start)), None)
        if found is None:
            raise LookupError(f"no step before `{beginning.name}` begins with `{start}`")
        yield found if isinstance(found, File) else Command(found.words)


def notebooks(language: str) -> list[Notebook]:
    """Return the notebooks of one language, in order."""
    return [one for name in PAGES[language] for one in _of_page(language, name)]


def _of_page(language: str, name: str) -> Iterator[Notebook]:
    earlier: list[Command | File] = []
    now: Notebook | None = None
    waiting: list[Cell] = []
    for part in parts((GUIDE / name).read_text(encoding="utf-8")):
        if isinstance(part, Beginning):
            introduction = [] if now else waiting
            if now:
                yield now
            now = Notebook(language, name, part.name)
            now.cells += [Cell("markdown", _head(now)), *introduction]
            waiting = [_beginning(language), *_repeated(part, earlier, language)]
            continue
        if isinstance(part, str):
            cells = _text(part, name)
            # the cells that prepare come where the first one is run
            (now.cells if now else waiting).extend(cells)
            continue
        these = [part] if isinstance(part, File) else part
        earlier += these
        if now is None:
            raise LookupError(f"{name} runs something before its first notebook")
        now.cells += [*waiting, *code_cells(these)]
        waiting = []
    if now:
        yield now


def _repeated(beginning: Beginning, earlier: list[Command | File], language: str) -> list[Cell]:
    cells = [replace(cell, folded=True) for cell in code_cells(_again(beginning, earlier))]
    return [Cell("markdown", WORDS[language]["again"]), *cells] if cells else []


def _text(text: str, page: str) -> list[Cell]:
    def there(link: re.Match[str]) -> str:
        return f"../../{page}{link[1]}" if link[1].startswith("#") else f"../../{link[1]}"

    words = OTHER_PAGE.sub("", text).strip()
    return [Cell("markdown", LINK.sub(there, words))] if words else []


def _head(notebook: Notebook) -> str:
    say = WORDS[notebook.language]
    other = next(one for one in LANGUAGES if one != notebook.language)
    made = say["made"].format(page=f"../../{notebook.page}")
    return f"{made} {say['other'].format(path=f'../{other}/{notebook.name}.ipynb')}"


def document(notebook: Notebook) -> str:
    """Return a notebook's file; the same cells give the same bytes."""
    cells, seen = [], Counter[str]()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] += 1
        make = v4.new_markdown_cell if cell.kind == "markdown" else v4.new_code_cell
        about = {"jupyter": {"source_hidden": True}} if cell.folded else {}
        cells.append(make(cell.source, id=f"{digest}-{seen[digest]}", metadata=about))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(whole)
    return nbformat.writes(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def pages() -> dict[Path, str]:
    """Return the content of every notebook by its path."""
    return {one.path: document(one) for language in LANGUAGES for one in notebooks(language)}


def main() -> None:
    """Write them, and remove those that no page asks for any more."""
    made = pages()
    for path in set(NOTEBOOKS.glob("*/*.ipynb")) - set(made):
        path.unlink()
    for path, content in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
