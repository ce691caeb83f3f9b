"""Write the reference from the code: `python docs/make_reference.py`.

Commands come from click's tree, the declared file's keys from its JSON Schema, variables from
`environ`, problems, checks and findings from their tables and the message catalogues. The same sources give
the same bytes; a test fails where the files in docs/reference/ are not what this would write.
What no table of the code says in words stands in reference_words.toml.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import tomlkit
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from provenv import environ
from provenv.cli.help import COMMON
from provenv.cli.program import SECTIONS, program
from provenv.diagnosis.checks.ids import INSIDE, OUTSIDE
from provenv.environ import Variable
from provenv.errors import Exit
from provenv.model.evidence import Check
from provenv.model.findings import AREAS
from provenv.proof.between import CHECKS as BETWEEN
from provenv.proof.entry import Entry
from provenv.proof.table import SECTIONS as CHECKS
from provenv.proof.table import TABLE
from provenv.runs.program import Code
from provenv.spec.schema import json_schema

HERE = Path(__file__).resolve().parent
CATALOGUES = HERE.parent / "src" / "provenv" / "ui" / "catalogues"
# language -> where its pages go
GOOD = "did"
"""How the last word of a key begins that says what passed."""
FOLDERS = {"en": HERE / "reference", "zh_CN": HERE / "reference" / "zh-CN"}


class Speaker:
    """The words of one language: the message catalogues, and those of the reference itself."""

    def __init__(self, language: str) -> None:
        self.catalogue: dict[str, str] = {}
        for path in sorted((CATALOGUES / language).glob("*.po")):
            with path.open("rb") as file:
                for message in read_po(file, locale=language):
                    if message.id:
                        self.catalogue[_key(message)] = _template(message)
        words = tomlkit.parse((HERE / "reference_words.toml").read_text(encoding="utf-8")).unwrap()
        self.own: dict[str, Any] = words[language]
        self.unused: list[str] = words["unused"]

    def __call__(self, path: str) -> str:
        """Return the reference's own words at `section.name`. Raises KeyError where there are none."""
        section, _, name = path.partition(".")
        return str(self.own[section][name])

    def said(self, key: str) -> str:
        """Return a message of the catalogues, its placeholders as they are."""
        return self.catalogue[key]


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _template(message: Message) -> str:
    said = message.string or ""
    return said if isinstance(said, str) else said[-1]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    columns = list(head)
    yield _row(columns)
    yield "|" + "---|" * len(columns)
    yield from map(_row, rows)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _code(words: str) -> str:
    return f"`{words}`" if words else ""


# --- commands ---------------------------------------------------------------


def commands(say: Speaker) -> Iterator[str]:
    """Yield the page of the commands."""
    root = program()
    context = click.Context(root, info_name="provenv", **root.context_settings)
    yield from (
        say.said("cli.provenv"),
        "",
        f"## {say('commands.common')}",
        "",
        say("commands.common_words"),
        "",
    )
    yield from _options([one for one in root.params if isinstance(one, click.Option)], say)
    yield from ("", f"## {say('commands.exits')}", "")
    exits = [(f"`{code.value}`", say(f"exits.{code.name}")) for code in Exit]
    exits += [(f"`{code.value}`", say(f"exits.RUN_{code.name}")) for code in Code]
    yield from table((say("commands.code"), say("commands.meaning")), exits)
    yield from ("", f"## {say('commands.json')}", "", *say("commands.json_words").splitlines())
    for section, names in SECTIONS.items():
        yield from ("", f"## {say.said(f'cli.section.{section}')}")
        for name in names:
            found = root.get_command(context, name)
            assert found is not None, "the sections name what exists"
            yield from ("", *_command(found, context, say))


def _command(command: click.Command, parent: click.Context, say: Speaker) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from (f"### {context.command_path}", "", say.said(str(command.help)), "", f"```text\n{usage}\n```")
    own = [
        one
        for one in command.params
        if isinstance(one, click.Option) and getattr(one, "group", COMMON) != COMMON
    ]
    if own:
        yield ""
        yield from _options(own, say)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, "a group names what exists"
            yield from ("", *_command(found, context, say))


def _options(options: Iterable[click.Option], say: Speaker) -> Iterator[str]:
    rows = []
    for option in options:
        metavar = "" if option.is_flag or not option.metavar else f" {option.metavar}"
        default = option.default if option.show_default and option.default is not None else ""
        said = say.said(str(option.help))
        said += f" ({say('commands.default')} `{default}`)" if default != "" else ""
        rows.append((_code(", ".join([*option.opts, *option.secondary_opts]) + metavar), said))
    yield from table((say("commands.option"), say("commands.meaning")), rows)


# --- the declared file ------------------------------------------------------


def declared_file(say: Speaker) -> Iterator[str]:
    """Yield the page of `provenv.toml`."""
    schema = json_schema()
    parts = schema["$defs"]
    yield from (*say("file.words").splitlines(), "")
    for heading, name in (
        ("provenv.toml", ""),
        ("requirements = { ... }", "FromFile"),
        ("[env]", "Environment"),
        ("[mirrors]", "MirrorTable"),
        ("[prove]", "Prove"),
        ("[data.NAME]", "DataTable"),
        ("[run.NAME]", "RunTable"),
        ("[target.NAME]", "TargetTable"),
        ('[target.NAME], kind = "image"', "ImageTable"),
        ('[target.NAME], kind = "ssh"', "SshTable"),
        ('[target.NAME], kind = "slurm"', "SlurmTable"),
    ):
        part = parts[name] if name else schema
        yield from (f"## `{heading}`", "")
        if name in say.own["tables"]:
            yield from (say(f"tables.{name}"), "")
        head = (say("file.key"), say("file.takes"), say("file.default"), say("commands.meaning"))
        yield from table(head, _keys(name or "Declared", part, parts, say))
        yield ""
    yield from (f"## {say('file.unused')}", "", say("file.unused_words"), "")
    yield from (f"- `{one}`" for one in say.unused)


def _keys(
    name: str, part: Mapping[str, Any], parts: Mapping[str, Any], say: Speaker
) -> Iterator[tuple[str, str, str, str]]:
    for key, field in part["properties"].items():
        needed = key in part.get("required", ())
        default = field.get("default")
        plain = default not in (None, [], {}) and not isinstance(default, dict)
        shown = say("file.needed") if needed else _code(_toml(default)) if plain else ""
        yield _code(key), _takes(field, parts, say), shown, say(f"{name}.{key}")


def _toml(value: Any) -> str:
    return str(tomlkit.item(value).as_string())


def _takes(field: Mapping[str, Any], parts: Mapping[str, Any], say: Speaker) -> str:
    """Return what a key takes, in words."""
    for union in ("anyOf", "oneOf"):
        if union in field:
            kinds = [_takes(one, parts, say) for one in field[union] if one.get("type") != "null"]
            return f" {say('file.or')} ".join(dict.fromkeys(kinds))
    if "$ref" in field or "allOf" in field:
        return say("file.table")
    if "enum" in field:
        return ", ".join(_code(_toml(one)) for one in field["enum"])
    if "const" in field:
        return _code(_toml(field["const"]))
    if field.get("type") == "array":
        return say("file.list").format(of=_takes(field["items"], parts, say))
    if field.get("type") == "object":
        return say("file.table")
    return say(f"file.{field.get('type', 'string')}")


# --- variables, problems, checks --------------------------------------------


def variables(say: Speaker) -> Iterator[str]:
    """Yield the page of the environment variables."""
    yield from (*say("variables.words").splitlines(), "")
    rows = []
    for one in _variables():
        marks = [say("variables.decides")] if one.decides else []
        marks += [say("variables.secret")] if one.secret else []
        rows.append((_code(one.name), say(f"variable.{one.name}"), say("variables.and").join(marks)))
    yield from table((say("variables.name"), say("commands.meaning"), say("variables.note")), rows)


def _variables() -> list[Variable]:
    found: dict[str, Variable] = {}
    for value in vars(environ).values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Variable) and not one.name.startswith("_"):
                found.setdefault(one.name, one)
    return list(found.values())


def problems(say: Speaker) -> Iterator[str]:
    """Yield the page of the problem codes."""
    yield from (*say("problems.words").splitlines(),)
    codes = (key for key in say.catalogue if re.fullmatch(r"PV\d{3,4}", key))
    hundred = ""
    for code in sorted(codes, key=lambda code: int(code[2:])):
        if code[2:-2] != hundred:
            hundred = code[2:-2]
            yield from ("", f"## {say(f'rooms.PV{hundred}')}")
        yield from ("", f"### {code}", "", say.said(code))
        rest = [key for key in say.catalogue if key.startswith(f"{code}.")]
        if rest:
            yield ""
        for key in sorted(rest, key=lambda key: (".hint" in key, key)):
            label = say.said("ui.hint" if ".hint" in key else "ui.because").strip().rstrip(":：")
            yield f"- *{label}*{say('problems.colon')}{say.said(key)}"


def checks(say: Speaker) -> Iterator[str]:
    """Yield the page of the proof's checks."""
    yield from (*say("checks.words").splitlines(),)
    for section, entries in CHECKS.items():
        yield from ("", f"## {say(f'groups.{section}')}")
        for entry in {entry.name: entry for entry in entries}.values():
            yield from ("", *_check(entry, say))
    yield from ("", f"## {say('groups.between')}", "", *say("checks.between").splitlines())
    for check in BETWEEN:
        yield from ("", *_between(check, say))
    yield from ("", f"## {say('groups.command')}", "", *say("checks.command").splitlines())


def _check(entry: Entry, say: Speaker) -> Iterator[str]:
    stem = f"proof.{entry.payload.removesuffix('.py')}"
    needs = [one.needs for one in TABLE if one.name == entry.name]
    colon = say("problems.colon")
    library = str(entry.options.get("library", ""))
    title = say.said(stem).replace("{library}", library) if library else say.said(stem)
    yield from (f"### {entry.name}", "", title + say("checks.stop"), "")
    either = f" {say('file.or')} "
    if any(needs):
        packages = either.join(
            ", ".join(either.join(map(_code, need.split("|"))) for need in one) for one in needs
        )
        yield f"- {say('checks.needs')}{colon}{packages}"
    yield f"- {say('checks.passed')}{colon}{say.said(f'{stem}.did')}"
    for key, words in say.catalogue.items():
        if key.startswith(f"{stem}.") and not key.endswith(".did"):
            yield f"- {say('checks.failed')}{colon}{words}"
    yield f"- {say('checks.limit')}{colon}{entry.limit:.0f} s"


def _between(check: Check, say: Speaker) -> Iterator[str]:
    stem = f"proof.{check.payload.removesuffix('.py')}"
    colon = say("problems.colon")
    yield from (f"### {check.name}", "", say.said(stem) + say("checks.stop"), "")
    for key, words in say.catalogue.items():
        if key.startswith(f"{stem}.") and ".hint" not in key:
            ends = key.rpartition(".")[2].startswith(GOOD)
            yield f"- {say('checks.passed' if ends else 'checks.failed')}{colon}{words}"


def findings(say: Speaker) -> Iterator[str]:
    """Yield the page of doctor's findings."""
    yield from (*say("findings.words").splitlines(),)
    for area in AREAS:
        names = sorted((*INSIDE.get(area, ()), *OUTSIDE.get(area, ())))
        if names:
            yield from ("", f"## {say(f'areas.{area}')} (`{area}`)", "")
            rows = [(_code(name), say(f"finding.{name}")) for name in names]
            yield from table((say("findings.id"), say("commands.meaning")), rows)


PAGES: dict[str, Callable[[Speaker], Iterator[str]]] = {
    "commands": commands,
    "file": declared_file,
    "variables": variables,
    "problems": problems,
    "checks": checks,
    "findings": findings,
}


def pages() -> dict[Path, str]:
    """Return what every file of the reference should hold."""
    made = {}
    for language, folder in FOLDERS.items():
        say = Speaker(language)
        for name, page in PAGES.items():
            lines = [f"<!-- {say('page.made')} -->", "", f"# {say(f'page.{name}')}", "", *page(say)]
            made[folder / f"{name}.md"] = "\n".join(lines).rstrip() + "\n"
    return made


def main() -> int:
    """Write the files; return the process's exit code."""
    for path, content in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(path.relative_to(HERE.parent), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
