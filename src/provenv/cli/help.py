"""click's classes with words from the catalogues: help in both languages, common options in every command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from ..errors import Text
from ..lazy import load
from ..ui.words import LANGUAGES, Words, language

COMMON = "common"


def help_words(context: click.Context) -> Words:
    """Return the words in the language of this invocation, which `--help` may come before."""
    program = context.find_root().command
    return Words(language(program.language if isinstance(program, Group) else None))


class Option(click.Option):
    """An option whose help is a key of the catalogues; `group` is the heading that it stands under."""

    def __init__(self, *args: Any, group: str = "options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return names and translated help."""
        record = super().get_help_record(ctx)
        if record is None or not self.help:
            return record
        return record[0], help_words(ctx)(Text(self.help))


def completed(kind: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what gives a parameter the project's names of that kind (see `names`) to complete."""

    def names(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        found: list[str] = load("cli.named")(kind, context, incomplete)
        return found

    return names


class _Translated(click.Command):
    """What commands and the group have in common."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        prefix = help_words(ctx)(Text("cli.usage")) + " "
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does."""
        if self.help:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(help_words(ctx)(Text(self.help)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then those that every command has."""
        words = help_words(ctx)
        for group in ("options", COMMON):
            records = [
                record
                for parameter in self.get_params(ctx)
                if isinstance(parameter, click.Option)
                and getattr(parameter, "group", COMMON) == group
                and (record := parameter.get_help_record(ctx)) is not None
            ]
            if records:
                with formatter.section(words(Text(f"cli.heading.{group}"))):
                    formatter.write_dl(records)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return `--help`, with its own words translated."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = help_words(ctx)(Text("cli.help"))
        return option


class Command(_Translated):
    """A command; its help's first sentence is what lists show."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first line of the help's key; the group translates it."""
        return self.help or ""


class Group(_Translated, click.Group):
    """The program, or a command of several words: finds a command's file only when it is asked for.

    `words` stand in front of its commands' names in the catalogues' keys; `usual` is the command that is
    meant where none is named.
    """

    def __init__(
        self,
        *args: Any,
        sections: dict[str, Sequence[str]],
        find: Callable[[str], click.Command] | None = None,
        words: str = "",
        usual: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self.find = find
        self.words = words
        self.usual = usual
        self.language: str | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name."""
        return [name for names in self.sections.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, importing its file."""
        if cmd_name not in self.list_commands(ctx) or self.find is None:
            return None
        return self.find(cmd_name)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first line of the help's key, as a command does."""
        return self.help or ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the usual command where none is named, or another option than those of all commands leads."""
        if self.usual is not None and not ctx.resilient_parsing and not self._names_one(ctx, args):
            args = [self.usual, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names. Raises Failure PV705 where there is none."""
        if self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            raise load("cli.unknown_command")(args[0], self.list_commands(ctx), ctx.command_path)
        return super().resolve_command(ctx, args)

    def _names_one(self, ctx: click.Context, args: Sequence[str]) -> bool:
        """Tell whether a command is named behind the group's own options, or its help is asked for."""
        options = {name: one for one in self.get_params(ctx) for name in one.opts}
        rest = iter(args)
        for word in rest:
            option = options.get(word.partition("=")[0])
            if option is None and not word.startswith("--") and word[:2] in options:
                # `-Cfolder`, or several flags in one word
                continue
            if not isinstance(option, click.Option):
                # a word that is no command is told as such
                return not word.startswith("-")
            if word in ctx.help_option_names:
                return True
            if not option.is_flag and "=" not in word:
                next(rest, None)
        return False

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what they are for, without importing one of them; then the options."""
        words = help_words(ctx)
        for section, names in self.sections.items():
            with formatter.section(words(Text(f"cli.section.{section}"))):
                formatter.write_dl([(name, words(Text(f"cli.{self.words}{name}.short"))) for name in names])
        _Translated.format_options(self, ctx, formatter)


def common_options() -> list[click.Parameter]:
    """Return the options that every command takes, before or after its name."""
    return [
        Option(["-C", "directory"], metavar="DIR", help="cli.common.folder", group=COMMON),
        Option(
            ["--on", "target"],
            metavar="TARGET",
            help="cli.common.on",
            group=COMMON,
            shell_complete=completed("targets"),
        ),
        Option(["--json", "as_json"], is_flag=True, default=None, help="cli.common.json", group=COMMON),
        Option(
            ["--lang"],
            type=click.Choice(["en", "zh", *LANGUAGES[1:]]),
            metavar="en|zh",
            help="cli.common.lang",
            group=COMMON,
        ),
        Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            metavar="auto|always|never",
            help="cli.common.color",
            group=COMMON,
        ),
        Option(["-q", "--quiet"], is_flag=True, default=None, help="cli.common.quiet", group=COMMON),
        Option(["-v", "--verbose"], is_flag=True, default=None, help="cli.common.verbose", group=COMMON),
        Option(["-y", "--yes"], is_flag=True, default=None, help="cli.common.yes", group=COMMON),
    ]
