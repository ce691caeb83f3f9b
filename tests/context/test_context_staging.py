"""The folder that is built from: exactly what was chosen, from every checkout the same."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv import context
from provenv.context.staging import EPOCH
from provenv.errors import Failure
from provenv.model.image import Context, Recipe

world = load("context_staging_world", Path(__file__).with_name("conftest.py"))
RECIPE = Recipe({"Dockerfile": "FROM scratch\n", ".dockerignore": "*\n", "lists/a.txt": "torch\n"})


def choose(root: Path, *code: str) -> Context:
    return context.chosen(root, world.spec_of(root), world.options_of(*code))


def laid(root: Path, chosen: Context, folder: Path, recipe: Recipe = RECIPE) -> dict[str, os.stat_result]:
    """Return what was laid down, folders with a `/` at their end."""
    folder.mkdir()
    context.staged(root, chosen, recipe, folder)
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        status = path.lstat()
        found[f"{name}/" if stat.S_ISDIR(status.st_mode) else name] = status
    return found


def refused(root: Path, chosen: Context, folder: Path, recipe: Recipe = RECIPE) -> list[str]:
    folder.mkdir()
    with pytest.raises(Failure) as failure:
        context.staged(root, chosen, recipe, folder)
    return [one.code for one in failure.value.problems]


def test_what_is_laid_down(lay: Any, tmp_path: Path) -> None:
    root = lay(
        ["a.py", "src/run", "src/data/x.csv", "left.csv"], links={"l.py": "a.py"}, programs=["src/run"]
    )
    (root / "a.py").chmod(0o640)
    found = laid(root, choose(root, "a.py", "l.py", "src/"), tmp_path / "build")
    assert list(found) == [
        *(
            "Dockerfile",
            "a.py",
            "l.py",
            "lists/",
            "lists/a.txt",
            "src/",
            "src/data/",
            "src/data/x.csv",
            "src/run",
        ),
    ]
    assert {name for name, one in found.items() if one.st_mtime != EPOCH} == set()
    modes = {name: stat.S_IMODE(one.st_mode) for name, one in found.items() if name != "l.py"}
    programs = {"lists/", "src/", "src/data/", "src/run"}
    assert modes == {name: 0o755 if name in programs else 0o644 for name in modes}
    assert os.readlink(tmp_path / "build/l.py") == "a.py"
    assert (tmp_path / "build/Dockerfile").read_text() == "FROM scratch\n"


def test_later_writes_in_the_project_do_not_reach_it(lay: Any, tmp_path: Path) -> None:
    root = lay(["a.py"])
    laid(root, choose(root), tmp_path / "build")
    with (root / "a.py").open("r+") as file:
        file.write("other")
    assert (tmp_path / "build/a.py").read_text() == "x\n"


def test_wheels_are_linked(lay: Any, tmp_path: Path) -> None:
    root = lay(["a.py"])
    wheel = tmp_path / "kept" / "x-1-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"PK")
    link = tmp_path / "kept" / "y-1-py3-none-any.whl"
    link.symlink_to(wheel.name)
    laid(root, choose(root), tmp_path / "build", Recipe({}, wheels=(str(wheel), str(link))))
    for name in (wheel.name, link.name):
        assert (tmp_path / "build/wheels" / name).samefile(wheel)


def swapped_for_a_link(root: Path) -> None:
    (root / "src/a.py").unlink()
    (root / "src/a.py").symlink_to("/etc/hostname")


def swapped_for_a_folder(root: Path) -> None:
    (root / "src/a.py").unlink()
    (root / "src/a.py").mkdir()


def swapped_for_a_pipe(root: Path) -> None:
    (root / "src/a.py").unlink()
    os.mkfifo(root / "src/a.py")


def folder_swapped_for_a_link(root: Path) -> None:
    (root / "src").rename(root.parent / "outside")
    (root / "src").symlink_to("../outside")


CHANGES: list[Callable[[Path], object]] = [
    lambda root: (root / "src/a.py").write_text("y\n"),
    lambda root: (root / "src/a.py").chmod(0o755),
    lambda root: (root / "src/a.py").unlink(),
    swapped_for_a_link,
    swapped_for_a_folder,
    swapped_for_a_pipe,
    folder_swapped_for_a_link,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_meanwhile_is_noticed(
    change: Callable[[Path], object], lay: Any, tmp_path: Path
) -> None:
    root = lay(["src/a.py", "b.py"])
    chosen = choose(root)
    change(root)
    assert refused(root, chosen, tmp_path / "build") == ["PV1096"]


def test_a_link_that_leads_elsewhere_by_now(lay: Any, tmp_path: Path) -> None:
    root = lay(["a.py", "b.py"], links={"l.py": "a.py"})
    chosen = choose(root)
    (root / "l.py").unlink()
    (root / "l.py").symlink_to("/etc/passwd")
    assert refused(root, chosen, tmp_path / "build") == ["PV1096"]


def test_names_of_the_builds_own_files(lay: Any, tmp_path: Path) -> None:
    root = lay({"Dockerfile": "FROM mine\n", "wheels/a.py": "x", "lists/a.txt": "torch\n"})
    chosen = choose(root, "Dockerfile", "wheels/", "lists/")
    assert refused(root, chosen, tmp_path / "build") == ["PV1097", "PV1097"]
    (root / "Dockerfile").write_text("# provenv render dockerfile\nFROM old\n")
    chosen = choose(root, "Dockerfile")
    assert "Dockerfile" in laid(root, chosen, tmp_path / "again")
    assert (tmp_path / "again/Dockerfile").read_text() == "FROM scratch\n"


def test_every_name_arrives(lay: Any, tmp_path: Path) -> None:
    names = ["a b.py", "line\nend.py", "中文/模块.py", "q'uo\"te.py", os.fsdecode(b"src/\xff.py")]
    root = lay(["src/x.py"])
    for name in names:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("x")
    found = laid(root, choose(root), tmp_path / "build", Recipe({}))
    assert set(names) <= set(found)
