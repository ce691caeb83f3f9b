"""What hosts answer is read with care: odd names, another tool's words, a host that lies."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from provenv.app.on_hosts.archive import read_archive
from provenv.app.on_hosts.execute import code_of
from provenv.app.on_hosts.far_side import last_words, read_digests, read_listing
from provenv.app.on_hosts.placing import arriving, as_ours, place
from provenv.app.on_hosts.tree import Entry, read_tree
from provenv.errors import Failure, problem
from provenv.model.fleet import HostResult


def test_batches_of_names_with_modes_and_sizes():
    said = b"./a\nb\0./d\0\0" + b"81ed.12\n41ed.4096\n" + b"\0" + b"./\xff\0\0" + b"a1ff.3\n" + b"\0"
    assert dict(read_listing(said, "n1")) == {
        "a\nb": Entry("a\nb", "file", 12, True),
        "d": Entry("d", "folder"),
        "\udcff": Entry("\udcff", "link"),
    }


@pytest.mark.parametrize(
    "said",
    [
        b"../x\0\x0081a4.1\n\0",
        b"./a/../../x\0\x0081a4.1\n\0",
        b"/etc\0\x0041ed.1\n\0",
        b"./a\0./b\0\x0081a4.1\n\0",
    ],
)
def test_a_list_that_can_not_be_is_refused(said):
    with pytest.raises(Failure) as caught:
        dict(read_listing(said, "n1"))
    assert caught.value.problems[0].code == "PV1317"


def test_digests_as_gnu_and_others_write_them():
    digest = "0" * 64
    said = f"{digest}  ./a b\n\\{digest}  ./new\\nline\\\\\n{digest} *./star\nsha256sum: x: No\n"
    assert read_digests(said.encode()) == {"a b": digest, "new\nline\\": digest, "star": digest}


def test_the_line_that_tells_most():
    assert (
        last_words("tar: a: Cannot open\ntar: b: No space left on device\n")
        == "tar: b: No space left on device"
    )
    assert last_words("\nfirst\nsecond\n") == "first"
    assert last_words("") == ""


def archive(*members: tuple[str, bytes, bytes]) -> io.BytesIO:
    """Return a tar of members: name, type, content or where it leads."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, 0o644
            if kind == tarfile.REGTYPE:
                member.size = len(content)
            else:
                member.linkname = content.decode()
            made.addfile(member, io.BytesIO(content))
    stream.seek(0)
    return stream


def test_only_what_was_asked_for_is_taken(tmp_path):
    stage = tmp_path / "stage"
    stage.mkdir()
    outside = tmp_path / "outside"
    wanted = {"a": Entry("a", "file", 1), "link": Entry("link", "link"), "d/x": Entry("d/x", "file", 1)}
    stream = archive(
        ("./link", tarfile.SYMTYPE, str(tmp_path).encode()),
        ("./link/outside", tarfile.REGTYPE, b"1"),
        ("../outside", tarfile.REGTYPE, b"2"),
        (str(outside), tarfile.REGTYPE, b"3"),
        ("./d/x", tarfile.SYMTYPE, b"/etc/passwd"),
        ("./a", tarfile.REGTYPE, b"a"),
        ("./a", tarfile.REGTYPE, b"twice"),
    )
    count: list[int] = []
    assert read_archive(stream, stage, wanted, count.append) == {"a", "link"}
    assert (stage / "a").read_bytes() == b"a"
    assert sum(count) == 1
    assert (stage / "link").is_symlink()
    assert not outside.exists()
    assert not (stage / "d").exists()


def test_what_came_is_put_in_its_place(tmp_path):
    goal = tmp_path / "deep" / "goal"
    entries = {"a": Entry("a", "file", 1), "d": Entry("d", "folder"), "d/l": Entry("d/l", "link")}
    with arriving(goal) as stage:
        (stage / "a").write_text("a")
        (stage / "d").mkdir()
        (stage / "d" / "l").symlink_to("x")
        assert stage.parent == tmp_path
        place(stage, goal, entries.values())
    assert [one.name for one in tmp_path.iterdir()] == ["deep"]
    assert (goal / "a").read_text() == "a"
    assert (goal / "d" / "l").is_symlink()
    (goal / "d" / "l").unlink()
    (goal / "d").rmdir()
    (goal / "d").write_text("in the way")
    with pytest.raises(Failure) as caught:
        as_ours(entries, goal)
    assert caught.value.problems[0].code == "PV1314"


def test_a_failure_leaves_nothing_beside(tmp_path):
    def write() -> None:
        with arriving(tmp_path / "goal") as stage:
            (stage / "half").write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(Failure) as caught:
        write()
    assert caught.value.problems[0].code == "PV460"
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_left_out_and_said(tmp_path):
    (tmp_path / "a").write_text("a")
    os.mkfifo(tmp_path / "pipe")
    found = read_tree(str(tmp_path))
    assert set(found.entries) == {".", "a"}
    assert [one.code for one in found.findings] == ["PV1319"]
    assert found.size == 1


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ([0, 0], 0),
        ([0, 3, 1], 3),
        ([0, "PV1271"], 125),
        ([137, "PV1271"], 137),
        ([9, "PV1306", "PV1306"], 9),
    ],
)
def test_the_code_of_all(ends, code):
    results = [
        HostResult("n", one, None, 1.0) if isinstance(one, int) else HostResult("n", None, problem(one), 1.0)
        for one in ends
    ]
    assert code_of(results) == code


def test_modes_are_read(tmp_path):
    path = Path(tmp_path, "x")
    path.write_text("x")
    path.chmod(0o755)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert read_tree(str(path)).entries == {"x": Entry("x", "file", 1, True)}
