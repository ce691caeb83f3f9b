"""The program: which command, and how every ending becomes an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

import click

from .. import environ, lazy
from ..errors import Exit, Failure
from ..ui import View, view
from .help import Group, common_options
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with the exit code that DESIGN names."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # `nohup` has it ignored, and means it
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


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
        sys.stdout.flush()
        return ended
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.ctx.get_help())
        return Exit.USAGE
    except click.UsageError as error:
        _view(context, language, arguments).failed(lazy.load("cli.usage_problem")(error))
        return Exit.USAGE
    except Failure as failure:
        _view(context, language, arguments).failed(failure, failure.data)
        return failure.exit_code
    except (KeyboardInterrupt, click.Abort) as stopped:
        _view(context, language, arguments).failed(lazy.load("cli.interrupted")())
        return 128 + stopped.number if isinstance(stopped, Ended) else Exit.INTERRUPTED
    except BrokenPipeError:
        # whoever read us has seen enough (`provenv history | head`); Python flushes once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except OSError as error:
        refused = lazy.load("hosts.refusal")(error) or lazy.load("cli.defect")(error, arguments)
        with suppress(OSError):
            _view(context, language, arguments).failed(refused)
        _forget_unwritable()
        return int(refused.exit_code)
    except Exception as error:  # noqa: BLE001 - the one place where a defect becomes a report, not a traceback
        _view(context, language, arguments).failed(lazy.load("cli.defect")(error, arguments))
        return Exit.DEFECT


def _forget_unwritable() -> None:
    """Let go of what can't be written: Python would try once more at its end, and say so in its own words."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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
