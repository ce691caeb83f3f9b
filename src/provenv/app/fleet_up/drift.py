"""How far a generation on a host is from what was installed: compared there, only what differs travels."""

from __future__ import annotations

import json
import posixpath
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import Failure, problem, verbatim
from ...model.state import Drift
from ...targets.manifest import MANIFEST, MEANINGFUL
from ...targets.tree import PAYLOAD as READ_TREE
from ...targets.tree import UNWATCHED, unescaped
from .places import Place
from .reading_back import PAYLOADS, records_of
from .there import again, failed, last_words, words

READERS = 4
"""Processes that read at once for a comparison of all contents."""
GONE = 71
# the generation's folder: whether there is something to compare
ASK = rf'[ -f "$1/{MANIFEST}" ] && [ -x "$1/venv/bin/python" ] || exit {GONE}'


def drift(place: Place, number: int, *, deep: bool = False) -> Drift:
    """Return what differs on a host from what was installed as generation `number`.

    Files of another size have changed, those of another time are read; with `deep` all are.
    Raises Failure: PV1330 where there is no such generation that works, PV412, and as the host does.
    """
    folder = place.generation(number)
    asked = place.host.exec(words(ASK, folder))
    if asked.code == GONE:
        raise Failure(problem("PV1330", host=place.name, number=number, hints=again(place.target)))
    if asked.code:
        raise failed(asked, place.name, folder)
    told = _compared(place, number, deep=deep)
    changed, missing, extra = (
        tuple(sorted(map(_path, told[kind]))) for kind in ("changed", "missing", "extra")
    )
    added = tuple(path for path in extra if path.endswith(MEANINGFUL))
    owners: Mapping[str, str] = {}
    if changed or missing or added:
        with tempfile.TemporaryDirectory(prefix="provenv-records-") as scratch:
            known = records_of(place, number, Path(scratch)).owners
        differing = (*changed, *missing, *added)
        owners = {path: ", ".join(known[path]) for path in differing if path in known}
    return Drift(changed, missing, added, owners, int(told["files"]), int(told["bytes"]))


def _compared(place: Place, number: int, *, deep: bool) -> dict[str, Any]:
    job = {
        "root": place.venv(number),
        "manifest": posixpath.join(place.generation(number), MANIFEST),
        "workers": READERS,
        "unwatched": UNWATCHED,
        "deep": deep,
    }
    parts = [path.read_text("utf-8") for path in (READ_TREE, PAYLOADS / "compare_tree.py")]
    program = "\n\n".join([*parts, f"compare(json.loads({json.dumps(json.dumps(job))}))\n"])
    done = place.host.exec([place.python(number), "-I", "-S", "-"], stdin=program.encode())
    try:
        told = json.loads(done.out) if done.code == 0 else None
    except ValueError:
        told = None
    if not isinstance(told, dict) or "changed" not in told:
        path = f"{place.name}:{place.venv(number)}"
        raise Failure(problem("PV412", path=path, why=verbatim(last_words(done))))
    return told


def _path(name: str) -> str:
    return unescaped(name.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
