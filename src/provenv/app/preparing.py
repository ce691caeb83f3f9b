"""What `up` decides before anything is built: the lock, the interpreter, the plan and its reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .. import proof
from ..errors import Text, text
from ..model.facts import Facts
from ..model.plan import Plan
from ..model.results import LockResult
from ..model.spec import Spec
from ..model.state import Drift, State
from ..plan.interpreter import interpreter
from ..plan.make import make
from ..targets.layout import has_python
from ..targets.manifest import read_drift
from ..targets.records import next_number, read_state
from .fingerprint import digest_file, fingerprint, interpreter_key
from .folder import usable
from .foreign import beside, refuse_upgrade
from .locking import Ground, ensure, ground, lead, lock_path
from .locking import lock as relock
from .project import Project
from .reading import deep_reader


@dataclass(frozen=True)
class Prepared:
    """Everything that is decided before anything is built."""

    base: Ground
    lock: LockResult
    python: str
    state: State
    drift: Drift
    plan: Plan
    inputs: Mapping[str, str]
    """What was there when the files were read: one that changes while we work is noticed by the next `up`."""


def prepare(
    project: Project,
    *,
    locked: bool,
    repair: bool = False,
    upgrade: Sequence[str] | None = None,
    told: Callable[[], Facts] | None = None,
) -> Prepared:
    """Decide what is to be done, and why; nothing is built. `told` waits for facts that are asked already.

    Raises Failure: whatever is wrong with the folder, the file, the lock.
    """
    usable(project.root)
    base = ground(project, local=True, told=told)
    if upgrade is not None:
        led = lead(project, base)
        if led is not None:
            refuse_upgrade(led)
        relock(project, upgrade=upgrade)
    inputs = _watched(project, base.spec)
    for finding in base.spec.findings:
        project.progress.warn(finding)
    locked_now = ensure(project, base, locked=locked)
    python = interpreter(locked_now.lock.python, base.facts.pythons)
    state = read_state(project.layout)
    drift = Drift()
    if repair and state.current is not None:
        drift = read_drift(project.layout.generation(state.current), read=deep_reader(project, state.current))
    checks = proof.applicable(versions(locked_now), base.spec, base.facts)
    planned = make(
        locked_now.lock,
        state,
        number=next_number(project.layout),
        python=python,
        checks=[check.name for check in checks],
        reasons=_reasons(project, state, locked_now, python, repair=repair),
    )
    return Prepared(base, locked_now, python, state, drift, planned, inputs)


def inputs_of(project: Project, prepared: Prepared, interpreter: str) -> dict[str, str]:
    """Return what a generation of `interpreter` is made from, with the lock as it is written now."""
    lock_file = prepared.lock.path
    inputs = {key: value for key, value in prepared.inputs.items() if key != f"file:{lock_file}"}
    digest = digest_file(project.root / lock_file)
    return {**inputs, "lock": digest, "interpreter": interpreter_key(interpreter)}


def _watched(project: Project, spec: Spec) -> dict[str, str]:
    # a lock that appears and would lead, or whose versions count, is noticed
    files = [*spec.files, lock_path(project, None).name, *filter(None, [beside(spec)])]
    return fingerprint(project.root, files, "", "", project.environment, spec.expanded)


def versions(locked: LockResult) -> dict[str, str]:
    """Return the version of each locked package."""
    return {package.name: package.version for package in locked.lock.packages}


def _reasons(
    project: Project, state: State, locked: LockResult, python: str, *, repair: bool
) -> tuple[Text, ...]:
    current = state.generation(state.current)
    if current is None:
        return (text("plan.reason.first"),)
    reasons = []
    if repair:
        reasons.append(text("plan.reason.repair"))
    if current.lock != locked.lock.identity:
        reasons.append(text("plan.reason.lock", file=locked.path))
    if current.inputs.get("interpreter") and current.python != python:
        reasons.append(text("plan.reason.python", old=current.python, new=python))
    if not has_python(project.layout.venv(current.number)):
        reasons.append(text("plan.reason.broken"))
    if current.proof != "passed":
        reasons.append(text("plan.reason.unproven"))
    return tuple(reasons)
