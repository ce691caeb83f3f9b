"""Judges what the packages' native files need of the system: what an import fails for, fails the proof."""

from __future__ import annotations

from ...errors import Hint, text
from ...model.evidence import Check
from ...system import needed_libraries
from ..verdict import REBUILD, Raw, Verdict, failed, hint, lines, passed, upgrade

NAMED = 3
"""Files that are named for each library."""


def judge_libraries(check: Check, raw: Raw) -> Verdict:
    """Judge whether every library and every symbol version is found that importing a package asks for.

    What is missing but not asked for (plugins, backends for devices that are not here) is told as evidence.
    """
    needed = sorted(needed_libraries(raw))
    missing = [entry["name"] for entry in raw["missing"]]
    versions = [row for row in raw["versions"] if any(row[1] in said for _, _, said in raw["imports"])]
    told = [_line("-" if entry["name"] in needed else "?", entry) for entry in raw["missing"]]
    told += [
        f"~ {name} ({version}): {file} ({owner}); {path}" for name, version, file, owner, path in versions
    ]
    if raw["musl"] and "libc.so.6" in missing and raw["imports"]:
        owners = dict.fromkeys(owner for owner, _, _ in raw["imports"])
        why = text("proof.libraries.musl", names=", ".join(owners))
        return failed(check, why, evidence=_all(told, raw), hints=(hint("musl"),))
    if versions:
        name, version, _, owner, path = versions[0]
        why = text("proof.libraries.old", name=name, version=version, owner=owner, path=path)
        return failed(check, why, evidence=_all(told, raw), hints=(upgrade(owner), hint("older_build")))
    if needed:
        why = text("proof.libraries.missing", n=len(needed), names=", ".join(needed))
        return failed(check, why, evidence=_all(told, raw), hints=(INSTALL, REBUILD))
    optional = len(missing)
    return passed(check, evidence=lines(told), files=int(raw["files"]), needs=int(raw["needs"]), n=optional)


INSTALL: Hint = hint("system", "provenv system --install")


def _line(sign: str, entry: Raw) -> str:
    files = [f"{file} ({owner})" if owner else str(file) for file, owner in entry["files"]]
    rest = len(files) - NAMED
    return f"{sign} {entry['name']}: {', '.join(files[:NAMED])}{f', ... +{rest}' if rest > 0 else ''}"


def _all(told: list[str], raw: Raw) -> str:
    said = [f"{module}: {words.strip()}" for _, module, words in raw["imports"]]
    # what matters comes first: the evidence may be cut
    order = sorted(told, key=lambda line: line.startswith("?"))
    return "\n".join([lines(order), *said])
