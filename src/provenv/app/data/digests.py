"""The digest of a set of data, or of the part of it that is meant; pure."""

from __future__ import annotations

from collections.abc import Mapping

from ...hosts.trees import digest_of
from ...model.data import DataFile


def digest_below(files: Mapping[str, DataFile], path: str) -> tuple[str, int, int] | None:
    """Return digest, number and bytes of the files at or below `path`; None where there are none.

    A single file's digest is its own sha256, a folder's that of its tree, with paths from there.
    """
    if path in files:
        one = files[path]
        return f"sha256:{one.sha256}", 1, one.size
    lead = f"{path}/" if path else ""
    found = {name[len(lead) :]: one for name, one in files.items() if name.startswith(lead)}
    if not found:
        return None
    digest = digest_of({name: one.sha256 for name, one in found.items()})
    return f"sha256:{digest}", len(found), sum(one.size for one in found.values())
