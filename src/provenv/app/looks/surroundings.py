"""Small things that the facts do not hold: kernel limits, compilers, times of files, declared packages."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ... import environ
from ... import lock as lock_room
from ...diagnosis.ground import Ground
from ...errors import Failure
from ...model.facts import Facts
from ...model.outside import Surroundings
from ...model.system import SystemReport
from ...targets.records import read_value
from .. import system as system_packages
from ..machine import machine
from ..project import Project
from ..remembered import FACTS
from .known import Known, known
from .native import environment_of

AHEAD = 120.0
"""Seconds: network file systems have clocks of their own."""
COMPILERS = ("gcc", "cc", "clang", "g++", "c++", "cl", "nvcc")
INFINIBAND = "/sys/class/infiniband"


def look(project: Project) -> Ground:
    """Return them."""
    about = known(project)
    venv = environment_of(project)
    path = environ.read(environ.PATH, project.environment)
    found = _declared(project, about)
    return Ground(
        surroundings=Surroundings(
            inotify_watches=_number("/proc/sys/fs/inotify/max_user_watches"),
            rdma=os.path.isdir(INFINIBAND) and bool(os.listdir(INFINIBAND)),
            future=tuple(_future(project)),
            compiled=tuple(_compiled(about)),
            compilers=tuple(one for one in COMPILERS if shutil.which(one, path=path)),
            headers=_headers(venv) if venv else None,
            python=_base(venv)[1] if venv else "",
            instructions=lock_room.instructions(_versions(about)),
            lacking=tuple(one.name for one in found.needs if one.present is False) if found else (),
            install=found.command if found else (),
        )
    )


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _future(project: Project) -> Iterator[tuple[str, float]]:
    """Yield the project's own files that were written in what the clock calls the future."""
    now = time.time()
    try:
        with os.scandir(project.root) as entries:
            for entry in entries:
                ahead = entry.stat(follow_symlinks=False).st_mtime - now
                if ahead > AHEAD:
                    yield entry.name, ahead
    except OSError:
        return


def _compiled(about: Known) -> Iterator[str]:
    """Yield the locked packages that have to be built here."""
    for one in about.lock.packages if about.lock else ():
        wheels = any(file.filename.endswith(".whl") for file in one.artifacts)
        if not wheels and not one.editable and one.origin != "directory":
            yield one.name


def _versions(about: Known) -> dict[str, str]:
    if about.lock is not None:
        return {one.name: one.version for one in about.lock.packages}
    return dict(about.generation.packages) if about.generation else {}


def _base(venv: Path) -> tuple[str, str]:
    """Return the folder of the interpreter that an environment was made with, and its version (PEP 405)."""
    said = {}
    try:
        for line in (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            said[name.strip().lower()] = value.strip()
    except (OSError, UnicodeDecodeError):
        return "", ""
    version = said.get("version_info") or said.get("version") or ""
    return said.get("home", ""), ".".join(version.split(".")[:2])


def _headers(venv: Path) -> bool | None:
    home, version = _base(venv)
    if not home or not version or os.name == "nt":
        return None
    include = Path(os.path.realpath(home)).parent / "include"
    return any((folder / "Python.h").is_file() for folder in include.glob(f"python{version}*"))


def _declared(project: Project, about: Known) -> SystemReport | None:
    """Return what the declared file names of the system, and what of it is there."""
    if about.spec is None or not about.spec.system or project.channel is not None:
        return None
    number = about.generation.number if about.generation else 0
    facts = read_value(project.layout, number, FACTS, Facts) if number else None
    try:
        return system_packages.declared(project, about.spec, facts or machine(project))
    except Failure:
        return None
