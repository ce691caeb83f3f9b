"""What one key of `[data.NAME]` can't tell by itself: one source, its keys, names that are meant."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import Hint, Problem, problem, text
from ..model.data import DataSet, DataSource
from .positions import Path
from .references import read_size
from .source import brief
from .toml_text import Document

TAKES: Mapping[DataSource, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # source -> the keys that it needs, those that it may have
    "url": (("sha256",), ("mirrors", "unpack", "path", "most")),
    "package": (("path",), ()),
    "debian": (("path",), ()),
    "folder": ((), ("sha256", "include", "exclude")),
    "huggingface": (("revision", "files"), ()),
    "npm": (("version", "sha256"), ("path", "most")),
}
OF_ARCHIVES = ("path", "most")
NPM_FOLDER = "package"
"""Where npm's tarballs have their files."""
NPM_NAME = r"(@[A-Za-z0-9~][A-Za-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*"
NPM_VERSION = r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
"""An exact version (semver.org): a range or a tag may mean another package tomorrow."""


class NotAnAddress(ValueError):
    """An address that can't be used; `why` is a key of the catalogues."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read_address(words: str) -> str:
    """Return an address of data as it is written. Raises NotAnAddress."""
    found = re.fullmatch(r"(?:https?|file)://(?P<login>[^/@\s]*@)?[^\s@]*[^\s@/](?:@[^\s]*)?", words)
    if found is None:
        raise NotAnAddress("spec.bad.data_url")
    password = (found["login"] or "").rstrip("@").partition(":")[2]
    if password and not re.fullmatch(r"\$\{[A-Z0-9_]+\}", password):
        raise NotAnAddress("spec.bad.data_password")
    return words


def read_inside(words: str) -> str:
    """Return a path that stays within the folder it is relative to. Raises ValueError."""
    parts = words.split("/")
    if not words or ".." in parts or "" in parts or "\\" in words or ":" in parts[0]:
        raise ValueError(words)
    return words


def variable_of(name: str) -> str:
    """Return what a set's variable ends with: its name in capitals, `_` for what no variable has."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def data_sets(declared: Mapping[str, Any]) -> dict[str, DataSet]:
    """Return the declared sets, by name; `declared` are the schema's tables, checked."""
    found = {}
    for name, table in declared.items():
        source = next(one for one in TAKES if getattr(table, one) is not None)
        found[name] = DataSet(
            name=name,
            source=source,
            origin=getattr(table, source),
            sha256=(table.sha256 or "").lower(),
            mirrors=tuple(table.mirrors),
            unpack=bool(table.unpack) or source == "npm",
            path=table.path or (NPM_FOLDER if source == "npm" else ""),
            most=read_size(table.most) if table.most else 0,
            include=tuple(table.include),
            exclude=tuple(table.exclude),
            revision=table.revision or table.version or "",
            files={path: digest.lower() for path, digest in table.files.items()},
        )
    return found


def data_mistakes(document: Document, table: Path, own: Any) -> Iterator[Problem]:
    """Yield what is wrong with the declared data as a whole, each at the key that it is about.

    `own` are provenv's keys at `table` of the document, unchecked.
    """
    declared = own.get("data") if isinstance(own, dict) else None
    sets = declared if isinstance(declared, dict) else {}
    seen: dict[str, str] = {}
    for name, one in sets.items():
        if not isinstance(one, dict):
            continue
        path = (*table, "data", name)
        other = seen.setdefault(variable_of(name), name)
        if other != name:
            why = text("PV1432.why", variable=f"PROVENV_DATA_{variable_of(name)}")
            yield problem("PV1432", name=brief(name), other=brief(other), where=_key(document, path), why=why)
        yield from _one(document, path, name, one)
    yield from _meant(document, table, own, list(sets))


def _one(document: Document, path: Path, name: str, one: Mapping[str, Any]) -> Iterator[Problem]:
    named = [source for source in TAKES if source in one]
    if len(named) != 1:
        where = _key(document, (*path, named[1]) if named else path)
        why = text("PV1430.why", sources=", ".join(TAKES))
        yield problem("PV1430", name=brief(name), where=where, why=why)
        return
    source = named[0]
    needed, more = TAKES[source]
    for key in needed:
        if key not in one:
            yield problem(
                "PV104",
                key=f"data.{brief(name)}.{key}",
                where=_key(document, path),
                why=text("PV1431.needed", source=source, key=key),
                hints=_hints(key, one),
            )
    packed = bool(one.get("unpack"))
    for key in one:
        known = any(key in (*first, *second) for first, second in TAKES.values())
        if known and key not in (*needed, *more):
            yield problem("PV1431", key=key, source=source, where=_key(document, (*path, key)))
        elif source == "url" and key in OF_ARCHIVES and not packed:
            why = text("PV1431.unpack")
            yield problem("PV1431", key=key, source=source, where=_key(document, (*path, key)), why=why)
    within = one.get("path")
    if isinstance(within, str) and not _fits(within, source):
        span = document.at_value((*path, "path"))
        yield problem(
            "PV105",
            key=f"data.{brief(name)}.path",
            value=brief(within),
            where=document.source.place(span.start, span.length),
            why=text("spec.bad.data_whole_path" if source == "debian" else "spec.bad.data_path"),
        )


def _fits(path: str, source: str) -> bool:
    try:
        read_inside(path.removeprefix("/") if source == "debian" else path)
    except ValueError:
        return False
    return path.startswith("/") == (source == "debian")


def _hints(key: str, one: Mapping[str, Any]) -> tuple[Hint, ...]:
    """Return how a missing digest or version is found out."""
    origin, package = one.get("url"), one.get("npm")
    if isinstance(package, str) and re.fullmatch(NPM_NAME, package):
        if key == "version":
            return (Hint(text("PV1431.version"), f"npm view {package} versions"),)
        version = one.get("version")
        # without a version, that is what is missing first
        origin = f"npm:{package}@{version}" if isinstance(version, str) else None
    if key != "sha256" or not isinstance(origin, str):
        return ()
    return (Hint(text("PV1431.digest"), f"provenv data digest {shlex.quote(origin)}"),)


def _meant(document: Document, table: Path, own: Any, names: list[str]) -> Iterator[Problem]:
    """Yield each name in a list of data that is not declared."""
    runs = own.get("run") if isinstance(own, dict) else None
    lists: list[tuple[tuple[str, ...], Any]] = [
        (("run", name, "data"), run) for name, run in (runs if isinstance(runs, dict) else {}).items()
    ]
    lists.append((("prove", "data"), own.get("prove") if isinstance(own, dict) else None))
    for path, holder in lists:
        given = holder.get("data") if isinstance(holder, dict) else None
        for number, entry in enumerate(given if isinstance(given, list) else ()):
            if not isinstance(entry, str) or entry in names:
                continue
            span = document.at_value((*table, *path, number))
            close = difflib.get_close_matches(entry, names, n=1)
            yield problem(
                "PV1433",
                name=brief(entry),
                where=document.source.place(span.start, span.length),
                why=text("PV1433.why", names=", ".join(names)) if names else text("PV1433.none"),
                hints=(Hint(text("spec.hint.write_string", right=close[0])),) if close else (),
            )


def _key(document: Document, path: Path) -> Any:
    span = document.at_key(path)
    return document.source.place(span.start, span.length)
