"""A tree's digest is its content's alone, and what looks as it did is not read again."""

from __future__ import annotations

import hashlib
import os
import subprocess

import pytest

from provenv.hosts.trees import SETTLED, digest_of, scan, settled


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    for name, content in (("b.txt", "two"), ("a/x.txt", "one"), ("a-b", "three")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def digest(files):
    return digest_of({one.path: one.sha256 for one in files})


def test_the_digest_is_what_sha256sum_says(tree):
    listed = subprocess.run(
        "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum",
        shell=True,
        cwd=tree,
        capture_output=True,
        check=True,
    ).stdout
    assert digest(scan(tree, {})) == hashlib.sha256(listed).hexdigest()


def test_only_what_looks_otherwise_is_read(tree):
    heard: list[int] = []
    first = {one.path: one for one in scan(tree, {}, advance=heard.append)}
    assert (list(first), sum(heard)) == (["a-b", "a/x.txt", "b.txt"], 11)
    heard.clear()
    assert {one.path: one for one in scan(tree, first, advance=heard.append)} == first
    assert heard == []
    os.utime(tree / "b.txt", ns=(0, 0))
    assert digest(scan(tree, first, advance=heard.append)) == digest(first.values())
    assert heard == [3]
    (tree / "b.txt").write_text("TWO")
    assert digest(scan(tree, first)) != digest(first.values())


def test_links_are_read_and_circles_end(tree):
    (tree / "a" / "up").symlink_to("..")
    (tree / "a" / "link").symlink_to("x.txt")
    (tree / "linked").symlink_to("a")
    (tree / "nowhere").symlink_to("missing")
    paths = [one.path for one in scan(tree, {})]
    assert paths == ["a-b", "a/link", "a/x.txt", "b.txt", "linked/link", "linked/x.txt"]


def test_a_single_file_is_its_name(tree):
    (only,) = scan(tree / "b.txt", {})
    assert (only.path, only.size, only.sha256) == ("b.txt", 3, hashlib.sha256(b"two").hexdigest())


def test_what_was_just_written_is_not_believed_by_its_time(tree):
    os.utime(tree / "b.txt", ns=(0, 0))
    files = scan(tree, {})
    newest = max(one.changed for one in files)
    assert [one.path for one in settled(files, newest)] == ["b.txt"]
    assert settled(files, newest + SETTLED + 1) == files
