"""`provenv runs verify-resume NAME` and `provenv runs verify-resume -- COMMAND`."""

from __future__ import annotations

import click

from ..app import runs
from ..app.runs.launch import checked
from .help import completed
from .run import RunCommand
from .session import Session, command, option


@command(
    "runs verify-resume",
    click.Argument(
        ["words"],
        nargs=-1,
        type=click.UNPROCESSED,
        metavar="[NAME [ARGUMENTS]] | -- COMMAND",
        shell_complete=completed("runs"),
    ),
    option(
        "--updates",
        type=click.IntRange(3, 1_000_000),
        default=40,
        metavar="N",
        help="cli.runs.verify-resume.updates",
    ),
    option(
        "--kills", type=click.IntRange(1, 1000), default=2, metavar="N", help="cli.runs.verify-resume.kills"
    ),
    option("--every", type=click.IntRange(1), metavar="N", help="cli.runs.verify-resume.every"),
    option("--seed", type=int, metavar="N", help="cli.runs.verify-resume.seed"),
    option("--processes", metavar="auto|N", help="cli.run.processes"),
    option("--link", "linked", multiple=True, metavar="PATH", help="cli.runs.verify-resume.link"),
    option("--without", multiple=True, metavar="PATH", help="cli.runs.verify-resume.without"),
    cls=RunCommand,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def verify_resume(
    session: Session,
    *,
    words: tuple[str, ...],
    updates: int,
    kills: int,
    every: int | None,
    seed: int | None,
    processes: str | None,
    linked: tuple[str, ...],
    without: tuple[str, ...],
) -> int:
    behind: tuple[str, ...] = click.get_current_context().meta["provenv.command"] or ()
    if not words and not behind:
        raise click.UsageError(session.view.words.say("cli.runs.verify-resume.nothing"))
    if processes is not None:
        checked(processes)
    wanted = runs.verify_resume.Wanted(
        name=words[0] if words else None,
        command=(*words[1:], *behind),
        updates=updates,
        kills=kills,
        every=every,
        seed=seed,
        processes=processes,
        linked=linked,
        without=without,
    )
    proof = runs.verify_resume.verify_resume(session.project(), wanted)
    session.view.done(proof)
    return 0 if proof.verdict == "exact" else 1
