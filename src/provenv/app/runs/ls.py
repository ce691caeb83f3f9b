"""`runs ls`: the recorded runs, and where each stands."""

from __future__ import annotations

from dataclasses import replace

from ...errors import Failure, Problem
from ...model.run_results import RunList
from ...model.runs import Run
from ...runs.folder import run_folders
from ...runs.reading import read_run
from ..project import Project
from .batch import look

SHOWN = 20


def ls(
    project: Project, *, state: str | None = None, name: str | None = None, everything: bool = False
) -> RunList:
    """Return the newest runs of the project, oldest first; with `everything` all of them.

    `state` and `name` (of a declared run) leave out the others. A record that cannot be read is a finding.
    """
    runs: list[Run] = []
    findings: list[Problem] = []
    left_out = 0
    folders = run_folders(project.root)
    look(project, folders)
    for folder in reversed(folders):
        if not everything and not (state or name) and len(runs) >= SHOWN:
            left_out += 1
            continue
        try:
            run = read_run(folder)
        except Failure as failure:
            findings += [replace(one, severity="warning") for one in failure.problems]
            continue
        if (state is None or run.state == state) and (name is None or run.record.name == name):
            if everything or len(runs) < SHOWN:
                runs.append(run)
            else:
                left_out += 1
    return RunList(tuple(reversed(runs)), left_out, tuple(findings))
