"""Judges what happens between processes: data loading, checkpoints, collectives, joblib."""

from __future__ import annotations

from ...errors import Hint, text
from ...model.evidence import Check
from ..verdict import FACTS, REBUILD, Raw, Verdict, failed, hint, lines, passed, upgrade

MIB = 1024 * 1024
SHARED = "/dev/shm"  # noqa: S108 - it is named, not written to


def judge_data_loading(check: Check, raw: Raw) -> Verdict:
    """Judge whether all batches came, whole; name /dev/shm where it is too small for them."""
    size = int(raw["batch_bytes"])
    if raw["complete"] and not raw["wrong"] and not raw.get("error"):
        return passed(check, batches=raw["batches"], workers=raw["workers"], megabytes=size // 1_000_000)
    needed = size * (int(raw["workers"]) * int(raw["prefetch"]) + 1)
    told = [str(raw.get("error") or ""), *(f"batch from {first}" for first in raw["wrong"])]
    shared = raw["shared"]
    if shared is not None:
        told.append(f"{SHARED}: {shared[0] / MIB:.0f} MiB, {shared[1] / MIB:.0f} MiB free")
        if raw.get("error") and shared[1] < needed:
            why = text(
                "proof.data_loading.small",
                total=round(shared[0] / MIB),
                free=round(shared[1] / MIB),
                needed=-(-needed // MIB),
            )
            return failed(check, why, evidence=lines(told), hints=_shared_memory())
    if raw.get("error"):
        why = text("proof.data_loading.broken", batches=int(raw["batches"]))
        return failed(check, why, evidence=lines(told), hints=(FACTS, REBUILD))
    why = text("proof.data_loading.wrong", batches=int(raw["batches"]))
    return failed(check, why, evidence=lines(told), hints=(REBUILD, upgrade("torch")))


def _shared_memory() -> tuple[Hint, ...]:
    return (
        hint("remount", "mount -o remount,size=2G /dev/shm"),
        hint("shm_size"),
    )


def judge_checkpoint(check: Check, raw: Raw) -> Verdict:
    """Judge whether after each kill the newest complete checkpoint loaded, and was what had been saved."""
    wrong = []
    for number, entry in enumerate(raw["rounds"], 1):
        if entry.get("error"):
            wrong.append(f"#{number} {entry['newest']}: {entry['error']}")
        elif "newest" not in entry:
            wrong.append(f"#{number}: -")
        elif not entry["equal"]:
            wrong.append(f"#{number} {entry['newest']}: !=")
    if wrong:
        why = text("proof.checkpoint.lost", n=len(wrong), first=wrong[0])
        return failed(check, why, evidence=lines(wrong), hints=(FACTS, REBUILD))
    if any(entry["ended"] for entry in raw["rounds"]):
        why = text("proof.checkpoint.ended")
        return failed(check, why, hints=(FACTS, REBUILD))
    torn = sum(entry["partial"] for entry in raw["rounds"])
    return passed(check, kills=len(raw["rounds"]), saved=int(raw["saved"]), torn=torn)


def judge_all_reduce(check: Check, raw: Raw) -> Verdict:
    """Judge every rank of every group: its sum, what it gathered and what it was told."""
    wrong = []
    for group in raw["groups"]:
        for rank in group["ranks"]:
            where = f"{group['backend']} {rank['rank']}/{group['world']}"
            if rank.get("error") or rank["code"] != 0 or "all_reduce" not in rank:
                wrong.append(f"{where}: {rank.get('error') or rank['code']}")
            elif rank["all_reduce"] != 0:
                wrong.append(f"{where}: all_reduce: {rank['all_reduce']} != 0")
            elif rank["all_gather"] != list(range(group["world"])):
                wrong.append(f"{where}: all_gather: {rank['all_gather']}")
            elif rank["broadcast"] != 42:
                wrong.append(f"{where}: broadcast: {rank['broadcast']} != 42")
    backends = ", ".join(group["backend"] for group in raw["groups"])
    if wrong or not raw["groups"]:
        why = text("proof.all_reduce.wrong", backends=backends or "-", first=wrong[0] if wrong else "-")
        hints = (hint("interface", "provenv prove"), REBUILD)
        return failed(check, why, evidence=lines(wrong), hints=hints)
    return passed(check, backends=backends, ranks=sum(group["world"] for group in raw["groups"]))


def judge_processes(check: Check, raw: Raw) -> Verdict:
    """Judge whether joblib's results are right and came from other processes."""
    if raw["correct"] and not raw["own"] and int(raw["processes"]) >= 1:
        return passed(check, n=int(raw["processes"]))
    why = text("proof.processes.wrong")
    told = " ".join(f"{name}={raw[name]}" for name in ("correct", "own", "processes"))
    return failed(check, why, evidence=told, hints=(REBUILD, upgrade("joblib")))
