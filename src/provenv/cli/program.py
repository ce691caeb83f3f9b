"""The program: which command, and how every ending becomes an exit code."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from .. import environ, lazy
from ..errors import Exit, Failure, problem
from ..ui.streams import Unwritten, flush
from ..ui.view import View, view
from .help import Group, common_options
from .streams import silence
from .version_option import version_option

SECTIONS: dict[str, Sequence[str]] = {
    "file": ("init", "add", "remove", "lock", "why", "mirrors"),
    "environment": ("facts", "plan", "up", "prove", "status", "system"),
    "generations": ("history", "rollback", "gc", "down"),
    "work": ("run", "shell", "render", "demo"),
    "more": ("completion", "schema", "version"),
}


class Ended(KeyboardInterrupt):
    """SIGTERM or SIGHUP: the same clean-up as Ctrl-C, another exit code."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def program() -> Group:
    """Return the whole command line, with no command's file imported yet."""
    group = Group(
        "provenv",
        sections=SECTIONS,
        params=[*common_options(), version_option()],
        help="cli.provenv",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    group.find = lambda name: lazy.load(f"cli.{name}")
    return group


def main(arguments: list[str]) -> int:
    """Run the command line, also to a clean end by SIGTERM and SIGHUP; return the exit code of DESIGN."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # `nohup` has it ignored, and means it
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    return run(arguments)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code. No traceback reaches a user."""
    group = program()
    if environ.read(environ.COMPLETE):
        return int(lazy.load("cli.complete")(group))
    group.language = language = spoken(arguments)
    context: click.Context | None = None
    try:
        with group.make_context("provenv", arguments, obj=None) as context:
            try:
                group.invoke(context)
                ended = int(Exit.DONE)
            except click.exceptions.Exit as left:
                ended = left.exit_code
        # what cannot be written any more shall be noticed here, not while Python shuts down
        flush(sys.stdout)
        return ended
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.ctx.get_help())
        return Exit.USAGE
    except click.UsageError as error:
        return _tell(_view(context, language, arguments), lazy.load("cli.usage_problem")(error))
    except Failure as failure:
        return _tell(_view(context, language, arguments), failure)
    except (KeyboardInterrupt, click.Abort) as stopped:
        _tell(_view(context, language, arguments), lazy.load("cli.interrupted")())
        return 128 + stopped.number if isinstance(stopped, Ended) else Exit.INTERRUPTED
    except BrokenPipeError:
        # whoever read us has seen enough (`provenv history | head`); Python flushes once more at its end
        silence(1)
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the one place where a defect becomes a report, not a traceback
        unwritten = _unwritten(error)
        if unwritten is not None:
            # told on the other stream, whatever --json says
            return _tell(view(command="provenv", language=language), unwritten)
        ours = lazy.load("hosts.refused")(error) or lazy.load("cli.defect")(error, arguments)
        return _tell(_view(context, language, arguments), ours)


def _tell(face: View, failure: Failure) -> int:
    """Show a failure, even where nobody takes what is written, and return its exit code."""
    try:
        face.failed(failure, failure.data)
    except (BrokenPipeError, Unwritten):
        silence(1)
    return int(failure.exit_code)


def _unwritten(error: Exception) -> Failure | None:
    """Return the failure of a standard output that takes nothing (a full disk), if that is what it was."""
    reason: Exception | None = error if isinstance(error, Unwritten) else None
    try:
        flush(sys.stdout)
    except (BrokenPipeError, Unwritten) as again:
        reason = again
    if reason is None:
        return None
    silence(1)
    return Failure(problem("PV469", reason=str(reason)))


def _end(number: int, _: FrameType | None) -> None:
    raise Ended(number)


def spoken(arguments: Sequence[str]) -> str | None:
    """Return the language that the arguments ask for, before they are parsed: `--help` needs it."""
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument.startswith("--lang="):
            return argument.partition("=")[2]
        if argument == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
    return None


def _view(context: click.Context | None, language: str | None, arguments: Sequence[str]) -> View:
    """Return the command's own view, or one for failures before it had any."""
    made = context.meta.get("provenv.view") if context is not None else None
    if made is not None:
        return made  # type: ignore[no-any-return]  # click's meta holds anything
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return view(command="provenv", json="--json" in before, language=language)
