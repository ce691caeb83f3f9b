"""Sends the checks to a place, follows them there, and judges what comes back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import Failure, problem, text, verbatim
from ..model.channel import Completed, Host
from ..model.evidence import Check, Outcome
from ..model.progress import Progress, Task
from .groups import GROUPS
from .judging import judge
from .table import TABLE
from .verdict import FACTS, REBUILD, Raw, title

PAYLOAD = Path(__file__).resolve().parent.parent / "payload"
SHARED = PAYLOAD / "shared"  # what several scripts import

# the runner's source comes with the job, so nothing has to be laid down there first and argv stays short
BOOTSTRAP = (
    "import json, sys\n"
    "job = json.loads(sys.stdin.buffer.read().decode('utf-8'))\n"
    "names = {'__name__': 'prove'}\n"
    "exec(compile(job['runner'], 'prove.py', 'exec'), names)\n"
    "names['run'](job)\n"
)
ROWS = {entry.name: entry for entry in TABLE}
# two checks share a GPU, of which TensorFlow and JAX would each take all memory when they start
VARIABLES = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
MARGIN = 60.0
COMMAND_COST = 5.0  # seconds: what the user's own commands take is not known, so they start early


def run(
    host: Host,
    python: str,
    checks: Sequence[Check],
    *,
    environment: Mapping[str, str],
    folder: str,
    progress: Progress,
    at_once: int = 2,
) -> tuple[Outcome, ...]:
    """Run the checks in the finished environment and return their outcomes, in the checks' order.

    `python` is the environment's own interpreter as the place names it,
    `environment` the variables that the checks run with, whole, and `folder` the
    project's folder there. A check that left no result has failed.

    Raises Failure (PV501) where the runner itself could not start.
    """
    if not checks:
        return ()
    task = progress.task(text("proof.task"), total=len(checks))
    follower = _Follower({check.name: check for check in checks}, task)
    done = host.exec(
        [python, "-I", "-c", BOOTSTRAP],
        stdin=json.dumps(job(checks, folder, at_once)).encode(),
        environment=environment,
        folder=folder,
        limit=sum(check.limit for check in checks) + MARGIN,
        on_stdout=follower.line,
    )
    for line in done.out.splitlines():
        follower.line(line)
    if not follower.begun:
        raise Failure(
            problem("PV501", why=verbatim(_last_words(done)), hints=(FACTS, REBUILD), python=python)
        )
    outcomes = tuple(judge(check, follower.reports.get(check.name)) for check in checks)
    counts = {
        status: sum(outcome.status == status for outcome in outcomes)
        for status in ("passed", "failed", "skipped")
    }
    end = task.fail if counts["failed"] else task.finish
    end(text("proof.done", **counts))
    return outcomes


def job(checks: Sequence[Check], folder: str, at_once: int = 2) -> dict[str, object]:
    """Return the runner's input: its own source, the scripts, how each is to be run, how many at once."""
    nurseries = _nurseries(checks)
    return {
        "runner": (PAYLOAD / "prove.py").read_text("utf-8"),
        "modules": {path.stem: path.read_text("utf-8") for path in sorted(SHARED.glob("prove_*.py"))},
        "folder": folder,
        "parallel": at_once,
        "checks": [
            {
                "name": check.name,
                "source": (PAYLOAD / "checks" / check.payload).read_text("utf-8"),
                "limit": check.limit,
                "options": dict(check.options),
                "variables": {} if check.group == "command" else VARIABLES,
                "nursery": check.group if check.group in nurseries else "",
                "preload": _preload(check),
                **_turn(check),
            }
            for check in checks
        ],
    }


def _turn(check: Check) -> dict[str, object]:
    """Return when a check may run; of the user's own commands one at a time, which import what they like."""
    if check.group == "command":
        return {"alone": False, "single": True, "late": True, "cost": COMMAND_COST}
    row = ROWS[check.name]
    return {"alone": row.alone, "single": False, "late": row.late, "cost": row.cost}


def _nurseries(checks: Sequence[Check]) -> set[str]:
    """Return the groups that are worth a nursery: for one check alone a fresh process does the same."""
    count = Counter(check.group for check in checks)
    return {group for group in GROUPS if count[group] > 1}


def _preload(check: Check) -> list[str]:
    """Return the modules that the check's nursery imports for it."""
    modules = GROUPS.get(check.group, ())
    return [*modules, *ROWS[check.name].also] if modules else []


class _Follower:
    """Takes in the runner's lines as they come, each once, and tells the progress."""

    def __init__(self, checks: Mapping[str, Check], task: Task) -> None:
        self.checks = checks
        self.task = task
        self.reports: dict[str, Raw] = {}
        self.begun: set[str] = set()

    def line(self, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            return
        if not isinstance(told, dict):
            return
        started, ended = str(told.get("started", "")), str(told.get("name", ""))
        if started in self.checks and started not in self.begun:
            self.begun.add(started)
            self.task.describe(title(self.checks[started]))
        if ended in self.checks and ended not in self.reports:
            self.reports[ended] = told
            self.task.advance(1)


def _last_words(done: Completed) -> str:
    words = done.err.strip() or done.out.strip() or str(done.code)
    # of our own runner's error the last line says what the system refused
    return words.splitlines()[-1] if "Traceback (most recent call last)" in words else words[-2000:]
