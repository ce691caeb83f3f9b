"""What really arrives in an image: by a rendered .dockerignore, and by the folder that a build is sent."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from provenv import context
from provenv.model.image import Context, ImageOptions, Recipe
from provenv.model.spec import Spec

pytestmark = [pytest.mark.root, pytest.mark.slow]
ENGINES = ("new_engine", "old_engine", "podman")
EVERYTHING = "FROM scratch\nCOPY . /c/\n"
GOES_IN = (
    *(
        "train.py",
        "src/pkg/__init__.py",
        "src/pkg/deep/er/a.py",
        "src/pkg/prompt.md",
        "part/keep.py",
        "part/a/b.py",
    ),
    *("src/a b.py", "src/ lead.py", "src/tail.py ", "src/q'uo\"te.py", "src/new\nline.py", "src/中文.py"),
    *(
        "src/c++(x){1}|y.py",
        "src/[ab].py",
        "src/a*b.py",
        "src/a?b.py",
        "src/#h.py",
        "src/!b.py",
        "src/back\\s.py",
    ),
    *("src/do$lar.py", "src/tab\t.py", "src/^x.py", "we+ird (1)/only.py", "#top.py", "!top.py", " blank.py"),
    os.fsdecode(b"src/nu\xff.py"),
)
STAYS_OUT = (
    *(
        ".env",
        "notes.md",
        "model.pt",
        "src/pkg/w.safetensors",
        "src/.hidden/x.py",
        "src/pkg/__pycache__/a.pyc",
    ),
    *(
        "part/sub/d.parquet",
        "we+ird (1)/big.bin",
        "data/x.csv",
        "build/x.py",
        "src/local.py",
        "#no.md",
        "!no.md",
    ),
    *(f"part/{n}.npz" for n in range(30)),
    os.fsdecode(b"src/nu\xff.bin"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with names of every kind."""
    root = tmp_path / "project"
    for name in (*GOES_IN, *STAYS_OUT):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name!r}\n")
    (root / ".gitignore").write_text("/build/\nlocal.py\n")
    (root / "link.py").symlink_to("train.py")
    (root / "src/dir").symlink_to("pkg")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    return root


def choose(root: Path) -> Context:
    return context.chosen(root, Spec("p", str(root), "provenv.toml", (), ""), ImageOptions("scratch", "p"))


def arrived(engine: Any, folder: Path, dockerfile: Path, out: Path) -> dict[str, tarfile.TarInfo]:
    """Return what an image has that copies all that the engine is sent."""
    done = subprocess.run(
        [engine.client, "build", f"--output=type=tar,dest={out}", "-f", str(dockerfile), str(folder)],
        env={**engine.environment, "DOCKER_BUILDKIT": "1"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    with tarfile.open(out) as archive:
        found = {one.name: one for one in archive if one.name.startswith("c/") and not one.isdir()}
    return {name.removeprefix("c/"): one for name, one in found.items()}


@pytest.mark.parametrize("name", ENGINES)
def test_by_the_ignore_file(name: str, project: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    engine = request.getfixturevalue(name)
    chosen = choose(project)
    assert set(chosen.files) == {*GOES_IN, "link.py", "src/dir", "run"}
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(EVERYTHING)
    (project / ".dockerignore").write_text(context.ignored(chosen))
    assert set(arrived(engine, project, dockerfile, tmp_path / "a.tar")) == set(chosen.files)
    # code that is written later goes in without rendering anew; data does not
    for later in (
        "src/pkg/later.py",
        "part/later.py",
        "later.py",
        "src/pkg/later.ckpt",
        "part/later.parquet",
    ):
        (project / later).write_text("x")
    now = set(arrived(engine, project, dockerfile, tmp_path / "b.tar"))
    assert now - set(chosen.files) == {"src/pkg/later.py", "part/later.py", "later.py"}
    assert now == set(choose(project).files)


@pytest.mark.parametrize("name", ENGINES)
def test_by_the_staged_folder(
    name: str, project: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine = request.getfixturevalue(name)
    chosen = choose(project)
    recipe = Recipe({"Dockerfile": EVERYTHING, ".dockerignore": "*\n"})
    kept = []
    for number in (1, 2):
        # another checkout: other times, another umask
        copy = tmp_path / f"copy{number}"
        shutil.copytree(project, copy, symlinks=True)
        for path in copy.rglob("*.py"):
            if not path.is_symlink():
                path.chmod(0o600 + 0o44 * (number - 1))
        folder = tmp_path / f"build{number}"
        folder.mkdir()
        context.staged(copy, choose(copy), recipe, folder)
        found = arrived(engine, folder, folder / "Dockerfile", tmp_path / f"{number}.tar")
        assert set(found) == {*chosen.files, "Dockerfile"}
        kept.append(
            {path: (one.mode & 0o7777, one.mtime, one.size, one.linkname) for path, one in found.items()}
        )
    assert kept[0] == kept[1]
    modes = {path: mode for path, (mode, *_) in kept[0].items() if not kept[0][path][3]}
    assert modes == {path: 0o755 if path == "run" else 0o644 for path in modes}
