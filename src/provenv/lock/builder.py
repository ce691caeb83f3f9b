"""An interpreter that has torch, for reading what a package requires whose setup imports torch.

uv reads a source archive's metadata by running its setup, in isolation, where
torch is not. The same torch that is being locked is installed into a scratch
environment (from uv's cache by links where it is there already).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..model.lock import Lock
from ..model.spec import Requirement
from .accelerators import Decision
from .compiling import Question, binding
from .install import requirements
from .requirements import members, parsed
from .tables import table
from .torch import Resolved, resolve
from .uv import call, source_arguments, uv_environment

NAMES = ("torch", "numpy", "setuptools")


def interpreter_with_torch(question: Question, decision: Decision) -> str | None:
    """Return the path of such an interpreter; None where this machine can't run what is being locked for.

    Raises Failure where torch itself can't be resolved.
    """
    if question.interpreter is None:
        return None
    resolved = resolve(_torch_alone(question), decision)
    home = question.scratch / "builder"
    argv = [
        "venv",
        "--quiet",
        "--no-project",
        "--allow-existing",
        "--python",
        question.interpreter,
        str(home),
    ]
    environment = uv_environment(question.environment, question.pip, question.sources)
    if call(question.host, question.uv, argv, environment=environment).code != 0:
        return None
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = str(scripts / ("python.exe" if os.name == "nt" else "python"))
    return python if _installed(question, resolved, python, home) else None


def _torch_alone(question: Question) -> Question:
    """Return the question for torch and what setups are written with, under the same limits."""
    named = [one for one in question.spec.requirements if one.name in NAMES and parsed(one) is not None]
    where = question.spec.requirements[0].where
    missing = [
        Requirement(one, one, where)
        for one in ("torch", *table("families/compiled")["build_requires"])
        if one not in {each.name for each in named}
    ]
    spec = replace(question.spec, requirements=(*named, *missing))
    return replace(question, spec=spec, fitted=None, previous=None)


def _installed(question: Question, resolved: Resolved, python: str, home: Path) -> bool:
    lock = Lock("builder", question.python, "", resolved.packages, (), "")
    listed = home / "requirements.txt"
    question.host.put(requirements(lock, question.spec.root).encode(), str(listed), mode=0o600)
    environment = uv_environment(question.environment, question.pip, question.sources)
    argv = ["pip", "install", "--quiet", "--no-deps", "--python", python, "--requirements", str(listed)]
    argv += source_arguments(question.sources)
    if resolved.source is not None and resolved.source.bound_by(question.sources):
        words, secrets = binding(members(one.name for one in resolved.packages), resolved.source)
        bound = home / "torch" / "pyproject.toml"
        question.host.put(words.encode(), str(bound), mode=0o600)
        environment.update(secrets)
        argv += ["--requirements", str(bound)]
    return call(question.host, question.uv, argv, environment=environment).code == 0
