from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from provenv.hosts.files import write_whole
from provenv.targets.durable import pointed, switch


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path):
    path = tmp_path / "record.json"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["record.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "record.json"
    write_whole(path, b"old")

    def broken(_: int) -> None:
        raise OSError(5, "input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="input/output"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["record.json"]


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_the_switch_is_a_relative_link_that_is_replaced(tmp_path: Path):
    (tmp_path / "generations" / "0001").mkdir(parents=True)
    link = tmp_path / "current"
    assert pointed(link) is None
    switch(link, "generations/0001")
    switch(link, "generations/0002")
    assert pointed(link) == os.readlink(link) == "generations/0002"
    assert sorted(os.listdir(tmp_path)) == ["current", "generations"]


def test_what_a_killed_switch_left_is_no_obstacle(tmp_path: Path):
    os.symlink("nowhere", tmp_path / f".current.{os.getpid()}")
    switch(tmp_path / "current", "generations/0001")
    assert os.listdir(tmp_path) == ["current"]
