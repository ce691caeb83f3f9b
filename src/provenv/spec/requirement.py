"""One requirement as a user writes it: PEP 508, a URL, a path, or `-e` and one of these."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from .. import environ
from ..errors import Failure, Hint, Place, Problem, problem, text
from ..model.spec import Requirement
from ..toml_library import tomllib
from .distributions import table
from .mistakes import diagnose
from .source import brief, read_toml, relative

LONGEST = 4000
"""Characters of one requirement; real ones have some hundreds."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://|/|\.)|file:")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]")
_DIRECT = re.compile(r"\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\]\s*)?@\s*(?P<target>\S+)")
_ARCHIVE = re.compile(r"\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz|tar)$", re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
_EXTRAS = re.compile(r"(?P<path>[^\[\]]+)(?P<extras>\[[^\[\]]*\])?")


@dataclass(frozen=True)
class Origin:
    """Where a requirement stands: `place(offset, length)` in its text, and what its paths are relative to."""

    root: Path
    folder: Path
    place: Callable[[int, int], Place]
    environment: Mapping[str, str] = field(default_factory=dict)


_FILE = re.compile(r"(?:(?:-r|--requirement)(?:\s+|=)\s*)?(?P<file>[^\s;@\[\]]+\.(?:txt|in))")
"""What names a list of requirements, where one requirement is to stand."""


@dataclass(frozen=True)
class Read:
    """A requirement, or None where it is broken; what is wrong or odd with it; the folder that it builds."""

    requirement: Requirement | None
    problems: tuple[Problem, ...] = ()
    directory: Path | None = None


def read_requirement(
    words: str, origin: Origin, *, editable: bool = False, hashes: tuple[str, ...] = ()
) -> Read:
    """Return the requirement that `words` state.

    `${NAME}` is expanded only to understand the rest; the Requirement's text
    keeps it. Paths come out relative to the project's root.
    """
    indent = len(words) - len(words.lstrip())
    shifted = Origin(
        origin.root,
        origin.folder,
        lambda offset, length: origin.place(offset + indent, length),
        origin.environment,
    )
    words = words.strip()
    if not editable and (match := re.match(r"(?:-e|--editable)(?:\s+|=)(?=\S)", words)):
        editable = True
        rest = words[match.end() :]
        return read_requirement(
            rest,
            Origin(
                origin.root,
                origin.folder,
                lambda offset, length: shifted.place(offset + match.end(), length),
                origin.environment,
            ),
            editable=True,
            hashes=hashes,
        )
    if not words or len(words) > LONGEST:
        key = "empty" if not words else "long"
        return Read(
            None,
            (
                problem(
                    "PV120",
                    requirement=brief(words),
                    where=shifted.place(0, 1),
                    why=text(f"spec.requirement.{key}"),
                ),
            ),
        )
    if named := _FILE.fullmatch(words):
        why = text("spec.requirement.file", file=brief(named["file"]))
        return Read(
            None, (problem("PV120", requirement=brief(words), where=shifted.place(0, len(words)), why=why),)
        )
    meant = environ.expand(words, origin.environment)
    if _is_url(meant):
        return _url(words, meant, shifted, editable, hashes)
    if editable or _is_path(meant):
        return _path(words, meant, shifted, editable, hashes)
    return _pep508(words, meant, shifted, hashes)


def _is_url(words: str) -> bool:
    return bool(_URL.match(words)) and not _WINDOWS_PATH.match(words)


def _is_path(words: str) -> bool:
    head = re.split(r"\s*[;@]", words, maxsplit=1)[0] if not words.startswith("@") else words
    if _DIRECT.match(words):
        return False
    return (
        words.startswith((".", "/", "~", "\\"))
        or bool(_WINDOWS_PATH.match(words))
        or bool(_ARCHIVE.search(head.split("[")[0]))
        or (bool(re.fullmatch(r"[\w.~/\\-]+(?:\[[^\]]*\])?", head)) and ("/" in head or "\\" in head))
    )


def _url(words: str, meant: str, origin: Origin, editable: bool, hashes: tuple[str, ...]) -> Read:
    name = ""
    if match := _EGG.search(meant):
        name = canonicalize_name(match[1])
    else:
        try:
            name = _name_of_archive(posixpath.basename(unquote(urlsplit(meant.partition(" ")[0]).path)))
        except ValueError:
            return Read(
                None,
                (
                    problem(
                        "PV120",
                        requirement=brief(words),
                        where=origin.place(0, len(words)),
                        why=text("spec.requirement.url"),
                    ),
                ),
            )
    line = f"-e {words}" if editable else words
    return Read(Requirement(line, name, origin.place(0, len(words)), editable, hashes))


def _path(words: str, meant: str, origin: Origin, editable: bool, hashes: tuple[str, ...]) -> Read:
    target, semicolon, marker = words.partition(";")
    match = _EXTRAS.fullmatch(target.strip())
    where = origin.place(0, len(target.rstrip()))
    if not match:
        why = text("spec.requirement.syntax")
        return Read(None, (problem("PV120", requirement=brief(words), where=where, why=why),))
    written = match["path"].rstrip()
    found = locate(environ.expand(written, origin.environment), origin)
    if found is None:
        why = text("PV125.why", folder=relative(origin.root, origin.folder))
        return Read(None, (problem("PV125", path=brief(written), where=where, why=why),))
    keeps = environ.references(written) or Path(written).is_absolute() or written.startswith("~")
    shown = written if keeps else _dotted(relative(origin.root, found))
    name = _name_of_directory(origin.root, found) if found.is_dir() else _name_of_archive(found.name)
    line = shown + (match["extras"] or "") + (f" ;{marker}" if semicolon else "")
    requirement = Requirement(f"-e {line}" if editable else line, name, where, editable, hashes)
    return Read(requirement, directory=found if found.is_dir() else None)


def locate(written: str, origin: Origin) -> Path | None:
    """Return the path that is meant: beside the file that names it, or else, as pip has it, in the root."""
    path = Path(written)
    for base in (origin.folder, origin.root):
        try:
            found = base / path.expanduser()
            if found.exists():
                return found
        except (OSError, ValueError, RuntimeError):
            continue
    return None


def _dotted(path: str) -> str:
    return path if path.startswith((".", "/")) or _WINDOWS_PATH.match(path) else f"./{path}"


def _name_of_archive(filename: str) -> str:
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[0])
        return str(parse_sdist_filename(filename)[0])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""


def _name_of_directory(root: Path, folder: Path) -> str:
    try:
        name = tomllib.loads(read_toml(root, folder / "pyproject.toml").text)["project"]["name"]
    except (Failure, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return canonicalize_name(name) if isinstance(name, str) else ""


def _pep508(words: str, meant: str, origin: Origin, hashes: tuple[str, ...]) -> Read:
    try:
        parsed = Pep508(meant)
    except (InvalidRequirement, RecursionError) as error:
        return Read(None, (_invalid(words, meant, origin, error),))
    name = str(canonicalize_name(parsed.name))
    where = origin.place(0, len(words))
    named = origin.place(0, len(parsed.name)) if words.startswith(parsed.name) else where
    if parsed.url and (direct := _DIRECT.match(words)) and not _is_url(parsed.url):
        start = direct.start("target")
        found = locate(environ.expand(direct["target"], origin.environment), origin)
        if found is None:
            why = text("PV125.why", folder=relative(origin.root, origin.folder))
            at = origin.place(start, len(direct["target"]))
            return Read(None, (problem("PV125", path=brief(direct["target"]), where=at, why=why),))
        shown = _dotted(relative(origin.root, found))
        line = words[:start] + shown + words[direct.end() :]
        return Read(
            Requirement(line, name, where, False, hashes), directory=found if found.is_dir() else None
        )
    problems = (
        () if parsed.url else name_problems(name, parsed.name, named, words, has_marker=bool(parsed.marker))
    )
    if any(one.severity == "error" for one in problems):
        return Read(None, problems)
    return Read(Requirement(words, name, where, False, hashes), problems)


def name_problems(
    name: str, written: str, where: Place, words: str, *, has_marker: bool
) -> tuple[Problem, ...]:
    """Return what is wrong with `name` (normalised) as a distribution's: no package, another's, Python's."""
    known = table()
    if name in known.not_packages:
        kind = known.not_packages[name]
        return (
            problem(
                "PV131",
                name=written,
                where=where,
                why=text(f"PV131.{kind}"),
                hints=(_not_package(kind, words),),
            ),
        )
    if name in known.wrong:
        right = known.wrong[name]
        return (
            problem(
                "PV127",
                name=written,
                right=right,
                where=where,
                why=text("PV127.why", name=written, right=right),
                hints=(Hint(text("spec.hint.write", right=right + words[len(written) :])),),
            ),
        )
    if name.replace("-", "_") in sys.stdlib_module_names and not has_marker:
        return (
            problem(
                "PV128", name=written, where=where, severity="warning", why=text("PV128.why", name=written)
            ),
        )
    return ()


def _not_package(kind: str, words: str) -> Hint:
    version = re.search(r"\d+(?:\.\d+)*", words)
    value = {"python": version[0] if version else "3.11", "accelerator": "cuda"}[kind]
    if "cpuonly" in words:
        value = "cpu"
    return Hint(text("spec.hint.write_pair", key=kind, value=f'"{value}"'))


def _invalid(words: str, meant: str, origin: Origin, error: Exception) -> Problem:
    span = getattr(error.__cause__, "span", None)
    mistake = diagnose(words, span[0] if span and words == meant else None)
    suggestion = mistake.suggestion
    if suggestion:
        # the name may be as wrong as the rest: `cudatoolkit=11.8`
        name = Pep508(suggestion).name
        where = origin.place(max(0, words.find(name)), len(name))
        for one in name_problems(canonicalize_name(name), name, where, suggestion, has_marker=True):
            return one
    return problem(
        "PV120",
        requirement=brief(words),
        where=origin.place(mistake.offset, mistake.length),
        why=text(f"spec.requirement.{mistake.key}"),
        hints=(Hint(text("spec.hint.write", right=suggestion)),) if suggestion else (),
    )
