"""A file of the project that is imported in place of a library or of a standard module."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.findings import Finding, Gravity
from ...model.looked import Scripts
from ..ground import Ground
from ..names import POPULAR
from .advising import advice, judged

# what a project may well call its own: nobody imports the standard module of that name by accident, or it
# is built in, or imported before the script's folder is looked into
UNHARMED = (
    frozenset({"main", "test", "this", "antigravity", "idlelib", "lib2to3", "turtledemo", "pydoc_data"})
    | frozenset(sys.builtin_module_names)
    | frozenset(
        {"os", "io", "abc", "codecs", "site", "stat", "encodings", "posixpath", "ntpath", "genericpath"}
    )
    | frozenset({"importlib", "zipimport", "sysconfig"})
)
# standard modules that no library of this field imports: only the user's own code misses them
SELDOM = frozenset(
    (
        "turtle",
        "chunk",
        "imghdr",
        "sndhdr",
        "cgi",
        "nntplib",
        "telnetlib",
        "poplib",
        "graphlib",
        "wave",
        "audioop",
    )
)


def look(ground: Ground) -> Iterator[Finding]:
    """Yield a finding for each name beside the project's scripts that hides a module."""
    assert ground.files is not None
    installed = _installed(ground)
    own = _own(ground)
    for folder in ground.files.scripts:
        for module, shown in sorted(_names(folder)):
            if module in own:
                continue
            standard = module in sys.stdlib_module_names and module not in UNHARMED
            if not standard and module not in installed and module not in POPULAR:
                continue
            yield _finding(
                ground, folder, module, shown, _gravity(module, standard=standard, installed=installed)
            )


def _names(folder: Scripts) -> list[tuple[str, str]]:
    found = [(name.removesuffix(".py"), name) for name in folder.modules]
    found += [(name.removesuffix(".pyc").partition(".")[0], name) for name in folder.compiled]
    return found + [(name, f"{name}/") for name in folder.packages]


def _gravity(module: str, *, standard: bool, installed: frozenset[str]) -> Gravity:
    if standard:
        return "hurts" if module in SELDOM else "blocks"
    return "blocks" if module in installed else "better"


def _finding(ground: Ground, folder: Scripts, module: str, shown: str, gravity: Gravity) -> Finding:
    path = f"{folder.path}{shown}"
    why = "doctor.shadowed.why_notebook" if folder.notebooks and not folder.modules else "doctor.shadowed.why"
    compiled = shown.endswith(".pyc")
    fitting = (
        advice("doctor.shadowed.remove", file=path)
        if compiled
        else advice("doctor.shadowed.rename", file=path)
    )
    return Finding(
        "shadowed-module",
        "project",
        gravity,
        what=text("doctor.shadowed", file=path, module=module),
        why=text(why, folder=folder.path or "."),
        evidence=(verbatim(path),),
        remedies=(fitting,),
        subject=path,
        cause="local-file-shadows-module",
    )


def _installed(ground: Ground) -> frozenset[str]:
    """Return the modules that the environments have, or that the lock will bring."""
    found = {name for one in judged(ground) for package in one.installed for name in package.imports}
    if ground.lock is not None:
        found |= {package.name.replace("-", "_") for package in ground.lock.packages}
    return frozenset(found)


def _own(ground: Ground) -> frozenset[str]:
    """Return the modules that are the project's own packages: it may be the library itself."""
    names = {ground.spec.name} if ground.spec else set()
    if ground.lock is not None:
        names |= {one.name for one in ground.lock.packages if one.origin == "directory"}
    return frozenset(name.replace("-", "_") for name in names)
