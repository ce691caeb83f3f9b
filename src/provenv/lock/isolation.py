"""Packages whose setup imports torch: how uv says so, and how they are built with what is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from packaging.utils import canonicalize_name

from ..errors import Failure, Problem
from . import toml

NO_TORCH = "No module named 'torch'"
# uv 0.13's own hint; both forms: `name@1.0` of an index, `name @ file:///...` of a folder or address
TORCH_MISSING = re.compile(r"`(?P<name>[A-Za-z0-9][\w.-]*) ?@ ?[^`]+` depends on `torch`")


class TorchAtBuild(Failure):
    """Raised where the setup of package `name` imports torch, and torch was not there.

    The name is empty for a folder: uv does not know it before the setup has run.
    """

    def __init__(self, name: str, *problems: Problem) -> None:
        super().__init__(*problems)
        self.name = name


def torch_at_build(failure: BaseException | None) -> str | None:
    """Return the package whose setup needs torch, where a failure comes from that; see TorchAtBuild."""
    while failure is not None:
        if isinstance(failure, TorchAtBuild):
            return failure.name
        failure = failure.__cause__
    return None


def needing_torch(words: str) -> str | None:
    """Return what uv failed to build for want of torch (empty: a folder); None for other reasons."""
    if NO_TORCH not in words:
        return None
    match = TORCH_MISSING.search(re.sub(r"\s+", " ", words))
    return str(canonicalize_name(match["name"])) if match else ""


def unisolated(
    names: Sequence[str],
    *,
    metadata: Mapping[str, Sequence[str]] | None = None,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Return the `uv.toml` by which these are built with what is installed, instead of in isolation.

    `variables` are set while they are built. uv keeps what it built by them: a
    wheel that was built against another torch is not taken for this one.
    """
    lines = [f"no-build-isolation-package = {toml.inline(list(names))}"]
    if variables:
        lines.append("[extra-build-variables]")
        lines += [f"{toml.key(name)} = {toml.inline(variables)}" for name in names]
    for name, requires in (metadata or {}).items():
        lines += ["[[dependency-metadata]]", *toml.lines({"name": name, "requires-dist": list(requires)})]
    return "\n".join(lines) + "\n"
