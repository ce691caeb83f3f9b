"""Several packages that bring the same import: whichever was unpacked last is what runs."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text
from ...lock.families.variants import groups
from ...model.diagnosis import Advice
from ...model.environment import Environment, Installed
from ...model.findings import Finding
from ..ground import Ground
from .advising import judged, named, uninstall

CAUSES = {"onnxruntime": "cpu-only-build-on-gpu-machine", "tensorflow": "cpu-only-build-on-gpu-machine"}


def look(ground: Ground) -> Iterator[Finding]:
    """Yield a finding for each group of which an environment has more than one."""
    for environment in judged(ground):
        for name, group in groups().items():
            members = [one for one in environment.installed if one.name in group["members"]]
            if len({one.name for one in members}) > 1 and not _stands_in(members):
                yield _finding(ground, environment, name, str(group["files"]), members)


def _stands_in(members: list[Installed]) -> bool:
    """Tell whether one of them only requires the other (`tensorflow` and `tensorflow-intel`)."""
    names = {one.name for one in members}
    return any(_required(line) in names for one in members for line in one.requires)


def _required(line: str) -> str:
    name = line
    for mark in " [(<>=!~;":
        name = name.partition(mark)[0]
    return name.lower().replace("_", "-")


def _finding(
    ground: Ground, environment: Environment, group: str, files: str, members: list[Installed]
) -> Finding:
    where = named(environment, ground)
    shown = ", ".join(f"{one.name} {one.version}" for one in members)
    kept = _kept(members)
    rest = [one.name for one in members if one.name != kept]
    if environment.kind == "generation":
        remedies = (
            Advice(text("doctor.twins.declare", kept=kept), tuple(f"provenv why {one}" for one in rest)),
        )
    else:
        # what is left has lost files that the others had written over it
        commands = (
            uninstall(environment, [one.name for one in members]),
            f"uv pip install --python {environment.interpreter} {kept}",
        )
        remedies = (Advice(text("doctor.twins.keep", kept=kept), commands),)
    return Finding(
        "same-import",
        "packages",
        "hurts",
        what=text("doctor.twins", n=len(members), files=files, names=", ".join(one.name for one in members)),
        why=text("doctor.twins.why", files=files),
        evidence=(text("doctor.twins.installed", where=where, names=shown),),
        remedies=remedies,
        subject=f"{where}:{group}",
        cause=CAUSES.get(group, ""),
    )


def _kept(members: list[Installed]) -> str:
    """Return the one that has most: contrib before plain, for a GPU before for a processor, headless last."""
    ranks = ("gpu", "contrib")
    return max(
        (one.name for one in members),
        key=lambda name: (sum(rank in name for rank in ranks), "headless" not in name, -len(name)),
    )
