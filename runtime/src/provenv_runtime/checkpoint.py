"""One checkpoint: a directory of JSON and safetensors files, and the manifest that says what they must be.

    manifest.json          step, epoch, processes, versions; of each file its size and digests; its own digest
    model.json             an object's structure (tree.py), its tensors by name
    model.safetensors      the tensors
    rank-0.json, ...       what belongs to one process: random state, generators

The manifest is written last: without it, a directory is nothing.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from . import arrays, safetensors, tree
from .arrays import Kind
from .digests import ALGORITHM, Workers, digest, digest_of_file, fill, read_with_digest, workers
from .errors import Torn

SCHEMA = 1
MANIFEST = "manifest.json"
Files = dict[str, dict[str, Any]]
Stored = Sequence[tuple[str, Mapping[str, Any]]]


class _Wrong(Exception):
    """What is wrong with one file, in words."""


@dataclass(frozen=True)
class Loaded:
    """A verified checkpoint: what its manifest says, and the values that were asked for."""

    path: Path
    manifest: Mapping[str, Any]
    values: Mapping[str, Any]

    @property
    def step(self) -> int:
        """The steps that were done when it was saved."""
        return int(self.manifest["step"])


# writing


def write_value(folder: Path, name: str, value: tree.Encoded) -> Files:
    """Write one encoded value as NAME.json (and NAME.safetensors); return the manifest's words for them.

    Raises OSError.
    """
    content = json.dumps(value.content, ensure_ascii=False, separators=(",", ":")).encode()
    write_synced(folder / f"{name}.json", content)
    files: Files = {f"{name}.json": {"size": len(content), "digest": digest(content)}}
    if value.tensors:
        files[f"{name}.safetensors"] = _write_tensors(folder / f"{name}.safetensors", value)
    return files


def _write_tensors(path: Path, value: tree.Encoded) -> dict[str, Any]:
    placed = safetensors.arranged(
        [safetensors.Entry(name, *raw.stored) for name, raw in value.tensors.items()]
    )
    libraries = {raw.kind.library for raw in value.tensors.values()}
    head = safetensors.header(placed, {"format": "pt"} if libraries == {"torch"} else None)
    notes: dict[str, Any] = {}
    waiting: dict[str, Callable[[], str]] = {}
    with path.open("wb", buffering=0) as file, workers() as threads:
        write_all(file, head)
        for entry in placed:
            raw = value.tensors[entry.name]
            content = raw.content()
            waiting[entry.name] = threads.begin(raw.size, digest, content)
            write_all(file, content)
            notes[entry.name] = {
                "library": raw.kind.library,
                "dtype": raw.kind.dtype,
                "shape": list(raw.kind.shape),
                "at": len(head) + entry.begin,
                "size": raw.size,
            }
            if raw.kind.stride is not None:
                notes[entry.name]["stride"] = list(raw.kind.stride)
        os.fsync(file.fileno())
        size = file.tell()
        for name, found in waiting.items():
            notes[name]["digest"] = found()
    return {"size": size, "header": digest(head), "tensors": notes, "aliases": dict(value.aliases)}


def write_all(file: BinaryIO, content: bytes | memoryview) -> None:
    """Write all bytes; one call to the system may take a part only. Raises OSError."""
    left = memoryview(content)
    while left:
        written = file.write(left)
        if not written:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        left = left[written:]


def write_synced(path: Path, content: bytes) -> None:
    """Write a small file and bring it to the disk. Raises OSError."""
    with path.open("wb", buffering=0) as file:
        write_all(file, content)
        os.fsync(file.fileno())


def write_manifest(folder: Path, content: Mapping[str, Any]) -> None:
    """Write the manifest, then bring the directory to the disk. Raises OSError."""
    whole = {"schema": SCHEMA, "algorithm": ALGORITHM, **content}
    signed = {**whole, "digest": digest(_canonical(whole))}
    write_synced(folder / MANIFEST, json.dumps(signed, indent=1, sort_keys=True).encode())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Bring a directory's names to the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


# reading


def verify(path: str | os.PathLike[str]) -> list[str]:
    """Return what is wrong with a checkpoint's directory, a line each; nothing if all is as written."""
    try:
        load(Path(path))
    except Torn as torn:
        return list(torn.wrong)
    return []


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what the manifest says. Raises Torn."""
    try:
        content = json.loads((path / MANIFEST).read_bytes())
        claimed = content.pop("digest")
        schema = content["schema"]
    except FileNotFoundError:
        raise Torn(path, [f"{MANIFEST} is missing: it was never finished"]) from None
    except OSError as error:
        raise Torn(path, [f"{MANIFEST}: {error.strerror}"]) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Torn(path, [f"{MANIFEST} can't be read ({type(error).__name__})"]) from error
    if claimed != digest(_canonical(content)):
        raise Torn(path, [f"{MANIFEST} is not what was written"])
    if schema != SCHEMA or content["algorithm"] != ALGORITHM:
        raise Torn(path, [f"{MANIFEST} is of schema {schema} ({content['algorithm']}), this reads {SCHEMA}"])
    return dict(content)


def load(path: Path, wanted: Collection[str] = (), fresh: bool = False) -> Loaded:
    """Return a checkpoint with the values of these names, after EVERY file of it was checked. Raises Torn.

    `fresh` reads from the disk itself what the system still holds in memory, where it can be told to.
    """
    manifest = read_manifest(path)
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, files in _by_value(manifest["files"]):
        try:
            value = _read_value(path, name, files, build=name in wanted, fresh=fresh)
        except _Wrong as error:
            wrong.append(str(error))
            continue
        if name in wanted:
            values[name] = value
    if wrong:
        raise Torn(path, wrong)
    return Loaded(path, manifest, values)


def _by_value(files: Mapping[str, Any]) -> Iterator[tuple[str, Files]]:
    for file in sorted(files):
        if file.endswith(".json"):
            name = file.removesuffix(".json")
            yield name, {one: files[one] for one in (file, f"{name}.safetensors") if one in files}


def _read_value(path: Path, name: str, files: Files, *, build: bool, fresh: bool) -> Any:
    text = _read_json(path / f"{name}.json", files[f"{name}.json"], fresh)
    tensors: dict[str, Any] = {}
    stored = files.get(f"{name}.safetensors")
    if stored is not None:
        tensors = _read_tensors(path / f"{name}.safetensors", stored, build=build, fresh=fresh)
    if not build:
        return None
    try:
        return tree.decode(json.loads(text), tensors)
    except ImportError as error:
        raise _Wrong(f"{name}.json needs {error.name}, which is not installed here") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _Wrong(f"{name}.json can't be understood ({type(error).__name__}: {error})") from error


def _opened(path: Path, size: int, fresh: bool) -> BinaryIO:
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        raise _Wrong(f"{path.name} is missing") from None
    except OSError as error:
        raise _Wrong(f"{path.name}: {error.strerror}") from error
    if fresh and hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    found = os.fstat(file.fileno()).st_size
    if found != size:
        file.close()
        raise _Wrong(f"{path.name} has {found} bytes, {size} were written")
    return file


def _read_json(path: Path, note: Mapping[str, Any], fresh: bool) -> bytes:
    with _opened(path, note["size"], fresh) as file:
        try:
            content = bytes(_filled(file, note["size"]))
        except OSError as error:
            raise _Wrong(f"{path.name}: {error.strerror or error}") from error
    if digest(content) != note["digest"]:
        raise _Wrong(f"{path.name} is not what was written")
    return content


def _read_tensors(path: Path, note: Mapping[str, Any], *, build: bool, fresh: bool) -> dict[str, Any]:
    with _opened(path, note["size"], fresh) as file, workers() as threads:
        try:
            head, _ = safetensors.read_header(file, note["size"])
            if digest(head) != note["header"]:
                raise _Wrong(f"{path.name}: its header is not what was written")
            stored = sorted(note["tensors"].items(), key=lambda item: item[1]["at"])
            read = _built if build else _verified
            return read(path.name, file.fileno(), stored, threads)
        except safetensors.Malformed as error:
            raise _Wrong(f"{path.name}: {error}") from error
        except ImportError as error:
            raise _Wrong(f"{path.name} needs {error.name}, which is not installed here") from error
        except OSError as error:
            raise _Wrong(f"{path.name}: {error.strerror or error}") from error


def _verified(file: str, descriptor: int, stored: Stored, threads: Workers) -> dict[str, Any]:
    """Check all tensors of a file; return none of them."""
    begun = [
        (name, one, threads.begin(one["size"], digest_of_file, descriptor, one["at"], one["size"]))
        for name, one in stored
    ]
    for name, one, found in begun:
        _same(file, name, one, found())
    return {}


def _built(file: str, descriptor: int, stored: Stored, threads: Workers) -> dict[str, Any]:
    """Check all tensors of a file and return them."""
    begun = [
        (name, one, threads.begin(one["size"], read_with_digest, descriptor, one["at"], one["size"]))
        for name, one in stored
    ]
    tensors: dict[str, Any] = {}
    for name, one, found in begun:
        content, told = found()
        _same(file, name, one, told)
        stride = tuple(one["stride"]) if "stride" in one else None
        kind = Kind(one["library"], one["dtype"], tuple(one["shape"]), stride)
        tensors[name] = arrays.built(kind, content)
    return tensors


def _same(file: str, name: str, one: Mapping[str, Any], found: str) -> None:
    if found != one["digest"]:
        raise _Wrong(f"{file}: tensor `{name}` is not what was written")


def _filled(file: BinaryIO, size: int) -> bytearray:
    content = bytearray(size)
    fill(file.fileno(), memoryview(content), 0)
    return content
