"""Judges what is installed: files against RECORD, imports, and what the packages need of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from ...errors import text
from ...model.evidence import Check
from ...model.stand_ins import installed_as, may_lack
from ..verdict import REBUILD, Raw, Verdict, failed, hint, lines, passed, upgrade

MISSING_LIBRARY = re.compile(r"(?P<library>[\w.+-]+\.(?:so[\w.]*|dylib|dll)): cannot open shared object")


def judge_files(check: Check, raw: Raw) -> Verdict:
    """Judge whether every recorded file is there with its recorded content, and no code came beside them."""
    missing, changed, loose = int(raw["missing_count"]), int(raw["changed_count"]), raw["loose"]
    if missing or changed or loose:
        told = [f"- {path} ({owner})" for path, owner in raw["missing"]]
        told += [f"~ {path} ({owner})" for path, owner in raw["changed"]]
        told += [f"+ {path}" for path in loose]
        why = text("proof.files.differ", changed=changed, missing=missing, extra=len(loose))
        return failed(check, why, evidence=lines(told), hints=(REBUILD,))
    megabytes = int(raw["bytes"]) // 1_000_000
    # named all the same: what has no RECORD to be held against, and what several packages wrote
    told = [f"? {name}" for name in raw["without_record"]]
    told += [f"= {path} ({owners})" for path, owners in raw["shared"]]
    return passed(
        check,
        evidence=lines(told),
        files=int(raw["files"]),
        n=int(raw["packages"]),
        megabytes=megabytes,
    )


def judge_imports(check: Check, raw: Raw) -> Verdict:
    """Judge each import; one that crashed is told by its signal."""
    told, libraries, packages, warnings = [], [], [], []
    for entry in raw["imports"]:
        name = entry["module"]
        warnings += [f"{name}: {warning}" for warning in entry.get("warnings", ())]
        if entry["timed_out"] or entry["code"] != 0:
            ending = "..." if entry["timed_out"] else entry["code"]
            told.append(f"{name}: {ending}\n{entry.get('output', '')}".rstrip())
        elif entry.get("type"):
            if _optional(entry):
                warnings.append(f"{name}: {entry['message']}")
                continue
            told.append(f"{name}: {entry['type']}: {entry['message']}\n{entry['traceback']}".rstrip())
            found = MISSING_LIBRARY.search(entry["message"])
            libraries += [found["library"]] if found else []
        else:
            continue
        packages.append(entry["package"])
    told += [f"{name}: -" for name in raw["absent"]]
    packages += raw["absent"]
    if told:
        names = ", ".join(dict.fromkeys(packages))
        hints = [
            hint("library", "provenv system --install", library=library)
            for library in dict.fromkeys(libraries)
        ]
        hints += [REBUILD, upgrade(packages[0])]
        died = next((entry["code"] for entry in raw["imports"] if entry["code"] < 0), 0)
        if died and not any(entry.get("type") for entry in raw["imports"]):
            why = text("proof.imports.died", names=names, signal=-died)
        else:
            why = text("proof.imports.fail", names=names, n=len(dict.fromkeys(packages)))
        return failed(check, why, evidence="\n".join(told), hints=tuple(hints))
    return passed(check, evidence=lines(warnings), n=len(raw["imports"]), slowest=_slowest(raw["imports"]))


def _optional(entry: Mapping[str, Any]) -> bool:
    """Tell whether one of several modules only lacks something that the package doesn't bring."""
    missing = str(entry.get("missing") or "")
    return (
        entry["type"] == "ModuleNotFoundError"
        and int(entry["siblings"]) > 1
        and bool(missing)
        and missing.partition(".")[0] != str(entry["module"]).partition(".")[0]
    )


def _slowest(imports: list[Mapping[str, Any]]) -> str:
    slowest = max(imports, key=lambda entry: float(entry.get("seconds", 0)), default=None)
    return f"{slowest['module']} {slowest['seconds']:.1f} s" if slowest else "-"


def judge_dependencies(check: Check, raw: Raw) -> Verdict:
    """Judge whether what every package needs is there, in a version that fits; extras where asked for."""
    installed = {canonicalize_name(entry["name"]): entry for entry in raw["distributions"] if entry["name"]}
    markers = {str(name): str(value) for name, value in raw["markers"].items()}
    wrong: dict[str, str] = {}
    total = 0
    for asker, requirement in _requirements(installed, check.options.get("declared"), markers):
        total += 1
        asked = f"{requirement}" if asker == "-" else f"{asker} -> {requirement}"
        name = canonicalize_name(requirement.name)
        found = installed.get(canonicalize_name(installed_as(name, installed) or name))
        if found is None:
            if not may_lack(asker, name):
                wrong[f"{asked}: -"] = name
        elif not requirement.url and not _fits(requirement.specifier, found["version"]):
            wrong[f"{asked}: {found['version']}"] = name
    python = markers["python_full_version"]
    for name, entry in installed.items():
        if entry["requires_python"] and not _fits(_specifiers(entry["requires_python"]), python):
            wrong[f"{name} -> python{entry['requires_python']}: {python}"] = name
    if wrong:
        first = next(iter(wrong))
        why = text("proof.dependencies.unmet", n=len(wrong), first=first)
        hints = (hint("why", f"provenv why {wrong[first]}"), upgrade(wrong[first]))
        return failed(check, why, evidence=lines(list(wrong)), hints=hints)
    return passed(check, requirements=total, n=len(installed))


def _requirements(
    installed: Mapping[NormalizedName, Mapping[str, Any]], declared: object, markers: Mapping[str, str]
) -> Iterator[tuple[str, Requirement]]:
    """Yield (who asks, what) for all that holds here; an extra's requirements once it is asked for."""
    asked: dict[NormalizedName, set[str]] = {name: {""} for name in installed}
    queue = [(name, "") for name in installed]
    for line in declared if isinstance(declared, list) else []:
        requirement = _requirement(str(line))
        if requirement is not None and _holds(requirement, markers, ""):
            yield "-", requirement
            queue += _ask(asked, requirement)
    while queue:
        name, extra = queue.pop()
        for line in installed[name]["requires"]:
            requirement = _requirement(line)
            if requirement is None or not _holds(requirement, markers, extra):
                continue
            if extra and _holds(requirement, markers, ""):
                continue  # it was yielded already, without the extra
            yield f"{name}[{extra}]" if extra else name, requirement
            queue += _ask(asked, requirement)


def _ask(asked: dict[NormalizedName, set[str]], requirement: Requirement) -> list[tuple[NormalizedName, str]]:
    name = canonicalize_name(requirement.name)
    new = {str(canonicalize_name(extra)) for extra in requirement.extras} - asked.get(name, set())
    if name not in asked:
        return []
    asked[name] |= new
    return [(name, extra) for extra in sorted(new)]


def _requirement(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None  # a path or an old spelling; the resolver has answered for it


def _holds(requirement: Requirement, markers: Mapping[str, str], extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**markers, "extra": extra})


def _specifiers(line: str) -> SpecifierSet:
    try:
        return SpecifierSet(line)
    except InvalidSpecifier:
        return SpecifierSet()


def _fits(specifiers: SpecifierSet, version: str) -> bool:
    try:
        return specifiers.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True  # nothing can be said about it
