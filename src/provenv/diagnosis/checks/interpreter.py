"""An environment whose interpreter is gone: the base Python was moved, removed or upgraded under it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.diagnosis import Advice
from ...model.environment import Environment
from ...model.findings import Finding
from ..ground import Ground
from .advising import REPAIR, named


def look(ground: Ground) -> Iterator[Finding]:
    """Yield each environment that cannot start, and those whose base is gone."""
    for environment in ground.environments or ():
        where = named(environment, ground)
        if not environment.works:
            yield _broken(environment, where)
        elif not environment.home_there:
            yield Finding(
                "base-python-gone",
                "environment",
                "hurts",
                what=text("doctor.interpreter.home", where=where, home=environment.home),
                why=text("doctor.interpreter.home.why"),
                evidence=(verbatim(f"{environment.path}/pyvenv.cfg: home = {environment.home}"),),
                remedies=(_again(environment),),
                fix=REPAIR if environment.kind == "generation" else None,
                subject=where,
                cause="venv-broken-interpreter",
            )


def _broken(environment: Environment, where: str) -> Finding:
    leads = (
        f"{environment.interpreter} -> {environment.leads_to}"
        if environment.leads_to
        else environment.interpreter
    )
    evidence = [verbatim(leads)]
    if environment.home and not environment.home_there:
        evidence.append(verbatim(f"{environment.path}/pyvenv.cfg: home = {environment.home}"))
    return Finding(
        "broken-interpreter",
        "environment",
        "blocks",
        what=text("doctor.interpreter", where=where, python=environment.interpreter),
        why=text("doctor.interpreter.why_link" if environment.leads_to else "doctor.interpreter.why"),
        evidence=tuple(evidence),
        remedies=(_again(environment),),
        fix=REPAIR if environment.kind == "generation" else None,
        subject=where,
        cause="venv-broken-interpreter",
    )


def _again(environment: Environment) -> Advice:
    if environment.kind == "generation":
        return Advice(text("doctor.remedy.rebuild"), ("provenv up --repair",))
    minor = ".".join(environment.python.split(".")[:2])
    version = ("--python", minor) if minor else ()
    return Advice(
        text("doctor.interpreter.again"),
        (shlex.join(["uv", "venv", "--allow-existing", *version, environment.path]),),
    )
