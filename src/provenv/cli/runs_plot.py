"""`provenv runs plot`."""

from __future__ import annotations

import click

from ..app import runs as use
from .recorded import run_argument
from .session import Session, command, option


@command(
    "runs plot",
    run_argument(),
    option("--metric", "-m", "metrics", multiple=True, metavar="NAME", help="cli.runs.plot.metric"),
    option(
        "--height",
        type=click.IntRange(4, 100),
        default=12,
        show_default=True,
        metavar="N",
        help="cli.runs.plot.height",
    ),
)
def plot(session: Session, *, run: str | None, metrics: tuple[str, ...], height: int) -> None:
    session.view.done(use.plot.plot(session.project(), run, metrics, height=height))
