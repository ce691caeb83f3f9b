"""Files as a stream of tar: written for a host, and read from one into a folder of ours."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, cast

from ...errors import Failure, problem, text
from ...hosts.files import naming
from . import scripts
from .streams import Sink, Source
from .tree import BLOCK, Entry, Tree

OnBytes = Callable[[int], None]
PERMISSIONS = 0o777


class Counter:
    """Adds up bytes and hands them on."""

    def __init__(self, on_bytes: OnBytes) -> None:
        self.bytes = 0
        self._on_bytes = on_bytes

    def __call__(self, count: int) -> None:
        """Hear of so many more."""
        self.bytes += count
        self._on_bytes(count)


class _Counted:
    """A file whose bytes are counted as they are read; as many are there as its archive says."""

    def __init__(self, file: IO[bytes], path: Path, on_bytes: OnBytes) -> None:
        self._file = file
        self._path = path
        self._on_bytes = on_bytes

    def read(self, size: int) -> bytes:
        """Read so many bytes. Raises Failure PV1313 where they are not there any more."""
        with naming(self._path):
            block = self._file.read(size)
        if len(block) < size:
            raise Failure(problem("PV1313", path=str(self._path), why=text("PV1313.shorter")))
        self._on_bytes(len(block))
        return block


def write_archive(
    stream: Sink, tree: Tree, entries: Iterable[Entry], called: Mapping[str, str], on_bytes: OnBytes
) -> None:
    """Write these entries of a tree, by what they are `called`, and the mark that all are there.

    The format is GNU's, which busybox reads too. Raises OSError where a file can't be read as it was listed,
    Failure PV1313 for one that became shorter.
    """
    with tarfile.open(
        fileobj=cast("IO[bytes]", stream),
        mode="w|",
        format=tarfile.GNU_FORMAT,
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for one in entries:
            _add(archive, tree.at(one.path), one, called[one.path], on_bytes)
        mark = tarfile.TarInfo(scripts.MARK)
        archive.addfile(mark, BytesIO())


def _add(archive: tarfile.TarFile, path: Path, entry: Entry, name: str, on_bytes: OnBytes) -> None:
    member = tarfile.TarInfo(f"./{name}")
    status = path.stat() if entry.path == "." else path.lstat()
    member.mtime = int(status.st_mtime)
    if entry.kind == "folder":
        # its owner has to be able to put files in, and to take them out
        member.type, member.mode = tarfile.DIRTYPE, (status.st_mode & PERMISSIONS) | 0o700
        archive.addfile(member)
    elif entry.kind == "link":
        member.type, member.linkname, member.mode = tarfile.SYMTYPE, os.readlink(path), PERMISSIONS
        archive.addfile(member)
    else:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            member.size, member.mode = status.st_size, status.st_mode & PERMISSIONS
            archive.addfile(member, cast("IO[bytes]", _Counted(file, path, on_bytes)))


def read_archive(stream: Source, stage: Path, wanted: Mapping[str, Entry], on_bytes: OnBytes) -> set[str]:
    """Read the members that are `wanted` (by their names there) into `stage`; return those that came.

    Anything else that a host sends is passed over. Folders of what is wanted are made; links come last,
    so that nothing is written through one. Raises OSError where `stage` takes no more, tarfile.TarError
    for what is no archive.
    """
    for one in wanted.values():
        if one.kind == "folder":
            (stage / one.path).mkdir(parents=True, exist_ok=True)
    links: dict[str, str] = {}
    came: set[str] = set()
    with tarfile.open(
        fileobj=cast("IO[bytes]", stream),
        mode="r|",
        ignore_zeros=True,
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            entry = wanted.get(name)
            if entry is None or name in came:
                continue
            if member.issym() and entry.kind == "link":
                links[name] = member.linkname
            elif member.isreg() and entry.kind == "file":
                _extract(archive, member, stage / entry.path, on_bytes)
            elif member.islnk() and entry.kind == "file":
                # one file under two names: the first of them came before
                first = wanted.get(member.linkname.removeprefix("./"))
                if first is None or first.path not in {wanted[one].path for one in came}:
                    continue
                shutil.copy2(stage / first.path, stage / entry.path)
            else:
                continue
            came.add(name)
    for name, target in links.items():
        os.symlink(target, stage / wanted[name].path)
    return came


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, goal: Path, on_bytes: OnBytes) -> None:
    source = archive.extractfile(member)
    assert source is not None, "a regular file has content"
    goal.parent.mkdir(parents=True, exist_ok=True)
    with source, goal.open("wb") as file:
        while block := source.read(BLOCK):
            file.write(block)
            on_bytes(len(block))
    goal.chmod(member.mode & PERMISSIONS | 0o200)
    os.utime(goal, (member.mtime, member.mtime))
