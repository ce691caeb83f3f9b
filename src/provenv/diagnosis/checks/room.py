"""Room on the disks that an environment is built on: bytes against the lock's sizes, entries, `noexec`."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.facts import Disk
from ...model.findings import Finding
from ...model.lock import Lock
from ...plan.make import UNPACKED
from ..ground import Ground
from .advising import advice

TIGHT = 1 << 30
"""Bytes below which a disk is nearly full whatever is to be installed."""
FEW_ENTRIES = 50_000
"""Entries that an environment of this field needs (one with torch has about 20,000 files)."""


def look(ground: Ground) -> Iterator[Finding]:
    """Yield disks without room and places where nothing can be run."""
    assert ground.facts is not None
    need = _need(ground.lock) if ground.generation is None else 0
    devices: dict[str, list[Disk]] = {}
    for disk in ground.facts.disks:
        devices.setdefault(disk.device, []).append(disk)
    for shared in devices.values():
        yield from _bytes(shared, need)
    for room in ground.rooms or ():
        if room.entries_free is not None and room.entries_free < FEW_ENTRIES:
            yield Finding(
                "disk-entries",
                "storage",
                "blocks" if room.entries_free < 1000 else "hurts",
                what=text("doctor.room.entries", path=room.path, n=room.entries_free),
                why=text("doctor.room.entries.why"),
                evidence=(verbatim(f"df -i {room.mount or room.path}"),),
                remedies=(advice("doctor.room.clean", "provenv gc", "uv cache prune"),),
                subject=room.purpose,
                cause="disk-full",
            )
        if "noexec" in room.options:
            yield Finding(
                "mounted-noexec",
                "storage",
                "hurts" if room.purpose == "temp" else "blocks",
                what=text("doctor.room.noexec", path=room.path, mount=room.mount),
                why=text(f"doctor.room.noexec.{'temp' if room.purpose == 'temp' else 'why'}"),
                evidence=(verbatim(f"{room.mount} {','.join(room.options)}"),),
                remedies=(
                    advice("doctor.room.noexec.temp_remedy", "mkdir -p ~/tmp", "export TMPDIR=~/tmp")
                    if room.purpose == "temp"
                    else advice(
                        "doctor.room.noexec.remount", f"sudo mount -o remount,exec {room.mount}", root=True
                    ),
                ),
                subject=room.purpose,
                cause="permission-denied-path",
            )


def _need(lock: Lock | None) -> int:
    """Return the bytes that building this lock takes, downloads and unpacked files together."""
    if lock is None:
        return 0
    sizes = [max((one.size or 0 for one in package.artifacts), default=0) for package in lock.packages]
    return int(sum(sizes) * UNPACKED)


def _bytes(shared: list[Disk], need: int) -> Iterator[Finding]:
    free = min(one.free for one in shared)
    purposes = sorted(one.purpose for one in shared)
    wanted = need if "cache" in purposes else 0
    if free >= max(wanted, TIGHT):
        return
    yield Finding(
        "disk-nearly-full",
        "storage",
        "blocks" if free < wanted or free < TIGHT // 8 else "hurts",
        what=text("doctor.room.bytes", path=shared[0].path, free_bytes=free),
        why=text("doctor.room.bytes.why_lock", need_bytes=wanted)
        if wanted
        else text("doctor.room.bytes.why"),
        evidence=tuple(
            text(
                "doctor.room.line",
                purpose=one.purpose,
                path=one.path,
                free_bytes=one.free,
                total_bytes=one.total,
            )
            for one in shared
        ),
        remedies=(
            advice("doctor.room.clean", "provenv gc", "uv cache prune"),
            advice("doctor.room.look", f"du -xh --max-depth=2 {shared[0].path} | sort -h | tail -20"),
        ),
        subject=",".join(purposes),
        cause="disk-full",
    )
