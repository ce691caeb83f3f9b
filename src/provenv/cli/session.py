"""What a command's function gets: the project, the view, and the common options as they were given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..app.project import Project, open_project
from ..errors import Text
from ..targets.names import HERE
from ..ui.view import View, view
from .help import Command, Option, common_options

COMMON = tuple(option.name for option in common_options() if option.name)


@dataclass(frozen=True)
class Session:
    """One invocation of one command."""

    view: View
    folder: Path
    target: str = HERE
    json: bool = False
    yes: bool = False

    def project(self) -> Project:
        """Return the project of the folder that the user stands in (or gave with -C)."""
        return open_project(self.folder, target=self.target, progress=self.view.progress)

    def agree(self, question: Text) -> bool:
        """Ask the user, unless `--yes` answered already; without a terminal nobody agrees."""
        if self.yes:
            return True
        if self.json or not sys.stdin.isatty():
            return False
        return click.confirm(self.view.words(question), default=False, err=True)


def command(
    name: str, *parameters: click.Parameter, **settings: Any
) -> Callable[[Callable[..., int | None]], Command]:
    """Return a decorator that makes a function `f(session, **options) -> exit code` a command.

    Its help is the catalogues' `cli.NAME`, with dots between several words; the common options are added.
    """

    def decorate(function: Callable[..., int | None]) -> Command:
        kind = settings.pop("cls", Command)
        made: Command = kind(
            name.rpartition(" ")[2],
            callback=partial(_call, function, name),
            params=[*parameters, *common_options()],
            help=f"cli.{name.replace(' ', '.')}",
            **settings,
        )
        return made

    return decorate


def option(*names: str, **settings: Any) -> Option:
    """Return an option of a command; `help` is a key of the catalogues."""
    return Option(names, **settings)


def _call(function: Callable[..., int | None], name: str, /, **given: Any) -> None:
    context = click.get_current_context()
    common = _common(context, {key: given.pop(key, None) for key in COMMON})
    as_json = bool(common.get("as_json"))
    made = view(
        command=name,
        json=as_json,
        language=common.get("lang"),
        color=common.get("color") or "auto",
        quiet=bool(common.get("quiet")),
        verbose=bool(common.get("verbose")),
    )
    context.find_root().meta["provenv.view"] = made
    session = Session(
        made,
        Path(common.get("directory") or "."),
        common.get("target") or HERE,
        as_json,
        bool(common.get("yes")),
    )
    context.exit(function(session, **given) or 0)


def _common(context: click.Context, own: dict[str, Any]) -> dict[str, Any]:
    """Return the common options: those behind the command's name win over those before it."""
    given, above = dict(own), context.parent
    while above is not None:
        given = {key: above.params.get(key) if given[key] is None else given[key] for key in COMMON}
        above = above.parent
    return given
