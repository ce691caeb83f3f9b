"""click's complaints about the command line, as problems in the user's language."""

from __future__ import annotations

import difflib

import click

from ..errors import Exit, Failure, Hint, Problem, Text, problem, text, verbatim


def usage_problem(error: click.UsageError) -> Failure:
    """Return the failure that tells what is wrong with the command line, and what was meant perhaps."""
    path = error.ctx.command_path if error.ctx else "provenv"
    help_hint = Hint(text("PV700.hint"), f"{path} --help")
    if isinstance(error, click.NoSuchOption):
        near = tuple(Hint(text("PV706.hint", name=name)) for name in (error.possibilities or ())[:1])
        return _failure(problem("PV706", name=error.option_name, hints=(*near, help_hint)))
    if isinstance(error, click.MissingParameter):
        name = error.param.human_readable_name if error.param else ""
        return _failure(problem("PV707", name=name, hints=(help_hint,)))
    if isinstance(error, click.BadParameter):
        name = error.param.opts[0] if error.param and error.param.opts else ""
        return _failure(problem("PV708", name=name, why=_wanted(error), hints=(help_hint,)))
    return _failure(problem("PV700", message=error.format_message(), hints=(help_hint,)))


def unknown_command(name: str, known: list[str], path: str = "provenv") -> Failure:
    """Return the failure for a command that does not exist among those of `path`."""
    near = difflib.get_close_matches(name, known, 1)
    hints = [Hint(text("PV705.hint"), f"{path} {near[0]}")] if near else []
    return _failure(problem("PV705", name=name, hints=(*hints, Hint(text("PV700.hint"), f"{path} --help"))))


def _wanted(error: click.BadParameter) -> Text:
    """Return what the parameter takes, in words where its type is one of the known ones."""
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Choice):
        return text("PV708.choice", choices=", ".join(f"`{choice}`" for choice in kind.choices))
    if isinstance(kind, (click.IntRange, click.types.IntParamType)):
        least = getattr(kind, "min", None)
        return text("PV708.number") if least is None else text("PV708.number_from", least=least)
    return verbatim(error.message)


def _failure(found: Problem) -> Failure:
    return Failure(found, exit_code=Exit.USAGE)
