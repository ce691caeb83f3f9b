"""`provenv down`."""

from __future__ import annotations

from .. import app
from ..errors import Exit, Failure, Hint, problem, text
from ..targets.names import HERE
from .session import Session, command


@command("down")
def down(session: Session) -> None:
    project = session.project()
    on = "" if project.target == HERE else f" --on {project.target}"
    if not session.agree(text("cli.down.ask", target=project.target, folder=str(project.root))):
        raise Failure(
            problem("PV709", hints=(Hint(text("PV709.hint"), f"provenv down{on} --yes"),)),
            exit_code=Exit.USAGE,
        )
    session.view.done(app.clean.down(project))
