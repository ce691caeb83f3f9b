"""`provenv doctor`."""

from __future__ import annotations

from typing import cast

import click

from .. import app
from ..model.findings import AREAS, Area
from .help import completed
from .session import Session, command, option


@command(
    "doctor",
    click.Argument(["ids"], nargs=-1, metavar="[ID]...", shell_complete=completed("findings")),
    option("--fix", is_flag=True, help="cli.doctor.fix"),
    option("--area", type=click.Choice(AREAS), multiple=True, metavar="AREA", help="cli.doctor.area"),
)
def doctor(session: Session, *, ids: tuple[str, ...], fix: bool, area: tuple[str, ...]) -> None:
    use, areas = app.doctor, cast("tuple[Area, ...]", area)
    project = use.patient(session.folder, target=session.target, progress=session.view.progress)
    if fix:
        mended = app.fixing.fix(project, areas=areas, only=ids, show=session.view.show, agree=session.agree)
        session.view.done(mended)
        return
    checkup = use.doctor(project, areas=areas, only=ids)
    failure = use.blocked(checkup)
    if failure is not None:
        raise failure
    session.view.done(checkup)
