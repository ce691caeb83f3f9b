"""A rule's steps -> the advice for this place: those that fit, filled with what the log says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from packaging.utils import canonicalize_name

from ..errors import Text, bilingual
from ..model.diagnosis import Advice
from .reading import fields
from .rule import Said, Step
from .surroundings import Surroundings, holds

PROVENV = "provenv"
PIP = "pip"
# a name, its extras and its versions, as they may stand in a declared file
SPECIFIER = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?(?:[=<>!~]=?[\w.*+]+(?:,[=<>!~]=?[\w.*+]+)*)?")
PIP_COMMAND = re.compile(r"^(?:python3? -m )?pip3?(?= )")
AGAIN = "provenv up"
# defaults of what a log need not say
UNSAID = frozenset({"?", "…", "..."})
ASIDE = re.compile(r"(?P<open> ?[(（])(?P<items>[^()（）]*\{[^()（）]*)(?P<close>[)）])")
COMMA = re.compile(r"(, |，|、)")


def fill(said: Said, values: Mapping[str, str]) -> Text:
    """Return words in both languages with what the log says; asides on what it does not say are left out."""
    return bilingual(*(_said(words, values).format_map(values) for words in (said.en, said.zh)))


def _said(words: str, values: Mapping[str, str]) -> str:
    """Return words without those items of an aside, as in `(asked: {a}, free: {b})`, that are not known."""

    def kept(match: re.Match[str]) -> str:
        parts = COMMA.split(match["items"])
        items = [one for one in parts[::2] if not any(values.get(name) in UNSAID for name in fields(one))]
        comma = parts[1] if len(parts) > 1 else ""
        return f"{match['open']}{comma.join(items)}{match['close']}" if items else ""

    return ASIDE.sub(kept, words)


def fitting(
    steps: Sequence[Step],
    captured: Mapping[str, str],
    defaults: Mapping[str, str],
    here: Surroundings,
    matched: frozenset[str],
) -> tuple[Advice, ...]:
    """Return the steps for this place; those of which that is not known only where nothing is sure to fit.

    In a project of provenv's own its steps come first, and pip's are said as provenv does them.
    """
    in_project = here.manager == PROVENV
    answers = [(step, holds(step.when, here, matched)) for step in steps]
    if in_project:
        by_pip = replace(here, manager=PIP)
        answers = [(step, fits or holds(step.when, by_pip, matched)) for step, fits in answers]
        answers.sort(key=lambda one: PROVENV not in one[0].when.manager)
    sure = [step for step, fits in answers if fits]
    chosen = sure or [step for step, fits in answers if fits is None]
    advice = (_advice(step, captured, defaults, here) for step in chosen)
    return tuple(one for one in advice if one is not None)


def _advice(
    step: Step, captured: Mapping[str, str], defaults: Mapping[str, str], here: Surroundings
) -> Advice | None:
    """Return a step with its values; None where all of its commands need what the log does not say."""
    commands = [
        command.format_map(_quoted(command, captured, defaults))
        for command in step.commands
        if _is_known(command, captured, defaults)
    ]
    if here.manager == PROVENV:
        commands = translated(commands, here.declared)
    if step.commands and not commands:
        return None
    says = fill(step.says, {**defaults, **captured}) if step.says is not None else None
    return Advice(says, tuple(commands), step.root)


def _quoted(command: str, captured: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    # what a log says must not become more than one word of a command
    return {name: shlex.quote(captured.get(name) or defaults[name]) for name in fields(command)}


def _is_known(command: str, captured: Mapping[str, str], defaults: Mapping[str, str]) -> bool:
    """Whether a command runs as it stands: a default that is prose (`the package`) is no name of anything."""
    for name in fields(command):
        value = captured.get(name) or defaults[name]
        if value.startswith("-") or (name not in captured and not re.fullmatch(r"[\w./:@=+-]+", value)):
            return False
    return True


def translated(commands: Sequence[str], declared: frozenset[str] = frozenset()) -> list[str]:
    """Return commands of pip and Python as they are said in a project of provenv's; others as they are.

    What pip would do beside the declared file is left out: the next `up` would undo it. Of what is to
    be removed only what is `declared` stays.
    """
    found: list[str] = []
    changes = False
    for command in commands:
        match = PIP_COMMAND.match(command)
        if match is not None:
            made = _of_pip(command[match.end() :], declared)
            found += [made] if made else []
            changes = changes or bool(made)
        elif re.match(r"python3? -", command):
            found.append(f"{PROVENV} run -- {command}")
        else:
            found.append(command)
    if changes and AGAIN not in found:
        found.append(AGAIN)
    return found


def _of_pip(rest: str, declared: frozenset[str]) -> str | None:
    try:
        words = shlex.split(rest)
    except ValueError:
        return None
    action = words[0] if words else ""
    allowed = {"install": ("-U", "--upgrade"), "uninstall": ("-y", "--yes")}.get(action)
    if allowed is None:
        return None
    named = [word for word in words[1:] if word not in allowed]
    if action == "uninstall" and declared:
        named = [word for word in named if canonicalize_name(word) in declared]
    if not named or not all(SPECIFIER.fullmatch(word) for word in named):
        return None
    return shlex.join([PROVENV, "add" if action == "install" else "remove", *named])
