"""Which files go into an image: the cases of choice.toml, by git and by a walk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv import context
from provenv.context import listing, tree
from provenv.errors import Failure
from provenv.render import ORIGIN
from provenv.toml_library import tomllib

world = load("context_world", Path(__file__).with_name("conftest.py"))
CASES = tomllib.loads(Path(__file__).with_name("choice.toml").read_text("utf-8"))["case"]
BOTH = [
    pytest.param(case, git, id=f"{'git' if git else 'walk'}: {case['name']}")
    for case in CASES
    for git in (True, False)
    if case.get("git", git) == git
]


@pytest.mark.parametrize(("case", "git"), BOTH)
def test_choice(case: Mapping[str, Any], git: bool, lay: Any) -> None:
    contents = {**dict.fromkeys(case["files"], "x\n"), **case.get("text", {}), **case.get("large", {})}
    root = lay(
        contents,
        git=git,
        links=case.get("links"),
        programs=case.get("programs", ()),
        tracked=case.get("tracked", ()),
    )
    if nested := case.get("nested"):
        subprocess.run(["git", "init", "-q"], cwd=root / nested, check=True)
    spec = world.spec_of(root, case.get("runs", ()), case.get("prove", ()))
    options = world.options_of(*case.get("code", ()))
    if "refused" in case:
        with pytest.raises(Failure) as failure:
            context.chosen(root, spec, options)
        told = [f"{one.code} {one.where.file if one.where else ''}" for one in failure.value.problems]
        assert told == case["refused"]
        return
    chosen = context.chosen(root, spec, options)
    assert list(chosen.files) == case["chosen"]
    assert [one.code for one in chosen.findings] == case.get("noted", [])
    assert not set(chosen.files) & set(chosen.left)


def test_git_is_asked_where_there_is_a_repository(lay: Any) -> None:
    """A file that is tracked and ignored tells git from a walk."""
    root = lay({".gitignore": "*.py\n", "a.py": "x"}, git=True, tracked=["a.py"])
    assert "a.py" in listing.listing(root).files


def test_a_project_that_a_repository_around_it_ignores_is_walked(lay: Any) -> None:
    root = lay({".gitignore": "inner/\n", "inner/a.py": "x"}, git=True)
    inner = root / "inner"
    assert context.chosen(inner, world.spec_of(inner), world.options_of()).files == ("a.py",)


def test_a_deleted_file_that_git_knows_is_no_part(lay: Any) -> None:
    root = lay(["a.py", "b.py"], git=True, tracked=["a.py", "b.py"])
    (root / "b.py").unlink()
    assert context.chosen(root, world.spec_of(root), world.options_of()).files == ("a.py",)


def test_sockets_and_pipes_are_no_files(lay: Any) -> None:
    root = lay(["a.py"])
    os.mkfifo(root / "pipe.py")
    assert context.chosen(root, world.spec_of(root), world.options_of("*.py")).files == ("a.py",)


@pytest.mark.parametrize("git", [True, False])
def test_the_digest_is_of_content_and_the_executable_bit(lay: Any, git: bool) -> None:
    root = lay(["a.py", "b.py"], git=git)
    spec, options = world.spec_of(root), world.options_of()

    def digest() -> str:
        return context.chosen(root, spec, options).digest

    first = digest()
    os.utime(root / "a.py", (1, 1))
    (root / "a.py").chmod(0o600)
    assert digest() == first
    (root / "a.py").chmod(0o755)
    executable = digest()
    (root / "a.py").chmod(0o644)
    (root / "a.py").write_text("y\n")
    changed = digest()
    (root / "a.py").write_text("x\n")
    (root / "b.py").rename(root / "c.py")
    renamed = digest()
    assert len({first, executable, changed, renamed}) == 4
    (root / "c.py").rename(root / "b.py")
    assert digest() == first


def test_a_link_and_a_file_of_the_same_text_differ(lay: Any) -> None:
    root = lay({"a.py": "b.py", "b.py": ""})
    spec, options = world.spec_of(root), world.options_of()
    before = context.chosen(root, spec, options)
    (root / "a.py").unlink()
    (root / "a.py").symlink_to("b.py")
    after = context.chosen(root, spec, options)
    assert (before.files, before.digest) != (after.files, after.digest)
    assert before.files == after.files


def test_names_that_are_no_utf8(lay: Any) -> None:
    root = lay(["src/a.py"])
    (root / "src" / os.fsdecode(b"\xff.py")).write_text("x")
    spec = world.spec_of(root)
    assert os.fsdecode(b"src/\xff.py") in context.chosen(root, spec, world.options_of()).files
    (root / os.fsdecode(b"\xfe.py")).write_text("x")
    with pytest.raises(Failure) as failure:
        context.chosen(root, spec, world.options_of())
    assert [one.code for one in failure.value.problems] == ["PV1094"]
    assert context.chosen(root, spec, world.options_of("!/?.py")).files


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read(lay: Any) -> None:
    root = lay(["a.py"])
    (root / "a.py").chmod(0)
    with pytest.raises(Failure) as failure:
        context.chosen(root, world.spec_of(root), world.options_of())
    assert [one.code for one in failure.value.problems] == ["PV1099"]


def test_what_is_rendered_is_known_by_its_head() -> None:
    assert tree.ORIGIN.decode().strip() == ORIGIN


def test_the_largest_files_are_named(lay: Any) -> None:
    root = lay({"src/a.py": 90_000_000, "src/b.py": 30_000_000, "c.py": 10})
    with pytest.raises(Failure) as failure:
        context.chosen(root, world.spec_of(root), world.options_of())
    (told,) = failure.value.problems
    assert told.why is not None
    assert str(told.why.args["largest"]).startswith("src/a.py (90 MB), src/b.py (30 MB)")
