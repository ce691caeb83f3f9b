from __future__ import annotations

import base64
import hashlib
import os
import sys
from functools import partial
from pathlib import Path

import pytest

from provenv.hosts.local import LocalHost
from provenv.targets.manifest import MANIFEST, read_drift, write_manifest
from provenv.targets.tree import read_tree

SITE = "lib/python3.11/site-packages"
READ = partial(read_tree, host=LocalHost(), python=sys.executable, cores=2.0)


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


@pytest.fixture
def generation(tmp_path: Path) -> Path:
    site = tmp_path / "venv" / SITE
    (site / "pkg-1.0.dist-info").mkdir(parents=True)
    (site / "pkg").mkdir()
    (site / "pkg" / "__init__.py").write_bytes(b"x = 1\n")
    (site / "pkg" / "数据.py").write_bytes(b"y = 2\n")
    rows = [("pkg/__init__.py", b"x = 1\n"), ("pkg/数据.py", b"y = 2\n")]
    record = "".join(f"{name},sha256={digest(content)},{len(content)}\n" for name, content in rows)
    (site / "pkg-1.0.dist-info" / "RECORD").write_text(record, encoding="utf-8")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    files, size = write_manifest(tmp_path, READ(tmp_path / "venv"))
    assert files == 4
    assert size > 12
    return tmp_path


def touch_back(path: Path, content: bytes) -> None:
    """Change a file and give it its old time, as `cp -p` and careful malice do."""
    entry = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(entry.st_atime_ns, entry.st_mtime_ns))


def test_nothing_has_changed(generation: Path):
    assert not read_drift(generation)
    assert not read_drift(generation, read=READ)


def test_a_file_of_another_size_is_named_with_its_package(generation: Path):
    (generation / "venv" / SITE / "pkg" / "__init__.py").write_bytes(b"x = 10\n")
    drift = read_drift(generation)
    assert drift.changed == (f"{SITE}/pkg/__init__.py",)
    assert drift.owners == {f"{SITE}/pkg/__init__.py": "pkg"}


def test_a_new_time_with_the_same_content_is_no_drift(generation: Path):
    os.utime(generation / "venv" / SITE / "pkg" / "数据.py")
    assert not read_drift(generation)


def test_another_content_of_the_same_size_shows_by_its_time(generation: Path):
    (generation / "venv" / SITE / "pkg" / "数据.py").write_bytes(b"y = 3\n")
    assert read_drift(generation).changed == (f"{SITE}/pkg/数据.py",)


def test_only_a_deep_look_sees_a_change_that_hides_its_time(generation: Path):
    touch_back(generation / "venv" / SITE / "pkg" / "__init__.py", b"x = 7\n")
    assert not read_drift(generation)
    assert read_drift(generation, read=READ).changed == (f"{SITE}/pkg/__init__.py",)


def test_a_missing_file_and_a_new_module_are_drift_but_a_cache_is_not(generation: Path):
    site = generation / "venv" / SITE
    (site / "pkg" / "数据.py").unlink()
    (site / "intruder.py").write_text("")
    (site / "pkg" / "__pycache__").mkdir()
    (site / "pkg" / "__pycache__" / "__init__.cpython-311.pyc").write_bytes(b"")
    (site / "pkg" / "fonts.cache").write_bytes(b"")
    drift = read_drift(generation)
    assert drift.missing == (f"{SITE}/pkg/数据.py",)
    assert drift.extra == (f"{SITE}/intruder.py",)


def test_a_file_without_a_digest_counts_by_its_time(generation: Path):
    path = generation / "venv" / "pyvenv.cfg"
    path.write_text("home = /tmp/bin\n")
    assert read_drift(generation).changed == ("pyvenv.cfg",)


def test_a_deep_look_compares_what_no_package_recorded_too(generation: Path):
    touch_back(generation / "venv" / "pyvenv.cfg", b"home = /opt/bin\n")
    assert not read_drift(generation)
    assert read_drift(generation, read=READ).changed == ("pyvenv.cfg",)


def test_a_manifest_of_the_first_form_is_read_with_the_digests_of_the_records(generation: Path):
    lines = (generation / MANIFEST).read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    old = "".join(f"{size}\t{time}\t{name}\n" for size, time, _, name in rows)
    (generation / MANIFEST).write_text(old, encoding="utf-8")
    assert not read_drift(generation)
    assert not read_drift(generation, read=READ)
    touch_back(generation / "venv" / SITE / "pkg" / "__init__.py", b"x = 7\n")
    os.utime(generation / "venv" / SITE / "pkg" / "数据.py")
    assert not read_drift(generation)
    assert read_drift(generation, read=READ).changed == (f"{SITE}/pkg/__init__.py",)
    os.utime(generation / "venv" / "pyvenv.cfg", ns=(1, 1))
    assert read_drift(generation).changed == ("pyvenv.cfg",)
