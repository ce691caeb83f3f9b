"""Declared data: where each set comes from, and what is known of the one that lies here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..errors import Problem

DataSource = Literal["url", "package", "debian", "folder", "huggingface", "npm"]
DataState = Literal["there", "missing", "wrong"]
"""`missing`: not fetched yet, or not installed; `wrong`: it isn't what was declared, or what was fetched."""


@dataclass(frozen=True)
class DataSet:
    """`[data.NAME]`: one set of data and its one source.

    `origin` is the address, the distribution, the Debian package, the folder, the repository or the npm
    package. `sha256` is that of the file which `origin` gives, of a folder that of its tree. `path` is what
    is meant below it; `most` how many bytes an archive may unpack to (0: the default); `revision` a
    repository's commit or an npm package's version; `files` maps a repository's paths to their sha256.
    """

    name: str
    source: DataSource
    origin: str
    sha256: str = ""
    mirrors: tuple[str, ...] = ()
    unpack: bool = False
    path: str = ""
    most: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    revision: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_fetched(self) -> bool:
        """Tell whether it comes over a network, into the cache."""
        return self.source in ("url", "huggingface", "npm")


@dataclass(frozen=True)
class DataFile:
    """One file of a set: its path with `/`, its bytes, when it was changed (ns), its inode, its content."""

    path: str
    size: int
    changed: int
    inode: int
    sha256: str


@dataclass(frozen=True)
class DataHere:
    """A set of data that lies here, looked at: where, and the digest of its content (`sha256:...`)."""

    path: str
    digest: str
    files: int
    bytes: int


@dataclass(frozen=True)
class DataStanding:
    """Where one declared set stands. `fetched` came now; `why` tells what is wrong with it."""

    name: str
    source: DataSource
    origin: str
    state: DataState
    here: DataHere | None = None
    fetched: bool = False
    why: Problem | None = None


@dataclass(frozen=True)
class DataList:
    """`data ls`, `fetch`, `verify` and `add`: the declared sets; `verified` by content just now."""

    sets: tuple[DataStanding, ...]
    verified: bool = False


@dataclass(frozen=True)
class DataPath:
    """`data path`: where a set lies."""

    name: str
    path: str


@dataclass(frozen=True)
class DataDigest:
    """`data digest`: the sha256 of what a file or an address gives."""

    origin: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class DataRemoved:
    """`data rm`: the sets that went from the cache, and the bytes that this freed."""

    names: tuple[str, ...]
    bytes: int
