"""The build cache of an engine: how much it holds, and throwing away what no build uses now."""

from __future__ import annotations

import json
import re

from ..model.engine import CacheUse
from .engine import Engine
from .failures import explain

UNITS = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
"""docker's units are decimal (docker/go-units, `HumanSize`)."""


def use(engine: Engine) -> CacheUse:
    """Return how much the build cache holds. Podman's is its images: nothing of its own. Raises Failure."""
    if engine.client.kind == "podman":
        return CacheUse()
    done = engine.call("system", "df", "--format", "{{json .}}")
    if done.code:
        raise explain(done, "inspect")
    for line in done.out.splitlines():
        one = json.loads(line)
        if one.get("Type") == "Build Cache":
            return CacheUse(size_of(one.get("Size") or ""), size_of(one.get("Reclaimable") or ""))
    return CacheUse()


def prune(engine: Engine) -> int:
    """Throw away what no build uses; return the bytes that are free now. Raises Failure."""
    if engine.client.kind == "podman":
        return 0
    done = engine.call("builder", "prune", "--force", "--all")
    if done.code:
        raise explain(done, "remove")
    found = re.search(r"^Total(?: reclaimed space)?:\s*(.+)$", done.out, re.MULTILINE)
    return size_of(found[1]) if found else 0


def size_of(words: str) -> int:
    """Return the bytes that `1.2GB` means, 0 for what is no size."""
    found = re.match(r"([\d.]+)\s*([kKMGT]?B)", words.strip())
    return int(float(found[1]) * UNITS[found[2]]) if found else 0
