"""Archives are unpacked within one folder and one bound, or not at all; evil members are named."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile

import pytest

from provenv.hosts import archives

PLENTY = 1 << 20


def unpacked(path, tmp_path, most=PLENTY):
    goal = tmp_path / "goal"
    goal.mkdir()
    heard: list[int] = []
    archives.unpack(path, goal, most=most, advance=heard.append)
    files = {str(one.relative_to(goal)): one.read_bytes() for one in sorted(goal.rglob("*")) if one.is_file()}
    return files, sum(heard)


def tar(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.type, member.linkname = content
                archive.addfile(member)
    return path


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


GOOD = [("x/a.txt", b"one"), ("x/b/c.bin", bytes(1000))]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars(mode, tmp_path):
    path = tar(tmp_path / "x", [("x", (tarfile.DIRTYPE, "")), *GOOD], mode)
    assert unpacked(path, tmp_path) == (dict(GOOD), 1003)


def test_a_zip(tmp_path):
    path = zipped(tmp_path / "x.zip", [("x/", ""), *GOOD])
    assert unpacked(path, tmp_path) == (dict(GOOD), 1003)


@pytest.mark.parametrize(
    ("name", "pack"), [("t.csv.gz", gzip.compress), ("t.csv.bz2", bz2.compress), ("t.csv.xz", lzma.compress)]
)
def test_one_compressed_file(name, pack, tmp_path):
    (tmp_path / name).write_bytes(pack(b"a,b\n" * 50))
    assert unpacked(tmp_path / name, tmp_path) == ({"t.csv": b"a,b\n" * 50}, 200)


def test_links_within_are_kept(tmp_path):
    members = [
        ("x/second", (tarfile.SYMTYPE, "first")),
        ("x/first", (tarfile.SYMTYPE, "../y/file")),
        ("hard/copy", (tarfile.LNKTYPE, "y/file")),
        ("y/file", b"content"),
    ]
    files, _ = unpacked(tar(tmp_path / "x.tar", members), tmp_path)
    assert files == dict.fromkeys(("x/first", "x/second", "hard/copy", "y/file"), b"content")


EVIL = {
    "outside": [("../x", b"1")],
    "outside absolute": [("/tmp/x", b"1")],
    "outside deep": [("a/../../x", b"1")],
    "link": [("a", (tarfile.SYMTYPE, "/etc/passwd"))],
    "link up": [("a/b", (tarfile.SYMTYPE, "../../x"))],
    "link to itself": [("a", (tarfile.SYMTYPE, "a"))],
    "link nowhere": [("a", (tarfile.SYMTYPE, "b"))],
    "outside hard": [("a", (tarfile.LNKTYPE, "../x"))],
    "special pipe": [("a", (tarfile.FIFOTYPE, ""))],
    "special device": [("a", (tarfile.CHRTYPE, ""))],
    "twice": [("a", b"1"), ("a", b"2")],
    "twice below a file": [("a", b"1"), ("a/b", b"2")],
}


@pytest.mark.parametrize("case", EVIL)
def test_evil_members(case, tmp_path):
    path = tar(tmp_path / "x.tar", EVIL[case])
    outside = set(os.listdir(tmp_path)) | {"goal"}
    with pytest.raises(archives.Refused) as caught:
        unpacked(path, tmp_path)
    assert caught.value.why == case.split()[0]
    assert caught.value.member in ("../x", EVIL[case][-1][0])
    assert set(os.listdir(tmp_path)) == outside


def test_nothing_is_written_through_a_link(tmp_path):
    (tmp_path / "victim").mkdir()
    path = tar(tmp_path / "x.tar", [("a", (tarfile.SYMTYPE, "../victim")), ("a/x", b"1")])
    with pytest.raises(archives.Refused):
        unpacked(path, tmp_path)
    assert os.listdir(tmp_path / "victim") == []


def test_evil_zips(tmp_path):
    link = zipfile.ZipInfo("a")
    link.external_attr = 0o120777 << 16
    for number, (member, why) in enumerate(((zipfile.ZipInfo("../x"), "outside"), (link, "link"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(archives.Refused) as caught:
            unpacked(zipped(folder / "x.zip", [(member, "../../x")]), folder)
        assert caught.value.why == why


@pytest.mark.parametrize("form", ["zip", "tar", "gz"])
def test_a_bomb_is_stopped_at_the_bound(form, tmp_path):
    path = tmp_path / f"x.{form}"
    content = bytes(PLENTY)
    if form == "zip":
        zipped(path, [("x", content)])
    elif form == "tar":
        tar(path, [("x", content)], "w:gz")
    else:
        path.write_bytes(gzip.compress(content))
    with pytest.raises(archives.TooLarge):
        unpacked(path, tmp_path, most=PLENTY - 1)
    assert sum(one.stat().st_size for one in (tmp_path / "goal").rglob("*")) < PLENTY


@pytest.mark.parametrize("form", ["zip", "tar", "w:gz", "gz", "bz2"])
def test_what_breaks_off_is_no_archive(form, tmp_path):
    path = tmp_path / "x"
    random = os.urandom(100_000)
    if form == "zip":
        zipped(path, [("x", random), ("y", random)])
        broken = bytearray(path.read_bytes())
        broken[50_000:50_100] = bytes(100)
        path.write_bytes(broken)
    elif form in ("tar", "w:gz"):
        tar(path, [("x", random), ("y", random)], "w" if form == "tar" else form)
        os.truncate(path, 150_000)
    else:
        path.write_bytes((gzip if form == "gz" else bz2).compress(random)[:50_000])
    with pytest.raises(archives.NotAnArchive):
        unpacked(path, tmp_path)


def test_a_zip_within_a_tar_stays_one(tmp_path):
    inner = zipped(tmp_path / "inner.zip", GOOD).read_bytes()
    files, _ = unpacked(tar(tmp_path / "x.tar", [("inner.zip", inner)]), tmp_path)
    assert files == {"inner.zip": inner}


def test_what_is_no_archive(tmp_path):
    (tmp_path / "x").write_bytes(b"<html>please log in</html>")
    with pytest.raises(archives.NotAnArchive):
        unpacked(tmp_path / "x", tmp_path)
