"""What installed packages say that they need, as `pip check` does, from metadata alone."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ...errors import Text, text
from ...model.diagnosis import Advice
from ...model.environment import Environment, Installed
from ...model.facts import Facts
from ...model.findings import Finding
from ...model.stand_ins import installed_as, may_lack
from ..ground import Ground
from .advising import REPAIR, install, judged, named

SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "darwin": ("darwin", "Darwin", "posix"),
    "windows": ("win32", "Windows", "nt"),
}


def look(ground: Ground) -> Iterator[Finding]:
    """Yield one finding for each environment in which something is missing or of a wrong version."""
    for environment in judged(ground):
        markers = _markers(environment, ground.facts)
        missing: dict[str, Text] = {}
        unfit: dict[str, Text] = {}
        versions = environment.versions
        for one in environment.installed:
            for requirement in _asked(one, markers):
                name = canonicalize_name(requirement.name)
                found = versions.get(installed_as(name, versions) or name)
                told = text(
                    "doctor.requirements.line", asker=one.name, needs=str(requirement), found=found or "-"
                )
                if found is None:
                    if not may_lack(one.name, name):
                        missing[name] = told
                elif not requirement.url and not _fits(requirement.specifier, found):
                    unfit[f"{name}{requirement.specifier}"] = told
        if missing or unfit:
            yield _finding(ground, environment, missing, unfit)


def _markers(environment: Environment, facts: Facts | None) -> dict[str, str]:
    """Return PEP 508's environment as far as files tell it; the rest is this Python's own."""
    markers: dict[str, str] = {"extra": ""}
    if environment.python:
        markers["python_version"] = ".".join(environment.python.split(".")[:2])
        full = environment.python if environment.python.count(".") > 1 else f"{environment.python}.0"
        markers["python_full_version"] = full
    if facts is not None:
        platform, system, name = SYSTEMS.get(facts.platform.system, (facts.platform.system, "", "posix"))
        markers |= {"sys_platform": platform, "platform_system": system, "os_name": name}
        markers["platform_machine"] = facts.platform.machine
    return markers


def _asked(one: Installed, markers: dict[str, str]) -> Iterator[Requirement]:
    for line in one.requires:
        if "extra ==" in line or "extra==" in line:
            continue
        try:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(markers):
                yield requirement
        except (InvalidRequirement, InvalidVersion, InvalidSpecifier):
            # metadata of before the standards: nobody can tell what it asks for
            continue


def _fits(specifier: SpecifierSet, found: str) -> bool:
    try:
        return specifier.contains(Version(found), prereleases=True)
    except InvalidVersion:
        return True


def _finding(
    ground: Ground, environment: Environment, missing: dict[str, Text], unfit: dict[str, Text]
) -> Finding:
    where = named(environment, ground)
    wanted = [*missing, *unfit]
    own = environment.kind == "generation"
    locked = {one.name for one in ground.lock.packages} if ground.lock else set()
    if own and locked - environment.versions.keys():
        remedies: tuple[Advice, ...] = (Advice(text("doctor.remedy.rebuild"), ("provenv up --repair",)),)
        fix = REPAIR
    elif own:
        remedies = (Advice(text("doctor.requirements.lock"), ("provenv lock --upgrade", "provenv up")),)
        fix = None
    else:
        remedies = (Advice(text("doctor.remedy.install"), (install(environment, wanted),)),)
        fix = None
    return Finding(
        "requirements-unmet",
        "packages",
        "hurts",
        what=text("doctor.requirements", n=len(wanted), where=where, names=", ".join(wanted)),
        why=text("doctor.requirements.why_missing" if missing else "doctor.requirements.why"),
        evidence=(*missing.values(), *unfit.values()),
        remedies=remedies,
        fix=fix,
        subject=where,
        cause="dependency-conflict" if unfit else "package-version-drift",
    )
