"""Rules as they stand in TOML -> Rule. A mistake is a Problem with the file and what is wrong there."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import Failure, Hint, Place, Problem, problem, text
from ..model.diagnosis import Reference
from ..toml_library import tomllib
from . import compiled
from .anchors import Unanchored, anchors, needs
from .hazards import hazard
from .rule import Pattern, Rule, Said, Signal, Step, Together, When

KEYS: Mapping[str, frozenset[str]] = {
    kind: frozenset(keys.split())
    for kind, keys in {
        "rule": "cause over asks says defaults pattern together signal remedy confirm reference",
        "says": "en zh",
        "words": "what why",
        "pattern": "id regex weight anchor span noise case example",
        "together": "of weight",
        "signal": "name weight",
        "step": "en zh command commands when root",
        "when": "system family manager pattern container wsl",
        "reference": "title url",
    }.items()
}
AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")
CASE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


FOLDER = Path(__file__).parent / "rules"


@cache
def shipped() -> tuple[Rule, ...]:
    """Return the rules that come with provenv, in the order of their causes."""
    return compiled.read(FOLDER) or from_toml(FOLDER)


def from_toml(folder: Path) -> tuple[Rule, ...]:
    """Return the rules of a folder. Raises Failure PV901 with every mistake in any of them."""
    rules: list[Rule] = []
    mistakes: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            rules.append(read(path.name, path.read_text("utf-8")))
        except Failure as failure:
            mistakes += failure.problems
    if mistakes:
        raise Failure(*mistakes)
    return tuple(rules)


def read(name: str, words: str) -> Rule:
    """Return the rule in a file's text. Raises Failure PV901 with every mistake at once."""
    reader = _Reader(name, words)
    try:
        raw = tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        found = AT_LINE.search(str(error))
        place = _place(name, words, int(found[1]), int(found[2])) if found else Place(name)
        raise Failure(_mistake(place, str(error))) from error
    try:
        rule = reader.rule(raw)
    except (TypeError, AttributeError, ValueError, KeyError) as error:
        # a value of another kind than its key takes, or braces that are no placeholder
        reader.wrong(f"{error}; braces that are no placeholder are doubled")
        raise Failure(*reader.mistakes) from error
    if reader.mistakes or rule is None:
        raise Failure(*reader.mistakes)
    return rule


def _place(name: str, words: str, line: int, column: int | None = None) -> Place:
    lines = words.splitlines()
    return Place(name, line, column, lines[line - 1] if 0 < line <= len(lines) else None)


def _mistake(where: Place, why: str) -> Problem:
    return problem(
        "PV901",
        where=where,
        name=where.file,
        why=text("verbatim", text=why),
        hints=(Hint(text("diagnosis.see_rules")),),
    )


class _Reader:
    """Reads one file and keeps its mistakes."""

    def __init__(self, name: str, words: str) -> None:
        self._name = name
        self._words = words
        # what stands in the lines that are read now
        self._near = ""
        self.mistakes: list[Problem] = []

    def rule(self, raw: Mapping[str, Any]) -> Rule | None:
        self._near = "cause"
        self._known("rule", raw, "the file")
        cause = raw.get("cause", "")
        if not isinstance(cause, str) or not CASE.fullmatch(cause):
            self.wrong(f"`cause` is {cause!r}, and has to be an id of small letters, digits and hyphens")
            return None
        says = raw.get("says", {})
        self._known("says", says, "[says]")
        for language in ("en", "zh"):
            self._known("words", says.get(language, {}), f"[says.{language}]")
        made = Rule(
            cause=cause,
            what=self._said(says, "what"),
            why=self._said(says, "why"),
            patterns=tuple(filter(None, (self._pattern(one) for one in self._list(raw, "pattern")))),
            together=tuple(self._together(one) for one in self._list(raw, "together")),
            signals=tuple(self._signal(one) for one in self._list(raw, "signal")),
            over=tuple(raw.get("over", ())),
            asks=tuple(raw.get("asks", ())),
            remedies=tuple(self._step(one, "remedy") for one in self._list(raw, "remedy")),
            confirm=tuple(self._step(one, "confirm") for one in self._list(raw, "confirm")),
            references=tuple(self._reference(one) for one in self._list(raw, "reference")),
            defaults={key: str(value) for key, value in raw.get("defaults", {}).items()},
        )
        self._placeholders(made)
        ids = [pattern.id for pattern in made.patterns]
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            self.wrong(f"the pattern id {twice!r} stands twice")
        return made

    def _pattern(self, raw: Mapping[str, Any]) -> Pattern | None:
        name = f"the pattern {raw.get('id', '?')!r}"
        self._near = f'"{raw.get("id", "")}"'
        self._known("pattern", raw, name)
        regex, weight = raw.get("regex"), raw.get("weight")
        if not isinstance(regex, str) or not isinstance(raw.get("id"), str):
            self.wrong(f"{name} needs an `id` and a `regex`")
            return None
        if not isinstance(weight, (int, float)) or not -10 <= weight <= 10:
            self.wrong(f"{name} needs a `weight` from -10 to 10")
            return None
        try:
            re.compile(regex)
        except re.error as error:
            self.wrong(f"{name}: {error}")
            return None
        danger = hazard(regex)
        if danger:
            self.wrong(
                f"{name} can take very long on a hostile line: {danger}; bound them, as in `.{{0,200}}`"
            )
            return None
        own = raw.get("anchor")
        try:
            found = anchors(regex) if own is None else frozenset([own] if isinstance(own, str) else own)
        except Unanchored:
            self.wrong(
                f"{name} has no word of three letters that must stand in the line: give it an `anchor`"
            )
            return None
        return Pattern(
            raw["id"],
            regex,
            float(weight),
            found,
            span=int(raw.get("span", 1)),
            noise=bool(raw.get("noise", False)),
            case=bool(raw.get("case", False)),
            example=str(raw.get("example", "")),
            needs=needs(regex),
        )

    def _together(self, raw: Mapping[str, Any]) -> Together:
        self._known("together", raw, "[[together]]")
        return Together(tuple(raw.get("of", ())), float(raw.get("weight", 0)))

    def _signal(self, raw: Mapping[str, Any]) -> Signal:
        self._known("signal", raw, "[[signal]]")
        return Signal(str(raw.get("name", "")), float(raw.get("weight", 0)))

    def _step(self, raw: Mapping[str, Any], kind: str) -> Step:
        self._near = next((one for one in map(str, raw.values()) if one in self._words), "")[:60]
        self._known("step", raw, f"[[{kind}]]")
        when = raw.get("when", {})
        self._known("when", when, f"[[{kind}]] when")
        commands = raw.get("commands", [raw["command"]] if "command" in raw else [])
        says = Said(raw["en"], raw["zh"]) if "en" in raw and "zh" in raw else None
        if ("en" in raw) != ("zh" in raw) or (says is None and not commands):
            self.wrong(f"a [[{kind}]] needs words in both languages (`en`, `zh`), commands, or both")
        return Step(says, tuple(commands), _when(when), bool(raw.get("root", False)))

    def _reference(self, raw: Mapping[str, Any]) -> Reference:
        self._known("reference", raw, "[[reference]]")
        return Reference(str(raw.get("title", "")), str(raw.get("url", "")))

    def _said(self, says: Mapping[str, Any], key: str) -> Said:
        found = [says.get(language, {}).get(key) for language in ("en", "zh")]
        if not all(isinstance(one, str) and one for one in found):
            self.wrong(f"`{key}` has to stand in [says.en] and [says.zh]")
        return Said(str(found[0]), str(found[1]))

    def _placeholders(self, rule: Rule) -> None:
        """Find names in words and commands which no pattern captures and which have no default."""
        captured = {name for pattern in rule.patterns for name in re.compile(pattern.regex).groupindex}
        steps = (*rule.remedies, *rule.confirm)
        spoken = [rule.what, rule.why, *(step.says for step in steps if step.says)]
        words = [*(one.en for one in spoken), *(one.zh for one in spoken)]
        for one in (*words, *(command for step in steps for command in step.commands)):
            self._near = one[:60]
            for name in fields(one):
                if name not in captured and name not in rule.defaults:
                    self.wrong(f"`{{{name}}}` in {one[:40]!r} is captured by no pattern and has no default")
                elif name not in rule.defaults:
                    self.wrong(f"`{{{name}}}` needs an entry in [defaults], for a log that does not say it")

    def _known(self, kind: str, raw: object, where: str) -> None:
        if not isinstance(raw, Mapping):
            self.wrong(f"{where} has to be a table")
            return
        for key in sorted(set(raw) - KEYS[kind]):
            self.wrong(f"{where} has no key `{key}`; its keys are {', '.join(sorted(KEYS[kind]))}")

    def _list(self, raw: Mapping[str, Any], key: str) -> Iterable[Mapping[str, Any]]:
        found = raw.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            self.wrong(f"`{key}` has to be written as [[{key}]]")
            return ()
        return found

    def wrong(self, why: str) -> None:
        """Keep a mistake, at the first line that holds what is being read."""
        lines = self._words.splitlines()
        line = next((number for number, one in enumerate(lines, 1) if self._near and self._near in one), 0)
        self.mistakes.append(
            _mistake(_place(self._name, self._words, line) if line else Place(self._name), why)
        )


def fields(words: str) -> list[str]:
    """Return the names of the placeholders in words; braces that are none (shell's) have to be doubled."""
    return [name for _, name, _, _ in string.Formatter().parse(words) if name]


def _when(raw: Mapping[str, Any]) -> When:
    def several(key: str) -> tuple[str, ...]:
        value = raw.get(key, ())
        return (value,) if isinstance(value, str) else tuple(value)

    return When(
        several("system"),
        several("family"),
        several("manager"),
        several("pattern"),
        raw.get("container"),
        raw.get("wsl"),
    )
