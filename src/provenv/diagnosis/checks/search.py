"""What the shell's variables put in front of an environment: libraries, modules, a home."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.findings import Finding
from ...model.looked import SearchFolder
from ..ground import Ground
from .advising import advice, judged, named

LOADED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
PRELOADED = ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")
MOST = 12


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what the variables lead astray."""
    found = ground.search or ()
    yield from _libraries(ground, [one for one in found if one.variable in LOADED])
    yield from _preloaded([one for one in found if one.variable in PRELOADED])
    yield from _modules(ground, [one for one in found if one.variable == "PYTHONPATH"])
    yield from _user(ground, [one for one in found if one.variable == "user"])
    yield from _homes(ground)


def _libraries(ground: Ground, folders: list[SearchFolder]) -> Iterator[Finding]:
    """Yield the environment's libraries that LD_LIBRARY_PATH has others of: the loader takes those first."""
    for environment in judged(ground):
        own = {path.rpartition("/")[2]: path for path in environment.libraries}
        inside = os.path.realpath(environment.path)
        told = [
            (name, folder)
            for folder in folders
            if not f"{os.path.normpath(folder.path)}/".startswith((f"{environment.path}/", f"{inside}/"))
            for name in folder.names
            if _plain(name) in {_plain(one) for one in own}
        ]
        if not told:
            continue
        variable = told[0][1].variable
        names = list(dict.fromkeys(_plain(name) for name, _ in told))
        yield Finding(
            "libraries-overridden",
            "loader",
            "hurts",
            what=text("doctor.search.libraries", n=len(names), variable=variable, names=", ".join(names[:4])),
            why=text("doctor.search.libraries.why", where=named(environment, ground)),
            evidence=tuple(verbatim(f"{folder.path}/{name}") for name, folder in told),
            remedies=(
                advice("doctor.search.unset", f"unset {variable}"),
                advice("doctor.search.run", "provenv run -- python train.py"),
            ),
            subject=f"{variable}:{named(environment, ground)}",
            cause="env-var-wrong",
        )
    gone = [one for one in folders if not one.there]
    if gone:
        variable = gone[0].variable
        yield _gone(variable, gone)


def _plain(name: str) -> str:
    """Return the name that the loader looks for: `libcudart.so.12` of `libcudart.so.12.4.127`."""
    stem, mark, version = name.partition(".so")
    return f"{stem}{mark}.{version.strip('.').split('.')[0]}".rstrip(".") if mark and version else name


def _gone(variable: str, folders: list[SearchFolder]) -> Finding:
    return Finding(
        "search-path-gone",
        "loader",
        "better",
        what=text("doctor.search.gone", n=len(folders), variable=variable),
        why=text("doctor.search.gone.why"),
        evidence=tuple(verbatim(one.path) for one in folders[:MOST]),
        remedies=(advice("doctor.search.unset_line", f"grep -n {variable} ~/.bashrc ~/.profile ~/.zshrc"),),
        subject=variable,
    )


def _preloaded(files: list[SearchFolder]) -> Iterator[Finding]:
    for one in files:
        yield Finding(
            "library-preloaded",
            "loader",
            "hurts" if not one.there else "better",
            what=text(
                "doctor.search.preloaded" if one.there else "doctor.search.preloaded_gone", file=one.path
            ),
            why=text("doctor.search.preloaded.why"),
            evidence=(verbatim(f"{one.variable}={one.path}"),),
            remedies=(advice("doctor.search.unset", f"unset {one.variable}"),),
            subject=one.path,
            cause="env-var-wrong",
        )


def _modules(ground: Ground, folders: list[SearchFolder]) -> Iterator[Finding]:
    """Yield the packages of an environment that PYTHONPATH has others of: Python takes those first."""
    for environment in judged(ground):
        own = {name for one in environment.installed for name in one.imports}
        told = [(name, folder) for folder in folders for name in folder.names if name in own]
        if not told:
            continue
        names = list(dict.fromkeys(name for name, _ in told))
        yield Finding(
            "modules-overridden",
            "loader",
            "hurts",
            what=text("doctor.search.modules", n=len(names), names=", ".join(names[:6])),
            why=text("doctor.search.modules.why", where=named(environment, ground)),
            evidence=tuple(verbatim(f"PYTHONPATH={folder.path}: {name}") for name, folder in told[:MOST]),
            remedies=(
                advice("doctor.search.unset", "unset PYTHONPATH"),
                advice("doctor.search.run", "provenv run -- python train.py"),
            ),
            subject=f"PYTHONPATH:{named(environment, ground)}",
            cause="env-var-wrong",
        )
    gone = [one for one in folders if not one.there]
    if gone:
        yield _gone("PYTHONPATH", gone)


def _user(ground: Ground, folders: list[SearchFolder]) -> Iterator[Finding]:
    """Yield packages of the user's own that conda's environments, and open ones, see first."""
    for environment in judged(ground):
        if environment.kind not in ("conda", "active") and not environment.system_packages:
            continue
        minor = ".".join(environment.python.split(".")[:2])
        own = {name for one in environment.installed for name in one.imports}
        for folder in folders:
            names = [name for name in folder.names if name in own]
            if f"python{minor}" in folder.path and names:
                yield Finding(
                    "user-packages",
                    "loader",
                    "hurts",
                    what=text("doctor.search.user", n=len(names), names=", ".join(names[:6])),
                    why=text("doctor.search.user.why", where=named(environment, ground)),
                    evidence=(verbatim(folder.path),),
                    remedies=(advice("doctor.search.user.off", "export PYTHONNOUSERSITE=1"),),
                    subject=folder.path,
                    cause="env-var-wrong",
                )


def _homes(ground: Ground) -> Iterator[Finding]:
    for variable in ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE"):
        value = ground.variables.get(variable)
        if not value:
            continue
        yield Finding(
            "python-led-astray",
            "loader",
            "blocks" if variable == "PYTHONHOME" else "better",
            what=text("doctor.search.home", variable=variable),
            why=text(f"doctor.search.home.{variable}"),
            evidence=(verbatim(f"{variable}={value}"),),
            remedies=(advice("doctor.search.unset", f"unset {variable}"),),
            subject=variable,
            cause="env-var-wrong" if variable == "PYTHONHOME" else "",
        )
    yield from _stacked(ground)


def _stacked(ground: Ground) -> Iterator[Finding]:
    conda, venv = ground.variables.get("CONDA_PREFIX"), ground.variables.get("VIRTUAL_ENV")
    if not conda or not venv:
        return
    path = ground.variables.get("PATH", "").split(os.pathsep)
    programs = [one for one in path if one.startswith((f"{conda}/bin", f"{venv}/bin"))]
    first = "conda" if programs and programs[0].startswith(conda) else "venv"
    yield Finding(
        "environments-stacked",
        "loader",
        "hurts" if first == "conda" else "better",
        what=text("doctor.search.stacked"),
        why=text(f"doctor.search.stacked.{first}"),
        evidence=(verbatim(f"CONDA_PREFIX={conda}"), verbatim(f"VIRTUAL_ENV={venv}")),
        remedies=(
            advice("doctor.search.stacked.leave", "conda deactivate"),
            advice("doctor.search.stacked.never", "conda config --set auto_activate_base false"),
        ),
        subject="CONDA_PREFIX",
        cause="env-var-wrong",
    )
