"""Files of models and data in the project that are not what their names say: pointers, pages, cut off."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...errors import Text, text
from ...model.diagnosis import Advice
from ...model.findings import Finding, Fix
from ...model.looked import ModelFile
from ..ground import Ground

MOST = 50
"""Files that one command names."""


def look(ground: Ground) -> Iterator[Finding]:
    """Yield a finding for each kind of such files."""
    assert ground.files is not None
    for state in ("pointer", "html", "truncated", "empty"):
        found = [one for one in ground.files.models if one.state == state]
        if not found:
            continue
        paths = [one.path for one in found]
        fetch = _fetch(ground, state, paths)
        yield Finding(
            {"pointer": "lfs-pointer", "truncated": "truncated-file"}.get(state, "not-a-model-file"),
            "project",
            "better" if state == "empty" else "blocks",
            what=text(f"doctor.models.{state}", n=len(found), file=paths[0]),
            why=text(f"doctor.models.{state}.why"),
            evidence=tuple(_evidence(one) for one in found),
            remedies=(fetch,),
            fix=_fix(ground, state, paths),
            subject=paths[0] if len(paths) == 1 else state,
            cause="corrupt-or-lfs-pointer-file",
        )


def _evidence(one: ModelFile) -> Text:
    if one.wanted:
        return text("doctor.models.sizes", file=one.path, size_bytes=one.size, wanted_bytes=one.wanted)
    return text("doctor.models.size", file=one.path, size_bytes=one.size)


def _fetch(ground: Ground, state: str, paths: list[str]) -> Advice:
    if state != "pointer":
        return Advice(text("doctor.models.again"))
    pull = shlex.join(["git", "lfs", "pull", "--include", ",".join(paths[:MOST])])
    if ground.files and not ground.files.lfs_tool:
        return Advice(text("doctor.models.no_lfs"), ("git lfs install", pull))
    return Advice(text("doctor.models.pull"), (pull,))


def _fix(ground: Ground, state: str, paths: list[str]) -> Fix | None:
    """Return the repair where git can fetch the files; others have to come from where they came from."""
    if state != "pointer" or not ground.files or not ground.files.lfs or not ground.files.lfs_tool:
        return None
    return Fix(text("doctor.models.pull"), (("git", "lfs", "pull", "--include", ",".join(paths[:MOST])),))
