"""The fact `limits`: what one process may use."""

from __future__ import annotations

from ..model.facts import Limits
from .raw import Raw, whole

ASKS: list[dict[str, object]] = [
    {"name": "limits.rlimits", "kind": "builtin", "builtin": "rlimits", "how": "getrlimit"}
]


def read(raw: Raw) -> Limits:
    """Return the soft limits; None is unlimited or unknown (Windows has none)."""
    said = raw.mapping("limits.rlimits")
    return Limits(
        open_files=whole(said.get("NOFILE")),
        processes=whole(said.get("NPROC")),
        locked_memory=whole(said.get("MEMLOCK")),
        address_space=whole(said.get("AS")),
    )
