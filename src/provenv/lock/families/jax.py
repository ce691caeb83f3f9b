"""JAX: the extra that brings the CUDA which everything else here has, or the TPU's or AMD's plug-in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from ...errors import Hint, Text, problem, text
from ...model.lock import Choice, Refusal
from ..tables import table
from .fitted import Addition, Part, Rewrite
from .wanted import Wanted, overlaps, runs

CUDA = re.compile(r"cuda(\d+)?(-pip|_pip)?")


def fit(wanted: Wanted, major: int | None) -> Part:
    """Return JAX with its plug-in for the machine; nothing where it is not wanted or has only processors."""
    if not any(wanted.has(name) for name in table("families/jax")["names"]):
        return Part()
    if wanted.kind == "cuda":
        return _cuda(wanted, major)
    if wanted.kind == "tpu":
        return _with(wanted, "tpu", text("lock.families.jax.tpu"))
    if wanted.kind == "rocm":
        return _rocm(wanted)
    if wanted.kind in ("mps", "xpu", "ascend"):
        return _on_cpu(wanted, text(f"PV388.{wanted.kind}"))
    return _without_cuda(wanted)


def _without_cuda(wanted: Wanted) -> Part:
    """Return JAX without the plug-ins for CUDA that the user's line names: there is nothing for them here."""
    dropped = _other_extras(wanted, "")
    if not dropped:
        return Part()
    why = text("lock.families.no_cuda", kind=wanted.kind)
    refused = tuple(Refusal(f"jax[{one}]", why) for one in dropped)
    return Part(
        rewrites=(Rewrite("jax", "jax", (), dropped),),
        choices=(Choice("variant:jax", "jax", why, refused),),
    )


def _other_extras(wanted: Wanted, kept: str) -> tuple[str, ...]:
    """Return the extras of the user's line that bring CUDA, but for the one that fits."""
    extras = {one for line in wanted.lines.get("jax", ()) for one in line.parsed.extras}
    # `cuda12-local` takes the machine's own CUDA: the user's business
    return tuple(sorted(one for one in extras if CUDA.fullmatch(one) and one != kept))


def _cuda(wanted: Wanted, major: int | None) -> Part:
    rows = table("families/jax")
    if wanted.system not in rows["systems"]:
        return _on_cpu(wanted, text("PV388.system", system=wanted.system))
    refused: list[Refusal] = []
    specifiers = wanted.specifiers("jax")
    for row in rows_of(wanted):
        why = runs(wanted, row)
        if why is None and not overlaps(specifiers, row["from"], row["to"]):
            why = text("lock.families.jax.since", extra=row["extra"], first=row["from"])
        if why is None and major is not None and Version(row["cuda"]).major != major:
            why = text("lock.families.variant.major", cuda=row["cuda"], major=major)
        if why is not None:
            refused.append(Refusal(f"jax[{row['extra']}]", why))
            continue
        found = _with(wanted, row["extra"], text("lock.families.jax.cuda", cuda=row["cuda"]), tuple(refused))
        # without a floor the resolver may take a version that has no such extra, which uv passes over
        return found + Part(constraints=(f"jax>={row['from']}",))
    return _on_cpu(wanted, refused[0].why, tuple(refused))


def rows_of(wanted: Wanted) -> list[Mapping[str, Any]]:
    """Return the table's rows for CUDA, best first: one that the user's line names leads, if it runs."""
    rows = list(reversed(table("families/jax")["cuda"]))
    extras = {one for line in wanted.lines.get("jax", ()) for one in line.parsed.extras}
    named = [row for row in rows if row["extra"] in extras and runs(wanted, row) is None]
    return named or rows


def _rocm(wanted: Wanted) -> Part:
    runtime = wanted.facts.amd.runtime
    for row in table("families/jax")["rocm"]:
        fitting = not runtime or runtime.partition(".")[0] == row["rocm"]
        if fitting and "extra" in row and overlaps(wanted.specifiers("jax"), row["from"], row["to"]):
            why = text("lock.families.jax.rocm", runtime=runtime or "?")
            return _with(wanted, row["extra"], why) + Part(constraints=(f"jax>={row['from']}",))
    return _on_cpu(wanted, text("PV388.rocm", runtime=runtime or "?"))


def _with(wanted: Wanted, extra: str, why: Text, refused: tuple[Refusal, ...] = ()) -> Part:
    choices = (Choice("variant:jax", f"jax[{extra}]", why, refused),)
    if wanted.declared("jax"):
        if wanted.line("jax").fixed:
            return Part(choices=choices)
        rewrite = Rewrite("jax", "jax", (extra,), _other_extras(wanted, extra))
        return Part(rewrites=(rewrite,), choices=choices)
    users = [name for name in ("jaxlib", *table("families/jax")["users"]) if wanted.declared(name)]
    cause = next(iter(users), next(iter(wanted.lines), "jax"))
    return Part(additions=(Addition(f"jax[{extra}]", "jax", cause),), choices=choices)


def _on_cpu(wanted: Wanted, why: Text, refused: tuple[Refusal, ...] = ()) -> Part:
    finding = problem(
        "PV388",
        severity="warning",
        where=wanted.line("jax").requirement.where if wanted.declared("jax") else None,
        why=why,
        hints=(Hint(text("PV388.hint"), "provenv why jax"),),
    )
    return Part(choices=(Choice("variant:jax", "jax", why, refused),), findings=(finding,))
