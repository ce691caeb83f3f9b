"""`run` with a record: one process or many, watched, started again where that can help."""

from __future__ import annotations

import hashlib
import platform
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from ... import version
from ...errors import Exit, Failure, Hint, Problem, problem, text
from ...lazy import load
from ...model.diagnosis import Diagnosis
from ...model.launch import Asked, Launch
from ...model.live_run import RunView
from ...model.resources import Wanted
from ...model.runs import RunRecord, RunState
from ...model.spec import Spec
from ...runs.code_state import code_state
from ...runs.earlier_runs import earlier
from ...runs.environment import Prepared, redacted
from ...runs.folder import RunFolder, new_id, runs_folder
from ...runs.job import Job
from ...runs.program import Code
from ...runs.supervisor import supervise
from ...targets.names import PROOF, RECORD
from ...targets.records import read_data
from ..project import Project
from ..remembered import FACTS, granted_cores
from .devices import shared
from .watching import Raw, Watcher

HOOKS = Path(__file__).resolve().parents[2] / "payload" / "watching"
"""The folder whose `sitecustomize` sees a script from within."""
MOST = 4096
"""Processes on one machine: more is a slip of the hand."""
DECIDING = (
    *("PYTHONHASHSEED", "CUBLAS_WORKSPACE_CONFIG", "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS"),
    *("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "KERAS_BACKEND", "XLA_FLAGS"),
    *("PYTORCH_CUDA_ALLOC_CONF", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
)
"""Variables that decide what a training computes, beside those of the declared file."""


def checked(processes: str) -> None:
    """Make sure that a command line names a number of processes, or `auto`. Raises Failure PV1240 (usage)."""
    if processes != "auto" and not (processes.isdecimal() and 1 <= int(processes) <= MOST):
        hint = Hint(text("PV1240.hint"))
        raise Failure(problem("PV1240", value=processes, hints=(hint,)), exit_code=Exit.USAGE)


def world_of(project: Project, spec: Spec, number: int, name: str | None, asked: Asked) -> int:
    """Return how many processes a run has: as asked, as declared; `auto` is one for each GPU, else one."""
    declared = spec.runs.get(name) if name is not None else None
    wanted = asked.processes if asked.processes is not None else declared.processes if declared else 1
    return max(1, _gpus(project, number)) if wanted == "auto" else int(wanted)


def _retries(spec: Spec, name: str | None, asked: Asked) -> int:
    """Return how often a run may be started again: as asked, as declared, else never."""
    declared = spec.runs.get(name) if name is not None else None
    return asked.retries if asked.retries is not None else declared.retries if declared else 0


def _stall(spec: Spec, name: str | None, asked: Asked) -> float | None:
    """Return after how many seconds without a step a run is ended: as asked, as declared, else never."""
    declared = spec.runs.get(name) if name is not None else None
    return asked.stall if asked.stall is not None else declared.stall if declared else None


def launch_recorded(
    project: Project,
    begun: Launch,
    *,
    spec: Spec,
    prepared: Prepared,
    data: Mapping[str, str],
    name: str | None,
    folder: str,
    world: int,
    asked: Asked,
    lease: int,
    explain: bool,
    announce: Callable[[Launch], None],
    show: Callable[[str], RunView] | None = None,
) -> Launch:
    """Run a command under supervision, with a record in `.provenv/runs`; return how it ended.

    `begun` is the launch as it would be announced; `show` opens where it is shown, by the run's title.
    Raises Failure as `runs.supervisor.supervise` does, and with what speaks against starting a declared run
    (PV1212, PV1214, PV1216; see runs.preflight).
    """
    retries = _retries(spec, name, asked)
    if name is not None:
        _preflight(project, begun, world, prepared)
    paths = RunFolder(runs_folder(project.root) / new_id())
    record, difference = recorded(
        project, begun, paths, spec=spec, prepared=prepared, data=data, name=name, folder=folder
    )
    gpus = shared(project, record, prepared.environment, world)
    job = Job(
        argv=begun.argv,
        folder=folder,
        environment=prepared.environment,
        world=world,
        devices=gpus.names,
        apart=gpus.apart,
        visible=gpus.variable,
        retries=retries,
        quiet=_stall(spec, name, asked),
        hooks=hooks(),
        lease=lease,
    )
    announce(replace(begun, run=paths.id, processes=world))
    watcher = Watcher(
        paths,
        show(f"{paths.id}  {name or shlex.join(begun.argv)}") if show is not None else Raw(),
        job,
        cores=granted_cores(project, begun.generation),
        folder=project.root,
    )

    def diagnose(log: bytes, code: int) -> Diagnosis | None:
        found: Diagnosis | None = load("app.answer_to_run")(log, code, project)
        return found

    ended: RunState = "failed"
    try:
        done = supervise(
            paths, record, job, difference=difference, diagnose=diagnose, callbacks=watcher.callbacks()
        )
        ended = done.end.state
    finally:
        watcher.close(ended)
    for finding in (*done.findings, *watcher.findings):
        project.progress.warn(finding)
    last = done.attempts[-1] if done.attempts else None
    return replace(
        begun,
        code=done.end.code,
        seconds=done.end.seconds,
        diagnosis=last.diagnosis if last and explain else None,
        run=paths.id,
        processes=world,
        attempts=len(done.attempts),
        why=done.end.why if explain else None,
    )


def recorded(
    project: Project,
    begun: Launch,
    paths: RunFolder,
    *,
    spec: Spec,
    prepared: Prepared,
    data: Mapping[str, str],
    name: str | None,
    folder: str,
) -> tuple[RunRecord, bytes]:
    """Return the record of a run that is about to begin, and how its code differs from the commit.

    `data` are the digests of the declared sets that it gets.
    """
    state, difference = code_state(str(project.root), project.environment)
    generation = project.layout.generation(begun.generation)
    record = RunRecord(
        id=paths.id,
        argv=begun.argv,
        folder=folder,
        target=project.target,
        generation=begun.generation,
        began=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        name=name or "",
        proof=_digest(generation / PROOF),
        lock=_lock_of(project, begun.generation),
        facts=_digest(generation / FACTS),
        code=state,
        data=data,
        variables=_variables(spec, prepared.environment),
        host=platform.node(),
        provenv=version.__version__,
    )
    return record, difference


def hooks() -> str | None:
    """Return the folder whose `sitecustomize` sees a script from within, None where it isn't there."""
    return str(HOOKS) if HOOKS.is_dir() else None


def _preflight(project: Project, begun: Launch, world: int, prepared: Prepared) -> None:
    """Look whether the place can bear the run: what may go wrong is told, what can't go well ends it."""
    wanted = Wanted(processes=world)
    before = earlier(project.root, begun.argv)
    place = load("runs.look")(project.root, wanted, environment=prepared.environment, earlier=before)
    found: tuple[Problem, ...] = load("runs.judge")(place, wanted)
    wrong = [one for one in found if one.severity == "error"]
    if wrong:
        raise Failure(*wrong, exit_code=Code.OURS)
    for one in found:
        project.progress.warn(one)


def _variables(spec: Spec, environment: Mapping[str, str]) -> dict[str, str]:
    names = dict.fromkeys((*spec.variables, *DECIDING))
    return {name: redacted(name, environment[name]) for name in names if name in environment}


def _digest(path: Path) -> str:
    """Return the digest of a record, empty where there is none."""
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return ""


def _lock_of(project: Project, number: int) -> str:
    data = read_data(project.layout, number, RECORD)
    return str(data.get("lock", "")) if isinstance(data, dict) else ""


def _gpus(project: Project, number: int) -> int:
    """Return how many GPUs the environment was made for: those that its facts name."""
    facts = read_data(project.layout, number, FACTS)
    if not isinstance(facts, dict):
        return 0
    nvidia = facts.get("nvidia")
    found = nvidia.get("gpus") if isinstance(nvidia, dict) else None
    if found:
        return len(found)
    for name in ("amd", "intel", "ascend"):
        devices = facts.get(name)
        found = devices.get("devices") if isinstance(devices, dict) else None
        if found:
            return len(found)
    return 0
