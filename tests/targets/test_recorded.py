"""What packages recorded of their own files, and what is not so."""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest

from provenv.hosts.local import LocalHost
from provenv.targets.recorded import Wrong, recorded, wrong
from provenv.targets.tree import read_tree

SITE = "lib/python3.11/site-packages"


def said(content: bytes, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},{len(content)}"


def install(
    venv: Path, name: str, files: dict[str, bytes], algorithm: str = "sha256", more: str = ""
) -> Path:
    """Write a package as an installer does; return its RECORD."""
    site = venv / SITE
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    rows = [f'"{path}",{said(content, algorithm)}\n' for path, content in files.items()]
    for path, content in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
    (info / "RECORD").write_text("".join(rows) + f"{info.name}/RECORD,,\n" + more, encoding="utf-8")
    return info / "RECORD"


def found(venv: Path, proven: dict[str, str] | None = None) -> list[Wrong]:
    tree = read_tree(venv, host=LocalHost(), python=sys.executable, cores=1)
    return list(wrong(venv, tree, recorded(venv), proven or {}))


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    folder = tmp_path / "venv"
    files = {"pkg/__init__.py": b"x = 1\n", "pkg/a, b.py": b"y\n", "../../../bin/pkg": b"#!python\n"}
    install(folder, "My_Pkg", files, more="pkg/__pycache__/__init__.cpython-311.pyc,,\n")
    return folder


def test_an_environment_as_recorded_has_nothing_wrong(venv: Path):
    (venv / SITE / "_virtualenv.py").write_bytes(b"")
    (venv / "bin" / "activate_this.py").write_bytes(b"")
    (venv / SITE / "pkg" / "cache.dat").write_bytes(b"")
    assert found(venv) == []


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_other_digests_are_compared_too(venv: Path, algorithm: str):
    install(venv, "strong", {"strong.py": b"z = 1\n"}, algorithm)
    assert found(venv) == []
    (venv / SITE / "strong.py").write_bytes(b"z = 2\n")
    assert found(venv) == [Wrong("strong", changed=(f"{SITE}/strong.py",))]


def test_changed_missing_and_added_files_are_named_with_their_package(venv: Path):
    (venv / SITE / "pkg" / "a, b.py").write_bytes(b"n\n")
    (venv / "bin" / "pkg").unlink()
    (venv / SITE / "pkg" / "evil.so").write_bytes(b"")
    assert found(venv) == [
        Wrong("my-pkg", (f"{SITE}/pkg/a, b.py",), ("bin/pkg",), (f"{SITE}/pkg/evil.so",)),
    ]


def test_code_in_no_packages_folder_belongs_to_nobody(venv: Path):
    (venv / SITE / "evil.pth").write_bytes(b"import os\n")
    assert found(venv) == [Wrong("", extra=(f"{SITE}/evil.pth",))]


def test_a_file_of_two_packages_is_right_where_one_of_them_recorded_it_so(venv: Path):
    install(venv, "first", {"shared.py": b"first\n"})
    install(venv, "second", {"shared.py": b"second\n"})
    assert found(venv) == []
    (venv / SITE / "shared.py").write_bytes(b"third\n")
    assert [one.package for one in found(venv)] == ["first", "second"]


@pytest.mark.parametrize("content", [None, b"", b"pkg/__init__.py,sha256", b'"torn', b"\xff\xfe\x00"])
def test_a_record_that_says_nothing_is_wrong(venv: Path, content: bytes | None):
    record = next((venv / SITE).glob("*.dist-info/RECORD"))
    record.unlink()
    if content is not None:
        record.write_bytes(content)
    assert [(one.package, one.unrecorded, one.certain) for one in found(venv) if one.package] == [
        ("my-pkg", True, True)
    ]


def test_a_record_that_was_changed_with_its_file_is_not_the_proven_one(venv: Path):
    proven = dict(recorded(venv).sums)
    record = next((venv / SITE).glob("*.dist-info/RECORD"))
    (venv / SITE / "pkg" / "__init__.py").write_bytes(b"x = 2\n")
    forged = record.read_text().replace(said(b"x = 1\n"), said(b"x = 2\n"))
    record.write_text(forged)
    assert found(venv) == []
    (one,) = found(venv, proven)
    assert (one.package, one.other, one.certain) == ("my-pkg", True, False)
    # what an installer adds to a RECORD, and where it puts programs, is its own business
    record.write_text(
        forged.replace(said(b"x = 2\n"), said(b"x = 1\n")) + "My_Pkg-1.0.dist-info/INSTALLER,sha256=a,2\n"
    )
    assert recorded(venv).sums == proven
