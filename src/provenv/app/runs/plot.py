"""`runs plot`: the metrics of one run."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ...errors import Exit, Failure, Hint, problem, text
from ...model.run_report import RunCurves
from ...runs.finding import find_run
from ..project import Project
from .known import known


def plot(
    project: Project, wanted: str | None = None, metrics: Sequence[str] = (), *, height: int = 12
) -> RunCurves:
    """Return the curves of a run; with `metrics` those alone, in that order.

    Raises Failure: PV1180 to PV1183 where no single run is meant, PV1233 for a metric that it has not,
    PV1234 where it has none at all.
    """
    folder = find_run(project.root, wanted)
    run, seen = known(folder)
    by_name = {one.name: one for one in seen.curves if one.values}
    show = f"provenv runs show {folder.id}"
    if not by_name:
        raise Failure(problem("PV1234", run=folder.id, hints=(Hint(text("PV1234.hint"), show),)))
    for name in metrics:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, 1, 0.3) or list(by_name)[:1]
            hint = Hint(None, f"provenv runs plot {folder.id} --metric {near[0]}")
            why = text("PV1233.why", names=", ".join(f"`{one}`" for one in by_name))
            raise Failure(
                problem("PV1233", run=folder.id, name=name, why=why, hints=(hint,)), exit_code=Exit.USAGE
            )
    chosen = tuple(by_name[name] for name in dict.fromkeys(metrics)) if metrics else tuple(by_name.values())
    return RunCurves(folder.id, run.record.name, chosen, height)
