"""`provenv data rm`."""

from __future__ import annotations

from ..app import data
from ..errors import Exit, Failure, Hint, problem, text
from .declared_data import data_argument
from .session import Session, command


@command("data rm", data_argument())
def rm(session: Session, *, names: tuple[str, ...]) -> None:
    project = session.project()
    sets = data.rm.cached(project, names)
    shown = ", ".join(f"`{one.name}`" for one in sets)
    if sets and not session.agree(text("cli.data.rm.ask", n=len(sets), names=shown)):
        agreed = " ".join(["provenv data rm", *names, "--yes"])
        raise Failure(problem("PV709", hints=(Hint(text("PV709.hint"), agreed),)), exit_code=Exit.USAGE)
    session.view.done(data.rm.rm(project, sets))
