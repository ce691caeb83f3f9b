"""What one key of a Slurm target cannot tell by itself: too little time for a word before the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import Problem, problem, text
from .positions import Path
from .slurm import seconds_of
from .source import brief
from .toml_text import Document


def slurm_mistakes(document: Document, table: Path, own: Any) -> Iterator[Problem]:
    """Yield PV1404 for a Slurm target whose `signal` is not within its `time`, PV104 for a missing folder.

    `own` are provenv's keys at `table` of the document, unchecked; what is no time is passed over.
    """
    targets = own.get("target") if isinstance(own, dict) else None
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if not isinstance(target, dict) or target.get("kind") != "slurm":
            continue
        if target.get("environment") == "node" and "node_folder" not in target:
            span = document.at_value((*table, "target", name, "environment"))
            yield problem(
                "PV104",
                key=f"target.{brief(name)}.node_folder",
                where=document.source.place(span.start, span.length),
                why=text("PV104.why", table=f"target.{brief(name)}", key="node_folder"),
            )
        signal, time = target.get("signal"), target.get("time")
        seconds = seconds_of(time) if isinstance(time, str) else None
        if isinstance(signal, int) and seconds is not None and signal >= seconds:
            span = document.at_value((*table, "target", name, "signal"))
            yield problem(
                "PV1404",
                where=document.source.place(span.start, span.length),
                signal=signal,
                time=str(time),
                why=text("PV1404.why"),
            )
