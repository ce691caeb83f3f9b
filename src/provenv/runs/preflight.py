"""The look before a long job starts: what its place lacks for what it wants; pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import Literal

from ..errors import Hint, Problem, Text, text, verbatim
from ..model.resources import Readiness, Wanted

Severity = Literal["error", "warning", "note"]

MIB, GIB = 1 << 20, 1 << 30

SHM_DEFAULT = 64 * MIB
"""What a container has of /dev/shm unless it was told otherwise (docker run --shm-size)."""
SHM_SPARE = 1.25
LEAST_MEMORY = GIB
"""Bytes for each process below which a framework's import and a small model fill the memory."""
LEAST_DISK = GIB
FEW_FILES = 1024
FILES_OF_PROCESS = 256
FILES_OF_BATCH = 4
"""Open files for each batch that a worker has ready: tensors are handed over as descriptors."""
THREADS_OF_PROCESS = 16
SKEW = 5.0
"""Seconds by which clocks may differ before times in a record are out of order."""


def judge(place: Readiness, wanted: Wanted) -> tuple[Problem, ...]:
    """Return what speaks against starting the run, the gravest first.

    Errors are what cannot go well: PV1212 no room for one checkpoint, PV1214 a port is taken, PV1216 the
    folder can't be written. Warnings and notes are what has ended many a run: PV1210 shared memory, PV1211
    memory, PV1213 open files, PV1215 processes and threads, PV1217 a GPU in use, PV1218 the clock.
    """
    found = [one for look in LOOKS for one in look(place, wanted)]
    order = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(found, key=lambda one: order[one.severity]))


def _workers(place: Readiness, wanted: Wanted) -> int | None:
    """Return the data-loader workers of each process: as said, else as an earlier run had them."""
    if wanted.workers is not None:
        return wanted.workers
    if place.earlier.processes:
        return max(0, place.earlier.processes - wanted.processes) // max(1, wanted.processes)
    return None


def _shm(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    total, free = place.shm_total, place.shm_free
    if total is None or free is None:
        return
    workers = _workers(place, wanted)
    need, why = 0, text("PV1210.why")
    severity: Severity = "warning"
    if workers and wanted.batch_bytes:
        need = workers * wanted.prefetch * wanted.batch_bytes * wanted.processes
        why = text(
            "PV1210.why_batches",
            workers=workers * wanted.processes,
            prefetch=wanted.prefetch,
            batch_bytes=wanted.batch_bytes,
            need_bytes=need,
        )
    elif place.earlier.shm:
        need = place.earlier.shm
        why = text("PV1210.why_earlier", run=place.earlier.run, need_bytes=need)
    if need:
        if need * SHM_SPARE <= free:
            return
    elif workers == 0 or total > SHM_DEFAULT:
        return
    elif workers is None and wanted.processes == 1:
        severity = "note"
    yield _told("PV1210", severity, why, _shm_hints(place), size_bytes=total, free_bytes=free)


def _shm_hints(place: Readiness) -> tuple[Hint, ...]:
    """Return what the rule `shm-too-small` of diagnosis says too."""
    fewer = Hint(text("PV1210.hint_workers"))
    if place.container == "kubernetes":
        return Hint(text("PV1210.hint_pod")), fewer
    if place.container:
        engine = "podman" if place.container == "podman" else "docker"
        return Hint(text("PV1210.hint_container"), f"{engine} run --shm-size=8g ..."), fewer
    return Hint(text("PV1210.hint_mount"), "sudo mount -o remount,size=8G /dev/shm"), fewer


def _memory(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    if not place.memory_left:
        return
    earlier, least = place.earlier.memory, LEAST_MEMORY * wanted.processes
    if earlier > place.memory_left:
        why = text("PV1211.why_earlier", run=place.earlier.run, need_bytes=earlier)
    elif not earlier and place.memory_left < least:
        why = text("PV1211.why_least", n=wanted.processes)
    else:
        return
    capped = place.memory_granted < place.memory_total
    more = Hint(text("PV1211.hint_limit" if capped else "PV1211.hint_more"))
    who = Hint(text("PV1211.hint_who"), "ps -eo rss,pid,args --sort=-rss | head")
    yield _told(
        "PV1211",
        "warning",
        why,
        (more, who),
        left_bytes=place.memory_left,
        granted_bytes=place.memory_granted or place.memory_total,
    )


def _disk(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    free, earlier = place.disk_free, place.earlier
    # the new one is written before the oldest is removed
    need = earlier.checkpoint * (wanted.checkpoints + 1) if earlier.checkpoint else LEAST_DISK
    if free is None or free >= need:
        return
    severity: Severity = "warning"
    if earlier.guessed and free >= LEAST_DISK:
        # a file that looks like a checkpoint may be what is trained from
        severity = "note"
        why = text("PV1212.why_guessed", checkpoint_bytes=earlier.checkpoint, n=wanted.checkpoints)
    elif earlier.checkpoint and not earlier.guessed:
        why = text(
            "PV1212.why_checkpoint",
            checkpoint_bytes=earlier.checkpoint,
            n=wanted.checkpoints,
            need_bytes=need,
        )
        severity = "error" if free < earlier.checkpoint else "warning"
    else:
        why = text("PV1212.why")
    if free < LEAST_DISK // 16:
        severity = "error"
    folder = shlex.quote(place.folder)
    hints = (
        Hint(text("PV1212.hint_look"), f"du -xh --max-depth=2 {folder} | sort -h | tail -20"),
        Hint(None, "provenv gc"),
    )
    yield _told("PV1212", severity, why, hints, path=place.folder, free_bytes=free)


def _files(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    limit = place.open_files
    if limit is None:
        return
    workers = _workers(place, wanted)
    need = FILES_OF_PROCESS + (workers or 0) * (wanted.prefetch * FILES_OF_BATCH + 8)
    if limit >= need and (workers is not None or limit >= FEW_FILES):
        return
    wish = 65536 if place.open_files_hard is None else min(65536, place.open_files_hard)
    hint = (
        Hint(text("PV1213.hint_raise"), f"ulimit -n {wish}")
        if wish > limit
        else Hint(text("PV1213.hint_hard"), "ulimit -Hn")
    )
    why = text("PV1213.why_workers", n=workers, need=need) if workers else text("PV1213.why")
    yield _told("PV1213", "warning", why, (hint,), n=limit)


def _ports(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    for port in place.ports_taken:
        listing = (
            f"lsof -nP -iTCP:{port} -sTCP:LISTEN"
            if place.system == "darwin"
            else f"ss -ltnp 'sport = :{port}'"
        )
        hints = (Hint(text("PV1214.hint_who"), listing), Hint(text("PV1214.hint_free")))
        yield _told("PV1214", "error", text("PV1214.why"), hints, port=port)


def _tasks(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    if place.tasks_limit is None:
        return
    workers = _workers(place, wanted) or 0
    need = wanted.processes * (THREADS_OF_PROCESS + round(place.cores) + workers * 4)
    if place.tasks_limit - place.tasks >= need:
        return
    hints = (
        Hint(text("PV1215.hint_container"))
        if place.container
        else Hint(text("PV1215.hint_raise"), "ulimit -u unlimited"),
        Hint(text("PV1215.hint_who"), "ps -eLo user= | sort | uniq -c | sort -n | tail -5"),
    )
    why = text("PV1215.why", need=need)
    yield _told("PV1215", "warning", why, hints, used=place.tasks, limit=place.tasks_limit)


def _folder(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    if place.writable:
        return
    hint = Hint(text("PV1216.hint"), f"ls -ld {shlex.quote(place.folder)}; df -h {shlex.quote(place.folder)}")
    why = verbatim(place.refusal) if place.refusal else None
    yield _told("PV1216", "error", why, (hint,), path=place.folder)


def _gpus(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    for index in sorted({one.index for one in place.gpus_taken}) if wanted.gpus else ():
        taken = [one for one in place.gpus_taken if one.index == index]
        named = ", ".join(f"{one.name or '?'} ({one.pid})" for one in taken if one.pid)
        why = text("PV1217.why", names=named) if named else text("PV1217.why_hidden")
        hints = (
            Hint(text("PV1217.hint_look"), place.gpu_tool or "nvidia-smi"),
            Hint(text("PV1217.hint_other", index=index)),
        )
        yield _told("PV1217", "warning", why, hints, index=index, used_bytes=sum(one.memory for one in taken))


def _clock(place: Readiness, wanted: Wanted) -> Iterator[Problem]:
    if place.skew is not None and abs(place.skew) > SKEW:
        key = "PV1218.why_ahead" if place.skew > 0 else "PV1218.why_behind"
        why = text(key, path=place.folder, by_seconds=round(abs(place.skew), 1))
    elif place.now and place.earlier.began > place.now + SKEW:
        why = text(
            "PV1218.why_earlier", run=place.earlier.run, by_seconds=round(place.earlier.began - place.now)
        )
    else:
        return
    command = "sntp -sS time.apple.com" if place.system == "darwin" else "timedatectl status"
    yield _told("PV1218", "warning", why, (Hint(text("PV1218.hint"), command),))


def _told(
    code: str, severity: Severity, why: Text | None, hints: tuple[Hint, ...], **args: str | int
) -> Problem:
    return Problem(code, Text(code, args), None, why, hints, severity)


LOOKS: tuple[Callable[[Readiness, Wanted], Iterator[Problem]], ...] = (
    _folder,
    _ports,
    _disk,
    _shm,
    _memory,
    _gpus,
    _files,
    _tasks,
    _clock,
)
