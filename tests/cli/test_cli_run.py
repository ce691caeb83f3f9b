"""Commands in the environment, and targets that are not built here."""

from __future__ import annotations

import json

import pytest

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_of_a_command_is_passed_on(ready, code):
    assert ready("run", "--", "python", "-c", f"import sys; sys.exit({code})").code == code


def test_failures_of_run_have_codes_of_their_own(workplace):
    tool = workplace(DECLARED + "[run.hello]\ncommand = \"python -c 'print(40 + 2)'\"\n")
    assert tool("run", "hello").code == 125  # nothing is up yet
    tool("up")
    assert tool("run", "hello").out == "42\n"
    assert tool("run", "hallo").code == 125
    assert tool("run", "--", "no-such-program").code == 127
    assert tool("run", "--", str(tool.root / "provenv.toml")).code == 126
    tool("run", "--json-file", "ended.json", "--", "python", "-c", "raise SystemExit(5)")
    ended = json.loads((tool.root / "ended.json").read_text())
    assert (ended["ok"], ended["data"]["code"]) == (False, 5)


def test_a_target_that_cannot_be_built_here_can_be_locked_from_its_facts(workplace):
    tool = workplace(DECLARED + '[target.box]\nkind = "vm"\nfacts = "box.json"\n')
    tool.write("box.json", tool("facts", "--json").out)
    assert tool("lock", "--on", "box").code == 0
    assert (tool.root / "pylock.box.toml").is_file()
    for command in (["up"], ["plan"], ["status"], ["prove"]):
        refused = tool(*command, "--on", "box", "--json")
        assert (refused.code, refused.codes) == (1, ["PV405"]), command
    assert tool("run", "--on", "box", "--", "true").code == 125
    assert tool("up", "--on", "bex", "--json").codes == ["PV703"]


def test_a_target_without_facts_says_how_to_get_them(workplace):
    tool = workplace(DECLARED + '[target.box]\nkind = "vm"\n')
    assert tool("lock", "--on", "box", "--json").codes == ["PV704"]
