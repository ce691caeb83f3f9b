"""The program: which command, by click."""

from __future__ import annotations

from collections.abc import Sequence

import click

from .. import environ, lazy
from ..errors import Exit
from ..ui.view import View, view
from .endings import ending, listen
from .help import Group, common_options
from .version_option import version_option

SECTIONS: dict[str, Sequence[str]] = {
    "file": ("init", "add", "remove", "lock", "why", "mirrors"),
    "environment": ("facts", "plan", "up", "prove", "status", "system"),
    "diagnosis": ("doctor", "explain"),
    "generations": ("history", "diff", "rollback", "gc", "down"),
    "share": ("push", "pull"),
    "work": ("run", "runs", "data", "exec", "cp", "shell", "render", "demo"),
    "more": ("completion", "schema", "version"),
}


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
    listen()
    return run(arguments)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code. No traceback reaches a user."""
    group = program()
    if environ.read(environ.COMPLETE):
        return int(lazy.load("cli.complete")(group))
    group.language = language = spoken(arguments)
    contexts: list[click.Context] = []
    return ending(
        lambda: _invoked(group, arguments, contexts),
        lambda: _view(contexts, language, arguments),
        arguments,
    )


def _invoked(group: Group, arguments: list[str], contexts: list[click.Context]) -> int:
    """Let click do it, and turn click's own endings into ours; the context is left in `contexts`."""
    try:
        with group.make_context("provenv", arguments, obj=None) as context:
            contexts.append(context)
            group.invoke(context)
            return Exit.DONE
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.ctx.get_help())
        return Exit.USAGE
    except click.UsageError as error:
        raise lazy.load("cli.usage_problem")(error) from error
    except click.Abort as stopped:
        raise KeyboardInterrupt from stopped


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


def _view(contexts: Sequence[click.Context], language: str | None, arguments: Sequence[str]) -> View:
    """Return the command's own view, or one for failures before it had any."""
    made = contexts[0].meta.get("provenv.view") if contexts else None
    if made is not None:
        return made  # type: ignore[no-any-return]  # click's meta holds anything
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return view(command="provenv", json="--json" in before, language=language)
