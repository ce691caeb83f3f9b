"""How jobs stand, by squeue while the controller knows them, else by sacct where a cluster keeps accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..errors import Failure
from ..model.channel import Host
from ..model.runs import RunState
from ..model.slurm import BatchJob
from .programs import answer, call

FORMAT = "%i|%T|%r|%P|%N|%S"
GONE = re.compile(r"invalid job id", re.IGNORECASE)
STATES: Mapping[str, RunState] = {
    **dict.fromkeys(("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED"), "queued"),
    **dict.fromkeys(("SPECIAL_EXIT", "RESV_DEL_HOLD"), "queued"),
    **dict.fromkeys(("RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING"), "running"),
    **dict.fromkeys(("STAGE_OUT", "EXPEDITING"), "running"),
    "COMPLETED": "done",
    **dict.fromkeys(("FAILED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "BOOT_FAIL", "DEADLINE"), "failed"),
    "LAUNCH_FAILED": "failed",
    "CANCELLED": "stopped",
    **dict.fromkeys(("PREEMPTED", "REVOKED"), "preempted"),
}
"""Our state of a run for each of a job's (squeue(1), JOB STATE CODES)."""
OPEN = frozenset(("queued", "running"))


def jobs(host: Host, ids: Sequence[str], environment: Mapping[str, str]) -> dict[str, BatchJob]:
    """Return what is known of these jobs by now; one that nobody knows any more is left out.

    Raises Failure: PV1390, PV1391 (see slurm.programs).
    """
    words = ["squeue", "--noheader", "--array", "--states=all", f"--format={FORMAT}"]
    done = call(host, [*words, f"--jobs={','.join(ids)}"], environment)
    if done.code and not GONE.search(done.err):
        answer(host, words, environment)  # says what is wrong, if that was not about these jobs
    found = {one.id: one for line in done.out.splitlines() if (one := read_line(line)) is not None}
    known = {name: found[name] for name in ids if name in found}
    return {**known, **_accounted(host, [one for one in ids if one not in known], environment)}


def named(host: Host, name: str, environment: Mapping[str, str]) -> BatchJob | None:
    """Return the newest job of that name, None where there is none, or nobody answers."""
    done = call(host, ["squeue", "--noheader", f"--name={name}", f"--format={FORMAT}"], environment)
    lines = done.out.splitlines() if done.code == 0 else []
    return read_line(lines[-1]) if lines else None


def read_line(line: str) -> BatchJob | None:
    """Return the job of one line of squeue's, None for what is none."""
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 6 or not cells[0]:
        return None
    name, word, reason, partition, nodes, starts = cells
    state = STATES.get(word, "running")
    return BatchJob(
        name,
        state,
        word,
        "" if reason in ("None", "(null)") else reason,
        partition,
        nodes,
        starts if state == "queued" and starts not in ("N/A", "Unknown") else "",
    )


def _accounted(host: Host, ids: Sequence[str], environment: Mapping[str, str]) -> dict[str, BatchJob]:
    """Return the jobs that only the cluster's accounts know; none where it keeps none."""
    if not ids:
        return {}
    words = ["sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={','.join(ids)}"]
    try:
        done = call(host, [*words, "--format=JobID,State,ExitCode,Partition,NodeList"], environment)
    except Failure:
        return {}
    found = {}
    for line in done.out.splitlines() if done.code == 0 else ():
        cells = line.split("|")
        if len(cells) == 5 and cells[0] in ids:
            word = cells[1].partition(" ")[0]
            code = int(cells[2].partition(":")[0]) if cells[2].partition(":")[0].isdecimal() else 0
            found[cells[0]] = BatchJob(
                cells[0], STATES.get(word, "failed"), word, "", cells[3], cells[4], code=code
            )
    return found
