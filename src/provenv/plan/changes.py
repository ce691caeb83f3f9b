"""What differs between what is installed and what is locked, package by package."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.lock import Lock, Package
from ..model.plan import Change, Install, Keep, Remove, Step


def changes(installed: Mapping[str, str], lock: Lock) -> tuple[Step, ...]:
    """Return one step a package, by name: install, change, keep or remove.

    `installed` maps normalised names to versions; a version holds its local part, so
    that `2.13.0` and `2.13.0+cpu` are different builds.
    """
    steps: list[Step] = []
    for package in lock.packages:
        old = installed.get(package.name)
        if old is None:
            steps.append(Install(package.name, package.version, download_size(package)))
        elif old != package.version:
            steps.append(Change(package.name, old, package.version, download_size(package)))
        else:
            steps.append(Keep(package.name, package.version))
    locked = {package.name for package in lock.packages}
    steps += [Remove(name, version) for name, version in installed.items() if name not in locked]
    return tuple(sorted(steps, key=_name))


def download_size(package: Package) -> int | None:
    """Return how many bytes the package's file has: its wheel where there is one; None where none says."""
    wheels = [artifact for artifact in package.artifacts if artifact.filename.endswith(".whl")]
    sizes = [artifact.size for artifact in (wheels or package.artifacts) if artifact.size is not None]
    # several wheels fit several platforms; the largest is never too little
    return max(sizes, default=None)


def _name(step: Step) -> str:
    return step.name if isinstance(step, (Install, Change, Keep, Remove)) else ""
