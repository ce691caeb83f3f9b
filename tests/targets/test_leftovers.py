"""What kills and power cuts leave: removed, and what a living process works on stays."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provenv.app.files import keep_text
from provenv.hosts.files import beside, is_left, write_whole
from provenv.targets.layout import Layout
from provenv.targets.leftovers import remove_leftovers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path, "here")
    layout.generation(1).mkdir(parents=True)
    return layout


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Let another process hold a file."""
    program = (
        "import fcntl, sys; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX);"
        "print(flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield
        child.communicate(b"")


def test_half_written_files_are_removed_wherever_a_target_writes(layout):
    folders = (layout.root, layout.home, layout.base, layout.generation(1))
    for folder in folders:
        beside(folder / "record.json").write_bytes(b"ha")
    os.symlink("generations/0001", beside(layout.current))
    os.symlink(".provenv/here/current/venv", beside(layout.editor_link))
    (layout.root / ".notes.123-456").write_text("the user's own")
    assert remove_leftovers(layout) > 0
    assert sorted(os.listdir(layout.root)) == [".notes.123-456", ".provenv"]
    assert (os.listdir(layout.home), os.listdir(layout.base)) == (["here"], ["generations"])
    assert os.listdir(layout.generation(1)) == []


def test_what_somebody_still_writes_stays(layout):
    path = beside(layout.root / "pylock.toml")
    with held(path):
        assert not is_left(path)
        remove_leftovers(layout)
        assert path.exists()
    assert is_left(path)


def test_the_work_of_a_killed_proof_goes_and_that_of_a_living_one_stays(layout):
    for name in ("killed", "torn", "living"):
        (layout.home / f".prove-{name}" / "check.scratch").mkdir(parents=True)
        (layout.home / f".prove-{name}" / "check.scratch" / "storage").write_bytes(bytes(1000))
    for name in ("killed", "living"):
        (layout.home / f".prove-{name}" / "prove.py").write_text("")
    with held(layout.home / ".prove-living" / "prove.py"):
        assert remove_leftovers(layout) == 2000
    assert sorted(os.listdir(layout.home)) == [".prove-living", "here"]


def test_nothing_is_removed_while_a_proof_begins(layout):
    (layout.home / ".prove-new").mkdir()
    with held_folder(layout.home):
        assert remove_leftovers(layout) == 0
    assert (layout.home / ".prove-new").is_dir()


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


def test_a_file_is_durable_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    for name in ("chmod", "fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, real=real, name=name: (done.append(name), real(*a))[1])
    write_whole(tmp_path / "record.json", b"{}")
    assert done == ["chmod", "fsync", "replace", "fsync"]


def test_a_file_of_the_users_keeps_its_mode_and_its_link(tmp_path):
    real = tmp_path / "elsewhere" / "pylock.toml"
    real.parent.mkdir()
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "pylock.toml"
    link.symlink_to("elsewhere/pylock.toml")
    keep_text(link, "new")
    assert (os.readlink(link), real.read_text(), real.stat().st_mode & 0o777) == (
        "elsewhere/pylock.toml",
        "new",
        0o640,
    )
