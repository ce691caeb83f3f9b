from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provenv.targets.held import hold, open_held
from provenv.targets.layout import Layout
from provenv.targets.lease import lease
from provenv.targets.sweep import sweep


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, "here")
    made.generation(1).mkdir(parents=True)
    return made


def gone() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_what_the_dead_left_goes_and_what_the_living_hold_stays(layout: Layout):
    pid = gone()
    dead = [
        layout.root / f".pylock.toml.{pid}-1",
        layout.base / f".current.{pid}",
        layout.generation(1) / f".proof.json.{pid}-1",
    ]
    for path in dead:
        path.write_text("x")
    leases = layout.generation(1) / "leases"
    held = lease(layout.generation(1))
    (leases / str(pid)).write_text("")
    of_the_user = [layout.root / ".python-3.11", layout.root / f".notes.txt.{pid}", layout.root / f"a.{pid}"]
    for path in of_the_user:
        path.write_text("x")
    living = layout.base / f".current.{os.getppid()}"
    living.write_text("x")
    try:
        sweep(layout)
        assert not any(path.exists() for path in dead)
        assert [path.name for path in leases.iterdir()] == [str(os.getpid())]
        assert living.exists()
        assert all(path.exists() for path in of_the_user)
    finally:
        os.close(held)
    sweep(layout)
    assert list(leases.iterdir()) == []


def test_the_folder_of_a_killed_proof_goes_and_that_of_a_running_one_stays(layout: Layout):
    for name in (".prove-killed", ".prove-begun", ".prove-running"):
        (layout.home / name).mkdir()
    for name in ("killed", "running"):
        (layout.home / f".prove-{name}" / "prove.py").write_text("x")
    handle = open_held(layout.home / ".prove-running" / "prove.py")
    try:
        assert hold(handle, wait=False)
        sweep(layout)
        assert sorted(path.name for path in layout.home.glob(".prove-*")) == [".prove-running"]
    finally:
        os.close(handle)


def test_a_project_without_anything_is_swept_without_a_word(tmp_path: Path):
    sweep(Layout(tmp_path, "here"))
    assert list(tmp_path.iterdir()) == []
