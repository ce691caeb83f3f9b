"""`provenv facts`."""

from __future__ import annotations

from .. import app
from ..app.project import kind_of
from ..lazy import load
from ..targets.names import HERE
from .at_once import at_once_option
from .hosts import host_option
from .session import Session, command, option


@command(
    "facts",
    host_option(),
    option("--only-failed", is_flag=True, help="cli.facts.only_failed"),
    at_once_option(),
)
def facts(session: Session, *, hosts: tuple[str, ...], only_failed: bool, at_once: int) -> None:
    chosen = bool(hosts or only_failed)
    project = session.project() if chosen or session.target != HERE else None
    kind = kind_of(project) if project is not None else ""
    if project is not None and (chosen or kind == "ssh"):
        found = load("app.facts_of_fleet")(project, wanted=hosts, only_failed=only_failed, at_once=at_once)
        session.view.done(found)
    elif project is not None and kind == "slurm":
        session.view.done(load("app.facts_of_place")(project))
    else:
        session.view.done(app.machine.facts_of(session.folder, session.view.progress))
