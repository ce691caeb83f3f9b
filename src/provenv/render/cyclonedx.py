"""A lock as a bill of materials: CycloneDX 1.6 in JSON, the same bytes for the same lock.

The schema: https://cyclonedx.org/docs/1.6/json/ ; package URLs: https://github.com/package-url/purl-spec
(type `pypi`). Nothing of the hour or the machine is in it:
the serial number is made from the lock's identity.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from ..model.lock import Artifact, Lock, Package
from ..model.spec import Spec
from ..pipconf import redact
from ..version import __version__
from .header import ORIGIN, serves
from .licences import Licence

WHAT = "cyclonedx"
ALGORITHMS = {
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
    "sha3_256": "SHA3-256",
    "sha3_512": "SHA3-512",
}
ROOT = "project"


def bill_of_materials(lock: Lock, spec: Spec, licences: Mapping[str, Licence]) -> str:
    """Return the lock as a CycloneDX document; `licences` are by package name, where they are known."""
    names = Counter(one.name for one in lock.packages)
    packages = sorted(lock.packages, key=lambda one: (one.name, one.version, one.marker or ""))
    references = {id(one): _reference(one, names[one.name] > 1) for one in packages}
    own = [*serves(lock), ("spec", f"sha256:{spec.digest}"), ("made-by", f"{ORIGIN} {WHAT}")]
    serial = uuid5(NAMESPACE_URL, f"provenv:{spec.name}:{lock.target}:{lock.identity}")
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "provenv", "version": __version__}]},
            "component": {"type": "application", "bom-ref": ROOT, "name": spec.name},
            "properties": [{"name": f"provenv:{name}", "value": value} for name, value in own if value],
        },
        "components": [_component(one, references[id(one)], licences.get(one.name)) for one in packages],
        "dependencies": _dependencies(packages, references),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def package_url(package: Package) -> str:
    """Return the package's purl."""
    version = f"@{quote(package.version, safe='.-_~!')}" if package.version else ""
    location = redact(package.location or "")
    qualifier = f"?vcs_url={quote(location, safe='/:@.-_~')}" if package.origin == "vcs" else ""
    if package.origin == "archive" and location.startswith(("https://", "http://")):
        qualifier = f"?download_url={quote(location, safe='/:@.-_~')}"
    return f"pkg:pypi/{package.name}{version}{qualifier}"


def _reference(package: Package, ambiguous: bool) -> str:
    """Return what the document calls the package by; one that stands twice is told apart by its marker."""
    return f"{package_url(package)};{package.marker or ''}" if ambiguous else package_url(package)


def _component(package: Package, reference: str, licence: Licence | None) -> dict[str, object]:
    found: dict[str, object] = {"type": "library", "bom-ref": reference, "name": package.name}
    if package.version:
        found["version"] = package.version
    if len(package.artifacts) == 1 and (digests := _hashes(package.artifacts[0])):
        found["hashes"] = digests
    if licence is not None and licence.expression:
        found["licenses"] = [{"expression": licence.expression}]
    elif licence is not None:
        found["licenses"] = [{"license": {"name": licence.name}}]
    found["purl"] = package_url(package)
    distributions = [_distribution(one) for one in package.artifacts]
    if distributions:
        found["externalReferences"] = distributions
    told = [("marker", package.marker or ""), ("origin", "" if package.origin == "index" else package.origin)]
    told += [("required-by", one) for one in package.required_by if _is_line(one)]
    properties = [{"name": f"provenv:{name}", "value": value} for name, value in told if value]
    if properties:
        found["properties"] = properties
    return found


def _distribution(artifact: Artifact) -> dict[str, object]:
    """Return a file with its digests; one that lies in a folder of somebody's machine goes by its name."""
    url = redact(artifact.url or "")
    remote = url.startswith(("https://", "http://")) and "*" not in url
    found: dict[str, object] = {"type": "distribution", "url": url if remote else quote(artifact.filename)}
    digests = _hashes(artifact)
    return {**found, "hashes": digests} if digests else found


def _hashes(artifact: Artifact) -> list[dict[str, str]]:
    return [
        {"alg": ALGORITHMS[kind], "content": value}
        for kind, value in sorted(artifact.hashes.items())
        if kind in ALGORITHMS
    ]


def _dependencies(packages: list[Package], references: Mapping[int, str]) -> list[dict[str, object]]:
    """Return who needs whom, read off `required_by`; the project needs what its own files name."""
    by_name: dict[str, list[str]] = {}
    for one in packages:
        by_name.setdefault(one.name, []).append(references[id(one)])
    needs: dict[str, list[str]] = {ROOT: [], **{references[id(one)]: [] for one in packages}}
    for one in packages:
        users = [user for asked in one.required_by for user in by_name.get(asked, ())]
        if any(map(_is_line, one.required_by)) or not users:
            users.append(ROOT)
        for user in users:
            needs[user].append(references[id(one)])
    return [
        {"ref": name, "dependsOn": sorted(set(found))} if found else {"ref": name}
        for name, found in needs.items()
    ]


def _is_line(asked: str) -> bool:
    """Tell whether something is a line of the user's files (`requirements.txt:3`), not a package."""
    return asked.rpartition(":")[2].isdigit() and ":" in asked
