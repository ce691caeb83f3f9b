"""More threads than cores: by a variable, or since libraries count cores that are not granted."""

from __future__ import annotations

from collections.abc import Iterator

from ... import environ
from ...errors import text, verbatim
from ...model.findings import Finding
from ..ground import Ground
from .advising import advice


def look(ground: Ground) -> Iterator[Finding]:
    """Yield more threads than cores, by a variable or by what libraries take of the machine."""
    assert ground.facts is not None
    if ground.facts.cpu.granted <= 0:
        return
    granted, logical = ground.facts.cpu.granted, ground.facts.cpu.logical
    cores = max(1, int(granted))
    for variable in environ.THREADS:
        value = ground.variables.get(variable.name, "")
        if value.isdecimal() and int(value) > max(cores, 1) and int(value) > granted:
            yield Finding(
                "more-threads-than-cores",
                "limits",
                "hurts",
                what=text("doctor.threads.variable", name=variable.name, value=int(value), cores=cores),
                why=text("doctor.threads.why"),
                evidence=(
                    verbatim(f"{variable.name}={value}"),
                    text("doctor.threads.granted", granted=round(granted, 2), logical=logical),
                ),
                remedies=(advice("doctor.threads.set", f"export {variable.name}={cores}"),),
                subject=variable.name,
            )
            return
    if (
        not ground.variables.get(environ.THREADS[0].name)
        and logical >= 2 * granted
        and logical - granted >= 2
    ):
        yield Finding(
            "more-threads-than-cores",
            "limits",
            "better",
            what=text("doctor.threads.cgroup", logical=logical, cores=cores),
            why=text("doctor.threads.cgroup.why"),
            evidence=(text("doctor.threads.granted", granted=round(granted, 2), logical=logical),),
            remedies=(
                advice("doctor.threads.set", f"export OMP_NUM_THREADS={cores}"),
                advice("doctor.threads.run", "provenv run -- python train.py"),
            ),
            subject="cgroup",
        )
