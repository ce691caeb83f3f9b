"""`provenv runs logs`."""

from __future__ import annotations

import click

from ..app import runs
from ..errors import Text
from ..ui.line import Span, prose
from ..ui.streams import Unwritten
from .recorded import run_argument
from .session import Session, command, option


@command(
    "runs logs",
    run_argument(),
    option("--follow", "-f", is_flag=True, help="cli.runs.logs.follow"),
    option(
        "--rank",
        "ranks",
        type=click.IntRange(min=0),
        multiple=True,
        metavar="N",
        help="cli.runs.logs.rank",
    ),
    option("--attempt", type=click.IntRange(min=1), metavar="N", help="cli.runs.logs.attempt"),
    option("--tail", "-n", type=click.IntRange(min=0), metavar="N", help="cli.runs.logs.tail"),
)
def logs(
    session: Session,
    *,
    run: str | None,
    follow: bool,
    ranks: tuple[int, ...],
    attempt: int | None,
    tail: int | None,
) -> None:
    screen, words = session.view.screen, session.view.words
    out = screen.out

    def write(data: bytes) -> None:
        # what a program printed goes out as it is, in whatever encoding
        try:
            out.buffer.write(data)
            out.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritten(error.strerror or str(error)) from error

    def tell(message: Text) -> None:
        screen.tell([(Span("-- ", "quiet"), *prose(words(message), "quiet"))])

    found = runs.logs.logs(
        session.project(),
        run,
        _nothing if session.json else write,
        ranks=ranks,
        attempt=attempt,
        tail=tail,
        follow=follow,
        tell=_silent if session.json or screen.quiet else tell,
    )
    session.view.done(runs.logs.told(found, tail) if session.json else None)


def _nothing(_: bytes) -> None:
    """Write nothing: a document has the words."""


def _silent(_: Text) -> None:
    """Tell nobody."""
