"""`runs compare`: several recorded runs beside one another."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import Exit, Failure, Hint, problem, text
from ...model.comparison import Comparison
from ...runs.comparing import compare as compare_runs
from ...runs.finding import find_run
from ..project import Project
from .known import compared


def compare(project: Project, wanted: Sequence[str] = ()) -> Comparison:
    """Return what differs between the runs that are named; the newest two without names.

    A single one is set beside the newest. Raises Failure: PV1180 to PV1183 where a name means no single run,
    PV1230 where fewer than two different runs are meant.
    """
    names = list(wanted)
    if not names:
        names = ["~1", "last"]
    elif len(names) == 1:
        names.append("last")
    folders = list({one.id: one for one in (find_run(project.root, name) for name in names)}.values())
    if len(folders) < 2:
        hints = (Hint(text("PV1230.hint"), "provenv runs ls"), Hint(None, "provenv runs compare ~1 last"))
        raise Failure(problem("PV1230", run=folders[0].id, hints=hints), exit_code=Exit.USAGE)
    return compare_runs([compared(project, folder) for folder in folders])
