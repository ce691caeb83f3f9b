"""The script itself: what is asked of Slurm, the environment, the launch, how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...environ import THREADS
from . import pieces
from .asked import asked
from .wanted import Wanted

LAUNCHERS = frozenset(("torchrun", "accelerate", "deepspeed", "lightning", "fabric", "composer"))
GRACE, MARGIN = 30, 20
"""Seconds to save and leave where none are declared; so many of the declared are kept for what comes then."""


def script(wanted: Wanted) -> str:
    """Return the script, one that bash and sbatch read; it ends with a newline."""
    blocks = [
        _head(wanted),
        "\n".join(asked(wanted)) + "\n",
        "set -u\n",
        pieces.HEARD,
        _places(wanted),
        pieces.ATTEMPT,
        pieces.HELD,
        _setup(wanted),
        pieces.COPY if wanted.copy is not None else "",
        _environment(wanted),
        pieces.MEETING if _node(wanted) is not pieces.PLAIN else "",
        pieces.TOLD,
        pieces.RANK,
        _node(wanted),
        _launch(wanted),
        pieces.ACCOUNT,
        pieces.VERDICT,
    ]
    return "\n".join(filter(None, blocks))


def _head(wanted: Wanted) -> str:
    run = f"[run.{wanted.name}]" if wanted.name else "a command"
    return (
        "#!/bin/bash -l\n"
        f"# Made by provenv from [target.{wanted.target}] and {run} of {wanted.file}. To change it, change\n"
        f"# that file and make it anew:\n#   {wanted.made_by}\n"
        "# The nodes need Slurm, bash and this project's folder, nothing of provenv.\n"
    )


def _places(wanted: Wanted) -> str:
    lines = [
        f"project={shlex.quote(wanted.project)}",
        "# built and proven; its receipt is proof.json in there",
        f"generation={shlex.quote(wanted.generation)}",
        "environment=$generation/venv",
    ]
    if wanted.members:
        lines += [
            "# each member of the array is a run of its own",
            f'record=$(readlink -f {shlex.quote(wanted.members)}/"$SLURM_ARRAY_TASK_ID")',
        ]
    elif wanted.record:
        lines += ["# where `provenv runs` looks", f"record={shlex.quote(wanted.record)}"]
    else:
        lines += ["# logs, and what is seen of it", "record=$project/slurm-$SLURM_JOB_ID"]
    if wanted.hooks:
        lines += [
            "# sees steps, metrics and checkpoints of a training from within",
            f"hooks={shlex.quote(wanted.hooks)}",
        ]
    lines += [
        f"processes={wanted.processes}  # on each node",
        f"retries={wanted.retries}  # so often it is started again after a failure",
        f"requeues={wanted.options.requeues}  # so often it goes on after its time was up",
    ]
    if wanted.copy is not None:
        lines += [
            f"node_folder={shlex.quote(wanted.options.node_folder)}",
            f"key={wanted.copy.key}",
            f"uv={shlex.quote(wanted.copy.uv)}",
            f"python={shlex.quote(wanted.copy.python)}",
            f"wheels={shlex.quote(wanted.copy.wheels)}",
            f"requirements={shlex.quote(wanted.copy.requirements)}",
        ]
    return "\n".join(lines) + "\n"


def _setup(wanted: Wanted) -> str:
    if not wanted.options.setup:
        return ""
    # a site's own files may use variables that are not set
    return "\n".join(["# declared under `setup`", "set +u", *wanted.options.setup, "set -u", ""])


def _environment(wanted: Wanted) -> str:
    leader, *others = (one.name for one in THREADS)
    grace = (
        max(wanted.options.signal - MARGIN, wanted.options.signal // 2) if wanted.options.signal else GRACE
    )
    lines = [
        "# modules put their own packages here: they would come before the proven ones",
        "unset PYTHONPATH PYTHONHOME",
        "export VIRTUAL_ENV=$environment PATH=$environment/bin:$PATH PYTHONNOUSERSITE=1 PYTHONUNBUFFERED=1",
        *(f"export {name}={shlex.quote(value)}" for name, value in sorted(wanted.variables.items())),
        '[ ! -d "${hooks:-}" ] || export PYTHONPATH=$hooks',
        "export PROVENV_RUN_ID=${record##*/} PROVENV_RUN_ATTEMPT=$attempt",
        "# the seconds that it has to save and leave",
        f"export PROVENV_RUN_GRACE={grace}",
        "# each process gets its share of the cores, unless something else is set",
        "threads=$((${SLURM_CPUS_ON_NODE:-1} / processes))",
        f'export {leader}="${{{leader}:-$((threads > 0 ? threads : 1))}}"',
        *(f'export {name}="${{{name}:-${leader}}}"' for name in others),
    ]
    return "\n".join(lines) + "\n"


def _node(wanted: Wanted) -> str:
    if wanted.argv and wanted.argv[0].rpartition("/")[2] in LAUNCHERS:
        return pieces.OWN
    if wanted.world == 1:
        return pieces.PLAIN
    return pieces.TORCHRUN if wanted.torch else pieces.TASKS


def _launch(wanted: Wanted) -> str:
    each = "1"
    cores = '"${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}"'
    if _node(wanted) is pieces.TASKS:
        each, cores = '"$processes"', '"$((threads > 0 ? threads : 1))"'
    count = '"$SLURM_JOB_NUM_NODES"' if each == "1" else '"$((SLURM_JOB_NUM_NODES * processes))"'
    return "\n".join(
        [
            *_lines_of(wanted),
            'cd "$project" || exit 1',
            'export each="$(declare -f rank)"',
            "# one that fails ends all",
            f"srun --kill-on-bad-exit=1 --ntasks={count} --ntasks-per-node={each} --cpus-per-task={cores} \\",
            "  --input=none --export=ALL \\",
            f'  bash -c "$each; $(declare -f node); node \\"\\$@\\"" node {shlex.join(wanted.argv)} &',
            pieces.WAIT,
        ]
    )


def _lines_of(wanted: Wanted) -> Iterator[str]:
    if wanted.world > 1:
        yield f"# {wanted.options.nodes} nodes, {wanted.processes} processes on each"
