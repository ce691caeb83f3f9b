"""A fetched archive unpacked: zip, tar with any compression, or one compressed file; nothing leads out.

What it unpacks to is bounded while it is written, whatever its members claim. Links are made last, and only
such that stay within; devices and pipes are refused, not passed over: an archive of data has none.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Literal, TypeAlias

Content: TypeAlias = IO[bytes] | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
CHUNK = 1 << 18
MOST_MEMBERS = 2_000_000
MAGIC: tuple[tuple[bytes, Callable[[Path], Content]], ...] = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
ZIP = b"PK\x03\x04"
"""How a zip begins. Its directory stands at the end, where a tar may have a zip of its own as last member."""
SUFFIXES = (".gz", ".bz2", ".xz")
BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, gzip.BadGzipFile)

Why = Literal["outside", "link", "special", "twice", "encrypted", "name"]


class NotAnArchive(Exception):
    """A file that begins like no known archive, or that breaks off; says what was wrong, or nothing."""


class Refused(Exception):
    """A member that would not be written: its name, and why."""

    def __init__(self, member: str, why: Why) -> None:
        super().__init__(member, why)
        self.member = member
        self.why = why


class TooLarge(Exception):
    """An archive that unpacks to more than was allowed."""


@dataclass
class _Goal:
    """Where an archive goes: what may still be written, and the links that are made at the end."""

    folder: Path
    left: int
    advance: Callable[[int], None]
    members: int = 0
    links: list[tuple[str, str]] = field(default_factory=list)

    def counted(self) -> None:
        self.members += 1
        if self.members > MOST_MEMBERS:
            raise TooLarge

    def path(self, name: str) -> Path:
        return self.folder.joinpath(*_parts(name))

    def folder_of(self, name: str) -> None:
        self.path(name).mkdir(parents=True, exist_ok=True)

    def write(self, name: str, content: Content) -> None:
        path = self.path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb")
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise Refused(name, "twice") from None
        with file:
            while block := content.read(CHUNK):
                self.left -= len(block)
                if self.left < 0:
                    raise TooLarge
                file.write(block)
                self.advance(len(block))
        os.chmod(path, 0o444)


def unpack(archive: Path, folder: Path, *, most: int, advance: Callable[[int], None]) -> None:
    """Unpack an archive into an empty folder; `advance` hears of the bytes that are written.

    Raises NotAnArchive, Refused, TooLarge (more than `most` bytes), OSError. What was written by then stays.
    """
    goal = _Goal(folder, most, advance)
    try:
        if _begins(archive).startswith(ZIP):
            _unzip(archive, goal)
        elif _is_tar(archive):
            _untar(archive, goal)
        else:
            _expand(archive, goal)
    except BROKEN as error:
        raise NotAnArchive(str(error)) from error
    _make_links(goal)


def _begins(archive: Path) -> bytes:
    with archive.open("rb") as file:
        return file.read(6)


def _is_tar(archive: Path) -> bool:
    """Tell whether there is a member: for tarfile, any file that begins with zeros is an empty archive."""
    try:
        with tarfile.open(archive, "r:*") as opened:
            return opened.next() is not None
    except BROKEN:
        return False


def _unzip(archive: Path, goal: _Goal) -> None:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            goal.counted()
            mode = member.external_attr >> 16
            if member.is_dir():
                goal.folder_of(member.filename)
            elif member.flag_bits & 1:
                raise Refused(member.filename, "encrypted")
            elif stat.S_ISLNK(mode):
                with opened.open(member) as content:
                    leads = content.read(4096).decode("utf-8", "replace")
                goal.links.append((member.filename, leads))
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise Refused(member.filename, "special")
            else:
                try:
                    with opened.open(member) as content:
                        goal.write(member.filename, content)
                except NotImplementedError as error:
                    # a compression that Python does not have (Deflate64 and its like)
                    raise NotAnArchive(str(error)) from error


def _untar(archive: Path, goal: _Goal) -> None:
    with tarfile.open(archive, "r:*") as opened:
        for member in opened:
            goal.counted()
            if member.isdir():
                goal.folder_of(member.name)
            elif member.isreg():
                content = opened.extractfile(member)
                if content is not None:
                    goal.write(member.name, content)
            elif member.issym():
                goal.links.append((member.name, member.linkname))
            elif member.islnk():
                # a hard link names a member from the archive's top
                up = "../" * (len(_parts(member.name)) - 1)
                goal.links.append((member.name, up + "/".join(_parts(member.linkname))))
            else:
                raise Refused(member.name, "special")


def _expand(archive: Path, goal: _Goal) -> None:
    """Expand one compressed file; its name is the archive's without the ending."""
    begins = _begins(archive)
    opener = next((opener for magic, opener in MAGIC if begins.startswith(magic)), None)
    if opener is None:
        raise NotAnArchive
    name = archive.name
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    with opener(archive) as content:
        try:
            goal.write(name or "data", content)
        except OSError as error:
            if error.errno is not None:
                raise
            # bz2 and gzip tell of broken content by an OSError without a number
            raise NotAnArchive(str(error)) from error


def _make_links(goal: _Goal) -> None:
    """Make the links, those that others lead through first; each has to end within the folder."""
    left = goal.links
    while left:
        waiting = [(name, leads) for name, leads in left if not _linked(goal, name, leads)]
        if len(waiting) == len(left):
            raise Refused(left[0][0], "link")
        left = waiting


def _linked(goal: _Goal, name: str, leads: str) -> bool:
    """Make a link, unless what it leads to is not there (yet)."""
    path = goal.path(name)
    root = os.path.realpath(goal.folder)
    if leads.startswith("/") or "\\" in leads:
        raise Refused(name, "link")
    at = os.path.realpath(path.parent)
    end = os.path.realpath(os.path.join(at, leads))
    if not all(one == root or one.startswith(root + os.sep) for one in (at, end)):
        raise Refused(name, "link")
    if not os.path.exists(end):
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(leads, path)
    except FileExistsError:
        raise Refused(name, "twice") from None
    return True


def _parts(name: str) -> tuple[str, ...]:
    if name.startswith("/") or "\\" in name or "\0" in name:
        raise Refused(name, "outside")
    parts = PurePosixPath(name).parts
    if ".." in parts or (parts and ":" in parts[0]):
        raise Refused(name, "outside")
    return parts
