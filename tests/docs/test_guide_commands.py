"""The guide and the page of the show are run: files are written, commands typed, what is shown must come."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from provenv.facts.file import load

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = DOCS / "guide"
PAGES = {
    "guide": {"en": GUIDE / "en.md", "zh": GUIDE / "zh-CN.md"},
    "diagnosis": {"en": DOCS / "diagnosis.md", "zh": DOCS / "diagnosis.zh-CN.md"},
}
BLOCK = re.compile(r"<!-- (run|file)(?:: ([^>]+?))? -->\n```\w+\n(.*?)```\n", re.DOTALL)
LEFT_OUT = "..."
# what every computer has other ones of
PATHS = re.compile(r"(?<![\w.])~?(?:/[\w.+-]+)+")
NUMBERS = re.compile(r"\d+(?:[.,:-]\d+)*(?:\s?(?:ms|s|B|KB|MB|GB)\b)?")


@dataclass
class Typed:
    """One command, the exit code that it must have, and the pieces of output that must come, in order."""

    command: str
    code: int = 0
    pieces: list[str] = field(default_factory=list)


def steps(guide: str) -> Iterator[tuple[str, str] | Typed]:
    """Yield the files (name, content) and the commands of a guide, as a reader comes to them."""
    for kind, said, body in BLOCK.findall(guide):
        if kind == "file":
            yield said, body
            continue
        commands = list(_commands(body))
        if said:
            commands[-1].code = int(said.removeprefix("exit "))
        yield from commands


def _commands(body: str) -> Iterator[Typed]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        count = 1
        while count < len(lines) and re.match(r">( |$)", lines[count]):
            count += 1
        command = "\n".join([lines[0], *(line[2:] for line in lines[1:count])])
        yield Typed(command, 0, [one for one in _pieces(lines[count:]) if one])


def _pieces(lines: list[str]) -> Iterator[str]:
    for piece in "\n".join(lines).split(LEFT_OUT):
        yield comparable(piece)


def comparable(words: str) -> str:
    """Return words without what differs from machine to machine: paths, figures, where lines are broken."""
    return re.sub(r"\s+", "", NUMBERS.sub("0", PATHS.sub("PATH", words)))


@pytest.fixture
def environment(tmp_path: Path, repository: Path) -> dict[str, str]:
    """Return variables with `provenv` on PATH and an own cache: the guide damages a file of it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "provenv"
    source = str(repository / "src")
    # as the installed program: the folder that one stands in is not on its path
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[0] = {source!r}\n"
        "from provenv.cli import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "CUDA_VISIBLE_DEVICES": "",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="the guide shows a machine without a GPU")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_tells_what_happens(page, language, environment, tmp_path):
    folder = tmp_path
    environment["PROVENV_LANG"] = language
    for step in steps(PAGES[page][language].read_text(encoding="utf-8")):
        if isinstance(step, tuple):
            (folder / step[0]).write_text(step[1], encoding="utf-8")
            continue
        where = tmp_path / "where"
        script = f"{step.command}\ncode=$?; pwd > {shlex.quote(str(where))}; exit $code"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        said = done.stdout.decode()
        assert done.returncode == step.code, f"$ {step.command}\n{said}"
        rest = comparable(said)
        for piece in step.pieces:
            assert piece in rest, f"$ {step.command}\n{said}\n--- does not say\n{piece}"
            rest = rest.partition(piece)[2]
        folder = Path(where.read_text().strip())


@pytest.mark.parametrize(("page", "least"), [("guide", 30), ("diagnosis", 15)])
def test_both_languages_take_the_same_steps(page, least):
    commands = [
        [
            (step.command, step.code) if isinstance(step, Typed) else step
            for step in steps(path.read_text(encoding="utf-8"))
        ]
        for path in PAGES[page].values()
    ]
    assert len(commands[0]) > least
    assert commands[0] == commands[1]


def test_the_machine_of_the_guide_can_be_locked_for():
    facts = load(GUIDE / "gpu01.json")
    assert [gpu.compute_capability for gpu in facts.nvidia.gpus] == ["7.0"]
    assert facts.nvidia.driver == "550.54.14"
    assert facts.pythons[0].version.startswith("3.11")
