"""The head of the script: what Slurm is asked for, a reason above what is not plain."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from .wanted import Wanted

LEAVES_EARLY = "the script is told so many seconds before the time is over: save, leave, back into the queue"


def asked(wanted: Wanted) -> Iterator[str]:
    """Yield the lines that sbatch reads."""
    for why, option in _options(wanted):
        if why:
            yield f"# {why}"
        yield f"#SBATCH {option}"


def _options(wanted: Wanted) -> Iterator[tuple[str, str]]:
    options = wanted.options
    yield "", f"--job-name={job_name(wanted)}"
    for name, value in (
        ("partition", options.partition),
        ("account", options.account),
        ("qos", options.qos),
        ("constraint", options.constraint),
        ("exclude", options.exclude),
        ("time", options.time),
    ):
        if value:
            yield "", f"--{name}={value}"
    yield "", f"--nodes={options.nodes}"
    yield "one task on a node: it starts the processes", "--ntasks-per-node=1"
    if options.cpus_per_task:
        yield "", f"--cpus-per-task={options.cpus_per_task}"
    if options.memory:
        yield "of each node", f"--mem={options.memory}"
    if options.resources:
        yield "of each node", f"--gres={','.join(options.resources)}"
    if options.array:
        yield "", f"--array={options.array}"
    # sbatch reads quotes as a shell does (get_argument in src/sbatch/opt.c)
    output = shlex.quote(log(wanted))
    yield "what this script and Slurm itself say; the log goes on after a requeue", f"--output={output}"
    yield "", "--open-mode=append"
    if options.signal is not None:
        yield LEAVES_EARLY, f"--signal=B:USR1@{options.signal}"
    again = options.signal is not None or wanted.retries
    why = "it may be put back into the queue: it goes on from its last checkpoint" if again else ""
    yield why, "--requeue" if again else "--no-requeue"
    passed = ",".join(wanted.passed) or "NONE"
    yield "nothing of the submitting shell but what `[env] pass` names", f"--export={passed}"
    for one in options.extra:
        yield "", one


def job_name(wanted: Wanted) -> str:
    """Return what squeue shows: the project and the run."""
    project = wanted.project.rpartition("/")[2]
    return re.sub(r"[^\w.-]+", "-", f"{project}-{wanted.name or 'run'}")[:64]


def log(wanted: Wanted) -> str:
    """Return the file that the script's own words go to, in sbatch's form."""
    place = wanted.members or wanted.record or wanted.project
    return f"{place}/slurm-{'%A_%a' if wanted.options.array else '%j'}.log"
