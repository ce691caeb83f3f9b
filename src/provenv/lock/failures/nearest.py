"""The nearest that can be had where a package can't: another version, another Python, another name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ...errors import Failure, Hint, Problem, Text, problem, text
from ...model.channel import Host
from ...model.facts import Facts
from ...model.lock import Lock
from ...model.spec import Spec
from ...pipconf import PipConfiguration
from ..platforms import KNOWN
from ..requirements import parsed
from .asking import Index, index_of
from .building import Failed, failed_build, instead

EXPLAINED = frozenset({"PV341", "PV342", "PV344", "PV358"})
WITHOUT_WHEEL = re.compile(
    r"(?P<name>[\w.-]+)(?P<limit>(?:[=<>!~]=?[\w.*+!-]+,?)+) has no (?:usable )?wheels"
)
ABI = re.compile(
    r"for `(?P<name>[\w.-]+)` \(v(?P<version>[^)]+)\) with the following Python ABI tags?: (?P<tags>[^\n]+)"
)
PLATFORMS = re.compile(
    r"Wheels are available for `(?P<name>[\w.-]+)` \(v(?P<version>[^)]+)\) "
    r"on the following platforms?: (?P<tags>[^\n]+)"
)
REQUIRES = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>\S+) (?:depends on Python|only supports )(?P<limit>[^,\s]+(?:,[^,\s]+)*)"
)
PRERELEASE = re.compile(
    r"[Pp]re-releases are available for `(?P<name>[\w.-]+)` "
    r"in the requested range \(e\.g\., (?P<version>[^)]+)\)"
)
YANKED = re.compile(r"(?P<name>[\w.-]+)==(?P<version>\S+) was yanked")
NONE = "lock.nearest.none"
SHOWN = 6


def with_nearest(
    failure: Failure,
    spec: Spec,
    facts: Facts,
    *,
    host: Host,
    uv: str,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    scratch: Path,
    foreign: bool = False,
    known: Collection[str] = (),
    wrong: Mapping[str, str] | None = None,
) -> Failure:
    """Return the failure with the nearest that works, where it is about one package that can't be had.

    That is another version, another Python, another name. `known` are names of
    well-known distributions, `wrong` those that are none of their own with the
    right one. What is not understood comes back as it was.
    """
    problems = list(failure.problems)
    first = problems[0] if problems else None
    words = str(first.why.args.get("text", "")) if first and first.why else ""
    if first is None or not (first.code in EXPLAINED or (first.code == "PV340" and YANKED.search(words))):
        return failure
    index = index_of(
        spec, facts, host=host, uv=uv, pip=pip, environment=environment, scratch=scratch, foreign=foreign
    )
    if first.code == "PV341":
        problems[0] = _other_name(first, known, wrong or {})
    else:
        problems[0] = _explained(first, words, spec, facts, index)
    return Failure(*problems, exit_code=failure.exit_code, data=failure.data)


def from_source(
    lock: Lock,
    spec: Spec,
    facts: Facts,
    *,
    host: Host,
    uv: str,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    scratch: Path,
    foreign: bool = False,
) -> tuple[Problem, ...]:
    """Return the findings about packages that are locked as their source alone: builds take time and fail.

    A warning with the nearest versions that have a wheel where there are any, else a note.
    """
    names = [
        one
        for one in lock.packages
        if one.origin == "index"
        and one.artifacts
        and not any(file.filename.endswith(".whl") for file in one.artifacts)
    ]
    if not names:
        return ()
    index = index_of(
        spec, facts, host=host, uv=uv, pip=pip, environment=environment, scratch=scratch, foreign=foreign
    )
    nearest = {one.name: _near(one.name, one.version, index) for one in names[:SHOWN]}
    hints = tuple(
        Hint(text("lock.nearest.versions", versions=_shown(name, found), python=index.python))
        for name, found in nearest.items()
        if found
    )
    listed = ", ".join(one.name for one in names)
    severity: Literal["warning", "note"] = "warning" if hints else "note"
    return (problem("PV349", severity=severity, names=listed, python=lock.python, n=len(names), hints=hints),)


def _other_name(first: Problem, known: Collection[str], wrong: Mapping[str, str]) -> Problem:
    name = canonicalize_name(str(first.what.args.get("name", "")))
    right = wrong.get(name)
    if right:
        return replace(
            first, why=None, hints=(Hint(text("lock.nearest.instead", name=name, right=right)), *first.hints)
        )
    # a name that is spelled right is on no index that was asked
    near = difflib.get_close_matches(name, sorted(set(known) - {name}), n=3, cutoff=0.75)
    if name in known or not near:
        return first
    names = ", ".join(f"`{one}`" for one in near)
    return replace(first, why=None, hints=(Hint(text("lock.nearest.names", names=names)), *first.hints))


def _explained(first: Problem, words: str, spec: Spec, facts: Facts, index: Index) -> Problem:
    failed = failed_build(words)
    if failed and "://" in (failed.version or "://"):
        return _by_address(first, words, spec, failed)
    subject = (failed.name, f"=={failed.version}") if failed else _subject(words, first, spec)
    if subject is None or not subject[0]:
        return first
    name, limit = subject
    hints = [*failed.hints] if failed else []
    if not any(hint.text and hint.text.key == "lock.nearest.instead" for hint in hints):
        hints += _particular(words, name)
        hints += _versions(name, limit, index) if not hints or failed else []
        hints = [hint for hint in hints if not (index.closed and hint.text and hint.text.key == NONE)]
        hints += _pythons(name, limit, facts, index) if first.code != "PV344" else []
    why = failed.why if failed else _why(words, name, limit, first.code, index.python)
    what = Text(first.code, {**first.what.args, "name": name})
    if failed:
        what = text("PV358.named", name=name, version=failed.version)
    # the general hint gives way to particular ones
    return replace(first, what=what, why=why or first.why, hints=(*hints, *first.hints[1 if hints else 0 :]))


def _by_address(first: Problem, words: str, spec: Spec, failed: Failed) -> Problem:
    """Return the failed build of what a line names by its address: no index has other versions of that."""
    nameless = [one for one in spec.requirements if not one.name]
    right = instead(words, [one.text for one in nameless])
    # of several lines without a name uv does not say which it was
    where = first.where or (nameless[0].where if not failed.name and len(nameless) == 1 else None)
    better = (Hint(text("lock.build.instead", name=right)),) if right else ()
    what = text("PV358.address", name=failed.name) if failed.name else first.what
    hints = (*better, *failed.hints) or first.hints
    return replace(first, what=what, where=where, why=failed.why, hints=hints)


def _subject(words: str, first: Problem, spec: Spec) -> tuple[str, str] | None:
    """Return the package and the versions that can't be had: as the user limits it, else as uv says it."""
    flat = re.sub(r"\s+", " ", words)
    match = WITHOUT_WHEEL.search(flat) or REQUIRES.search(flat) or YANKED.search(flat)
    name = canonicalize_name(match["name"] if match else str(first.what.args.get("name", "")))
    for one in spec.requirements:
        read = parsed(one) if one.name == name else None
        if read is not None and read.specifier:
            return name, str(read.specifier)
    if match is not None and "version" in match.groupdict():
        return name, f"=={match['version']}"
    return name, match["limit"].rstrip(",") if match else ""


def _particular(words: str, name: str) -> list[Hint]:
    """Return the hint for what no other version helps: another system's package, pre-releases alone."""
    flat = re.sub(r"\s+", " ", words)
    pre = PRERELEASE.search(flat)
    if pre is not None and canonicalize_name(pre["name"]) == name:
        return [Hint(text("lock.nearest.prerelease", name=name, version=pre["version"]))]
    platforms = _platforms(words, name)
    if platforms is not None and all(tag.startswith("win") for tag in platforms[1]):
        return [Hint(text("lock.nearest.windows", requirement=f"{name} ; sys_platform == 'win32'"))]
    return []


def _platforms(words: str, name: str) -> tuple[str, list[str]] | None:
    """Return the version and the platforms of the wheels that uv names where there are none for ours."""
    for match in PLATFORMS.finditer(words):
        if canonicalize_name(match["name"]) == name:
            return match["version"], re.findall(r"`([^`]+)`", match["tags"])
    return None


def _versions(name: str, limit: str, index: Index) -> list[Hint]:
    """Return the nearest versions below and above what was asked for that have a wheel here."""
    anchor = _anchor(limit)
    if anchor is None:
        newest = index.version(name)
        return (
            [Hint(text("lock.nearest.newest", name=name, version=newest, python=index.python))]
            if newest
            else []
        )
    found = _near(name, anchor, index)
    if not found:
        return [Hint(text(NONE, name=name, python=index.python, platform=index.platform))]
    return [Hint(text("lock.nearest.versions", versions=_shown(name, found), python=index.python))]


def _near(name: str, anchor: str, index: Index) -> tuple[str, ...]:
    """Return the nearest version below and the nearest above, if there are any; else the newest at all."""
    found = (index.version(f"{name}<={anchor}"), index.version(f"{name}>={anchor}", lowest=True))
    near = tuple(dict.fromkeys(one for one in found if one))
    if near:
        return near
    newest = index.version(name)
    return (newest,) if newest else ()


def _shown(name: str, versions: Sequence[str]) -> str:
    return ", ".join(f"`{name}=={one}`" for one in versions)


def _pythons(name: str, limit: str, facts: Facts, index: Index) -> list[Hint]:
    """Return the hint about the nearest Python that has a wheel of it, one of this machine if possible."""
    wanted = Version(index.python)
    others = sorted(
        (one for one in KNOWN if Version(one) != Version(f"{wanted.major}.{wanted.minor}")),
        key=lambda one: abs(Version(one).minor - wanted.minor),
    )
    fitting = [one for one in others if index.version(f"{name}{limit}", python=one)]
    if not fitting:
        return []
    here = {
        one: python for one in fitting for python in facts.pythons if python.version.startswith(f"{one}.")
    }
    best = next((one for one in fitting if one in here), fitting[0])
    if best in here:
        return [
            Hint(text("lock.nearest.python_here", python=best, name=name, limit=limit, path=here[best].path))
        ]
    return [Hint(text("lock.nearest.python", python=best, name=name, limit=limit))]


def _why(words: str, name: str, limit: str, code: str, python: str) -> Text | None:
    """Return the cause in a sentence: which Pythons or platforms there are files for."""
    flat = re.sub(r"\s+", " ", words)
    yanked = YANKED.search(flat)
    if code == "PV340" and yanked is not None:
        return text("lock.yanked", name=name, version=yanked["version"])
    if code == "PV344" and limit:
        return text("lock.nearest.no_version", name=name, limit=limit)
    platforms = _platforms(words, name)
    if platforms is not None:
        shown = ", ".join(platforms[1][:SHOWN])
        return text("lock.nearest.platforms", name=name, version=platforms[0], platforms=shown)
    for match in ABI.finditer(words):
        if canonicalize_name(match["name"]) == name:
            pythons = _ranges(re.findall(r"cp(\d)(\d+)", match["tags"]))
            if pythons:
                return text(
                    "lock.nearest.wheels", name=name, version=match["version"], pythons=pythons, python=python
                )
    required = REQUIRES.search(flat)
    if required is not None and canonicalize_name(required["name"]) == name:
        limit = required["limit"].rstrip(".)")
        return text(
            "lock.nearest.requires", name=name, version=required["version"], requires=limit, python=python
        )
    return None


def _ranges(pairs: Sequence[tuple[str, str]]) -> str:
    """Return versions of Python 3 as `3.5-3.8`; gaps make several ranges."""
    minors = sorted({int(minor) for major, minor in pairs if major == "3"})
    parts: list[list[int]] = []
    for minor in minors:
        if parts and minor == parts[-1][-1] + 1:
            parts[-1].append(minor)
        else:
            parts.append([minor])
    return ", ".join(f"3.{part[0]}" if len(part) == 1 else f"3.{part[0]}-3.{part[-1]}" for part in parts)


def _anchor(limit: str) -> str | None:
    """Return the version that the specifiers turn about: an exact one, else the highest that they name."""
    try:
        named = [one.version.removesuffix(".*") for one in SpecifierSet(limit) if one.operator != "!="]
        return max(named, key=Version, default=None)
    except (InvalidSpecifier, InvalidVersion):
        return None
