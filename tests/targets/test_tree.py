"""Every file is read once, by several processes, and made durable."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provenv.errors import Failure
from provenv.hosts.fake import FakeHost
from provenv.hosts.local import LocalHost
from provenv.model.channel import Completed
from provenv.targets.tree import PAYLOAD, Tree, line_of, parse_line, read_tree

ODD = "a\\n b\tc\n\\d 数.py"


def coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def read(root: Path, *, cores: float = 2.0, sync: bool = True) -> Tree:
    return read_tree(
        root, host=LocalHost(), python=sys.executable, cores=cores, sync=sync, above=root.parents[1]
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "0001" / "venv"
    (folder / "lib" / "__pycache__").mkdir(parents=True)
    (folder / "lib" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (folder / "lib" / "empty").write_bytes(b"")
    (folder / "lib" / ODD).write_bytes(b"odd")
    (folder / "lib" / os.fsdecode(b"latin-\xe9.txt")).write_bytes(b"latin")
    # around the sizes at which one read ends and another share begins
    for size in (1 << 18, (1 << 18) - 1, (1 << 18) + 1, 5 << 20):
        (folder / "lib" / str(size)).write_bytes(b"z" * size)
    for number in range(300):
        (folder / f"small-{number}").write_bytes(b"%d" % number)
    os.symlink("lib/empty", folder / "link")
    os.symlink("nowhere", folder / "dangling")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.mark.parametrize("cores", [1.0, 2.0, 5.0])
def test_every_file_is_read_whole_whatever_its_size_and_name(root: Path, cores: float):
    tree = read(root, cores=cores)
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}
    assert set(tree) == {path for path in found if "__pycache__" not in path}
    for path, seen in tree.items():
        entry = os.lstat(root / path)
        assert (seen.size, seen.time) == (entry.st_size, entry.st_mtime_ns)
        if path not in ("link", "dangling", "pipe"):
            assert seen.digest == coded((root / path).read_bytes()), path
    assert tree["link"].digest == f"link:{coded(b'lib/empty')}"
    assert tree["dangling"].digest == f"link:{coded(b'nowhere')}"
    assert tree["pipe"].digest == "-"


def test_a_line_says_every_name(root: Path):
    for path, seen in read(root, sync=False).items():
        line = line_of(path, seen)
        assert line.count("\n") == 1
        assert parse_line(line[:-1].encode("utf-8", "surrogateescape")) == (path, seen)


def test_where_there_is_no_fork_threads_read_the_same(root: Path):
    job = {
        "root": str(root),
        "workers": 3,
        "unwatched": ["__pycache__"],
        "sync": True,
        "above": [],
        "compiled": False,
    }
    program = f"import os\ndel os.fork\n{PAYLOAD.read_text('utf-8')}\nmain({job!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-"], input=program.encode(), capture_output=True, check=True
    )
    lines = done.stdout.split(b"\n")
    assert dict(map(parse_line, lines[:-2])) == read(root)


@pytest.mark.parametrize(("whole", "how"), [("return True", "whole"), ("return False", "each")])
def test_what_the_file_system_offers_is_used_to_make_it_durable(
    root: Path, tmp_path: Path, whole: str, how: str
):
    job = {
        "root": str(root),
        "workers": 2,
        "unwatched": [],
        "sync": True,
        "above": [str(root.parent)],
        "compiled": False,
    }
    program = (
        f"{PAYLOAD.read_text('utf-8')}\ndef sync_whole(*_): {whole}\nmain(json.loads({json.dumps(job)!r}))\n"
    )
    log = tmp_path / "calls"
    done = subprocess.run(
        ["strace", "-f", "-y", "-e", "trace=fsync", "-o", log, sys.executable, "-I", "-S", "-"],
        input=b"import json\n" + program.encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.endswith(b"end\t%s\t0\n" % how.encode())
    synced = log.read_text(errors="replace")
    for name in ("small-299", "lib/empty", "venv>", "0001>"):
        assert (name in synced) == (how == "each"), name


def test_a_failed_write_to_the_disk_is_a_problem(root: Path):
    answer = b"end\twhole\t5\n"
    host = FakeHost.of((("python",), Completed((), 0, answer)))
    with pytest.raises(Failure) as caught:
        read_tree(root, host=host, python="python", cores=1, sync=True)
    assert [one.code for one in caught.value.problems] == ["PV413"]


@pytest.mark.parametrize("answer", [b"", b"3\t4\tabc\tfile\n", b"3\t4\tabc\tfile\nend\tnot"])
def test_a_torn_answer_is_no_answer(root: Path, answer: bytes):
    host = FakeHost.of((("python",), Completed((), 0, answer)))
    with pytest.raises(Failure) as caught:
        read_tree(root, host=host, python="python", cores=1)
    assert [one.code for one in caught.value.problems] == ["PV412"]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path):
    with pytest.raises(Failure) as caught:
        read(tmp_path / "a" / "b" / "c")
    assert [one.code for one in caught.value.problems] == ["PV412"]


def test_a_file_that_cannot_be_read_is_told(root: Path):
    # root reads everything: here the file goes between the listing and the reading
    program = PAYLOAD.read_text("utf-8") + (
        "\nreal = walk\n"
        "def walk(root, unwatched):\n"
        "    files, folders = real(root, unwatched)\n"
        "    os.unlink(os.path.join(root, 'small-7'))\n"
        "    return files, folders\n"
    )
    job = {"root": str(root), "workers": 2, "unwatched": [], "sync": True, "above": [], "compiled": False}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-"],
        input=f"{program}\nmain({job!r})\n".encode(),
        capture_output=True,
        check=True,
    )
    found = dict(map(parse_line, done.stdout.split(b"\n")[:-2]))
    assert found["small-7"].digest == "!2"
    assert found["small-8"].digest == coded(b"8")
