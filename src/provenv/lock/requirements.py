"""The user's requirements, as far as the lock looks into them before uv does."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ..model.spec import Requirement, Spec
from .builds import allows
from .tables import table


def parsed(requirement: Requirement) -> Parsed | None:
    """Return the requirement as PEP 508 reads it; None for a path or an address without a name."""
    try:
        return Parsed(re.split(r"\s+#", requirement.text, maxsplit=1)[0].strip())
    except InvalidRequirement:
        return None


def family(names: Iterable[str]) -> tuple[str, ...]:
    """Return those names that have one build per accelerator (torch, torchvision...), in table order."""
    wanted = {canonicalize_name(name) for name in names}
    return tuple(name for name in table("torch_family")["names"] if name in wanted)


def members(names: Iterable[str]) -> tuple[str, ...]:
    """Return the family among locked packages, with what a vendor's build of torch needs of its index."""
    everything = tuple(names)
    return tuple(dict.fromkeys([*family(everything), *filter(is_sibling, everything)]))


def is_sibling(name: str) -> bool:
    """Tell whether a package belongs to torch's ROCm or XPU builds and has to come from their index."""
    siblings = table("torch_family")["siblings"]
    return name in siblings["names"] or name.startswith(tuple(siblings["prefixes"]))


def torch_specifiers(spec: Spec) -> SpecifierSet:
    """Return what requirements and constraints say about torch's version, by itself or through its family."""
    specifiers = SpecifierSet()
    for requirement in (*spec.requirements, *spec.constraints):
        one = parsed(requirement) if requirement.name in table("torch_family")["names"] else None
        if one is not None and requirement.name == "torch":
            specifiers &= one.specifier
        elif one is not None and one.specifier:
            specifiers &= _torch_for(requirement.name, one.specifier)
    return specifiers


def specifiers_of(spec: Spec, name: str) -> SpecifierSet:
    """Return what requirements and constraints say about the version of one package."""
    specifiers = SpecifierSet()
    for requirement in (*spec.requirements, *spec.constraints):
        one = parsed(requirement) if requirement.name == name else None
        if one is not None:
            specifiers &= one.specifier
    return specifiers


def _torch_for(name: str, specifiers: SpecifierSet) -> SpecifierSet:
    """Return which torch fits the allowed versions of torchvision or torchaudio."""
    matching = {
        minor: members[name]
        for minor, members in table("torch_family")["matching"].items()
        if name in members
    }
    fitting = [minor for minor, version in matching.items() if allows(specifiers, version)]
    misfits = [f"!={minor}.*" for minor in matching if minor not in fitting]
    if fitting and fitting[-1] != list(matching)[-1]:
        # a torch that is newer than the table does not fit an old sibling either
        misfits.append(f"<{list(matching)[-1]}")
    return SpecifierSet(",".join(misfits))
