"""The Spec as one target sees it: what its own table says instead, and what its groups add."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from ..model.spec import ACCELERATORS, Accelerator, Part, Spec, Target
from .digest import with_groups


def seen_by(spec: Spec, target: Target | None) -> Spec:
    """Return the Spec with the target's own Python, accelerator, system packages and groups; None: as it is.

    What the groups add decides what is built, so the digest is another one then.
    """
    if target is None:
        return spec
    said = target.options
    if isinstance(said.get("python"), str):
        spec = replace(spec, python=str(said["python"]))
    if said.get("accelerator") in ACCELERATORS:
        spec = replace(spec, accelerator=cast(Accelerator, said["accelerator"]))
    system, groups = said.get("system"), said.get("groups")
    if isinstance(system, (list, tuple)):
        spec = replace(spec, system=tuple(map(str, system)))
    if target.requirements:
        known = set(spec.requirements)
        more = tuple(one for one in dict.fromkeys(target.requirements) if one not in known)
        spec = replace(
            spec,
            requirements=(*spec.requirements, *more),
            parts=tuple(_with(part, groups) for part in spec.parts),
            digest=with_groups(spec.digest, target.requirements),
        )
    return spec


def _with(part: Part, groups: object) -> Part:
    """Return the part with the groups, so that another tool's lock beside it is read with them."""
    names = tuple(map(str, groups)) if isinstance(groups, (list, tuple)) else ()
    return replace(part, groups=tuple(dict.fromkeys((*part.groups, *names))))
