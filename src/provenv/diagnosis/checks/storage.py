"""The caches: full, closed to this user, on another file system, broken inside."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping

from ...errors import text, verbatim
from ...model.findings import Finding, Fix, Gravity
from ...model.outside import Store, Stores
from ..ground import Ground
from .common import advice, building

VARIABLES: Mapping[str, str] = {
    "uv": "UV_CACHE_DIR",
    "pip": "PIP_CACHE_DIR",
    "huggingface": "HF_HOME",
    "torch": "TORCH_HOME",
}
SHOWN: Mapping[str, str] = {"uv": "uv", "pip": "pip", "huggingface": "Hugging Face", "torch": "PyTorch"}
NEXT_TO_NOTHING = 256 << 20
SMALL = 2 << 30
"""Bytes that are free: a framework's wheels alone take more."""
WORTH_TELLING = 100 << 20


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is wrong with the caches."""
    stores = ground.stores
    assert stores is not None
    for store in stores.stores:
        yield from _closed(ground, store, stores.user)
    yield from _full(ground, stores)
    yield from _elsewhere(ground, stores)
    yield from _poisoned(stores)
    yield from _hub(stores)


def _closed(ground: Ground, store: Store, user: str) -> Iterator[Finding]:
    foreign = store.foreign
    if store.writable and not foreign:
        return
    grave: Gravity = building(ground) if store.name == "uv" else "hurts"
    owned = store.owner if not store.writable else ""
    if owned or foreign:
        what = text(
            "doctor.store.owned", name=SHOWN[store.name], path=foreign or store.path, owner=owned or "root"
        )
        mended = [
            advice(
                text("doctor.store.chown"),
                f"chown -R {shlex.quote(user or '$USER')}: {shlex.quote(store.path)}",
                root=True,
            )
        ]
    else:
        what = text("doctor.store.closed", name=SHOWN[store.name], path=store.path)
        mended = []
    elsewhere = f"export {VARIABLES[store.name]}=/var/tmp/{shlex.quote(user or 'me')}-{store.name}"
    yield Finding(
        "cache-closed",
        "storage",
        grave,
        what=what,
        why=text("doctor.store.owned.why") if owned or foreign else None,
        evidence=(verbatim(foreign or store.path),),
        remedies=(*mended, advice(text("doctor.store.elsewhere"), elsewhere)),
        subject=store.name,
        cause="permission-denied-path",
    )


def _full(ground: Ground, stores: Stores) -> Iterator[Finding]:
    """Yield a finding for each file system that is nearly full, with the caches on it."""
    told: dict[tuple[int, int], list[Store]] = {}
    for store in stores.stores:
        if store.free is not None and store.total and store.free < SMALL:
            told.setdefault((store.free, store.total), []).append(store)
    # the disks of project, cache and temporary files are another check's
    own = {(disk.free, disk.total) for disk in (ground.facts.disks if ground.facts else ())}
    for (free, total), full in told.items():
        if (free, total) in own or total < SMALL // 8:
            continue
        names = ", ".join(SHOWN[one.name] for one in full)
        yield Finding(
            "cache-full",
            "storage",
            building(ground) if free < NEXT_TO_NOTHING else "hurts",
            what=text("doctor.store.full", names=names, free_bytes=free, total_bytes=total),
            evidence=tuple(verbatim(one.path) for one in full),
            remedies=tuple(
                advice(
                    text(f"doctor.store.clean.{one.name}"), CLEAN[one.name].format(uv=shlex.quote(stores.uv))
                )
                for one in full
                if one.name in CLEAN
            ),
            subject=full[0].path,
            cause="disk-full",
        )


CLEAN: Mapping[str, str] = {
    "uv": "{uv} cache prune",
    "pip": "pip cache purge",
    "huggingface": "hf cache prune",
}


def _elsewhere(ground: Ground, stores: Stores) -> Iterator[Finding]:
    cache = next((one for one in stores.stores if one.name == "uv"), None)
    disks = ground.facts.disks if ground.facts else ()
    folder = next((one.path for one in disks if one.purpose == "project"), "")
    if cache is None or cache.same_device or not folder or ground.variables.get("UV_LINK_MODE"):
        return
    beside = os.path.join(os.path.dirname(folder), ".uv-cache")
    yield Finding(
        "cache-elsewhere",
        "storage",
        "better",
        what=text("doctor.store.other_device", path=cache.path),
        why=text("doctor.store.other_device.why"),
        remedies=(advice(text("doctor.store.beside"), f"export UV_CACHE_DIR={shlex.quote(beside)}"),),
        subject="uv",
    )


def _poisoned(stores: Stores) -> Iterator[Finding]:
    for one in stores.poisoned:
        clean = (stores.uv, "cache", "clean", one.package)
        yield Finding(
            "cache-poisoned",
            "storage",
            "hurts",
            what=text("doctor.store.poisoned", package=one.package, version=one.version),
            why=text("doctor.store.poisoned.why"),
            evidence=tuple(verbatim(os.path.join(one.folder, file)) for file in one.files),
            remedies=(advice(text("doctor.store.poisoned.clean"), shlex.join(clean)),),
            fix=Fix(text("doctor.store.poisoned.fix", package=one.package), (clean,)),
            subject=f"{one.package} {one.version}",
            cause="corrupt-or-lfs-pointer-file",
        )


def _hub(stores: Stores) -> Iterator[Finding]:
    for left in stores.leftovers:
        yield Finding(
            "download-incomplete",
            "storage",
            "hurts" if left.size > WORTH_TELLING else "better",
            what=text(
                "doctor.hub.incomplete", n=left.files, repository=left.repository, size_bytes=left.size
            ),
            why=text("doctor.hub.incomplete.why"),
            remedies=(advice(text("doctor.hub.again"), _fetched(left.repository)),),
            subject=left.repository,
            cause="corrupt-or-lfs-pointer-file",
        )
    for repository, path in stores.pointers:
        yield Finding(
            "hub-file-pointer",
            "storage",
            "hurts",
            what=text("doctor.hub.pointer", repository=repository),
            why=text("doctor.hub.pointer.why"),
            evidence=(verbatim(path),),
            remedies=(advice(text("doctor.hub.force"), f"{_fetched(repository)} --force-download"),),
            subject=path,
            cause="corrupt-or-lfs-pointer-file",
        )


def _fetched(repository: str) -> str:
    """Return the command that fetches a repository, by its name in the cache (`datasets/a/b`, `a/b`)."""
    kind, slash, name = repository.partition("/")
    if slash and kind in ("datasets", "spaces"):
        return f"hf download {shlex.quote(name)} --repo-type {kind.removesuffix('s')}"
    return f"hf download {shlex.quote(repository)}"
