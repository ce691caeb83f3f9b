"""What a command imports before it answers: the length of a start is the sum of these."""

from __future__ import annotations

import pytest

from provenv.cli.program import SECTIONS

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
COMMANDS = [name for names in SECTIONS.values() for name in names]

HEAVY = {
    "pydantic",
    "rich",
    "packaging",
    "asyncio",
    "tomlkit",
    "logging",
    "ssl",
    "email",
    "importlib.metadata",
}
ROOMS = {f"provenv.{room}" for room in ("facts", "lock", "proof", "render", "system")}
# what Python's own start-up has not imported already and what takes a millisecond or more each
SLOW = {
    "click",
    "configparser",
    "dataclasses",
    "inspect",
    "locale",
    "pathlib",
    "shutil",
    "subprocess",
    "tempfile",
    "threading",
    "tomllib",
    "urllib.parse",
}
FORBIDDEN = {
    ("up",): HEAVY | ROOMS | SLOW | {"provenv.errors", "provenv.pipconf"},
    ("up", "--json"): HEAVY | ROOMS | {"subprocess", "tempfile", "provenv.pipconf"},
    ("run", "--", "true"): HEAVY | ROOMS | {"click", "difflib", "platform", "tempfile", "provenv.pipconf"},
    ("status",): HEAVY - {"logging"} | ROOMS | {"subprocess", "provenv.model.facts", "provenv.pipconf"},
    ("history",): HEAVY | ROOMS | {"subprocess", "provenv.model.facts", "provenv.pipconf"},
    ("gc",): HEAVY - {"logging"} | ROOMS | {"provenv.model.facts", "provenv.pipconf"},
    ("version",): HEAVY - {"email", "importlib.metadata"} | ROOMS | {"provenv.pipconf"},
    ("--help",): HEAVY | ROOMS | {"hashlib", "json", "pathlib", "subprocess", "tomllib", "provenv.app"},
    ("--version",): HEAVY | ROOMS | {"hashlib", "json", "pathlib", "subprocess", "tomllib", "provenv.app"},
}


@pytest.mark.parametrize("arguments", FORBIDDEN, ids=" ".join)
def test_a_command_imports_nothing_that_it_does_not_need(workplace, imported, arguments):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    assert imported(tool, *arguments) & FORBIDDEN[arguments] == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_no_use_case(workplace, imported, command):
    modules = imported(workplace(), command, "--help")
    use_cases = {name for name in modules if name.startswith("provenv.app.")}
    assert use_cases <= {"provenv.app.choices", "provenv.app.project"}
    assert modules & (HEAVY | ROOMS | {"hashlib", "subprocess", "provenv.pipconf"}) == set()


@pytest.mark.parametrize("words", ["provenv ro", "provenv lock --", "provenv render ", "provenv --on "])
def test_a_completion_imports_no_use_case(workplace, imported, words):
    changes = {
        "_PROVENV_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    modules = imported(workplace(DECLARED), **changes)
    use_cases = {name for name in modules if name.startswith("provenv.app.")}
    assert use_cases <= {"provenv.app.choices", "provenv.app.project"}
    assert modules & (HEAVY | ROOMS | {"provenv.pipconf"}) == set()
