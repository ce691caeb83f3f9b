"""`provenv runs rm`."""

from __future__ import annotations

import click

from ..app import runs as use
from ..errors import Exit, Failure, Hint, problem, text
from .recorded import run_argument
from .session import Session, command, option


@command(
    "runs rm",
    run_argument(several=True),
    option("--keep", type=click.IntRange(min=0), metavar="N", help="cli.runs.rm.keep"),
    option("--older", metavar="AGE", help="cli.runs.rm.older"),
)
def rm(session: Session, *, runs: tuple[str, ...], keep: int | None, older: str | None) -> None:
    if bool(runs) == (keep is not None or older is not None):
        raise click.UsageError(session.view.words.say("cli.runs.rm.what"))
    project = session.project()
    chosen = use.rm.choose(project, runs, keep=keep, older=None if older is None else use.rm.age(older))
    names = ", ".join(f"`{one.id}`" for one in chosen.folders)
    question = text("cli.runs.rm.ask", n=len(chosen.folders), runs=names)
    if chosen.folders and not session.agree(question):
        agreed = "provenv runs rm " + " ".join(
            [*(one.id for one in chosen.folders if runs), *_asked(keep, older), "--yes"]
        )
        raise Failure(problem("PV709", hints=(Hint(text("PV709.hint"), agreed),)), exit_code=Exit.USAGE)
    session.view.done(use.rm.remove(project, chosen))


def _asked(keep: int | None, older: str | None) -> list[str]:
    """Return the options that choose runs, as they were given."""
    named = [] if keep is None else ["--keep", str(keep)]
    return named if older is None else [*named, "--older", older]
