"""What several checks say and offer: an environment's name, commands for it, common repairs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from ...errors import Argument, text
from ...model.diagnosis import Advice
from ...model.environment import Environment
from ...model.findings import Fix
from ..ground import Ground

UP = Fix(text("doctor.fix.up"), (("provenv", "up"),), builds=True)
REPAIR = Fix(text("doctor.fix.repair"), (("provenv", "up", "--repair"),), builds=True)


def advice(key: str, /, *commands: str, root: bool = False, **args: Argument) -> Advice:
    """Return an advice by the key of its words and its commands."""
    return Advice(text(key, **args), commands, root)


def judged(ground: Ground) -> tuple[Environment, ...]:
    """Return the environments that the project works with; the shell's own where the project has none.

    An environment that is only switched to may be any tool's: beside a project's own it is not judged.
    """
    found = ground.environments or ()
    own = tuple(one for one in found if one.kind in ("generation", "project"))
    return own or found


def named(environment: Environment, ground: Ground) -> str:
    """Return how an environment is called in a finding."""
    if environment.kind == "generation":
        return ".venv" if ground.standing and ground.standing.editor == "ours" else "provenv"
    if environment.kind == "project":
        return environment.path.replace("\\", "/").rpartition("/")[2]
    return environment.path


def install(environment: Environment, requirements: Iterable[str]) -> str:
    """Return the command that installs requirements into an environment of the user's own."""
    return shlex.join(["uv", "pip", "install", "--python", environment.interpreter, *requirements])


def uninstall(environment: Environment, names: Iterable[str]) -> str:
    """Return the command that takes packages out of an environment of the user's own."""
    return shlex.join(["uv", "pip", "uninstall", "--python", environment.interpreter, *names])


def change(environment: Environment, requirements: Iterable[str]) -> Advice:
    """Return what brings other versions: a declared line, or an installation into the user's environment."""
    wanted = list(requirements)
    if environment.kind == "generation":
        return Advice(text("doctor.remedy.declare"), (shlex.join(["provenv", "add", *wanted]), "provenv up"))
    return Advice(text("doctor.remedy.install"), (install(environment, wanted),))


def wanted(ground: Ground) -> frozenset[str]:
    """Return the names of all packages that are installed, locked or declared."""
    found = {name for one in judged(ground) for name in one.versions}
    found |= {one.name for one in (ground.spec.requirements if ground.spec else ())}
    return frozenset(found | {one.name for one in (ground.lock.packages if ground.lock else ())})
