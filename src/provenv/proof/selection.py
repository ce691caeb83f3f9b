"""Which checks fit what is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model.evidence import Check
from ..model.facts import Facts
from ..model.spec import Spec

COMMAND_LIMIT = 1800.0


@dataclass(frozen=True)
class Entry:
    """A check as the table has it: the packages that it needs, what it is sent, whether it computes."""

    name: str
    needs: tuple[str, ...] = ()
    limit: float = 120.0
    options: Mapping[str, object] = field(default_factory=dict)
    group: str = "environment"
    computing: bool = True

    @property
    def payload(self) -> str:
        """Return the script's file name."""
        return self.name.replace("-", "_") + ".py"


# in the order in which outcomes are shown
TABLE = (
    Entry("files", limit=900, computing=False),
    Entry("imports", limit=900, computing=False),
    Entry("dependencies", computing=False),
    Entry("linear-algebra", ("numpy",), group="numpy"),
    Entry("random-generators", ("numpy",), options={"wait": 60}, group="numpy"),
    Entry("blas-threads", ("numpy",), group="numpy"),
    Entry("accelerator", ("torch",), group="torch"),
    Entry("numpy-bridge", ("torch", "numpy"), group="torch"),
    Entry("tensors", ("torch",), limit=300, group="torch"),
    Entry("gradients", ("torch",), group="torch"),
    Entry("repeatability", ("torch",), limit=180, group="torch"),
    Entry("data-loading", ("torch",), limit=180, options={"wait": 60}, group="torch"),
    Entry("checkpoint", ("torch",), limit=180, options={"wait": 30}, group="torch"),
    Entry("all-reduce", ("torch",), limit=180, options={"wait": 60}, group="torch"),
    Entry("mixed-precision", ("torch",), group="torch"),
    Entry("training", ("torch",), limit=300, options={"epochs": 8}, group="torch"),
    Entry("classifiers", ("scikit-learn",), group="sklearn"),
    Entry("processes", ("joblib",), options={"wait": 60}, group="sklearn"),
    Entry("measure-compute", ("torch",), options={"library": "torch"}, group="measure"),
    Entry("measure-compute", ("numpy",), options={"library": "numpy"}, group="measure"),
    Entry("measure-memory", ("torch",), options={"library": "torch"}, group="measure"),
    Entry("measure-memory", ("numpy",), options={"library": "numpy"}, group="measure"),
    Entry("measure-storage", group="measure"),
)
NAMES = tuple(dict.fromkeys(entry.name for entry in TABLE))


def applicable(
    packages: Mapping[str, str], spec: Spec, facts: Facts | None, *, computing: bool = True
) -> tuple[Check, ...]:
    """Return the checks that fit what is installed, in the order in which they are shown.

    `packages` maps normalised names to versions. `facts` are the place's own
    (None: unknown; the checks then find out what they need). Without
    `computing` only those are left that look at files, imports and
    dependencies: nothing computes, measures, or runs the user's commands.
    """
    checks: dict[str, Check] = {}
    for entry in TABLE:
        fits = all(package in packages for package in entry.needs) and (computing or not entry.computing)
        if not fits or entry.name in checks or not _wanted(entry.name, packages, spec):
            continue
        options = {**entry.options, **_options(entry.name, packages, spec, facts)}
        checks[entry.name] = Check(entry.name, entry.payload, entry.limit, options, entry.group)
    if computing:
        for name, command in spec.prove.items():
            full = f"command.{name}"
            checks[full] = Check(full, "command.py", COMMAND_LIMIT, {"command": command}, "command")
    return tuple(checks.values())


def _wanted(name: str, packages: Mapping[str, str], spec: Spec) -> bool:
    if name != "accelerator":
        return True
    # a build for the CPU has nothing to show there, unless something else was asked for
    return spec.accelerator not in ("auto", "cpu") or not packages["torch"].endswith("+cpu")


def _options(name: str, packages: Mapping[str, str], spec: Spec, facts: Facts | None) -> dict[str, object]:
    if name == "imports":
        declared = dict.fromkeys(entry.name for entry in spec.requirements if entry.name in packages)
        cores = int(facts.cpu.granted) if facts and facts.cpu.granted else 2
        return {"packages": list(declared), "parallel": max(1, min(4, cores)), "each": 300}
    if name == "dependencies":
        return {"declared": [entry.text for entry in spec.requirements if entry.name and not entry.editable]}
    if name == "accelerator":
        return {"wanted": spec.accelerator, "state": facts.nvidia.state if facts else ""}
    if name == "blas-threads" and facts and facts.cpu.granted:
        return {"granted": facts.cpu.granted}
    return {}
