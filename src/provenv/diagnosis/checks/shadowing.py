"""A file of the project that is imported in place of a library or of a standard module."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.diagnosis import Advice
from ...model.findings import Finding
from ..ground import Ground
from ..names import POPULAR

# what a project may well call its own, since nobody imports the standard module of that name by accident
HARMLESS = frozenset({"main", "test", "this", "antigravity"})


def look(ground: Ground) -> Iterator[Finding]:
    """Yield a finding for each name in the project's folder that hides a module."""
    assert ground.folder is not None
    locked = {package.name.replace("-", "_") for package in ground.lock.packages} if ground.lock else set()
    named = [(name.removesuffix(".py"), name) for name in ground.folder.files if name.endswith(".py")]
    named += [(name, f"{name}/") for name in ground.folder.packages]
    for module, shown in sorted(named):
        standard = module in sys.stdlib_module_names and module not in HARMLESS
        if not standard and module not in locked and module not in POPULAR:
            continue
        yield Finding(
            "shadowed-module",
            "project",
            "blocks" if standard or module in locked else "hurts",
            what=text("doctor.shadowed", file=shown, module=module),
            why=text("doctor.shadowed.why"),
            evidence=(verbatim(f"{ground.folder.path}/{shown}"),),
            remedies=(Advice(text("doctor.shadowed.rename", file=shown)),),
            subject=shown,
            cause="local-file-shadows-module",
        )
