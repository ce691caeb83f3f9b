"""A file system without symbolic links (FAT, some shared folders): all goes on by a pointer file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provenv.targets.durable import pointed, switch
from provenv.targets.editors import follow_switch, link_for_editors
from provenv.targets.layout import Layout

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this is how Linux meets such a file system")

# what the kernel answers on vfat: EPERM; uv makes its links itself and is left alone
WITHOUT_LINKS = """
import errno, os

def symlink(source, destination, *rest, **more):
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), source, None, destination)

os.symlink = symlink
"""


@pytest.fixture
def run(tmp_path: Path, search_path: str, make_tiny_wheel: Callable[[Path, str, str], Path]):
    """Return what runs provenv in a project of tiny wheels, in processes that cannot make links."""
    root, wheels, hooks = tmp_path / "project", tmp_path / "wheels", tmp_path / "hooks"
    for folder in (root, wheels, hooks):
        folder.mkdir()
    (hooks / "sitecustomize.py").write_text(WITHOUT_LINKS)
    for version in ("1.0", "2.0"):
        make_tiny_wheel(wheels, "alpha", version)
    source = Path(__file__).resolve().parents[2] / "src"
    environment = {
        "PATH": search_path,
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{hooks}:{source}",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }

    def provenv(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "provenv", *arguments],
            cwd=root, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    provenv.root = root  # type: ignore[attr-defined]
    return provenv


def declare(root: Path, version: str) -> None:
    (root / "provenv.toml").write_text(f'schema = 1\nname = "p"\nrequirements = ["alpha=={version}"]\n')


def test_the_whole_way_by_a_pointer_file(run):
    root, current = run.root, run.root / ".provenv" / "here" / "current"
    declare(root, "1.0")
    first = run("up")
    assert first.returncode == 0, first.stderr
    assert not current.is_symlink()
    assert current.read_text() == "generations/0001"
    assert not os.path.lexists(root / ".venv")
    assert "PV407" in first.stderr
    declare(root, "2.0")
    assert run("up").returncode == 0
    assert current.read_text() == "generations/0002"
    told = run("run", "--", "python", "-c", "import alpha; print(alpha.version)")
    assert told.stdout == "2.0\n"
    back = run("rollback")
    assert back.returncode == 0, back.stderr
    assert current.read_text() == "generations/0001"
    assert run("run", "--", "python", "-c", "import alpha; print(alpha.version)").stdout == "1.0\n"
    # the current one stays, though it is not the newest
    cleaned = run("gc", "--keep", "0", "--json")
    assert json.loads(cleaned.stdout)["data"]["removed"] == [2]
    assert run("status").returncode == 0
    assert run("down", "--yes").returncode == 0
    assert not os.path.lexists(current)


def test_a_link_gives_way_to_a_pointer_file_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A project that was copied between file systems keeps its one switch."""
    link = tmp_path / "current"
    switch(link, "generations/0001")
    assert link.is_symlink()
    with monkeypatch.context() as patch:
        patch.setattr(os, "symlink", _refuse)
        switch(link, "generations/0002")
        assert not link.is_symlink()
        assert pointed(link) == "generations/0002"
    switch(link, "generations/0003")
    assert (link.is_symlink(), pointed(link)) == (True, "generations/0003")
    assert os.listdir(tmp_path) == ["current"]


def test_an_editors_link_follows_where_it_cannot_go_through_the_switch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    layout = Layout(tmp_path, "here")
    layout.venv(1).mkdir(parents=True)
    layout.venv(2).mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "symlink", _refuse)
        switch(layout.current, "generations/0001")
    assert link_for_editors(layout)
    assert layout.editor_link.resolve() == layout.venv(1)
    layout.current.write_text("generations/0002")
    follow_switch(layout)
    assert layout.editor_link.resolve() == layout.venv(2)


def _refuse(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")
