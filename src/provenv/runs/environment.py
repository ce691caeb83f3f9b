"""The variables that a command gets in a proven environment, and what of the shell's was set aside."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .. import environ
from ..errors import Hint, Problem, problem, text
from ..model.spec import Spec

# conda numbers the environments that it stacks (CONDA_PREFIX_1), and exports its own helpers
_CONDA = re.compile(r"^(CONDA_(PREFIX(_\d+)?|DEFAULT_ENV|PROMPT_MODIFIER|PYTHON_EXE|SHLVL)|_CE_(CONDA|M))$")
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|AUTH", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_OF_ENVIRONMENTS = frozenset({"VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT"})


@dataclass(frozen=True)
class Prepared:
    """The environment of a command, whole, and its differences from the shell's.

    `set_aside` and `added` are for showing: values that look like secrets are starred out there.
    """

    environment: Mapping[str, str]
    set_aside: Mapping[str, str]
    added: Mapping[str, str]
    findings: tuple[Problem, ...] = ()


def prepare(
    environment: Mapping[str, str],
    *,
    spec: Spec,
    venv: str,
    granted_cores: float,
    processes: int = 1,
    others: Collection[str] = (),
) -> Prepared:
    """Return the environment in which a command of `spec` runs in the virtual environment `venv`.

    `environment` is the shell's; `granted_cores` what the cgroup grants, shared by `processes`.
    `others` are paths of other environments whose programs must not be found
    (`other_environments` reads them off PATH); those that variables name are known without it.
    """
    kept = set(spec.passed) - _OF_ENVIRONMENTS
    # an activated `.venv` of this project is this environment by another name
    own = {venv, os.path.join(spec.root, ".venv")}
    strays = {
        name: value
        for name, value in environment.items()
        if is_stray(name) and name not in kept and value not in own
    }
    prepared = {name: value for name, value in environment.items() if name not in strays}
    endpoint = spec.mirrors.huggingface
    if endpoint and not (environ.HF_ENDPOINT.name in kept and environ.read(environ.HF_ENDPOINT, environment)):
        prepared[environ.HF_ENDPOINT.name] = environ.expand(endpoint, environment)
    prepared.update(spec.variables)
    foreign = {*others, *_named_environments(environment)} - own
    prepared["PATH"] = _search_path(prepared.get("PATH", os.defpath), venv, foreign | own)
    prepared["VIRTUAL_ENV"] = venv
    prepared["VIRTUAL_ENV_PROMPT"] = spec.name
    prepared.setdefault("PYTHONNOUSERSITE", "1")
    prepared.update(_threads(prepared, granted_cores, processes))
    added = {
        name: redacted(name, value)
        for name, value in prepared.items()
        if name not in kept and environment.get(name) != value
    }
    return Prepared(
        environment=prepared,
        set_aside={name: redacted(name, value) for name, value in sorted(strays.items()) if value},
        added=dict(sorted(added.items())),
        findings=_findings(strays, environment, spec, foreign),
    )


def is_stray(name: str) -> bool:
    """Return whether a variable is one by which another environment reaches into this one."""
    return any(variable.name == name for variable in environ.SET_ASIDE) or bool(_CONDA.match(name))


def redacted(name: str, value: str) -> str:
    """Return a variable's value as it may be shown: without what looks like a secret."""
    return "***" if _SECRET.search(name) else _IN_URL.sub("***", value)


def binaries(venv: str) -> str:
    """Return the folder of a virtual environment's programs."""
    return os.path.join(venv, "Scripts" if os.name == "nt" else "bin")


def other_environments(search_path: str) -> tuple[str, ...]:
    """Return the virtual and conda environments whose programs are on `search_path`, by their marker files.

    A venv has `pyvenv.cfg` (PEP 405), a conda environment has `conda-meta`.
    """
    roots = []
    for folder in search_path.split(os.pathsep):
        root = os.path.dirname(os.path.normpath(folder)) if os.path.isabs(folder) else ""
        if root and any(os.path.exists(os.path.join(root, mark)) for mark in ("pyvenv.cfg", "conda-meta")):
            roots.append(root)
    return tuple(dict.fromkeys(roots))


def _named_environments(environment: Mapping[str, str]) -> set[str]:
    """Return the paths of the environments that are active in the shell, as its variables name them."""
    return {
        os.path.normpath(value)
        for name, value in environment.items()
        if value and (name == "VIRTUAL_ENV" or name.startswith("CONDA_PREFIX")) and os.path.isabs(value)
    }


def _search_path(search_path: str, venv: str, foreign: set[str]) -> str:
    """Return PATH with the environment's programs first and the other environments' left out.

    conda's `condabin` stays: it holds nothing but conda itself.
    """
    own = binaries(venv)
    programs = ("bin", "Scripts", "Library/bin", "")
    hidden = {own, *(os.path.normpath(os.path.join(root, part)) for root in foreign for part in programs)}
    rest = [
        folder
        for folder in search_path.split(os.pathsep)
        if folder and os.path.normpath(folder) not in hidden
    ]
    return os.pathsep.join([own, *rest])


def _threads(environment: Mapping[str, str], granted_cores: float, processes: int) -> dict[str, str]:
    """Return the thread counts that the user did not set: each process gets its share of the cores.

    Where OMP_NUM_THREADS is the user's, nothing is added: MKL, OpenBLAS and numexpr follow it.
    """
    leader, *_ = environ.THREADS
    if leader.name in environment:
        return {}
    count = str(max(1, int(granted_cores / max(1, processes))))
    return {variable.name: count for variable in environ.THREADS if variable.name not in environment}


def _findings(
    strays: Mapping[str, str], environment: Mapping[str, str], spec: Spec, foreign: set[str]
) -> tuple[Problem, ...]:
    """Return what deserves a word: strays by name, other environments, names to pass that are not set."""
    findings = []
    paths = sorted(
        name
        for name, value in strays.items()
        if value and name not in _OF_ENVIRONMENTS and not _CONDA.match(name)
    )
    if paths:
        findings.append(
            problem(
                "PV601",
                why=text("PV601.why"),
                hints=(Hint(text("PV601.hint", name=paths[0])),),
                severity="note",
                names=", ".join(f"`{name}`" for name in paths),
                n=len(paths),
            )
        )
    if foreign:
        names = sorted(foreign)
        findings.append(
            problem(
                "PV602",
                why=text("PV602.why"),
                severity="note",
                paths=", ".join(f"`{path}`" for path in names),
                n=len(names),
            )
        )
    return (*findings, *not_set(environment, spec))


def not_set(environment: Mapping[str, str], spec: Spec) -> tuple[Problem, ...]:
    """Return a warning for each variable that shall be passed on and is not there."""
    return tuple(
        problem(
            "PV603",
            why=text("PV603.why", file=spec.file),
            hints=(Hint(text("PV603.hint", name=name)),),
            severity="warning",
            name=name,
        )
        for name in spec.passed
        if name not in environment
    )
